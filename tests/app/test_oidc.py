"""Signing in with another provider's identity: against a real provider, honest and not."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from joserfc.jwk import RSAKey

from app.accounts.models import Ceremony, Identity, Session
from app.accounts.oidc import email_in, name_in
from tests.app.portal import DATABASES, Portal, confirm, fresh_portal, sign_in, sign_up, token_in, with_account
from tests.app.provider import (
    CLIENT,
    SECRET,
    Provider,
    Twist,
    asked_of,
    come_back,
    later,
    leave,
    provider,
    reason,
    visit,
)

# The provider stands on a part of Authlib that will change.
pytestmark = pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")

EMAIL = "zainab@example.org"
KNOWN = {"name": "زينب الخالدي", "email": EMAIL, "email_verified": True}


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with provider() as made:
        yield made


@pytest.fixture
def at(running: Provider) -> Provider:
    """The provider, honest again."""
    running.twist, running.key, running.algorithm, running.discovery, running.down = None, None, "RS256", {}, False
    running.asked.clear()
    running.forms.clear()
    return running


def settings(at: Provider) -> dict[str, Any]:
    return {"oidc_issuer": at.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}


@pytest.fixture(params=DATABASES)
def portal(request: pytest.FixtureRequest, tmp_path: Path, at: Provider) -> Iterator[Portal]:
    with fresh_portal(request.param, tmp_path, **settings(at)) as made:
        yield made


@pytest.fixture
def small(tmp_path: Path, at: Provider) -> Iterator[Portal]:
    with fresh_portal("sqlite", tmp_path, **settings(at)) as made:
        yield made


def identities(portal: Portal) -> list[tuple[str, int]]:
    async def read() -> list[tuple[str, int]]:
        return [(row.subject, row.person_id) for row in await Identity.all().order_by("id")]  # type: ignore[attr-defined]

    return portal.run(read)


def is_in(browser: Any) -> bool:
    return bool(browser.get("/account").status_code == 200)


# There and back


def test_a_person_makes_an_account_with_a_verified_identity_and_comes_back_into_it(
    portal: Portal, at: Provider
) -> None:
    at.user("s-1", **KNOWN)
    browser = portal.browser(accept_language="en")
    assert "National identity" in browser.get("/account/sign-in").text
    assert visit(browser, at, "s-1").headers["location"] == "/account"
    assert is_in(browser)
    person = portal.people()[0]
    assert (person.name, person.email, person.password) == (KNOWN["name"], EMAIL, "")
    assert person.confirmed_at is not None
    again = portal.browser()
    visit(again, at, "s-1")
    assert is_in(again)
    assert identities(portal) == [("s-1", person.id)]
    assert not portal.mails() or all("token=" not in mail.body for mail in portal.mails())


def test_the_portal_asks_for_a_code_bound_to_this_browser_and_this_visit(small: Portal, at: Provider) -> None:
    browser = small.browser()
    address = leave(browser, next="/agencies")
    asked = asked_of(address)
    assert address.startswith(f"{at.issuer}/")
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == "http://127.0.0.1:8000/account/oidc/callback"
    assert asked["scope"] == "openid profile email"
    assert set(asked) >= {"state", "nonce", "code_challenge", "client_id"}
    assert SECRET not in address
    at.user("s-1", **KNOWN)
    come_back(browser, at.sign_in(address, "s-1"))
    [form] = at.forms
    digest = hashlib.sha256(form["code_verifier"][0].encode()).digest()
    assert urlsafe_b64encode(digest).decode().rstrip("=") == asked["code_challenge"]
    assert "client_secret" not in form, "the secret goes into the header"


def test_nothing_of_the_visit_can_be_used_by_who_reads_the_database(small: Portal) -> None:
    browser = small.browser()
    asked = asked_of(leave(browser))

    async def stored() -> str:
        row = await Ceremony.get()
        return f"{row.token_hash} {row.data['browser']}"

    assert asked["state"] not in small.run(stored)
    assert browser.cookies["sawtuna-oidc"] not in small.run(stored)


def test_where_one_wanted_to_go_survives_the_visit(small: Portal, at: Provider) -> None:
    at.user("s-1", **KNOWN)
    assert visit(small.browser(), at, "s-1", next="/continue/abc?x=1").headers["location"] == "/continue/abc?x=1"


def test_nobody_is_led_elsewhere_by_the_visit(small: Portal, at: Provider) -> None:
    at.user("s-1", **KNOWN)
    for wanted in ("//evil.example", "https://evil.example", "/\\evil.example", "/" + "x" * 600):
        assert visit(small.browser(), at, "s-1", next=wanted).headers["location"] == "/account", wanted


def test_a_session_from_before_is_not_carried_over(small: Portal, at: Provider) -> None:
    at.user("s-2", name="Z", email="z2@example.org", email_verified=True)
    browser = with_account(small, EMAIL)
    before = browser.cookies["sawtuna"]
    visit(browser, at, "s-2")
    assert browser.cookies["sawtuna"] != before

    async def sessions() -> int:
        return await Session.all().count()

    assert small.run(sessions) == 1


def test_without_a_provider_there_is_no_button_and_no_page(tmp_path: Path) -> None:
    with fresh_portal("sqlite", tmp_path) as plain:
        assert "/account/oidc" not in plain.browser().get("/account/sign-in").text
        assert plain.browser().get("/account/oidc").status_code == 404
        assert plain.browser().get("/account/oidc/callback").status_code == 404


# What is not believed


def without(name: str) -> Twist:
    return lambda claims: {key: value for key, value in claims.items() if key != name}


def having(**changed: Any) -> Twist:
    return lambda claims: {**claims, **changed}


FALSE: dict[str, Twist] = {
    "another issuer": having(iss="https://other.example"),
    "the issuer with a slash": lambda claims: {**claims, "iss": claims["iss"] + "/"},
    "another audience": having(aud="somebody else"),
    "no audience": having(aud=[]),
    "two audiences and no word for whom": having(aud=[CLIENT, "somebody else"]),
    "another authorized party": having(azp="somebody else"),
    "another nonce": having(nonce="of another visit"),
    "no nonce": without("nonce"),
    "a list of nonces": lambda claims: {**claims, "nonce": [claims["nonce"]]},
    "expired": lambda claims: {**claims, "exp": later(-120)},
    "never expiring": without("exp"),
    "expiring at infinity": having(exp=float("inf")),
    "from the future": lambda claims: {**claims, "iat": later(600)},
    "from long ago": lambda claims: {**claims, "iat": later(-3600)},
    "without a date": without("iat"),
    "without a subject": without("sub"),
    "an empty subject": having(sub=""),
    "a subject that is too long": having(sub="s" * 256),
    "a subject that is no text": having(sub=7),
    "no token": lambda _claims: None,
    "no token but a text": lambda _claims: "x.y.z",
}


def test_an_id_token_that_is_wrong_in_any_point_is_refused(small: Portal, at: Provider) -> None:
    at.user("s-1", **KNOWN)
    for kind, twist in FALSE.items():
        at.twist = twist
        browser = small.browser(accept_language="en")
        answer = visit(browser, at, "s-1")
        assert answer.status_code == 400, kind
        assert reason(answer.text) == "We could not believe the answer", kind
        assert not is_in(browser), kind
    assert not small.people()
    at.twist = lambda claims: claims
    assert visit(small.browser(), at, "s-1").status_code == 303, "the same way with nothing wrong leads in"


def signed_with(secret: bytes) -> Twist:
    """A token whose signature is a MAC, under a key that others know."""

    def part(value: Any) -> str:
        text = value if isinstance(value, bytes) else json.dumps(value).encode()
        return urlsafe_b64encode(text).decode().rstrip("=")

    def token(claims: dict[str, Any]) -> str:
        signed = f"{part({'alg': 'HS256'})}.{part(claims)}"
        return f"{signed}.{part(hmac.digest(secret, signed.encode(), 'sha256'))}"

    return token


def test_a_signature_by_anything_but_the_provider_s_key_is_refused(small: Portal, at: Provider) -> None:
    at.user("s-1", **KNOWN)
    public = RSAKey.import_key(httpx2.get(f"{at.issuer}/jwks").json()["keys"][0])
    ways: dict[str, tuple[Twist | None, Any]] = {
        "another key": (None, RSAKey.generate_key(2048)),
        "the portal's secret": (signed_with(SECRET.encode()), None),
        "the provider's public key as a secret": (signed_with(public.as_pem(private=False)), None),
        "no signature": (lambda _claims: "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzLTEifQ.", None),
    }
    for kind, (twist, key) in ways.items():
        at.twist, at.key = twist, key
        browser = small.browser()
        assert visit(browser, at, "s-1").status_code == 400, kind
        assert not is_in(browser), kind


@pytest.mark.parametrize(
    "discovery",
    [{"issuer": "https://other.example"}, {"token_endpoint": "ftp://x/"}, {"jwks_uri": None}, {"token_endpoint": 7}],
    ids=["another issuer", "an odd endpoint", "no keys", "no address"],
)
def test_a_provider_that_calls_itself_something_else_is_not_visited(
    small: Portal, at: Provider, discovery: dict[str, Any]
) -> None:
    at.discovery = discovery
    answer = small.browser(accept_language="en").get("/account/oidc")
    assert answer.status_code == 502
    assert reason(answer.text) == "The provider does not answer"


def test_a_provider_that_is_down_is_no_fault_of_ours(small: Portal, at: Provider) -> None:
    at.down = True
    assert small.browser().get("/account/oidc").status_code == 502
    at.down = False
    at.user("s-1", **KNOWN)
    browser = small.browser()
    back = at.sign_in(leave(browser), "s-1")
    at.down = True
    assert come_back(browser, back).status_code in {400, 502}
    assert not is_in(browser)


def test_a_state_of_another_browser_is_refused(small: Portal, at: Provider) -> None:
    at.user("s-1", **KNOWN)
    mine, other = small.browser(accept_language="en"), small.browser(accept_language="en")
    back = at.sign_in(leave(mine), "s-1")
    leave(other)
    for stranger in (other, small.browser(accept_language="en")):
        answer = come_back(stranger, back)
        assert answer.status_code == 400
        assert reason(answer.text) == "This visit is over"
        assert not is_in(stranger)
    assert come_back(mine, back).status_code == 303, "nobody else has used it up"


def test_a_state_works_once_and_for_ten_minutes(portal: Portal, at: Provider) -> None:
    at.user("s-1", **KNOWN)
    browser = portal.browser()
    back = at.sign_in(leave(browser), "s-1")
    cookie = browser.cookies["sawtuna-oidc"]
    assert come_back(browser, back).status_code == 303
    browser.cookies.set("sawtuna-oidc", cookie)
    assert come_back(browser, back).status_code == 400

    late = portal.browser()
    back = at.sign_in(leave(late), "s-1")

    async def age() -> None:
        for row in await Ceremony.all():
            row.expires_at -= timedelta(minutes=10)
            await row.save()

    portal.run(age)
    assert come_back(late, back).status_code == 400
    assert not is_in(late)


def test_an_answer_of_another_issuer_is_refused_before_the_code_is_redeemed(small: Portal, at: Provider) -> None:
    at.user("s-1", **KNOWN)
    browser = small.browser()
    back = at.sign_in(leave(browser), "s-1")
    assert come_back(browser, back + "&iss=https%3A%2F%2Fother.example").status_code == 400
    assert "/oauth2/token" not in at.asked


def test_who_does_not_agree_there_is_not_signed_in_here(small: Portal, at: Provider) -> None:
    browser = small.browser(accept_language="en")
    address = leave(browser)
    answer = come_back(browser, at.deny(address) + f"&state={asked_of(address)['state']}")
    assert answer.status_code == 400
    assert reason(answer.text) == "Not signed in there"
    assert not is_in(browser)


def test_a_made_up_answer_is_refused(small: Portal, at: Provider) -> None:
    browser = small.browser()
    state = asked_of(leave(browser))["state"]
    for query in ("", "?code=x", f"?code=made-up&state={state}x", f"?code=made-up&state={state}"):
        assert browser.get(f"/account/oidc/callback{query}").status_code == 400
    assert not small.people()
    assert at.issuer


def test_the_provider_s_new_key_is_found(small: Portal, at: Provider) -> None:
    at.user("s-1", **KNOWN)
    visit(small.browser(), at, "s-1")
    asked = at.asked.count("/jwks")
    visit(small.browser(), at, "s-1")
    assert at.asked.count("/jwks") == asked, "keys are remembered"


# Addresses


def test_an_address_that_has_an_account_is_never_enough_to_get_into_it(portal: Portal, at: Provider) -> None:
    with_account(portal, EMAIL)
    at.user("s-1", **KNOWN)
    browser = portal.browser(accept_language="en")
    answer = visit(browser, at, "s-1")
    assert answer.status_code == 409
    assert reason(answer.text) == "There is an account with your email address already"
    assert not is_in(browser)
    assert identities(portal) == []


def test_an_address_that_nobody_confirmed_is_taken_over_and_its_links_are_void(portal: Portal, at: Provider) -> None:
    sign_up(portal.browser(), EMAIL, name="Attacker")
    token = token_in(portal.link())
    at.user("s-1", **KNOWN)
    browser = portal.browser()
    assert visit(browser, at, "s-1").status_code == 303
    assert [person.name for person in portal.people()] == [KNOWN["name"]]
    assert confirm(portal.browser(), token).status_code == 410


NOT_VERIFIED: dict[str, dict[str, Any]] = {
    "no word": {"email": EMAIL},
    "not verified": {"email": EMAIL, "email_verified": False},
    "a text": {"email": EMAIL, "email_verified": "false"},
    "a number": {"email": EMAIL, "email_verified": 1},
    "no address": {"email": "x\r\nBcc: y@z.example", "email_verified": True},
    "none": {},
}


def test_an_address_that_is_not_verified_counts_for_nothing(small: Portal, at: Provider) -> None:
    with_account(small, EMAIL)
    for kind, claims in NOT_VERIFIED.items():
        at.user(kind, name="Z", **claims)
        browser = small.browser()
        answer = visit(browser, at, kind, next="/agencies")
        assert answer.headers["location"] == "/account/contacts?next=%2Fagencies", "a contact first"
        person = small.people()[-1]
        assert (person.email, person.phone, person.confirmed_at) == (None, None, None), kind
        assert 'action="/account/contacts/first"' in browser.get("/account/contacts").text


def test_two_clicks_at_once_make_one_account(portal: Portal, at: Provider) -> None:
    at.user("s-1", **KNOWN)
    browsers = [portal.browser() for _each in range(2)]
    backs = [at.sign_in(leave(browser), "s-1") for browser in browsers]
    for browser, back in zip(browsers, backs, strict=True):
        assert come_back(browser, back).status_code == 303
    assert len(portal.people()) == 1


@pytest.mark.parametrize(
    ("told", "name"),
    [({"name": " Z  A\n"}, "Z A"), ({"given_name": "Z", "family_name": "A"}, "Z A"), ({"name": 7}, ""), ({}, ""),
     ({"name": "\u202e\u2066"}, ""), ({"name": "x" * 300}, "x" * 200)],
)  # fmt: skip
def test_a_name_from_there_is_one_line_that_can_be_seen(told: dict[str, Any], name: str) -> None:
    assert name_in(told) == name


def test_an_address_from_there_is_folded() -> None:
    assert email_in({"email": "Zainab@Example.org", "email_verified": True}) == EMAIL


# Linking


def test_an_identity_is_linked_from_the_account_and_opens_it_from_then_on(portal: Portal, at: Provider) -> None:
    at.user("s-1", **KNOWN)
    browser = with_account(portal, EMAIL)
    assert "/account/oidc/link" in browser.get("/account/contacts").text
    assert visit(browser, at, "s-1", "/account/oidc/link").headers["location"] == "/account/contacts"
    assert identities(portal) == [("s-1", portal.people()[0].id)]
    other = portal.browser()
    assert visit(other, at, "s-1").headers["location"] == "/account"
    assert is_in(other)
    assert sign_in(portal.browser(), EMAIL).status_code == 303


def test_an_identity_opens_one_account_only(small: Portal, at: Provider) -> None:
    at.user("s-1", **KNOWN)
    visit(with_account(small, EMAIL), at, "s-1", "/account/oidc/link")
    other = with_account(small, "other@example.org")
    answer = visit(other, at, "s-1", "/account/oidc/link")
    assert answer.status_code == 409
    assert len(identities(small)) == 1


def test_a_visit_that_began_for_one_account_does_not_link_another(small: Portal, at: Provider) -> None:
    at.user("s-1", **KNOWN)
    browser = with_account(small, EMAIL)
    back = at.sign_in(leave(browser, "/account/oidc/link"), "s-1")
    with_account(small, "other@example.org", browser=browser)
    assert come_back(browser, back).status_code == 400
    browser.post("/account/sign-out")
    assert identities(small) == []


def test_linking_and_unlinking_need_a_fresh_proof(small: Portal) -> None:
    browser = with_account(small, EMAIL)

    async def age() -> None:
        await Session.all().update(proven_at=None)

    small.run(age)
    assert "next=" in browser.get("/account/oidc/link").headers["location"]
    assert "next=" in browser.post("/account/oidc/unlink", data={"identity": "1"}).headers["location"]
    assert small.browser().get("/account/oidc/link").headers["location"].startswith("/account/sign-in?")


def test_an_unlinked_identity_opens_the_account_no_more(small: Portal, at: Provider) -> None:
    at.user("s-1", **KNOWN)
    browser, other = with_account(small, EMAIL), with_account(small, "other@example.org")
    visit(browser, at, "s-1", "/account/oidc/link")
    assert other.post("/account/oidc/unlink", data={"identity": "1"}).status_code == 303
    assert len(identities(small)) == 1, "somebody else's stays"
    for _twice in range(2):
        assert browser.post("/account/oidc/unlink", data={"identity": "1"}).status_code == 303
    assert identities(small) == []
    assert visit(small.browser(), at, "s-1").status_code == 409
