"""Codes by short message: a way in for who has a phone and no mail address, and no way in for who guesses."""

import asyncio
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from app import clock
from app.accounts import passwords
from app.accounts.actions import codes as actions
from app.accounts.actions import ways
from app.accounts.contacts import Contact, Kind, meant, phone_number
from app.accounts.models import Code
from app.models import Job, Message
from tests.app.portal import (
    DATABASES,
    PASSWORD,
    Portal,
    ask_reset,
    confirm,
    fresh_portal,
    production,
    reset,
    sign_in,
    sign_up,
    token_in,
    with_account,
    words,
)

TYPED = "0770 123 4567"
NUMBER = "+9647701234567"
OTHER = "+9647709998877"


@pytest.fixture(params=DATABASES)
def portal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal(request.param, tmp_path) as running:
        yield running


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Portal]:
    """A portal on SQLite, where the database makes no difference."""
    with fresh_portal("sqlite", tmp_path) as running:
        yield running


def code_in(message: Message) -> str:
    """The six digits in a message."""
    found = re.search(r"(?<!\d)\d{6}(?!\d)", message.body)
    assert found, message.body
    return found[0]


def newest_code(portal: Portal) -> str:
    return code_in(portal.mails()[-1])


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def enter(browser: TestClient, code: str, path: str = "/account/code") -> Response:
    return browser.post(path, data={"code": code})


def by_phone(portal: Portal, number: str = TYPED, **more: str) -> TestClient:
    """A browser whose person has made and confirmed an account by phone."""
    browser = portal.browser()
    assert sign_up(browser, number, **more).headers["location"] == "/account/code"
    link = enter(browser, newest_code(portal)).headers["location"]
    assert confirm(browser, token_in(link)).status_code == 303
    return browser


# Numbers


@pytest.mark.parametrize(
    "typed",
    ["07701234567", "0770 123 4567", "٠٧٧٠ ١٢٣ ٤٥٦٧", "۰۷۷۰۱۲۳۴۵۶۷", "+964 770 123 4567", "00964-770-123-4567",
     "\u200e+964 770 123 4567\u200f", "(0770) 123.4567"],
)  # fmt: skip
def test_a_number_has_one_spelling_however_it_is_typed(typed: str) -> None:
    assert phone_number(typed, "IQ") == NUMBER
    assert meant(typed, "IQ") == Contact(Kind.PHONE, NUMBER)


NO_NUMBERS = ["", "0770", "0770 123 45678", "01 234 5678", "+9647701234567;ext=1", "+9647701234567\nBcc: x",
              "0770x1234567", "9" * 5000, "+964", "١٢٣"]  # fmt: skip


def test_what_is_no_mobile_number_is_refused(small: Portal) -> None:
    for typed in NO_NUMBERS:
        assert phone_number(typed, "IQ") is None
        assert sign_up(small.browser(), typed).status_code == 422, typed
    assert not small.mails()


def test_the_country_of_numbers_without_its_code_is_a_setting(tmp_path: Path) -> None:
    with fresh_portal("sqlite", tmp_path, phone_region="JO") as running:
        sign_up(running.browser(), "079 012 3456")
        assert [person.phone for person in running.people()] == ["+962790123456"]


def test_where_no_short_messages_are_sent_no_number_is_asked_for(tmp_path: Path) -> None:
    with production("sqlite", tmp_path) as running:
        browser = running.browser(accept_language="en")
        assert "phone" not in words(browser.get("/account/sign-up").text.partition("<main")[2].partition("</main>")[0])
        assert sign_up(browser, TYPED).status_code == 422


# Signing up, in and back in


def test_a_person_signs_up_by_phone_confirms_by_code_and_signs_in_by_number(portal: Portal) -> None:
    browser = portal.browser(accept_language="en")
    assert sign_up(browser, "٠٧٧٠ ١٢٣ ٤٥٦٧", name="Zainab").headers["location"] == "/account/code"
    page = browser.get("/account/code").text
    assert '<bdi dir="ltr" class="mono">+964 770 123 4567</bdi>' in page
    message = portal.mails()[-1]
    assert (message.kind, message.recipient, message.subject) == ("sms", NUMBER, "")
    answer = enter(browser, code_in(message))
    assert answer.status_code == 303
    assert confirm(browser, token_in(answer.headers["location"]), name="Zainab").headers["location"] == "/account"
    person = portal.people()[0]
    assert (person.phone, person.email, person.confirmed_at is None) == (NUMBER, None, False)
    for typed in (TYPED, NUMBER, "٠٧٧٠١٢٣٤٥٦٧"):
        assert sign_in(portal.browser(), typed).status_code == 303


