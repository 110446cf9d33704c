"""`sawtuna demo`: a whole election at once, to look at, to test with, to measure."""

import os
import random
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from crypto import ballot_box, credentials, decryption_proofs, tally
from crypto.ballot import seal
from crypto.board import Kind
from crypto.cli import console
from crypto.cli.ceremony import Folder, TrusteeKey
from crypto.cli.console import done, fact, say, stop
from crypto.cli.credentials import PRIVATE, PUBLIC
from crypto.cli.election import new_uuid
from crypto.cli.files import pretty, write_new, write_private
from crypto.cli.texts import _, count, ngettext
from crypto.cli.verify import show
from crypto.election import Election, Homomorphic, election_json
from crypto.encoding import canonical, parse_json, sha256_hex
from crypto.groups import Group, Point, named
from crypto.journal import Journal, write_whole
from crypto.processes import spread
from crypto.tally import PartialDecryption
from crypto.transcripts import VERSION_1
from crypto.trustees import Trustees
from crypto.verification import Report, verify_record
from crypto.verification.record import proofs_path

app = typer.Typer(help="A whole election at once, to look at and to test with.", no_args_is_help=True)

TURNOUT = 0.87
REVOTES = 0.03
CHUNK = 50
PARALLEL_FROM = 400
"""Ballots below which starting processes costs more than it gains."""

_TITLE = "أي مشروع أولًا؟ تصويت تجريبي / Which project first? A demonstration"
_QUESTIONS = (
    "أي مشروع تبدأ به البلدية؟ / Which project should the municipality begin with?",
    "هل تُفتح المكتبة مساءً؟ / Should the library open in the evening?",
    "أين يُقام السوق الأسبوعي؟ / Where should the weekly market be held?",
)
_ANSWERS = (
    "مكتبة الحي / A neighbourhood library",
    "حديقة عامة / A public park",
    "إنارة الشوارع / Street lighting",
    "ملعب للأطفال / A playground",
    "مسار للدراجات / A cycle path",
)
_TRUSTEES = ("سعاد الكاظم", "يوسف حنّا", "Layla Barzani", "نور الدين", "Hassan Ali")


@dataclass(frozen=True, slots=True)
class Plan:
    """Who votes what, and in which order; the only part of a demonstration that a seed decides."""

    codes: tuple[str, ...]
    votes: tuple[tuple[int, tuple[tuple[int, ...], ...]], ...]
    """(voter, marks per question) in casting order."""

    def rounds(self) -> Iterator[list[tuple[int, tuple[tuple[int, ...], ...]]]]:
        """The votes in parts in which nobody votes twice; within a part the order does not matter."""
        seen: set[int] = set()
        part: list[tuple[int, tuple[tuple[int, ...], ...]]] = []
        for voter, choices in self.votes:
            if voter in seen:
                yield part
                seen, part = set(), []
            seen.add(voter)
            part.append((voter, choices))
        yield part

    def counts(self, questions: int, answers: int) -> tuple[list[list[int]], int]:
        """The true result, and how many voters are in it."""
        last = dict(self.votes)
        result = [[0] * answers for _question in range(questions)]
        for choices in last.values():
            for row, marks in zip(result, choices, strict=True):
                for place, mark in enumerate(marks):
                    row[place] += mark
        return result, len(last)


@app.callback()
def demonstrations() -> None:
    """A whole election at once, to look at and to test with."""


