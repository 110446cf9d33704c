"""A voter's steps in the booth, for every journey that votes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.journeys.visitor import Visitor
from tests.journeys.voting import Vote

LANGUAGES = pytest.mark.parametrize("language", ["ar", "en"], ids=["Arabic", "English"])
REVIEW = "Review your ballot before it is sealed"
SEALED = "Your ballot is sealed, and not sent yet"
CODE = "Enter your voter’s code"
DONE = "Your vote is in the box"
WAITING = "A sealed ballot is waiting in this tab"


def heading(visitor: Visitor, message: str) -> Locator:
    """The heading of a step, which has the focus once the step is there."""
    found = visitor.page.get_by_role("heading", level=1, name=visitor.words(message), exact=True)
    expect(found).to_be_focused()
    return found


def option(visitor: Visitor, arabic: str, english: str) -> Locator:
    return visitor.main.get_by_label(arabic if visitor.language == "ar" else english, exact=True)


def enter(visitor: Visitor, vote: Vote, code: str = "") -> None:
    visitor.open(vote.booth(visitor.language, code))
    expect(visitor.main.get_by_role("group").first).to_be_visible()


def to_seal(visitor: Visitor, vote: Vote, code: str = "") -> None:
    """Choose in an election with one question, and seal."""
    enter(visitor, vote, code)
    option(visitor, "حديقة", "A park").check()
    visitor.button("Review your choice").click()
    heading(visitor, REVIEW)
    visitor.button("Seal the ballot").click()
    heading(visitor, SEALED)


def seal_code(visitor: Visitor) -> str:
    return "".join(visitor.page.locator('[data-code="seal"] span').all_text_contents())
