"""Finding something by the search of the portal."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.journeys.conftest import Visit
from tests.journeys.test_every_page import check
from tests.journeys.visitor import DESKTOP, PHONE, Visitor

pytestmark = pytest.mark.xdist_group("browser-search")


def box(visitor: Visitor) -> Locator:
    """The search field."""
    return visitor.main.get_by_role("searchbox")


@pytest.mark.parametrize(
    ("language", "typed", "title", "found"),
    [
        ("ar", "والحافلات العامه", "الشركة العامة للحافلات", "للحافلات"),
        ("en", "BUSES company", "Public Bus Company", "Bus"),
    ],
    ids=["Arabic", "English"],
)
def test_somebody_finds_an_agency_and_a_page_while_typing(
    visit: Visit, language: str, typed: str, title: str, found: str
) -> None:
    someone = visit(language, PHONE)
    someone.open("/")
    someone.section("Search").click()
    someone.arrives("/search")
    expect(someone.main.get_by_text(someone.words("Write what you are looking for"))).to_be_visible()
    check(someone)
    someone.page.set_viewport_size({"width": PHONE, "height": 800})
    someone.page.evaluate("globalThis.stays = true")
    box(someone).fill(typed)
    result = someone.main.locator("#results").get_by_role("link", name=title)
    expect(result).to_be_visible()
    expect(result.locator("mark").filter(has_text=re.compile(f"^{found}$"))).to_have_count(1)
    expect(someone.page).to_have_url(re.compile(r"/search\?q="))
    assert someone.page.evaluate("globalThis.stays")
    check(someone)
    box(someone).fill(someone.words("Privacy and what we keep"))
    expect(someone.main.get_by_role("heading", level=2).first).to_have_text(someone.words("Privacy and what we keep"))
    box(someone).fill("zzqqxx")
    expect(someone.main.get_by_text(someone.words("Nothing fits these words"))).to_be_visible()
    check(someone)


@pytest.mark.parametrize("language", ["ar", "en"], ids=["Arabic", "English"])
def test_without_script_kinds_are_chosen_and_results_opened_by_keyboard(visit: Visit, language: str) -> None:
    someone = visit(language, DESKTOP, script=False)
    someone.open("/search")
    box(someone).fill("العامة" if language == "ar" else "public")
    box(someone).press("Enter")
    tabs = someone.main.get_by_role("navigation", name=someone.words("Kinds of results"))
    everything = tabs.get_by_role("link").first
    expect(everything).to_have_attribute("aria-current", "true")
    tabs.get_by_role("link").nth(1).press("Enter")
    expect(someone.page).to_have_url(re.compile("kind="))
    expect(tabs.get_by_role("link").nth(1)).to_have_attribute("aria-current", "true")
    first = someone.main.get_by_role("heading", level=2).first.get_by_role("link")
    target = first.get_attribute("href") or ""
    first.press("Enter")
    someone.arrives(target)
