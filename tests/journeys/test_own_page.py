"""One's own page: write first and sign in at the end, be told, and choose how."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from app.notices import links
from app.settings import Settings
from tests.journeys.conftest import Visit
from tests.journeys.test_every_page import check
from tests.journeys.visitor import DESKTOP, PASSWORD, PHONE, new_email

pytestmark = pytest.mark.xdist_group("browser-own_page")

EVERYONE = pytest.mark.parametrize(
    ("language", "width", "script"),
    [("ar", PHONE, True), ("en", DESKTOP, True), ("ar", DESKTOP, False)],
    ids=["Arabic on a phone", "English on a desk", "Arabic without script"],
)
LANGUAGES = pytest.mark.parametrize("language", ["ar", "en"], ids=["Arabic", "English"])


@EVERYONE
def test_what_was_written_when_the_session_ran_out_is_sent_after_signing_in(
    visit: Visit, language: str, width: int, script: bool
) -> None:
    someone, email = visit(language, width, script=script), new_email()
    someone.sign_up(email)
    someone.open("/account")
    someone.main.locator("summary").click()
    someone.box("Name").fill("زينب عبد الله\t الخالدي")
    someone.context.clear_cookies(name="sawtuna")
    someone.button("Save").dblclick(no_wait_after=True)
    someone.arrives("/account/sign-in")
    someone.sign_in(email, PASSWORD)
    expect(someone.heading).to_have_text(someone.words("Here is what you wrote"))
    expect(someone.main).to_contain_text("عبد الله")
    if script:
        check(someone)
    place = someone.path
    someone.open("/account")
    expect(someone.heading).to_have_text("Zainab")
    draft = someone.link("Correct one's own name and language")
    expect(draft).to_have_count(1)
    draft.click()
    someone.button("Send it now").click()
    someone.arrives("/account")
    expect(someone.heading).to_have_text("زينب عبد الله الخالدي")
    expect(someone.link("Correct one's own name and language")).to_have_count(0)
    if not script:
        return
    check(someone)
    someone.open(place)
    expect(someone.heading).to_have_text(someone.words("This is on its way"))
    check(someone)
    someone.open("/continue/" + "a" * 43)
    expect(someone.heading).to_have_text(someone.words("No draft waits here"))
    check(someone)


def test_a_draft_is_thrown_away(visit: Visit) -> None:
    someone, email = visit("en"), new_email()
    someone.sign_up(email)
    someone.open("/account")
    someone.main.locator("summary").click()
    someone.box("Name").fill("Nobody")
    someone.context.clear_cookies(name="sawtuna")
    someone.button("Save").click()
    someone.sign_in(email, PASSWORD)
    someone.button("Throw it away").click()
    someone.arrives("/account")
    expect(someone.link("Correct one's own name and language")).to_have_count(0)


@LANGUAGES
def test_a_citizen_reads_mutes_and_chooses(visit: Visit, language: str) -> None:
    citizen = visit(language, PHONE)
    citizen.open("/account/sign-in")
    citizen.sign_in("citizen@demo.example", "demonstration only")
    citizen.arrives("/account")
    citizen.open(f"/account?lang={language}")
    check(citizen)
    citizen.link("All notifications").click()
    citizen.arrives("/account/notices")
    check(citizen)
    row = citizen.main.get_by_role("listitem").filter(has_text="14" if language == "en" else "١٤")
    row.get_by_role("button").first.click()
    citizen.arrives("/account/notices")
    row.get_by_role("button").first.click()
    citizen.arrives("/account/notices")
    citizen.link("How we tell you").click()
    citizen.arrives("/account/notices/settings")
    citizen.box("Each at once").check()
    citizen.main.get_by_label(citizen.words("Quiet from")).select_option("22")
    citizen.main.get_by_label(citizen.words("Quiet until")).select_option("")  # another reader's choice may stand there
    citizen.button("Save").click()
    expect(citizen.main.get_by_role("alert")).to_contain_text(citizen.words("Choose both hours, or neither."))
    check(citizen)
    citizen.main.get_by_label(citizen.words("Quiet until")).select_option("7")
    citizen.button("Save").click()
    expect(citizen.main.get_by_role("status")).to_contain_text(citizen.words("Saved"))
    check(citizen)


@LANGUAGES
def test_the_link_of_a_mail_leads_to_one_button(visit: Visit, language: str) -> None:
    someone = visit(language, PHONE)
    settings = Settings(data_dir=someone.portal.log.parent / "data", base_url=someone.portal.address)
    someone.page.goto(links.unsubscribe(settings, 4711))
    check(someone)
    someone.button("Stop these mails").click()
    expect(someone.main.get_by_role("status")).to_be_visible()
    check(someone)
