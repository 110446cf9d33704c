"""`sawtuna vote`: the voter's steps on the voter's own machine."""

import sys
import unicodedata
from pathlib import Path
from typing import Annotated

import typer

from crypto import credentials
from crypto.archive import Cut, Reader
from crypto.audits import Audit
from crypto.ballot import Sealed, seal
from crypto.ballot_box import BallotBox
from crypto.board import Kind, Unclaimed, replay
from crypto.cli import console
from crypto.cli.audit import show_opened
from crypto.cli.console import done, fact, out, plain, say, stop
from crypto.cli.election import Archive, recovered
from crypto.cli.files import archive_path, pretty, read, write_new, write_private
from crypto.cli.texts import _, count, ngettext
from crypto.credentials import parse_public_list
from crypto.election import Election, Homomorphic
from crypto.encoding import parse_json
from crypto.errors import Malformed, ProtocolError, Rejected, Unsupported
from crypto.groups import Point, Secret
from crypto.trustees import Trustees, check_alone

_TRIES = 5


def vote(
    path: Archive,
    choose: Annotated[
        list[str] | None,
        typer.Option(
            "--choose", help="Your answer, once a question: 2, or 1,3, or blank, or none. Else you are asked."
        ),
    ] = None,
    credential: Annotated[
        Path | None, typer.Option("--credential-file", help="File with your voter's code; - reads it from the input.")
    ] = None,
    audit: Annotated[
        bool, typer.Option("--audit", help="Open the sealed ballot to check it, instead of casting it.")
    ] = False,
    to: Annotated[
        Path | None, typer.Option("--out", help="Write the sealed ballot to a file instead of casting it here.")
    ] = None,
) -> None:
    """Vote: choose, seal, and then cast the ballot or audit it.

    When the ballot is sealed you are shown its tracker and asked whether to cast it or to audit it. An audit prints the
    randomness that sealed the ballot and checks with it that your choice was sealed and nothing else; that ballot is
    spoiled and you seal another one. A program that cheats does not know which you will choose.

    You may vote again until the close; the last ballot counts.

      sawtuna vote UUID.bel
      sawtuna vote UUID.bel --choose 2 --credential-file code.txt
      sawtuna vote UUID.bel --choose 2 --audit
    """
    if audit and to is not None:
        stop(_("--audit opens the ballot, --out keeps it for casting: give one of them."), 2)
    archive = archive_path(path)
    election, listed = _foundation(archive)
    questions = election.homomorphic
    if questions is None:
        raise Unsupported("this election has ranked questions, on which this version cannot vote yet")
    out.print(f"[bold]{plain(election.name)}[/]", soft_wrap=True)
    if election.description:
        say(election.description)
    fact(_("Fingerprint of the election"), election.fingerprint)
    choices = _choices(questions, choose)
    key = _signing_key(election, listed, credential)
    sealed = seal(election, key, choices)
    sealed.ballot.verify(election)
    say()
    done(_("Your ballot is sealed. Nothing of your choice can be seen in it."))
    fact(_("Tracker"), sealed.ballot.tracker)
    if audit or (choose is None and to is None and not _cast_rather_than_audit()):
        _audit(archive, election, sealed)
    elif to is not None:
        write_new(to, sealed.ballot.data)
        say(_("Not cast yet: sawtuna election cast %(path)s %(ballot)s", path=path, ballot=to))
    else:
        _cast(archive, sealed)


def _foundation(archive: Path) -> tuple[Election, set[Point]]:
    """Election and credentials of the archive, after checking that the key is the trustees' and the vote is open."""
    with Reader.open(archive) as reader:
        steps = replay(reader)
        step = next(steps, None)
        if step is None or step.event.kind is not Kind.SETUP or step.data_errors:
            raise Malformed("the archive holds no election")
        data = [reader.read(entry) for entry in step.data]
        kind = Kind.SETUP
        try:
            for later in steps:
                kind = later.event.kind
        except (Cut, Unclaimed):
            pass  # an interrupted or a busy writer: the box deals with it when it is opened for casting
    if kind not in (Kind.SETUP, Kind.BALLOT):
        raise Rejected("the vote is closed: no ballot is accepted any more")
    election = Election.parse(data[0])
    trustees = Trustees.parse(election.version, election.group, data[1])
    errors = check_alone(trustees)
    if errors:
        raise errors[0].at("trustees")
    if trustees.combined_key() != election.public_key:
        raise Rejected("the election's key is not the product of the trustees' keys")
    return election, {entry.point for entry in parse_public_list(election.group, parse_json(data[2]))}


def _choices(questions: tuple[Homomorphic, ...], given: list[str] | None) -> list[list[int]]:
    if given is not None:
        if len(given) != len(questions):
            stop(
                ngettext(
                    "There is %(n)s question; give --choose once.",
                    "There are %(n)s questions; give --choose once for each.",
                    len(questions),
                ),
                2,
            )
        return [_choice(question, text) for question, text in zip(questions, given, strict=True)]
    if not console.is_interactive():
        stop(_("Give your answers with --choose."), 2)
    return [_ask(question) for question in questions]


