"""Language, digits and appearance are chosen once and stay."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Visit
from tests.journeys.visitor import DESKTOP, PHONE

pytestmark = pytest.mark.xdist_group("browser-preferences")

SCRIPT = pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])


@SCRIPT
def test_the_chosen_language_stays_on_every_page_and_until_the_next_visit(visit: Visit, script: bool) -> None:
    someone = visit("ar", PHONE, script=script)
    someone.open("/help")
    expect(someone.page.locator("html")).to_have_attribute("dir", "rtl")
    someone.page.get_by_role("link", name="English").first.click()
    expect(someone.page.locator("html")).to_have_attribute("dir", "ltr")
    expect(someone.page.locator("html")).to_have_attribute("lang", "en")
    someone.arrives("/help")
    someone.open("/agencies")
    expect(someone.heading).to_have_text("Who can you turn to?")
    next_visit = visit("ar", script=script, storage_state=someone.context.storage_state())
    next_visit.open("/")
    expect(next_visit.page.locator("html")).to_have_attribute("lang", "en")


def test_the_language_is_that_of_the_browser_until_one_is_chosen(visit: Visit) -> None:
    for language, direction in (("ar", "rtl"), ("en", "ltr")):
        someone = visit(language)
        someone.open("/")
        expect(someone.page.locator("html")).to_have_attribute("dir", direction)


@pytest.mark.parametrize(
    ("path", "kept"),
    [("/agencies?q=bus", "q=bus"), ("/account/sign-in?next=/agencies/water", "next=")],
    ids=["a search", "the way back after signing in"],
)
def test_switching_the_language_loses_nothing_of_the_page(visit: Visit, path: str, kept: str) -> None:
    someone = visit("ar")
    someone.open(path)
    someone.page.get_by_role("link", name="English").first.click()
    expect(someone.page.locator("html")).to_have_attribute("lang", "en")
    assert kept in someone.path


def test_switching_the_language_keeps_the_link_of_a_letter_valid(visit: Visit) -> None:
    someone, email = visit("ar"), "language-switch@example.org"
    someone.ask_for_account(email)
    someone.follow_letter(email)
    someone.page.get_by_role("link", name="English").first.click()
    expect(someone.main.get_by_role("button", name="Confirm the account")).to_be_visible()


@SCRIPT
def test_the_chosen_digits_stay(visit: Visit, script: bool) -> None:
    someone = visit("ar", script=script)
    line = someone.main.locator("#results p").first
    someone.open("/agencies?q=water")
    expect(line).to_contain_text("٣")
    someone.page.get_by_role("button", name="123", exact=True).click()
    someone.arrives("/agencies?q=water")
    expect(line).to_contain_text("3")
    expect(someone.page.get_by_role("button", name="123", exact=True)).to_have_attribute("aria-pressed", "true")
    someone.open("/agencies?q=education")
    expect(line).not_to_contain_text("٢")
    someone.page.get_by_role("button", name="١٢٣", exact=True).click()
    someone.arrives("/agencies?q=education")
    expect(someone.page.get_by_role("button", name="١٢٣", exact=True)).to_have_attribute("aria-pressed", "true")


@SCRIPT
def test_the_chosen_appearance_stays_and_may_follow_the_device_again(visit: Visit, script: bool) -> None:
    someone = visit("en", DESKTOP, script=script, color_scheme="light")
    someone.open("/help")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = someone.page.evaluate(ground)
    someone.page.get_by_role("button", name="Dark").click()
    someone.arrives("/help")
    expect(someone.page.locator("html")).to_have_attribute("data-theme", "dark")
    dark = someone.page.evaluate(ground)
    assert dark != light
    someone.open("/")
    expect(someone.page.locator("html")).to_have_attribute("data-theme", "dark")
    assert someone.page.evaluate(ground) == dark
    someone.page.get_by_role("button", name="As the device").click()
    expect(someone.page.locator("html")).not_to_have_attribute("data-theme", "dark")
    assert someone.page.evaluate(ground) == light
    someone.page.emulate_media(color_scheme="dark")
    assert someone.page.evaluate(ground) == dark
