"""Write first, sign in at submit: nothing typed is lost, and nobody sends what somebody else wrote."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.testclient import TestClient

from app import clock
from app.access import KEPT_UNSIGNED, Guarded
from app.accounts import drafts, passwords
from app.accounts.actions import drafts as actions
from app.accounts.models import Draft, Person, Session
from app.policy import Act, Level
from tests.app.people import enter
from tests.app.portal import DATABASES, PASSWORD, Portal, fresh_portal, production, sign_in, words

EMAIL, OTHER = "zainab@example.org", "omar@example.org"
WRITTEN = {"text": "الماء مقطوع\nمنذ يومين", "where": ["الشارع ١", "الشارع ٢"], "empty": ""}
WRITE = Act("test.write", "Write to us", signed_in=True)
HIGHER = Act("test.higher", "Write as somebody known", signed_in=True, level=Level.REGISTER)
FRESH = Act("test.fresh", "Write with a fresh proof", signed_in=True, proof=True)


@dataclass
class Desk:
    """A form of a feature, as far as drafts are concerned."""

    portal: Portal
    received: list[list[tuple[str, Any]]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    wait: float = 0

    async def write(self, request: Request) -> Response:
        form = await request.form(max_files=20, max_fields=200)
        await asyncio.sleep(self.wait)
        status = self.answers.pop(0) if self.answers else 303
        if status == 500:
            raise RuntimeError("a fault")
        if status >= 400:
            return PlainTextResponse("look again", status)
        self.received.append([(name, getattr(value, "filename", value)) for name, value in form.multi_items()])
        await form.close()
        return RedirectResponse("/", status)


def with_desk(portal: Portal) -> Desk:
    desk = Desk(portal)
    for name, act in (("write", WRITE), ("higher", HIGHER), ("fresh", FRESH)):
        route = Guarded(f"/test/{name}", desk.write, name=f"test:{name}", act=act, methods=["POST"])
        portal.app.router.routes.insert(0, route)
    return desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with fresh_portal("sqlite", tmp_path) as portal:
        yield with_desk(portal)


@pytest.fixture(params=DATABASES)
def busy(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """The same on both databases, for races."""
    with fresh_portal(request.param, tmp_path) as portal:
        yield with_desk(portal)


def kept(portal: Portal) -> list[Draft]:
    async def read() -> list[Draft]:
        return await Draft.all().order_by("id")

    return portal.run(read)


def way_on(answer: httpx2.Response) -> str:
    """Path of the page on which a draft waits, out of the address that asks to sign in."""
    found = re.search(r"next=(%2Fcontinue%2F[\w-]{43})", answer.headers["location"])
    assert found, answer.headers["location"]
    return found[1].replace("%2F", "/")


def form_of(page: str) -> tuple[str, list[tuple[str, str]]]:
    """Where the form of a draft's page goes, and everything in it."""
    form = re.search(r'(?s)<form[^>]* action="([^"]*)" id="draft".*?</form>', page)
    assert form, words(page)
    inputs = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form[0])
    return unescape(form[1]), [(unescape(name), unescape(value)) for name, value in inputs]


def post(browser: TestClient, path: str, pairs: list[tuple[str, str]]) -> httpx2.Response:
    data: dict[str, list[str]] = {}
    for name, value in pairs:
        data.setdefault(name, []).append(value)
    return browser.post(path, data=data)


@cache
def stored_password() -> str:
    """Computed once: it is slow on purpose."""
    return asyncio.run(passwords.hashed(PASSWORD))


def account(desk: Desk, email: str = EMAIL) -> int:
    """Somebody who can sign in; their number."""
    stored = stored_password()

    async def make() -> int:
        now = clock.now()
        return (await Person.create(email=email, name="زينب", password=stored, created_at=now, confirmed_at=now)).id

    return desk.portal.run(make)


def signed_in(desk: Desk, email: str = EMAIL) -> TestClient:
    """Somebody who is in."""
    browser = desk.portal.browser()
    enter(desk.portal, browser, account(desk, email), proven=False)
    return browser


# Written, signed in, sent


