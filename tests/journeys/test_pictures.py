"""The pictures of docs/voting, made of the pages as they are; `make pictures` puts them into the docs."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from app import demo
from tests.journeys.booth import CODE, DONE, SEALED, enter, heading, option
from tests.journeys.conftest import Visit
from tests.journeys.elections import tell
from tests.journeys.portal import Portal
from tests.journeys.test_trustees import come
from tests.journeys.visitor import Visitor
from tests.journeys.voting import votes_in

pytestmark = pytest.mark.xdist_group("browser-pictures")

DOCS = Path(__file__).resolve().parents[2] / "docs/voting"
LANGUAGES = pytest.mark.parametrize("language", ["ar", "en"], ids=["Arabic", "English"])
WIDTH = 400
NAMES = ("booth-1", "booth-3", "booth-5", "manage", "trustee", "verify")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the pictures go."""
    chosen = os.environ.get("SAWTUNA_PICTURES")
    found = Path(chosen) if chosen else tmp_path
    found.mkdir(parents=True, exist_ok=True)
    return found


def take(visitor: Visitor, folder: Path, name: str) -> None:
    """A picture of what a telephone shows."""
    visitor.page.set_viewport_size({"width": WIDTH, "height": 800})
    visitor.page.evaluate("document.fonts.ready")
    visitor.page.evaluate("scrollTo(0, 0)")
    target = folder / f"{name}.{visitor.language}.png"
    visitor.page.screenshot(path=target, clip={"x": 0, "y": 0, "width": WIDTH, "height": 800})
    assert target.stat().st_size > 5_000, "there is something in the picture"


@LANGUAGES
def test_a_voters_pictures(visit: Visit, portal: Portal, folder: Path, language: str) -> None:
    vote, voter = votes_in(portal)["two"], visit(language, WIDTH)
    enter(voter, vote)
    option(voter, "حديقة", "A park").check()
    take(voter, folder, "booth-1")
    voter.button("Next question").click()
    option(voter, "الجمعة", "Friday").check()
    voter.button("Review your choice").click()
    voter.button("Seal the ballot").click()
    heading(voter, SEALED)
    take(voter, folder, "booth-3")
    voter.button("Cast your ballot").click()
    heading(voter, CODE)
    voter.box("Voter’s code").fill(vote.codes["1"])
    voter.button("Cast your ballot").click()
    heading(voter, DONE)
    take(voter, folder, "booth-5")


@LANGUAGES
def test_pictures_of_those_who_run_and_watch_an_election(
    visit: Visit, portal: Portal, folder: Path, language: str
) -> None:
    made = tell(portal, "draft")
    trustee = come(visit, made, language, 1)
    take(trustee, folder, "trustee")
    boss = visit(language, WIDTH)
    boss.open("/account/sign-in")
    boss.sign_in("election@demo.example", demo.PASSWORD)
    boss.arrives("/account")
    boss.open(f"/manage/elections/{made['uuid']}?lang={language}")
    take(boss, folder, "manage")
    observer = visit(language, WIDTH)
    listed = observer.page.request.get(f"{portal.address}/api/elections?limit=200").json()["items"]
    done = next(item["uuid"] for item in listed if item["state"] == "archived")
    observer.open(f"/elections/{done}/verify")
    observer.button("Fetch the record and verify it").click()
    words = re.compile(re.escape(observer.words("Everything holds")))
    expect(observer.main.get_by_role("heading", name=words)).to_be_visible(timeout=90_000)
    take(observer, folder, "verify")


def test_the_docs_show_every_picture_and_no_other() -> None:
    shown = {
        found for page in DOCS.glob("*.md") for found in re.findall(r"pictures/([^)]+)\.png", page.read_text("utf-8"))
    }
    assert shown == {f"{name}.{language}" for name in NAMES for language in ("ar", "en")}
    assert {path.stem for path in (DOCS / "pictures").glob("*.png")} == shown
