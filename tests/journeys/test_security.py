"""Passkeys, signing in with two steps, and the devices of an account, in a browser with a key ring of its own."""

from __future__ import annotations

import re

import pyotp
import pytest
from playwright.sync_api import expect

from app import clock
from tests.journeys.conftest import Visit
from tests.journeys.test_every_page import check
from tests.journeys.visitor import DESKTOP, PASSWORD, PHONE, Visitor, new_email

pytestmark = pytest.mark.xdist_group("browser-security")

LANGUAGES = pytest.mark.parametrize("language", ["ar", "en"], ids=["Arabic", "English"])
KEY_RING = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def with_key_ring(visitor: Visitor) -> None:
    """Give the browser a device that keeps passkeys and recognises its holder."""
    session = visitor.context.new_cdp_session(visitor.page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": KEY_RING})


def check_here(visitor: Visitor, width: int) -> None:
    """Look at the page in every width and appearance, then go on in the visitor's own."""
    check(visitor)
    visitor.page.set_viewport_size({"width": width, "height": 800})


def code(secret: str, steps: int = 0) -> str:
    """What the app on the visitor's phone shows."""
    return pyotp.TOTP(s=secret).at(clock.now(), counter_offset=steps)


def set_up(visitor: Visitor) -> str:
    """Turn on signing in with two steps, as far as the page with the printed codes."""
    visitor.open("/account/two-step")
    visitor.button("Set it up").click()
    visitor.arrives("/account/two-step/set-up")
    link = visitor.link("open it in the app").get_attribute("href") or ""
    found = re.search(r"secret=([A-Z2-7]+)", link)
    assert found, link
    visitor.box("Code").fill("000")
    visitor.button("Turn on").click()
    expect(visitor.main.get_by_role("alert")).to_be_visible()
    visitor.box("Code").fill(code(found[1]))
    visitor.button("Turn on").click()
    visitor.arrives("/account/two-step/codes")
    return found[1]


@LANGUAGES
def test_a_person_adds_a_passkey_and_signs_in_without_typing(visit: Visit, language: str) -> None:
    width = PHONE if language == "ar" else DESKTOP
    someone, email, name = visit(language, width), new_email(), "هاتفي"
    with_key_ring(someone)
    someone.sign_up(email)
    someone.open("/account/passkeys")
    check_here(someone, width)
    someone.link("Add a passkey").click()
    someone.arrives("/account/passkeys/new")
    expect(someone.main.get_by_text(someone.words("This page needs a script"))).to_be_hidden()
    check_here(someone, width)
    someone.box("Name of the passkey").fill(name)
    someone.button("Add the passkey").click()
    someone.arrives("/account/passkeys")
    expect(someone.main.get_by_text(name, exact=True)).to_be_visible()
    check_here(someone, width)

    someone.open("/account/passkeys/new")
    someone.box("Name of the passkey").fill("twice")
    someone.button("Add the passkey").click()
    expect(someone.main.get_by_role("alert")).to_have_text(
        someone.words("This device has a passkey for your account already.")
    )

    someone.sign_out()
    someone.open("/account/sign-in?next=/account/passkeys")
    check_here(someone, width)
    someone.button("Sign in with a passkey").click()
    someone.arrives("/account/passkeys")

    someone.open("/account/again?next=/account/passkeys")
    check_here(someone, width)
    someone.button("Go on with a passkey").click()
    someone.arrives("/account/passkeys")

    someone.main.get_by_role("link", name=someone.words("Rename")).click()
    check_here(someone, width)
    someone.box("Name of the passkey").fill("My phone")
    someone.button("Save the name").click()
    someone.arrives("/account/passkeys")
    someone.main.get_by_role("link", name=someone.words("Remove")).click()
    check_here(someone, width)
    someone.button("Remove the passkey").click()
    someone.arrives("/account/passkeys")
    expect(someone.heading.locator("xpath=ancestor::main")).to_contain_text(someone.words("No passkey yet"))


@LANGUAGES
def test_a_person_signs_in_with_two_steps_and_looks_after_the_devices(visit: Visit, language: str) -> None:
    width = DESKTOP if language == "ar" else PHONE
    someone, email = visit(language, width), new_email()
    someone.sign_up(email)
    someone.open("/account/two-step")
    check_here(someone, width)
    someone.button("Set it up").click()
    someone.arrives("/account/two-step/set-up")
    check_here(someone, width)
    secret = set_up(someone)
    check_here(someone, width)
    printed = someone.main.locator(".printed li").first.inner_text()
    someone.button("I have kept them").click()
    someone.arrives("/account/two-step")
    check_here(someone, width)
    someone.open("/account/two-step/codes")
    expect(someone.main.get_by_text(printed)).to_have_count(0)
    check_here(someone, width)

    elsewhere = visit(language, PHONE)
    elsewhere.open("/account/sign-in?next=/account/sessions")
    elsewhere.sign_in(email, PASSWORD)
    elsewhere.arrives("/account/sign-in/second")
    check_here(elsewhere, PHONE)
    elsewhere.box("Code from the app").fill("123")
    elsewhere.button("Sign in").click()
    expect(elsewhere.main.get_by_role("alert")).to_be_visible()
    elsewhere.box("Printed code").fill(printed.lower())
    elsewhere.button("Sign in with the printed code").click()
    elsewhere.arrives("/account/sessions")
    expect(elsewhere.main.get_by_role("listitem").filter(has=elsewhere.page.locator("h2"))).to_have_count(2)
    check_here(elsewhere, PHONE)
    elsewhere.button("Sign out all other devices").click()
    elsewhere.arrives("/account/sessions")
    expect(elsewhere.main.get_by_text(elsewhere.words("You are signed in nowhere else."))).to_be_visible()

    someone.open("/account/two-step")
    someone.arrives("/account/sign-in")
    someone.sign_in(email, PASSWORD)
    someone.box("Code from the app").fill(code(secret, 1))
    someone.button("Sign in").click()
    someone.arrives("/account/two-step")
    someone.link("Turn off").click()
    check_here(someone, width)
    someone.button("Turn off").click()
    someone.arrives("/account/two-step")
    expect(someone.button("Set it up")).to_be_visible()


def test_without_script_two_steps_work_and_the_page_of_passkeys_says_what_to_do(visit: Visit) -> None:
    someone, email = visit("ar", PHONE, script=False), new_email()
    someone.sign_up(email)
    someone.open("/account/passkeys/new")
    expect(someone.main.get_by_text(someone.words("This page needs a script"))).to_be_visible()
    expect(someone.button("Add the passkey")).to_have_count(0)
    secret = set_up(someone)
    someone.button("I have kept them").click()
    someone.sign_out()
    someone.open("/account/sign-in")
    expect(someone.button("Sign in with a passkey")).to_have_count(0)
    someone.sign_in(email, PASSWORD)
    someone.arrives("/account/sign-in/second")
    someone.box("Code from the app").fill(code(secret, 1))
    someone.button("Sign in").click()
    someone.arrives("/account")