@app.command()
def election(
    voters: Annotated[int, typer.Option("--voters", min=1, help="Voters on the list; about 87 % of them vote.")] = 200,
    group: Annotated[str, typer.Option("--group", help="Ed25519, BELENIOS-2048 or RFC-3526-2048.")] = "Ed25519",
    questions: Annotated[int, typer.Option("--questions", min=1, help="Questions.")] = 1,
    answers: Annotated[int, typer.Option("--answers", min=1, help="Answers a question, of which one is chosen.")] = 5,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the results; else demo-election/UUID.")] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Makes the votes, not the keys, the same each time.")
    ] = None,
    trustees: Annotated[int, typer.Option("--trustees", min=1, help="How many trustees there are.")] = 3,
    threshold: Annotated[int, typer.Option("--threshold", min=1, help="How many of them can count together.")] = 2,
    jobs: Annotated[int, typer.Option("--jobs", min=0, help="Processes to use; 0 means as many as pay off.")] = 0,
) -> None:
    """Run an election from the first key to the verified result, with invented voters.

    Writes UUID.bel, UUID.record, the private files (trustees' keys, voters' codes) and expected.json, the true counts.
    """
    if threshold > trustees:
        stop(_("The threshold cannot be larger than the number of trustees."), 2)
    chosen = named(group)
    uuid = new_uuid()
    folder = out or Path("demo-election") / uuid
    if folder.exists() and any(folder.iterdir()):
        stop(_("The folder %(path)s is not empty; a demonstration needs one of its own.", path=folder), 2)
    folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    say(_("A demonstration: all voters are invented, no government stands behind it."))
    keys = _ceremony(folder, uuid, chosen, trustees, threshold)
    done(
        _(
            "%(size)s trustees have made the key together; %(threshold)s of them can count.",
            size=count(trustees),
            threshold=count(threshold),
        )
    )
    plan, archive, parsed = _open(folder, uuid, chosen, voters, questions, answers, seed)
    done(ngettext("%(n)s voter has a code.", "%(n)s voters have a code.", voters))
    _cast(archive, parsed, plan, jobs)
    done(ngettext("%(n)s ballot is in the box.", "%(n)s ballots are in the box.", len(plan.votes)))
    _count(archive, keys, threshold, jobs)
    done(_("The trustees have counted."))
    result, counted = plan.counts(questions, answers)
    write_new(
        folder / "expected.json",
        pretty({"result": result, "voters": voters, "ballots": len(plan.votes), "counted": counted}),
    )
    report = _verify(archive, jobs)
    show(report, archive)
    if report.result != result:
        stop(_("The verified result is not the true one. This is a fault in this program."))
    say()
    fact(_("Archive"), str(archive))
    say(_("Check it yourself: sawtuna verify %(path)s", path=archive))
    say(_("It took %(seconds)s seconds.", seconds=count(round(time.monotonic() - started, 1))))


def _ceremony(folder: Path, uuid: str, group: Group, size: int, threshold: int) -> list[TrusteeKey]:
    """The same ceremony that people go through, until everybody is ready."""
    shared = Folder.create(folder / "ceremony", uuid, group, size, threshold)
    names = [f"{_TRUSTEES[index % len(_TRUSTEES)]}" for index in range(size)]
    paths = [folder / f"trustee-{index}.key.json" for index in range(1, size + 1)]
    keys = [shared.join(path, name, index) for index, (path, name) in enumerate(zip(paths, names, strict=True), 1)]
    ready = False
    with console.progress() as bars:
        step = 0
        while not ready:
            moved = [shared.advance(path, key) for path, key in zip(paths, keys, strict=True)]
            keys = [key for key, _progress in moved]
            ready = all(progress.ready for _key, progress in moved)
            step += 1
            bars.show(_("Key"), step, max(step, moved[0][1].steps + 1))
    return keys


def _open(
    folder: Path, uuid: str, group: Group, voters: int, questions: int, answers: int, seed: int | None
) -> tuple[Plan, Path, Election]:
    keys: list[tuple[Point, int | None]] = []
    codes = tuple(credentials.generate() for _voter in range(voters))
    with console.progress() as bars:
        for number, code in enumerate(codes, 1):
            keys.append((group.generator ** credentials.signing_key(VERSION_1, group, uuid, code), None))
            bars.show(_("Codes"), number, voters)
    public = credentials.public_list(keys)
    write_private(folder / PRIVATE, credentials.private_json({str(n): code for n, code in enumerate(codes, 1)}))
    write_new(folder / PUBLIC, credentials.list_json(public))
    listed = (folder / "ceremony" / "trustees.json").read_bytes().rstrip(b"\n")
    trustees = Trustees.parse(VERSION_1, group, canonical(parse_json(listed)))
    data = election_json(
        version=VERSION_1,
        group=group,
        uuid=uuid,
        name=_TITLE,
        description="",
        public_key=trustees.combined_key(),
        questions=[
            Homomorphic(_QUESTIONS[n % 3] + (f" ({n + 1})" if n >= 3 else ""), _answers(answers), 1, 1, blank=False)
            for n in range(questions)
        ],
    )
    archive = folder / f"{uuid}.bel"
    parsed = ballot_box.found(archive, int(time.time()), data, listed, public)
    return _plan(codes, questions, answers, seed), archive, parsed


