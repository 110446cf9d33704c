"""An agency from its first day to its merger, and a coordinator who looks after one."""

from __future__ import annotations

import secrets

import pytest
from playwright.sync_api import expect

from app import demo
from app.demo.agencies import COORDINATOR
from tests.journeys.conftest import Visit
from tests.journeys.test_every_page import LANGUAGES, check
from tests.journeys.visitor import DESKTOP, PHONE, Visitor

pytestmark = pytest.mark.xdist_group("browser-agencies")

DOCUMENT = {"name": "charter.txt", "mimeType": "text/plain", "buffer": "نجيب خلال خمسة أيام.".encode()}


def signed_in(visit: Visit, language: str, email: str, **more: object) -> Visitor:
    visitor = visit(language, **more)
    visitor.open("/account/sign-in")
    visitor.sign_in(email, demo.PASSWORD)
    visitor.arrives("/account")
    if visitor.page.locator("html").get_attribute("lang") != language:
        visitor.open(f"/account?lang={language}")
    return visitor


def proven(visitor: Visitor, path: str) -> None:
    """Open a page that asks for a fresh proof."""
    visitor.open(path)
    if visitor.path.startswith("/account/again"):
        visitor.box("Password").fill(demo.PASSWORD)
        visitor.button("Go on").click()
        visitor.arrives(path)


def look(visitor: Visitor) -> None:
    """Check a page in Arabic: once is enough for what both languages share."""
    if visitor.language == "ar":
        check(visitor)
        visitor.page.set_viewport_size({"width": DESKTOP, "height": 800})


def enter(boss: Visitor, name: str, slug: str) -> None:
    """Enter an agency, with a mistake on the way."""
    boss.open("/manage/agencies")
    look(boss)
    boss.link("Enter an agency").click()
    boss.arrives("/manage/agencies/new")
    look(boss)
    boss.box("Name in Arabic").fill(name)
    boss.main.get_by_label(boss.words("Name in English")).fill("Wells")
    boss.button("Suggest one").click()
    address = boss.main.get_by_label(boss.words("Address in the portal"))
    expect(address).to_have_value("wells")
    address.fill(slug)
    boss.main.get_by_label(boss.words("Under which agency")).fill("nobody")
    boss.button("Enter the agency").click()
    expect(boss.main.get_by_role("alert").get_by_role("link")).to_have_count(1)
    expect(boss.box("Name in Arabic")).to_have_value(name)
    boss.main.get_by_label(boss.words("Under which agency")).fill("education")
    boss.button("Enter the agency").click()
    boss.arrives(f"/manage/agencies/{slug}")
    check(boss)


def edit(boss: Visitor, slug: str) -> None:
    """Say what it does and how it is reached."""
    boss.link("Edit contact and summary").click()
    boss.main.get_by_label(boss.words("What it is responsible for, in Arabic")).fill("آبار القرى")
    boss.main.get_by_label(boss.words("Website")).fill("wells.example.org")
    look(boss)
    boss.button("Save").click()
    boss.arrives(f"/manage/agencies/{slug}")
    expect(boss.main.get_by_text("آبار القرى")).to_be_visible()


def keep_units(boss: Visitor, slug: str) -> None:
    """Add a unit and close it."""
    boss.open(f"/manage/agencies/{slug}/units")
    boss.box("Name in Arabic").fill("قسم الحفر")
    boss.button("Add the unit").click()
    look(boss)
    boss.main.get_by_role("link", name=boss.words("Change")).first.click()
    look(boss)
    boss.button("Close the unit").click()
    boss.arrives(f"/manage/agencies/{slug}/units")


def set_calendar(boss: Visitor, slug: str) -> None:
    """Look at two weeks, correct a mistake, save."""
    boss.open(f"/manage/agencies/{slug}/calendar")
    check(boss)
    boss.main.locator("[name=fri_1_from]").fill("10:30")
    boss.main.locator("[name=fri_1_to]").fill("9")
    boss.button("See the next two weeks first").click()
    expect(boss.main.get_by_role("alert")).to_be_visible()
    look(boss)
    boss.main.locator("[name=fri_1_to]").fill("13:00")
    boss.button("See the next two weeks first").click()
    shown = (
        boss.words("%(start)s to %(end)s", start="١٠:٣٠", end="١٣:٠٠") if boss.language == "ar" else "10:30 to 13:00"
    )
    expect(boss.main.get_by_text(shown).first).to_be_visible()
    boss.button("Save the calendar").click()
    expect(boss.main.get_by_role("status")).to_contain_text(boss.words("The calendar is saved."))


def add_document(boss: Visitor, slug: str) -> None:
    """Send a file that is not taken, then one that is."""
    boss.open(f"/manage/agencies/{slug}/documents")
    boss.box("Title in Arabic").fill("ميثاق الخدمة")
    boss.box("File").set_input_files({**DOCUMENT, "name": "charter.exe"})
    boss.button("Add the document").click()
    expect(boss.main.get_by_role("alert")).to_be_visible()
    expect(boss.box("Title in Arabic")).to_have_value("ميثاق الخدمة")
    look(boss)
    boss.box("File").set_input_files(DOCUMENT)
    boss.button("Add the document").click()
    expect(boss.main.get_by_role("status")).to_be_visible()
    look(boss)


