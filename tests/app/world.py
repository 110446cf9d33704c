"""Two agencies, one of everything at each, and one visitor of every kind: what the matrix of policies is asked with."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from starlette.testclient import TestClient

from app import clock, ids
from app.access import Guarded
from app.accounts.models import (
    Agency,
    AgencyDocument,
    Draft,
    Invitation,
    Membership,
    Organization,
    Passkey,
    Person,
    Representative,
    Session,
    Unit,
    Visit,
)
from app.accounts.queries.agencies import everywhere
from app.accounts.web.cookies import cookie_name
from app.admin.models import Announcement
from app.limits import Limiter
from app.models import Job, StoredFile
from app.notices.models import Notification
from app.policy import EVERYWHERE, NOBODY, PORTAL_WIDE, Act, Grant, Level, Place, Role, Who
from ballots.models import Election, Trustee
from tests.app.people import give, make_agency, make_person, session_of
from tests.app.portal import Portal


@dataclass(frozen=True, slots=True)
class Spot:
    """An agency below a ministry, and somebody who works there."""

    slug: str
    agency: int
    ministry: int
    officer: int

    @property
    def place(self) -> Place:
        """Where its objects are."""
        return Place((self.agency, self.ministry))


@dataclass(frozen=True, slots=True)
class Visitor:
    """One kind of visitor: who it is to a policy, and the browser in which it is signed in."""

    kind: str
    who: Who
    browser: TestClient


Maker = Callable[[Spot], Awaitable[object]]


async def _membership(spot: Spot) -> int:
    row = await Membership.get(person_id=spot.officer)
    return row.id


async def _person(spot: Spot) -> int:
    return spot.officer


async def _slug(spot: Spot) -> str:
    return spot.slug


async def _invitation(spot: Spot, role: Role = Role.OFFICER) -> int:
    now = clock.now()
    row = await Invitation.create(
        email=f"invited-{role}-{spot.slug}@example.org",
        role=role,
        agency_id=spot.agency,
        invited_by_id=spot.officer,
        invited_at=now,
        expires_at=now + timedelta(days=7),
    )
    return row.id


async def _proposal(spot: Spot) -> int:
    return await _invitation(spot, Role.ADMINISTRATOR)


async def _unit(spot: Spot) -> int:
    return (await Unit.create(agency_id=spot.agency, name={"ar": "قسم", "en": "Unit"})).id


async def _document(spot: Spot) -> int:
    digest = ids.token_hash(spot.slug)
    file = await StoredFile.create(digest=digest, size=1, media_type="application/pdf", stored_at=clock.now())
    row = await AgencyDocument.create(
        agency_id=spot.agency, file=file, title={"ar": "ميثاق"}, name="charter.pdf", added_at=clock.now()
    )
    return row.id


async def _draft(spot: Spot) -> int:
    now = clock.now()
    row = await Draft.create(
        token_hash=ids.token_hash(f"draft-{spot.slug}"),
        person_id=spot.officer,
        title="draft",
        path="/account",
        values={},
        saved_at=now,
        expires_at=now + timedelta(days=1),
    )
    return row.id


async def _token(_spot: Spot) -> str:
    return ids.token()


async def _organization(spot: Spot) -> int:
    known = await Organization.get_or_none(number=spot.slug)
    if known is not None:
        return known.id
    row = await Organization.create(
        kind="company",
        name={"ar": "شركة"},
        number=spot.slug,
        state="confirmed",
        created_at=clock.now(),
        created_by_id=spot.officer,
    )
    return row.id


async def _representative(spot: Spot) -> int:
    row = await Representative.create(
        organization_id=await _organization(spot),
        person_id=spot.officer,
        powers=[],
        invited_at=clock.now(),
        invited_by_id=spot.officer,
        accepted_at=clock.now(),
    )
    return row.id


async def _visit(spot: Spot) -> int:
    now = clock.now()
    row = await Visit.create(
        agent_id=spot.officer,
        citizen_id=spot.officer,
        agency_id=spot.agency,
        proof="identity",
        started_at=now - timedelta(hours=2),
        expires_at=now - timedelta(hours=1),
        disputed_at=now,
        dispute="I was not there",
    )
    return row.id


async def _election(spot: Spot) -> str:
    uuid = spot.slug.ljust(14, "1")
    if not await Election.filter(uuid=uuid).exists():
        await Election.create(
            uuid=uuid,
            title={"ar": "انتخاب"},
            description={},
            questions=[],
            agency_id=spot.agency,
            created_at=clock.now(),
        )
    return uuid


async def _trustee(spot: Spot) -> int:
    election = await Election.get(uuid=await _election(spot))
    row = await Trustee.create(
        election_id=election.id, index=1, name="أمين", email="t@example.org", token_hash=ids.token_hash(spot.slug)
    )
    return row.id


async def _invited(_spot: Spot) -> str:
    """An election whose trustee and credential authority have the link that every visitor of the matrix brings."""
    uuid = "2" * 14
    if not await Election.filter(uuid=uuid).exists():
        row = await Election.create(
            uuid=uuid,
            title={"ar": "انتخاب"},
            description={},
            questions=[],
            created_at=clock.now(),
            authority_token=ids.token_hash(LINK),
        )
        await Trustee.create(
            election_id=row.id, index=1, name="أمين", email="t@example.org", token_hash=ids.token_hash(LINK)
        )
    return uuid


async def _passkey(spot: Spot) -> str:
    handle = ids.token_hash(spot.slug)
    await Passkey.create(
        credential_id=handle, person_id=spot.officer, public_key="", name="key", created_at=clock.now()
    )
    return handle


async def _session(spot: Spot) -> str:
    return ids.token_hash(await session_of(spot.officer))


async def _notice(spot: Spot) -> int:
    row = await Notification.create(
        person_id=spot.officer, kind="role", title={"ar": "خبر"}, text={"ar": "خبر"}, created_at=clock.now()
    )
    return row.id


async def _announcement(_spot: Spot) -> int:
    now = clock.now()
    row = await Announcement.create(
        text={"ar": "إعلان"}, starts_at=now, ends_at=now + timedelta(days=1), made_by="system"
    )
    return row.id


async def _job(_spot: Spot) -> int:
    now = clock.now()
    return (await Job.create(name="kernel.clean", arguments={}, run_at=now, failed_at=now)).id


def _always(value: str) -> Maker:
    async def make(_spot: Spot) -> str:
        return value

    return make


LINK = "0" * 43
"""A token that opens what is opened by a link, and by nothing that a person is."""

OBJECTS: Mapping[str, Maker] = {
    "agencies.slug": _slug,
    "announcements.id": _announcement,
    "api.code": _always("unknown"),
    "api.uuid": _invited,
    "ballots.code": _always("unknown"),
    "ballots.document": _always("1"),
    "ballots.file": _always("unknown"),
    "ballots.number": _always("1"),
    "ballots.question": _always("1"),
    "ballots.tracker": _always("unknown"),
    "ballots.trustee": _trustee,
    "ballots.uuid": _election,
    "ballots:question_change.verb": _always("up"),
    "ballots:trustee_change.verb": _always("again"),
    "booth.digest": _always("0" * 64),
    "booth.language": _always("ar"),
    "booth.uuid": _always("1" * 14),
    "calendars.slug": _slug,
    "centre.handle": _token,
    "centre.visit": _visit,
    "data.kind": _always("json"),
    "documents.document": _document,
    "documents.slug": _slug,
    "drafts.draft": _draft,
    "drafts.token": _token,
    "invitations.id": _invitation,
    "invitations:approve.id": _proposal,
    "jobs.id": _job,
    "jobs.verb": _always("retry"),
    "letters.key": _always("confirm"),
    "notices.notice": _notice,
    "organizations.id": _organization,
    "organizations.representative": _representative,
    "passkeys.handle": _passkey,
    "people.id": _person,
    "people.verb": _always("end-sessions"),
    "roles.id": _membership,
    "roles:person.id": _person,
    "sessions.handle": _session,
    "texts.key": _always("help"),
    "units.slug": _slug,
    "units.unit": _unit,
}
"""`noun.parameter` or `noun:verb.parameter`, from the name of a route -> how one is made at an agency."""


def maker(route: Guarded, parameter: str) -> Maker:
    """How a parameter of a route is filled, or a sentence on what to add here."""
    noun = route.name.partition(":")[0]
    for key in (f"{route.name}.{parameter}", f"{noun}.{parameter}"):
        if key in OBJECTS:
            return OBJECTS[key]
    raise AssertionError(
        f"The address {route.path} has a parameter nobody can fill in: add “{noun}.{parameter}” to OBJECTS in "
        "tests/app/world.py, with a function that makes one at an agency, so that every role can be tried on it."
    )


@dataclass
class World:
    """A portal with two agencies and all visitors, and a copy of it to go back to."""

    portal: Portal
    spots: tuple[Spot, Spot]
    visitors: list[Visitor]
    objects: dict[tuple[str, int], dict[str, object]]
    kept: sqlite3.Connection

    def restore(self) -> None:
        """Undo everything since it was made."""
        self.portal.app.state.limiter = Limiter(self.portal.settings)
        with sqlite3.connect(self.portal.settings.sqlite_path) as live:
            self.kept.backup(live)
        live.close()

    def path(self, route: Guarded, spot: Spot) -> str:
        """The address of a route for the objects of one of the agencies."""
        return route.path_format.format(**self.objects[route.path, spot.agency])

    def place(self, route: Guarded, spot: Spot) -> Place | None:
        """Where a policy must look for an object of this agency."""
        if route.place is None:
            return None
        return EVERYWHERE if route.place is everywhere else spot.place


def build(portal: Portal, routes: list[Guarded], acts: list[Act]) -> World:
    """Make everything, once."""
    spots = (portal.run(_spot, "first"), portal.run(_spot, "second"))
    made: dict[tuple[Maker, int], object] = {}
    objects: dict[tuple[str, int], dict[str, object]] = {}
    for route in filter(_fillable, routes):
        for spot in spots:
            filled: dict[str, object] = {}
            for name in route.param_convertors:
                make = maker(route, name)
                if (make, spot.agency) not in made:
                    made[make, spot.agency] = portal.run(make, spot)
                filled[name] = made[make, spot.agency]
            objects[route.path, spot.agency] = filled
    visitors = _visitors(portal, spots[0], frozenset(act.power for act in acts if act.power))
    kept = sqlite3.connect(":memory:")
    with sqlite3.connect(portal.settings.sqlite_path) as live:
        live.backup(kept)
    live.close()
    return World(portal, spots, visitors, objects, kept)


def _fillable(route: Guarded) -> bool:
    """Whether there is a maker for every parameter; a route without one fails on its own, not all of them."""
    try:
        for name in route.param_convertors:
            maker(route, name)
    except AssertionError:
        return False
    return True


async def _spot(slug: str) -> Spot:
    ministry = await make_agency(f"{slug}-ministry")
    agency = await make_agency(slug, ministry)
    await Agency.filter(id=agency).update(email=f"{slug}@example.org")
    officer = await make_person(f"officer-{slug}@example.org")
    await give(officer, Role.OFFICER, agency)
    return Spot(slug, agency, ministry, officer)


def _visitors(portal: Portal, spot: Spot, powers: frozenset[str]) -> list[Visitor]:
    visitors = [Visitor("nobody", NOBODY, portal.browser(client="198.18.9.1"))]
    grants: dict[str, tuple[Grant, ...]] = {
        "citizen": (),
        **{f"{role} at the agency": (Grant(role, spot.agency),) for role in Role},
        **{f"{role} everywhere": (Grant(role),) for role in Role if role in PORTAL_WIDE},
        "officer at the ministry": (Grant(Role.OFFICER, spot.ministry),),
        "supervisor at the ministry": (Grant(Role.SUPERVISOR, spot.ministry),),
    }
    for kind, held in grants.items():
        visitors.append(_signed_in(portal, kind, held))
    administrator = (Grant(Role.ADMINISTRATOR),)
    visitors.append(_signed_in(portal, "administrator who has not proven again", administrator, proven=False))
    visitors.append(_signed_in(portal, "citizen who has not proven again", (), proven=False))
    visitors.append(_seen(portal))
    visitors.append(_visited(portal, spot))
    visitors.append(_representing(portal, "representative without powers", spot, frozenset()))
    visitors.append(_representing(portal, "representative with every power", spot, powers))
    return visitors


def _signed_in(portal: Portal, kind: str, grants: tuple[Grant, ...], *, proven: bool = True) -> Visitor:
    """Somebody with an account and these roles."""
    person = portal.run(make_person, f"{kind.replace(' ', '-')}@example.org")
    for grant in grants:
        portal.run(give, person, grant.role, grant.agency)
    address = f"198.18.8.{person % 250}"
    browser = portal.browser(client=address)
    browser.cookies.set(cookie_name(portal.settings), portal.run(session_of, person, proven=proven))
    return Visitor(kind, Who(person, Level.CONTACT, grants, clock.now() if proven else None), browser)


def _seen(portal: Portal) -> Visitor:
    """A citizen of the highest level."""
    visitor = _signed_in(portal, "citizen seen in person", ())

    async def see() -> None:
        await Person.filter(id=visitor.who.person).update(matched_at=clock.now(), seen_at=clock.now())

    portal.run(see)
    return replace(visitor, who=replace(visitor.who, level=Level.IN_PERSON))


def _visited(portal: Portal, spot: Spot) -> Visitor:
    """An agent of a service centre during the visit of a citizen."""
    visitor = _signed_in(portal, "agent during a visit", (Grant(Role.CENTRE_AGENT, spot.agency),))
    citizen = portal.run(make_person, "visits@example.org")

    async def begin() -> int:
        now = clock.now()
        visit = await Visit.create(
            agent_id=visitor.who.person,
            citizen_id=citizen,
            agency_id=spot.agency,
            proof="identity",
            started_at=now,
            expires_at=now + timedelta(minutes=30),
        )
        await Session.filter(person_id=visitor.who.person).update(visit_id=visit.id)
        return visit.id

    return replace(visitor, who=Who(citizen, Level.CONTACT, visit=portal.run(begin), agent=visitor.who.person))


def _representing(portal: Portal, kind: str, spot: Spot, powers: frozenset[str]) -> Visitor:
    """Somebody who acts for an organization."""
    visitor = _signed_in(portal, kind, ())

    async def begin() -> int:
        now = clock.now()
        organization = await _organization(replace(spot, slug=kind))
        await Representative.create(
            organization_id=organization,
            person_id=visitor.who.person,
            powers=sorted(powers),
            invited_at=now,
            invited_by_id=spot.officer,
            accepted_at=now,
        )
        await Session.filter(person_id=visitor.who.person).update(acts_for_id=organization)
        return organization

    return replace(visitor, who=replace(visitor.who, organization=portal.run(begin), powers=powers))
