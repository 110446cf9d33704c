"""Pages: complete in both languages, kind when something is wrong, and nothing in them from elsewhere."""

import json
import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import httpx2
import pytest
from httpx2 import Response
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Route

from app import clock, demo
from app.access import Guarded
from app.html import STATIC
from app.main import FEATURES
from tests.app.portal import Portal, fresh_portal, production, sign_in, sign_up, with_account, words

PAGES = (
    "/",
    "/help",
    "/transparency",
    "/accessibility",
    "/privacy",
    "/patterns",
    "/mailbox",
    "/agencies",
    "/agencies?q=nothing-has-this-name",
    "/agencies?q=water",
    "/agencies?q=ماء",
    "/agencies/water",
    "/agencies/buses",
    "/elections",
    "/elections?state=ended",
    "/elections/receipt-key",
    "/search",
    "/search?q=water",
    "/search?q=nothing-has-this-name",
    "/organizations/new",
    "/account/sign-up",
    "/account/sign-in",
    "/account/sign-in?next=/account",
    "/account/check-mail",
    "/account/confirm",
    "/account/confirm?token=used",
    "/account/reset/request",
    "/account/reset",
    "/account/reset?token=used",
)
ELSEWHERE = {"codes:show", "oidc:begin", "oidc:callback", "totp:second", "invitations:open", "notices:unsubscribe"}
"""Steps of something begun before; their own tests look at them."""
PERSONAL = ("/account", "/", "/help", "/agencies/water", "/account/sign-in")
# Words that stay Latin in Arabic: names of programs and standards, commands, addresses, the other language's name.
Site = dict[tuple[str, str], Response]
LATIN = re.compile(
    r"\b(English|PDF|DOCX|ODT|JPEG|PNG|HTML|CSS|CSV|JSON|SMS|Argon2id|Belenios|belenios-tool|election|verify|sawtuna|ELECTION|"
    r"bel|GNU|AGPL|axe-core|WCAG|AA|SHA|SW|XXXX|http|https|Sawtuna)\b|\S*@\S*|https?://\S+|[\w-]+\.(?:example|org|bel)\b"
)


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    """A demonstration portal."""
    with fresh_portal("sqlite", tmp_path, demo=True) as running:
        running.run(demo.seed, clock.now())
        yield running


@pytest.fixture
def official(tmp_path: Path) -> Iterator[Portal]:
    """A portal as the public meets it."""
    with production("sqlite", tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Every page of the demonstration in both languages, looked at once."""
    with fresh_portal("sqlite", tmp_path_factory.mktemp("site"), demo=True) as running:
        running.run(demo.seed, clock.now())
        return {(path, language): page(running, path, language) for path in PAGES for language in ("ar", "en")}


class Elements(HTMLParser):
    """Every element of a page with its attributes, and the text of scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.inline: list[str] = []
        self.open: list[str] = []
        self._within = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self._within = tag

    def handle_data(self, data: str) -> None:
        if self._within in {"script", "style"} and data.strip():
            self.inline.append(data)

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the parser's signature
        self._within = ""


def page(portal: Portal, path: str, language: str) -> Response:
    return portal.browser(accept_language=language).get(path)


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_stands_in_both_languages(site: Site, path: str, language: str) -> None:
    answer = site[path, language]
    assert answer.status_code == 200
    direction = "rtl" if language == "ar" else "ltr"
    assert f'<html lang="{language}" dir="{direction}"' in answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_no_page_is_forgotten_here() -> None:
    for_programs = {"healthz", "readyz", "metrics", "manifest", "agencies:export", "booth:manifest"}
    for_programs |= {"api:openapi", "api:elections"}
    shown = {path.partition("?")[0] for path in PAGES}
    for route in (route for feature in FEATURES for route in feature.routes):
        assert isinstance(route, Guarded)
        is_open = "GET" in (route.methods or ()) and not route.act.signed_in and "{" not in route.path
        if is_open and route.name not in for_programs | ELSEWHERE:
            assert route.path in shown, f"add the page {route.name} to PAGES"


@pytest.mark.parametrize("path", [path for path in PAGES if path != "/patterns"])
def test_arabic_pages_have_no_english_left_in_them(site: Site, path: str) -> None:
    html = site[path, "ar"].text
    html = re.sub(r'(?s)<bdi dir="ltr".*?</bdi>|<code.*?</code>|<pre.*?</pre>|<details.*?</details>', " ", html)
    html = re.sub(r'(?s)<(\w+)[^>]*\blang="en".*?</\1>', " ", html)  # found in the other language, and says so
    left = LATIN.sub(" ", words(html).replace(path.rpartition("=")[2], " "))
    assert not re.findall(r"[A-Za-z]{3,}(?: [A-Za-z]+)*", left)


@pytest.mark.parametrize("path", [path for path in PAGES if path != "/patterns"])
def test_what_is_read_aloud_in_arabic_is_arabic_too(site: Site, path: str) -> None:
    for tag, attributes in Elements(site[path, "ar"].text).found:
        for name in ("aria-label", "title", "alt", "data-busy", "data-label"):
            said = attributes.get(name) or ""
            assert not re.search(r"[A-Za-z]{3,} [A-Za-z]{2,}", said), f"{tag} {name}={said}"


@pytest.mark.parametrize("path", [path for path in PAGES if path != "/patterns"])
def test_english_pages_have_no_arabic_but_names(site: Site, path: str) -> None:
    html = re.sub(
        r'(?s)<span lang="ar".*?</span>|<details.*?</details>', "", site[path, "en"].text.replace("العربية", "")
    )
    left = words(html).replace("زينب", "").replace(path.rpartition("=")[2], "")
    assert not re.findall(r"[\u0621-\u064a]{2,}", left)


def test_one_reader_s_digits_are_not_shown_to_the_next(portal: Portal) -> None:
    sign_up(portal.browser(), "z@example.org")
    assert "10" in words(page(portal, portal.link(), "en").text)
    assert "١٠" in words(page(portal, portal.link(), "ar").text)


def test_numbers_on_arabic_pages_are_arabic_indic_until_the_reader_chooses(portal: Portal) -> None:
    browser = portal.browser()
    assert "١٤" in words(browser.get("/privacy").text)
    browser.post("/preferences", data={"numerals": "latn", "next": "/privacy"})
    assert "14" in words(browser.get("/privacy").text)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["ar", "en"])
