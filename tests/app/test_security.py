"""What stands before every page: forged requests, foreign hosts, proxies, guesses, cookies, sizes."""

import asyncio
import hashlib
import re
from collections.abc import Iterator
from datetime import timedelta
from http.cookies import SimpleCookie
from pathlib import Path

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from app import clock
from app.accounts.models import Link, Session
from app.html import local_path
from app.limits import address
from tests.app.portal import (
    DATABASES,
    PASSWORD,
    Portal,
    confirm,
    fresh_portal,
    production,
    sign_in,
    sign_up,
    token_in,
    with_account,
)


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal("sqlite", tmp_path) as running:
        yield running


@pytest.fixture
def official(tmp_path: Path) -> Iterator[Portal]:
    with production("sqlite", tmp_path) as running:
        yield running


def send(portal: Portal, **headers: str) -> int:
    """The answer to a change, sent with these headers by somebody with a cookie."""
    client = portal.program(**{name.replace("_", "-"): value for name, value in headers.items()})
    client.cookies.set("lang", "ar")
    return client.post("/preferences", data={"theme": "dark"}).status_code


# Forged requests


@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense", ""])
def test_a_change_sent_from_another_site_is_refused(portal: Portal, site: str) -> None:
    assert send(portal, sec_fetch_site=site) == 403


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_a_change_sent_from_our_own_page_is_made(portal: Portal, site: str) -> None:
    assert send(portal, sec_fetch_site=site) == 303


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "https://evil.example",
        "http://127.0.0.1:8001",
        "http://127.0.0.1",
        "http://127.0.0.1:8000.evil.example",
        "http://evil.example/127.0.0.1:8000",
        "http://127.0.0.1:8000@evil.example",
        "127.0.0.1:8000",
    ],
)
def test_a_foreign_or_hidden_origin_is_refused(portal: Portal, origin: str) -> None:
    assert send(portal, origin=origin) == 403


def test_our_own_origin_is_believed_where_a_browser_has_no_fetch_metadata(portal: Portal) -> None:
    assert send(portal, origin="http://127.0.0.1:8000") == 303


def test_a_foreign_site_is_refused_even_with_our_origin(portal: Portal) -> None:
    assert send(portal, sec_fetch_site="cross-site", origin="http://127.0.0.1:8000") == 403


def test_a_cookie_without_any_sign_of_where_it_comes_from_is_refused(portal: Portal) -> None:
    assert send(portal) == 403


def test_a_program_without_cookies_may_send(portal: Portal) -> None:
    assert portal.program().post("/preferences", data={"theme": "dark"}).status_code == 303


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "post", "PURGE"])
def test_every_method_that_may_change_something_is_guarded(portal: Portal, method: str) -> None:
    answer = portal.program(**{"sec-fetch-site": "cross-site"}).request(method, "/preferences")
    assert answer.status_code == 403


def test_a_forged_request_changes_nothing(portal: Portal) -> None:
    browser = with_account(portal, "z@example.org")
    forged = browser.post("/account/sign-out", headers={"sec-fetch-site": "cross-site"})
    assert forged.status_code == 403
    assert browser.get("/account").status_code == 200


def test_a_link_from_another_site_opens_the_page_and_changes_nothing(portal: Portal) -> None:
    assert portal.browser(sec_fetch_site="cross-site").get("/account/sign-in").status_code == 200
    assert portal.browser().get("/account/sign-out").status_code == 405


def test_a_refused_request_is_explained_in_the_reader_s_language(portal: Portal) -> None:
    answer = portal.browser(sec_fetch_site="cross-site").post("/preferences")
    assert "<html" in answer.text
    asked = portal.browser(sec_fetch_site="cross-site", accept="application/json").post("/preferences")
    assert asked.headers["content-type"] == "application/problem+json"


def test_refusals_are_protected_like_pages(official: Portal) -> None:
    for answer in (
        official.browser(sec_fetch_site="cross-site").post("/preferences"),
        official.browser(address="https://evil.example").get("/"),
    ):
        assert answer.status_code in {403, 421}
        for name in ("content-security-policy", "x-content-type-options", "x-request-id", "strict-transport-security"):
            assert name in answer.headers


# Hosts and proxies


