"""Signing in with two steps: an app's codes, printed codes, and guesses that are counted."""

import asyncio
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from nacl.exceptions import CryptoError
from starlette.testclient import TestClient

from app import audit, clock
from app.accounts import totps
from app.accounts.actions import proofs
from app.accounts.actions import totp as actions
from app.accounts.models import Ceremony, RecoveryCode, Session, Totp
from app.forms import Invalid
from app.models import AuditEntry
from app.notices.models import Notification
from tests.app.portal import (
    DATABASES,
    PASSWORD,
    Portal,
    ask_reset,
    fresh_portal,
    reset,
    sign_in,
    token_in,
    with_account,
    words,
)

EMAIL = "zainab@example.org"
SECOND = "/account/sign-in/second"


@pytest.fixture(params=DATABASES)
def portal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal(request.param, tmp_path) as running:
        yield running


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Portal]:
    """A portal on SQLite, where the database makes no difference."""
    with fresh_portal("sqlite", tmp_path) as running:
        yield running


def code(secret: str, steps: int = 0) -> str:
    """What an app with a good clock shows, or showed some steps ago."""
    return pyotp.TOTP(s=secret).at(clock.now(), counter_offset=steps)


def turned_on(browser: TestClient) -> tuple[str, list[str]]:
    """Set up the app as its owner does: the secret and the printed codes."""
    assert browser.post("/account/two-step/start").headers["location"] == "/account/two-step/set-up"
    page = browser.get("/account/two-step/set-up").text
    link = re.search(r'href="(otpauth:[^"]+)"', page)
    assert link
    secret = parse_qs(urlsplit(link[1].replace("&amp;", "&")).query)["secret"][0]
    assert "".join(totps.groups(secret)) in "".join(re.findall(r"<span>([A-Z2-7]{4})</span>", page))
    done = browser.post("/account/two-step/set-up", data={"code": code(secret)})
    assert done.headers["location"] == "/account/two-step/codes", words(done.text)
    return secret, re.findall(r"<li>([A-Z0-9]{5}-[A-Z0-9]{5})</li>", browser.get("/account/two-step/codes").text)


def verbs(portal: Portal) -> list[str]:
    async def read() -> list[str]:
        assert (await audit.verify()).broken_at is None
        return [entry.verb for entry in await AuditEntry.all().order_by("number")]

    return portal.run(read)


def told(portal: Portal) -> list[str]:
    """Titles of what people were told, oldest first."""

    async def read() -> list[str]:
        rows = await Notification.filter(kind="security").order_by("id")
        assert all(row.title["ar"] and row.text["ar"] and row.text["en"] for row in rows)
        return [row.title["en"] for row in rows]

    return portal.run(read)


def waiting(portal: Portal) -> str:
    """The token of a second step that waits for the first person."""
    data = {"target": "/account", "method": "password"}
    person = portal.people()[0].id
    return portal.run(proofs.begin, totps.SECOND, totps.SECOND_LASTS, person=person, data=data, now=clock.now())


# Turning on and off


def test_a_person_sets_up_an_app_and_signs_in_with_two_steps(portal: Portal) -> None:
    owner = with_account(portal, EMAIL)
    secret, printed = turned_on(owner)
    assert len(set(printed)) == totps.CODES
    browser = portal.browser()
    asked = sign_in(browser, EMAIL, next="/agencies")
    assert asked.headers["location"] == SECOND
    assert "sawtuna" not in browser.cookies, "the first factor alone begins no session"
    assert browser.get("/account").status_code == 303
    assert 'name="code"' in browser.get(SECOND).text
    done = browser.post(SECOND, data={"code": code(secret, 1)})
    assert done.headers["location"] == "/agencies"
    assert "sawtuna-second" not in browser.cookies
    assert browser.get("/account").status_code == 200
    assert "totp_on" in verbs(portal)
    assert "Signing in takes two steps now" in told(portal)


def test_the_secret_is_stored_sealed_and_printed_codes_as_keyed_hashes(small: Portal) -> None:
    secret, printed = turned_on(with_account(small, EMAIL))

    async def stored() -> str:
        rows = [*await Totp.all().values(), *await RecoveryCode.all().values(), *await Ceremony.all().values()]
        return str(rows)

    text = small.run(stored)
    assert secret not in text
    assert not any(one in text or one.replace("-", "") in text for one in printed)


def test_a_sealed_secret_opens_for_its_own_person_only() -> None:
    key = b"k" * 40
    sealed = totps.seal(key, 1, "SECRET")
    assert totps.unseal(key, 1, sealed) == "SECRET"
    with pytest.raises(ValueError, match="somebody else"):
        totps.unseal(key, 2, sealed)
    with pytest.raises(CryptoError):
        totps.unseal(b"l" * 40, 1, sealed)