def test_pages_hold_no_script_and_no_style_of_their_own(site: Site, path: str, language: str) -> None:
    elements = Elements(site[path, language].text)
    assert not elements.inline
    for tag, attributes in elements.found:
        assert "style" not in attributes, f"<{tag} style>"
        assert not [name for name in attributes if name.startswith("on")], f"<{tag}> listens inline"
        assert not [value for value in attributes.values() if (value or "").lower().startswith("javascript:")]


@pytest.mark.parametrize("path", PAGES)
def test_pages_load_nothing_from_elsewhere(site: Site, path: str) -> None:
    for tag, attributes in Elements(site[path, "ar"].text).found:
        for name in ("src", "srcset", "action", "formaction", "data", "poster"):
            address = attributes.get(name) or "/"
            assert re.match(r"/(?!/)", address), f"<{tag} {name}={address}>"
        if tag == "link":
            assert (attributes["href"] or "").startswith("/")


def test_everything_a_page_asks_for_is_there(portal: Portal, site: Site) -> None:
    asked = {
        attributes.get("src") or attributes.get("href") or ""
        for answer in site.values()
        for tag, attributes in Elements(answer.text).found
        if tag in {"link", "script", "img"}
    }
    assert asked
    for address in asked:
        assert portal.client.get(address).status_code == 200, address


def test_every_link_within_the_portal_leads_somewhere(portal: Portal, site: Site) -> None:
    seen: dict[str, Response] = {}
    for (path, language), answer in site.items():
        for tag, attributes in Elements(answer.text).found:
            href = attributes.get("href") or ""
            if tag != "a" or not href.startswith(("/", "#")) or path == "/patterns" or language == "en":
                continue
            target, _hash, fragment = href.partition("#")
            if target and target not in seen:
                seen[target] = portal.client.get(target)
            there = seen[target] if target else answer
            assert there.status_code in {200, 303}, href
            assert not fragment or f'id="{fragment}"' in there.text, href


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_one_heading_one_main_part_and_a_title(site: Site, path: str) -> None:
    html = site[path, "ar"].text
    tags = [tag for tag, _attributes in Elements(html).found]
    if path != "/patterns":
        assert tags.count("h1") == 1
    assert tags.count("main") == 1
    title = re.search(r"<title>(.*?)</title>", html)
    assert title
    assert title[1].strip()


