"""People with roles, signed in without a form, and agencies for them to work at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from httpx2 import Response
from starlette.testclient import TestClient

from app import clock
from app.accounts.actions import ways
from app.accounts.models import Agency, Membership, Person
from app.accounts.web.cookies import cookie_name
from app.policy import Role
from tests.app.portal import Portal

NO_PASSWORD = "-"


async def make_agency(slug: str, parent: int | None = None) -> int:
    """An agency, perhaps below another one; its number."""
    row = await Agency.create(
        slug=slug,
        kind="ministry" if parent is None else "directorate",
        name={"ar": f"جهة {slug}", "en": slug.title()},
        summary={},
        address={},
        parent_id=parent,
        search=slug,
    )
    return row.id


async def make_person(email: str, *, confirmed: bool = True, language: str = "en") -> int:
    """An account nobody has signed up for; its number."""
    now = clock.now()
    person = await Person.create(
        email=email,
        name=email.partition("@")[0].title(),
        language=language,
        password=NO_PASSWORD,
        created_at=now,
        confirmed_at=now if confirmed else None,
    )
    return person.id


async def give(
    person: int,
    role: Role,
    agency: int | None = None,
    *,
    starts: datetime | None = None,
    ends: datetime | None = None,
    stands_in_for: int | None = None,
) -> int:
    """A membership, whoever would have been allowed to give it; its number."""
    row = await Membership.create(
        person_id=person,
        role=role,
        agency_id=agency,
        starts_at=starts or clock.now() - timedelta(days=1),
        ends_at=ends,
        granted_by="system",
        stands_in_for_id=stands_in_for,
    )
    return row.id


async def session_of(person: int, *, proven: bool = True) -> str:
    """The token of a fresh session."""
    begun = await ways.sign_in(await Person.get(id=person), device="test", days=1, now=clock.now(), proven=proven)
    return begun.token


@dataclass
class Someone:
    """A person with an account and a browser."""

    portal: Portal
    id: int
    email: str
    browser: TestClient
    membership: int = 0

    def post(self, path: str, **fields: object) -> Response:
        """Send a form."""
        return self.browser.post(path, data={name: str(value) for name, value in fields.items()})

    def get(self, path: str) -> Response:
        """Open a page."""
        return self.browser.get(path)


def someone(
    portal: Portal, email: str, role: Role | None = None, agency: int | None = None, *, proven: bool = True, **more: str
) -> Someone:
    """Somebody signed in, perhaps with a role."""
    person = portal.run(make_person, email)
    membership = portal.run(give, person, role, agency) if role is not None else 0
    browser = portal.browser(accept_language=more.get("language", "en"))
    enter(portal, browser, person, proven=proven)
    return Someone(portal, person, email, browser, membership)


def enter(portal: Portal, browser: TestClient, person: int, *, proven: bool = True) -> None:
    """Sign a browser in."""
    browser.cookies.set(cookie_name(portal.settings), portal.run(session_of, person, proven=proven))