@pytest.mark.parametrize("host", ["evil.example", "voice.example.evil.example", "voice.example:8443", "", "127.0.0.1"])
def test_a_production_portal_answers_to_its_own_name_only(official: Portal, host: str) -> None:
    assert official.browser().get("/", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["voice.example", "VOICE.example"])
def test_a_production_portal_answers_to_its_name_in_any_spelling(official: Portal, host: str) -> None:
    assert official.browser().get("/", headers={"host": host}).status_code == 200


def test_a_production_portal_answers_to_its_name_with_the_usual_port(official: Portal) -> None:
    assert official.browser().get("/", headers={"host": "voice.example:443"}).status_code == 200


def test_links_in_mails_never_follow_the_host_of_the_request(portal: Portal) -> None:
    browser = portal.browser()
    browser.headers["host"] = "evil.example"
    browser.headers["x-forwarded-host"] = "evil.example"
    sign_up(browser, "z@example.org")
    assert "evil.example" not in portal.mails()[0].body
    assert "http://127.0.0.1:8000/account/confirm" in portal.mails()[0].body


@pytest.mark.parametrize("path", ["/account", "/help/", "/account/sign-in/"])
def test_redirects_never_follow_the_host_of_the_request(portal: Portal, path: str) -> None:
    answer = portal.browser().get(path, headers={"host": "evil.example"})
    assert "evil.example" not in answer.headers.get("location", "")


def test_nobody_may_say_where_a_request_came_from(portal: Portal) -> None:
    answers = portal.run(_at_once, portal, 101, "z{0}@example.org", **{"x-forwarded-for": "203.0.113.{0}"})
    assert answers.count(429) == 1


@pytest.mark.parametrize(
    ("client", "forwarded", "expected"),
    [
        ("10.0.0.7", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.7", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.7", "203.0.113.9, 10.0.0.8", "203.0.113.9"),
        ("10.0.0.7", "203.0.113.9, nonsense", "10.0.0.7"),
        ("10.0.0.7", "", "10.0.0.7"),
        ("10.0.0.7", "2001:db8:1:2:3::4", "2001:db8:1:2:3::4"),
        ("192.0.2.1", "203.0.113.9", "192.0.2.1"),
        ("::ffff:10.0.0.7", "203.0.113.9", "203.0.113.9"),
    ],
)
def test_only_a_trusted_proxy_is_believed_about_the_client(
    tmp_path: Path, client: str, forwarded: str, expected: str
) -> None:
    seen: list[str] = []

    async def look(request: Request) -> PlainTextResponse:
        seen.append(request.client.host if request.client else "")
        return PlainTextResponse("")

    with fresh_portal("sqlite", tmp_path, trusted_proxies=["10.0.0.0/8"]) as running:
        running.app.router.routes.insert(0, Route("/look", look))
        running.browser(client=client).get("/look", headers={"x-forwarded-for": forwarded})
    assert seen == [expected]


# Where people are sent


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "http:evil.example",
        "javascript:alert(1)", "/\t/evil.example", "/\n/evil.example", "/a\\b", " //evil.example", "evil.example", "",
        "/\x00/evil.example", "data:text/html,x", "///evil.example", "/%0d%0aSet-Cookie: x=y",
    ],
)  # fmt: skip
def test_nobody_is_sent_elsewhere_after_signing_in(portal: Portal, target: str) -> None:
    with_account(portal, "z@example.org")
    answer = sign_in(portal.browser(), "z@example.org", next=target)
    assert answer.status_code == 303
    location = answer.headers["location"]
    joined = httpx2.URL("http://127.0.0.1:8000/account/sign-in").join(location)
    assert joined.host == "127.0.0.1"
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))
    assert "x" not in answer.cookies


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example"])
def test_nobody_is_sent_elsewhere_after_choosing_a_language(portal: Portal, target: str) -> None:
    answer = portal.browser().post("/preferences", data={"lang": "en", "next": target})
    assert httpx2.URL("http://127.0.0.1:8000/").join(answer.headers["location"]).host == "127.0.0.1"


@pytest.mark.parametrize("path", ["/account", "/agencies?q=ماء", "/agencies/water#reach"])
def test_a_path_of_ours_is_kept(path: str) -> None:
    assert local_path(path, "/") == path


