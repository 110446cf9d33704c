"""Proving more where it is needed, alone and at the counter of a service centre."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from app.demo import PASSWORD as DEMO
from app.demo.centre import AGENT, OVERSIGHT
from tests.journeys.conftest import Visit
from tests.journeys.test_every_page import check
from tests.journeys.visitor import DESKTOP, PHONE, Visitor, new_email

pytestmark = pytest.mark.xdist_group("browser-centre")

LANGUAGES = pytest.mark.parametrize(
    ("language", "script"),
    [("ar", True), ("en", True), ("ar", False)],
    ids=["Arabic", "English", "Arabic without script"],
)


def looked_at(visitor: Visitor) -> None:
    """Nothing is wrong with the page, as far as a script can find out; then go on in a window that fits."""
    if visitor.script:
        check(visitor)
        visitor.page.set_viewport_size({"width": DESKTOP, "height": 800})


def enter(visitor: Visitor, email: str, path: str) -> None:
    """Sign in on the way to a page."""
    visitor.open(path)
    visitor.sign_in(email, DEMO)
    visitor.arrives(path)
    visitor.open(f"{path}?lang={visitor.language}")  # an account is read in the language it has chosen


def proven(visitor: Visitor, path: str) -> None:
    """Open a page that asks for a fresh proof."""
    visitor.open(path)
    if "/account/again" in visitor.path:
        visitor.box("Password").fill(DEMO)
        visitor.main.locator("button.button--main").first.click()
    visitor.arrives(path)


@LANGUAGES
def test_somebody_proves_more_where_an_act_asks_for_it(visit: Visit, language: str, script: bool) -> None:
    someone, email = visit(language, PHONE, script=script), new_email()
    someone.sign_up(email)
    someone.open("/account/level?level=2&next=/help")
    expect(someone.main.get_by_text(re.compile("2|٢")).first).to_be_visible()
    number = someone.main.locator("[data-example=number]").text_content() or ""
    day, month, year = (someone.main.locator("[data-example=born]").text_content() or "").split("/")
    looked_at(someone)

    someone.box("National number").fill("12")
    for label, value in (("Day", day), ("Month", month), ("Year", year)):
        someone.box(label).fill(value)
    someone.button("Compare with the register").click()
    expect(someone.main.get_by_role("alert")).to_be_visible()
    expect(someone.box("National number")).to_have_value("")
    expect(someone.box("National number")).to_have_attribute("aria-invalid", "true")
    looked_at(someone)

    someone.box("National number").fill(number)
    for label, value in (("Day", day), ("Month", month), ("Year", year)):
        someone.box(label).fill(value)
    someone.button("Compare with the register").click()
    someone.arrives("/help")
    someone.open("/account/level?level=2&next=/help")
    expect(someone.link("Go on")).to_be_visible()
    expect(someone.main.locator("li[data-state=done]")).to_have_count(3)
    looked_at(someone)


@LANGUAGES
def test_an_agent_acts_for_somebody_present_who_sees_and_disputes_it(visit: Visit, language: str, script: bool) -> None:
    citizen, email = visit(language, PHONE, script=script), new_email()
    citizen.sign_up(email)

    agent = visit(language, script=script)
    enter(agent, AGENT, "/centre")
    looked_at(agent)
    proven(agent, "/centre/begin")
    looked_at(agent)
    agent.box("Email address or phone number").fill(email)
    agent.button("Go on").click()
    agent.page.wait_for_url(re.compile(r"/centre/begin/[\w-]+$"))
    here = agent.path
    looked_at(agent)
    digits = citizen.code_for(email)
    expect(agent.heading).to_have_text(agent.words("Enter the code"))
    agent.box("Code").fill(digits)
    agent.button("Begin the visit").click()
    agent.arrives("/")
    assert here not in agent.path

    banner = agent.page.locator(".acting")
    for path in ("/", "/help", "/agencies", "/account", "/account/level", "/no-such-page"):
        agent.open(path)
        expect(banner).to_contain_text("Zainab")
    agent.open("/account/level")
    looked_at(agent)
    agent.open("/account/passkeys")
    expect(agent.main.get_by_text(agent.words("Only the person may do this, not an agent for them."))).to_be_visible()
    banner.get_by_role("button").click()
    agent.arrives("/centre")
    expect(banner).to_have_count(0)
    looked_at(agent)

    citizen.open("/account/visits")
    expect(citizen.main.get_by_text("هدى السعدي")).to_be_visible()
    looked_at(citizen)
    citizen.main.locator("summary").first.click()
    citizen.main.locator("textarea").first.fill("I was at home, and somebody used my code.")
    citizen.button("Dispute it").click()
    expect(citizen.main.get_by_text("I was at home, and somebody used my code.")).to_be_visible()
    looked_at(citizen)

    judge = visit(language, script=script)
    enter(judge, OVERSIGHT, "/centre/disputes")
    looked_at(judge)
    judge.main.locator("ul.register").first.locator("a").last.click()
    expect(judge.main.get_by_text("I was at home, and somebody used my code.")).to_be_visible()
    looked_at(judge)
    judge.box("Decision and reasons").fill("The agent asked for the code by telephone, which is forbidden.")
    judge.button("Decide").click()
    judge.arrives("/centre/disputes")
    citizen.open("/account/visits")
    expect(citizen.main.get_by_text("which is forbidden")).to_be_visible()


@LANGUAGES
def test_somebody_without_an_account_gets_one_at_the_counter_and_is_seen_by_a_document(
    visit: Visit, language: str, script: bool
) -> None:
    agent, email = visit(language, script=script), new_email()
    enter(agent, AGENT, "/centre")
    proven(agent, "/centre/begin")
    agent.box("Email address or phone number").fill(email)
    agent.button("Go on").click()
    agent.page.wait_for_url(re.compile(r"/centre/begin/[\w-]+$"))
    here = agent.path
    digits = agent.code_for(email)
    agent.open(here)
    agent.box("Code").fill(digits)
    agent.button("Begin the visit").click()
    agent.arrives(f"{here}/account")
    looked_at(agent)
    agent.box("Name").fill("هدى")
    agent.button("Make the account and begin the visit").click()
    agent.arrives("/")
    banner = agent.page.locator(".acting")
    expect(banner).to_contain_text("هدى")
    banner.get_by_role("button").click()
    agent.arrives("/centre")

    agent.open("/centre/begin")
    agent.box("Email address or phone number").fill(email)
    agent.main.locator("input[value=identity]").check()
    agent.button("Go on").click()
    agent.page.wait_for_url(re.compile(r"/centre/begin/[\w-]+$"))
    agent.main.locator("select").select_option("passport")
    agent.box("Last three characters of its number").fill("x4")
    agent.button("Begin the visit").click()
    expect(agent.main.locator(".field--error").first).to_be_visible()
    looked_at(agent)
    agent.main.locator("select").select_option("passport")
    agent.box("Last three characters of its number").fill("x4v")
    agent.button("Begin the visit").click()
    agent.arrives("/")
    expect(banner).to_contain_text("هدى")


@LANGUAGES
def test_an_administrator_imports_a_register(visit: Visit, language: str, script: bool, tmp_path: Path) -> None:
    admin = visit(language, script=script)
    enter(admin, "admin@demo.example", "/account")
    proven(admin, "/admin/register")
    looked_at(admin)
    file = tmp_path / "register.csv"
    file.write_text("number,birth_date\n12,1985-03-05\n", encoding="utf-8")
    admin.main.locator("input[type=file]").set_input_files(file)
    admin.button("Import").click()
    expect(admin.main.get_by_role("alert")).to_be_visible()
    looked_at(admin)
    file.write_text("\ufeffرقم;المواليد\n٢٢٢٢٢٢٢٢٢٢٢٢;٥/٣/١٩٨٥\n", encoding="utf-8")
    admin.main.locator("input[type=file]").set_input_files(file)
    admin.main.get_by_label(re.compile(re.escape(admin.words("Name of this import")))).fill(f"one-{language}")
    admin.button("Import").click()
    expect(admin.main.get_by_text(f"one-{language}")).to_be_visible()