def _choice(question: Homomorphic, typed: str) -> list[int]:
    """Marks for what was typed: numbers from 1, `blank`, or `none`. `Stop` says what is possible."""
    try:
        return parse_choice(question, typed)
    except Malformed as error:
        stop(f"{question.question}: {_(error.message, **error.params)}", 2)


def parse_choice(question: Homomorphic, typed: str) -> list[int]:
    """Marks for what was typed, or `Malformed`."""
    words = typed.replace("،", ",").replace("٬", ",").split(",")
    plain = "".join(str(unicodedata.digit(letter)) if letter.isdecimal() else letter for letter in ",".join(words))
    words = [word.strip().casefold() for word in plain.split(",") if word.strip()]
    marks = [0] * question.size
    if words in (["blank"], ["بيضاء"]):
        if not question.blank:
            raise Malformed("this question has no blank vote")
        marks[0] = 1
        return marks
    if words not in (["none"], ["لا شيء"]):
        for word in words:
            if not word.isascii() or not word.isdecimal() or not 1 <= int(word[:6]) <= len(question.answers):
                raise Malformed("answers are named by their numbers, 1 to %(last)s", last=len(question.answers))
            marks[int(word) - 1 + question.blank] = 1
    question.check_choice(marks)
    return marks


def _ask(question: Homomorphic) -> list[int]:
    say()
    out.print(f"[bold]{plain(question.question)}[/]", soft_wrap=True)
    for number, answer in enumerate(question.answers, 1):
        say(f"  {number}. {answer}")
    if question.min == question.max:
        say(_("Choose %(n)s. Several numbers with commas between them.", n=count(question.max)))
    else:
        low, high = count(question.min), count(question.max)
        say(_("Choose from %(low)s to %(high)s, with commas between the numbers.", low=low, high=high))
    if question.blank:
        say(_("For a blank ballot write: blank"))
    while True:
        typed = typer.prompt(_("Your choice"))
        try:
            return parse_choice(question, typed)
        except Malformed as error:
            console.complain(_(error.message, **error.params))


def _signing_key(election: Election, listed: set[Point], file: Path | None) -> Secret:
    """The key of the voter's code; asked for again after a typing error, never shown."""
    for attempt in range(_TRIES):
        try:
            code = credentials.normalise(_code(file))
            key = credentials.signing_key(election.version, election.group, election.uuid, code)
            if election.group.generator**key in listed:
                return key
            raise Rejected("this voter's code is not on the list of this election")
        except ProtocolError as error:
            if file is not None or attempt == _TRIES - 1:
                raise
            console.complain(_(error.message, **error.params))
    raise AssertionError


def _code(file: Path | None) -> str:
    if file is None:
        if not console.is_interactive():
            stop(_("Give your voter's code with --credential-file."), 2)
        return str(typer.prompt(_("Your voter's code (it is not shown)"), hide_input=True))
    if str(file) == "-":
        return sys.stdin.readline() if sys.stdin is not None else ""
    return read(file).decode(errors="replace").strip()


def _cast_rather_than_audit() -> bool:
    say()
    say(_("Now cast it, or audit it: the tracker is fixed, the program cannot change the ballot any more."))
    while True:
        answer = _bare(typer.prompt(_("cast or audit")))
        if answer in {"cast", "c", _bare(_("cast"))}:
            return True
        if answer in {"audit", "a", _bare(_("audit"))}:
            return False


def _bare(word: str) -> str:
    """Without what people leave out when they type: capitals, and in Arabic vowel signs and the hamza on an alif."""
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c)).strip().casefold()


def _audit(archive: Path, election: Election, sealed: Sealed) -> None:
    """Open the ballot, keep it from ever being cast, show that it holds what was chosen."""
    with BallotBox.open(archive) as box:
        recovered(box.journal)
        box.spoil(sealed.ballot)
    audit = Audit.of(sealed)
    opened = audit.verify(election)
    target = Path(f"audit-{sealed.ballot.digest[:16]}.json")
    write_private(target, pretty(audit.to_json()))
    say()
    show_opened(election, audit, opened, randomness=True)
    done(_("The ballot holds what you chose. It is spoiled and will not be counted; to vote, seal another one."))
    say(
        _(
            "Check it with another program or machine: sawtuna audit-ballot %(path)s --election %(archive)s",
            path=target,
            archive=archive,
        )
    )
    console.warn(_("The file shows what was chosen in the audited ballot. Give it only to whom you want to know that."))


def _cast(archive: Path, sealed: Sealed) -> None:
    with BallotBox.open(archive) as box:
        recovered(box.journal)
        accepted = box.cast(sealed.ballot.data)
    done(_("Your ballot is in the box, at position %(height)s.", height=accepted.height))
    if accepted.replaces is not None:
        say(_("It replaces the ballot at position %(height)s.", height=accepted.replaces))
    say(_("Keep the tracker. It does not show your choice."))