def _answers(number: int) -> tuple[str, ...]:
    return _ANSWERS[:number] + tuple(f"الخيار / Option {n}" for n in range(len(_ANSWERS) + 1, number + 1))


def _plan(codes: tuple[str, ...], questions: int, answers: int, seed: int | None) -> Plan:
    chance = random.Random(secrets.randbits(64) if seed is None else seed)  # noqa: S311 - invented opinions, no secret
    leaning = [[chance.uniform(1, 4) for _answer in range(answers)] for _question in range(questions)]

    def opinion() -> tuple[tuple[int, ...], ...]:
        picks = [chance.choices(range(answers), weights)[0] for weights in leaning]
        return tuple(tuple(int(place == pick) for place in range(answers)) for pick in picks)

    voting = [voter for voter in range(len(codes)) if chance.random() < TURNOUT] or [0]
    votes = [(voter, opinion()) for voter in voting]
    votes += [(voter, opinion()) for voter in voting if chance.random() < REVOTES]
    return Plan(codes, tuple(votes))


def _cast(archive: Path, parsed: Election, plan: Plan, jobs: int) -> None:
    """Seal all ballots, in several processes when it pays, and append them: first votes before those replacing them."""
    with console.progress() as bars, Journal.open(archive) as journal:
        cast = 0
        for votes in plan.rounds():
            work = [(plan.codes[voter], choices) for voter, choices in votes]
            chunks = [work[start : start + CHUNK] for start in range(0, len(work), CHUNK)]
            for sealed in _sealed(parsed, chunks, jobs, len(work)):
                journal.append_many(Kind.BALLOT, [(data,) for data in sealed])
                cast += len(sealed)
                bars.show(_("Ballots"), cast, len(plan.votes))
        journal.append(Kind.END_BALLOTS)


Chunk = list[tuple[str, tuple[tuple[int, ...], ...]]]


def _sealed(parsed: Election, chunks: list[Chunk], jobs: int, total: int) -> Iterator[list[bytes]]:
    work = partial(_seal, parsed.data)
    if jobs == 1 or (jobs == 0 and total < PARALLEL_FROM):
        yield from map(work, chunks)
        return
    yield from spread(work, chunks, jobs or os.cpu_count() or 1)


def _seal(election_data: bytes, chunk: Chunk) -> list[bytes]:
    parsed = Election.parse(election_data)
    return [
        seal(parsed, credentials.signing_key(parsed.version, parsed.group, parsed.uuid, code), choices).ballot.data
        for code, choices in chunk
    ]


def _count(archive: Path, keys: list[TrusteeKey], threshold: int, jobs: int) -> None:
    """Tally, decryptions of as many trustees as are needed, result; each step on the record as it stands."""
    report = _verify(archive, jobs)
    evidence = report.evidence
    assert evidence is not None
    assert evidence.total is not None
    assert evidence.trustees is not None
    encrypted = tally.to_json(evidence.total)
    made: dict[int, PartialDecryption] = {}
    strong = []
    with Journal.open(archive) as journal:
        sized = tally.SizedTally(report.counted, report.weight, sha256_hex(encrypted))
        journal.append(Kind.ENCRYPTED_TALLY, encrypted, sized.to_json())
        for owner, key in list(enumerate(keys, 1))[-threshold:]:
            secret = key.secret()
            made[owner] = tally.decrypt(evidence.election, evidence.total, secret)
            strong.append(decryption_proofs.prove(evidence.election, evidence.total, owner, secret, made[owner]))
        target = proofs_path(archive, evidence.election.uuid)
        target.parent.mkdir(exist_ok=True)
        write_whole(target, decryption_proofs.file_json(evidence.election, strong))
        for owner, decryption in made.items():
            data = decryption.to_json()
            journal.append(Kind.PARTIAL_DECRYPTION, data, tally.owned_json(owner, sha256_hex(data)))
        points = tally.messages(evidence.total, tally.combine(evidence.trustees, made))
        counts = tally.counts(evidence.election.group, points, report.weight)
        journal.append(Kind.RESULT, tally.result_json(counts))


def _verify(archive: Path, jobs: int) -> Report:
    names = {"reading": _("Reading"), "ballots": _("Verifying")}
    with console.progress() as bars:
        return verify_record(
            archive,
            jobs=jobs or None,
            progress=lambda stage, finished, total: bars.show(names[stage], finished, total),
        )
