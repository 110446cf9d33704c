"""What voters, administrators and programs see of a paused vote, and how a receipt is shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app import clock
from ballots.actions import running
from ballots.receipts import Receipt, in_address, signing_key
from tests.app.portal import Portal, fresh_portal, words
from tests.ballots.elections import Made, ballot_of, ready
from tests.ballots.preparing import administrator, row, steps, update
from tests.ballots.test_manage_pages import main_of

HOUR = timedelta(hours=1)
LIBRARY = [[0, 1, 0, 0]]
LANGUAGES = pytest.mark.parametrize("language", ["ar", "en"])


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal("sqlite", tmp_path) as running_portal:
        yield running_portal


def an_open_one(portal: Portal, *, paused: bool = True, **chosen: Any) -> Made:
    now = clock.now()
    made = portal.run(ready, now=now - 2 * HOUR, **{"opens": now - HOUR, "closes": now + 24 * HOUR, **chosen})
    if paused:
        portal.run(running.pause_restored, now)
    return made


def cast(portal: Portal, made: Made, number: str, browser: TestClient | None = None) -> Any:
    text = ballot_of(portal.run(made.row), made.codes[number], LIBRARY)
    return (browser or portal.browser()).post(f"/api/elections/{made.uuid}/ballots", json={"ballot": text})


def missing(portal: Portal, made: Made, height: int = 7) -> dict[str, Any]:
    """A receipt of this very portal for a ballot that its board has not."""
    unsigned = Receipt(made.uuid, "A" * 43, height, "a" * 64, "A" * 43)
    return unsigned.signed(signing_key(portal.settings.key)).to_json()


# For everybody


@LANGUAGES
def test_the_page_of_a_paused_vote_says_so_and_does_not_lead_to_the_booth(portal: Portal, language: str) -> None:
    made = an_open_one(portal)
    page = portal.browser(accept_language=language).get(f"/elections/{made.uuid}")
    assert page.status_code == 200
    assert f"/booth/{language}?" not in page.text
    assert f'href="/elections/{made.uuid}/receipts"' in page.text
    assert f'href="/elections/{made.uuid}/board"' in page.text
    assert "notice--harm" in page.text
    for path in ("/elections", f"/elections/{made.uuid}/board", f"/elections/{made.uuid}/verify", "/"):
        assert portal.browser(accept_language=language).get(path).status_code == 200, path


def test_the_page_says_what_voters_have_to_do_and_why(portal: Portal) -> None:
    made = an_open_one(portal)
    english = portal.browser(accept_language="en")
    said = words(english.get(f"/elections/{made.uuid}").text)
    assert "Paused" in said
    assert "The vote is paused: ballots may be missing" in said
    assert "If it is, nothing else is needed of you." in said
    assert "The vote was paused: the portal was restored from a copy" in said
    assert english.get("/").text.count("Priorities of the quarter") == 0, "it does not close soon"
    update(portal, made.uuid, paused_why="receipt")
    assert "the board has lost what was added last" in words(english.get(f"/elections/{made.uuid}").text)


def test_programs_are_told_that_a_vote_is_paused(portal: Portal) -> None:
    made = an_open_one(portal)
    assert portal.program().get(f"/api/elections/{made.uuid}").json()["paused"] is True
    refused = cast(portal, made, "1")
    assert (refused.status_code, refused.json()["code"]) == (409, "paused")
    other = an_open_one(portal, paused=False)
    assert portal.program().get(f"/api/elections/{other.uuid}").json()["paused"] is False


@pytest.mark.parametrize("path", ["/booth/ar", "/booth/en"])
def test_the_booth_has_its_own_sentences_for_a_pause(portal: Portal, path: str) -> None:
    page = portal.client.get(path).text
    for word in ("stop-paused-title", "stop-paused-say", "refused-paused"):
        assert f'data-word="{word}"' in page


# Receipts


def test_a_receipt_is_shown_by_programs(portal: Portal) -> None:
    made = an_open_one(portal, paused=False)
    receipt = cast(portal, made, "1").json()["receipt"]
    address, browser = f"/api/elections/{made.uuid}/receipts", portal.browser()
    assert browser.post(address, json=receipt).json() == {"there": True}
    forged = browser.post(address, json=receipt | {"height": 9})
    assert (forged.status_code, forged.json()["code"]) == (422, "rejected")
    for body in ("{", "[]", '"x"', "[" * 100_000, '{"height": NaN}'):
        answer = browser.post(address, content=body, headers={"content-type": "application/json"})
        assert answer.status_code in {400, 413, 422}, body[:20]
    assert not row(portal, made.uuid).is_paused
    answer = browser.post(address, json=missing(portal, made))
    assert (answer.json(), answer.headers["cache-control"]) == ({"there": False}, "no-store")
    assert row(portal, made.uuid).is_paused
    assert "paused: the portal has signed a receipt for a ballot at number 7" in words(
        portal.browser(accept_language="en").get(f"/elections/{made.uuid}").text
    )


def test_receipts_are_not_shown_without_end(portal: Portal) -> None:
    made = an_open_one(portal, paused=False)
    browser = portal.browser()
    answers = [browser.post(f"/api/elections/{made.uuid}/receipts", json={}).status_code for _time in range(61)]
    assert set(answers[:60]) == {422}
    assert answers[60] == 429


@LANGUAGES
def test_a_receipt_is_shown_on_a_page_without_script(portal: Portal, language: str) -> None:
    made = an_open_one(portal, paused=False)
    receipt = cast(portal, made, "1").json()["receipt"]
    address, browser = f"/elections/{made.uuid}/receipts", portal.browser(accept_language=language)
    assert 'type="file"' in browser.get(address).text
    good = browser.post(address, data={"receipt": f"  {json.dumps(receipt)}\n"})
    assert (good.status_code, "notice--good" in good.text) == (200, True)
    for wrong in ("", "{", json.dumps(receipt | {"height": 3}), "<script>alert(1)</script>"):
        answer = browser.post(address, data={"receipt": wrong})
        assert answer.status_code == 422, wrong
        assert "<script>alert" not in answer.text
    assert not row(portal, made.uuid).is_paused
    file = {"file": ("receipt.json", json.dumps(missing(portal, made)).encode(), "application/json")}
    bad = browser.post(address, files=file)
    assert (bad.status_code, "notice--harm" in bad.text) == (200, True)
    assert row(portal, made.uuid).is_paused


def test_a_ballot_that_is_not_found_leads_to_the_receipt(portal: Portal) -> None:
    made = an_open_one(portal)
    code = in_address("A" * 43)
    page = portal.browser(accept_language="en").get(f"/elections/{made.uuid}/board?code={code}")
    assert f'href="/elections/{made.uuid}/receipts"' in page.text


# For administrators


@LANGUAGES
def test_an_administrator_resumes_with_a_reason_that_everybody_reads(portal: Portal, language: str) -> None:
    made = an_open_one(portal)
    boss = administrator(portal)
    boss.browser.get(f"/account?lang={language}")
    path = f"/manage/elections/{made.uuid}"
    page = boss.get(path)
    assert f'action="{path}/resume"' in page.text
    assert main_of(page).count("button--main") == 1
    without = boss.post(f"{path}/resume", reason="")
    assert without.status_code == 422
    assert row(portal, made.uuid).is_paused
    assert boss.post(f"{path}/resume", reason="Moved to another machine").status_code == 303
    assert boss.post(f"{path}/resume", reason="Moved to another machine").status_code == 303, "a double click"
    assert steps(portal, made.uuid).count("election_resumed") == 1
    assert f'action="{path}/resume"' not in boss.get(f"{path}?done=resumed").text
    assert "Moved to another machine" in portal.client.get(f"/elections/{made.uuid}").text
    assert cast(portal, made, "1").status_code == 201


def test_a_move_to_another_machine_and_a_proven_loss_are_told_apart(portal: Portal) -> None:
    made = an_open_one(portal)
    boss = administrator(portal)
    path = f"/manage/elections/{made.uuid}"
    assert "nothing is missing: say so, and resume" in words(boss.get(path).text)
    boss.browser.post(f"/api/elections/{made.uuid}/receipts", json=missing(portal, made))
    said = words(boss.get(path).text)
    assert "ballots were lost" in said
    assert "nothing is missing" not in said
    assert "A receipt was shown whose ballot is not on the board." in said


def test_after_the_closing_time_the_page_leads_to_the_extension(portal: Portal) -> None:
    made = an_open_one(portal)
    boss = administrator(portal)
    path = f"/manage/elections/{made.uuid}"
    update(portal, made.uuid, closes_at=clock.now() - timedelta(minutes=1))
    page = boss.get(path)
    assert f'action="{path}/resume"' not in page.text
    assert f'button--main" href="{path}/extend"' in page.text
    refused = boss.post(f"{path}/resume", reason="go on")
    assert refused.status_code == 409
    assert "Extend the vote first" in refused.text
    later = (clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    assert boss.post(f"{path}/extend", closes_at=later, reason="to vote again").status_code == 303
    assert boss.post(f"{path}/resume", reason="go on").status_code == 303
    assert not row(portal, made.uuid).is_paused


def test_only_administrators_of_elections_resume(portal: Portal) -> None:
    made = an_open_one(portal)
    portal.browser().post(f"/manage/elections/{made.uuid}/resume", data={"reason": "go on"})
    assert row(portal, made.uuid).is_paused
