"""The booth: the same bytes for everybody, all of them on a published list; receipts as pages and files."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app import clock
from ballots import commands
from ballots.receipts import signing_key
from ballots.web import booth
from ballots.web.board import in_address
from crypto.cli.console import Stop
from tests.app.portal import Portal, fresh_portal, with_account
from tests.app.shell import Shell, said
from tests.ballots import elections
from tests.ballots.elections import Made, ballot_of, ready

PAGES = ("/booth/ar", "/booth/en", "/booth/ar/check", "/booth/en/check")
ROOT = Path(__file__).resolve().parents[2]
HOUR = elections.OPENS - elections.NOW


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal("sqlite", tmp_path, demo=True) as running:
        yield running


def open_election(portal: Portal, **more: Any) -> Made:
    now = clock.now()
    return portal.run(ready, now=now - 2 * HOUR, **{"opens": now - HOUR, "closes": now + 24 * HOUR, **more})


def hand_in(portal: Portal, made: Made, number: str, choice: int) -> dict[str, Any]:
    async def text() -> str:
        marks = [1 if place == choice else 0 for place in range(4)]
        return ballot_of(await made.row(), made.codes[number], [marks])

    answer = portal.client.post(f"/api/elections/{made.uuid}/ballots", json={"ballot": portal.run(text)})
    assert answer.status_code in {200, 201}, answer.text
    body: dict[str, Any] = answer.json()
    return body


class Elements(HTMLParser):
    """Elements with their attributes, and what stands in scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.inline: list[str] = []
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


@pytest.mark.parametrize("path", PAGES)
def test_the_booth_is_the_same_whoever_asks_and_for_whatever_vote(portal: Portal, path: str) -> None:
    made = open_election(portal)
    plain = portal.program().get(path).content
    signed_in = with_account(portal, "voter@example.org")
    visitors = [
        signed_in.get(path),
        portal.browser(accept_language="en").get(path),
        portal.browser(accept_language="ar").get(f"{path}?election={made.uuid}"),
        portal.program(cookie="theme=dark; lang=en; numerals=latn").get(path),
        portal.browser().get(f"{path}?lang=en&election=other"),
    ]
    assert [answer.status_code for answer in visitors] == [200] * len(visitors)
    assert {answer.content for answer in visitors} == {plain}
    assert not any("set-cookie" in answer.headers for answer in [visitors[0], *visitors[1:4]])


@pytest.mark.parametrize("path", PAGES)
def test_nothing_in_the_booth_is_inline_and_nothing_comes_from_elsewhere(portal: Portal, path: str) -> None:
    answer = portal.client.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    page = Elements(answer.text)
    assert page.inline == []
    for tag, attributes in page.found:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag
        for name in ("src", "href", "action"):
            value = attributes.get(name)
            assert value is None or (value.startswith("/") and not value.startswith("//")), f"{tag} {value}"
    language = path.split("/")[2]
    direction = "rtl" if language == "ar" else "ltr"
    assert ("html", {"lang": language, "dir": direction}) in page.found


