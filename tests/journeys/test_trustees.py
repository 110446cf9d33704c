"""Three trustees make a key in their browsers, an authority issues codes in another, and the count is opened."""

from __future__ import annotations

import csv
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Visit
from tests.journeys.elections import tell
from tests.journeys.portal import SAWTUNA, Portal
from tests.journeys.test_every_page import check
from tests.journeys.visitor import DESKTOP, Visitor

pytestmark = pytest.mark.xdist_group("browser-trustees")

LANGUAGES = pytest.mark.parametrize("language", ["ar", "en"], ids=["Arabic", "English"])


def screen(visitor: Visitor, title: str) -> Locator:
    """The heading of the one screen that is shown."""
    return visitor.main.get_by_role("heading", level=2, name=visitor.words(title), exact=True)


def looks(visitor: Visitor) -> None:
    """The screen is one that everybody can use."""
    check(visitor)
    visitor.page.set_viewport_size({"width": DESKTOP, "height": 800})


def saved(visitor: Visitor, button: str, folder: Path) -> Path:
    """Press a button that saves a file; where it lies."""
    with visitor.page.expect_download() as waited:
        visitor.button(button).click()
    target = folder / waited.value.suggested_filename
    waited.value.save_as(target)
    return target


def load(visitor: Visitor, zone: str, file: Path | dict[str, Any]) -> None:
    """Choose a file."""
    visitor.main.locator(f"[data-step]:not([hidden]) [data-drop={zone}] input").first.set_input_files(file)  # type: ignore[arg-type]  # a path, or a file in memory


def alert(visitor: Visitor, message: str, **values: object) -> None:
    """This is said, and nothing else."""
    expect(visitor.main.get_by_role("alert")).to_contain_text(visitor.words(message, **values))


def junk(name: str, text: str) -> dict[str, Any]:
    """A file in memory."""
    return {"name": name, "mimeType": "application/json", "buffer": text.encode()}


def come(visit: Visit, made: Any, language: str, number: int) -> Visitor:
    """A trustee opens the link."""
    someone = visit(language)
    someone.open(f"/elections/{made['uuid']}/trustee#{made['trustees'][number - 1]}")
    expect(screen(someone, "Make your key")).to_be_visible()
    assert made["trustees"][number - 1] not in someone.page.url
    return someone


def make_key(someone: Visitor, folder: Path, *, looking: bool) -> Path:
    """Make the key, save it, load it back."""
    if looking:
        looks(someone)
    someone.button("Make my key").dblclick()
    expect(screen(someone, "Save the key file")).to_be_visible()
    if looking:
        looks(someone)
    file = saved(someone, "Save the key file", folder)
    if looking:
        looks(someone)
        load(someone, "saved", junk("picture.json", "not a key"))
        alert(someone, "This file is not a key file. Choose the one whose name begins with sawtuna-key.")
        looks(someone)
        load(someone, "saved", junk("other.json", file.read_text("utf-8").replace('"uuid": "', '"uuid": "A')))
        alert(someone, "This file belongs to another election. Choose the one for this election.")
    load(someone, "saved", file)
    return file


