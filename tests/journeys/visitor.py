"""A person at a browser: what they do, and what must never happen while they do it."""

from __future__ import annotations

import itertools
import re
import secrets
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request, Response, expect

from app.i18n import Reader, gettext, reading
from tests.journeys.portal import Portal

PHONE, DESKTOP, NARROWEST = 360, 1280, 320
PASSWORD = "four words and a river"
_addresses = itertools.count(1)


def new_address() -> str:
    """A client address that nobody else in this run has (reserved for benchmarks, RFC 2544)."""
    number = next(_addresses)
    return f"198.18.{number >> 8 & 255}.{number & 255}"


def new_email() -> str:
    """A mail address that nobody else in this run has."""
    return f"visitor-{secrets.token_hex(6)}@example.org"


@dataclass
class Visitor:
    """One person with one browser window. `complaints` collects what no page may do."""

    context: BrowserContext
    page: Page
    portal: Portal
    language: str
    script: bool
    complaints: list[str] = field(default_factory=list)
    _refused: set[str] = field(default_factory=set)

    def watch(self) -> None:
        """Listen to the console, to failing scripts, to requests that fail or leave the portal."""
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("request", self._on_request)
        self.page.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        # Chromium reports every answer of 4xx; a form or a page that was refused on purpose is no mistake.
        if message.text.startswith("Failed to load resource") and message.location["url"] in self._refused:
            return
        self.complaints.append(f"console on {self.page.url}: {message.text}")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.portal.address}/", "data:", "about:")):
            self.complaints.append(f"a request left the portal: {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 500:
            self.complaints.append(f"{response.status} from {response.url}")
        elif response.status >= 400:
            if response.request.resource_type == "document":
                self._refused.add(response.url)
            else:
                self.complaints.append(f"{response.status} from {response.url}")

    def words(self, message: str, /, **values: object) -> str:
        """A text of the portal in this visitor's language."""
        with reading(Reader("en" if self.language == "en" else "ar")):
            return gettext(message, **values)

    def open(self, path: str) -> None:
        """Type an address."""
        self.page.goto(self.portal.address + path)

    @property
    def path(self) -> str:
        """Where the visitor is."""
        parts = urlsplit(self.page.url)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    @property
    def main(self) -> Locator:
        """What the page is about, without what stands around it."""
        return self.page.get_by_role("main")

    @property
    def heading(self) -> Locator:
        """The heading of the page."""
        return self.page.get_by_role("heading", level=1)

    def arrives(self, path: str) -> None:
        """Be at a path within the browser's patience."""
        expect(self.page).to_have_url(re.compile(re.escape(self.portal.address + path) + r"($|[?#])"))

    def link(self, message: str) -> Locator:
        """A link of the page's content."""
        return self.main.get_by_role("link", name=self.words(message), exact=True)

    def button(self, message: str) -> Locator:
        """A button of the page's content."""
        return self.main.get_by_role("button", name=self.words(message), exact=True)

    def box(self, message: str) -> Locator:
        """A field by its label, whether it must be filled in or not."""
        optional = re.escape(f"({self.words('optional')})")
        return self.main.get_by_label(re.compile(rf"^\s*{re.escape(self.words(message))}(\s*{optional})?\s*$"))

    def section(self, message: str) -> Locator:
        """A link of the navigation: beside the name on a wide screen, in the menu on a phone."""
        banner = self.page.get_by_role("banner")
        link = banner.get_by_role("link", name=self.words(message), exact=True).filter(visible=True)
        if not link.count():
            banner.locator("summary").click()
        return link.first

    def letter(self, email: str, leading_to: str = "/account/confirm?") -> Locator:
        """The newest letter to an address with such a link, opened, once a job has written it."""
        letter = self.main.locator("details").filter(has_text=email).filter(has_text=leading_to).first
        for _look in range(40):
            self.open("/mailbox")
            if letter.count():
                break
            self.page.wait_for_timeout(500)
        if letter.get_attribute("open") is None:
            letter.locator("summary").click()
        return letter

    def code_for(self, recipient: str, number: int = 1) -> str:
        """The code in the n-th message to an address or number, once a job has written it."""
        messages = self.main.locator("details").filter(has_text=recipient).filter(has_text=re.compile(r"\b\d{6}\b"))
        for _look in range(40):
            self.open("/mailbox")
            if messages.count() >= number:
                break
            self.page.wait_for_timeout(500)
        found = re.search(r"\b\d{6}\b", messages.first.locator(".letter__body").text_content() or "")
        assert found
        return found[0]

    def letters(self, email: str) -> int:
        """How many letters went to an address."""
        self.open("/mailbox")
        return self.main.locator("details").filter(has_text=email).count()

    def follow_letter(self, email: str, leading_to: str = "/account/confirm?") -> None:
        """Open the link of the newest letter."""
        self.letter(email, leading_to).get_by_role("link").first.click()

    def ask_for_account(self, email: str, name: str = "Zainab") -> None:
        """Enter name and address where one asks for an account."""
        self.open("/account/sign-up")
        self.box("Name").fill(name)
        self.box("Email address or phone number").fill(email)
        self.button("Make the account").click()
        self.arrives("/account/check-mail")

    def confirm(self, password: str = PASSWORD) -> None:
        """Choose a password on the page that the letter leads to."""
        self.arrives("/account/confirm")
        self.box("Password").fill(password)
        self.button("Confirm the account").click()

    def sign_up(self, email: str, name: str = "Zainab") -> None:
        """Ask for an account, read the letter, confirm."""
        self.ask_for_account(email, name)
        self.follow_letter(email)
        self.confirm()
        self.arrives("/account")

    def sign_in(self, email: str, password: str) -> None:
        """Fill in the page on which one signs in, and send it."""
        self.box("Email address or phone number").fill(email)
        self.box("Password").fill(password)
        self.button("Sign in").click()

    def sign_out(self) -> None:
        """Leave by the button of the own page."""
        self.open("/account")
        self.button("Sign out").click()
        self.arrives("/")

    def sign_out_if_signed_in(self) -> None:
        """Be a stranger again, whatever came before."""
        self.open("/account")
        if self.path == "/account":
            self.sign_out()

    def scrolls_sideways(self) -> int:
        """Pixels of the page that stand beside the window."""
        beyond: int = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return beyond

    def tab_to(self, wanted: Locator, most: int = 40) -> None:
        """Reach something by the Tab key alone; each stop on the way must be seen and marked."""
        for _stop in range(most):
            self.page.keyboard.press("Tab")
            stop = self.page.locator(":focus")
            marked = stop.evaluate(
                "e => e.matches(':focus-visible') && e.getClientRects().length > 0 && "
                "(getComputedStyle(e).outlineStyle !== 'none' || getComputedStyle(e).boxShadow !== 'none')"
            )
            assert marked, f"the focus is not seen on {stop.evaluate('e => e.outerHTML.slice(0, 200)')}"
            if wanted.evaluate("e => e === document.activeElement"):
                return
        raise AssertionError(f"{wanted} is not reached by {most} presses of Tab")