@pytest.mark.parametrize("path", PAGES)
def test_no_two_things_on_a_page_have_the_same_name(site: Site, path: str) -> None:
    if path == "/patterns":
        pytest.skip("The patterns show every component twice, once in each direction.")
    names = [attributes["id"] for _tag, attributes in Elements(site[path, "ar"].text).found if "id" in attributes]
    assert len(names) == len(set(names))


def test_the_demonstration_says_so_on_every_page(site: Site) -> None:
    for path in PAGES:
        assert "official--demo" in site[path, "ar"].text
        assert "A demonstration: no government stands behind it" in words(site[path, "en"].text)


def test_the_demonstration_says_so_even_when_something_is_wrong(portal: Portal) -> None:
    assert "A demonstration: no government" in words(page(portal, "/no-such-page", "en").text)


def test_a_real_portal_names_who_runs_it_and_no_demonstration(official: Portal) -> None:
    text = official.browser(accept_language="en").get("/").text
    assert "official--demo" not in text
    assert "demonstration" not in words(text).lower()


def test_the_development_mailbox_does_not_exist_in_production(official: Portal) -> None:
    assert official.browser().get("/mailbox").status_code == 404
    assert "/mailbox" not in official.browser().get("/").text


# Language


def test_arabic_is_what_a_reader_gets_who_asked_for_nothing(portal: Portal) -> None:
    assert '<html lang="ar" dir="rtl"' in portal.program().get("/").text


def test_the_language_that_was_chosen_is_kept(portal: Portal) -> None:
    browser = portal.browser(accept_language="ar")
    assert '<html lang="en"' in browser.get("/?lang=en").text
    assert '<html lang="en"' in browser.get("/help").text
    assert '<html lang="ar"' in browser.get("/help?lang=ar").text
    assert '<html lang="ar"' in browser.get("/").text


@pytest.mark.parametrize("nonsense", ["fr", "EN", "", "../../etc", "en\r\nSet-Cookie: x=y"])
def test_a_language_that_there_is_not_changes_nothing(portal: Portal, nonsense: str) -> None:
    answer = portal.browser(accept_language="ar").get("/", params={"lang": nonsense})
    assert '<html lang="ar"' in answer.text
    assert "set-cookie" not in answer.headers


def test_a_person_with_an_account_reads_in_the_language_of_the_account(tmp_path: Path) -> None:
    with fresh_portal("sqlite", tmp_path) as running:
        with_account(running, "english@example.org", browser=running.browser(accept_language="en"))
        elsewhere = running.browser(accept_language="fr")
        sign_in(elsewhere, "english@example.org")
        assert '<html lang="en"' in elsewhere.get("/account").text


def test_changing_the_language_keeps_the_link_from_a_mail_working(tmp_path: Path) -> None:
    with fresh_portal("sqlite", tmp_path) as running:
        browser = running.browser(accept_language="ar")
        sign_up(browser, "z@example.org")
        path = running.link()
        href = re.search(r'href="([^"]*lang=en[^"]*)"', browser.get(path).text)
        assert href
        english = browser.get(str(httpx2.URL(path).join(unescape(href[1])))).text
        assert "Confirm the account" in english


def test_changing_the_language_keeps_what_was_searched(portal: Portal) -> None:
    text = portal.browser().get("/agencies?q=water").text
    href = re.search(r'href="([^"]*lang=en[^"]*)"', text)
    assert href
    assert "q=water" in href[1]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_appearance_that_was_chosen_is_in_the_page(portal: Portal, theme: str) -> None:
    browser = portal.browser()
    browser.post("/preferences", data={"theme": theme})
    assert f'data-theme="{theme}"' in browser.get("/").text
    browser.post("/preferences", data={"theme": "auto"})
    assert "data-theme" not in browser.get("/").text.partition("<head>")[0]


