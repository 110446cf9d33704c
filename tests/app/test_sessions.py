"""Where one is signed in, announcing a new sign-in, and proving again who one is."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from app import clock
from app.accounts import devices
from app.accounts.actions import ways
from app.accounts.models import Device, Person, Session
from app.i18n import Reader, reading
from app.ids import token_hash
from app.notices.models import Notification
from tests.app.portal import DATABASES, PASSWORD, Portal, confirm, fresh_portal, sign_in, sign_up, token_in, words
from tests.app.portal import with_account as with_any_account
from tests.app.test_totp import code, turned_on, verbs

EMAIL = "zainab@example.org"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"
AGAIN = "/account/again"


@pytest.fixture(params=DATABASES)
def portal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal(request.param, tmp_path) as running:
        yield running


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Portal]:
    """A portal on SQLite, where the database makes no difference."""
    with fresh_portal("sqlite", tmp_path) as running:
        yield running


def signed_in(portal: Portal, user_agent: str, **more: str) -> TestClient:
    """Another browser of the same person."""
    browser = portal.browser(user_agent=user_agent, **more)
    assert sign_in(browser, EMAIL).status_code == 303
    return browser


def with_account(portal: Portal) -> TestClient:
    """A computer on which an account was made."""
    return with_any_account(portal, EMAIL, browser=portal.browser(user_agent=FIREFOX, accept_language="en"))


def age_proofs(portal: Portal) -> None:
    """Let a quarter of an hour pass."""

    async def age() -> None:
        await Session.all().update(proven_at=clock.now() - timedelta(minutes=15, seconds=1))

    portal.run(age)


def handle_of(browser: TestClient) -> str:
    return token_hash(browser.cookies["sawtuna"])[:16]


# Where one is signed in


@pytest.mark.parametrize(
    ("user_agent", "english", "family"),
    [
        (FIREFOX, "Firefox on Windows", "firefox/windows"),
        (PHONE, "Chrome on Android", "chrome/android"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
            "safari/iphone",
        ),
        (f"{PHONE} EdgA/140.0", "Edge on Android", "edge/android"),
        (f"{PHONE} SamsungBrowser/28.0", "Samsung Internet on Android", "samsung/android"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/140.0.0.0 Safari/537.36 OPR/120.0",
            "Opera on Mac",
            "opera/mac",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140 Safari/537.36",
            "Chrome on Linux",
            "chrome/linux",
        ),
        ("curl/8.0", "A device that does not say what it is", "other/other"),
        ("", "A device that does not say what it is", "other/other"),
        ("<script> Android", "A browser on Android", "other/android"),
    ],
)
def test_a_device_is_told_in_plain_words(user_agent: str, english: str, family: str) -> None:
    with reading(Reader("en")):
        assert devices.words(user_agent) == english
    assert devices.device_of(user_agent).family == family


def test_a_person_sees_where_they_are_signed_in_and_signs_one_out(portal: Portal) -> None:
    desk = with_account(portal)
    phone = signed_in(portal, PHONE)
    page = words(desk.get("/account/sessions?lang=en").text)
    assert "Firefox on Windows This device In use now" in page
    assert "Chrome on Android Last used" in page
    ended = desk.post(f"/account/sessions/{handle_of(phone)}/end")
    assert ended.headers["location"] == "/account/sessions"
    assert phone.get("/account").status_code == 303
    assert desk.get("/account").status_code == 200
    assert desk.post(f"/account/sessions/{handle_of(phone)}/end").status_code == 303, "twice is no mistake"
    assert verbs(portal).count("session_ended") == 1


def test_all_others_are_signed_out_at_once(portal: Portal) -> None:
    desk = with_account(portal)
    others = [signed_in(portal, PHONE) for _device in range(3)]
    desk.post("/account/sessions/others/end")
    assert [other.get("/account").status_code for other in others] == [303] * 3
    assert "signed in nowhere else" in words(desk.get("/account/sessions?lang=en").text)


def test_nobody_ends_or_sees_somebody_else_s_session(small: Portal) -> None:
    desk = with_account(small)
    thief = with_any_account(small, "thief@example.org")
    thief.post(f"/account/sessions/{handle_of(desk)}/end")
    thief.post("/account/sessions/others/end")
    assert desk.get("/account").status_code == 200
    assert "Firefox" not in thief.get("/account/sessions?lang=en").text


def test_a_made_up_handle_ends_nothing(small: Portal) -> None:
    desk = with_account(small)
    phone = signed_in(small, PHONE)
    for handle in ("%25", "", "0" * 15, "0" * 17, "zzzzzzzzzzzzzzzz", "________________"):
        assert desk.post(f"/account/sessions/{handle}/end").status_code == 404
    assert phone.get("/account").status_code == 200


def test_this_device_is_signed_out_by_signing_out(small: Portal) -> None:
    desk = with_account(small)
    assert desk.post(f"/account/sessions/{handle_of(desk)}/end").status_code == 409
    assert desk.get("/account").status_code == 200


def test_many_devices_stand_on_several_pages(small: Portal) -> None:
    desk = with_account(small)
    person = small.people()[0]

    async def many() -> None:
        for _device in range(44):
            await ways.sign_in(person, device=PHONE, days=14, now=clock.now())

    small.run(many)
    seen = [desk.get(f"/account/sessions?page={page}").text.count('class="branch"') for page in (1, 2, 3)]
    assert seen == [20, 20, 5]
    for strange in ("0", "99999999999", "x", "-1", "٢"):
        assert desk.get("/account/sessions", params={"page": strange}).status_code == 200


# A new sign-in is announced


def announced(portal: Portal) -> list[Notification]:
    async def read() -> list[Notification]:
        rows = await Notification.filter(kind="security").order_by("id")
        return [row for row in rows if row.title["en"] == "A new sign-in to your account"]

    return portal.run(read)


def test_a_sign_in_from_a_new_device_is_announced_in_both_languages_and_once(portal: Portal) -> None:
    desk = with_account(portal)
    assert announced(portal) == [], "the first one is that of whoever confirmed the account"
    phone = signed_in(portal, PHONE)
    told = announced(portal)
    assert len(told) == 1
    assert told[0].url == "/account/sessions"
    assert "Chrome on Android" in told[0].text["en"]
    assert told[0].text["ar"] != told[0].text["en"]
    for browser in (phone, desk):
        browser.post("/account/sign-out")
    signed_in(portal, PHONE.replace("140", "141"))
    signed_in(portal, FIREFOX)
    assert len(announced(portal)) == 1, "known devices are not announced, a newer version is the same device"


def test_a_new_sign_in_is_announced_by_mail_at_once(small: Portal) -> None:
    with_account(small)
    before = len(small.mails())
    signed_in(small, PHONE)
    mails = small.mails()[before:]
    assert [mail.recipient for mail in mails] == [EMAIL]
    assert "Chrome on Android" in mails[0].body
    assert "/account/notices/" in mails[0].body, "which leads on to the sessions"


# Proving again who one is


def test_after_a_quarter_of_an_hour_a_sensitive_act_asks_again_and_goes_on(portal: Portal) -> None:
    desk = with_account(portal)
    assert desk.get("/account/passkeys/new").status_code == 200, "signing in was a proof"
    age_proofs(portal)
    sent = desk.get("/account/passkeys/new").headers["location"]
    assert sent == f"{AGAIN}?next={quote('/account/passkeys/new', safe='')}"
    assert 'name="next" value="/account/passkeys/new"' in desk.get(sent).text
    wrong = desk.post(AGAIN, data={"password": "a wrong password", "next": "/account/passkeys/new"})
    assert wrong.status_code == 422
    assert 'name="next" value="/account/passkeys/new"' in wrong.text
    assert "a wrong password" not in wrong.text
    right = desk.post(AGAIN, data={"password": PASSWORD, "next": "/account/passkeys/new"})
    assert right.headers["location"] == "/account/passkeys/new"
    assert desk.get("/account/passkeys/new").status_code == 200
    assert verbs(portal)[-1] == "proved_again"


def test_a_proof_gives_the_session_a_new_token_and_the_old_one_opens_nothing(portal: Portal) -> None:
    desk = with_account(portal)
    age_proofs(portal)
    planted = desk.cookies["sawtuna"]
    desk.post(AGAIN, data={"password": PASSWORD})
    assert desk.cookies["sawtuna"] != planted
    thief = portal.browser()
    thief.cookies.set("sawtuna", planted)
    assert thief.get("/account").status_code == 303
    assert thief.get("/account/passkeys/new").headers["location"].startswith("/account/sign-in")

    async def rows() -> list[Session]:
        return await Session.all()

    assert len(portal.run(rows)) == 1


def test_a_proof_does_not_make_a_session_last_longer_and_keeps_what_it_was(small: Portal) -> None:
    desk = with_account(small)

    async def read() -> list[dict[str, object]]:
        kept = ("person_id", "created_at", "expires_at", "device", "method", "acts_for_id", "visit_id")
        return [dict(row) for row in await Session.all().values(*kept)]

    before = small.run(read)
    desk.post(AGAIN, data={"password": PASSWORD})
    assert small.run(read) == before


def test_a_wrong_proof_leaves_the_session_as_it_was(small: Portal) -> None:
    desk = with_account(small)
    age_proofs(small)
    token = desk.cookies["sawtuna"]
    assert desk.post(AGAIN, data={"password": "a wrong password"}).status_code == 422
    assert desk.post(AGAIN, data={}).status_code == 422
    assert desk.cookies["sawtuna"] == token
    assert desk.get("/account/passkeys/new").status_code == 303


def test_nobody_is_sent_elsewhere_after_proving_again(small: Portal) -> None:
    desk = with_account(small)
    for target in ("https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:evil"):
        assert desk.post(AGAIN, data={"password": PASSWORD, "next": target}).headers["location"] == "/account"
        page = desk.get(AGAIN, params={"next": target}).text
        assert "evil" not in page.partition("<main")[2].partition("</main")[0]


def test_guessing_at_a_stolen_session_is_stopped(small: Portal) -> None:
    desk = with_account(small)
    codes = [desk.post(AGAIN, data={"password": f"guess number {n}"}).status_code for n in range(12)]
    assert codes == [422] * 10 + [429] * 2


def test_a_code_from_the_app_is_a_proof_too_and_works_once(small: Portal) -> None:
    desk = with_account(small)
    secret, _printed = turned_on(desk)
    age_proofs(small)
    assert 'name="code"' in desk.get(AGAIN).text
    used = code(secret, 1)
    assert desk.post(AGAIN, data={"code": used}).status_code == 303
    assert desk.get("/account/two-step/off").status_code == 200
    assert desk.post(AGAIN, data={"code": used}).status_code == 422


def test_who_has_no_password_yet_is_told_what_to_do(small: Portal) -> None:
    desk = with_account(small)

    async def without() -> None:
        await Person.all().update(password="")

    small.run(without)
    page = desk.get(AGAIN).text
    assert 'name="password"' not in page
    assert 'href="/account/reset/request"' in page
    assert desk.post(AGAIN, data={"password": PASSWORD}).status_code == 422
    assert desk.post(AGAIN, data={"password": ""}).status_code == 422


def test_a_stranger_signs_in_first(small: Portal) -> None:
    for path in (AGAIN, "/account/sessions", "/account/passkeys", "/account/passkeys/new", "/account/two-step"):
        assert small.browser().get(path).headers["location"].startswith("/account/sign-in?next=")


def test_a_form_that_came_too_early_waits_until_the_proof_is_given(small: Portal) -> None:
    desk = with_account(small)
    age_proofs(small)
    sent = desk.post("/account/two-step/start").headers["location"]
    assert sent.startswith(f"{AGAIN}?next={quote('/continue/', safe='')}")


def test_two_people_at_one_browser_do_not_share_a_proof(small: Portal) -> None:
    desk = with_account(small)
    other = small.browser()
    sign_up(other, "other@example.org")
    token = token_in(small.link())
    confirm(desk, token)
    assert desk.get("/account").status_code == 200

    async def rows() -> list[str]:
        return [row.person.email for row in await Session.all().select_related("person")]

    assert small.run(rows) == ["other@example.org"]

    async def known() -> int:
        return await Device.all().count()

    assert small.run(known) == 2
