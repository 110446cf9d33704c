"""Following a board as it grows, by Server-Sent Events.

A stream looks at a few columns every two seconds and ends after ten minutes, when the browser asks anew. Nobody has
more than a few of them, and the process has not more than it can bear: who gets none looks at the page again.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app import clock
from app.limits import address
from ballots.models import Election
from ballots.queries import public

POLL_SECONDS = 2.0
STREAM_SECONDS = 600
MOST_AN_ADDRESS = 20
"""A household or an office behind one address; others wait and look again."""
MOST = 400

_open: Counter[str] = Counter()
"""Streams of this process by address."""


def response(request: Request, row: Election, after: int) -> Response:
    """A stream of what comes after a height, and of changes of state."""
    client = address(request)
    if _open[client] >= MOST_AN_ADDRESS or _open.total() >= MOST:
        raise HTTPException(429, headers={"Retry-After": "60"})
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Access-Control-Allow-Origin": "*"}
    return StreamingResponse(_stream(request, row, after, client), headers=headers, media_type="text/event-stream")


async def _stream(request: Request, row: Election, after: int, client: str) -> AsyncIterator[str]:
    _open[client] += 1
    try:
        state = row.state
        yield f"retry: 3000\n{_event('state', {'state': str(state), 'size': row.height + 1})}"
        for _round in range(int(STREAM_SECONDS / POLL_SECONDS)):
            if await request.is_disconnected():
                return
            fresh = await public.pulse(row, clock.now())
            if fresh.height > after:
                for item in await public.items(row, after=after, limit=100):
                    yield f"id: {item.height}\n{_event('board', item.to_json())}"
                    after = item.height
            if fresh.state is not state:
                state = fresh.state
                yield _event("state", {"state": str(state), "size": fresh.height + 1})
            else:
                yield ": still here\n\n"
            await asyncio.sleep(POLL_SECONDS)
    finally:
        _open[client] -= 1
        if not _open[client]:
            del _open[client]


def _event(kind: str, data: object) -> str:
    return f"event: {kind}\ndata: {json.dumps(data)}\n\n"
