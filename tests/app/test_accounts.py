"""Accounts: made, confirmed, used, regained, and never made twice."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from app import audit, clock
from app.accounts.actions import ways
from app.accounts.models import Link, Session
from app.accounts.queries import sessions
from app.models import AuditEntry
from tests.app.portal import (
    DATABASES,
    PASSWORD,
    Portal,
    ask_reset,
    confirm,
    fresh_portal,
    link_in,
    reset,
    sign_in,
    sign_up,
    token_in,
    with_account,
    words,
)

EMAIL = "zainab@example.org"


@pytest.fixture(params=DATABASES)
def portal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal(request.param, tmp_path) as running:
        yield running


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Portal]:
    """A portal on SQLite, where the database makes no difference."""
    with fresh_portal("sqlite", tmp_path) as running:
        yield running


def verbs(portal: Portal) -> list[str]:
    """What the audit trail tells, in order."""

    async def read() -> list[str]:
        assert (await audit.verify()).broken_at is None
        return [entry.verb for entry in await AuditEntry.all().order_by("number")]

    return portal.run(read)


def make_links_older(portal: Portal, by: timedelta) -> None:
    """Let time pass for links."""

    async def age() -> None:
        for link in await Link.all():
            link.expires_at -= by
            await link.save()

    portal.run(age)


# Signing up


def test_a_person_signs_up_confirms_by_mail_and_is_in(portal: Portal) -> None:
    browser = portal.browser(accept_language="en")
    answer = sign_up(browser, EMAIL, name="Zainab")
    assert answer.headers["location"] == "/account/check-mail"
    assert "Check your email" in browser.get("/account/check-mail").text

    opened = browser.get(portal.link())
    assert "Confirm the account" in opened.text
    assert browser.get("/account").status_code == 303, "opening the link does not confirm, pressing the button does"

    pressed = confirm(browser, token_in(portal.link()), name="Zainab")
    assert pressed.headers["location"] == "/account"
    own = browser.get("/account")
    assert "Zainab" in own.text
    assert EMAIL in words(own.text).replace("@ ", "@")
    assert verbs(portal) == ["signed_up", "confirmed", "signed_in"]


def test_a_mail_scanner_that_opens_every_link_confirms_nothing(small: Portal) -> None:
    sign_up(small.browser(), EMAIL)
    for _times in range(3):
        small.program().get(small.link())
    assert small.people()[0].confirmed_at is None


def test_an_account_is_not_open_before_it_is_confirmed(small: Portal) -> None:
    sign_up(small.browser(), EMAIL)
    assert sign_in(small.browser(), EMAIL).status_code == 422


def test_a_confirmation_works_once(portal: Portal) -> None:
    browser = portal.browser()
    sign_up(browser, EMAIL)
    token = token_in(portal.link())
    assert confirm(browser, token).status_code == 303
    stranger = portal.browser()
    again = confirm(stranger, token)
    assert again.status_code == 410
    assert 'href="/account/sign-in"' in again.text
    assert stranger.get("/account").status_code == 303
    assert 'name="token"' not in stranger.get(f"/account/confirm?token={token}").text


def test_a_confirmation_pressed_by_two_at_once_lets_one_in(portal: Portal) -> None:
    sign_up(portal.browser(), EMAIL)
    answers = portal.run(
        at_once, portal, "/account/confirm", [{"token": token_in(portal.link()), "name": "Z", "password": PASSWORD}] * 6
    )
    assert sorted(answers) == [303, 410, 410, 410, 410, 410]


def test_a_confirmation_holds_for_three_days(small: Portal) -> None:
    browser = small.browser()
    sign_up(browser, EMAIL)
    token = token_in(small.link())
    make_links_older(small, timedelta(days=3) - timedelta(minutes=1))
    assert 'name="token"' in browser.get(small.link()).text
    make_links_older(small, timedelta(minutes=2))
    assert 'name="token"' not in browser.get(small.link()).text
    assert confirm(browser, token).status_code == 410
    assert small.people()[0].confirmed_at is None


@pytest.mark.parametrize("token", ["", "made-up", "a" * 101, "\x00", "é"])
def test_a_made_up_link_confirms_nothing(portal: Portal, token: str) -> None:
    assert portal.browser().get("/account/confirm", params={"token": token}).status_code == 200
    assert confirm(portal.browser(), token).status_code in {410, 422}


def test_a_link_for_a_new_password_does_not_confirm_and_the_other_way_round(small: Portal) -> None:
    browser = small.browser()
    sign_up(browser, EMAIL)
    confirmation = token_in(small.link())
    ask_reset(browser, EMAIL)
    renewal = token_in(small.link())
    assert confirm(browser, renewal).status_code == 410
    answer = reset(browser, confirmation, "another password")
    assert answer.status_code == 410


def test_whoever_has_an_account_already_is_told_so_by_mail_and_nothing_changes(portal: Portal) -> None:
    with_account(portal, EMAIL)
    before = portal.people()[0]
    sign_up(portal.browser(), "ZAINAB@example.org", name="Somebody else")
    after = portal.people()
    assert [person.password for person in after] == [before.password]
    assert after[0].name == before.name
    assert "token=" not in portal.mails()[-1].body
    assert "/account/sign-in" in portal.mails()[-1].body


def test_whoever_lost_the_first_mail_can_ask_again(small: Portal) -> None:
    browser = small.browser()
    sign_up(browser, EMAIL)
    sign_up(browser, EMAIL)
    assert len(small.people()) == 1
    assert len(small.mails()) == 2
    assert confirm(browser, token_in(small.link())).status_code == 303


def test_nobody_can_lie_in_wait_with_an_account_for_somebody_else_s_address(small: Portal) -> None:
    attacker = small.browser()
    sign_up(attacker, EMAIL, name="Attacker")
    attacker.post(
        "/account/sign-up", data={"name": "Attacker", "contact": EMAIL, "password": "the attacker's password"}
    )
    assert sign_in(small.browser(), EMAIL, "the attacker's password").status_code == 422
    victim = small.browser()
    sign_up(victim, EMAIL, name="Victim")
    confirm(victim, token_in(small.link()), "the victim's password", name="Victim")
    assert sign_in(small.browser(), EMAIL, "the attacker's password").status_code == 422
    assert sign_in(small.browser(), EMAIL, "the victim's password").status_code == 303
    assert [person.name for person in small.people()] == ["Victim"]


def test_the_links_from_before_are_void_once_the_account_is_confirmed(small: Portal) -> None:
    browser = small.browser()
    for _times in range(2):
        sign_up(browser, EMAIL)
    first, second = (token_in(link_in(mail.body)) for mail in small.mails())
    assert confirm(browser, second).status_code == 303
    assert confirm(small.browser(), first, "another long password").status_code == 410
    assert sign_in(small.browser(), EMAIL).status_code == 303


def test_a_weak_password_is_refused_and_the_confirmation_stays(small: Portal) -> None:
    browser = small.browser()
    sign_up(browser, EMAIL)
    token = token_in(small.link())
    refused = confirm(browser, token, "short")
    assert refused.status_code == 422
    assert f'value="{token}"' in refused.text
    assert "field__error" in refused.text
    assert confirm(browser, token).status_code == 303


async def at_once(portal: Portal, path: str, forms: list[dict[str, str]]) -> list[int]:
    """Send forms at the same moment, each from a network of its own."""

    async def one(number: int, form: dict[str, str]) -> int:
        transport = httpx2.ASGITransport(app=portal.app, client=(f"203.0.113.{number}", 1))
        async with httpx2.AsyncClient(transport=transport, base_url=portal.settings.base_url) as client:
            return (await client.post(path, data=form, headers={"sec-fetch-site": "same-origin"})).status_code

    return list(await asyncio.gather(*(one(number, form) for number, form in enumerate(forms))))


def test_many_who_sign_up_with_one_address_at_once_make_one_account(portal: Portal) -> None:
    forms = [{"name": f"Z{number}", "contact": EMAIL} for number in range(5)]
    assert portal.run(at_once, portal, "/account/sign-up", forms) == [303] * 5
    assert len(portal.people()) == 1
    assert len(portal.mails()) == 5
    assert verbs(portal) == ["signed_up"]


def test_many_who_sign_up_at_once_all_have_accounts(portal: Portal) -> None:
    forms = [{"name": "Z", "contact": f"z{number}@example.org"} for number in range(12)]
    assert portal.run(at_once, portal, "/account/sign-up", forms) == [303] * 12
    assert len(portal.people()) == 12
    assert verbs(portal) == ["signed_up"] * 12


def test_signing_up_again_is_offered_with_what_was_typed(small: Portal) -> None:
    answer = sign_up(small.browser(), "nobody")
    assert answer.status_code == 422
    assert 'value="nobody"' in answer.text
    assert 'value="زينب"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert not small.people()


# Signing in and out


def test_a_person_signs_in_and_out(portal: Portal) -> None:
    with_account(portal, EMAIL)
    browser = portal.browser(accept_language="en")
    assert sign_in(browser, EMAIL).headers["location"] == "/account"
    assert "Sign out" in browser.get("/?lang=en").text
    out = browser.post("/account/sign-out")
    assert out.status_code == 303
    assert out.headers["location"] == "/"
    assert "Sign out" not in browser.get("/").text
    assert browser.get("/account").status_code == 303
    assert verbs(portal)[-2:] == ["signed_in", "signed_out"]


def test_a_session_that_was_signed_out_cannot_be_used_again(small: Portal) -> None:
    with_account(small, EMAIL)
    browser = small.browser()
    sign_in(browser, EMAIL)
    token = browser.cookies["sawtuna"]
    browser.post("/account/sign-out")
    thief = small.browser()
    thief.cookies.set("sawtuna", token)
    assert thief.get("/account").status_code == 303


def test_signing_out_on_one_device_leaves_the_others(small: Portal) -> None:
    phone = with_account(small, EMAIL)
    desk = small.browser()
    sign_in(desk, EMAIL)
    desk.post("/account/sign-out")
    assert phone.get("/account").status_code == 200


@pytest.mark.parametrize("typed", ["zainab@example.org", "ZAINAB@Example.org", "  zainab@example.org "])
def test_capitals_and_spaces_in_the_address_do_not_matter(small: Portal, typed: str) -> None:
    with_account(small, EMAIL)
    assert sign_in(small.browser(), typed).status_code == 303


def test_a_wrong_password_is_refused_and_the_address_kept(small: Portal) -> None:
    with_account(small, EMAIL)
    answer = sign_in(small.browser(accept_language="en"), EMAIL, "a wrong password", next="/agencies")
    assert answer.status_code == 422
    assert "Address, number or password is not right" in words(answer.text)
    assert f'value="{EMAIL}"' in answer.text
    assert 'value="/agencies"' in answer.text
    assert "a wrong password" not in answer.text


def test_after_signing_in_people_are_where_they_wanted_to_go(small: Portal) -> None:
    with_account(small, EMAIL)
    browser = small.browser()
    sent = browser.get("/account").headers["location"]
    assert 'name="next" value="/account"' in browser.get(sent).text
    assert sign_in(browser, EMAIL, next="/agencies?q=ماء").headers["location"].startswith("/agencies?q=")


def test_signing_out_without_being_signed_in_is_no_fault(small: Portal) -> None:
    assert small.browser().post("/account/sign-out").status_code == 303


# A new password


def test_a_forgotten_password_is_set_anew_and_ends_every_other_session(portal: Portal) -> None:
    thief = with_account(portal, EMAIL)
    browser = portal.browser()
    assert ask_reset(browser, EMAIL).status_code == 303
    answer = reset(browser, token_in(portal.link()), "a fresh password")
    assert answer.headers["location"] == "/account"
    assert browser.get("/account").status_code == 200
    assert thief.get("/account").status_code == 303
    assert sign_in(portal.browser(), EMAIL).status_code == 422
    assert sign_in(portal.browser(), EMAIL, "a fresh password").status_code == 303
    assert "password_reset" in verbs(portal)


def test_a_link_for_a_new_password_works_once_for_one_hour_and_ends_the_others(small: Portal) -> None:
    with_account(small, EMAIL)
    browser = small.browser()
    for _times in range(2):
        ask_reset(browser, EMAIL)
    first, second = (token_in(link_in(mail.body)) for mail in small.mails()[-2:])
    assert reset(browser, second, "a fresh password").status_code == 303
    for token in (first, second):
        answer = reset(browser, token, "one more password")
        assert answer.status_code == 410
    ask_reset(browser, EMAIL)
    token = token_in(small.link())
    make_links_older(small, timedelta(hours=1, seconds=1))
    assert reset(browser, token, "one more password").status_code == 410


def test_a_weak_new_password_is_refused_and_the_link_stays(small: Portal) -> None:
    with_account(small, EMAIL)
    browser = small.browser()
    ask_reset(browser, EMAIL)
    token = token_in(small.link())
    refused = reset(browser, token, "short")
    assert refused.status_code == 422
    assert f'value="{token}"' in refused.text
    assert reset(browser, token, "a fresh password").status_code == 303


def test_the_mail_address_is_no_new_password_either(small: Portal) -> None:
    with_account(small, EMAIL)
    browser = small.browser()
    ask_reset(browser, EMAIL)
    answer = reset(browser, token_in(small.link()), EMAIL)
    assert answer.status_code == 422


def test_nobody_gets_a_mail_about_an_account_that_is_not_there(small: Portal) -> None:
    ask_reset(small.browser(), "nobody@example.org")
    assert not small.mails()


def test_a_new_password_opens_an_account_that_was_never_confirmed(small: Portal) -> None:
    browser = small.browser()
    sign_up(browser, EMAIL)
    ask_reset(browser, EMAIL)
    reset(browser, token_in(small.link()), "a fresh password")
    assert sign_in(small.browser(), EMAIL, "a fresh password").status_code == 303


# Mails


@pytest.mark.parametrize(("language", "subject"), [("ar", "فعّل حسابك"), ("en", "Confirm your account")])
def test_mails_are_in_the_language_in_which_the_person_signed_up(small: Portal, language: str, subject: str) -> None:
    sign_up(small.browser(accept_language=language), EMAIL)
    mail = small.mails()[0]
    assert mail.language == language
    if language == "en":
        assert mail.subject == subject
    else:
        assert any("\u0600" <= letter <= "\u06ff" for letter in mail.subject)
    other = small.browser(accept_language="en" if language == "ar" else "ar")
    ask_reset(other, EMAIL)
    assert small.mails()[1].language == language


def test_a_mail_holds_no_html_and_one_link(small: Portal) -> None:
    sign_up(small.browser(), EMAIL, name="<b>Zainab</b>")
    body = small.mails()[0].body
    assert "<" not in body
    assert body.count("http") == 1


# Housekeeping


def test_what_has_run_out_is_forgotten(small: Portal) -> None:
    with_account(small, EMAIL)

    async def forget() -> tuple[int, int]:
        now = clock.now()
        await ways.forget_old(now + timedelta(days=13))
        kept = await Session.all().count()
        await ways.forget_old(now + timedelta(days=15))
        return kept, await Session.all().count() + await Link.all().count()

    assert small.run(forget) == (1, 0)


def test_an_administrator_is_one_from_the_shell_only(small: Portal) -> None:
    browser = small.browser()
    browser.post(
        "/account/sign-up",
        data={"name": "Z", "contact": EMAIL, "password": PASSWORD, "is_admin": "true", "confirmed_at": "2020-01-01"},
    )
    person = small.people()[0]
    assert small.run(sessions.grants_of, person.id, clock.now()) == ()
    assert person.confirmed_at is None
