"""Companies and associations: registered, checked, acted for by those who may and by nobody else."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from starlette.testclient import TestClient

from app import clock
from app.accounts.models import Membership, Organization, Person, Representative, Session
from app.accounts.queries import sessions
from app.models import AuditEntry
from app.policy import Role
from tests.app.portal import DATABASES, Portal, fresh_portal, with_account, words

FOUNDER = "founder@example.org"
PARTNER = "partner@example.org"
COMPANY = {"kind": "company", "name_ar": "شركة النخيل", "name_en": "Palm Company", "number": "٧٧-abc"}


@pytest.fixture(params=DATABASES)
def portal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal(request.param, tmp_path) as running:
        yield running


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal("sqlite", tmp_path) as running:
        yield running


def person(portal: Portal, email: str) -> TestClient:
    return with_account(portal, email, browser=portal.browser(accept_language="en"))


def administrator(portal: Portal) -> TestClient:
    browser = person(portal, "boss@example.org")

    async def appoint() -> None:
        boss = await Person.get(email="boss@example.org")
        await Membership.create(person=boss, role=Role.ADMINISTRATOR, starts_at=clock.now(), granted_by="test")

    portal.run(appoint)
    return browser


def registered(portal: Portal, *, confirmed: bool = True) -> TestClient:
    """The founder of a company."""
    browser = person(portal, FOUNDER)
    assert browser.post("/organizations/new", data=COMPANY).headers["location"] == "/organizations/1"
    if confirmed:

        async def confirm() -> None:
            await Organization.all().update(state="confirmed")

        portal.run(confirm)
    return browser


def powers_of(portal: Portal, browser: TestClient) -> frozenset[str]:
    """What the browser's session may do for the organization it acts for."""

    async def read() -> frozenset[str]:
        signed = await sessions.signed_in(browser.cookies["sawtuna"], clock.now())
        assert signed is not None
        return signed.who.powers

    return portal.run(read)


def test_a_company_is_registered_checked_and_acted_for(portal: Portal) -> None:
    founder = registered(portal, confirmed=False)
    page = words(founder.get("/organizations/1").text)
    assert "Not checked yet" in page
    assert "77-ABC" in page
    assert founder.post("/organizations/1/act").status_code == 409, "not before it was checked"
    boss = administrator(portal)
    assert "Palm Company" in boss.get("/organizations/waiting").text
    assert boss.post("/organizations/1/decide", data={"verdict": "confirmed"}).status_code == 303
    assert founder.post("/organizations/1/act").status_code == 303
    assert "manage" in powers_of(portal, founder)
    assert founder.post("/organizations/act-as-self").status_code == 303
    assert powers_of(portal, founder) == frozenset()

    async def trail() -> list[str]:
        return [entry.verb for entry in await AuditEntry.filter(object="organization:1").order_by("number")]

    assert portal.run(trail) == [
        "organization_founded",
        "organization_confirmed",
        "acts_for_organization",
        "acts_as_self",
    ]


def test_what_was_typed_before_signing_in_is_kept(small: Portal) -> None:
    stranger = small.browser(accept_language="en")
    assert "Palm" not in stranger.get("/organizations/new").text
    answer = stranger.post("/organizations/new", data=COMPANY)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/account/sign-in?next=%2Fcontinue%2F")


def test_a_number_has_one_account_and_a_refused_one_is_free_again(portal: Portal) -> None:
    registered(portal, confirmed=False)
    other = person(portal, "other@example.org")
    taken = other.post("/organizations/new", data=COMPANY | {"name_en": "Imitation"})
    assert taken.status_code == 422
    assert "account with this number already" in taken.text
    assert "Imitation" in taken.text, "what was typed is still there"
    boss = administrator(portal)
    without = boss.post("/organizations/1/decide", data={"verdict": "refused", "reason": ""})
    assert without.status_code == 422
    assert "Say why" in without.text
    assert (
        boss.post("/organizations/1/decide", data={"verdict": "refused", "reason": "no such number"}).status_code == 303
    )
    assert boss.post("/organizations/1/decide", data={"verdict": "confirmed"}).status_code == 303, "decided once"
    assert other.post("/organizations/new", data=COMPANY).status_code == 303


def test_a_partner_is_invited_and_may_do_what_was_given(portal: Portal) -> None:
    founder = registered(portal)
    none = founder.post("/organizations/1/invite", data={"email": PARTNER})
    assert none.status_code == 422
    assert "Choose at least one power" in none.text
    assert founder.post("/organizations/1/invite", data={"email": PARTNER, "powers": ["complain"]}).status_code == 303
    link = portal.link()
    assert link.startswith("/organizations/accept?token=")
    token = link.partition("=")[2]
    thief = person(portal, "thief@example.org")
    assert "cannot be accepted" in thief.get(link).text
    assert thief.post("/organizations/accept", data={"token": token}).status_code == 410
    partner = person(portal, PARTNER)
    assert "Make complaints" in partner.get(link).text
    assert partner.post("/organizations/accept", data={"token": token}).status_code == 303
    assert partner.post("/organizations/accept", data={"token": token}).status_code == 410, "once"
    partner.post("/organizations/1/act")
    assert powers_of(portal, partner) == {"complain"}
    assert (
        partner.post("/organizations/1/invite", data={"email": "x@example.org", "powers": ["manage"]}).status_code
        == 403
    )
    assert partner.post("/organizations/1/end/1").status_code == 403


