"""What holds on every page, in both languages and appearances, on a phone and on a desk."""

from __future__ import annotations

import json
import re
import zlib
from pathlib import Path

import pytest
from playwright.sync_api import expect

from app.main import route_names
from tests.journeys.conftest import Visit
from tests.journeys.visitor import DESKTOP, NARROWEST, PHONE, Visitor, new_email

pytestmark = pytest.mark.xdist_group("browser-every_page")

AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

PAGES = {
    "home": ["/"],
    "help": ["/help"],
    "transparency": ["/transparency"],
    "accessibility": ["/accessibility"],
    "privacy": ["/privacy"],
    "patterns": ["/patterns"],
    "mailbox": ["/mailbox"],
    "accounts:sign_up": ["/account/sign-up"],
    "accounts:check_mail": ["/account/check-mail"],
    "accounts:confirm": ["/account/confirm?token=of-nobody"],
    "accounts:sign_in": ["/account/sign-in"],
    "totp:second": ["/account/sign-in/second"],
    "accounts:reset_request": ["/account/reset/request"],
    "codes:show": ["/account/code"],
    "accounts:reset": ["/account/reset?token=of-nobody"],
    "search:show": ["/search", "/search?q=water", "/search?q=nothing-of-the-kind"],
    "invitations:open": ["/invitations/open?token=of-nobody"],
    "ballots:index": ["/elections", "/elections?state=ended", "/elections?state=coming"],
    "agencies:index": ["/agencies", "/agencies?q=water", "/agencies?q=nothing-of-the-kind"],
    "agencies:show": ["/agencies/water", "/agencies/old-town", "/agencies/no-such-agency"],
}
"""Addresses of every page that anybody may open, by the name of its route."""

FOR_PROGRAMS = {
    "ballots:receipt_qr",
    "booth:code",
    "booth:manifest",
    "agencies:export",
    "manifest",
    "healthz",
    "readyz",
    "metrics",
    "passkeys:enter_options",
    "passkeys:enter",
    "passkeys:again_options",
    "passkeys:again",
    "passkeys:make_options",
    "passkeys:make",
    "ballots:record",
    "ballots:proofs",
    "ballots:seals",
    "ballots:zip",
    "ballots:archive",
    "ballots:document",
    "ballots:document_draft",
    "ballots:result_json",
    "ballots:result_csv",
    "ballots:report_file",
    "ballots:report_pdf",
    "api:openapi",
    "api:elections",
    "api:election",
    "api:board",
    "api:events",
    "api:ballot",
    "api:cast",
    "api:audit",
    "api:receipt",
    "api:ceremony",
    "api:publish",
    "api:mail_codes",
    "api:key_proof",
    "api:decrypt",
    "api:voters",
    "api:issue",
}
ACTS = {
    "ballots:put_away",
    "ballots:document_add",
    "ballots:document_remove",
    "ballots:question_change",
    "ballots:remind",
    "ballots:resume",
    "ballots:threshold",
    "ballots:trustee_change",
    "ballots:trustees_invite",
    "ballots:voters_file",
    "ballots:voters_level",
    "announcements:end",
    "jobs:change",
    "organizations:act",
    "organizations:act_as_self",
    "organizations:decide",
    "organizations:end",
    "organizations:found",
    "organizations:invite",
    "people:change",
    "settings:change",
    "centre:dispute",
    "centre:end",
    "accounts:sign_out",
    "preferences",
    "totp:start",
    "totp:renew_codes",
    "totp:put_away",
    "sessions:end",
    "sessions:end_others",
    "contacts:add",
    "contacts:first",
    "contacts:remove",
    "oidc:unlink",
    "invitations:accept",
    "invitations:again",
    "invitations:withdraw",
    "roles:take_back",
    "documents:remove",
    "units:close",
    "drafts:delete",
    "notices:read",
    "notices:read_all",
    "notices:mute",
    "notices:unmute",
}
IN_JOURNEYS = {
    "ballots:authority",
    "ballots:basics",
    "ballots:cancel",
    "ballots:copy",
    "ballots:documents",
    "ballots:extend",
    "ballots:freeze",
    "ballots:log",
    "ballots:manage",
    "ballots:new",
    "ballots:prepare",
    "ballots:preview",
    "ballots:question",
    "ballots:question_new",
    "ballots:questions",
    "ballots:restart",
    "ballots:trustees",
    "ballots:voters",
    "ballots:withdraw",
    "ballots:authority_page",
    "ballots:trustee",
    "ballots:receipt_key",
    "ballots:receipt_page",
    "ballots:receipt_check",
    "booth:check",
    "booth:show",
    "admin:hub",
    "announcements:index",
    "audit:index",
    "data:delete",
    "data:download",
    "data:show",
    "jobs:index",
    "letters:edit",
    "letters:index",
    "organizations:accept",
    "organizations:index",
    "organizations:new",
    "organizations:show",
    "organizations:waiting",
    "people:index",
    "people:show",
    "settings:index",
    "texts:edit",
    "texts:index",
    "centre:account",
    "centre:begin",
    "centre:decide",
    "centre:disputes",
    "centre:index",
    "centre:prove",
    "centre:visits",
    "levels:show",
    "register:index",
    "agencies:manage",
    "agencies:create",
    "agencies:import",
    "agencies:desk",
    "agencies:edit",
    "agencies:rename",
    "agencies:move",
    "agencies:merge",
    "agencies:close",
    "agencies:reopen",
    "calendars:edit",
    "calendars:portal",
    "documents:index",
    "documents:download",
    "units:index",
    "units:edit",
    "accounts:show",
    "accounts:correct",
    "drafts:show",
    "drafts:open",
    "notices:index",
    "notices:open",
    "notices:settings",
    "notices:unsubscribe",
    "invitations:approve",
    "invitations:index",
    "invitations:new",
    "invitations:show",
    "manage:index",
    "roles:end",
    "roles:hand_over",
    "roles:index",
    "roles:mine",
    "roles:person",
    "roles:resign",
    "roles:who",
    "passkeys:index",
    "passkeys:new",
    "passkeys:edit",
    "passkeys:remove",
    "totp:show",
    "totp:set_up",
    "totp:codes",
    "totp:off",
    "proofs:again",
    "sessions:index",
    "contacts:index",
    "contacts:confirm",
    "oidc:begin",
    "oidc:callback",
    "oidc:link",
    "ballots:show",
    "ballots:board",
    "ballots:ballot",
    "ballots:verify",
    "ballots:report",
}