def test_the_digits_of_a_code_may_be_arabic_and_in_groups(small: Portal) -> None:
    browser = small.browser()
    sign_up(browser, TYPED)
    code = newest_code(small).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert enter(browser, f" {code[:3]} - {code[3:]} ").status_code == 303


def test_a_phone_fills_the_code_in_on_this_site_only(small: Portal) -> None:
    sign_up(small.browser(), TYPED)
    message = small.mails()[-1]
    assert message.body.endswith(f"\n\n@127.0.0.1 #{code_in(message)}")


def test_a_forgotten_password_is_set_anew_by_a_code(portal: Portal) -> None:
    thief = by_phone(portal)
    browser = portal.browser()
    assert ask_reset(browser, TYPED).headers["location"] == "/account/code"
    link = enter(browser, newest_code(portal)).headers["location"]
    assert link.startswith("/account/reset?token=")
    assert reset(browser, token_in(link), "a fresh password").headers["location"] == "/account"
    assert thief.get("/account").status_code == 303
    assert sign_in(portal.browser(), TYPED).status_code == 422
    assert sign_in(portal.browser(), TYPED, "a fresh password").status_code == 303


def test_the_number_is_no_password(small: Portal) -> None:
    browser = small.browser()
    sign_up(browser, TYPED)
    link = enter(browser, newest_code(small)).headers["location"]
    assert confirm(browser, token_in(link), "+964 770 123 4567").status_code == 422
    assert confirm(browser, token_in(link)).status_code == 303


def test_nobody_can_lie_in_wait_with_an_account_for_somebody_else_s_number(small: Portal) -> None:
    sign_up(small.browser(), TYPED, name="Attacker")
    victim = small.browser()
    sign_up(victim, TYPED, name="Victim")
    link = enter(victim, newest_code(small)).headers["location"]
    assert confirm(victim, token_in(link), name="Victim").status_code == 303
    assert [person.name for person in small.people()] == ["Victim"]


# Guesses


async def guess_at_once(portal: Portal, handle: str, guesses: list[str]) -> list[int]:
    """Try codes at the same moment, each from a network of its own."""

    async def one(number: int, guess: str) -> int:
        transport = httpx2.ASGITransport(app=portal.app, client=(f"203.0.113.{number}", 1))
        async with httpx2.AsyncClient(transport=transport, base_url=portal.settings.base_url) as client:
            answer = await client.post(
                "/account/code",
                data={"code": guess},
                headers={"sec-fetch-site": "same-origin"},
                cookies={"sawtuna-code": handle},
            )
            return answer.status_code

    return list(await asyncio.gather(*(one(number, guess) for number, guess in enumerate(guesses))))


def rows(portal: Portal) -> list[Code]:
    async def read() -> list[Code]:
        return await Code.all().order_by("id")

    return portal.run(read)


@pytest.mark.filterwarnings("ignore:Setting per-request cookies")
def test_a_hundred_guesses_at_once_count_as_a_hundred(portal: Portal) -> None:
    browser = portal.browser()
    sign_up(browser, TYPED)
    right = newest_code(portal)
    handle = browser.cookies["sawtuna-code"]
    answers = portal.run(guess_at_once, portal, handle, [other_than(right)] * 100)
    assert answers.count(422) == 5
    assert answers.count(410) == 95
    assert rows(portal)[0].guesses == 5
    assert enter(browser, right).status_code == 410, "the right digits come too late"


@pytest.mark.filterwarnings("ignore:Setting per-request cookies")
def test_the_right_code_entered_by_many_at_once_is_worth_one_account(portal: Portal) -> None:
    browser = portal.browser()
    sign_up(browser, TYPED)
    right = newest_code(portal)
    answers = portal.run(guess_at_once, portal, browser.cookies["sawtuna-code"], [right] * 8)
    assert answers.count(303) <= 5
    assert set(answers) <= {303, 410}
    link = enter(portal.browser(), right)
    assert link.status_code == 410, "a browser that did not ask has no use for it"


def test_a_double_click_leads_to_one_link_and_a_used_code_to_none(small: Portal) -> None:
    browser = small.browser()
    sign_up(browser, TYPED)
    code = newest_code(small)
    first, second = enter(browser, code), enter(browser, code)
    assert first.headers["location"] == second.headers["location"]
    assert confirm(browser, token_in(first.headers["location"])).status_code == 303
    assert enter(browser, code).status_code == 410


