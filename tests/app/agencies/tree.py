"""A small tree of agencies, and questions about it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx2
from hypothesis import settings

from app import audit
from app.accounts.models import Agency, AgencyChange
from app.models import AuditEntry
from app.policy import Role
from app.search.models import Document
from tests.app.people import Someone, make_agency, someone
from tests.app.portal import Portal


@dataclass
class Tree:
    """`water` with `mains` below it, `roads` beside it, and an administrator of the whole portal."""

    portal: Portal
    water: int
    mains: int
    roads: int
    admin: Someone

    def agency(self, slug: str) -> Agency:
        """As it is stored."""

        async def read() -> Agency:
            return await Agency.get(slug=slug)

        return self.portal.run(read)

    def version(self, slug: str) -> int:
        """What a page would show."""
        return self.agency(slug).version

    def verbs(self) -> list[str]:
        """What the audit trail tells of agencies, in order; it must be whole."""

        async def read() -> list[str]:
            assert (await audit.verify()).broken_at is None
            rows = await AuditEntry.all().order_by("number")
            return [row.verb for row in rows if row.verb not in {"signed_in", "new_device"}]

        return self.portal.run(read)

    def steps(self, slug: str) -> list[str]:
        """What the history of an agency tells, in order."""

        async def read() -> list[str]:
            return [row.verb for row in await AgencyChange.filter(agency__slug=slug).order_by("id")]

        return self.portal.run(read)

    def found(self) -> set[str]:
        """Addresses of the agencies that the portal's search knows."""

        async def read() -> set[str]:
            return {row.url for row in await Document.filter(kind="agency")}

        return self.portal.run(read)

    def both_at_once(self, *requests: tuple[str, dict[str, Any]]) -> list[int]:
        """Several forms of the administrator at the same moment; the states of the answers."""
        cookies = dict(self.admin.browser.cookies)
        headers = {"sec-fetch-site": "same-origin", "accept": "text/html"}

        async def send() -> list[int]:
            transport = httpx2.ASGITransport(app=self.portal.app)
            async with httpx2.AsyncClient(
                transport=transport, base_url=self.portal.settings.base_url, cookies=cookies, headers=headers
            ) as client:
                answers = await asyncio.gather(*(client.post(path, data=data) for path, data in requests))
            return [answer.status_code for answer in answers]

        return self.portal.run(send)


def grown(portal: Portal) -> Tree:
    """Plant it in a portal that nobody has used."""
    ministry = portal.run(make_agency, "water")
    return Tree(
        portal,
        ministry,
        portal.run(make_agency, "mains", ministry),
        portal.run(make_agency, "roads"),
        someone(portal, "admin@example.org", Role.ADMINISTRATOR),
    )


ABOUT = {
    "summary_ar": "الماء",
    "summary_en": "Water",
    "email": "WATER@Example.org",
    "phone": "+٩٦٤ 770 000 0000",
    "website": "water.example.org",
    "address_ar": "شارع النهر",
    "address_en": "",
}

PATIENT = settings(deadline=None, database=None, max_examples=60)
"""For property tests on a machine that is busy with the other tests."""
