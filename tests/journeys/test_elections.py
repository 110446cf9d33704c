"""Looking at an election, finding a ballot, verifying a result: with and without script, in both languages."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Visit
from tests.journeys.test_every_page import check
from tests.journeys.visitor import DESKTOP, PHONE, Visitor

pytestmark = pytest.mark.xdist_group("browser-elections")

LANGUAGES = pytest.mark.parametrize("language", ["ar", "en"], ids=["Arabic", "English"])


def elections(visitor: Visitor, state: str) -> list[str]:
    """Identifiers of the demonstration's elections in a state."""
    listed = visitor.page.request.get(f"{visitor.portal.address}/api/elections?limit=200").json()["items"]
    return [str(one["uuid"]) for one in listed if one["state"] == state]


def demonstration(visitor: Visitor) -> str:
    """The demonstration's open election: other tests make some of their own."""
    listed = visitor.page.request.get(f"{visitor.portal.address}/api/elections?limit=200").json()["items"]
    return next(str(one["uuid"]) for one in listed if one["title"].get("en") == "Priorities of the old town")


def trackers(visitor: Visitor, uuid: str) -> Sequence[str]:
    """Every tracker on the board."""
    found = visitor.page.request.get(f"{visitor.portal.address}/api/elections/{uuid}/board?limit=500").json()
    return [str(item["tracker"]) for item in found["items"] if "tracker" in item]


@LANGUAGES
def test_somebody_goes_from_the_menu_to_an_open_vote_and_finds_a_ballot(visit: Visit, language: str) -> None:
    someone = visit(language, PHONE)
    someone.open("/")
    someone.section("Elections").click()
    someone.arrives("/elections")
    check(someone)
    uuid = demonstration(someone)
    someone.page.set_viewport_size({"width": DESKTOP, "height": 800})
    someone.main.locator(f"h3 a[href='/elections/{uuid}']").click()
    someone.arrives(f"/elections/{uuid}")
    expect(someone.link("Vote")).to_have_attribute("href", f"/booth/{language}?election={uuid}")
    check(someone)
    someone.page.set_viewport_size({"width": DESKTOP, "height": 800})
    someone.link("Find your ballot").click()
    someone.arrives(f"/elections/{uuid}/board")
    check(someone)
    tracker = trackers(someone, uuid)[0]
    someone.box("Tracker or seal code").fill(" ".join(re.findall(".{1,4}", tracker)))
    someone.button("Look it up").click()
    expect(someone.main.get_by_text(someone.words("Your ballot is on the board"))).to_be_visible()
    check(someone)
    someone.page.set_viewport_size({"width": DESKTOP, "height": 800})
    someone.link("See this ballot").click()
    expect(someone.heading).to_contain_text("1")
    check(someone)
    someone.main.locator("summary").click()
    expect(someone.main.locator("pre")).to_contain_text(uuid)
    check(someone)


@LANGUAGES
def test_an_observer_verifies_a_result_in_the_browser(visit: Visit, language: str) -> None:
    observer = visit(language, DESKTOP)
    observer.open("/elections?state=ended")
    (uuid, *_others) = elections(observer, "tallied")
    observer.open(f"/elections/{uuid}")
    expect(observer.main.locator(".tally li").first).to_be_visible()
    check(observer)
    observer.page.set_viewport_size({"width": DESKTOP, "height": 800})
    observer.link("Verify this result yourself").first.click()
    observer.arrives(f"/elections/{uuid}/verify")
    check(observer)
    observer.page.set_viewport_size({"width": DESKTOP, "height": 800})
    observer.button("Fetch the record and verify it").click()
    verdict = observer.main.locator("[data-verdict-place]")
    expect(verdict).to_contain_text(observer.words("Everything holds"), timeout=60_000)
    expect(observer.main.locator("[data-check='ballots.proofs'] .count")).to_have_text(re.compile(r"^(\d+) / \1$"))
    expect(observer.main.locator("[data-check='ballots.audits'] .count")).to_have_text(re.compile(r"^(\d+) / \1$"))
    expect(observer.main.locator("[data-checks] .node--harm")).to_have_count(0)
    found = observer.main.locator("[data-found-fingerprint]").inner_text()
    known = observer.box("The fingerprint that you know")
    known.fill(found[:10])
    expect(observer.main.get_by_text(observer.words("Not complete yet."))).to_be_visible()
    known.fill(found)
    same = observer.words("They are the same: it is the election that you mean.")
    expect(observer.main.get_by_text(same)).to_be_visible()
    known.fill(found[::-1])
    other = observer.words("They differ: this is another election, or the fingerprint was copied wrongly.")
    expect(observer.main.get_by_text(other)).to_be_visible()
    check(observer)