def test_a_wrong_code_says_how_often_one_can_still_try(small: Portal) -> None:
    browser = small.browser(accept_language="en")
    sign_up(browser, TYPED)
    wrong = other_than(newest_code(small))
    assert "You can try 4 more times." in enter(browser, wrong).text
    for _times in range(3):
        enter(browser, wrong)
    assert 'name="code"' not in enter(browser, wrong).text


def test_a_code_holds_for_ten_minutes(small: Portal) -> None:
    browser = small.browser()
    sign_up(browser, TYPED)
    code = newest_code(small)

    async def age() -> None:
        row = await Code.get()
        row.expires_at -= timedelta(minutes=10)
        await row.save()

    small.run(age)
    assert enter(browser, code).status_code == 410
    assert 'name="code"' not in browser.get("/account/code").text


def test_a_code_of_one_browser_is_of_no_use_in_another(small: Portal) -> None:
    sign_up(small.browser(), TYPED)
    code = newest_code(small)
    stranger = small.browser()
    assert enter(stranger, code).status_code == 410
    sign_up(stranger, OTHER)
    small.work()
    assert enter(stranger, code).status_code == 422


def test_three_codes_an_hour_go_to_a_number_whoever_asks(portal: Portal) -> None:
    for _times in range(3):
        assert sign_up(portal.browser(), TYPED).status_code == 303
    assert sign_up(portal.browser(), TYPED).status_code == 422
    assert ask_reset(portal.browser(), TYPED).status_code == 422
    assert len(portal.mails()) == 3
    assert sign_up(portal.browser(), OTHER).status_code == 303


def test_codes_asked_for_at_once_are_three_too(portal: Portal) -> None:
    async def ask() -> int:
        async def one() -> int:
            try:
                await actions.ask("confirm", Contact(Kind.PHONE, NUMBER), now=clock.now())
            except actions.TooMany:
                return 0
            return 1

        return sum(await asyncio.gather(*(one() for _times in range(12))))

    assert portal.run(ask) == 3


def test_only_a_keyed_hash_of_a_code_and_a_hash_of_its_handle_are_stored(small: Portal) -> None:
    browser = small.browser()
    sign_up(browser, TYPED)
    code = newest_code(small)
    row = rows(small)[0]
    assert code not in str({**row.__dict__, "expires_at": "", "created_at": "", "target": ""})
    assert browser.cookies["sawtuna-code"] not in str(row.__dict__)
    assert re.fullmatch(r"[0-9a-f]{64}", row.code_hash)


# What nobody learns


def test_signing_up_answers_and_works_the_same_whether_there_is_an_account(portal: Portal) -> None:
    by_phone(portal)
    with_account(portal, "known@example.org")

    async def asked() -> tuple[int, int, int]:
        return await Job.all().count(), await Message.all().count(), await Code.all().count()

    for known, unknown in ((TYPED, "0770 999 8877"), ("known@example.org", "unknown@example.org")):
        told: list[tuple[Any, ...]] = []
        for contact in (known, unknown):
            before = portal.run(asked)
            browser = portal.browser()
            answer = sign_up(browser, contact)
            after = portal.run(asked)
            page = browser.get(answer.headers["location"]).text
            masked = re.sub(r"\+964 [\d ]+|request_id=\w+", "", words(page))
            told.append((answer.status_code, answer.headers["location"], answer.text, masked,
                         [b - a for a, b in zip(before, after, strict=True)]))  # fmt: skip
            portal.work()
        assert told[0] == told[1]
        assert told[0][-1][:2] == [1, 0], "one job, and nothing else that takes time"


def test_whoever_has_an_account_is_told_so_by_message_and_no_code_fits(portal: Portal) -> None:
    by_phone(portal)
    stranger = portal.browser(accept_language="en")
    sign_up(stranger, TYPED, name="Somebody else")
    message = portal.mails()[-1]
    assert message.kind == "sms"
    assert "/account/sign-in" in message.body
    assert not re.search(r"(?<!\d)\d{6}(?!\d)", message.body)
    told = [enter(stranger, f"{number:06}") for number in range(5)]
    assert [answer.status_code for answer in told] == [422] * 5
    assert "You can try 4 more times." in told[0].text
    assert [person.name for person in portal.people()] == ["زينب"]


def test_nobody_gets_a_code_about_an_account_that_is_not_there(small: Portal) -> None:
    browser = small.browser()
    assert ask_reset(browser, TYPED).headers["location"] == "/account/code"
    assert not small.mails()
    assert enter(browser, "123456").status_code == 422


