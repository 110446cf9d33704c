"""A whole election through the pages: three trustees, an authority, an administrator, five voters, an observer.

One voter audits first, one votes again, one has a wrong code, one has a slow line. The record is verified by
`sawtuna verify` and, in a group that Debian's release knows, by `belenios-tool`.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from app import demo
from tests.journeys.booth import CODE, DONE, SEALED, enter, heading, option
from tests.journeys.conftest import Visit
from tests.journeys.elections import tell
from tests.journeys.portal import Portal
from tests.journeys.test_trustees import come, load, make_key, saved, screen
from tests.journeys.visitor import DESKTOP, PHONE, Visitor
from tests.journeys.voting import Vote

pytestmark = pytest.mark.xdist_group("browser-whole-election")

VOTERS = [(str(number), f"ناخب {number}", "", 1) for number in range(1, 6)]
LIBRARY, PARK, LIGHTS = ("مكتبة", "A library"), ("حديقة", "A park"), ("إنارة", "Lights")


def trustees_make_the_key(visit: Visit, made: Any, folder: Path) -> tuple[list[Visitor], list[Path]]:
    """Three browsers; their key files."""
    trustees = [come(visit, made, language, number) for number, language in enumerate(("ar", "en", "ar"), 1)]
    files = []
    for number, someone in enumerate(trustees, 1):
        own = folder / f"trustee-{number}"
        own.mkdir()
        files.append(make_key(someone, own, looking=False))
    for someone, file in zip(trustees, files, strict=True):
        expect(screen(someone, "Show that your saved key works")).to_be_visible(timeout=90_000)
        load(someone, "test", file)
        expect(screen(someone, "Your key works")).to_be_visible()
    return trustees, files


def authority_issues_codes(visit: Visit, made: Any, folder: Path) -> dict[str, str]:
    """The private codes, by the voter's number, which no server has seen."""
    clerk = visit("ar")
    clerk.open(f"/elections/{made['uuid']}/credentials#{made['authority']}")
    clerk.button("Make the codes").click()
    private = saved(clerk, "Save the file of codes", folder)
    load(clerk, "saved", private)
    clerk.button("Hand in the public list").click()
    expect(screen(clerk, "Bring the codes to the voters")).to_be_visible()
    codes: dict[str, str] = json.loads(private.read_bytes())
    return codes


def administrator_freezes(visit: Visit, uuid: str) -> None:
    """With the check list complete."""
    boss = visit("en")
    boss.open("/account/sign-in")
    boss.sign_in("election@demo.example", demo.PASSWORD)
    boss.arrives("/account")
    boss.open(f"/manage/elections/{uuid}/freeze?lang=en")
    boss.button("Freeze and publish").click()
    expect(boss.main.get_by_text("frozen", exact=False).first).to_be_visible()


def sealed(voter: Visitor, vote: Vote, choice: tuple[str, str]) -> None:
    """Choose, review, seal."""
    enter(voter, vote)
    option(voter, *choice).check()
    voter.button("Review your choice").click()
    voter.button("Seal the ballot").click()
    heading(voter, SEALED)


def cast(voter: Visitor, code: str) -> str:
    """Give the code and send; the tracker."""
    voter.button("Cast your ballot").click()
    heading(voter, CODE)
    voter.box("Voter’s code").fill(code)
    voter.button("Cast your ballot").click()
    heading(voter, DONE)
    return "".join(voter.page.locator('[data-code="tracker"] span').all_text_contents())


def voters_vote(visit: Visit, vote: Vote) -> list[str]:
    """Two for the library in the end, two for the park, one for the lights; the trackers that must be counted."""
    auditing = visit("ar", PHONE)
    sealed(auditing, vote, LIBRARY)
    auditing.button("Audit this ballot").click()
    auditing.button("Seal anew with the same choice").click()
    heading(auditing, SEALED)
    counted = [cast(auditing, vote.codes["1"])]

    changing = visit("en", PHONE)
    sealed(changing, vote, LIGHTS)
    cast(changing, vote.codes["2"])
    changing.button("Vote again").click()
    option(changing, *PARK).check()
    changing.button("Review your choice").click()
    changing.button("Seal the ballot").click()
    heading(changing, SEALED)
    counted.append(cast(changing, vote.codes["2"]))

    mistaken = visit("en", DESKTOP)
    sealed(mistaken, vote, LIBRARY)
    mistaken.button("Cast your ballot").click()
    heading(mistaken, CODE)
    wrong = vote.codes["3"][:-1] + ("3" if vote.codes["3"][-1] != "3" else "4")
    mistaken.box("Voter’s code").fill(wrong)
    mistaken.button("Cast your ballot").click()
    expect(mistaken.main.get_by_role("alert")).to_be_visible()
    mistaken.box("Voter’s code").fill(vote.codes["3"])
    mistaken.button("Cast your ballot").click()
    heading(mistaken, DONE)
    counted.append("".join(mistaken.page.locator('[data-code="tracker"] span').all_text_contents()))

    slow = visit("ar", PHONE)
    line = slow.context.new_cdp_session(slow.page)
    line.send("Network.enable")
    conditions = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 20_000}
    line.send("Network.emulateNetworkConditions", conditions)
    sealed(slow, vote, PARK)
    counted.append(cast(slow, vote.codes["4"]))

    last = visit("ar", DESKTOP)
    sealed(last, vote, LIGHTS)
    counted.append(cast(last, vote.codes["5"]))
    return counted