def test_what_was_written_before_signing_in_is_sent_afterwards_whole(desk: Desk) -> None:
    account(desk)
    browser = desk.portal.browser()
    answer = browser.post("/test/write?from=home", data=WRITTEN)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/account/sign-in?next=")
    place = way_on(answer)
    assert "/account/sign-in" in browser.get(place).headers["location"], "nobody reads a draft without signing in"

    arrived = sign_in(browser, EMAIL, next=place)
    assert arrived.headers["location"] == place
    page = browser.get(place)
    assert page.headers["cache-control"] == "no-store"
    assert "الشارع ٢" in words(page.text)
    target, pairs = form_of(page.text)
    assert target.startswith("/test/write?from=home&draft=")
    assert pairs == [
        ("text", "الماء مقطوع\nمنذ يومين"),
        ("where", "الشارع ١"),
        ("where", "الشارع ٢"),
        ("empty", ""),
    ]
    assert desk.received == []
    assert post(browser, target, pairs).headers["location"] == "/"
    assert desk.received == [pairs]
    (row,) = kept(desk.portal)
    assert (row.values, row.files) == ({}, []), "nothing of it is left here"
    assert "/account/drafts/" not in browser.get("/account").text


def test_a_session_that_ran_out_while_somebody_wrote_loses_nothing(desk: Desk) -> None:
    browser = signed_in(desk)

    async def run_out() -> None:
        await Session.all().update(expires_at=clock.now() - timedelta(seconds=1))

    desk.portal.run(run_out)
    place = way_on(browser.post("/test/write", data=WRITTEN))
    sign_in(browser, EMAIL)
    target, pairs = form_of(browser.get(place).text)
    post(browser, target, pairs)
    assert len(desk.received) == 1


@pytest.mark.parametrize(("form", "way"), [("higher", "/account/level?"), ("fresh", "/account/again?")])
def test_who_must_prove_more_finds_the_draft_on_the_own_page(desk: Desk, form: str, way: str) -> None:
    browser = signed_in(desk)

    answer = browser.post(f"/test/{form}", data=WRITTEN)
    assert answer.headers["location"].startswith(way)
    assert way_on(answer)
    assert browser.cookies.get("sawtuna-draft") is None, "it is the person's, whatever browser they use"
    own = browser.get("/account").text
    found = re.search(r'href="(/account/drafts/\d+)"', own)
    assert found
    target, pairs = form_of(browser.get(found[1]).text)
    assert ("where", "الشارع ٢") in pairs
    again = post(browser, target, pairs)
    assert found[1].replace("/", "%2F") in again.headers["location"], "the same draft, not a second one"
    assert len(kept(desk.portal)) == 1
    assert desk.received == []


def test_a_form_that_is_refused_keeps_its_draft_until_the_corrected_one_is_sent(desk: Desk) -> None:
    account(desk)
    browser = desk.portal.browser()
    place = way_on(browser.post("/test/write", data=WRITTEN))
    sign_in(browser, EMAIL)
    target, pairs = form_of(browser.get(place).text)
    desk.answers = [422, 422]
    assert post(browser, target, pairs).status_code == 422
    assert form_of(browser.get(place).text)[1] == pairs
    reference = target.partition("draft=")[2]
    assert post(browser, "/test/write", [*pairs, ("draft", reference)]).status_code == 422
    assert post(browser, "/test/write", [("text", "corrected"), ("draft", reference)]).status_code == 303
    assert kept(desk.portal)[0].sent_at is not None


def test_a_refused_form_of_ours_says_which_draft_it_was(desk: Desk) -> None:
    browser = desk.portal.browser()
    place = way_on(browser.post("/account/details", data={"name": "x" * 201, "language": "ar"}))
    account(desk)
    sign_in(browser, EMAIL)
    target, pairs = form_of(browser.get(place).text)
    refused = post(browser, target, pairs)
    assert refused.status_code == 422
    assert f'name="draft" value="{place.rpartition("/")[2]}"' in refused.text
    assert "x" * 201 in refused.text


def test_a_fault_while_sending_leaves_the_draft_to_be_sent_again(desk: Desk) -> None:
    account(desk)
    browser = desk.portal.browser()
    place = way_on(browser.post("/test/write", data=WRITTEN))
    sign_in(browser, EMAIL)
    target, pairs = form_of(browser.get(place).text)
    desk.answers = [500]
    assert post(browser, target, pairs).status_code == 500
    assert post(browser, target, pairs).status_code == 303
    assert len(desk.received) == 1


# Whose it is


def test_a_link_to_a_draft_opens_in_no_other_browser_before_anybody_signs_in(desk: Desk) -> None:
    place = way_on(desk.portal.browser().post("/test/write", data={"text": "an attacker's words"}))
    victim = signed_in(desk)
    page = victim.get(place)
    assert page.status_code == 404
    assert "an attacker's words" not in unescape(page.text)
    assert kept(desk.portal)[0].browser_hash, "nor is it given to who opened the link"


