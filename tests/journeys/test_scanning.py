"""The square code of a voter's letter is read in every browser: from a picture, and through the camera."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import segno
from playwright.sync_api import Browser, expect

from tests.journeys.booth import (
    CODE,
    LANGUAGES,
    heading,
    to_seal,
)
from tests.journeys.conftest import CHROMIUM, FLAGS, Visit
from tests.journeys.test_every_page import check
from tests.journeys.visitor import PHONE, Visitor
from tests.journeys.voting import Vote

pytestmark = pytest.mark.xdist_group("browser-scanning")

READER = """
globalThis.BarcodeDetector = class {
  static async getSupportedFormats() { return ["qr_code"]; }
  async detect() { return [{ rawValue: %r }]; }
};
"""
READ = "The code was read from the picture."
SCAN = "Scan the picture in the letter"
STOP = "Stop the camera"
NOTHING = "No voter’s code was found in this picture. Take it from nearer, with more light."
NO_CAMERA = "The camera cannot be used. Allow it for this page, choose a picture, or type the code."
FILMED = (640, 480)
ON_TOP = """button => {
  const { x, y, width, height } = button.getBoundingClientRect();
  return button.contains(document.elementFromPoint(x + width / 2, y + height / 2));
}"""

Film = Callable[[str], Browser]


@pytest.fixture
def film(chromium: Browser, tmp_path: Path) -> Iterator[Film]:
    """Browsers with a camera that sees nothing for a second, and then the square code of a text if there is one."""
    started: list[Browser] = []

    def start(text: str) -> Browser:
        path = tmp_path / f"{len(started)}.y4m"
        path.write_bytes(moving([frame("")] * 5 + [frame(text)] * 20))
        flags = [
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-video-capture={path}",
        ]
        started.append(chromium.browser_type.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags]))
        return started[-1]

    yield start
    for browser in started:
        browser.close()


def frame(text: str) -> bytes:
    """The light of one picture, a byte a pixel: grey, with the square code of the text in its middle."""
    width, height = FILMED
    rows = [bytearray([150]) * width for _ in range(height)]
    square = list(segno.make(text, error="q").matrix_iter(scale=6, border=4)) if text else []
    left, top = (width - len(square)) // 2, (height - len(square)) // 2
    for y, modules in enumerate(square, top):
        rows[y][left : left + len(square)] = bytes(50 if dark else 210 for dark in modules)
    return b"".join(rows)


def moving(frames: list[bytes]) -> bytes:
    """A film without colour, five pictures a second (YUV4MPEG2)."""
    width, height = FILMED
    grey = bytes([128]) * (width * height // 2)
    head = f"YUV4MPEG2 W{width} H{height} F5:1 Ip A1:1 C420mpeg2\n".encode()
    return head + b"".join(b"FRAME\n" + light + grey for light in frames)


def in_letter(vote: Vote, language: str, number: str) -> str:
    """What the square code of a voter's letter says."""
    return f"https://voice.example{vote.booth(language, vote.codes[number])}"


def to_code(visitor: Visitor, vote: Vote) -> None:
    """Stand before the field for the code."""
    to_seal(visitor, vote)
    visitor.button("Cast your ballot").click()
    heading(visitor, CODE)


def has_read(visitor: Visitor, code: str) -> None:
    """The code is in its field, which has the focus, and it is said where it came from."""
    expect(visitor.box("Voter’s code")).to_have_value(code)
    expect(visitor.box("Voter’s code")).to_be_focused()
    expect(visitor.page.get_by_text(visitor.words(READ))).to_be_visible()


def readers(visitor: Visitor) -> list[str]:
    """The workers that read pictures."""
    return [worker.url for worker in visitor.page.workers if worker.url.endswith("/reading.js")]


def test_the_code_is_read_from_a_picture_by_the_browser_where_it_can(
    visit: Visit, votes: dict[str, Vote], tmp_path: Path
) -> None:
    vote, visitor = votes["test"], visit("en", PHONE)
    visitor.page.add_init_script(READER % in_letter(vote, "en", "1"))
    to_code(visitor, vote)
    expect(visitor.page.get_by_text("Read it from a picture")).to_be_visible()
    check(visitor)
    picture = tmp_path / "letter.png"
    picture.write_bytes(visitor.page.screenshot())
    visitor.page.locator("[data-picture]").set_input_files(picture)
    has_read(visitor, vote.codes["1"])
    assert readers(visitor) == []