def test_signing_in_computes_one_hash_whoever_is_meant(small: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    by_phone(small)
    with_account(small, "known@example.org")
    looked: list[str] = []
    real = passwords._fits
    monkeypatch.setattr(passwords, "_fits", lambda stored, typed: (looked.append(stored), real(stored, typed))[1])
    for contact in (TYPED, "0770 999 8877", "known@example.org", "nobody@example.org", "nonsense", "@"):
        looked.clear()
        assert sign_in(small.browser(), contact, "not the password").status_code == 422
        assert len(looked) == 1, contact
        assert looked[0].startswith("$argon2id$")


def test_an_account_without_a_password_is_opened_by_none(small: Portal) -> None:
    assert small.run(passwords.fits, "", "nobody has this password") is False
    assert small.run(passwords.fits, "", "") is False


# Where one wanted to go

WANTED = "/continue/abc_DEF-123?x=1&y=%D9%85"
ELSEWHERE = ["//evil.example/", "https://evil.example/", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
             "javascript:alert(1)", "/%0d%0aSet-Cookie:x" + "\r\n", "evil", "/" + "x" * 600]  # fmt: skip


@pytest.mark.parametrize("contact", ["z@example.org", TYPED])
def test_where_one_wanted_to_go_survives_signing_up(small: Portal, contact: str) -> None:
    browser = small.browser()
    assert "/continue/abc_DEF-123" in browser.get("/account/sign-up", params={"next": WANTED}).text
    sign_up(browser, contact, next=WANTED)
    link = small.link() if "@" in contact else enter(browser, newest_code(small)).headers["location"]
    assert WANTED not in link
    assert confirm(browser, token_in(link)).headers["location"] == WANTED


@pytest.mark.parametrize("contact", ["z@example.org", TYPED])
def test_where_one_wanted_to_go_survives_a_new_password(small: Portal, contact: str) -> None:
    browser = small.browser()
    sign_up(browser, contact)
    small.work()
    ask_reset(browser, contact, next=WANTED)
    link = small.link() if "@" in contact else enter(browser, newest_code(small)).headers["location"]
    assert reset(browser, token_in(link), PASSWORD).headers["location"] == WANTED


def test_nobody_is_led_elsewhere_by_any_way_in(small: Portal) -> None:
    for number, wanted in enumerate(ELSEWHERE):
        for contact in (f"z{number}@example.org", f"0770 123 4{number:03}"):
            browser = small.browser()
            sign_up(browser, contact, next=wanted)
            link = small.link() if "@" in contact else enter(browser, newest_code(small)).headers["location"]
            assert confirm(browser, token_in(link)).headers["location"] == "/account", wanted
            assert sign_in(browser, contact, next=wanted).headers["location"] == "/account", wanted
        for path in ("/account/sign-up", "/account/sign-in", "/account/reset/request"):
            page = small.browser().get(path, params={"next": wanted}).text
            assert "evil" not in page.partition("<main")[2].partition("</main")[0], wanted


def test_nobody_is_led_elsewhere_by_a_new_password(small: Portal) -> None:
    for contact in ("z@example.org", TYPED):
        browser = small.browser()
        sign_up(browser, contact)
        small.work()
        ask_reset(browser, contact, next="//evil.example/")
        link = small.link() if "@" in contact else enter(browser, newest_code(small)).headers["location"]
        assert reset(browser, token_in(link), PASSWORD).headers["location"] == "/account"


def test_links_lead_to_the_address_of_the_settings_whatever_host_was_asked(small: Portal) -> None:
    browser = small.browser(host="evil.example")
    for contact in ("z@example.org", TYPED):
        sign_up(browser, contact)
        ask_reset(browser, contact)
    bodies = " ".join(message.body for message in small.mails())
    assert "evil" not in bodies
    assert "http://127.0.0.1:8000/account/confirm?token=" in bodies


def test_what_is_typed_as_a_contact_starts_no_header(small: Portal) -> None:
    for line in ("z@example.org\r\nBcc: all@example.org", "z@example.org\u2028Bcc: a@b.example", f"{NUMBER}\r\nX: y"):
        for answer in (sign_up(small.browser(), line), ask_reset(small.browser(), line)):
            assert answer.status_code == 422, line
    assert not small.mails()


def test_what_has_run_out_is_forgotten(small: Portal) -> None:
    sign_up(small.browser(), TYPED)
    small.work()

    async def forget() -> tuple[int, int]:
        await ways.forget_old(clock.now() + timedelta(hours=23))
        kept = await Code.all().count()
        await ways.forget_old(clock.now() + timedelta(days=2))
        return kept, await Code.all().count()

    assert small.run(forget) == (1, 0)