def record_of(visitor: Visitor, uuid: str, folder: Path) -> Path:
    """Download and unpack the record; the archive."""
    packed = folder / "record.zip"
    answer = visitor.page.request.get(f"{visitor.portal.address}/elections/{uuid}/record.zip")
    packed.write_bytes(answer.body())
    with zipfile.ZipFile(packed) as found:
        found.extractall(folder / "record")
    return folder / "record" / f"{uuid}.bel"


def sawtuna_verifies(archive: Path) -> Any:
    """What the command says."""
    command = [sys.executable, "-c", "from app.cli import main; main()", "verify", str(archive)]
    done = subprocess.run(
        [*command, "--require-strong", "--json"], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def belenios_verifies(archive: Path) -> None:
    """The tool of others, release 2.0 of Debian."""
    tool = shutil.which("belenios-tool")
    if tool is None:
        pytest.fail("belenios-tool is not installed; on Debian: apt-get install belenios-tool.")
    alone = archive.parent / "alone"
    alone.mkdir()
    shutil.copy(archive, alone)
    done = subprocess.run(
        [tool, "election", "verify", "--dir", str(alone)], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("group", ["Ed25519", "BELENIOS-2048"])
def test_an_election_is_held_through_the_pages_and_verified_by_others(
    visit: Visit, portal: Portal, tmp_path: Path, group: str
) -> None:
    # Debian's belenios-tool is older than the threshold keys of release 3, so there every trustee is needed.
    threshold = 3 if group == "BELENIOS-2048" else 2
    made = tell(portal, "draft", group=group, voters=VOTERS, threshold=threshold)
    uuid = made["uuid"]
    trustees, files = trustees_make_the_key(visit, made, tmp_path)
    codes = authority_issues_codes(visit, made, tmp_path)
    administrator_freezes(visit, uuid)
    tell(portal, "opened", uuid=uuid)
    counted = voters_vote(visit, Vote(uuid, codes))
    tell(portal, "closed", uuid=uuid)

    for number in range(threshold):
        someone = trustees[number]
        button = someone.button("Check everything and open my part")
        for _look in range(60):
            someone.page.reload()
            heading_now = someone.main.get_by_role("heading", level=2).filter(visible=True).first
            expect(heading_now).to_be_visible()
            if heading_now.text_content() == someone.words("Open your part of the sum"):
                break
            someone.page.wait_for_timeout(1000)
        load(someone, "decrypt", files[number])
        button.click()
        someone.button("I have compared: hand in my part").click(timeout=90_000)
        expect(screen(someone, "Thank you: your part is done")).to_be_visible(timeout=90_000)

    observer = visit("en", DESKTOP)
    for _look in range(60):
        found = observer.page.request.get(f"{portal.address}/api/elections/{uuid}").json()
        if found["state"] == "tallied":
            break
        observer.page.wait_for_timeout(1000)
    assert found["result"] == [[0, 2, 2, 1]], "blank, library, park, lights"
    assert (found["ballots"], found["counted"], found["voted"]) == (6, 5, 5)
    observer.open(f"/elections/{uuid}")
    expect(observer.main.get_by_text("A library").first).to_be_visible()
    board = observer.page.request.get(f"{portal.address}/api/elections/{uuid}/board?limit=500").json()["items"]
    assert {item["tracker"] for item in board if "tracker" in item and item["replaced_by"] is None} == set(counted)

    archive = record_of(observer, uuid, tmp_path)
    report = sawtuna_verifies(archive)
    assert (report["verdict"], report["result"], report["decryption_proofs"]) == ("verified", [[0, 2, 2, 1]], "strong")
    if group == "BELENIOS-2048":
        belenios_verifies(archive)
    observer.open(f"/elections/{uuid}/verify")
    observer.button("Fetch the record and verify it").click()
    expect(observer.main.get_by_role("heading", name=re.compile("Everything holds"))).to_be_visible(timeout=90_000)
