"""The public board: every event, newest first; a ballot by its tracker or its seal code."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.access import Guarded
from app.accounts.web.numbers import page as page_number
from app.web import render
from ballots import words
from ballots.models import Election
from ballots.policy import READ
from ballots.queries import public
from ballots.receipts import CODE, in_address, plain
from ballots.rules import State
from ballots.web.found import election
from ballots.web.public import LIVE

MOST_SHOWN = 64 << 10
"""Letters of a ballot on its page; a longer one is downloaded."""


async def board(request: Request) -> Response:
    """A page of the board, and perhaps the answer to whoever looks for a ballot."""
    row = await election(request)
    last = max(1, -(-(row.height + 1) // public.PAGE))
    page, code = min(page_number(request), last), request.query_params.get("code", "")[:200]
    context = {
        "election": row,
        "state": words.chip_of(row),
        "items": await public.page(row, page),
        "page": page,
        "last": last,
        "code": code,
        "answer": await _answer(row, code) if code.strip() else None,
        "figures": await public.figures(row),
        "kind_says": words.kind_says,
        "in_address": in_address,
        "live": row.state in LIVE,
        "is_open": row.state is State.OPEN and not row.is_paused,
    }
    return render(request, "ballots/board.html", context)


async def _answer(row: Election, code: str) -> dict[str, object]:
    """What became of a code: `found`, `spoiled`, `form` when it is none, `missing`."""
    found = await public.ballot(row, code)
    if found is not None:
        return {"says": "found", "ballot": found[0], "tracker": in_address(found[0].tracker)}
    if await public.is_spoiled(row, code):
        return {"says": "spoiled"}
    wanted = plain(code)
    return {"says": "missing" if CODE.match(wanted) else "form", "letters": len(wanted)}


async def ballot(request: Request) -> Response:
    """One ballot, as it lies on the board."""
    row = await election(request)
    found = await public.ballot(row, request.path_params["code"])
    if found is None:
        raise HTTPException(404)
    made, event = found
    text = public.text_of(event)
    context = {
        "election": row,
        "ballot": made,
        "event": event,
        "replaced_by": await public.at_height(row, made.replaced_by),
        "replaces": await public.at_height(row, made.replaces),
        "text": text if len(text) <= MOST_SHOWN else None,
        "size": len(text.encode()),
        "in_address": in_address,
        "has_result": row.state in (State.TALLIED, State.ARCHIVED),
    }
    return render(request, "ballots/ballot.html", context)


ROUTES = [
    Guarded("/elections/{uuid}/board", board, name="ballots:board", act=READ),
    Guarded("/elections/{uuid}/ballots/{code:path}", ballot, name="ballots:ballot", act=READ),
]
