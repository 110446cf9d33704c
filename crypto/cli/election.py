"""`sawtuna election`: the administrator's steps."""

import secrets
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from crypto import credentials as credential_list
from crypto import decryption_proofs, tally
from crypto.ballot_box import BallotBox, found
from crypto.board import Kind
from crypto.cli import console
from crypto.cli.console import done, fact, say, sentence, stop
from crypto.cli.files import archive_path, pretty, read, read_json, write_new
from crypto.cli.questions import BadQuestions, load, parse
from crypto.cli.texts import _, ngettext
from crypto.cli.verify import show
from crypto.decryption_proofs import StrongProofs
from crypto.election import Election, Homomorphic, election_json, parse_question
from crypto.encoding import BASE58, array, canonical, election_uuid, members, sha256_hex, text, whole_number
from crypto.errors import Malformed, ProtocolError, Rejected, within
from crypto.groups import Group, named
from crypto.journal import Journal, write_whole
from crypto.tally import PartialDecryption
from crypto.transcripts import VERSION_1, of_version
from crypto.trustees import Trustees
from crypto.verification import Report, Verdict, verify_record
from crypto.verification.record import proofs_path, read_proofs

app = typer.Typer(help="The administrator's steps: describe, open, close, count, publish.", no_args_is_help=True)

DRAFT = "draft.json"
_DRAFT_FORMAT = "sawtuna draft 1"

Archive = Annotated[Path, typer.Argument(help="The archive UUID.bel, or the folder that holds it.")]
Jobs = Annotated[int, typer.Option("--jobs", min=0, help="Processes to use; 0 means as many as pay off.")]


def new_uuid() -> str:
    """A fresh election identifier of 14 base58 characters."""
    return "".join(secrets.choice(BASE58) for _ in range(14))


@app.command()
def new(
    questions: Annotated[Path, typer.Argument(help="The questions, as TOML, YAML or JSON.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the election; made when it is not there.")],
    group: Annotated[
        str,
        typer.Option("--group", help="Ed25519 (which is meant when nothing is said), BELENIOS-2048 or RFC-3526-2048."),
    ] = "",
) -> None:
    """Describe a vote: read the questions and give the election its identifier.

    Writes draft.json, which trustees and the credential authority need. A questions file looks like this:

      title = "Which project first?"
      [[questions]]
      question = "Which project should the municipality do first?"
      answers = ["A library", "A park", "Street lighting"]
      choose = 1
      blank = true

    choose may be replaced by min and max; a text may be given as {ar = "…", en = "…"}.
    """
    try:
        description = parse(load(read(questions), questions.suffix.lower()))
    except BadQuestions as bad:
        for error in bad.errors:
            console.complain(error)
        stop(
            ngettext("%(n)s mistake in the questions file.", "%(n)s mistakes in the questions file.", len(bad.errors)),
            2,
        )
    if group and description.group not in (None, group):
        stop(_("The file says %(file)s, --group says %(option)s.", file=description.group, option=group), 2)
    chosen = named(group or description.group or "Ed25519")
    uuid = new_uuid()
    draft: dict[str, Any] = {
        "format": _DRAFT_FORMAT,
        "version": VERSION_1.number,
        "uuid": uuid,
        "group": chosen.name,
        "name": description.name,
        "description": description.description,
        "questions": [question.to_json() for question in description.questions],
    }
    if description.administrator:
        draft["administrator"] = description.administrator
    if description.credential_authority:
        draft["credential_authority"] = description.credential_authority
    write_new(out / DRAFT, pretty(draft))
    done(_("The election is described in %(path)s.", path=out / DRAFT))
    fact(_("Identifier"), uuid)
    say(_("Next: sawtuna trustee start %(folder)s", folder=out))


class Draft:
    """A described election without keys."""

    def __init__(self, value: object) -> None:
        """From `draft.json`."""
        fields = members(value, "format", "version", "uuid", "group", "name", "description", "questions")
        if fields["format"] != _DRAFT_FORMAT:
            raise Malformed("this is not the draft of an election")
        self.version = of_version(whole_number(fields["version"]))
        self.uuid = election_uuid(fields["uuid"])
        self.group: Group = named(fields["group"])
        self.name = text(fields["name"])
        self.description = text(fields["description"])
        self.questions: list[Homomorphic] = []
        for index, item in enumerate(array(fields["questions"])):
            with within("questions", index):
                question = parse_question(item)
                if not isinstance(question, Homomorphic):
                    raise Malformed("ranked questions and lists cannot be run by this version yet")
                self.questions.append(question)
        self.administrator = fields.get("administrator")
        self.credential_authority = fields.get("credential_authority")