def test_a_draft_bound_to_a_person_is_nobody_elses_not_even_in_the_same_browser(desk: Desk) -> None:
    account(desk)
    account(desk, OTHER)
    browser = desk.portal.browser()
    place = way_on(browser.post("/test/write", data=WRITTEN))
    planted = browser.cookies["sawtuna-draft"]
    sign_in(browser, EMAIL)
    assert browser.cookies.get("sawtuna-draft") is None
    browser.post("/account/sign-out")
    sign_in(browser, OTHER)
    browser.cookies.set("sawtuna-draft", planted)
    assert browser.get(place).status_code == 404
    number = kept(desk.portal)[0].id
    assert browser.get(f"/account/drafts/{number}").status_code == 404
    assert browser.post(f"/account/drafts/{number}/delete").status_code == 404
    post(browser, f"/test/write?draft={number}", [("text", "mine")])
    assert kept(desk.portal)[0].sent_at is None, "whoever sends another form does not empty it"


def test_who_signed_in_elsewhere_finds_it_once_the_browser_comes_back(desk: Desk) -> None:
    browser = signed_in(desk)
    session = browser.cookies["sawtuna"]
    browser.cookies.clear()
    place = way_on(browser.post("/test/write", data=WRITTEN))
    browser.cookies.set("sawtuna", session)
    assert browser.get(place).status_code == 200
    assert kept(desk.portal)[0].browser_hash == ""


def test_the_cookie_of_a_draft_is_out_of_reach_for_scripts_and_other_hosts(tmp_path: Path) -> None:
    with production("sqlite", tmp_path) as portal:
        with_desk(portal)
        cookie = portal.browser().post("/test/write", data=WRITTEN).headers["set-cookie"]
    assert cookie.startswith("__Host-sawtuna-draft=")
    for part in ("HttpOnly", "Secure", "Path=/", "SameSite=lax", "Max-Age=172800"):
        assert part in cookie


@pytest.mark.parametrize("reference", ["a" * 43, "a" * 42, "0", "9" * 30, "%00"])
def test_made_up_references_open_nothing(desk: Desk, reference: str) -> None:
    assert signed_in(desk).get(f"/continue/{reference}").status_code == 404


# What is kept, and what is not


def test_secrets_and_files_are_not_kept_and_the_file_is_asked_for_again(desk: Desk) -> None:
    browser = desk.portal.browser()
    secrets = ("password", "new_password", "Code", "csrf_token", "secret", "national_number", "birth_date", "draft")
    answer = browser.post(
        "/test/write",
        data=dict.fromkeys(secrets, "hidden") | {"text": "open"},
        files={"attachment": ("plan.pdf", b"%PDF-1.7", "application/pdf")},
    )
    (row,) = kept(desk.portal)
    assert row.values == {"text": ["open"]}
    assert row.files == ["attachment"]
    account(desk)
    sign_in(browser, EMAIL)
    page = browser.get(way_on(answer)).text
    assert 'enctype="multipart/form-data"' in page
    assert 'type="file"' in page
    target, pairs = form_of(page)
    sent = browser.post(target, data=dict(pairs), files={"attachment": ("again.pdf", b"%PDF-1.7", "application/pdf")})
    assert sent.status_code == 303
    assert desk.received == [[("text", "open"), ("attachment", "again.pdf")]]


def test_what_was_written_is_shown_as_text_and_nothing_else(desk: Desk) -> None:
    browser = desk.portal.browser()
    nasty = '"><script>alert(1)</script>'
    answer = browser.post("/test/write", data={nasty: nasty, "text": nasty})
    account(desk)
    sign_in(browser, EMAIL)
    page = browser.get(way_on(answer)).text
    assert "<script>alert" not in page
    assert (nasty, nasty) in form_of(page)[1]


def test_a_huge_form_is_kept_up_to_a_limit(desk: Desk) -> None:
    browser = desk.portal.browser()
    large = "n" * (drafts.MOST_KEPT - 100)
    place = way_on(browser.post("/test/write", data={"text": large}))
    assert browser.post("/test/write", data={"text": large + "n" * 200}).status_code == 413
    account(desk)
    sign_in(browser, EMAIL)
    target, pairs = form_of(browser.get(place).text)
    assert pairs == [("text", large)]
    assert post(browser, target, pairs).status_code == 303