PUBLIC = pytest.mark.parametrize("path", [path for paths in PAGES.values() for path in paths])
LANGUAGES = pytest.mark.parametrize("language", ["ar", "en"], ids=["Arabic", "English"])


LOOKS = {
    "ar": ((DESKTOP, "light"), (PHONE, "dark")),
    "en": ((DESKTOP, "dark"), (PHONE, "light")),
}
_OWN = re.compile(r"[\w-]{12,}|[0-9]+|\?.*")


def look_at(path: str, language: str) -> tuple[int, str]:
    """Width and appearance in which axe looks at a page: always the same for its kind, each of the four for a quarter.

    axe takes half of a journey's time, and what it finds hangs on the style sheets that all pages share.
    """
    return LOOKS[language][zlib.crc32(_OWN.sub("", path).encode()) % 2]


def check(visitor: Visitor) -> None:
    """No violation that axe knows, and nothing beside the window."""
    if not AXE.exists():
        pytest.fail("axe-core is missing: run `npm ci --ignore-scripts`.")
    page = visitor.page
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for narrower in (DESKTOP, PHONE, NARROWEST):
        page.set_viewport_size({"width": narrower, "height": 800})
        assert visitor.scrolls_sideways() <= 0, f"{visitor.path} scrolls sideways at {narrower} px"
    width, appearance = look_at(visitor.path, visitor.language)
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=appearance)  # type: ignore[arg-type]  # one of the two
    found = page.evaluate(
        "rules => axe.run(document, {resultTypes: ['violations'], runOnly: rules}).then(r => "
        "r.violations.map(v => [v.id, v.help, v.nodes.map(n => n.target.join(' '))]))",
        RULES,
    )
    assert found == [], f"{visitor.path}, {width} px, {appearance}: {json.dumps(found, ensure_ascii=False)}"
    page.set_viewport_size({"width": NARROWEST, "height": 640})