def test_trustees_make_a_key_and_open_the_count_and_an_authority_issues_codes(
    visit: Visit, portal: Portal, tmp_path: Path
) -> None:
    """The first trustee reads Arabic, the others English; each of these pages is looked at in both."""
    made = tell(portal, "draft")
    trustees = [come(visit, made, "ar" if number == 1 else "en", number) for number in (1, 2, 3)]
    folders = [tmp_path / str(number) for number in (1, 2, 3)]
    files = []
    for number, someone in enumerate(trustees):
        folders[number].mkdir()
        files.append(make_key(someone, folders[number], looking=number < 2))
        if number == 0:
            expect(screen(someone, "The trustees make the key together")).to_be_visible()
            expect(someone.main.locator("[data-slot=waiting-for]")).to_contain_text("Yusuf Hanna")
            looks(someone)
            someone.page.reload()  # the key is gone from the window, and the page says what to do
            expect(screen(someone, "The trustees make the key together")).to_be_visible()
            looks(someone)
            load(someone, "go", files[0])
    first = json.loads(files[0].read_bytes())
    assert "sealed_key" not in first, "the file of the first step is the one that everything is done with"
    for number, someone in enumerate(trustees):
        expect(screen(someone, "Show that your saved key works")).to_be_visible(timeout=60_000)
        if number == 0:
            looks(someone)
            load(someone, "test", files[1])
            alert(
                someone,
                "This key file belongs to another trustee, or to a group of trustees that has changed since. "
                "Choose your own for this election.",
            )
        load(someone, "test", files[number])
        expect(screen(someone, "Your key works")).to_be_visible()
        if number < 2:
            looks(someone)
    prints = {someone.main.locator("[data-slot=trustees-print]").text_content() for someone in trustees}
    assert len(prints) == 1, "all of them can compare one fingerprint"
    assert len(prints.pop() or "") == 43
    finished = trustees[0].main.locator("details").filter(visible=True).first
    finished.locator("summary").click()
    looks(trustees[0])
    complete = saved(trustees[0], "Save the finished key file as well", folders[0])
    assert "sealed_key" in json.loads(complete.read_bytes())

    codes = issue(visit, made, "ar", tmp_path)
    tell(portal, "hold", uuid=made["uuid"], codes=codes)

    open_count(trustees, files, made["uuid"], folders[2])
    await_result(trustees[1])
    looks(trustees[1])


def open_count(trustees: list[Visitor], files: list[Path], uuid: str, folder: Path) -> None:
    """The first trustee opens a part in the browser, the third with the command."""
    for number in (0, 2):
        someone = trustees[number]
        someone.page.reload()
        expect(screen(someone, "Open your part of the sum")).to_be_visible()
        looks(someone)
        load(someone, "decrypt", files[number])
        expect(someone.button("Check everything and open my part")).to_be_visible()
        if number == 0:
            looks(someone)
        if number == 0:
            someone.button("Check everything and open my part").dblclick()
            looks_at_the_sum(someone)
            someone.button("I have compared: hand in my part").dblclick()
        else:
            by_command(someone, uuid, folder)
        expect(screen(someone, "Thank you: your part is done")).to_be_visible(timeout=60_000)
        looks(someone)


def looks_at_the_sum(someone: Visitor) -> None:
    """What was found is shown before anything is handed in, and nothing was handed in."""
    heading = someone.main.get_by_role("heading", level=3, name=someone.words("Is this the whole vote?"))
    expect(heading).to_be_focused(timeout=60_000)
    two = "٢" if someone.language == "ar" else "2"
    expect(someone.main.locator("[data-slot=sum-ballots]")).to_have_text(
        someone.words("%(counted)s, of %(voters)s voters", counted=two, voters=two)
    )
    expect(someone.main.get_by_text(someone.words("There are very few ballots"))).to_be_visible()
    looks(someone)
    expect(someone.main.locator("[data-step=decrypt] [data-slot=opened]")).to_contain_text(
        "٠" if someone.language == "ar" else "0"
    )