def test_preferences_take_only_what_there_is(portal: Portal) -> None:
    browser = portal.browser()
    answer = browser.post(
        "/preferences", data={"lang": "xx", "numerals": "roman", "theme": "<script>", "next": "/help"}
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == "/help"
    assert "set-cookie" not in answer.headers


# When something is wrong


@pytest.mark.parametrize("language", ["ar", "en"])
def test_an_address_that_does_not_exist_is_answered_by_a_page_that_helps(portal: Portal, language: str) -> None:
    answer = page(portal, "/no/such/page", language)
    assert answer.status_code == 404
    assert f'<html lang="{language}"' in answer.text
    assert 'href="/"' in answer.text
    assert 'href="/help#contact"' in answer.text
    assert answer.headers["x-request-id"] in answer.text


@pytest.mark.parametrize("path", ["/agencies/no-such-agency", "/agencies/%00", "/static/nothing.css"])
def test_what_is_not_there_is_not_found(portal: Portal, path: str) -> None:
    assert portal.browser().get(path).status_code == 404


def test_a_wrong_kind_of_request_is_told_apart_from_a_wrong_address(portal: Portal) -> None:
    answer = portal.browser().post("/help")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert "<html" in answer.text


@pytest.mark.parametrize(
    ("accept", "json_wanted"),
    [
        ("application/json", True),
        ("application/problem+json", True),
        ("text/html,application/json;q=0.9", False),
        ("*/*", False),
        ("", False),
    ],
)
def test_programs_are_told_in_json_what_is_wrong_and_people_in_a_page(
    portal: Portal, accept: str, *, json_wanted: bool
) -> None:
    answer = portal.browser(accept=accept, accept_language="en").get("/no-such-page")
    assert answer.status_code == 404
    if not json_wanted:
        assert answer.headers["content-type"].startswith("text/html")
        return
    assert answer.headers["content-type"] == "application/problem+json"
    body = json.loads(answer.text)
    assert body["status"] == 404
    assert body["title"] == "Not Found"
    assert body["type"] == "about:blank"
    assert body["request_id"] == answer.headers["x-request-id"]
    assert body["detail"]


def test_addresses_under_api_answer_in_json_whatever_was_asked(portal: Portal) -> None:
    assert portal.browser().get("/api/nothing").headers["content-type"] == "application/problem+json"


def test_a_cache_is_told_that_page_and_json_differ(portal: Portal) -> None:
    for accept in ("text/html", "application/json"):
        assert "accept" in portal.browser(accept=accept).get("/no-such").headers.get("vary", "").lower().split(", ")


def test_a_program_that_is_not_signed_in_is_told_so(portal: Portal) -> None:
    answer = portal.program(accept="application/json").get("/account")
    assert answer.status_code == 401


def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(portal: Portal) -> None:
    answer = portal.browser().get("/account")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/account/sign-in?next=%2Faccount"


def test_being_sent_to_sign_in_is_not_called_a_fault(portal: Portal) -> None:
    assert "A fault on our side" not in portal.browser(accept_language="en").get("/account").text


@pytest.mark.parametrize("path", ["/account/sign-up", "/account/sign-in", "/account/reset/request", "/account/confirm"])
def test_asking_only_for_the_head_of_a_page_is_answered_like_the_page(portal: Portal, path: str) -> None:
    assert portal.browser().head(path).status_code == 200


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[Portal]:
    """A portal with a page that has a fault in it, and one for each thing that can be wrong."""

    async def fault(_request: Request) -> None:
        raise RuntimeError("a secret detail")

    async def refuse(request: Request) -> None:
        raise HTTPException(int(request.path_params["status"]))

    with fresh_portal("sqlite", tmp_path, base_url="https://voice.example") as running:
        running.app.router.routes[:0] = [Route("/fault", fault), Route("/refuse/{status:int}", refuse)]
        yield running


def failing(portal: Portal, language: str = "en", accept: str = "text/html") -> Response:
    browser = portal.browser(accept_language=language, accept=accept)
    browser._transport.raise_server_exceptions = False  # type: ignore[attr-defined]  # as a server would
    return browser.get("/fault")


def test_a_fault_is_told_without_its_details_and_with_a_number(faulty: Portal) -> None:
    answer = failing(faulty)
    assert answer.status_code == 500
    assert "a secret detail" not in answer.text
    assert "Traceback" not in answer.text
    assert "<html" in answer.text


def test_a_fault_is_told_to_programs_in_json(faulty: Portal) -> None:
    answer = failing(faulty, accept="application/json")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 500


def test_a_fault_s_page_is_as_well_protected_as_the_others(faulty: Portal) -> None:
    answer = failing(faulty)
    assert "content-security-policy" in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "strict-transport-security" in answer.headers


def test_a_fault_has_a_number_in_the_page_and_in_the_headers(faulty: Portal) -> None:
    answer = failing(faulty)
    assert answer.headers["x-request-id"] in answer.text


def test_a_fault_is_told_in_the_reader_s_language(faulty: Portal) -> None:
    assert '<html lang="en"' in failing(faulty, "en").text
    assert '<html lang="ar"' in failing(faulty, "ar").text


def test_a_fault_is_counted(faulty: Portal) -> None:
    failing(faulty)
    metrics = faulty.browser(client="127.0.0.1").get("/metrics").text
    assert re.search(r'http_requests_total\{method="GET",status="500"\} [1-9]', metrics)


@pytest.mark.parametrize("language", ["ar", "en"])
def test_every_refusal_says_in_both_languages_what_to_do(faulty: Portal, language: str) -> None:
    headings = set()
    for status in (400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503):
        answer = page(faulty, f"/refuse/{status}", language)
        assert answer.status_code == status
        assert 'href="/help#contact"' in answer.text
        headings.add(re.findall(r"<h1>(.*?)</h1>", answer.text)[0])
    assert len(headings) == 11, "every status has words of its own"


# Parts and wholes


def test_htmx_gets_the_part_and_a_reader_without_scripts_the_whole(portal: Portal) -> None:
    part = portal.browser(hx_request="true", hx_request_type="partial").get("/agencies?q=water").text
    whole = portal.browser().get("/agencies?q=water").text
    assert "<html" not in part
    assert "/agencies/water-capital" in part
    assert "<html" in whole
    assert "/agencies/water-capital" in whole


@pytest.mark.parametrize(
    "headers",
    [
        {"hx_request": "true", "hx_request_type": "full"},
        {"hx_request": "true", "hx_history_restore_request": "true"},
        {"hx_request": "false"},
    ],
)
def test_htmx_gets_the_whole_page_when_it_asks_for_it(portal: Portal, headers: dict[str, str]) -> None:
    assert "<html" in portal.browser(**headers).get("/agencies").text


@pytest.mark.parametrize("path", ["/", "/agencies", "/no-such-page"])
def test_caches_are_told_what_a_page_depends_on(portal: Portal, path: str) -> None:
    vary = {name.strip().lower() for name in portal.browser().get(path).headers["vary"].split(",")}
    assert vary >= {"hx-request", "hx-request-type", "cookie", "accept-language"}


def test_a_refused_form_comes_back_as_a_part_with_its_mistakes(portal: Portal) -> None:
    part = portal.browser(hx_request="true", hx_request_type="partial").post(
        "/account/sign-up", data={"name": "", "contact": "no address"}
    )
    assert part.status_code == 422
    assert "<html" not in part.text
    assert part.text.count("field__error") >= 2


# What a browser keeps


def test_static_files_are_kept_for_ever_under_the_address_that_pages_use(portal: Portal) -> None:
    browser = portal.browser()
    found = re.search(r'href="(/static/[^"]+\.css\?v=[0-9a-f]+)"', browser.get("/").text)
    assert found
    kept = browser.get(found[1])
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert browser.get(found[1].partition("?")[0]).headers["cache-control"] == "no-cache"


def test_a_static_file_that_has_not_changed_is_not_sent_again(portal: Portal) -> None:
    browser = portal.browser()
    first = browser.get("/static/js/app.js")
    again = browser.get("/static/js/app.js", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304


def test_an_old_address_of_a_static_file_is_not_kept_for_ever(portal: Portal) -> None:
    answer = portal.browser().get("/static/js/app.js?v=000000000000")
    assert "immutable" not in answer.headers["cache-control"]


@pytest.mark.parametrize(
    "path", ["/static/../app/settings.py", "/static/%2e%2e/app/settings.py", "/static//etc/passwd"]
)
def test_static_files_are_only_those_in_the_folder(portal: Portal, path: str) -> None:
    assert portal.browser().get(path).status_code == 404


def test_pages_of_somebody_who_is_signed_in_are_kept_nowhere(tmp_path: Path) -> None:
    with fresh_portal("sqlite", tmp_path) as running:
        running.run(demo.seed, clock.now())
        browser = with_account(running, "zainab@example.org")
        for path in PERSONAL:
            assert browser.get(path).headers["cache-control"] == "no-store", path
        assert browser.get("/no-such-page").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/account/confirm?token=x", "/account/reset?token=x"])
def test_pages_with_a_secret_in_their_address_are_kept_nowhere_and_tell_nobody(portal: Portal, path: str) -> None:
    answer = portal.browser().get(path)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] in {"no-referrer", "same-origin"}


def test_the_mailbox_and_the_probes_are_kept_nowhere(portal: Portal) -> None:
    for path in ("/mailbox", "/healthz", "/readyz"):
        assert portal.browser().get(path).headers["cache-control"] == "no-store"


def test_the_portal_can_be_installed(portal: Portal) -> None:
    answer = portal.browser().get("/manifest.webmanifest")
    assert answer.headers["content-type"].startswith("application/manifest+json")
    manifest = answer.json()
    assert manifest["lang"] == "ar"
    assert manifest["dir"] == "rtl"
    assert manifest["start_url"] == "/"
    for icon in manifest["icons"]:
        assert portal.browser().get(icon["src"]).status_code == 200
    ground = re.search(r"--ground: (#\w+)", (STATIC / "css" / "tokens.css").read_text(encoding="utf-8"))
    assert ground
    assert manifest["background_color"] == ground[1]


def test_pages_travel_compressed(portal: Portal) -> None:
    assert portal.browser().get("/").headers["content-encoding"] == "gzip"


# Headers


@pytest.mark.parametrize(
    "path", ["/", "/account/sign-in", "/no-such-page", "/static/js/app.js", "/static/none", "/healthz", "/account"]
)
def test_every_answer_is_protected(portal: Portal, path: str) -> None:
    headers = portal.browser().get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "object-src 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "permissions-policy" in headers
    assert re.fullmatch(r"[A-Za-z0-9_-]{8,64}", headers["x-request-id"])
    assert "server" not in headers


def test_a_portal_without_https_does_not_insist_on_it(portal: Portal) -> None:
    assert "strict-transport-security" not in portal.browser().get("/").headers


def test_a_portal_over_https_insists_on_https(official: Portal) -> None:
    for path in ("/", "/no-such-page", "/static/js/app.js"):
        assert "max-age=63072000" in official.browser().get(path).headers["strict-transport-security"]


def test_a_request_keeps_the_number_that_a_proxy_gave_it(portal: Portal) -> None:
    assert portal.browser(x_request_id="from-the-proxy-1").get("/").headers["x-request-id"] == "from-the-proxy-1"


@pytest.mark.parametrize(
    "given", ["short", "with spaces in it", "x" * 65, "<script>alert(1)</script>", "line\u00e9line"]
)
def test_a_number_that_could_spoil_a_log_is_replaced(portal: Portal, given: str) -> None:
    answer = portal.browser().get("/", headers={"x-request-id": given.encode("latin-1")})
    assert answer.headers["x-request-id"] != given
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["x-request-id"])


