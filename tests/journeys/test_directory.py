"""Finding the agency one needs."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.journeys.conftest import Visit
from tests.journeys.visitor import DESKTOP, PHONE, Visitor

pytestmark = pytest.mark.xdist_group("browser-directory")

ENVIRONMENT = "مديرية بيئة الجنوب"


def box(visitor: Visitor) -> Locator:
    """The search field of the directory."""
    return visitor.main.get_by_role("searchbox")


SPELLINGS = {
    "as it is written": "مديرية بيئة الجنوب",
    "heh for teh marbuta": "مديريه بيئه الجنوب",
    "with vowels": "مُديريّة بِيئة",
    "stretched": "مديــرية بيئة",
    "without hamza": "الاهوار",
    "with hamza": "الأهوار",
    "Persian yeh": "نوعیة الماء",
    "in English": "SOUTHERN environment",
    "with spaces": "  بيئة   الجنوب ",
}


@pytest.mark.parametrize("script", [True, False], ids=["while typing", "without script"])
def test_an_agency_is_found_however_its_name_is_spelled(visit: Visit, script: bool) -> None:
    someone = visit("ar", PHONE, script=script)
    results = someone.main.locator("#results")
    for how, typed in SPELLINGS.items():
        someone.open("/agencies")
        if script:  # letter by letter, as people type: on a busy machine the script may miss the first ones
            box(someone).press_sequentially(typed, delay=40)
        else:
            box(someone).fill(typed)
        if not script:
            someone.button("Search").click()
        expect(someone.link("Show all"), how).to_be_visible()
        expect(someone.page, how).to_have_url(re.compile(r"\?q="))
        expect(results.get_by_role("link", name=ENVIRONMENT), how).to_be_visible()
        expect(results.get_by_role("link", name="بلدية المدينة القديمة"), how).to_have_count(0)
        expect(box(someone), how).to_have_value(typed)


def test_results_change_while_one_types_without_loading_the_page_anew(visit: Visit) -> None:
    someone = visit("en")
    someone.open("/agencies")
    someone.page.evaluate("globalThis.stays = true")
    box(someone).press_sequentially("bus c", delay=20)
    expect(someone.main.get_by_role("link", name="Public Bus Company")).to_be_visible()
    expect(someone.main.get_by_role("link", name="Old Town Municipality")).to_have_count(0)
    assert someone.page.evaluate("globalThis.stays")
    expect(box(someone)).to_be_focused()
    assert someone.path in {"/agencies?q=bus+c", "/agencies?q=bus%20c"}
    expect(someone.main.locator("#results")).to_have_attribute("aria-live", "polite")


def test_back_and_forward_lead_through_what_was_searched(visit: Visit) -> None:
    someone = visit("en")
    someone.open("/agencies")
    box(someone).fill("bus")
    expect(someone.page).to_have_url(re.compile(r"\?q=bus$"))
    someone.main.locator("#results").get_by_role("link", name="Public Bus Company").click()
    someone.arrives("/agencies/buses")
    someone.page.go_back()
    expect(someone.page).to_have_url(re.compile(r"\?q=bus$"))
    expect(box(someone)).to_have_value("bus")
    expect(someone.main.get_by_role("link", name="Old Town Municipality")).to_have_count(0)
    someone.page.go_back()
    expect(someone.page).to_have_url(re.compile(r"/agencies$"))
    expect(someone.main.get_by_role("link", name="Old Town Municipality")).to_be_visible()
    expect(box(someone)).to_have_value("")
    someone.page.go_forward()
    expect(someone.page).to_have_url(re.compile(r"\?q=bus$"))
    expect(someone.main.get_by_role("link", name="Public Bus Company")).to_be_visible()
    expect(someone.main.get_by_role("link", name="Old Town Municipality")).to_have_count(0)
    expect(box(someone)).to_have_value("bus")


def test_a_search_without_results_says_what_to_try(visit: Visit) -> None:
    someone = visit("ar", PHONE)
    someone.open("/agencies")
    box(someone).fill("مركز الفضاء")
    expect(someone.main.get_by_text(someone.words("No agency fits these words"))).to_be_visible()
    someone.link("Show all agencies").click()
    expect(someone.main.get_by_role("link", name=ENVIRONMENT)).to_be_visible()


@pytest.mark.parametrize("language", ["ar", "en"], ids=["Arabic", "English"])
@pytest.mark.parametrize("width", [PHONE, DESKTOP], ids=["phone", "desk"])
def test_an_agency_is_found_and_opened_by_keyboard_alone(visit: Visit, language: str, width: int) -> None:
    someone = visit(language, width)
    someone.open("/")
    someone.page.keyboard.press("Tab")
    skip = someone.page.get_by_role("link", name=someone.words("Skip to content"))
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    name = someone.words("Agencies")
    links = someone.page.get_by_role("banner").get_by_role("link", name=name, exact=True)
    if width == PHONE:
        someone.tab_to(someone.page.get_by_role("banner").locator("summary"))
        someone.page.keyboard.press("Enter")
    someone.tab_to(links.filter(visible=True).first)
    someone.page.keyboard.press("Enter")
    someone.arrives("/agencies")

    someone.page.keyboard.press("Tab")
    someone.page.keyboard.press("Enter")  # skip what stands on every page
    expect(someone.main).to_be_focused()
    someone.tab_to(box(someone))
    someone.page.keyboard.type("water")
    found = someone.main.locator("#results").get_by_role("link", name=re.compile("Capital Water|ماء العاصمة"))
    expect(someone.link("Show all")).to_be_visible()
    someone.tab_to(found)
    someone.page.keyboard.press("Enter")
    someone.arrives("/agencies/water-capital")


def test_a_person_without_a_mouse_makes_an_account(visit: Visit) -> None:
    someone = visit("en", PHONE)
    someone.open("/account/sign-up")
    keys = someone.page.keyboard
    someone.tab_to(someone.box("Name"))
    keys.type("Zainab")
    keys.press("Tab")
    keys.type("zainab@localhost")
    keys.press("Enter")
    expect(someone.main.get_by_role("alert")).to_be_focused()
    keys.press("Tab")
    keys.press("Enter")
    expect(someone.box("Email address or phone number")).to_be_focused()
