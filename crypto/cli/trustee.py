"""`sawtuna trustee`: making the key together, and opening the count together."""

from pathlib import Path
from typing import Annotated

import typer

from crypto import decryption_proofs, tally
from crypto.board import Kind
from crypto.cli import console
from crypto.cli.ceremony import Folder, describe, known_names, open_once, read_key
from crypto.cli.console import done, fact, say, stop
from crypto.cli.election import DECRYPTION_FORMAT, Archive, Jobs, checked, read_draft
from crypto.cli.files import archive_path, pretty, write_new
from crypto.cli.texts import _, ngettext
from crypto.encoding import parse_json, sha256_b64
from crypto.errors import Rejected

app = typer.Typer(help="The trustees' steps: make the key together, decrypt the count.", no_args_is_help=True)

FEW = 3
"""A sum of fewer ballots than this shows single votes."""

KeyPath = Annotated[
    Path, typer.Option("--key", help="Your private key file. Keep it, and a copy, where nobody else is.")
]


@app.command()
def start(
    election: Annotated[Path, typer.Argument(help="Folder of the election, with draft.json.")],
    size: Annotated[int, typer.Option("--trustees", min=1, help="How many trustees there are.")] = 3,
    threshold: Annotated[
        int, typer.Option("--threshold", min=0, help="How many of them can count together; 0: a majority.")
    ] = 0,
) -> None:
    """Begin the trustees' key ceremony: a folder that they share, by drive or by mail.

    With --threshold 2 of --trustees 3, any two trustees can count and one lost key does no harm. With as many as there
    are trustees, a single lost key means that the vote can never be counted.
    """
    draft = read_draft(election)
    needed = threshold or size // 2 + 1
    path = (election if election.is_dir() else election.parent) / "ceremony"
    if (path / "ceremony.json").exists():
        stop(_("%(path)s exists already. Move it away or choose another name.", path=path / "ceremony.json"))
    if needed > size:
        stop(_("The threshold cannot be larger than the number of trustees."), 2)
    if needed == size:
        console.warn(_("Every trustee will be needed: if one key is lost, this vote can never be counted."))
    Folder.create(path, draft.uuid, draft.group, size, needed)
    done(_("The ceremony is in %(path)s.", path=path))
    say(
        _(
            "Each trustee, until the key is ready: sawtuna trustee join %(path)s --name NAME --key NAME.key.json",
            path=path,
        )
    )


@app.command()
def join(
    folder: Annotated[Path, typer.Argument(help="The shared folder of the ceremony.")],
    key: KeyPath,
    name: Annotated[str, typer.Option("--name", help="Your name, as everybody will see it.")] = "",
    index: Annotated[int, typer.Option("--index", min=0, help="Your place; else the first free one.")] = 0,
) -> None:
    """Take part in the key ceremony. Run it again and again until it says that the key is ready.

    The first time it makes your private key file; every time it does whatever is next and says whom it waits for. It
    refuses a folder in which somebody has changed something, and ends by decrypting a test with your key file.
    """
    shared = Folder(folder)
    if key.resolve().is_relative_to(folder.resolve()):
        stop(_("The private key file must not lie in the shared folder."), 2)
    if key.exists():
        mine = read_key(key)
    else:
        if not name.strip():
            stop(_("Give your name with --name the first time."), 2)
        mine = shared.join(key, name.strip(), index or None)
        done(
            _("Your private key is in %(path)s. Keep it, and a copy elsewhere; without it you cannot count.", path=key)
        )
    mine, progress = shared.advance(key, mine)
    say(_("Step %(done)s of %(steps)s, trustee %(index)s.", done=progress.done, steps=progress.steps, index=mine.index))
    if not progress.ready:
        say(_("Waiting for: %(names)s", names=describe(known_names(shared), progress.waiting_for)))
        say(_("Run this command again when their files are there."))
        return
    read_key(key).prove_usable()
    done(_("The key is ready, and your key file has decrypted a test: %(path)s", path=folder / "trustees.json"))
    fact(_("Fingerprint of the trustees' list"), sha256_b64((folder / "trustees.json").read_bytes().rstrip(b"\n")))
    say(_("Compare it with the other trustees, by telephone or face to face."))


@app.command()
def check(key: KeyPath) -> None:
    """Check that a key file can still be read and decrypts."""
    mine = read_key(key)
    mine.prove_usable()
    done(_("The key of %(name)s (trustee %(index)s) is whole and decrypts.", name=mine.name, index=mine.index))
    fact(_("Election"), mine.uuid)


@app.command()
def decrypt(
    path: Archive,
    key: KeyPath,
    out: Annotated[Path | None, typer.Option("--out", help="File for the result; else beside the archive.")] = None,
    jobs: Jobs = 0,
) -> None:
    """A trustee's part of the count.

    The whole record is verified first, and the sum is computed again from the ballots: nothing else than the sum of all
    counted ballots is ever decrypted. The key file remembers that sum, and opens no other.
    """
    archive = archive_path(path)
    mine = read_key(key)
    report = checked(archive, jobs)
    if report.uuid != mine.uuid:
        stop(_("This key belongs to election %(uuid)s; a key is used for one election only.", uuid=mine.uuid))
    if report.phase not in (Kind.ENCRYPTED_TALLY, Kind.PARTIAL_DECRYPTION):
        stop(_("There is nothing to decrypt: the vote has to be closed and added up, and not yet counted."))
    evidence = report.evidence
    assert evidence is not None
    assert evidence.total is not None
    assert evidence.trustees is not None
    owner = next((owner for owner, point in evidence.trustees.keys.items() if str(point) == mine.public_key), None)
    if owner is None:
        raise Rejected("this key is not among the election's trustees")
    secret = mine.secret()
    fact(_("Fingerprint of the election"), report.fingerprint or "")
    fact(_("Ballots in the sum"), _("%(counted)s, of %(voters)s voters", counted=report.counted, voters=report.voters))
    if report.counted < FEW:
        console.warn(
            _("So few ballots tell how single voters voted. Compare their number with the public board first.")
        )
    open_once(key, mine, tally.to_json(evidence.total))
    decryption = tally.decrypt(evidence.election, evidence.total, secret)
    strong = decryption_proofs.prove(evidence.election, evidence.total, owner, secret, decryption)
    target = out or archive.parent / f"decryption-{owner}.json"
    write_new(
        target,
        pretty(
            {
                "format": DECRYPTION_FORMAT,
                "uuid": report.uuid,
                "decryption": parse_json(decryption.to_json()),
                "strong": strong.to_json(),
            }
        ),
    )
    done(ngettext("Your part is made, for %(n)s ballot.", "Your part is made, for %(n)s ballots.", report.counted))
    say(_("Give %(path)s to the administrator; it is not secret.", path=target))