def read_draft(path: Path) -> Draft:
    """The draft at `path`, or in the folder `path`."""
    return Draft(read_json(path / DRAFT if path.is_dir() else path))


@app.command("open")
def open_(
    folder: Annotated[Path, typer.Argument(help="Folder of the election, with draft.json.")],
    credentials: Annotated[
        Path, typer.Option("--credentials", help="public_creds.json from the credential authority.")
    ],
    trustees: Annotated[
        list[Path] | None,
        typer.Option("--trustees", help="trustees.json of a key ceremony; may be repeated. Else that in the folder."),
    ] = None,
) -> None:
    """Begin the vote: put questions, keys and credentials into the archive UUID.bel.

    From here on nothing of them can change. Publish the two fingerprints that are printed: with them everybody knows
    that all speak of the same election.
    """
    draft = read_draft(folder)
    paths = trustees or [folder / "ceremony" / "trustees.json"]
    listed: list[Any] = []
    for path in paths:
        if not path.exists():
            stop(_("The trustees have not finished their key: %(path)s is missing.", path=path), 2)
        listed += array(read_json(path))
    keys = canonical(listed)
    parsed = Trustees.parse(draft.version, draft.group, keys)
    public = credential_list.parse_public_list(draft.group, read_json(credentials))
    data = election_json(
        version=draft.version,
        group=draft.group,
        uuid=draft.uuid,
        name=draft.name,
        description=draft.description,
        public_key=parsed.combined_key(),
        questions=draft.questions,
        administrator=draft.administrator,
        credential_authority=draft.credential_authority,
    )
    archive = folder / f"{draft.uuid}.bel"
    if archive.exists():
        stop(_("%(path)s exists already: this election is open.", path=archive))
    election = found(archive, int(time.time()), data, keys, public)
    done(_("The vote is open: %(path)s", path=archive))
    fact(_("Fingerprint of the election"), election.fingerprint)
    fact(_("Fingerprint of the voters' credentials"), credential_list.fingerprint(credential_list.list_json(public)))
    say(_("Publish both. Next: sawtuna vote %(path)s", path=archive))


@app.command()
def cast(
    path: Archive, ballots: Annotated[list[Path], typer.Argument(help="Ballots written by sawtuna vote --out.")]
) -> None:
    """Put sealed ballots from files into the archive, after every check."""
    refused = 0
    with BallotBox.open(archive_path(path)) as box:
        recovered(box.journal)
        for ballot in ballots:
            try:
                accepted = box.cast(read(ballot).rstrip(b"\n"))
            except console.Stop as unreadable:
                refused += 1
                console.complain(str(unreadable))
                continue
            except ProtocolError as error:
                refused += 1
                console.complain(f"{ballot}: {sentence(error)}")
                continue
            done(_("Ballot cast. Tracker: %(tracker)s", tracker=accepted.tracker))
            if accepted.replaces is not None:
                say("  " + _("It replaces the ballot at position %(height)s.", height=accepted.replaces))
    if refused:
        stop(ngettext("%(n)s ballot was not accepted.", "%(n)s ballots were not accepted.", refused))


def recovered(journal: Journal) -> None:
    """Say so when an interrupted writer had left something behind."""
    if journal.recovered is not None:
        console.warn(
            _(
                "An interrupted program had left an unfinished entry, which nobody was told was accepted. "
                "It was moved to %(path)s; the archive is sound.",
                path=journal.recovered,
            )
        )


@app.command()
def close(path: Archive) -> None:
    """End the vote. No ballot is accepted after this, and it cannot be undone."""
    with BallotBox.open(archive_path(path)) as box:
        recovered(box.journal)
        box.close()
    done(_("The vote is closed."))
    say(_("Next: sawtuna election tally %(path)s", path=path))


def checked(path: Path, jobs: int) -> Report:
    """A full verification, which everything after the close starts from; stops when it fails."""
    names = {"reading": _("Reading"), "ballots": _("Ballots")}
    with console.progress() as bars:
        report = verify_record(
            path, jobs=jobs or None, progress=lambda stage, finished, total: bars.show(names[stage], finished, total)
        )
    if report.verdict not in (Verdict.IN_PROGRESS, Verdict.VERIFIED):
        show(report, path)
        stop(_("The record is not sound; nothing was done with it."), report.verdict.exit_code)
    return report


def _expect(report: Report, *phases: Kind, otherwise: str) -> None:
    if report.phase not in phases:
        stop(otherwise)


