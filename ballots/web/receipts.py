"""Receipts: where a ballot stands on the board, as a page to print; its picture for a telephone; the portal's key."""

import io
from typing import Any

import segno
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app import clock
from app.access import Guarded
from app.errors import wants_json
from app.forms import Entered
from app.i18n import gettext as _
from app.limits import Rule, address
from app.web import private, render, settings_of, spend
from ballots.actions import Refused, casting, evidence
from ballots.models import CastBallot, Election
from ballots.policy import READ
from ballots.queries import public
from ballots.receipts import in_address, signing_key
from ballots.web.found import election
from crypto.encoding import parse_json
from crypto.errors import Malformed

SHOW = Rule("receipt", "60/minute")
MOST_RECEIPT = 16 << 10
"""Bytes of a receipt that is shown, with what a form has around it."""


def groups(code: str) -> list[str]:
    """In fours, for reading aloud and comparing."""
    return [code[start : start + 4] for start in range(0, len(code), 4)]


async def _ballot(request: Request) -> tuple[Election, CastBallot]:
    row = await election(request)
    found = await public.ballot(row, request.path_params["tracker"])
    if found is None:
        raise HTTPException(404, _("No ballot with this tracker is on the board of this election."))
    return row, found[0]


async def show(request: Request) -> Response:
    """A receipt as anybody who has its tracker sees it."""
    row, made = await _ballot(request)
    receipt = await casting.receipt_of(row, made, signing_key(settings_of(request).key))
    context: dict[str, Any] = {
        "election": row,
        "ballot": made,
        "receipt": receipt,
        "tracker_groups": groups(made.tracker),
        "tracker": in_address(made.tracker),
        "replaces": await public.at_height(row, made.replaces),
        "replaced_by": await public.at_height(row, made.replaced_by),
        "in_address": in_address,
    }
    return render(request, "ballots/receipt.html", context)


async def picture(request: Request) -> Response:
    """The address of the receipt's page as a QR code, black on white."""
    row, made = await _ballot(request)
    where = f"{settings_of(request).base_url}/elections/{row.uuid}/receipts/{in_address(made.tracker)}"
    drawn = io.BytesIO()
    segno.make(where, error="m", micro=False).save(
        drawn, kind="svg", omitsize=True, dark="#000", light="#fff", border=4, svgclass=None, lineclass=None
    )
    return Response(drawn.getvalue(), media_type="image/svg+xml", headers={"Cache-Control": "private, max-age=3600"})


async def check(request: Request) -> Response:
    """Show a receipt, as its file or as the letter has it, and read whether its ballot is on the board."""
    row = await election(request)
    if request.method != "POST":
        return _check(request, row, Entered())
    await spend(request, (SHOW, address(request)))
    text = await _shown(request)
    try:
        value = parse_json(text.encode(errors="replace"))
        there = await evidence.show(row, value, key=signing_key(settings_of(request).key), now=clock.now())
    except Malformed:
        sentence = _("This is not a receipt, or it is damaged.")
        return _check(request, row, Entered({"receipt": text}, {"receipt": [sentence]}), 422)
    except Refused as refused:
        return _check(request, row, Entered({"receipt": text}, {"receipt": [refused.sentence]}), 422)
    return _check(request, await election(request), Entered({"receipt": text}), there=there)


async def _shown(request: Request) -> str:
    """What was sent: the file, or else what was pasted."""
    async with request.form() as form:
        file, text = form.get("file"), form.get("receipt")
        if isinstance(file, UploadFile) and file.size:
            return (await file.read()).decode(errors="replace")
        return text.strip() if isinstance(text, str) else ""


def _check(request: Request, row: Election, form: Entered, status: int = 200, there: bool | None = None) -> Response:
    context = {"election": row, "form": form, "there": there}
    return private(render(request, "ballots/receipt_check.html", context, status=status))


async def receipt_key(request: Request) -> Response:
    """The key with which receipts are signed: a page, or JSON for programs."""
    key = signing_key(settings_of(request).key).verify_key.encode().hex()
    if wants_json(request):
        body = {"format": "sawtuna receipt key 1", "algorithm": "Ed25519", "key": key}
        headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-cache", "Vary": "Accept"}
        return JSONResponse(body, headers=headers)
    response = render(request, "ballots/receipt_key.html", {"key": key})
    response.headers["Vary"] += ", Accept"
    return response


ROUTES = [
    Guarded("/elections/receipt-key", receipt_key, name="ballots:receipt_key", act=READ),
    Guarded(
        "/elections/{uuid}/receipts",
        check,
        name="ballots:receipt_check",
        act=READ,
        methods=["GET", "POST"],
        max_body_size=MOST_RECEIPT,
    ),
    Guarded("/elections/{uuid}/receipts/{tracker}.svg", picture, name="ballots:receipt_qr", act=READ),
    Guarded("/elections/{uuid}/receipts/{tracker}", show, name="ballots:receipt_page", act=READ),
]
