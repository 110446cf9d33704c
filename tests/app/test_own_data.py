"""One's own data: seen, taken along, deleted; what stays is said and has no name."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app import audit, clock
from app.accounts.models import (
    Draft,
    Membership,
    Organization,
    Passkey,
    Person,
    RecoveryCode,
    Representative,
    Session,
    Visit,
)
from app.models import AuditEntry, Message
from app.notices import actions as notices
from app.notices.models import Notification
from app.policy import Role
from tests.app.portal import DATABASES, Portal, fresh_portal, sign_in, with_account, words

EMAIL = "zainab@example.org"


@pytest.fixture(params=DATABASES)
def portal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal(request.param, tmp_path) as running:
        yield running


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal("sqlite", tmp_path) as running:
        yield running


async def number() -> int:
    return (await Person.get(email=EMAIL)).id


async def fill() -> None:
    """Something of every kind about Zainab."""
    now, person = clock.now(), await number()
    await Person.filter(id=person).update(register_hash="e" * 64, matched_at=now, seen_at=now, place="basra")
    await Draft.create(
        token_hash="d" * 64, person_id=person, title="مسودة", path="/x",
        values={"text": ["زقزقة العصافير"]}, saved_at=now,
        expires_at=now + timedelta(days=1),
    )  # fmt: skip
    await Passkey.create(credential_id="c", person_id=person, public_key="k", name="هاتفي", created_at=now)
    await RecoveryCode.create(person_id=person, code_hash="f" * 64)
    await Membership.create(person_id=person, role=Role.OBSERVER, starts_at=now, granted_by="test")
    agent = await Person.create(email="agent@example.org", name="A", password="", created_at=now)
    await Visit.create(
        agent=agent, citizen_id=person, agency_id=1, proof="code", note="بطاقة", started_at=now, expires_at=now
    )
    await notices.notify(person, "news", title={"ar": "خبر", "en": "News"}, text={"ar": "ن", "en": "t"}, now=now)


def test_everything_about_a_person_is_shown_and_downloaded(portal: Portal) -> None:
    browser = with_account(portal, EMAIL, browser=portal.browser(accept_language="en"))
    portal.run(fill)
    page = words(browser.get("/account/data").text)
    for said in (EMAIL, "هاتفي", "زقزقة العصافير", "News"):
        assert said in page
    answer = browser.get("/account/data/download.json")
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert answer.headers["cache-control"] == "no-store"
    told = json.loads(answer.text)
    assert "زقزقة العصافير" in json.dumps(told, ensure_ascii=False)
    assert "e" * 64 not in answer.text, "the pseudonym in the register is nobody's to carry around"
    html = browser.get("/account/data/download.html")
    assert html.headers["content-disposition"].endswith('.html"')
    assert "زقزقة العصافير" in html.text
    assert "<link" not in html.text, "it is read without the portal"
    assert browser.get("/account/data/download.exe").status_code == 404


def test_nobody_sees_the_data_of_somebody_else(small: Portal) -> None:
    with_account(small, EMAIL)
    small.run(fill)
    other = with_account(small, "other@example.org")
    assert "زقزقة العصافير" not in other.get("/account/data/download.json").text
    assert small.browser().get("/account/data").status_code == 303


def test_a_deleted_account_leaves_nothing_that_tells_who_it_was(portal: Portal) -> None:
    browser = with_account(portal, EMAIL, browser=portal.browser(accept_language="en"))
    portal.run(fill)
    person = portal.run(number)
    portal.work()
    assert browser.post("/account/delete", data={}).status_code == 422, "it has to be said in so many words"
    answer = browser.post("/account/delete", data={"sure": "yes"})
    assert answer.status_code == 200
    page = words(answer.text)
    assert "Your account is deleted" in page
    assert "without your name" in page
    assert browser.get("/account").status_code == 303

    async def left() -> dict[str, object]:
        row = await Person.get(id=person)
        assert (await audit.verify()).broken_at is None
        return {
            "row": (row.email, row.phone, row.name, row.password, row.register_hash, row.place),
            "sessions": await Session.filter(person_id=person).count(),
            "drafts": await Draft.filter(person_id=person).count(),
            "passkeys": await Passkey.filter(person_id=person).count(),
            "notifications": await Notification.filter(person_id=person).count(),
            "roles": [held.ended_at is not None for held in await Membership.filter(person_id=person)],
            "visits": [visit.note for visit in await Visit.filter(citizen_id=person)],
            "goodbye": await Message.filter(recipient=EMAIL, subject="Your account is deleted").count(),
            "last": (await AuditEntry.all().order_by("-number").first()).verb,
        }

    assert portal.run(left) == {
        "row": (None, None, "", "", None, ""),
        "sessions": 0,
        "drafts": 0,
        "passkeys": 0,
        "notifications": 0,
        "roles": [True],
        "visits": [""],
        "goodbye": 1,
        "last": "deleted_account",
    }
    assert sign_in(portal.browser(), EMAIL).status_code == 422
    again = with_account(portal, EMAIL)
    assert again.get("/account").status_code == 200, "the address is free for a new account"


def test_deleting_needs_a_fresh_proof(small: Portal) -> None:
    browser = with_account(small, EMAIL)

    async def age() -> None:
        await Session.all().update(proven_at=clock.now() - timedelta(hours=1))

    small.run(age)
    answer = browser.post("/account/delete", data={"sure": "yes"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/account/again?next=")
    assert small.people()[0].deleted_at is None


def test_the_last_administrator_cannot_leave(small: Portal) -> None:
    browser = with_account(small, EMAIL, browser=small.browser(accept_language="en"))

    async def appoint() -> None:
        await Membership.create(
            person_id=await number(), role=Role.ADMINISTRATOR, starts_at=clock.now(), granted_by="test"
        )

    small.run(appoint)
    answer = browser.post("/account/delete", data={"sure": "yes"})
    assert answer.status_code == 422
    assert "last administrator" in answer.text


def test_an_organization_is_not_left_without_anybody(small: Portal) -> None:
    browser = with_account(small, EMAIL, browser=small.browser(accept_language="en"))

    async def found() -> None:
        now, person = clock.now(), await number()
        company = await Organization.create(
            kind="company", name={"ar": "شركة"}, number="1", state="confirmed", created_at=now, created_by_id=person
        )
        await Representative.create(
            organization=company, person_id=person, powers=[], invited_at=now, invited_by_id=person, accepted_at=now
        )

    small.run(found)
    answer = browser.post("/account/delete", data={"sure": "yes"})
    assert answer.status_code == 422
    assert "only one who acts for an organization" in answer.text
