"""Passkeys: made, shown, refused when anything about them is not as it should be."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from app import clock
from app.accounts import passkeys as rules
from app.accounts.actions import passkeys as actions
from app.accounts.models import Ceremony, Passkey, Person, Session
from app.accounts.passkeys import Site
from app.forms import Invalid
from tests.app.authenticator import PRESENT, KeyRing
from tests.app.portal import DATABASES, Portal, fresh_portal, production, with_account, words
from tests.app.test_sessions import age_proofs
from tests.app.test_totp import told, turned_on, verbs

EMAIL = "zainab@example.org"
ADDRESS = "http://localhost:8000"
NEW, MAKE = "/account/passkeys/new/challenge", "/account/passkeys/make"
ASK, ENTER = "/account/sign-in/passkey/challenge", "/account/sign-in/passkey"
ASK_AGAIN, AGAIN = "/account/again/passkey/challenge", "/account/again/passkey"
JSON = {"accept": "application/json"}


@pytest.fixture(params=DATABASES)
def portal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal(request.param, tmp_path, base_url=ADDRESS) as running:
        yield running


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Portal]:
    """A portal on SQLite, where the database makes no difference."""
    with fresh_portal("sqlite", tmp_path, base_url=ADDRESS) as running:
        yield running


def post(browser: TestClient, path: str, values: Any = None) -> httpx2.Response:
    """What the script sends."""
    return browser.post(path, json=values if values is not None else {}, headers=JSON)


def challenge(browser: TestClient, path: str = ASK) -> tuple[str, dict[str, Any]]:
    answer = post(browser, path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    told_ = answer.json()
    return told_["token"], told_["options"]


def with_passkey(portal: Portal, email: str = EMAIL, **more: Any) -> tuple[TestClient, KeyRing]:
    """Somebody with an account and a passkey."""
    owner = with_account(portal, email)
    ring = KeyRing(**more)
    assert add(owner, ring).status_code == 201
    return owner, ring


def add(owner: TestClient, ring: KeyRing, name: str = "هاتفي") -> httpx2.Response:
    token, options = challenge(owner, NEW)
    return post(owner, MAKE, {"token": token, "credential": ring.make(options), "name": name})


def enter(browser: TestClient, ring: KeyRing, **more: Any) -> httpx2.Response:
    token, options = challenge(browser)
    return post(browser, ENTER, {"token": token, "credential": ring.show(options), **more})


def test_a_person_adds_a_passkey_and_signs_in_with_nothing_typed(portal: Portal) -> None:
    owner, ring = with_passkey(portal)
    assert "هاتفي" in owner.get("/account/passkeys").text
    browser = portal.browser()
    answer = enter(browser, ring, next="/agencies")
    assert answer.json() == {"location": "/agencies"}
    assert browser.get("/account").status_code == 200
    assert browser.get("/account/passkeys/new").status_code == 200, "a passkey is a proof at once"
    assert "passkey_added" in verbs(portal)
    assert told(portal)[0] == "A passkey was added to your account"


def test_the_browser_is_asked_to_verify_its_holder_and_to_keep_the_key(small: Portal) -> None:
    owner, _ring = with_passkey(small)
    _token, options = challenge(owner, NEW)
    assert options["rp"]["id"] == "localhost"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert len(options["excludeCredentials"]) == 1
    assert EMAIL not in options["user"]["id"]
    _token, options = challenge(small.browser())
    assert options["userVerification"] == "required"
    assert not options.get("allowCredentials"), "nobody has said yet who they are"


def test_a_passkey_counts_as_both_factors(small: Portal) -> None:
    owner, ring = with_passkey(small)
    turned_on(owner)
    browser = small.browser()
    assert enter(browser, ring).json() == {"location": "/account"}
    assert browser.get("/account").status_code == 200


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_nobody_is_sent_elsewhere_after_signing_in_with_a_passkey(small: Portal, target: str) -> None:
    _owner, ring = with_passkey(small)
    assert enter(small.browser(), ring, next=target).json() == {"location": "/account"}


def test_the_host_of_a_request_changes_nothing(small: Portal) -> None:
    _owner, ring = with_passkey(small)
    stranger = small.browser(address="http://evil.example")
    token, options = challenge(stranger)
    assert options["rpId"] == "localhost"
    ring.origin, ring.host = "http://evil.example", "evil.example"
    assert post(stranger, ENTER, {"token": token, "credential": ring.show(options)}).status_code == 422


@pytest.mark.parametrize(
    "lie",
    [
        {"origin": "http://evil.example"},
        {"origin": "http://localhost:8001"},
        {"origin": "https://localhost:8000"},
        {"host": "evil.example"},
        {"user_handle": b"somebody else"},
        {"user_handle": None},
        {"identifier": b"unknown here"},
    ],
    ids=["another site", "another port", "another scheme", "another host", "another person", "nobody", "another key"],
)
def test_an_answer_that_is_not_for_us_or_not_of_its_person_is_refused(small: Portal, lie: dict[str, Any]) -> None:
    _owner, ring = with_passkey(small)
    for name, value in lie.items():
        setattr(ring, name, value)
    browser = small.browser()
    answer = enter(browser, ring)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert browser.get("/account").status_code == 303


def test_who_was_not_verified_by_the_device_is_refused(small: Portal) -> None:
    owner, ring = with_passkey(small)
    token, options = challenge(small.browser())
    answer = post(small.browser(), ENTER, {"token": token, "credential": ring.show(options, flags=PRESENT)})
    assert answer.status_code == 422
    token, options = challenge(owner, NEW)
    made = KeyRing().make(options, flags=PRESENT)
    assert post(owner, MAKE, {"token": token, "credential": made, "name": "x"}).status_code == 422


def test_a_foreign_signature_is_refused(small: Portal) -> None:
    _owner, ring = with_passkey(small)
    thief = KeyRing(identifier=ring.identifier, user_handle=ring.user_handle, count=10)
    assert enter(small.browser(), thief).status_code == 422


def test_a_challenge_is_used_once_whatever_became_of_it(portal: Portal) -> None:
    _owner, ring = with_passkey(portal)
    browser = portal.browser()
    token, options = challenge(browser)
    good = {"token": token, "credential": ring.show(options)}
    assert post(browser, ENTER, good).status_code == 200
    good["credential"] = ring.show(options)
    assert post(portal.browser(), ENTER, good).status_code == 422
    token, options = challenge(browser)
    ring.origin = "http://evil.example"
    assert post(browser, ENTER, {"token": token, "credential": ring.show(options)}).status_code == 422
    ring.origin = ADDRESS
    assert post(browser, ENTER, {"token": token, "credential": ring.show(options)}).status_code == 422


def test_one_answer_sent_by_many_at_once_lets_one_in(portal: Portal) -> None:
    _owner, ring = with_passkey(portal)
    token, options = challenge(portal.browser())
    answers = [ring.show(options) for _answer in range(6)]
    site = Site("localhost", ADDRESS, "Sawtuna")

    async def all_at_once() -> list[object]:
        tries = (
            actions.enter(site, portal.settings.key, token=token, credential=answer, now=clock.now())
            for answer in answers
        )
        return list(await asyncio.gather(*tries, return_exceptions=True))

    results = portal.run(all_at_once)
    assert sum(isinstance(result, Person) for result in results) == 1
    assert sum(isinstance(result, Invalid) for result in results) == 5


def test_a_challenge_holds_for_five_minutes_and_for_what_it_was_made_for(small: Portal) -> None:
    owner, ring = with_passkey(small)
    browser = small.browser()
    token, options = challenge(owner, ASK_AGAIN)
    assert post(browser, ENTER, {"token": token, "credential": ring.show(options)}).status_code == 422
    token, options = challenge(browser)
    assert post(owner, AGAIN, {"token": token, "credential": ring.show(options)}).status_code == 422
    token, options = challenge(browser)

    async def age() -> None:
        for row in await Ceremony.filter(used_at=None):
            assert row.expires_at <= clock.now() + actions.LIFETIME
            await Ceremony.filter(token_hash=row.token_hash).update(expires_at=row.expires_at - actions.LIFETIME)

    small.run(age)
    assert post(browser, ENTER, {"token": token, "credential": ring.show(options)}).status_code == 422


def test_a_counter_that_goes_back_is_refused_noted_and_told(portal: Portal) -> None:
    _owner, ring = with_passkey(portal)
    for _times in range(3):
        assert enter(portal.browser(), ring).status_code == 200
    ring.count -= 2
    browser = portal.browser()
    assert enter(browser, ring).status_code == 422
    assert browser.get("/account").status_code == 303
    assert verbs(portal)[-1] == "passkey_refused"
    assert told(portal)[-1] == "A passkey was refused"


def test_a_counter_that_stops_is_refused_and_one_that_never_counts_is_not(small: Portal) -> None:
    _owner, ring = with_passkey(small, counts=False)
    for _times in range(2):
        assert enter(small.browser(), ring).status_code == 200
    ring.count = 5
    assert enter(small.browser(), ring).status_code == 200
    ring.count = 0
    assert enter(small.browser(), ring).status_code == 422


def test_a_passkey_proves_again_and_gives_the_session_a_new_token(portal: Portal) -> None:
    owner, ring = with_passkey(portal)
    age_proofs(portal)
    planted = owner.cookies["sawtuna"]
    assert "data-passkey" in owner.get("/account/again?next=/account/passkeys/new").text
    token, options = challenge(owner, ASK_AGAIN)
    assert len(options["allowCredentials"]) == 1
    answer = post(owner, AGAIN, {"token": token, "credential": ring.show(options), "next": "/account/passkeys/new"})
    assert answer.json() == {"location": "/account/passkeys/new"}
    assert owner.get("/account/passkeys/new").status_code == 200
    thief = portal.browser()
    thief.cookies.set("sawtuna", planted)
    assert thief.get("/account").status_code == 303


def test_somebody_else_s_passkey_proves_nothing(small: Portal) -> None:
    owner, _ring = with_passkey(small)
    _thief, foreign = with_passkey(small, "thief@example.org")
    age_proofs(small)
    token, options = challenge(owner, ASK_AGAIN)
    assert post(owner, AGAIN, {"token": token, "credential": foreign.show(options)}).status_code == 422
    assert owner.get("/account/passkeys/new").status_code == 303


def test_adding_and_removing_need_a_fresh_proof(small: Portal) -> None:
    owner, _ring = with_passkey(small)
    age_proofs(small)
    assert owner.get("/account/passkeys/new").headers["location"].startswith("/account/again?next=")
    assert post(owner, NEW).status_code == 403
    assert post(owner, MAKE, {"token": "x" * 43, "credential": {}, "name": "x"}).status_code == 403
    [handle] = handles(small)
    assert owner.post(f"/account/passkeys/{handle}/remove").headers["location"].startswith("/account/again?next=")
    assert handles(small) == [handle]


def handles(portal: Portal) -> list[str]:
    async def read() -> list[str]:
        return [rules.short(row.credential_id) for row in await Passkey.all()]

    return portal.run(read)


def test_a_passkey_is_renamed_and_removed_by_its_person_only(small: Portal) -> None:
    owner, ring = with_passkey(small)
    [handle] = handles(small)
    page = f"/account/passkeys/{handle}"
    thief = with_account(small, "thief@example.org")
    assert thief.get(page).status_code == 404
    assert thief.post(page, data={"name": "mine"}).status_code == 404
    thief.post(f"{page}/remove")
    assert owner.post(page, data={"name": " "}).status_code == 422
    assert owner.post(page, data={"name": "<b>My phone</b>"}).status_code == 303
    assert "My phone" in words(owner.get("/account/passkeys").text)
    assert "<b>My phone" not in owner.get("/account/passkeys").text
    assert owner.get(f"{page}/remove").status_code == 200
    for _click in range(2):
        assert owner.post(f"{page}/remove").headers["location"] == "/account/passkeys"
    assert enter(small.browser(), ring).status_code == 422
    assert verbs(small)[-2:] == ["passkey_renamed", "passkey_removed"]
    assert told(small)[-1] == "A passkey was removed from your account"


def test_one_passkey_belongs_to_one_person(small: Portal) -> None:
    _owner, ring = with_passkey(small)
    thief = with_account(small, "thief@example.org")
    assert add(thief, ring).status_code == 422


def test_there_is_an_end_to_passkeys(small: Portal) -> None:
    owner = with_account(small, EMAIL)
    person = small.people()[0]

    async def many() -> None:
        for number in range(rules.MOST):
            await Passkey.create(
                credential_id=f"key{number}", person=person, public_key="", name="x", created_at=clock.now()
            )

    small.run(many)
    assert post(owner, NEW).status_code == 422


def test_a_blocked_or_unconfirmed_person_does_not_get_in(small: Portal) -> None:
    _owner, ring = with_passkey(small)
    for change in ({"blocked_at": clock.now()}, {"blocked_at": None, "confirmed_at": None}):

        async def apply(values: dict[str, Any] = change) -> None:
            await Person.all().update(**values)

        small.run(apply)
        assert enter(small.browser(), ring).status_code == 422


HOSTILE: list[Any] = [
    {},
    {"id": "", "rawId": "", "type": "public-key", "response": {}},
    {"id": 1, "rawId": [], "type": {}, "response": "x"},
    {"id": "é", "rawId": "é", "type": "public-key", "response": {"clientDataJSON": "é", "attestationObject": "é"}},
    {
        "id": "AQID",
        "rawId": "AQID",
        "type": "public-key",
        "response": dict.fromkeys(["clientDataJSON", "attestationObject", "authenticatorData", "signature"], "AQID"),
    },
    {
        "id": "AQID",
        "rawId": "AQID",
        "type": "public-key",
        "response": {"clientDataJSON": "W10", "attestationObject": "oA", "authenticatorData": "", "signature": ""},
    },
    {"id": "A" * 5000, "rawId": "A" * 5000, "type": "public-key", "response": {"clientDataJSON": "bnVsbA"}},
]


def test_a_hostile_answer_is_refused_and_no_fault(small: Portal) -> None:
    owner = with_account(small, EMAIL)
    for credential in HOSTILE:
        token, _options = challenge(owner, NEW)
        made = post(owner, MAKE, {"token": token, "credential": credential, "name": "x"})
        token, _options = challenge(owner)
        shown = post(small.browser(), ENTER, {"token": token, "credential": credential})
        assert (made.status_code, shown.status_code) == (422, 422), credential
    for values in ([], "x", 1, None, {"token": "x", "credential": {}}, {"token": "x" * 43, "credential": []}, {}):
        body = json.dumps(values)
        answer = small.browser().post(ENTER, content=body, headers={**JSON, "content-type": "application/json"})
        assert answer.status_code in {400, 422}, values
    for body in (b"", b"{", b"\xff", b"[" * 50_000):
        answer = small.browser().post(ENTER, content=body, headers={**JSON, "content-type": "application/json"})
        assert answer.status_code == 400
    assert small.browser().post(ENTER, data={"token": "x"}, headers=JSON).status_code == 415


def test_at_a_bare_address_there_are_no_passkeys_and_the_page_says_so(tmp_path: Path) -> None:
    with fresh_portal("sqlite", tmp_path) as running:
        owner = with_account(running, EMAIL)
        page = owner.get("/account/passkeys?lang=en").text
        assert "Passkeys do not work at this address" in page
        assert 'href="/account/passkeys/new"' not in page
        assert "data-passkey" not in owner.get("/account/passkeys/new").text
        assert "data-passkey" not in running.browser().get("/account/sign-in").text
        assert post(running.browser(), ASK).status_code == 404


def test_the_sign_in_page_offers_passkeys_where_they_work(small: Portal) -> None:
    page = small.browser().get("/account/sign-in?next=/agencies").text
    assert f'data-answer="{ENTER}"' in page
    assert 'data-next="/agencies"' in page


def test_over_https_the_session_of_a_passkey_is_as_well_kept_as_others(tmp_path: Path) -> None:
    with production("sqlite", tmp_path, base_url="https://voice.example") as running:
        _owner, ring = with_passkey(running, origin="https://voice.example", host="voice.example")
        cookie = enter(running.browser(), ring).headers["set-cookie"]
        assert cookie.startswith("__Host-sawtuna=")
        assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(cookie.split("; "))


def test_a_planted_session_is_not_taken_over_by_a_passkey(small: Portal) -> None:
    _owner, ring = with_passkey(small)
    thief = with_account(small, "thief@example.org")
    planted = thief.cookies["sawtuna"]
    assert enter(thief, ring).status_code == 200
    assert thief.cookies["sawtuna"] != planted

    async def left() -> set[str]:
        return {row.person.email or "" for row in await Session.all().select_related("person")}

    assert small.run(left) == {EMAIL}