@pytest.mark.parametrize("typed", ["x\r\nSet-Cookie: evil=1", "x\nLocation: https://evil.example", "\x00"])
def test_what_was_typed_never_becomes_a_header(portal: Portal, typed: str) -> None:
    browser = portal.browser()
    for answer in (
        browser.get("/account/sign-in", params={"next": f"/{typed}", "lang": typed}),
        browser.post("/preferences", data={"next": f"/{typed}", "lang": typed, "theme": typed}),
        browser.get("/agencies", params={"q": typed}),
    ):
        assert "evil" not in str(answer.headers)


@pytest.mark.parametrize(
    "typed", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "' or 1=1"]
)
def test_what_was_typed_never_becomes_markup(portal: Portal, typed: str) -> None:
    browser = portal.browser()
    for answer in (
        browser.get("/agencies", params={"q": typed}),
        browser.get("/account/confirm", params={"token": typed}),
        browser.get("/account/sign-in", params={"next": f"/{typed}"}),
        sign_up(browser, typed, name=typed),
        browser.get(f"/agencies/{typed.replace('/', '')}"),
    ):
        assert "<script>alert" not in answer.text
        assert "<img src=x" not in answer.text
        assert ">49<" not in answer.text


def test_a_name_is_text_on_the_person_s_own_page_and_in_the_mailbox(portal: Portal) -> None:
    browser = portal.browser()
    sign_up(browser, "z@example.org", name="<b>Zainab</b>")
    confirm(browser, token_in(portal.link()), name="<b>Zainab</b>")
    assert "&lt;b&gt;Zainab&lt;/b&gt;" in browser.get("/account").text


# Cookies and sessions


def cookies(answer: httpx2.Response) -> SimpleCookie:
    jar: SimpleCookie = SimpleCookie()
    for line in answer.headers.get_list("set-cookie"):
        jar.load(line)
    return jar


def test_the_session_s_cookie_is_out_of_reach_for_scripts_and_other_sites(portal: Portal) -> None:
    with_account(portal, "z@example.org")
    cookie = cookies(sign_in(portal.browser(), "z@example.org"))["sawtuna"]
    assert cookie["httponly"]
    assert cookie["samesite"].lower() == "lax"
    assert cookie["path"] == "/"
    assert not cookie["domain"]
    assert int(cookie["max-age"]) == 14 * 86_400


def test_over_https_the_session_s_cookie_is_bound_to_https_and_to_this_host(official: Portal) -> None:
    with_account(official, "z@example.org")
    cookie = cookies(sign_in(official.browser(), "z@example.org"))["__Host-sawtuna"]
    assert cookie["secure"]
    assert cookie["path"] == "/"
    assert not cookie["domain"]


def test_over_https_every_cookie_is_secure(official: Portal) -> None:
    browser = official.browser()
    for answer in (browser.get("/?lang=en"), browser.post("/preferences", data={"lang": "ar", "theme": "dark"})):
        found = cookies(answer)
        assert found
        for cookie in found.values():
            assert cookie["secure"]
            assert cookie["httponly"]
            assert cookie["samesite"].lower() == "lax"


def test_a_session_that_somebody_planted_before_signing_in_is_not_taken_over(portal: Portal) -> None:
    with_account(portal, "attacker@example.org")
    attacker = portal.browser()
    planted = cookies(sign_in(attacker, "attacker@example.org"))["sawtuna"].value
    with_account(portal, "victim@example.org")
    victim = portal.browser()
    victim.cookies.set("sawtuna", planted)
    fresh = cookies(sign_in(victim, "victim@example.org"))["sawtuna"].value
    assert fresh != planted
    assert attacker.get("/account").status_code == 303


@pytest.mark.parametrize("token", ["made-up", "", "a" * 4000, '"quoted"', "%00", "é"])
def test_a_made_up_session_signs_nobody_in(portal: Portal, token: str) -> None:
    answer = portal.browser().get("/account", headers={"cookie": f"sawtuna={token}".encode("latin-1")})
    assert answer.status_code == 303


def test_a_session_ends_when_its_days_are_over(portal: Portal) -> None:
    browser = with_account(portal, "z@example.org")

    async def age() -> None:
        await Session.all().update(expires_at=clock.now() - timedelta(seconds=1))

    portal.run(age)
    assert browser.get("/account").status_code == 303


