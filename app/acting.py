"""Who acts, and for whom: a person, an agent for a citizen who is present, a representative for an organization.

Every feature that records a change asks here for the actor and the details of its audit entry.
"""

from datetime import datetime, timedelta

from starlette.requests import Request
from tortoise.transactions import in_transaction

from app.accounts.models import Organization, Person, Session, Visit
from app.audit import Actor
from app.policy import Act

MOST_ACTS = 500
"""Acts of one visit that are noted one by one; half an hour holds fewer."""

GRACE = timedelta(minutes=15)
"""How long after a visit what was written in it still comes to the citizen, as a draft."""

END = "visit.end"
_OWN = frozenset({END, "anything.read"})
"""Acts that an agent does as such: ending the visit, signing out, choosing a language."""

NOBODY = Actor("visitor")
"""Somebody who is not signed in."""


def actor_of(request: Request) -> Actor:
    """Who types: the agent during a visit, else the person who is signed in."""
    someone: Person | None = request.state.agent or request.state.person
    return Actor.person(someone.id) if someone is not None else NOBODY


def details_of(request: Request) -> dict[str, object]:
    """For whom: the citizen and the visit, or the organization. Empty when somebody acts for themselves."""
    visit: Visit | None = request.state.visit
    if visit is not None:
        return {"for": f"person:{request.state.person.id}", "visit": visit.id}
    organization: Organization | None = request.state.organization
    return {"for": f"organization:{organization.id}"} if organization is not None else {}


async def note(request: Request, act: Act, now: datetime) -> None:
    """Write down for the citizen what has just been done in a visit. What was entered is not noted."""
    if request.state.visit is None or act.name in _OWN:
        return
    async with in_transaction():
        # The row is locked (SQLite: the whole database), or two acts at once would become one.
        visit = await Visit.filter(id=request.state.visit.id).select_for_update().get()
        if len(visit.acts) < MOST_ACTS:
            visit.acts = [*visit.acts, {"what": act.name, "says": act.says, "when": now.isoformat()}]
            await visit.save(update_fields=["acts"])


def is_full(request: Request, act: Act) -> bool:
    """Whether nothing more fits into what the citizen will see of this visit: then nothing more may be done in it."""
    visit: Visit | None = request.state.visit
    return visit is not None and act.name not in _OWN and len(visit.acts) >= MOST_ACTS


def has_lapsed(request: Request) -> bool:
    """Whether this browser was in a visit that is over, and its agent has not said yet that they know."""
    session: Session | None = request.state.session
    return session is not None and session.visit_id is not None and request.state.visit is None


def was_meant_for_another(request: Request, act: Act) -> bool:
    """Whether a form may have been written for a citizen whose visit is over. It must not be sent in the agent's name.

    What no agent can do for somebody, and what is done with a role, was not.
    """
    return has_lapsed(request) and act.by_agent and not act.roles and act.name not in _OWN


async def citizen_of_lapsed(request: Request, now: datetime) -> int | None:
    """Whom the agent acted for in a visit that ran out a moment ago."""
    visit = await Visit.filter(id=request.state.session.visit_id).first()
    if visit is None or not visit.expires_at <= now < visit.expires_at + GRACE:
        return None
    return visit.citizen_id  # type: ignore[attr-defined,no-any-return]  # Tortoise adds it