def rename(boss: Visitor, slug: str) -> None:
    """Give a new name and see where the old address leads."""
    boss.open(f"/manage/agencies/{slug}/rename")
    boss.main.get_by_label(boss.words("Address in the portal")).fill(f"{slug}-new")
    boss.main.get_by_label(boss.words("Name in English")).fill("Wells and springs")
    look(boss)
    boss.box("Why").fill("Decree 7")
    boss.button("Rename").click()
    boss.arrives(f"/manage/agencies/{slug}-new")
    boss.open(f"/agencies/{slug}")
    boss.arrives(f"/agencies/{slug}-new")
    expect(boss.main.get_by_text("Decree 7")).to_be_visible()
    boss.main.locator("details.fold summary").first.click()
    check(boss)
    with boss.page.expect_download() as saved:
        boss.link("ميثاق الخدمة").click()
    assert saved.value.suggested_filename == "charter.txt"


def move(boss: Visitor, slug: str) -> None:
    """Put it under another ministry."""
    boss.open(f"/manage/agencies/{slug}/move?q=transport")
    look(boss)
    boss.main.get_by_role("link", name=boss.words("Choose")).first.click()
    look(boss)
    boss.box("Why").fill("Decree 8")
    boss.button("Move it there").click()
    boss.arrives(f"/manage/agencies/{slug}")


def close_open_and_merge(boss: Visitor, slug: str) -> None:
    """Close it, open it again, merge it into another."""
    decree = f"Decree {secrets.token_hex(3)}"
    proven(boss, f"/manage/agencies/{slug}/close")
    look(boss)
    boss.box("Why").fill("Decree 9")
    boss.button("Close the agency").click()
    boss.link("Open again").click()
    look(boss)
    boss.box("Why").fill("Decree 10")
    boss.button("Open again").click()
    boss.arrives(f"/manage/agencies/{slug}")
    boss.open(f"/manage/agencies/{slug}/merge?into=education-east")
    look(boss)
    boss.box("Why").fill(decree)
    boss.button("Merge").click()
    boss.arrives("/manage/agencies/education-east")
    boss.open(f"/agencies/{slug}")
    boss.arrives("/agencies/education-east")
    expect(boss.main.get_by_text(decree)).to_be_visible()


@LANGUAGES
def test_an_agency_is_entered_edited_renamed_shown_and_merged(visit: Visit, language: str) -> None:
    boss = signed_in(visit, language, "admin@demo.example")
    name, slug = f"دائرة الآبار {secrets.token_hex(3)}", f"wells-{secrets.token_hex(3)}"
    enter(boss, name, slug)
    for step in (edit, keep_units, set_calendar, add_document, rename):
        step(boss, slug)
    for step in (move, close_open_and_merge):
        step(boss, f"{slug}-new")


@LANGUAGES
def test_a_file_of_agencies_is_looked_at_before_it_is_imported(visit: Visit, language: str) -> None:
    boss, slug = signed_in(visit, language, "admin@demo.example"), f"i{secrets.token_hex(4)}"
    boss.open("/manage/agencies/import")
    check(boss)
    text = f"slug,parent,kind,name_ar\n{slug},,office,مكتب {slug}\nx,nobody,office,س\n"
    file = {"name": "agencies.csv", "mimeType": "text/csv", "buffer": text.encode()}
    boss.box("File").set_input_files(file)
    boss.button("See what it would do").click()
    expect(boss.main.get_by_role("table")).to_contain_text("parent")
    check(boss)
    boss.box("File").set_input_files({**file, "buffer": text.partition("x,nobody")[0].encode()})
    boss.button("See what it would do").click()
    expect(boss.main.get_by_role("table")).to_contain_text(slug)
    check(boss)
    boss.button("Import all of it").click()
    boss.arrives("/manage/agencies")
    boss.open(f"/agencies/{slug}")
    expect(boss.heading).to_contain_text(slug)


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_coordinator_corrects_what_another_has_changed(visit: Visit, script: bool) -> None:
    first, second = (signed_in(visit, "ar", COORDINATOR, width=PHONE, script=script) for _number in range(2))
    for one in (first, second):
        one.open("/manage/agencies/marshes/edit")
    for one, number in ((first, "104"), (second, "105" if script else "106")):
        one.main.get_by_label(one.words("Phone")).fill(number)
        one.button("Save").click()
    expect(second.main.get_by_role("alert")).to_contain_text("104")
    expect(second.main.get_by_label(second.words("Phone"))).to_have_value("105" if script else "106")
    if script:  # axe is a script itself
        check(second)
    second.button("Save").click()
    second.arrives("/manage/agencies/marshes")
    second.open("/manage/agencies/buses")
    expect(second.heading).to_have_text(second.words("You may not do that"))


def test_the_calendar_of_the_portal_is_an_administrators(visit: Visit) -> None:
    boss = signed_in(visit, "en", "admin@demo.example")
    boss.open("/manage/calendar")
    check(boss)
