"""Administrators at work, and what a person can do with the own data and for an organization."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from app import demo
from tests.journeys.conftest import Visit
from tests.journeys.test_every_page import LANGUAGES, check
from tests.journeys.visitor import Visitor, new_email

pytestmark = pytest.mark.xdist_group("browser-administration")


def signed_in(visit: Visit, language: str, email: str) -> Visitor:
    visitor = visit(language)
    visitor.open("/account/sign-in")
    visitor.sign_in(email, demo.PASSWORD)
    visitor.arrives("/account")
    if visitor.page.locator("html").get_attribute("lang") != language:
        visitor.open(f"/account?lang={language}")
    return visitor


@LANGUAGES
def test_an_administrator_sees_to_texts_mails_announcements_settings(visit: Visit, language: str) -> None:
    boss = signed_in(visit, language, "admin@demo.example")
    for path in (
        "/admin",
        "/admin/people",
        "/admin/texts",
        "/admin/mails",
        "/admin/mails/confirm",
        "/admin/settings",
        "/admin/jobs",
        "/admin/audit",
        "/organizations/waiting",
    ):
        boss.open(path)
        expect(boss.heading).to_have_count(1)
        check(boss)
    boss.open("/admin/people?q=citizen")
    boss.main.get_by_role("link", name="زينب الخالدي").first.click()
    check(boss)
    boss.open("/admin/announcements")
    boss.box("In Arabic").fill("تتوقف البوابة الليلة ساعة.")
    boss.box("In English").fill("The portal stops for an hour tonight.")
    boss.box("Until").fill("2099-01-01T10:00")
    boss.button("Announce").click()
    said = "The portal stops for an hour tonight." if language == "en" else "تتوقف البوابة الليلة ساعة."
    expect(boss.page.get_by_role("region", name=boss.words("Announcements"))).to_contain_text(said)
    check(boss)
    boss.main.get_by_role("button", name=boss.words("Take it away")).first.click()
    expect(boss.page.get_by_role("region", name=boss.words("Announcements"), exact=True)).to_have_count(0)
    boss.open("/admin/texts/accessibility")
    boss.box("In English").fill("## Ours\n\nPlain words.")
    boss.button("Preview").click()
    expect(boss.main.get_by_role("heading", name="Ours")).to_be_visible()
    check(boss)


@LANGUAGES
def test_a_person_registers_an_organization_takes_the_data_along_and_leaves(visit: Visit, language: str) -> None:
    visitor, email = visit(language), new_email()
    visitor.open("/organizations/new")
    check(visitor)
    visitor.sign_up(email)
    visitor.open("/organizations")
    check(visitor)
    visitor.open("/organizations/new")
    visitor.box("Name in Arabic").fill("جمعية الجيران")
    visitor.box("Number in its register").fill(email[-20:-12])
    visitor.button("Send it to be checked").click()
    expect(visitor.heading).to_have_text("جمعية الجيران")
    check(visitor)
    visitor.open("/organizations/accept?token=of-nobody")
    check(visitor)
    visitor.open("/account/data")
    check(visitor)
    with visitor.page.expect_download() as download:
        visitor.link("Download to read").click()
    assert download.value.suggested_filename.endswith(".html")
    visitor.open("/organizations")
    visitor.main.get_by_role("link", name="جمعية الجيران").click()
    visitor.open("/account/delete")
    check(visitor)
    visitor.button("Delete my account").click()
    expect(visitor.main.get_by_role("alert")).to_be_visible()
