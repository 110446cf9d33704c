"""One's own address and number: changed by a code at the new one, told to the old one, never all gone."""

import asyncio
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from app import audit
from app.accounts.models import Person, Session
from app.models import AuditEntry
from tests.app.portal import (
    DATABASES,
    Portal,
    ask_reset,
    confirm,
    fresh_portal,
    reset,
    sign_in,
    sign_up,
    token_in,
    with_account,
)
from tests.app.test_codes import code_in, enter, other_than

EMAIL = "zainab@example.org"
FRESH = "new@example.org"
TYPED = "0770 123 4567"
NUMBER = "+9647701234567"


@pytest.fixture(params=DATABASES)
def portal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal(request.param, tmp_path) as running:
        yield running


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal("sqlite", tmp_path) as running:
        yield running


def ask(browser: TestClient, contact: str, **more: str) -> Response:
    return browser.post("/account/contacts/add", data={"contact": contact, **more})


def code_for(portal: Portal, recipient: str) -> str:
    return code_in([message for message in portal.mails() if message.recipient == recipient][-1])


def add(portal: Portal, browser: TestClient, contact: str, recipient: str) -> Response:
    """Ask for a code at a contact and enter it."""
    answer = ask(browser, contact)
    assert answer.headers["location"] == "/account/contacts/confirm", answer.text
    return enter(browser, code_for(portal, recipient), "/account/contacts/confirm")


def remove(browser: TestClient, kind: str) -> Response:
    return browser.post("/account/contacts/remove", data={"kind": kind})


def told(portal: Portal, recipient: str) -> list[str]:
    return [message.body for message in portal.mails() if message.recipient == recipient]


def test_a_person_adds_a_number_and_signs_in_with_either(portal: Portal) -> None:
    browser = with_account(portal, EMAIL)
    assert add(portal, browser, TYPED, NUMBER).headers["location"] == "/account/contacts"
    page = browser.get("/account/contacts").text
    assert "+964 770 123 4567" in page
    assert EMAIL.replace("@", "@<wbr>") in page
    for contact in (EMAIL, TYPED):
        assert sign_in(portal.browser(), contact).status_code == 303
    assert len(told(portal, EMAIL)) == 2, "the link for the account, and word of the change"

    async def trail() -> list[tuple[str, str]]:
        assert (await audit.verify()).broken_at is None
        return [(entry.verb, entry.details) for entry in await AuditEntry.filter(verb__startswith="contact")]

    assert portal.run(trail) == [("contact_added", '{"kind":"phone"}')], "the trail tells the kind and no number"


def test_a_new_address_takes_the_place_of_the_old_one_which_is_told(portal: Portal) -> None:
    browser = with_account(portal, EMAIL)
    before = len(told(portal, EMAIL))
    assert add(portal, browser, FRESH, FRESH).status_code == 303
    assert portal.people()[0].email == FRESH
    assert len(told(portal, EMAIL)) == before + 1
    assert FRESH not in told(portal, EMAIL)[-1]
    assert sign_in(portal.browser(), EMAIL).status_code == 422
    assert sign_in(portal.browser(), FRESH).status_code == 303


def test_links_that_went_to_the_old_address_are_void_after_the_change(small: Portal) -> None:
    browser = with_account(small, EMAIL)
    ask_reset(small.browser(), EMAIL)
    token = token_in(small.link())
    add(small, browser, FRESH, FRESH)
    assert reset(small.browser(), token, "a thief's password").status_code == 410


def test_a_change_needs_a_fresh_proof_and_what_was_typed_waits(small: Portal) -> None:
    browser = with_account(small, EMAIL)

    async def age() -> None:
        for session in await Session.all():
            assert session.proven_at is not None
            session.proven_at -= timedelta(minutes=16)
            await session.save()

    small.run(age)
    answer = ask(browser, FRESH)
    assert answer.status_code == 303
    assert "next=%2Fcontinue%2F" in answer.headers["location"]
    assert FRESH not in [message.recipient for message in small.mails()]
    assert "continue" in remove(browser, "mail").headers["location"]


def test_nobody_changes_contacts_without_signing_in(small: Portal) -> None:
    for path in ("/account/contacts", "/account/contacts/confirm"):
        assert small.browser().get(path).headers["location"].startswith("/account/sign-in?")
    for path in ("add", "first", "remove", "confirm"):
        answer = small.browser().post(f"/account/contacts/{path}", data={"contact": FRESH})
        assert answer.headers["location"].startswith("/account/sign-in?")


def test_a_wrong_code_changes_nothing_and_five_end_it(small: Portal) -> None:
    browser = with_account(small, EMAIL)
    ask(browser, FRESH)
    code = code_for(small, FRESH)
    for _times in range(5):
        assert enter(browser, other_than(code), "/account/contacts/confirm").status_code == 422
    assert enter(browser, code, "/account/contacts/confirm").status_code == 410
    assert small.people()[0].email == EMAIL


