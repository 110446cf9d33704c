"""Who is signed in, how far proven, with which roles, for whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from app import ids
from app.accounts.models import Link, Membership, Organization, Person, Representative, Session, Visit
from app.policy import Grant, Level, Place, Role, Who, covers, level_of

SEEN_EVERY = timedelta(minutes=5)
"""How exactly it is known when a session was last used."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed-in browser. During a visit `person` is the citizen and `agent` the one who types."""

    person: Person
    session: Session
    who: Who
    agent: Person | None = None
    visit: Visit | None = None
    organization: Organization | None = None


async def signed_in(token: str, now: datetime) -> Signed | None:
    """Who is signed in with a session's token."""
    if not ids.TOKEN.match(token):
        return None
    session = (
        await Session.filter(token_hash=ids.token_hash(token), expires_at__gt=now).select_related("person").first()
    )
    if session is None or session.person.deleted_at is not None or session.person.blocked_at is not None:
        return None
    if session.last_seen_at is None or now - session.last_seen_at > SEEN_EVERY:
        await Session.filter(token_hash=session.token_hash).update(last_seen_at=now)
    if session.visit_id is not None:
        visit = await Visit.get(id=session.visit_id).select_related("citizen")
        if await _is_running(visit, session.person, now):
            citizen = visit.citizen
            who = Who(citizen.id, level_of_person(citizen), visit=visit.id, agent=session.person.id)
            return Signed(citizen, session, who, session.person, visit)
    person = session.person
    organization, powers = None, frozenset[str]()
    if session.acts_for_id is not None:
        held = (
            await Representative.filter(
                organization_id=session.acts_for_id, person_id=person.id, ended_at=None, accepted_at__not_isnull=True
            )
            .select_related("organization")
            .first()
        )
        if held is not None and held.organization.state == "confirmed":
            organization, powers = held.organization, frozenset(held.powers)
    who = Who(
        person.id,
        level_of_person(person),
        await grants_of(person.id, now),
        session.proven_at,
        organization=organization.id if organization else None,
        powers=powers,
    )
    return Signed(person, session, who, organization=organization)


async def _is_running(visit: Visit, agent: Person, now: datetime) -> bool:
    """Whether a visit goes on: its time has not run out, both accounts are open, and the agent still is one there."""
    citizen = visit.citizen
    if visit.ended_at is not None or visit.expires_at <= now:
        return False
    if citizen.deleted_at is not None or citizen.blocked_at is not None:
        return False
    here = Place((visit.agency_id,))
    return any(grant.role == Role.CENTRE_AGENT and covers(grant, here) for grant in await grants_of(agent.id, now))


def level_of_person(person: Person) -> Level:
    """How far it is proven who somebody is."""
    return level_of(
        confirmed=person.confirmed_at is not None,
        matched=person.matched_at is not None,
        seen=person.seen_at is not None,
    )


async def grants_of(person: int, now: datetime) -> tuple[Grant, ...]:
    """The roles that somebody holds at this moment, those held for somebody on leave included."""
    rows = (
        await in_force(now)
        .filter(person_id=person)
        .order_by("id")
        .values(
            "id",
            "role",
            "agency_id",
            "unit_id",
            "stands_in_for_id",
            "stands_in_for__role",
            "stands_in_for__agency_id",
            "stands_in_for__unit_id",
        )
    )
    return tuple(grant_of(row) for row in rows)


def in_force(now: datetime) -> QuerySet[Membership]:
    """Memberships that count at this moment. A deputy's counts no longer than the one it stands in for."""
    began = Q(starts_at__lte=now) & (Q(ends_at=None) | Q(ends_at__gt=now))
    original = Q(stands_in_for__ended_at=None) & (Q(stands_in_for__ends_at=None) | Q(stands_in_for__ends_at__gt=now))
    return Membership.filter(began, original, ended_at=None)


def grant_of(row: Mapping[str, Any]) -> Grant:
    """A row of memberships as policies see it; a deputy has what the original has, wherever that moved to."""
    origin = "" if row["stands_in_for_id"] is None else "stands_in_for__"
    return Grant(
        Role(row[f"{origin}role"]),
        row[f"{origin}agency_id"],
        row[f"{origin}unit_id"],
        row["id"],
        row["stands_in_for_id"],
    )


async def link_under(token: str, purpose: str, now: datetime) -> Link | None:
    """A link from a message that can still be used, with its person; None when it cannot."""
    query = Link.filter(token_hash=ids.token_hash(token), purpose=purpose, used_at=None, expires_at__gt=now)
    return await query.select_related("person").first()


PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser in which somebody is signed in, as it is shown to that person."""

    handle: str
    user_agent: str
    method: str
    began_at: datetime
    seen_at: datetime
    is_this: bool


@dataclass(frozen=True, slots=True)
class Browsers:
    """One page of them."""

    shown: list[Browser]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """Number of the last page."""
        return max(1, -(-self.total // PER_PAGE))


async def browsers(person: Person, own: Session, page: int, now: datetime) -> Browsers:
    """Where somebody is signed in: this browser first, then those used last."""
    rows = Session.filter(person_id=person.id, expires_at__gt=now)
    total = await rows.count()
    page = min(max(1, page), max(1, -(-total // PER_PAGE)))
    others = rows.exclude(token_hash=own.token_hash).order_by("-last_seen_at", "token_hash")
    first = [own] if page == 1 else []
    found = await others.offset(max(0, (page - 1) * PER_PAGE - 1)).limit(PER_PAGE - len(first))
    return Browsers([_browser(row, own) for row in [*first, *found]], total, page)


def _browser(row: Session, own: Session) -> Browser:
    seen = row.last_seen_at or row.created_at
    return Browser(row.token_hash[:16], row.device, row.method, row.created_at, seen, row.token_hash == own.token_hash)