@app.command("tally")
def tally_(path: Archive, jobs: Jobs = 0) -> None:
    """Add up the sealed ballots, without opening any.

    Every ballot is verified again first; only the last one of each voter counts.
    """
    archive = archive_path(path)
    report = checked(archive, jobs)
    _expect(report, Kind.END_BALLOTS, otherwise=_("The vote has to be closed first, and can be added up only once."))
    assert report.evidence is not None
    assert report.evidence.total is not None
    encrypted = tally.to_json(report.evidence.total)
    sized = tally.SizedTally(report.counted, report.weight, sha256_hex(encrypted))
    with Journal.open(archive) as journal:
        journal.append(Kind.ENCRYPTED_TALLY, encrypted, sized.to_json())
    done(ngettext("%(n)s ballot added up, still sealed.", "%(n)s ballots added up, still sealed.", report.counted))
    say(_("Next, each trustee: sawtuna trustee decrypt %(path)s --key KEY", path=path))


@app.command()
def add(
    path: Archive,
    decryptions: Annotated[list[Path], typer.Argument(help="Files written by sawtuna trustee decrypt.")],
    jobs: Jobs = 0,
) -> None:
    """Take in trustees' parts of the count, after checking both kinds of their proofs."""
    archive = archive_path(path)
    report = checked(archive, jobs)
    _expect(
        report,
        Kind.ENCRYPTED_TALLY,
        Kind.PARTIAL_DECRYPTION,
        otherwise=_("Trustees' parts are taken in after the tally and before the result."),
    )
    evidence = report.evidence
    assert evidence is not None
    assert evidence.total is not None
    assert evidence.trustees is not None
    known = set(evidence.decryptions)
    for file in decryptions:
        with within(str(file)):
            decryption, strong = _read_decryption(evidence.election, read_json(file))
            key = evidence.trustees.keys.get(strong.owner)
            if key is None:
                raise Rejected("there is no trustee %(owner)s", owner=strong.owner)
            if strong.owner in known:
                raise Rejected("trustee %(owner)s has decrypted before", owner=strong.owner)
            decryption.verify(evidence.election, evidence.total, key)
            strong.verify(evidence.election, evidence.total, key, decryption)
        data = decryption.to_json()
        _keep_proofs(archive, evidence.election, strong)
        with Journal.open(archive) as journal:
            journal.append(Kind.PARTIAL_DECRYPTION, data, tally.owned_json(strong.owner, sha256_hex(data)))
        known.add(strong.owner)
        name = evidence.trustees.names.get(strong.owner) or ""
        done(_("The part of trustee %(owner)s %(name)s is in.", owner=strong.owner, name=name))
    say(_("When enough are in: sawtuna election result %(path)s", path=path))


def _read_decryption(election: Election, value: object) -> tuple[PartialDecryption, StrongProofs]:
    fields = members(value, "format", "uuid", "decryption", "strong")
    if fields["format"] != DECRYPTION_FORMAT:
        raise Malformed("this is not a trustee's decryption")
    if fields["uuid"] != election.uuid:
        raise Rejected("the decryption belongs to another election")
    decryption = PartialDecryption.parse(election, canonical(fields["decryption"]))
    strong = StrongProofs.parse(election, fields["strong"])
    if strong.payload != sha256_hex(decryption.to_json()):
        raise Rejected("the strong proofs belong to another decryption")
    return decryption, strong


DECRYPTION_FORMAT = "sawtuna decryption 1"


def _keep_proofs(archive: Path, election: Election, strong: StrongProofs) -> None:
    """Write the proofs before the event: what is announced in the archive always has its proofs beside it."""
    data = read_proofs(archive, election)
    entries = decryption_proofs.parse_file(election, data) if data is not None else {}
    entries[strong.owner] = strong
    target = proofs_path(archive, election.uuid)
    target.parent.mkdir(exist_ok=True)
    write_whole(target, decryption_proofs.file_json(election, list(entries.values())))


@app.command()
def result(path: Archive, jobs: Jobs = 0) -> None:
    """Put the trustees' parts together, publish the result and verify the whole record once more."""
    archive = archive_path(path)
    report = checked(archive, jobs)
    if report.phase == Kind.RESULT:
        stop(_("The result has been published already: sawtuna verify %(path)s", path=path))
    _expect(
        report,
        Kind.PARTIAL_DECRYPTION,
        otherwise=_("The trustees have to decrypt first: sawtuna trustee decrypt %(path)s --key KEY", path=path),
    )
    if report.decryption_proofs != "strong":
        stop(
            _("The strong proofs of the decryptions are missing beside the archive; without them nothing is published.")
        )
    evidence = report.evidence
    assert evidence is not None
    assert evidence.total is not None
    assert evidence.trustees is not None
    points = tally.messages(evidence.total, tally.combine(evidence.trustees, evidence.decryptions))
    counts = tally.counts(evidence.election.group, points, report.weight)
    with Journal.open(archive) as journal:
        journal.append(Kind.RESULT, tally.result_json(counts))
    show(checked(archive, jobs), archive)