# Probes


def test_whoever_watches_is_told_that_the_portal_lives(portal: Portal) -> None:
    assert portal.program().get("/healthz").json() == {"status": "alive"}
    assert portal.program().get("/readyz").json() == {"status": "ready"}


def test_counters_are_shown_to_this_machine_only(portal: Portal) -> None:
    assert portal.browser(client="203.0.113.9").get("/metrics").status_code == 403
    shown = portal.browser(client="127.0.0.1").get("/metrics")
    assert shown.status_code == 200
    assert "http_requests_total" in shown.text


def test_counters_are_shown_for_a_token(tmp_path: Path) -> None:
    with fresh_portal("sqlite", tmp_path, metrics_token="a token for the watcher") as running:
        far = running.browser(client="203.0.113.9")
        assert far.get("/metrics").status_code == 403
        assert far.get("/metrics", headers={"authorization": "Bearer wrong"}).status_code == 403
        assert far.get("/metrics", headers={"authorization": "Bearer a token for the watcher"}).status_code == 200
        assert running.browser(client="127.0.0.1").get("/metrics").status_code == 403


def test_a_strange_token_is_refused_and_breaks_nothing(tmp_path: Path) -> None:
    with fresh_portal("sqlite", tmp_path, metrics_token="a token for the watcher") as running:
        answer = running.browser().get("/metrics", headers={"authorization": "Bearer é".encode("latin-1")})
        assert answer.status_code == 403


def test_counters_are_not_shown_through_a_proxy_on_this_machine(portal: Portal) -> None:
    browser = portal.browser(client="127.0.0.1", x_forwarded_for="203.0.113.9")
    assert browser.get("/metrics").status_code == 403