def test_the_app_is_not_asked_for_before_its_first_code_was_right(small: Portal) -> None:
    owner = with_account(small, EMAIL)
    owner.post("/account/two-step/start")
    refused = owner.post("/account/two-step/set-up", data={"code": "000000"})
    assert refused.status_code == 422
    assert 'value="000000"' in refused.text
    assert sign_in(small.browser(), EMAIL).headers["location"] == "/account"


def test_opening_the_set_up_twice_keeps_the_secret(small: Portal) -> None:
    owner = with_account(small, EMAIL)
    pages = []
    for _times in range(2):
        owner.post("/account/two-step/start")
        pages.append(re.findall(r"otpauth:[^\"]+", owner.get("/account/two-step/set-up").text))
    assert pages[0] == pages[1]


def test_printed_codes_are_shown_until_they_are_kept_and_at_most_ten_minutes(small: Portal) -> None:
    owner = with_account(small, EMAIL)
    _secret, printed = turned_on(owner)
    assert printed[0] in owner.get("/account/two-step/codes").text, "a lost answer loses no codes"
    owner.post("/account/two-step/codes/kept")
    assert printed[0] not in owner.get("/account/two-step/codes").text
    owner.post("/account/two-step/codes/renew")
    fresh = re.findall(r"<li>([A-Z0-9]{5}-[A-Z0-9]{5})</li>", owner.get("/account/two-step/codes").text)
    assert len(fresh) == totps.CODES
    assert not set(fresh) & set(printed)

    async def later() -> None:
        await Ceremony.all().update(expires_at=clock.now())

    small.run(later)
    assert fresh[0] not in owner.get("/account/two-step/codes").text


def test_the_picture_is_black_on_white_and_no_style_is_needed_for_it() -> None:
    drawn = str(totps.picture(totps.address("A" * 32, EMAIL, "Sawtuna")))
    assert drawn.startswith("<svg")
    assert "style=" not in drawn
    assert "#fff" in drawn
    assert EMAIL not in drawn


def test_turning_off_needs_a_fresh_proof_and_makes_everything_void(small: Portal) -> None:
    owner = with_account(small, EMAIL)
    turned_on(owner)

    async def age() -> None:
        await Session.all().update(proven_at=clock.now() - timedelta(minutes=16))

    small.run(age)
    assert owner.get("/account/two-step/off").headers["location"].startswith("/account/again?next=")
    assert owner.post("/account/two-step/off").headers["location"].startswith("/account/again?next=")
    assert sign_in(small.browser(), EMAIL).headers["location"] == SECOND
    owner.post("/account/again", data={"password": PASSWORD, "next": "/account/two-step/off"})
    assert owner.post("/account/two-step/off").status_code == 303
    assert sign_in(small.browser(), EMAIL).headers["location"] == "/account"

    async def left() -> int:
        return await RecoveryCode.all().count() + await Totp.all().count()

    assert small.run(left) == 0
    assert "totp_off" in verbs(small)
    assert told(small)[-1] == "Signing in takes one step again"


# The second step


def test_a_code_works_once(portal: Portal) -> None:
    secret, _printed = turned_on(with_account(portal, EMAIL))
    used = code(secret, 1)
    for expected in (303, 422):
        browser = portal.browser(accept_language="en")
        sign_in(browser, EMAIL)
        answer = browser.post(SECOND, data={"code": used})
        assert answer.status_code == expected
    assert "used already" in words(answer.text)


def test_the_code_that_confirmed_the_app_is_used_up_too(small: Portal) -> None:
    secret, _printed = turned_on(with_account(small, EMAIL))
    browser = small.browser()
    sign_in(browser, EMAIL)
    assert browser.post(SECOND, data={"code": code(secret)}).status_code == 422


def test_one_code_sent_by_many_at_once_lets_one_in(portal: Portal) -> None:
    secret, _printed = turned_on(with_account(portal, EMAIL))
    used = code(secret, 1)
    tokens = [waiting(portal) for _browser in range(8)]

    async def all_at_once() -> list[object]:
        tries = (actions.second(token, portal.settings.key, code=used, paper="", now=clock.now()) for token in tokens)
        return list(await asyncio.gather(*tries, return_exceptions=True))

    results = portal.run(all_at_once)
    assert sum(isinstance(result, actions.Passed) for result in results) == 1
    assert sum(isinstance(result, Invalid) for result in results) == 7