def test_a_copy_of_the_database_signs_nobody_in(portal: Portal) -> None:
    with_account(portal, "z@example.org")
    browser = portal.browser()
    token = cookies(sign_in(browser, "z@example.org"))["sawtuna"].value

    async def stored() -> list[str]:
        return [session.token_hash for session in await Session.all()]

    hashes = portal.run(stored)
    assert hashlib.sha256(token.encode()).hexdigest() in hashes
    content = b"".join(path.read_bytes() for path in portal.settings.data_dir.glob("sawtuna.sqlite3*"))
    assert token.encode() not in content
    for stolen in hashes:
        thief = portal.browser()
        thief.cookies.set("sawtuna", stolen)
        assert thief.get("/account").status_code == 303


def test_a_password_is_stored_only_as_a_hash(portal: Portal) -> None:
    with_account(portal, "z@example.org")
    assert portal.people()[0].password.startswith("$argon2id$")
    content = b"".join(path.read_bytes() for path in portal.settings.data_dir.glob("sawtuna.sqlite3*"))
    assert PASSWORD.encode() not in content


def test_a_link_is_stored_only_as_a_hash(portal: Portal) -> None:
    sign_up(portal.browser(), "z@example.org")

    async def stored() -> list[str]:
        return [link.token_hash for link in await Link.all()]

    token = token_in(portal.link())
    assert portal.run(stored) == [hashlib.sha256(token.encode()).hexdigest()]


# Guesses


async def _at_once(portal: Portal, number: int, account: str, **headers: str) -> list[int]:
    transport = httpx2.ASGITransport(app=portal.app, client=("203.0.113.9", 1))
    async with httpx2.AsyncClient(transport=transport, base_url=portal.settings.base_url) as client:
        answers = await asyncio.gather(
            *(
                client.post(
                    "/account/sign-in",
                    data={"contact": account.format(index), "password": f"guess number {index}"},
                    headers={"sec-fetch-site": "same-origin"} | {k: v.format(index) for k, v in headers.items()},
                )
                for index in range(number)
            )
        )
    return [answer.status_code for answer in answers]


def test_a_hundred_guesses_at_once_at_one_account_are_a_hundred_guesses(portal: Portal) -> None:
    answers = portal.run(_at_once, portal, 100, "z@example.org")
    assert answers.count(429) == 90
    assert answers.count(422) == 10


def test_guesses_at_once_from_one_network_are_all_counted(portal: Portal) -> None:
    answers = portal.run(_at_once, portal, 120, "z{0}@example.org")
    assert answers.count(429) == 20
    assert set(answers) <= {422, 429, 503}, "those who had to wait too long are told to come again"


def test_guesses_at_one_account_count_together_wherever_they_come_from_and_however_it_is_written(
    portal: Portal,
) -> None:
    spellings = ("z@example.org", "Z@Example.ORG", "  z@example.org ", "z@example.org\u200e", "\ufeffz@example.org")
    answers = [
        sign_in(portal.browser(client=f"203.0.113.{number}"), spellings[number % 3], "wrong").status_code
        for number in range(61)
    ]
    assert answers == [422] * 60 + [429]


def test_the_right_password_does_not_help_once_guessing_has_been_stopped(portal: Portal) -> None:
    with_account(portal, "z@example.org")
    for _guess in range(10):
        sign_in(portal.browser(), "z@example.org", "a wrong password")
    refused = sign_in(portal.browser(), "z@example.org")
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 600


def test_mails_to_one_address_are_limited_whoever_asks(portal: Portal) -> None:
    answers = [
        portal.browser(client=f"203.0.113.{number}")
        .post("/account/reset/request", data={"contact": "z@example.org"})
        .status_code
        for number in range(6)
    ]
    assert answers == [303] * 5 + [429]


def test_mails_from_one_network_are_limited_whomever_they_go_to(portal: Portal) -> None:
    browser = portal.browser()
    answers = [
        browser.post("/account/reset/request", data={"contact": f"z{number}@example.org"}).status_code
        for number in range(61)
    ]
    assert answers == [303] * 60 + [429]