def test_a_changed_file_is_rejected_with_the_failing_check_on_top(visit: Visit) -> None:
    observer = visit("en", DESKTOP)
    observer.open("/elections")
    (uuid, *_others) = elections(observer, "tallied")
    address = f"{observer.portal.address}/elections/{uuid}"
    archive = observer.page.request.get(f"{address}/{uuid}.bel").body()
    proofs = observer.page.request.get(f"{address}/decryption-proofs.json").body()
    observer.open(f"/elections/{uuid}/verify")
    observer.main.locator("summary").click()
    verdict = observer.main.locator("[data-verdict-place]")
    observer.button("Verify this file").click()
    expect(verdict).to_contain_text("Choose a file first")
    bel, beside = observer.main.locator("[data-bel]"), observer.main.locator("[data-proofs-file]")
    bel.set_input_files({"name": f"{uuid}.bel", "mimeType": "application/x-belenios", "buffer": archive})
    observer.button("Verify this file").click()
    expect(verdict).to_contain_text("Everything holds", timeout=60_000)
    expect(verdict).to_contain_text("The proofs of decryption are weak")
    beside.set_input_files({"name": "decryption-proofs.json", "mimeType": "application/json", "buffer": proofs})
    observer.button("Verify this file").click()
    expect(verdict).to_contain_text("Everything holds", timeout=60_000)
    expect(verdict).not_to_contain_text("The proofs of decryption are weak")
    changed = archive.replace(b'"result":[[', b'"result":[[9', 1)
    assert changed != archive
    bel.set_input_files({"name": f"{uuid}.bel", "mimeType": "application/x-belenios", "buffer": changed})
    observer.button("Verify this file").click()
    expect(verdict).to_contain_text("Something does not hold", timeout=60_000)
    expect(observer.main.locator("[data-checks] > li").first).to_have_attribute("data-state", "failed")
    check(observer)
    observer.page.set_viewport_size({"width": DESKTOP, "height": 800})
    bel.set_input_files({"name": "holiday.bel", "mimeType": "application/x-belenios", "buffer": b"no archive"})
    observer.button("Verify this file").click()
    expect(verdict).to_contain_text("This is no record of an election", timeout=60_000)


def test_whoever_looks_at_the_board_is_told_that_it_has_grown(visit: Visit) -> None:
    someone = visit("en", DESKTOP)
    someone.open("/elections")
    uuid = demonstration(someone)
    news = someone.page.request.get(f"{someone.portal.address}/api/elections/{uuid}").json()["board"]["size"]
    grown = f'retry: 60000\nevent: state\ndata: {{"state": "open", "size": {news + 2}}}\n\n'
    someone.page.route(
        "**/events",
        lambda route: route.fulfill(status=200, headers={"Content-Type": "text/event-stream"}, body=grown),
    )
    someone.open(f"/elections/{uuid}/board")
    status = someone.main.locator("[data-live-says]")
    expect(status).to_contain_text("New on the board since you opened this page: 2.")
    check(someone)
    status.get_by_role("link").click()
    someone.arrives(f"/elections/{uuid}/board")


@LANGUAGES
def test_without_script_a_result_is_read_looked_up_and_downloaded(visit: Visit, language: str) -> None:
    someone = visit(language, DESKTOP, script=False)
    someone.open("/elections")
    uuids = elections(someone, "tallied") + elections(someone, "archived")
    someone.open(f"/elections/{uuids[0]}/verify")
    # Playwright does not read words within <noscript>; that they are seen it can tell.
    expect(someone.main.locator("noscript .notice__title")).to_be_visible()
    expect(someone.main.locator("[data-with-script]")).to_be_hidden()
    expect(someone.main.locator(".command").first).to_be_visible()
    someone.open(f"/elections/{uuids[0]}/board?code={'A' * 43}")
    expect(someone.main.get_by_text(someone.words("No ballot with this code is on the board"))).to_be_visible()
    someone.open(f"/elections/{uuids[0]}/report")
    with someone.page.expect_download() as saved:
        someone.link("PDF to print").click()
    assert saved.value.suggested_filename == f"report-{uuids[0]}.pdf"


@LANGUAGES
@pytest.mark.parametrize("state", ["ready", "decrypting", "cancelled", "archived"])
def test_everyone_can_use_the_page_of_an_election_in_every_state(visit: Visit, state: str, language: str) -> None:
    someone = visit(language)
    someone.open("/elections")
    (uuid, *_others) = elections(someone, state)
    someone.open(f"/elections/{uuid}")
    expect(someone.heading).to_have_count(1)
    check(someone)
    if state == "archived":
        someone.open(f"/elections/{uuid}/report")
        check(someone)