def test_a_hundred_guesses_at_once_are_a_hundred_guesses(portal: Portal) -> None:
    secret, _printed = turned_on(with_account(portal, EMAIL))
    token = waiting(portal)
    right = {code(secret, step) for step in (-1, 0, 1, 2)}
    wrong = [f"{number:06}" for number in range(200) if f"{number:06}" not in right][:100]

    async def all_at_once() -> list[object]:
        tries = (actions.second(token, portal.settings.key, code=one, paper="", now=clock.now()) for one in wrong)
        return list(await asyncio.gather(*tries, return_exceptions=True))

    results = portal.run(all_at_once)
    assert {type(result) for result in results} <= {Invalid, actions.Over}
    assert sum(isinstance(result, Invalid) for result in results) < totps.GUESSES

    async def counted() -> int:
        return (await Ceremony.get(kind=totps.SECOND)).guesses

    assert portal.run(counted) == totps.GUESSES
    assert told(portal).count("Somebody was stopped at the second step") == 1
    browser = portal.browser()
    browser.cookies.set("sawtuna-second", token)
    answer = browser.post(SECOND, data={"code": code(secret, 1)})
    assert answer.status_code == 410, "the right code does not help any more"
    assert 'href="/account/sign-in"' in answer.text


def test_guesses_at_one_account_are_counted_over_many_sign_ins(small: Portal) -> None:
    turned_on(with_account(small, EMAIL))
    codes: list[int] = []
    for number in range(6):
        browser = small.browser(client=f"198.51.100.{number}")
        browser.cookies.set("sawtuna-second", waiting(small))
        codes += [browser.post(SECOND, data={"code": "12"}).status_code for _guess in range(4)]
    assert codes[:20] == [422] * 20
    assert codes[20:] == [429] * 4


def test_the_second_step_waits_ten_minutes(small: Portal) -> None:
    secret, _printed = turned_on(with_account(small, EMAIL))
    token = waiting(small)

    async def later() -> actions.Passed:
        now = clock.now() + totps.SECOND_LASTS + timedelta(seconds=1)
        return await actions.second(token, small.settings.key, code=code(secret, 1), paper="", now=now)

    with pytest.raises(actions.Over):
        small.run(later)


def test_who_comes_to_the_second_step_without_the_first_is_sent_to_it(small: Portal) -> None:
    browser = small.browser()
    assert 'name="code"' not in browser.get(SECOND).text
    assert browser.post(SECOND, data={"code": "123456"}).status_code == 410
    browser.cookies.set("sawtuna-second", "made-up")
    assert browser.post(SECOND, data={"code": "123456"}).status_code == 410


def test_arabic_digits_and_spaces_are_as_good(small: Portal) -> None:
    secret, _printed = turned_on(with_account(small, EMAIL))
    browser = small.browser()
    sign_in(browser, EMAIL)
    typed = code(secret, 1).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert browser.post(SECOND, data={"code": f"{typed[:3]} {typed[3:]}"}).status_code == 303


def test_a_link_for_a_new_password_does_not_go_round_the_second_step(small: Portal) -> None:
    turned_on(with_account(small, EMAIL))
    browser = small.browser()
    ask_reset(browser, EMAIL)
    assert reset(browser, token_in(small.link()), "a fresh password").headers["location"] == SECOND
    assert browser.get("/account").status_code == 303


# Printed codes


def test_a_printed_code_stands_in_for_the_app_once_and_the_person_hears_of_it(portal: Portal) -> None:
    _secret, printed = turned_on(with_account(portal, EMAIL))
    for expected in (303, 422):
        browser = portal.browser()
        sign_in(browser, EMAIL)
        answer = browser.post(SECOND, data={"paper": printed[3].lower().replace("-", " ")})
        assert answer.status_code == expected
    assert told(portal).count("A printed code was used to sign in") == 1
    assert "recovery_code_used" in verbs(portal)


def test_a_printed_code_used_by_two_at_once_lets_one_in(portal: Portal) -> None:
    _secret, printed = turned_on(with_account(portal, EMAIL))
    tokens = [waiting(portal) for _browser in range(4)]

    async def all_at_once() -> list[object]:
        tries = (
            actions.second(token, portal.settings.key, code="", paper=printed[0], now=clock.now()) for token in tokens
        )
        return list(await asyncio.gather(*tries, return_exceptions=True))

    results = portal.run(all_at_once)
    assert sum(isinstance(result, actions.Passed) for result in results) == 1


def test_new_codes_make_the_old_ones_void(small: Portal) -> None:
    owner = with_account(small, EMAIL)
    _secret, printed = turned_on(owner)
    owner.post("/account/two-step/codes/renew")
    browser = small.browser()
    sign_in(browser, EMAIL)
    assert browser.post(SECOND, data={"paper": printed[0]}).status_code == 422


def test_somebody_else_s_printed_code_opens_nothing(small: Portal) -> None:
    turned_on(with_account(small, EMAIL))
    _secret, foreign = turned_on(with_account(small, "other@example.org"))
    browser = small.browser()
    sign_in(browser, EMAIL)
    assert browser.post(SECOND, data={"paper": foreign[0]}).status_code == 422
