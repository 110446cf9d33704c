"""`sawtuna booth` and `sawtuna receipt`: compare the booth's bytes, check what a voter holds in hand."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import httpx2
import typer

from app.settings import Settings
from ballots.receipts import Receipt, in_address
from ballots.web import booth
from crypto.cli.console import done, fact, out, say, stop
from crypto.cli.files import read_json
from crypto.cli.texts import _
from crypto.encoding import hex_digest
from crypto.errors import Malformed, Rejected

PATIENCE = 30.0
MOST_BYTES = 1 << 20

Get = Callable[[str], httpx2.Response]
"""Fetches an address; no redirects."""


def _fetch(address: str) -> httpx2.Response:
    return httpx2.get(address, timeout=PATIENCE, headers={"Accept": "application/json"}, follow_redirects=False)


def applications(settings: Callable[[], Settings], get: Get = _fetch) -> dict[str, typer.Typer]:
    """The groups of commands by name; `settings` are read when a command needs them."""
    booths = typer.Typer(help=_("The voting booth."), no_args_is_help=True)

    @booths.command(
        "manifest",
        help=_(
            "Print the SHA-256 of every file of the voting booth, to compare with /booth/manifest.json of the portal."
        ),
    )
    def manifest(
        as_json: Annotated[bool, typer.Option("--json", help=_("As /booth/manifest.json has it."))] = False,
    ) -> None:
        found = booth.manifest_for(settings())
        if as_json:
            out.print(json.dumps(found, indent=2), markup=False, soft_wrap=True)
            return
        for path, digest in found["files"].items():
            out.print(f"{digest}  {path}", markup=False, soft_wrap=True)
        say()
        fact(_("Of all together"), found["digest"])

    @booths.callback()
    def group() -> None:
        pass  # one command of a group would otherwise stand in the group's place

    receipts = typer.Typer(help=_("Voters’ receipts."), no_args_is_help=True)

    @receipts.callback()
    def another() -> None:
        pass

    @receipts.command(
        "verify",
        help=_(
            "Check that the portal has signed a receipt; with --url also that the ballot is on its board.\n\n"
            "Exit code: 0 when all is well, 1 when not, 2 when something cannot be read."
        ),
    )
    def verify(
        file: Annotated[Path, typer.Argument(help=_("The file receipt-….json."))],
        key: Annotated[str, typer.Option("--key", help=_("The portal’s public key for receipts, 64 digits."))] = "",
        url: Annotated[str, typer.Option("--url", help=_("Address of the portal, to ask for key and board."))] = "",
    ) -> None:
        check_receipt(file, key.strip().lower(), url.strip().rstrip("/"), get)

    return {"booth": booths, "receipt": receipts}


def check_receipt(file: Path, key: str, url: str, get: Get = _fetch) -> None:
    """Say whether a receipt holds, or stop with the reason."""
    try:
        receipt = Receipt.parse(read_json(file))
    except Malformed:
        stop(_("This file is not a receipt, or it is damaged."), 2)
    if not key and not url:
        stop(_("Say whose receipt it is: give the key with --key, or the portal’s address with --url."), 2)
    if not key:
        answer = _asked(get, f"{url}/elections/receipt-key")
        key = answer.get("key", "") if isinstance(answer, dict) else ""
    try:
        hex_digest(key)
    except Malformed:
        stop(_("A key has 64 digits from 0 to 9 and a to f."), 2)
    if receipt.key != key:
        stop(_("The receipt is signed with another key than the one that was given."))
    try:
        receipt.verify(key)
    except Rejected:
        stop(_("The signature of the receipt does not hold: somebody has changed it, or made it up."))
    fact(_("Election"), receipt.election_uuid)
    fact(_("Tracker"), receipt.tracker)
    fact(_("Seal code"), receipt.seal)
    fact(_("Position on the board"), str(receipt.height))
    done(_("The portal has signed this receipt: it took the ballot in at this position of the board."))
    if not url:
        say(_("To see whether the ballot is still there, ask the portal with --url, or look on its public board."))
        return
    code = in_address(receipt.tracker)
    found = _asked(get, f"{url}/api/elections/{receipt.election_uuid}/ballots/{code}", missing=None)
    if found is None:
        stop(
            _(
                "The portal has signed for this ballot and does not show it: the receipt proves that it was taken out. "
                "Keep the file and tell the observers."
            )
        )
    if (found.get("height"), found.get("digest")) != (receipt.height, receipt.event):
        stop(
            _(
                "The board shows this ballot at another place, or with other bytes, than the portal has signed for. "
                "Keep the file and tell the observers."
            )
        )
    done(_("The ballot is on the board, where the receipt says."))
    if found.get("replaced_by") is not None:
        say(_("A later ballot with the same voter’s code has replaced it; only that one is counted."))


_NEEDED: Any = object()


def _asked(get: Get, address: str, missing: Any = _NEEDED) -> Any:
    """The JSON at an address; `missing` when there is nothing there."""
    try:
        answer = get(address)
    except httpx2.HTTPError as error:
        stop(_("The portal cannot be reached: %(why)s", why=str(error) or type(error).__name__), 2)
    except httpx2.InvalidURL:
        stop(_("This is not the address of a portal: %(url)s", url=address), 2)
    if answer.status_code == 404 and missing is not _NEEDED:
        return missing
    if answer.status_code != 200 or len(answer.content) > 64 * MOST_BYTES:
        stop(_("The portal did not answer as expected: %(status)s", status=answer.status_code), 2)
    try:
        return answer.json()
    except ValueError:
        stop(_("The portal did not answer as expected: %(status)s", status=answer.status_code), 2)