def test_whose_powers_end_acts_for_it_no_more(portal: Portal) -> None:
    founder = registered(portal)
    founder.post("/organizations/1/invite", data={"email": PARTNER, "powers": ["complain"]})
    token = portal.link().partition("=")[2]
    partner = person(portal, PARTNER)
    partner.post("/organizations/accept", data={"token": token})
    partner.post("/organizations/1/act")
    assert founder.post("/organizations/1/end/2").status_code == 303
    assert powers_of(portal, partner) == frozenset()
    assert partner.get("/organizations/1").status_code == 404


def test_somebody_must_remain_who_decides(small: Portal) -> None:
    founder = registered(small)
    answer = founder.post("/organizations/1/end/1")
    assert answer.status_code == 422
    assert "Somebody must remain" in answer.text


def test_two_managers_who_end_each_other_at_once_leave_one(portal: Portal) -> None:
    founder = registered(portal)
    founder.post("/organizations/1/invite", data={"email": PARTNER, "powers": ["manage"]})
    token = portal.link().partition("=")[2]
    partner = person(portal, PARTNER)
    partner.post("/organizations/accept", data={"token": token})

    async def at_once() -> int:
        transport = httpx2.ASGITransport(app=portal.app)

        async def end(browser: TestClient, number: int) -> None:
            async with httpx2.AsyncClient(
                transport=transport,
                base_url=portal.settings.base_url,
                cookies=dict(browser.cookies),
                headers=dict(browser.headers),
            ) as client:
                await client.post(f"/organizations/1/end/{number}")

        await asyncio.gather(end(founder, 2), end(partner, 1))
        return await Representative.filter(organization_id=1, ended_at=None).count()

    assert portal.run(at_once) == 1


def test_nobody_sees_or_changes_the_organization_of_others(small: Portal) -> None:
    registered(small)
    stranger = person(small, "other@example.org")
    assert stranger.get("/organizations/1").status_code == 404
    assert stranger.post("/organizations/1/act").status_code == 404
    assert stranger.post("/organizations/1/end/1").status_code == 404
    assert (
        stranger.post("/organizations/1/invite", data={"email": "x@example.org", "powers": "manage"}).status_code == 404
    )
    assert stranger.get("/organizations/waiting").status_code == 403
    assert stranger.post("/organizations/1/decide", data={"verdict": "confirmed"}).status_code == 403


def test_a_session_that_acts_for_an_organization_says_so_in_the_trail(small: Portal) -> None:
    founder = registered(small)
    founder.post("/organizations/1/act")

    async def acts_for() -> list[int | None]:
        return [session.acts_for_id for session in await Session.all()]

    assert small.run(acts_for) == [1]


def test_an_organization_that_was_not_checked_writes_to_nobody(small: Portal) -> None:
    founder = registered(small, confirmed=False)
    before = len(small.mails())
    answer = founder.post("/organizations/1/invite", data={"email": "victim@example.org", "powers": ["manage"]})
    assert answer.status_code == 409
    assert len(small.mails()) == before


def test_what_a_removed_manager_has_offered_is_void(portal: Portal) -> None:
    founder = registered(portal)
    founder.post("/organizations/1/invite", data={"email": PARTNER, "powers": ["manage"]})
    partner = person(portal, PARTNER)
    token = next(mail for mail in portal.mails() if "/organizations/accept" in mail.body).body.partition("token=")[2][
        :43
    ]
    assert partner.post("/organizations/accept", data={"token": token}).status_code == 303
    partner.post("/organizations/1/invite", data={"email": "second@example.org", "powers": ["manage"]})
    second = person(portal, "second@example.org")
    late = [mail for mail in portal.mails() if "/organizations/accept" in mail.body][-1].body.partition("token=")[2][
        :43
    ]
    assert founder.post("/organizations/1/end/2").status_code == 303
    assert second.post("/organizations/accept", data={"token": late}).status_code == 410


def test_the_last_manager_does_not_vanish_by_a_smaller_offer(small: Portal) -> None:
    founder = registered(small)
    founder.post("/organizations/1/invite", data={"email": FOUNDER, "powers": ["complain"]})
    token = [mail for mail in small.mails() if "/organizations/accept" in mail.body][-1].body.partition("token=")[2][
        :43
    ]
    assert founder.post("/organizations/accept", data={"token": token}).status_code == 410
    founder.post("/organizations/1/act")
    assert "manage" in powers_of(small, founder)
