"""Who is signed in, how far proven, with which roles, for whom."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tortoise.expressions import Q

from app import ids
from app.accounts.models import Link, Membership, Organization, Person, Representative, Session, Visit
from app.policy import Grant, Level, Role, Who, level_of

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
    if session is None or session.person.deleted_at is not None:
        return None
    if session.last_seen_at is None or now - session.last_seen_at > SEEN_EVERY:
        await Session.filter(token_hash=session.token_hash).update(last_seen_at=now)
    if session.visit_id is not None:
        visit = await Visit.get(id=session.visit_id).select_related("citizen")
        if visit.ended_at is None and visit.expires_at > now:
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
        await Membership.filter(
            Q(ends_at=None) | Q(ends_at__gt=now), person_id=person, ended_at=None, starts_at__lte=now
        )
        .order_by("id")
        .values("id", "role", "agency_id", "unit_id", "stands_in_for_id")
    )
    return tuple(
        Grant(Role(row["role"]), row["agency_id"], row["unit_id"], row["id"], row["stands_in_for_id"]) for row in rows
    )


async def person_under(token: str, purpose: str, now: datetime) -> Person | None:
    """The person whose link from a mail can still be used; None when it cannot."""
    query = Link.filter(token_hash=ids.token_hash(token), purpose=purpose, used_at=None, expires_at__gt=now)
    link = await query.select_related("person").first()
    return link.person if link else None