def test_no_page_is_left_out_here() -> None:
    assert set(PAGES) | FOR_PROGRAMS | ACTS | IN_JOURNEYS == set(route_names())


@LANGUAGES
@PUBLIC
def test_everyone_can_use_the_page(visit: Visit, path: str, language: str) -> None:
    visitor = visit(language)
    visitor.open(path)
    expect(visitor.heading).to_have_count(1)
    assert visitor.page.title().strip()
    said = visitor.words("A demonstration: no government stands behind it, and its people are invented.")
    expect(visitor.page.get_by_text(said)).to_be_visible()
    check(visitor)


@LANGUAGES
def test_everyone_can_use_the_pages_that_only_an_account_reaches(visit: Visit, language: str) -> None:
    visitor, email = visit(language), new_email()
    visitor.ask_for_account(email)
    visitor.letter(email)
    check(visitor)
    visitor.page.set_viewport_size({"width": DESKTOP, "height": 800})
    visitor.follow_letter(email)
    visitor.arrives("/account/confirm")
    check(visitor)
    visitor.confirm("short")
    expect(visitor.main.get_by_role("alert")).to_be_visible()
    check(visitor)
    visitor.confirm()
    visitor.arrives("/account")
    check(visitor)
    visitor.open("/account/reset/request")
    visitor.box("Email address or phone number").fill(email)
    visitor.button("Send the link or code").click()
    visitor.arrives("/account/check-mail")
    visitor.follow_letter(email, "/account/reset?")
    visitor.arrives("/account/reset")
    check(visitor)


@LANGUAGES
@pytest.mark.parametrize(
    ("path", "button"),
    [
        ("/account/sign-up", "Make the account"),
        ("/account/sign-in", "Sign in"),
        ("/account/reset/request", "Send the link or code"),
    ],
    ids=["sign up", "sign in", "reset"],
)
def test_everyone_can_use_a_form_that_was_refused(visit: Visit, path: str, button: str, language: str) -> None:
    visitor = visit(language)
    visitor.open(path)
    for box in visitor.main.locator("input.input").all():
        box.fill("x@localhost")
    visitor.button(button).click()
    expect(visitor.main.get_by_role("alert")).to_be_visible()
    check(visitor)


@LANGUAGES
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everyone_can_use_the_menu_of_a_phone_in_the_appearance_they_chose(
    visit: Visit, language: str, theme: str
) -> None:
    opposite = "dark" if theme == "light" else "light"
    visitor = visit(language, PHONE, color_scheme=opposite)
    visitor.context.add_cookies([{"name": "theme", "value": theme, "url": visitor.portal.address}])
    visitor.open("/agencies")
    expect(visitor.page.locator("html")).to_have_attribute("data-theme", theme)
    visitor.page.get_by_role("banner").locator("summary").click()
    expect(visitor.page.get_by_role("banner").get_by_role("navigation")).to_be_visible()
    check(visitor)


@pytest.mark.parametrize("path", ["/", "/agencies", "/account/sign-up"])
@LANGUAGES
def test_the_first_view_weighs_less_than_150_kilobytes(visit: Visit, path: str, language: str) -> None:
    visitor = visit(language, PHONE)
    bytes_of: dict[str, float] = {}
    names: dict[str, str] = {}
    session = visitor.context.new_cdp_session(visitor.page)
    session.on("Network.requestWillBeSent", lambda event: names.update({event["requestId"]: event["request"]["url"]}))
    session.on(
        "Network.loadingFinished", lambda event: bytes_of.update({event["requestId"]: event["encodedDataLength"]})
    )
    session.send("Network.enable")
    visitor.page.goto(visitor.portal.address + path, wait_until="networkidle")
    total = sum(bytes_of.values())
    listed = "\n".join(f"{size:9.0f}  {names.get(request, request)}" for request, size in bytes_of.items())
    print(f"{path} in {language}: {total:.0f} bytes\n{listed}")  # noqa: T201 - shown by pytest -s and on failure
    assert len(bytes_of) >= 4, "page, styles, script and font should have been counted"
    assert total < 150_000
