"""Giving roles and handing them over: by invitation, by two where it matters, and during leave."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from app import demo
from app.demo.roles import OFFICER, SECOND, SUPERVISOR
from tests.journeys.conftest import Visit
from tests.journeys.test_every_page import LANGUAGES, check
from tests.journeys.visitor import DESKTOP, PHONE, Visitor, new_email

pytestmark = pytest.mark.xdist_group("browser-roles")

ADMIN = "admin@demo.example"
DIRECTORATE = {"ar": "دائرة ماء العاصمة", "en": "Capital Water Directorate"}


def signed_in(visit: Visit, language: str, email: str, width: int = DESKTOP) -> Visitor:
    """Somebody of the demonstration, reading this language."""
    someone = visit(language, width)
    someone.open("/account/sign-in")
    someone.sign_in(email, demo.PASSWORD)
    someone.arrives("/account")
    someone.open(f"/account?lang={language}")
    return someone


def shows(someone: Visitor, *messages: str) -> None:
    """Words that must stand on the page."""
    for message in messages:
        expect(someone.main.get_by_text(someone.words(message)).first).to_be_visible()


def accepts(newcomer: Visitor, email: str) -> None:
    """Open the letter, make an account for it, take up the role, and look around."""
    newcomer.follow_letter(email, "/invitations/open?")
    newcomer.arrives("/invitations/open")
    shows(newcomer, "You are offered a role")
    check(newcomer)
    newcomer.link("Make an account").click()
    newcomer.arrives("/account/sign-up")
    newcomer.box("Name").fill("Zainab")
    newcomer.box("Email address or phone number").fill(email)
    newcomer.button("Make the account").click()
    newcomer.arrives("/account/check-mail")
    newcomer.follow_letter(email)
    newcomer.confirm()
    newcomer.arrives("/invitations/open")
    newcomer.button("Accept the role").click()
    newcomer.arrives("/roles/mine")
    expect(newcomer.main.get_by_role("heading", name=newcomer.words("Officer"), exact=True)).to_be_visible()
    check(newcomer)
    newcomer.page.set_viewport_size({"width": PHONE, "height": 800})
    newcomer.section("Manage").click()
    newcomer.arrives("/manage")
    expect(newcomer.link("Invitations")).to_have_count(0)
    newcomer.page.go_back()


@LANGUAGES
def test_an_administrator_invites_an_officer_who_makes_an_account_and_accepts(visit: Visit, language: str) -> None:
    boss, email = signed_in(visit, language, ADMIN), new_email()
    boss.section("Manage").click()
    boss.arrives("/manage")
    check(boss)
    boss.page.set_viewport_size({"width": DESKTOP, "height": 800})
    boss.link("Roles").click()
    boss.arrives("/roles")
    check(boss)
    boss.link("Invite somebody").click()
    boss.arrives("/invitations/new")
    boss.box("Email address").fill("nobody@localhost")
    boss.box("Role").select_option("officer")
    boss.box("Where").select_option("portal")
    boss.button("Send the invitation").click()
    expect(boss.main.get_by_role("alert")).to_be_visible()
    expect(boss.box("Role")).to_have_value("officer")
    check(boss)
    boss.box("Email address").fill(email)
    boss.box("Where").select_option(label=DIRECTORATE[language])
    boss.button("Send the invitation").click()
    boss.arrives("/invitations")
    expect(boss.main.get_by_role("heading", name=email)).to_be_visible()
    check(boss)

    newcomer = visit(language, PHONE)
    accepts(newcomer, email)
    boss.open("/invitations?state=past")
    expect(boss.main.get_by_role("heading", name=email)).to_contain_text(boss.words("Accepted"))
    boss.open("/roles?role=officer")
    boss.main.get_by_role("row").filter(has_text="Zainab").first.get_by_role("link", name=boss.words("End")).click()
    boss.box("Reason").fill("The journey is over.")
    check(boss)
    boss.button("End the role").click()
    boss.arrives("/roles")
    newcomer.open("/roles/mine")
    shows(newcomer, "You hold no role")


@LANGUAGES
def test_a_second_administrator_agrees_before_there_is_a_new_one(visit: Visit, language: str) -> None:
    first, second = signed_in(visit, language, SECOND), signed_in(visit, language, ADMIN)
    email = new_email()
    first.open("/invitations/new")
    first.box("Email address").fill(email)
    first.box("Role").select_option("administrator")
    first.box("Where").select_option("portal")
    first.button("Send the invitation").click()
    first.arrives("/invitations")
    row = first.main.get_by_role("listitem").filter(has_text=email)
    expect(row).to_contain_text(first.words("Waits for a second administrator"))
    expect(row.get_by_role("link", name=first.words("Look and decide"))).to_have_count(0)
    assert first.letters(email) == 0, "nothing is sent before the second has agreed"

    second.open("/account")
    shows(second, "Somebody is to become an administrator. Do you agree?")
    second.open("/invitations")
    decide = second.main.get_by_role("listitem").filter(has_text=email)
    decide.get_by_role("link", name=second.words("Look and decide")).click()
    expect(second.main.get_by_text(email)).to_be_visible()
    check(second)
    second.button("Agree and send the invitation").click()
    second.arrives("/invitations")
    stranger = visit(language)
    stranger.follow_letter(email, "/invitations/open?")
    shows(stranger, "You are offered a role")
    second.main.get_by_role("listitem").filter(has_text=email).get_by_role(
        "button", name=second.words("Withdraw")
    ).click()
    stranger.page.reload()
    shows(stranger, "It was withdrawn")
    check(stranger)


@LANGUAGES
def test_an_officer_hands_a_role_over_during_leave_and_takes_it_back(visit: Visit, language: str) -> None:
    officer = signed_in(visit, language, OFFICER, PHONE)
    officer.open("/roles/mine")
    officer.main.get_by_role("link", name=officer.words("Hand over during leave")).first.click()
    first, last = (datetime.now(UTC).date() + timedelta(days=days) for days in (60, 70))
    officer.box("Mail address of your colleague").fill("nobody@example.org")
    officer.box("First day").fill(first.isoformat())
    officer.box("Last day").fill(last.isoformat())
    officer.button("Hand over").click()
    expect(officer.main.get_by_role("alert")).to_contain_text(
        officer.words("No colleague of the same agency has an account with this address.")
    )
    check(officer)
    officer.box("Mail address of your colleague").fill(SUPERVISOR)
    officer.button("Hand over").click()
    officer.arrives("/roles/mine")
    shows(officer, "stands in:")
    check(officer)

    deputy = signed_in(visit, language, SUPERVISOR)
    deputy.open("/roles/mine")
    shows(deputy, "In place of")
    officer.main.get_by_role("button", name=officer.words("Take it back")).first.click()
    expect(officer.main.get_by_role("button", name=officer.words("Take it back"))).to_have_count(0)


@LANGUAGES
def test_an_administrator_asks_who_can_do_something_and_what_somebody_can_do(visit: Visit, language: str) -> None:
    boss = signed_in(visit, language, ADMIN)
    boss.open("/roles/who")
    boss.box("Act").select_option("role.end")
    boss.box("Where").select_option(label=DIRECTORATE[language])
    boss.button("Show").click()
    boss.arrives("/roles/who")
    check(boss)
    boss.page.set_viewport_size({"width": DESKTOP, "height": 800})
    supervisor = boss.main.get_by_role("row").filter(has_text=boss.words("Supervisor"))
    supervisor.get_by_role("link").first.click()
    shows(boss, "End somebody's role")
    check(boss)
