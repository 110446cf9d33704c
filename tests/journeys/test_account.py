"""From the first visit to an account of one's own, and back into it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Visit
from tests.journeys.visitor import DESKTOP, PASSWORD, PHONE, new_email

pytestmark = pytest.mark.xdist_group("browser-account")

EVERYONE = pytest.mark.parametrize(
    ("language", "width", "script"),
    [
        ("ar", PHONE, True),
        ("ar", DESKTOP, True),
        ("en", PHONE, True),
        ("en", DESKTOP, True),
        ("ar", PHONE, False),
        ("en", DESKTOP, False),
    ],
    ids=[
        "Arabic on a phone",
        "Arabic on a desk",
        "English on a phone",
        "English on a desk",
        "Arabic on a phone without script",
        "English on a desk without script",
    ],
)


@EVERYONE
def test_a_person_makes_an_account_despite_a_mistake_and_finds_back_into_it(
    visit: Visit, language: str, width: int, script: bool
) -> None:
    someone, email = visit(language, width, script=script), new_email()
    someone.open("/")
    expect(someone.page.locator("html")).to_have_attribute("lang", language)
    someone.section("Sign in").click()
    someone.arrives("/account/sign-in")
    someone.link("Make one").click()
    someone.arrives("/account/sign-up")

    someone.box("Name").fill("زينب الخالدي")
    someone.box("Email address or phone number").fill(
        "zainab@localhost"
    )  # right for the browser, no address to send a mail to
    someone.button("Make the account").click()
    summary = someone.main.get_by_role("alert")
    expect(summary.get_by_role("link")).to_have_count(1)
    expect(someone.box("Name")).to_have_value("زينب الخالدي")
    expect(someone.box("Email address or phone number")).to_have_value("zainab@localhost")
    if script:
        expect(summary).to_be_focused()
    summary.get_by_role("link").click()
    expect(someone.box("Email address or phone number")).to_be_focused()
    expect(someone.box("Email address or phone number")).to_have_attribute("aria-invalid", "true")
    someone.box("Email address or phone number").fill(email)
    someone.button("Make the account").click()
    someone.arrives("/account/check-mail")

    someone.follow_letter(email)
    expect(someone.box("Name")).to_have_value("زينب الخالدي")
    someone.confirm("short")
    expect(summary.get_by_role("link")).to_have_count(1)
    expect(someone.box("Name")).to_have_value("زينب الخالدي")
    expect(someone.box("Password")).to_have_value("")
    someone.confirm()
    someone.arrives("/")  # where the way in began
    someone.open("/account")
    expect(someone.heading).to_have_text("زينب الخالدي")
    expect(someone.main.get_by_text(email)).to_be_visible()

    someone.button("Sign out").click()
    someone.arrives("/")
    someone.open("/account")
    someone.arrives("/account/sign-in")
    someone.sign_in(email, "not the password at all")
    expect(someone.main.get_by_role("alert")).to_contain_text(
        someone.words("Address, number or password is not right, or the account is not confirmed.")
    )
    expect(someone.box("Email address or phone number")).to_have_value(email)
    someone.sign_in(email.upper(), PASSWORD)
    someone.arrives("/account")
    expect(someone.heading).to_have_text("زينب الخالدي")


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_who_signs_in_on_the_way_to_a_page_arrives_there_even_after_a_wrong_password(
    visit: Visit, script: bool
) -> None:
    citizen = visit("ar", script=script)
    citizen.open("/account/sign-in?next=/agencies/water")
    citizen.sign_in("citizen@demo.example", "wrong wrong wrong")
    expect(citizen.main.get_by_role("alert")).to_be_visible()
    citizen.sign_in("citizen@demo.example", "demonstration only")
    citizen.arrives("/agencies/water")


def test_nobody_is_led_to_another_site_by_signing_in(visit: Visit) -> None:
    citizen = visit("en")
    citizen.open("/account/sign-in?next=//elsewhere.example/account")
    citizen.sign_in("citizen@demo.example", "demonstration only")
    citizen.arrives("/account")


@pytest.mark.parametrize(
    ("language", "script"),
    [("ar", True), ("en", True), ("ar", False)],
    ids=["Arabic", "English", "Arabic without script"],
)
def test_a_forgotten_password_is_set_anew_and_other_devices_are_signed_out(
    visit: Visit, language: str, script: bool
) -> None:
    someone, email, fresh = visit(language, PHONE, script=script), new_email(), "a quite different sentence"
    someone.sign_up(email)
    someone.sign_out()
    other_device = visit(language)
    other_device.open("/account/sign-in")
    other_device.sign_in(email, PASSWORD)
    other_device.arrives("/account")

    someone.open("/account/sign-in")
    someone.link("I forgot my password").click()
    someone.box("Email address or phone number").fill(email)
    someone.button("Send the link or code").click()
    someone.arrives("/account/check-mail")
    someone.follow_letter(email, "/account/reset?")
    someone.arrives("/account/reset")
    someone.box("New password").fill("1234567890")
    someone.button("Set the password").click()
    expect(someone.main.get_by_role("alert")).to_be_visible()
    someone.box("New password").fill(fresh)
    someone.button("Set the password").click()
    someone.arrives("/account")

    other_device.open("/account")
    other_device.arrives("/account/sign-in")
    someone.sign_out()
    someone.open("/account/sign-in")
    someone.sign_in(email, PASSWORD)
    expect(someone.main.get_by_role("alert")).to_be_visible()
    someone.sign_in(email, fresh)
    someone.arrives("/account")
    someone.follow_letter(email, "/account/reset?")
    expect(someone.heading).to_have_text(someone.words("This link is not valid any more"))


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_double_click_makes_one_account(visit: Visit, script: bool) -> None:
    someone, email = visit("ar", script=script), new_email()
    someone.open("/account/sign-up")
    someone.box("Name").fill("Zainab")
    someone.box("Email address or phone number").fill(email)
    someone.button("Make the account").dblclick(no_wait_after=True)
    someone.arrives("/account/check-mail")
    if script:
        someone.letter(email)  # a job writes it
        assert someone.letters(email) == 1
    someone.follow_letter(email)
    someone.box("Password").fill(PASSWORD)
    someone.button("Confirm the account").dblclick(no_wait_after=True)
    someone.page.wait_for_load_state("networkidle")
    someone.sign_out_if_signed_in()
    someone.open("/account/sign-in")
    someone.sign_in(email, PASSWORD)
    someone.arrives("/account")


def test_the_button_of_a_form_on_its_way_says_so_and_rests_again_when_one_comes_back(visit: Visit) -> None:
    someone = visit("en")
    someone.open("/account/reset/request")
    someone.box("Email address or phone number").fill(new_email())
    someone.button("Send the link or code").click()
    someone.arrives("/account/check-mail")
    someone.page.go_back()
    someone.arrives("/account/reset/request")
    expect(someone.button("Send the link or code")).not_to_have_attribute("aria-busy", "true")
    someone.box("Email address or phone number").fill(new_email())
    someone.button("Send the link or code").click()
    someone.arrives("/account/check-mail")


def test_after_signing_out_going_back_does_not_show_the_account(visit: Visit) -> None:
    citizen = visit("ar")  # the language of the demonstration's account, which decides once one is signed in
    citizen.open("/account/sign-in")
    citizen.sign_in("citizen@demo.example", "demonstration only")
    citizen.arrives("/account")
    citizen.button("Sign out").click()
    citizen.arrives("/")
    citizen.page.go_back()
    citizen.arrives("/account/sign-in")
    expect(citizen.page.get_by_text("citizen@demo.example")).to_have_count(0)
    citizen.page.go_forward()
    citizen.arrives("/")
    expect(citizen.section("Sign in")).to_be_visible()


def test_going_back_from_a_refused_form_and_forward_again_loses_nothing(visit: Visit) -> None:
    someone = visit("en")
    someone.open("/account/sign-in")
    someone.link("Make one").click()
    someone.arrives("/account/sign-up")
    someone.page.go_back()
    someone.arrives("/account/sign-in")
    someone.page.go_forward()
    someone.arrives("/account/sign-up")
    someone.box("Name").fill("Zainab")
    someone.box("Email address or phone number").fill("zainab@localhost")
    someone.button("Make the account").click()
    expect(someone.main.get_by_role("alert")).to_be_visible()
    someone.page.go_back()
    expect(someone.box("Name")).to_be_visible()


def test_a_mail_scanner_that_opens_the_link_confirms_nothing(visit: Visit) -> None:
    someone, scanner, email = visit("en"), visit("en", script=False), new_email()
    someone.ask_for_account(email)
    scanner.follow_letter(email)
    scanner.arrives("/account/confirm")
    someone.open("/account/sign-in")
    someone.sign_in(email, PASSWORD)
    expect(someone.main.get_by_role("alert")).to_be_visible()
    someone.follow_letter(email)
    someone.confirm()
    someone.arrives("/account")