def test_an_hour_of_guessing_at_links_is_stopped(portal: Portal) -> None:
    browser = portal.browser()
    answers = {
        browser.post("/account/reset", data={"token": f"guess-{number}", "password": "a long password"}).status_code
        for number in range(61)
    }
    assert 429 in answers


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.9", "203.0.113.9", True),
        ("203.0.113.9", "203.0.113.10", False),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:ffff::1", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("2001:db8::1", "2001:db8::2", True),
        ("2001:db8::a:b:c:d", "2001:db8::e:f:1:2", True),
        ("::ffff:203.0.113.9", "203.0.113.9", True),
    ],
)
def test_guesses_are_counted_by_network(one: str, other: str, *, same: bool) -> None:
    keys = {address(Request({"type": "http", "client": (host, 1), "headers": []})) for host in (one, other)}
    assert (len(keys) == 1) is same


# What the portal gives away


@pytest.mark.parametrize("database", DATABASES)
def test_nobody_learns_from_signing_up_who_has_an_account(tmp_path: Path, database: str) -> None:
    with fresh_portal(database, tmp_path) as running:
        with_account(running, "known@example.org")
        known = sign_up(running.browser(), "known@example.org")
        unknown = sign_up(running.browser(), "unknown@example.org")
    assert shape(known) == shape(unknown)


@pytest.mark.parametrize("database", DATABASES)
def test_nobody_learns_from_asking_for_a_new_password_who_has_an_account(tmp_path: Path, database: str) -> None:
    with fresh_portal(database, tmp_path) as running:
        with_account(running, "known@example.org")
        known = running.browser().post("/account/reset/request", data={"contact": "known@example.org"})
        unknown = running.browser().post("/account/reset/request", data={"contact": "unknown@example.org"})
    assert shape(known) == shape(unknown)


def test_nobody_learns_from_signing_in_who_has_an_account(portal: Portal) -> None:
    with_account(portal, "known@example.org")
    sign_up(portal.browser(), "unconfirmed@example.org")
    answers = [
        sign_in(portal.browser(), email, "not the password")
        for email in ("known@example.org", "unknown@example.org", "unconfirmed@example.org")
    ]
    answers.append(sign_in(portal.browser(), "unconfirmed@example.org"))
    bodies = {re.sub(r"[a-z]+@example\.org", "", answer.text) for answer in answers}
    assert {answer.status_code for answer in answers} == {422}
    assert len(bodies) == 1


def shape(answer: httpx2.Response) -> tuple[object, ...]:
    """Everything of an answer that could tell two accounts apart."""
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, sorted(headers.items()), answer.text


# Sizes


@pytest.mark.parametrize("path", ["/preferences", "/account/sign-in", "/account/sign-up", "/account/reset"])
def test_five_megabytes_in_a_form_are_refused(portal: Portal, path: str) -> None:
    answer = portal.browser().post(path, data={"name": "x" * 5_000_000, "contact": "z@example.org"})
    assert answer.status_code == 413


def test_a_body_that_does_not_say_its_size_is_refused_too(portal: Portal) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"name="
        for _chunk in range(80):
            yield b"x" * 65_536

    answer = portal.browser().post(
        "/account/sign-up", content=chunks(), headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 413


def test_too_large_a_request_is_explained_like_everything_else(portal: Portal) -> None:
    answer = portal.browser(accept_language="en").post("/preferences", data={"theme": "x" * 5_000_000})
    assert answer.status_code == 413
    assert "<html" in answer.text
    assert "content-security-policy" in answer.headers


def test_a_form_with_thousands_of_fields_is_refused(portal: Portal) -> None:
    data = {f"field{number}": "x" for number in range(5_000)}
    assert portal.browser().post("/preferences", data=data).status_code in {400, 413}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data"),
        (b'{"theme": "dark"}', "application/json"),
        (b"%ff%fe=%00&&&==", "application/x-www-form-urlencoded"),
        (b"\xff\xfe\x00", "application/x-www-form-urlencoded; charset=utf-7"),
    ],
)
def test_a_broken_form_is_no_fault_of_the_portal(portal: Portal, body: bytes, kind: str) -> None:
    for path in ("/preferences", "/account/sign-in", "/account/confirm"):
        answer = portal.browser().post(path, content=body, headers={"content-type": kind})
        assert answer.status_code < 500