def test_one_address_cannot_fill_the_table(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.access.KEPT_UNSIGNED", type(KEPT_UNSIGNED)(KEPT_UNSIGNED.name, "3/hour"))
    browser = desk.portal.browser()
    answers = [browser.post("/test/write", data={"text": str(number)}).status_code for number in range(5)]
    assert answers == [303, 303, 303, 429, 429]


def test_signs_that_a_database_cannot_store_do_no_harm(busy: Desk) -> None:
    answer = busy.portal.browser().post("/test/write", data={"te\0xt": "a\0b\ufffe\u202e"})
    assert answer.status_code == 303
    assert kept(busy.portal)[0].values == {"text": ["ab\ufffe\u202e"]}


def test_programs_are_told_so_and_leave_no_drafts(desk: Desk) -> None:
    answer = desk.portal.program(accept="application/json").post("/test/write", data=WRITTEN)
    assert answer.status_code == 401
    assert kept(desk.portal) == []


# How long, and how often


def test_drafts_go_when_their_time_is_over(desk: Desk) -> None:
    browser = desk.portal.browser()
    place = way_on(browser.post("/test/write", data=WRITTEN))
    (row,) = kept(desk.portal)
    assert row.expires_at - row.saved_at == timedelta(days=2), "others may use the browser"
    account(desk)
    sign_in(browser, EMAIL)
    (row,) = kept(desk.portal)
    assert timedelta(days=29) < row.expires_at - row.saved_at < timedelta(days=31)

    async def let_pass(by: timedelta) -> None:
        for one in await Draft.all():
            one.expires_at -= by
            await one.save()

    desk.portal.run(let_pass, timedelta(days=30, minutes=1))
    assert browser.get(place).status_code == 404
    assert f"/account/drafts/{row.id}" not in browser.get("/account").text
    desk.portal.run(actions.forget_old, clock.now())
    assert kept(desk.portal) == []


def test_a_draft_is_thrown_away_once(desk: Desk) -> None:
    browser = desk.portal.browser()
    place = way_on(browser.post("/test/write", data=WRITTEN))
    account(desk)
    sign_in(browser, EMAIL)
    number = kept(desk.portal)[0].id
    assert browser.post(f"/account/drafts/{number}/delete").headers["location"] == "/account#drafts"
    assert kept(desk.portal) == []
    assert browser.post(f"/account/drafts/{number}/delete").status_code == 404
    assert browser.get(place).status_code == 404


def test_a_second_click_without_signing_in_leaves_one_draft(desk: Desk) -> None:
    browser = desk.portal.browser()
    for _click in range(3):
        place = way_on(browser.post("/test/write", data=WRITTEN))
    assert len(kept(desk.portal)) == 1
    account(desk)
    sign_in(browser, EMAIL)
    assert browser.get(place).status_code == 200


async def at_once(desk: Desk, path: str, cookie: str, times: int) -> list[str]:
    async def one() -> str:
        transport = httpx2.ASGITransport(app=desk.portal.app)
        async with httpx2.AsyncClient(transport=transport, base_url=desk.portal.settings.base_url) as client:
            headers = {"sec-fetch-site": "same-origin", "cookie": f"sawtuna={cookie}"}
            return (await client.post(path, data={"text": "once"}, headers=headers)).headers["location"]

    return list(await asyncio.gather(*(one() for _time in range(times))))


def test_a_draft_sent_by_several_clicks_at_once_is_sent_once(busy: Desk) -> None:
    browser = busy.portal.browser()
    place = way_on(browser.post("/test/write", data={"text": "once"}))
    account(busy)
    sign_in(browser, EMAIL)
    target, _pairs = form_of(browser.get(place).text)
    busy.wait = 0.2
    answers = busy.portal.run(at_once, busy, target, browser.cookies["sawtuna"], 5)
    assert sorted(answers) == sorted(["/", *[place] * 4])
    assert len(busy.received) == 1
    page = browser.get(place)
    assert page.status_code == 200
    assert 'id="draft"' not in page.text, "it says that it was sent"
    post(browser, target, [("text", "once")])
    assert len(busy.received) == 1


def test_two_who_sign_in_at_once_with_one_browsers_cookie_do_not_both_get_the_draft(busy: Desk) -> None:
    browser = busy.portal.browser()
    browser.post("/test/write", data=WRITTEN)
    account(busy)
    account(busy, OTHER)
    (row,) = kept(busy.portal)
    people = busy.portal.people()

    async def both(now: datetime) -> list[int]:
        return list(await asyncio.gather(*(actions.bind(row.browser_hash, person.id, now) for person in people)))

    assert sorted(busy.portal.run(both, clock.now())) == [0, 1]


def test_one_that_died_while_sending_can_be_sent_again_after_a_while(desk: Desk) -> None:
    browser = desk.portal.browser()
    browser.post("/test/write", data=WRITTEN)
    (row,) = kept(desk.portal)
    now = clock.now()
    assert desk.portal.run(actions.claim, row, now)
    assert not desk.portal.run(actions.claim, row, now + timedelta(seconds=119))
    assert desk.portal.run(actions.claim, row, now + timedelta(seconds=121))