@LANGUAGES
def test_the_code_is_read_from_a_picture_in_every_browser(
    visit: Visit, votes: dict[str, Vote], tmp_path: Path, language: str
) -> None:
    vote, visitor = votes["test"], visit(language, PHONE)
    visitor.page.add_init_script("delete globalThis.BarcodeDetector")
    to_code(visitor, vote)
    assert readers(visitor) == [], "it is fetched when it is needed"
    other, letter = tmp_path / "other.png", tmp_path / "letter.png"
    segno.make("https://elsewhere.example/").save(str(other), scale=8)
    segno.make(in_letter(vote, language, "1"), error="q").save(str(letter), scale=8, light=None)
    visitor.page.locator("[data-picture]").set_input_files(other)
    expect(visitor.main.get_by_role("alert")).to_have_text(visitor.words(NOTHING))
    visitor.page.locator("[data-picture]").set_input_files(letter)
    has_read(visitor, vote.codes["1"])
    expect(visitor.main.get_by_role("alert")).to_have_count(0)
    assert len(readers(visitor)) == 1


@LANGUAGES
def test_the_code_is_read_through_the_camera_in_every_browser(
    film: Film, visit: Visit, votes: dict[str, Vote], language: str
) -> None:
    vote = votes["test"]
    visitor = visit(language, PHONE, browser=film(in_letter(vote, language, "1")))
    visitor.page.add_init_script("delete globalThis.BarcodeDetector")
    to_code(visitor, vote)
    visitor.button(SCAN).click()
    has_read(visitor, vote.codes["1"])
    expect(visitor.button(STOP)).to_be_hidden()
    assert visitor.page.locator("video").evaluate("video => video.srcObject === null")


@LANGUAGES
def test_a_camera_that_sees_no_code_is_let_go_when_it_is_stopped_and_when_the_step_is_left(
    film: Film, visit: Visit, votes: dict[str, Vote], language: str
) -> None:
    visitor = visit(language, PHONE, browser=film(""))
    video = visitor.page.locator("video")
    to_code(visitor, votes["test"])
    for leave, focused in ((STOP, visitor.button(SCAN)), ("Back", visitor.heading)):
        visitor.button(SCAN).click()
        expect(visitor.button(STOP)).to_be_focused()
        assert visitor.button(STOP).evaluate(ON_TOP), "the foot of the page stands before it"
        video.evaluate("video => new Promise((seen) => video.requestVideoFrameCallback(seen))")
        check(visitor)
        film_ = video.evaluate_handle("video => video.srcObject")
        visitor.button(leave).click()
        expect(focused).to_be_focused()
        assert film_.evaluate("film => film.getTracks().every((track) => track.readyState === 'ended')")
        expect(visitor.button(STOP)).to_be_hidden()


@LANGUAGES
def test_without_a_camera_it_is_said_what_else_can_be_done(visit: Visit, votes: dict[str, Vote], language: str) -> None:
    visitor = visit(language, PHONE)
    to_code(visitor, votes["test"])
    visitor.button(SCAN).click()
    expect(visitor.main.get_by_role("alert")).to_have_text(visitor.words(NO_CAMERA))
    expect(visitor.button(SCAN)).to_be_focused()
    check(visitor)


def test_what_reads_pictures_is_fetched_again_when_the_line_is_back(
    forgiven: Visit, votes: dict[str, Vote], tmp_path: Path
) -> None:
    vote, visitor = votes["test"], forgiven("en", PHONE)
    letter = tmp_path / "letter.png"
    segno.make(in_letter(vote, "en", "1"), error="q").save(str(letter), scale=8)
    to_code(visitor, vote)
    visitor.context.route("**/booth/reading.js", lambda route: route.abort())
    visitor.page.locator("[data-picture]").set_input_files(letter)
    expect(visitor.main.get_by_role("alert")).to_contain_text("What reads pictures could not be loaded.")
    visitor.context.unroute("**/booth/reading.js")
    visitor.page.locator("[data-picture]").set_input_files(letter)
    has_read(visitor, vote.codes["1"])