def test_a_code_is_of_no_use_to_another_account_or_for_another_purpose(small: Portal) -> None:
    browser, other = with_account(small, EMAIL), with_account(small, "other@example.org")
    ask(browser, FRESH)
    code = code_for(small, FRESH)
    other.cookies.set("sawtuna-code", browser.cookies["sawtuna-code"])
    assert enter(other, code, "/account/contacts/confirm").status_code == 410
    assert enter(browser, code).status_code == 410, "it is no code for signing up"
    assert enter(browser, code, "/account/contacts/confirm").status_code == 303


def test_a_double_click_confirms_once(small: Portal) -> None:
    browser = with_account(small, EMAIL)
    ask(browser, FRESH)
    code = code_for(small, FRESH)
    for _times in range(2):
        assert enter(browser, code, "/account/contacts/confirm").headers["location"] == "/account/contacts"
    assert len(told(small, EMAIL)) == 2, "the link for the account, and one word of the change"


def test_the_last_contact_stays(portal: Portal) -> None:
    browser = with_account(portal, EMAIL)
    assert 'value="mail"' not in browser.get("/account/contacts").text
    assert remove(browser, "mail").status_code == 422
    add(portal, browser, TYPED, NUMBER)
    assert remove(browser, "mail").status_code == 303
    assert remove(browser, "mail").status_code == 303, "pressed twice"
    assert remove(browser, "phone").status_code == 422
    person = portal.people()[0]
    assert (person.email, person.phone) == (None, NUMBER)


def test_both_contacts_removed_at_once_leave_one(portal: Portal) -> None:
    browser = with_account(portal, EMAIL)
    add(portal, browser, TYPED, NUMBER)

    async def at_once() -> list[int]:
        async def one(kind: str) -> int:
            transport = httpx2.ASGITransport(app=portal.app)
            async with httpx2.AsyncClient(
                transport=transport, base_url=portal.settings.base_url, cookies={"sawtuna": browser.cookies["sawtuna"]}
            ) as client:
                headers = {"sec-fetch-site": "same-origin"}
                answer = await client.post("/account/contacts/remove", data={"kind": kind}, headers=headers)
                return answer.status_code

        return list(await asyncio.gather(*(one(kind) for kind in ("mail", "phone") * 3)))

    assert 422 in portal.run(at_once)
    person = portal.people()[0]
    assert [person.email, person.phone].count(None) == 1


def test_two_who_confirm_one_number_at_once_are_told_apart_in_plain_words(portal: Portal) -> None:
    first, second = with_account(portal, EMAIL), with_account(portal, "other@example.org")
    ask(first, TYPED)
    first_code = code_for(portal, NUMBER)
    ask(second, TYPED)
    second_code = code_for(portal, NUMBER)
    assert enter(second, second_code, "/account/contacts/confirm").status_code == 303
    late = enter(first, first_code, "/account/contacts/confirm")
    assert late.status_code == 422
    assert "field__error" in late.text or "notice--harm" in late.text
    assert [person.phone for person in portal.people()] == [None, NUMBER]


def test_a_contact_of_another_account_is_told_only_to_who_reads_its_messages(small: Portal) -> None:
    with_account(small, EMAIL)
    browser = with_account(small, "other@example.org")
    free, taken = ask(browser, FRESH), ask(browser, EMAIL)
    assert (free.status_code, free.headers["location"]) == (taken.status_code, taken.headers["location"])


def test_a_contact_that_an_unconfirmed_account_waits_with_goes_to_who_proves_it(portal: Portal) -> None:
    sign_up(portal.browser(), FRESH, name="Attacker")
    void = token_in(portal.link())
    browser = with_account(portal, EMAIL)
    assert add(portal, browser, FRESH, FRESH).status_code == 303
    assert [person.email for person in portal.people()] == [None, FRESH]
    assert confirm(portal.browser(), void).status_code == 410


def test_confirming_a_first_contact_confirms_the_account(small: Portal) -> None:
    browser = with_account(small, EMAIL)

    async def unprove() -> None:
        await Person.all().update(email=None, confirmed_at=None)
        await Session.all().update(proven_at=None)

    small.run(unprove)
    assert 'action="/account/contacts/first"' in browser.get("/account/contacts").text
    answer = browser.post("/account/contacts/first", data={"contact": FRESH, "next": "/agencies"})
    assert answer.headers["location"] == "/account/contacts/confirm"
    assert enter(browser, code_for(small, FRESH), "/account/contacts/confirm").headers["location"] == "/agencies"
    person = small.people()[0]
    assert person.email == FRESH
    assert person.confirmed_at is not None
    assert browser.post("/account/contacts/first", data={"contact": "x@example.org"}).status_code == 409


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_nobody_is_led_elsewhere_by_confirming(small: Portal, wanted: str) -> None:
    browser = with_account(small, EMAIL)
    ask(browser, FRESH, next=wanted)
    assert (
        enter(browser, code_for(small, FRESH), "/account/contacts/confirm").headers["location"] == "/account/contacts"
    )
    assert not re.search(
        r"evil",
        browser.get("/account/contacts", params={"next": wanted}).text.partition("<main")[2].partition("</main")[0],
    )
