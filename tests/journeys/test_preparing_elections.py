"""An administrator prepares an election, from nothing to a check list on which only others' work is missing."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from app import demo
from tests.journeys.conftest import Visit
from tests.journeys.elections import tell
from tests.journeys.portal import Portal
from tests.journeys.test_every_page import check
from tests.journeys.visitor import DESKTOP, Visitor

pytestmark = pytest.mark.xdist_group("browser-preparing")

LANGUAGES = pytest.mark.parametrize("language", ["ar", "en"], ids=["Arabic", "English"])
VOTERS = "number;name;contact;weight\n١;زينب الكاظم;zainab@example.org;1\n2;عمر حنّا;omar@example.org;1\n"


def looks(visitor: Visitor) -> None:
    """Everybody can use the page."""
    expect(visitor.heading).to_have_count(1)
    check(visitor)
    visitor.page.set_viewport_size({"width": DESKTOP, "height": 800})


def administrator(visit: Visit, language: str) -> Visitor:
    boss = visit(language)
    boss.open("/account/sign-in")
    boss.sign_in("election@demo.example", demo.PASSWORD)
    boss.arrives("/account")
    boss.open(f"/manage/elections?lang={language}")
    return boss


def ask_a_question(boss: Visitor, base: str) -> None:
    """Refused at first, then right."""
    boss.open(f"{base}/questions/new")
    boss.page.fill("[name=question_ar]", "من يمثّلك في المجلس؟")
    boss.page.fill("[name=answers_ar]", "هناء\nجورج\nسلمى")
    boss.page.fill("[name=question_en]", "Who represents you?")
    boss.page.fill("[name=answers_en]", "Hanaa\nGeorge")
    boss.button("Save the question").click()
    expect(boss.main.get_by_role("alert")).to_be_visible()
    looks(boss)
    boss.page.fill("[name=answers_en]", "Hanaa\nGeorge\nSalma")
    boss.button("Save the question").click()
    expect(boss.page).to_have_url(re.compile(rf"{base}/questions"))
    looks(boss)
    boss.open(f"{base}/questions/0")
    looks(boss)
    boss.open(f"{base}/preview")
    expect(boss.main.get_by_text("هناء" if boss.language == "ar" else "Hanaa").first).to_be_visible()
    looks(boss)


def ask_others(boss: Visitor, base: str) -> None:
    """Trustees and the credential authority."""
    boss.open(f"{base}/trustees")
    for number, name in enumerate(("سعاد العاني", "Yusuf Hanna", "نوري البصري")):
        boss.page.fill("[name=name]", name)
        boss.page.fill("[name=email]", f"trustee-{number}@example.org")
        boss.button("Add").click()
        expect(boss.main.get_by_text(name).first).to_be_visible()
    looks(boss)
    boss.open(f"{base}/authority")
    boss.page.fill("[name=name]", "مكتب السجل")
    boss.page.fill("[name=email]", "registrar@example.org")
    boss.button("Send the invitation").click()
    expect(boss.main.get_by_role("alert")).to_have_count(0)


def give_a_document(boss: Visitor, base: str) -> None:
    """Something for voters to read; the first try is of a kind that is not taken."""
    boss.open(f"{base}/documents")
    boss.page.fill("[name=title_ar]", "نظام المجلس")
    for name, content in (("statute.exe", b"MZ\x90\x00"), ("نظام المجلس.txt", "المادة الأولى".encode())):
        boss.page.set_input_files("[name=file]", {"name": name, "mimeType": "text/plain", "buffer": content})  # type: ignore[arg-type]
        boss.button("Add the document").click()
        expect(boss.main.get_by_role("alert" if name.endswith("exe") else "status").first).to_be_visible()
        looks(boss)
    expect(boss.main.get_by_role("link", name="نظام المجلس")).to_be_visible()


@LANGUAGES
def test_an_election_is_drafted_step_by_step(visit: Visit, language: str) -> None:
    boss = administrator(visit, language)
    looks(boss)
    boss.open("/manage/elections/new")
    looks(boss)
    boss.page.fill("[name=title_ar]", "انتخاب مجلس القرية — «الضفاف»")
    boss.page.fill("[name=title_en]", "Election of the village council")
    boss.page.fill("[name=opens_at]", "2099-03-01T08:00")
    boss.page.fill("[name=closes_at]", "2099-03-01T07:00")
    boss.button("Begin").click()
    expect(boss.main.get_by_role("alert")).to_be_visible()
    looks(boss)
    boss.page.fill("[name=closes_at]", "2099-03-08T20:00")
    boss.button("Begin").click()
    expect(boss.page).to_have_url(re.compile(r"/manage/elections/[1-9A-Za-z]{14}"))
    uuid = boss.page.url.rpartition("/manage/elections/")[2][:14]
    base = f"/manage/elections/{uuid}"
    looks(boss)
    for page in (
        "/basics",
        "/questions",
        "/documents",
        "/voters",
        "/trustees",
        "/authority",
        "/copy",
        "/cancel",
        "/log",
        "/freeze",
    ):
        boss.open(base + page)
        looks(boss)

    ask_a_question(boss, base)
    give_a_document(boss, base)
    boss.open(f"{base}/voters")
    wrong = {"name": "v.csv", "mimeType": "text/csv", "buffer": b"number;name\n1;A\n1;B\n"}
    boss.page.set_input_files("[name=file]", wrong)  # type: ignore[arg-type]  # a file in memory
    boss.button("Read the file").click()
    expect(boss.main.get_by_role("alert").first).to_be_visible()
    looks(boss)
    right = {"name": "v.csv", "mimeType": "text/csv", "buffer": VOTERS.encode()}
    boss.page.set_input_files("[name=file]", right)  # type: ignore[arg-type]
    boss.button("Read the file").click()
    expect(boss.main.get_by_text("زينب الكاظم")).to_be_visible()
    looks(boss)

    ask_others(boss, base)
    boss.open(base)
    looks(boss)
    boss.open(f"{base}/freeze")
    expect(boss.button("Freeze and publish")).to_have_count(0)
    expect(boss.main.get_by_text(boss.words("Something is still missing"))).to_be_visible()


@LANGUAGES
def test_a_running_election_is_looked_after(visit: Visit, portal: Portal, language: str) -> None:
    boss = administrator(visit, language)
    listed = boss.page.request.get(f"{portal.address}/api/elections?limit=200").json()["items"]
    for state in ("open", "decrypting", "tallied", "archived", "ready", "cancelled"):
        uuid = next(item["uuid"] for item in listed if item["state"] == state)
        boss.open(f"/manage/elections/{uuid}")
        looks(boss)
    uuid = next(item["uuid"] for item in listed if item["state"] == "open")
    for page in ("extend", "log", "trustees", "voters"):
        boss.open(f"/manage/elections/{uuid}/{page}")
        looks(boss)
    made = tell(portal, "draft")
    for page in ("trustees/anew", "authority/withdraw", "cancel"):
        boss.open(f"/manage/elections/{made['uuid']}/{page}")
        looks(boss)