def by_command(someone: Visitor, uuid: str, folder: Path) -> None:
    """Decrypt with the program that we publish, from the file of the browser, and bring what it writes."""
    someone.main.locator("[data-step=decrypt] details summary").first.click()
    key = saved(someone, "Save the finished key file", folder)
    record = folder / f"{uuid}.bel"
    record.write_bytes(someone.context.request.get(f"{someone.portal.address}/elections/{uuid}/{uuid}.bel").body())
    proofs = someone.context.request.get(f"{someone.portal.address}/elections/{uuid}/decryption-proofs.json").body()
    (folder / "decryption-proofs.json").write_bytes(proofs)
    part = folder / "part.json"
    for line in (["check", "--key", str(key)], ["decrypt", str(record), "--key", str(key), "--out", str(part)]):
        done = subprocess.run([*SAWTUNA, "trustee", *line], check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    load(someone, "offline", key)
    alert(
        someone,
        "This is not the file that the program writes. Choose the one that “sawtuna trustee decrypt” has named.",
    )
    load(someone, "offline", part)


def await_result(someone: Visitor) -> None:
    """Two of three are enough, and the third hears of it."""
    for _look in range(40):
        someone.page.reload()
        heading = someone.main.get_by_role("heading", level=2).filter(visible=True)
        expect(heading).to_have_count(1)
        if heading.text_content() == someone.words("The result is there"):
            return
        someone.page.wait_for_timeout(500)
    raise AssertionError("the result was not published")


def issue(visit: Visit, made: Any, language: str, folder: Path) -> dict[str, str]:
    """The credential authority's whole way; the private codes by number."""
    clerk = visit(language)
    clerk.open(f"/elections/{made['uuid']}/credentials#{made['authority']}")
    expect(screen(clerk, "Make a code for every voter")).to_be_visible()
    looks(clerk)
    clerk.button("Make the codes").dblclick()
    expect(screen(clerk, "Save the file of codes")).to_be_visible()
    private = saved(clerk, "Save the file of codes", folder)
    looks(clerk)
    load(clerk, "saved", junk("list.json", "[]"))
    alert(
        clerk,
        "This is not a file of codes. Choose the one whose name begins with sawtuna-codes, or private_creds.json.",
    )
    load(clerk, "saved", private)
    expect(screen(clerk, "Hand in the public list")).to_be_visible()
    looks(clerk)
    clerk.button("Hand in the public list").dblclick()
    expect(screen(clerk, "Bring the codes to the voters")).to_be_visible()
    looks(clerk)
    codes: dict[str, str] = json.loads(private.read_bytes())
    table = saved(clerk, "Save the table", folder).read_bytes().decode("utf-8-sig")
    rows = list(csv.reader(table.splitlines()))
    assert rows[0] == ["number", "name", "contact", "code"]
    assert rows[2] == ["'=2", "Omar Hanna", "'+964 770 000 0001", codes["=2"]]

    clerk.page.reload()
    expect(screen(clerk, "The codes are issued")).to_be_visible()
    looks(clerk)
    wrong = dict.fromkeys(codes, "11111-111111-11111-111111") | {"=2": "22222-222222-22222-222222"}
    load(clerk, "codes", junk("codes.json", json.dumps(wrong)))
    alert(
        clerk,
        "These are not the codes that were handed in for this election. Letters with them would be of no use. "
        "Look for another file.",
    )
    load(clerk, "codes", private)
    expect(screen(clerk, "Bring the codes to the voters")).to_be_visible()
    print_letters(clerk.page, codes)

    confirm = clerk.main.locator("[data-typed]")
    clerk.button("Send all codes by mail").click()
    alert(clerk, "Type the words exactly as they stand there, to confirm that you want this.")
    confirm.fill(clerk.words("I accept that"))
    clerk.button("Send all codes by mail").click()
    expect(clerk.main.get_by_text(clerk.words("The portal has sent the codes by mail"))).to_be_visible()
    looks(clerk)
    clerk.open("/mailbox")
    expect(clerk.main.locator("details").filter(has_text="zainab@example.org").first).to_be_attached()
    return codes


def print_letters(page: Page, codes: dict[str, str]) -> None:
    """One page a voter, with the code and a drawing of it, and nothing of them left on the screen afterwards."""
    page.evaluate("window.print = () => { window.printed = document.querySelector('[data-letters]').innerText; }")
    page.locator("[data-runs] button").first.click()
    page.emulate_media(media="print")
    shown = page.locator(".code-letter")
    expect(shown).to_have_count(len(codes))
    for at, code in enumerate(codes.values()):
        expect(shown.nth(at).locator("output")).to_have_text(code)
        expect(shown.nth(at).locator("svg")).to_be_visible()
    page.emulate_media(media="screen")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(shown).to_have_count(0)


def test_codes_that_are_good_stay_when_the_list_changes(visit: Visit, portal: Portal, tmp_path: Path) -> None:
    """A voter was forgotten and a letter was stolen: two new codes, and nobody else is troubled."""
    made = tell(portal, "draft", voters=[(str(number), f"ناخب {number}", "", 1) for number in (1, 2, 3)])
    clerk = visit("en")
    clerk.open(f"/elections/{made['uuid']}/credentials#{made['authority']}")
    clerk.button("Make the codes").click()
    private = saved(clerk, "Save the file of codes", tmp_path)
    load(clerk, "saved", private)
    clerk.button("Hand in the public list").click()
    expect(screen(clerk, "Bring the codes to the voters")).to_be_visible()
    before = json.loads(private.read_bytes())

    link = tell(portal, "anew", uuid=made["uuid"], number="4", name="منسيّة")["authority"]
    clerk.page.goto("about:blank")
    clerk.open(f"/elections/{made['uuid']}/credentials#{link}")
    expect(screen(clerk, "Make a code for every voter")).to_be_visible()
    clerk.main.locator("[data-step=begin] details summary").first.click()
    load(clerk, "before", private)
    expect(screen(clerk, "Keep the codes in this file")).to_be_visible()
    clerk.main.locator("[data-step=renew] details summary").click()
    looks(clerk)
    clerk.box("Numbers of the voters who get a new code, one a line").fill("2\n7")
    clerk.button("Go on with these codes").click()
    wrong = (
        "There is no voter with the number %(voter)s on the list. Write the numbers as they stand there, one a line."
    )
    alert(clerk, wrong, voter="7")
    clerk.box("Numbers of the voters who get a new code, one a line").fill("2")
    clerk.button("Go on with these codes").click()
    expect(screen(clerk, "Save the file of codes")).to_be_visible()
    (tmp_path / "new").mkdir()
    renewed = saved(clerk, "Save the file of codes", tmp_path / "new")
    load(clerk, "saved", renewed)
    clerk.button("Hand in the public list").click()
    expect(screen(clerk, "Bring the codes to the voters")).to_be_visible()
    looks(clerk)
    after = json.loads(renewed.read_bytes())
    assert {number for number in after if before.get(number) == after[number]} == {"1", "3"}
    print_letters(clerk.page, {number: after[number] for number in ("2", "4")})


@LANGUAGES
def test_a_link_that_is_not_whole_leads_nowhere_and_says_so(visit: Visit, portal: Portal, language: str) -> None:
    made = tell(portal, "draft")
    for page in ("trustee", "credentials"):
        stranger = visit(language)
        stranger.open(f"/elections/{made['uuid']}/{page}")
        expect(screen(stranger, "Open the link from your invitation")).to_be_visible()
        looks(stranger)


def test_a_second_window_and_a_lost_key_lose_no_election(visit: Visit, portal: Portal, tmp_path: Path) -> None:
    made = tell(portal, "draft")
    first, second = come(visit, made, "en", 1), come(visit, made, "en", 1)
    for window in (first, second):
        window.button("Make my key").click()
        expect(screen(window, "Save the key file")).to_be_visible()
    (tmp_path / "1").mkdir()
    (tmp_path / "2").mkdir()
    kept = saved(first, "Save the key file", tmp_path / "1")
    load(first, "saved", kept)
    expect(screen(first, "The trustees make the key together")).to_be_visible()
    late = saved(second, "Save the key file", tmp_path / "2")
    load(second, "saved", late)
    alert(
        second,
        "Your key was made in another window already. Load the key file that you saved there; "
        "the one of this window is of no use.",
    )
    assert [one for one in second.complaints if "409" not in one] == []
    second.complaints.clear()
    load(second, "go", late)
    alert(
        second,
        "This is not the key with which you take part now. If you made several, or the keys were made anew, "
        "choose the newest file.",
    )
    load(second, "go", kept)
    expect(second.main.get_by_text(second.words("There is nothing for you to do."), exact=False)).to_be_visible()
    second.main.locator("[data-step=waiting] details summary").click()
    expect(second.main.locator("[data-step=waiting] [data-slot=lost]")).to_contain_text("nothing is lost")


def test_a_lost_connection_is_told_and_mended_by_itself(visit: Visit, portal: Portal) -> None:
    made = tell(portal, "draft")
    someone = come(visit, made, "en", 1)
    someone.context.set_offline(True)
    someone.button("Make my key").click()
    alert(
        someone,
        "The portal cannot be reached. Nothing is lost: look whether you are connected. "
        "This page tries again by itself, or press once more.",
    )
    someone.context.set_offline(False)
    someone.complaints.clear()  # the browser reports what could not be reached
    someone.button("Make my key").click()
    expect(screen(someone, "Save the key file")).to_be_visible()