def test_a_page_that_is_known_is_not_sent_again(portal: Portal) -> None:
    first = portal.client.get("/booth/ar")
    assert first.headers["cache-control"] == "no-cache"
    again = portal.client.get("/booth/ar", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


def test_there_is_no_booth_in_a_third_language(portal: Portal) -> None:
    assert portal.client.get("/booth/fr").status_code == 404
    assert portal.client.get("/booth/fr/check").status_code == 404


def test_the_manifest_names_every_file_with_the_hash_of_what_is_served(portal: Portal) -> None:
    answer = portal.client.get("/booth/manifest.json")
    assert answer.headers["access-control-allow-origin"] == "*"
    listed = answer.json()
    assert listed["format"] == booth.FORMAT
    assert set(PAGES) < set(listed["files"])
    for path, digest in listed["files"].items():
        served = portal.client.get(path)
        assert served.status_code == 200, path
        assert hashlib.sha256(served.content).hexdigest() == digest, path
    lines = "".join(f"{digest}  {path}\n" for path, digest in sorted(listed["files"].items()))
    assert listed["digest"] == hashlib.sha256(lines.encode()).hexdigest()


# In another manner than the list is made: what node would load, and every file of the folders.
IMPORT = re.compile(r"""(?:from|import)\s*\(?\s*["'](\.{1,2}/[^"']+)["']|["'](\./[\w-]+\.js)["'],\s*import\.meta""")


def test_no_module_is_missing_from_the_manifest(portal: Portal) -> None:
    listed = {path.partition("?")[0] for path in portal.client.get("/booth/manifest.json").json()["files"]}
    own = {f"/static/js/booth/{path.name}" for path in (ROOT / "static/js/booth").glob("*.js")}
    assert own <= listed, "a module of the booth that nothing loads"
    waiting, seen = [ROOT / path.lstrip("/") for path in own], set()
    while waiting:
        module = waiting.pop().resolve()
        if module in seen:
            continue
        seen.add(module)
        found = IMPORT.findall(module.read_text(encoding="utf-8"))
        waiting += [module.parent / next(filter(None, pair)) for pair in found]
    assert {f"/{module.relative_to(ROOT)}" for module in seen} <= listed
    assert {"/static/vendor/js/noble.js", "/static/vendor/js/qr-decode.js"} <= listed


def test_what_reads_pictures_is_not_fetched_with_the_page(portal: Portal) -> None:
    waiting, seen = ["/booth/ar"], set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        body = portal.client.get(path).content
        if path.endswith(".js"):  # what is loaded with a module: not its workers
            body = re.sub(rb"new URL\([^)]*\)", b"", body)
        waiting += booth.mentioned(path, body)
    assert "/static/js/booth/scan.js" in seen
    assert not {"/static/js/booth/reading.js", "/static/vendor/js/qr-decode.js"} & seen


def test_the_booth_asks_for_nothing_beyond_the_portal() -> None:
    for module in (ROOT / "static/js/booth").glob("*.js"):
        text = module.read_text(encoding="utf-8")
        assert not re.findall(
            r"https?:|//[a-z]+\.|WebSocket|sendBeacon|EventSource|localStorage|document\.cookie", text
        )
        assert "innerHTML" not in text
        assert "eval(" not in text


def test_a_hash_changes_with_its_file(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    before = portal.client.get("/booth/manifest.json").json()
    path = "/static/js/booth/flow.js"
    true = booth.read_static
    monkeypatch.setattr(booth, "read_static", lambda name: true(name) + (b"\n" if name == path else b""))
    after = portal.client.get("/booth/manifest.json").json()
    assert {name for name in before["files"] if before["files"][name] != after["files"][name]} == {path}
    assert before["digest"] != after["digest"]


JS, CSS = "/static/js/a/b.js", "/static/css/x.css"


@pytest.mark.parametrize(
    ("path", "body", "names"),
    [
        (JS, 'import { x } from "./c.js";\nimport "../d.js";', ["/static/js/a/c.js", "/static/js/d.js"]),
        (JS, 'export * from "./c.js";\nimport("./e.js");', ["/static/js/a/c.js", "/static/js/a/e.js"]),
        (JS, 'new Worker(new URL("./w.js", import.meta.url))', ["/static/js/a/w.js"]),
        (JS, 'import {\n  x,\n  y,\n} from "./c.js";', ["/static/js/a/c.js"]),
        (JS, 'export const a = "./no.js"; /** @type {import("./t.js").T} */', []),
        (
            CSS,
            '@import url("y.css") layer(z);a{b:url("/static/i.svg?v=1")}',
            ["/static/css/y.css", "/static/i.svg?v=1"],
        ),
        (CSS, "a{background:url(data:image/png;base64,AA)}/* url(no.png) */", []),
        ("/booth/ar", '<link href="/static/a.css?v=1"><a href="/help">', ["/static/a.css?v=1"]),
        ("/static/i.svg", "url(no.png)", []),
    ],
)
def test_what_a_file_makes_the_browser_fetch_is_found(path: str, body: str, names: list[str]) -> None:
    assert list(booth.mentioned(path, body.encode())) == names


def test_the_arabic_booth_has_no_english_left_in_it(portal: Portal) -> None:
    for path in ("/booth/ar", "/booth/ar/check"):
        html = portal.client.get(path).text
        html = re.sub(r'(?s)<pre.*?</pre>|<(\w+)[^>]*\blang="en".*?</\1>|\{\w+\}', " ", html)
        text = re.sub(r"<[^>]+>", " ", html)
        left = re.sub(r"\b(?:QR|Ed25519|SHA|audit|json|Firefox|Chrome|sawtuna|and|o|i|L)\b", " ", text)
        assert not re.findall(r"[A-Za-z]{3,}(?: [A-Za-z]+)*", left), path


def test_the_arabic_booth_has_every_plural(portal: Portal) -> None:
    found = Elements(portal.client.get("/booth/ar").text).found
    forms: dict[str, set[str]] = {}
    for _tag, attributes in found:
        if (form := attributes.get("data-form")) and (word := attributes.get("data-word")):
            forms.setdefault(word, set()).add(form)
    assert forms
    assert all(found == {"zero", "one", "two", "few", "many", "other"} for found in forms.values())


def test_every_sentence_that_the_booth_says_stands_in_its_page(portal: Portal) -> None:
    for page, module in (("/booth/en", "booth"), ("/booth/en/check", "check")):
        known = {
            value for _tag, found in Elements(portal.client.get(page).text).found if (value := found.get("data-word"))
        }
        text = (ROOT / f"static/js/booth/{module}.js").read_text(encoding="utf-8")
        said_ = set(re.findall(r"""\bsay\("([\w-]+)\"""", text))
        assert said_ - known == set()


# Codes


def test_a_code_is_looked_up_before_a_seal_is_spent(portal: Portal) -> None:
    made = open_election(portal)

    async def digest() -> str:
        from ballots.models import Credential  # noqa: PLC0415

        text = ballot_of(await made.row(), made.codes["1"], [[0, 1, 0, 0]])
        found = hashlib.sha256(json.loads(text)["credential"].encode()).hexdigest()
        assert await Credential.filter(election_id=made.id, digest=found).exists()
        return found

    mine = f"/api/elections/{made.uuid}/codes/{portal.run(digest)}"
    assert portal.client.get(mine).json() == {"listed": True, "height": None}
    receipt = hand_in(portal, made, "1", 1)["receipt"]
    assert portal.client.get(mine).json() == {"listed": True, "height": receipt["height"]}
    assert portal.client.get(f"/api/elections/{made.uuid}/codes/{'0' * 64}").json()["listed"] is False
    assert portal.client.get(f"/api/elections/{'1' * 14}/codes/{'0' * 64}").status_code == 404


# Receipts


def test_a_receipt_has_a_page_and_a_picture_at_its_trackers_address(portal: Portal) -> None:
    made = open_election(portal)
    first = hand_in(portal, made, "1", 1)["receipt"]
    second = hand_in(portal, made, "1", 2)["receipt"]
    address = f"/elections/{made.uuid}/receipts/{in_address(first['tracker'])}"
    page = portal.browser(accept_language="en").get(address)
    assert page.status_code == 200
    assert first["signature"] in page.text
    assert in_address(second["tracker"]) in page.text, "it says which ballot has replaced this one"
    later = portal.browser(accept_language="en").get(f"/elections/{made.uuid}/receipts/{in_address(second['tracker'])}")
    assert in_address(first["tracker"]) in later.text
    picture = portal.client.get(f"{address}.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.content.lstrip().startswith((b"<?xml", b"<svg"))


def test_a_tracker_of_nobody_is_told_in_plain_words(portal: Portal) -> None:
    made = open_election(portal)
    for end in ("", ".svg"):
        answer = portal.browser(accept_language="en").get(f"/elections/{made.uuid}/receipts/{'A' * 43}{end}")
        assert answer.status_code == 404
        assert "No ballot with this tracker is on the board of this election." in answer.text


def test_the_key_of_receipts_is_a_page_and_json(portal: Portal) -> None:
    key = signing_key(portal.settings.key).verify_key.encode().hex()
    assert key in portal.client.get("/elections/receipt-key").text
    answer = portal.program(accept="application/json").get("/elections/receipt-key")
    assert answer.json() == {"format": "sawtuna receipt key 1", "algorithm": "Ed25519", "key": key}


# Commands


@pytest.fixture
def receipt(portal: Portal, tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    made = open_election(portal)
    value = hand_in(portal, made, "2", 3)["receipt"]
    path = tmp_path / "receipt.json"
    path.write_text(json.dumps(value), "utf-8")
    return path, value


def through(portal: Portal) -> commands.Get:
    """Asks the portal of the test, whatever address is named."""
    program = portal.program(accept="application/json")

    def get(address: str) -> httpx2.Response:
        found: httpx2.Response = program.get(httpx2.URL(address).path)
        return found

    return get


def test_a_receipt_holds_with_the_portals_key_and_board(
    portal: Portal, receipt: tuple[Path, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    path, value = receipt
    commands.check_receipt(path, value["key"], "")
    commands.check_receipt(path, "", "http://voice.example", through(portal))
    said_ = capsys.readouterr().out
    assert value["tracker"] in said_
    assert "The ballot is on the board, where the receipt says." in said_


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ({"height": 2}, 1, "signature of the receipt does not hold"),
        ({"tracker": "A" * 43}, 1, "signature of the receipt does not hold"),
        ({"key": "0" * 64}, 1, "another key"),
        ({"signature": "!"}, 1, "signature of the receipt does not hold"),
        ({"format": "something else"}, 2, "not a receipt"),
        ({"height": "1"}, 2, "not a receipt"),
    ],
)
def test_a_receipt_that_was_changed_is_refused(
    receipt: tuple[Path, dict[str, Any]], change: dict[str, Any], code: int, says: str
) -> None:
    path, value = receipt
    path.write_text(json.dumps(value | change), "utf-8")
    with pytest.raises(Stop, match=says) as stopped:
        commands.check_receipt(path, value["key"], "")
    assert stopped.value.code == code


@pytest.mark.parametrize(
    ("answer", "code", "says"),
    [
        (httpx2.Response(404, json={}), 1, "was taken out"),
        (httpx2.Response(200, json={"height": 99, "digest": "0" * 64}), 1, "at another place"),
        (httpx2.Response(500), 2, "did not answer as expected"),
        (httpx2.Response(200, text="<html>"), 2, "did not answer as expected"),
        (httpx2.ConnectError("refused"), 2, "cannot be reached"),
    ],
)
def test_a_board_without_the_ballot_is_named_for_what_it_is(
    receipt: tuple[Path, dict[str, Any]], answer: httpx2.Response | Exception, code: int, says: str
) -> None:
    path, value = receipt

    def get(_address: str) -> httpx2.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    with pytest.raises(Stop, match=says) as stopped:
        commands.check_receipt(path, value["key"], "http://voice.example", get)
    assert stopped.value.code == code


def test_whose_receipt_it_is_must_be_said(receipt: tuple[Path, dict[str, Any]]) -> None:
    path, _value = receipt
    with pytest.raises(Stop, match="--key") as stopped:
        commands.check_receipt(path, "", "")
    assert stopped.value.code == 2
    with pytest.raises(Stop, match="64 digits"):
        commands.check_receipt(path, "abc", "")


def test_the_commands_say_what_the_portal_says(portal: Portal, tmp_path: Path) -> None:
    shell = Shell(tmp_path / "elsewhere", demo="true")
    shell.folder.mkdir()
    served = portal.client.get("/booth/manifest.json").json()
    printed = shell.run("booth", "manifest", "--json")
    assert printed.returncode == 0, said(printed)
    assert json.loads(printed.stdout) == served
    listed = shell.run("booth", "manifest").stdout
    assert all(f"{digest}  {path}\n" in listed for path, digest in served["files"].items())
    assert served["digest"] in listed
    nothing = shell.run("receipt", "verify", "no-such-file.json", "--key", "0" * 64)
    assert nothing.returncode == 2
    help_ = shell.run("receipt", "verify", "--help", "--lang", "ar")
    assert help_.returncode == 0, said(help_)


class _Board(BaseHTTPRequestHandler):
    """A portal that has forgotten every ballot."""

    def do_GET(self) -> None:
        self.send_response(404)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_arguments: object) -> None:
        pass


def test_the_command_asks_over_the_network(receipt: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    path, value = receipt
    server = HTTPServer(("127.0.0.1", 0), _Board)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_port}"
        done = Shell(tmp_path).run("receipt", "verify", str(path), "--key", value["key"], "--url", address)
    finally:
        server.shutdown()
        server.server_close()
    assert done.returncode == 1, said(done)
    assert "was taken out" in said(done)
