"""In by phone, reached by both, and in with another provider's identity."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.app.provider import Provider, provider
from tests.journeys.conftest import PATIENCE, Visit
from tests.journeys.portal import Portal, running
from tests.journeys.test_every_page import check
from tests.journeys.visitor import DESKTOP, PASSWORD, PHONE, Visitor, new_address, new_email

pytestmark = [
    pytest.mark.xdist_group("browser-contacts"),
    pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning"),  # of the provider's Authlib
]


def new_number() -> tuple[str, str]:
    """A number that nobody else in this run has: as it is typed, and as it is stored."""
    last = f"{secrets.randbelow(10**7):07}"
    return f"0770 {last[:3]} {last[3:]}", f"+964770{last}"


def enter(visitor: Visitor, code: str, button: str) -> None:
    """Type a code and send it."""
    visitor.box("Code").fill(code)
    visitor.button(button).click()


@pytest.mark.parametrize(
    ("language", "script"), [("ar", False), ("en", True)], ids=["Arabic without script", "English with script"]
)
def test_a_person_with_a_phone_and_no_mail_makes_an_account_and_arrives_where_they_wanted_to_go(
    visit: Visit, language: str, script: bool
) -> None:
    someone, (typed, number) = visit(language, PHONE, script=script), new_number()
    someone.open("/account/sign-in?next=/agencies/water")
    someone.link("Make one").click()
    someone.box("Name").fill("زينب")
    someone.box("Email address or phone number").fill(
        typed.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")) if language == "ar" else typed
    )
    someone.button("Make the account").click()
    someone.arrives("/account/code")
    if script:
        check(someone)
    code = someone.code_for(number)
    someone.open("/account/code")
    enter(someone, f"{(int(code) + 1) % 1_000_000:06}", "Go on")
    expect(someone.main.get_by_role("alert")).to_be_visible()
    enter(someone, code, "Go on")
    someone.confirm()
    someone.arrives("/agencies/water")
    someone.sign_out()

    someone.open("/account/reset/request")
    someone.box("Email address or phone number").fill(typed)
    someone.button("Send the link or code").click()
    someone.arrives("/account/code")
    code = someone.code_for(number, 2)
    someone.open("/account/code")
    enter(someone, code, "Go on")
    someone.box("New password").fill("a quite different sentence")
    someone.button("Set the password").click()
    someone.arrives("/account")
    someone.sign_out()
    someone.open("/account/sign-in")
    someone.sign_in(typed, "a quite different sentence")
    someone.arrives("/account")


@pytest.mark.parametrize("language", ["ar", "en"], ids=["Arabic", "English"])
def test_a_person_adds_a_number_and_lets_the_address_go(visit: Visit, language: str) -> None:
    someone, email, (typed, number) = visit(language, DESKTOP), new_email(), new_number()
    someone.sign_up(email)
    someone.open("/account/contacts")
    check(someone)
    someone.page.set_viewport_size({"width": DESKTOP, "height": 800})
    someone.box("Email address or phone number").fill("nonsense")
    someone.button("Send a code").click()
    expect(someone.main.get_by_role("alert")).to_be_visible()
    someone.box("Email address or phone number").fill(typed)
    someone.button("Send a code").click()
    someone.arrives("/account/contacts/confirm")
    check(someone)
    code = someone.code_for(number)
    someone.open("/account/contacts/confirm")
    enter(someone, code, "Confirm")
    someone.arrives("/account/contacts")
    check(someone)
    someone.main.get_by_role("listitem").filter(has_text=someone.words("Email address")).get_by_role("button").click()
    someone.arrives("/account/contacts")
    expect(someone.main.get_by_role("button", name=someone.words("Remove"))).to_have_count(0)
    expect(someone.main.get_by_text(email.partition("@")[0])).to_have_count(0)
    assert someone.letters(email) == 3, "the link, and word of both changes"
    someone.open("/account/contacts/confirm")
    expect(someone.heading).to_have_text(someone.words("This code is not valid any more"))
    check(someone)


@pytest.fixture(scope="module")
def identities() -> Iterator[Provider]:
    with provider() as made:
        yield made


@pytest.fixture(scope="module")
def linked(identities: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal with an identity provider."""
    settings = {
        "SAWTUNA_OIDC_ISSUER": identities.issuer,
        "SAWTUNA_OIDC_CLIENT_ID": "sawtuna",
        "SAWTUNA_OIDC_CLIENT_SECRET": "the portal's secret",
    }
    with running(tmp_path_factory.mktemp("linked"), **settings) as started:
        yield started
    assert started.faults() == []


@pytest.fixture
def guest(chromium: Browser, linked: Portal) -> Iterator[Visitor]:
    context = chromium.new_context(
        locale="en-GB",
        viewport={"width": PHONE, "height": 800},
        extra_http_headers={"X-Forwarded-For": new_address()},
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE)
    yield Visitor(context, context.new_page(), linked, "en", script=True)  # it leaves the portal, so nobody watches
    context.close()


def test_a_person_comes_in_with_another_identity_and_confirms_a_contact_first(
    guest: Visitor, identities: Provider
) -> None:
    identities.user("no-mail", name="Zainab of elsewhere")
    guest.open("/account/sign-in?next=/agencies/water")
    check(guest)
    guest.page.set_viewport_size({"width": PHONE, "height": 800})
    guest.link("National identity").click()
    guest.page.wait_for_url(f"{identities.issuer}/**")
    guest.page.locator("input[name=sub]").fill("no-mail")
    guest.page.keyboard.press("Enter")
    guest.arrives("/account/contacts")
    expect(guest.main.get_by_text("We cannot reach you yet")).to_be_visible()
    check(guest)
    email = new_email()
    guest.box("Email address or phone number").fill(email)
    guest.button("Send a code").click()
    guest.arrives("/account/contacts/confirm")
    code = guest.code_for(email)
    guest.open("/account/contacts/confirm")
    enter(guest, code, "Confirm")
    guest.arrives("/agencies/water")
    guest.sign_out()


def test_an_address_that_has_an_account_asks_to_sign_in_and_to_link_there(guest: Visitor, identities: Provider) -> None:
    email = new_email()
    identities.user("known", name="Zainab", email=email, email_verified=True)
    guest.sign_up(email)
    guest.sign_out()
    for linked in (False, True):
        guest.open("/account/sign-in")
        guest.link("National identity").click()
        guest.page.wait_for_url(f"{identities.issuer}/**")
        guest.page.locator("input[name=sub]").fill("known")
        guest.page.keyboard.press("Enter")
        if linked:
            guest.arrives("/account")
            break
        guest.arrives("/account/oidc/callback")
        expect(guest.heading).to_have_text("There is an account with your email address already")
        check(guest)
        guest.link("Sign in").click()
        guest.sign_in(email, PASSWORD)
        guest.arrives("/account/contacts")
        guest.link("Link: National identity").click()
        guest.page.wait_for_url(f"{identities.issuer}/**")
        guest.page.locator("input[name=sub]").fill("known")
        guest.page.keyboard.press("Enter")
        guest.arrives("/account/contacts")
        expect(guest.main.get_by_role("button", name="Unlink")).to_be_visible()
        check(guest)
        guest.sign_out()
