"""What elections add to the home page: the door, and what closes soon."""

from typing import Any

from starlette.requests import Request

from app import clock
from app.html import path_of
from ballots.queries import lists
from ballots.rules import days_left


async def home(request: Request) -> dict[str, Any]:
    """The number of open votes, and those that close in the coming days."""
    now = clock.now()
    count, rows = await lists.closing_soon(now)
    soon = [
        {
            "kind": "vote",
            "title": row.title,
            "href": path_of(request, "ballots:show", uuid=row.uuid),
            "agency": row.agency.name if row.agency is not None else None,
            "days": days_left(row.closes_at, now),
            "note": "",
        }
        for row in rows
    ]
    return {"doors": {"elections": {"href": path_of(request, "ballots:index"), "count": count}}, "closing_soon": soon}
