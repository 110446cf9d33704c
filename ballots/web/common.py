"""What the pages of preparing and running an election share."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.access import may
from app.audit import Actor
from app.forms import Entered
from app.html import path_of
from app.web import person_of, private, render, settings_of
from ballots import policy
from ballots.models import Election
from ballots.queries import managing as queries
from ballots.queries.managing import election_of
from ballots.rules import State

BOTH = ["GET", "POST"]
__all__ = ["BOTH", "actor_of", "done", "election_of", "local", "page", "refused"]


def actor_of(request: Request) -> Actor:
    """The administrator; the acts of these pages let no agent in for somebody else."""
    return Actor.person(person_of(request).id)


def done(request: Request, name: str, what: str, row: Election, **params: Any) -> Response:
    """Go and look, where a sentence says what was done."""
    return RedirectResponse(f"{path_of(request, name, uuid=row.uuid, **params)}?done={what}", 303)


async def page(
    request: Request, template: str, row: Election, form: Entered | None = None, *, status: int = 200, **more: Any
) -> Response:
    """A page of one election, kept by no browser: what is prepared is nobody else's business yet."""
    place = await queries.place_of_row(row)
    context = {
        "election": row,
        "form": form or Entered(),
        "done": request.query_params.get("done", ""),
        "is_draft": row.state is State.DRAFT,
        "may_prepare": may(request, policy.PREPARE, place),
        "may_decide": may(request, policy.DECIDE, place),
        **more,
    }
    return private(render(request, f"ballots/{template}", context, status=status))


def refused(sentence: str, values: dict[str, str] | None = None) -> Entered:
    """A refusal as the form shows it."""
    return Entered(values or {}, {"form": [sentence]})


def local(request: Request, moment: datetime | None) -> str:
    """A moment as a field of day and time takes it, in the portal's zone."""
    if moment is None:
        return ""
    zone = ZoneInfo(settings_of(request).time_zone)
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
