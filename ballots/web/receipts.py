"""Receipts: where a ballot stands on the board, as a page to print; its picture for a telephone; the portal's key."""

import io
from typing import Any

import segno
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.access import Guarded
from app.errors import wants_json
from app.i18n import gettext as _
from app.web import render, settings_of
from ballots.actions import casting
from ballots.models import CastBallot, Election
from ballots.policy import READ
from ballots.queries import public
from ballots.receipts import in_address, signing_key
from ballots.web.found import election


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
    Guarded("/elections/{uuid}/receipts/{tracker}.svg", picture, name="ballots:receipt_qr", act=READ),
    Guarded("/elections/{uuid}/receipts/{tracker}", show, name="ballots:receipt_page", act=READ),
]
