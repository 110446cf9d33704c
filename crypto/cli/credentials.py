"""`sawtuna credentials`: the credential authority's steps, on a machine of its own."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from crypto import credentials
from crypto.cli import console, letters
from crypto.cli.console import done, fact, say, stop
from crypto.cli.election import Draft, read_draft
from crypto.cli.files import read, read_json, write_new, write_private
from crypto.cli.texts import _, ngettext
from crypto.cli.voters import BadVoters, Voter, parse
from crypto.encoding import canonical
from crypto.groups import Point

app = typer.Typer(
    help="The credential authority's steps: a secret code for every voter, and the letters that carry it.",
    no_args_is_help=True,
)

PRIVATE = "private_creds.json"
PUBLIC = "public_creds.json"

DraftPath = Annotated[Path, typer.Option("--election", help="draft.json of the election, or its folder.")]
Url = Annotated[
    str, typer.Option("--url", help="Address of the voting page, printed in the letters and in their codes.")
]


@app.command()
def make(
    voters: Annotated[Path, typer.Argument(help="The voters as CSV: id, name, weight (name and weight optional).")],
    election: DraftPath,
    out: Annotated[Path, typer.Option("--out", help="Folder for the results.")],
    with_letters: Annotated[bool, typer.Option("--letters", help="Also write the printable letters.")] = False,
    url: Url = "",
) -> None:
    """Give every voter a code, and make the public list that the vote is checked against.

    Writes private_creds.json (secret: whoever has a code can vote in that voter's name; readable by you alone) and
    public_creds.json (for the administrator: sorted, so that it does not tell who is who). Do this on a machine that is
    not the voting server: only the server and this file together could stuff the ballot box.
    """
    _check_address(url)
    listed = _read_voters(voters)
    draft = read_draft(election)
    for path in (out / PRIVATE, out / PUBLIC):
        if path.exists():
            stop(_("%(path)s exists already. Move it away or choose another name.", path=path))
    codes: dict[str, str] = {}
    keys: list[tuple[Point, int | None]] = []
    with console.progress() as bars:
        for index, voter in enumerate(listed, 1):
            code = credentials.generate()
            codes[voter.id] = code
            key = credentials.signing_key(draft.version, draft.group, draft.uuid, code)
            keys.append((draft.group.generator**key, voter.weight))
            bars.show(_("Codes"), index, len(listed))
    public = credentials.list_json(credentials.public_list(keys))
    write_private(out / PRIVATE, credentials.private_json(codes))
    write_new(out / PUBLIC, public)
    done(ngettext("%(n)s voter has a code.", "%(n)s voters have a code.", len(listed)))
    say("  " + _("Secret: %(path)s", path=out / PRIVATE))
    say("  " + _("For the administrator: %(path)s", path=out / PUBLIC))
    fact(_("Fingerprint of the voters' credentials"), credentials.fingerprint(public))
    if with_letters:
        _write_letters(draft, listed, codes, out, url)


@app.command("letters")
def letters_(
    voters: Annotated[Path, typer.Argument(help="The same list of voters.")],
    private: Annotated[Path, typer.Option("--private", help="private_creds.json, made before.")],
    election: DraftPath,
    out: Annotated[Path, typer.Option("--out", help="Folder for the letters.")],
    url: Url = "",
) -> None:
    """Write the letters that bring voters their codes: HTML to print, one voter a page, each with a QR code."""
    _check_address(url)
    codes = credentials.parse_private(read_json(private))
    listed = _read_voters(voters)
    missing = [voter.id for voter in listed if voter.id not in codes]
    if missing:
        stop(_("There is no code for “%(voter)s” in %(path)s.", voter=missing[0], path=private), 2)
    _write_letters(read_draft(election), listed, codes, out, url)


@app.command()
def check(
    private: Annotated[Path, typer.Option("--private", help="private_creds.json.")],
    public: Annotated[Path, typer.Option("--public", help="public_creds.json.")],
    election: DraftPath,
) -> None:
    """Check that every secret code has its place in the public list, and that the list holds nothing else."""
    draft = read_draft(election)
    codes = credentials.parse_private(read_json(private))
    value = read_json(public)
    listed = {entry.point for entry in credentials.parse_public_list(draft.group, value)}
    derived: set[Point] = set()
    for voter, code in codes.items():
        point = draft.group.generator ** credentials.signing_key(draft.version, draft.group, draft.uuid, code)
        if point not in listed:
            stop(_("The code of “%(voter)s” is not in the public list.", voter=voter))
        if point in derived:
            stop(_("The code of “%(voter)s” is another voter's, too.", voter=voter))
        derived.add(point)
    if len(derived) != len(listed):
        extra = len(listed - derived)
        stop(
            ngettext(
                "The public list has %(n)s entry that belongs to no code: somebody else could vote.",
                "The public list has %(n)s entries that belong to no code: somebody else could vote.",
                extra,
            )
        )
    done(
        ngettext(
            "%(n)s code, all in the list and nothing else.",
            "%(n)s codes, all in the list and nothing else.",
            len(codes),
        )
    )
    fact(_("Fingerprint of the voters' credentials"), credentials.fingerprint(canonical(value)))


def _check_address(url: str) -> None:
    """A voter will open it with a secret behind `#`: nothing but a plain web address will do."""
    parts = urlsplit(url)
    plain = url.isascii() and not any(letter.isspace() for letter in url)
    if url and not (plain and parts.scheme in {"https", "http"} and parts.hostname and "#" not in url):
        stop(_("--url is a web address that begins with https:// and has no #."), 2)


def _read_voters(path: Path) -> list[Voter]:
    try:
        return parse(read(path))
    except BadVoters as bad:
        for error in bad.errors[:20]:
            console.complain(error)
        stop(ngettext("%(n)s mistake in the voters' list.", "%(n)s mistakes in the voters' list.", len(bad.errors)), 2)


def _write_letters(draft: Draft, voters: list[Voter], codes: dict[str, str], out: Path, url: str) -> None:
    pages = letters.pages(draft.name, draft.uuid, [(voter.name, codes[voter.id]) for voter in voters], url)
    for number, page in enumerate(pages, 1):
        path = out / f"letters-{number:04}.html"
        write_private(path, page.encode())
        say("  " + _("Letters to print: %(path)s", path=path))
