"""The interface for programs: what it tells, what it takes, and that its description is true."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app import clock
from app.access import Guarded
from ballots import live
from ballots.actions import counting
from ballots.feature import FEATURE
from ballots.models import CastBallot, SpoiledSeal, Trustee
from ballots.openapi import DESCRIPTION
from ballots.receipts import Receipt
from ballots.rules import State
from crypto.verification import Status, Verdict, verify_record
from tests.app.portal import DATABASES, Portal, fresh_portal, with_account
from tests.ballots import elections
from tests.ballots.elections import Made, ballot_of, drafted, ready

LIBRARY = [[0, 1, 0, 0]]


@pytest.fixture(params=DATABASES)
def portal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal(request.param, tmp_path) as found:
        yield found


def open_now(portal: Portal, **chosen: Any) -> Made:
    now = clock.now()
    times = {"opens": now - timedelta(hours=1), "closes": now + timedelta(hours=5)}
    return portal.run(ready, now=now - timedelta(hours=2), **{**times, **chosen})


OF_THE_RECORD = (".bel", ".zip", "election.json", "decryption-proofs.json", "audited-seals.json")


def test_the_description_names_every_address_and_no_other() -> None:
    served = {
        (re.sub(r":\w+\}", "}", route.path).replace("{file}", "{uuid}"), method.lower())
        for route in FEATURE.routes
        if isinstance(route, Guarded)
        and (
            route.path.startswith("/api/")
            or route.path.endswith((".bel", ".zip", "election.json", "proofs.json", "seals.json"))
        )
        for method in (route.methods or ())
        if method != "HEAD"
    }
    described = {
        (path, method) for path, found in DESCRIPTION["paths"].items() for method in found if method in {"get", "post"}
    }
    assert described == served
    for found in DESCRIPTION["paths"].values():
        for operation in found.values():
            assert operation["summary"]
            assert "responses" in operation
    text = json.dumps(DESCRIPTION)
    for name in re.findall(r"#/components/schemas/(\w+)", text):
        assert name in DESCRIPTION["components"]["schemas"]


def test_published_elections_are_listed_and_drafts_and_tests_are_not(portal: Portal) -> None:
    made = open_now(portal)
    portal.run(drafted)
    open_now(portal, is_test=True)
    found = portal.program().get("/api/elections").json()
    assert [item["uuid"] for item in found["items"]] == [made.uuid]
    assert found["items"][0]["state"] == State.OPEN
    assert found["items"][0]["title"]["ar"]
    assert found["next"] is None


def test_a_long_list_comes_in_pages(portal: Portal) -> None:
    made = [open_now(portal) for _ in range(5)]
    seen: list[str] = []
    path = "/api/elections?limit=2"
    while path:
        page = portal.program().get(path).json()
        assert len(page["items"]) <= 2
        seen += [item["uuid"] for item in page["items"]]
        path = page["next"]
    assert seen == [one.uuid for one in reversed(made)]


@pytest.mark.parametrize("query", ["limit=x", "limit=99999999999999", "before=1.5", "before=-"])
def test_a_page_that_makes_no_sense_is_refused(portal: Portal, query: str) -> None:
    assert portal.program().get(f"/api/elections?{query}").status_code == 400


def test_a_draft_is_nowhere(portal: Portal) -> None:
    made = portal.run(drafted)
    for path in ("", "/board", "/events", f"/ballots/{'A' * 43}"):
        assert portal.program().get(f"/api/elections/{made.uuid}{path}").status_code == 404
    for path in ("election.json", "record.zip", f"{made.uuid}.bel", "decryption-proofs.json", "audited-seals.json"):
        assert portal.program().get(f"/elections/{made.uuid}/{path}").status_code == 404


def cast(portal: Portal, made: Made, number: str, marks: Any = LIBRARY, browser: Any = None) -> Any:
    text = ballot_of(portal.run(made.row), made.codes[number], marks)
    return (browser or portal.browser()).post(f"/api/elections/{made.uuid}/ballots", json={"ballot": text})


def test_a_ballot_is_answered_with_a_receipt_that_can_be_checked(portal: Portal) -> None:
    made = open_now(portal)
    answer = cast(portal, made, "1")
    assert answer.status_code == 201
    receipt = Receipt.parse(answer.json()["receipt"])
    receipt.verify(receipt.key)
    board = portal.program().get(f"/api/elections/{made.uuid}/board").json()
    assert [item["kind"] for item in board["items"]] == ["Setup", "Ballot"]
    assert board["items"][1]["tracker"] == receipt.tracker
    assert board["items"][1]["digest"] == receipt.event
    assert board["head"] == receipt.event
    again = cast(portal, made, "1", [[1, 0, 0, 0]]).json()
    assert again["replaces"] == receipt.height
    later = portal.program().get(f"/api/elections/{made.uuid}/board?after=1").json()["items"]
    assert [(item["height"], item["replaces"]) for item in later] == [(2, 1)]


def test_where_one_signs_in_a_code_alone_is_not_enough(portal: Portal) -> None:
    voters = [("1", "Zainab", "z@example.org", 1), ("2", "Omar", "o@example.org", 1)]
    made = open_now(portal, voters=voters, sign_in=True)
    refused = cast(portal, made, "1")
    assert (refused.status_code, refused.json()["code"]) == (401, "sign_in")
    stranger = with_account(portal, "stranger@example.org")
    assert cast(portal, made, "1", browser=stranger).json()["code"] == "not_voter"
    zainab, omar = with_account(portal, "z@example.org"), with_account(portal, "o@example.org")
    assert cast(portal, made, "1", browser=zainab).status_code == 201
    assert cast(portal, made, "1", browser=omar).json()["code"] == "other_account"
    assert cast(portal, made, "2", browser=zainab).json()["code"] == "other_credential"
    assert cast(portal, made, "2", browser=omar).status_code == 201
    assert cast(portal, made, "1", [[1, 0, 0, 0]], browser=zainab).json()["replaces"] == 1
    mails = [mail for mail in portal.mails() if "Tracker" in mail.body or "رقم" in mail.body]
    assert {mail.recipient for mail in mails} >= {"z@example.org", "o@example.org"}


def test_a_ballot_sent_again_after_the_session_ended_asks_to_sign_in(portal: Portal) -> None:
    """The answer was lost and so is the session: the voter must not read that the ballot is not in the box."""
    made = open_now(portal, voters=[("1", "Zainab", "zz@example.org", 1)], sign_in=True)
    text = ballot_of(portal.run(made.row), made.codes["1"], LIBRARY)
    zainab = with_account(portal, "zz@example.org")
    path = f"/api/elections/{made.uuid}/ballots"
    assert zainab.post(path, json={"ballot": text}).status_code == 201
    without = portal.browser().post(path, json={"ballot": text})
    assert (without.status_code, without.json()["code"]) == (401, "sign_in")
    stranger = with_account(portal, "strange@example.org").post(path, json={"ballot": text})
    assert stranger.json()["code"] == "duplicate"
    assert zainab.post(path, json={"ballot": text}).status_code == 200


def test_the_key_of_receipts_is_told_with_the_election(portal: Portal) -> None:
    made = open_now(portal)
    told = portal.program().get(f"/api/elections/{made.uuid}").json()["receipt_key"]
    receipt = Receipt.parse(cast(portal, made, "1").json()["receipt"])
    receipt.verify(told)


def test_events_come_as_they_happen(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(live, "STREAM_SECONDS", 0.05)
    made = open_now(portal)
    cast(portal, made, "1")
    answer = portal.browser().get(f"/api/elections/{made.uuid}/events", headers={"last-event-id": "0"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    parts = answer.text.split("\n\n")
    assert "event: state" in parts[0]
    assert "event: board" in parts[1]
    assert '"height": 1' in parts[1]


def test_an_audited_seal_is_refused_by_everybody(portal: Portal) -> None:
    made = open_now(portal)
    browser = portal.browser()
    assert browser.post(f"/api/elections/{made.uuid}/audits", json={"seal": "short"}).status_code == 400
    assert browser.post(f"/api/elections/{made.uuid}/audits", json={"seal": "A" * 43}).status_code == 204
    assert browser.post(f"/api/elections/{made.uuid}/audits", json={"seal": "A" * 43}).status_code == 204
    listed = portal.browser().get(f"/elections/{made.uuid}/audited-seals.json")
    assert listed.content == b'{"format":"sawtuna audited seals 1","seals":["' + b"A" * 43 + b'"]}\n'


def test_the_whole_record_in_one_file_says_which_seals_were_opened(portal: Portal, tmp_path: Path) -> None:
    made = open_now(portal)
    assert cast(portal, made, "1").status_code == 201
    portal.browser().post(f"/api/elections/{made.uuid}/audits", json={"seal": "A" * 43})
    packed = portal.browser().get(f"/elections/{made.uuid}/record.zip").content
    zipfile.ZipFile(io.BytesIO(packed)).extractall(tmp_path)
    report = verify_record(tmp_path / f"{made.uuid}.bel")
    assert report.verdict is Verdict.IN_PROGRESS
    assert (report["ballots.audits"].status, report["ballots.audits"].count) == (Status.PASSED, 1)


def test_trustees_go_through_the_ceremony_over_http(portal: Portal) -> None:
    """The same steps as in the browser, with the token of the link and nothing else."""
    made = portal.run(drafted)

    def state(index: int) -> Any:
        token = made.holders[index - 1].token
        return portal.program(authorization=f"Bearer {token}").get(f"/api/elections/{made.uuid}/ceremony").json()

    assert state(1)["state"] == "keys"
    portal.run(elections.with_keys, made)
    found = state(2)
    assert found["state"] == "ready"
    assert found["proven"] == [1, 2, 3]
    assert set(found["published"]) == {"certificates", "commitments", "shares", "keys"}
    token = made.holders[0].token
    browser = portal.browser(authorization=f"Bearer {token}")
    body = {"kind": "keys", "body": {"public_key": {}}}
    refused = browser.post(f"/api/elections/{made.uuid}/ceremony", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    same = found["published"]["keys"]["1"]
    again = browser.post(f"/api/elections/{made.uuid}/ceremony", json={"kind": "keys", "body": same})
    assert again.status_code == 204, "the same part again changes nothing"
    wrong = browser.post(f"/api/elections/{made.uuid}/key-proof", json={"answer": "0" * 64})
    assert wrong.json()["code"] == "wrong_key"


def test_the_count_goes_through_http_and_ends_in_a_result(portal: Portal) -> None:
    now = clock.now()
    made = portal.run(
        ready, now=now - timedelta(hours=3), opens=now - timedelta(hours=2), closes=now - timedelta(minutes=1)
    )
    portal.run(elections.vote, made, "1", LIBRARY, now=now - timedelta(hours=1))
    assert portal.program().get(f"/api/elections/{made.uuid}").json()["state"] == State.CLOSED
    portal.work()
    assert portal.program().get(f"/api/elections/{made.uuid}").json()["state"] == State.DECRYPTING
    for index in (3, 1):
        part = portal.run(elections.part_of, made, index)
        browser = portal.browser(authorization=f"Bearer {made.holders[index - 1].token}")
        assert browser.post(f"/api/elections/{made.uuid}/decryptions", json=part).status_code == 204
        assert browser.post(f"/api/elections/{made.uuid}/decryptions", json=part).status_code == 204
    portal.work()
    found = portal.program().get(f"/api/elections/{made.uuid}").json()
    assert (found["state"], found["result"], found["counted"]) == (State.TALLIED, [[0, 1, 0, 0]], 1)
    assert [trustee["decrypted"] for trustee in found["trustees"]] == [True, False, True]


def test_the_authority_hands_in_one_code_a_voter_sorted_and_once(portal: Portal) -> None:
    made = portal.run(drafted)
    browser = portal.browser(authorization=f"Bearer {made.authority}")
    listed = browser.get(f"/api/elections/{made.uuid}/voters").json()
    assert [voter["id"] for voter in listed["voters"]] == ["1", "2", "3"]
    assert listed["done"] is False
    for wrong in ([], ["x"], ["00"] * 3):
        answer = browser.post(f"/api/elections/{made.uuid}/credentials", json={"credentials": wrong})
        assert answer.status_code == 422
    portal.run(elections.with_credentials, made)
    assert browser.get(f"/api/elections/{made.uuid}/voters").json()["done"] is True
    answer = browser.post(f"/api/elections/{made.uuid}/credentials", json={"credentials": []})
    assert answer.json()["code"] == "conflict"


@pytest.mark.parametrize("fault", ["a strong proof is missing", "a ballot was opened for an audit"])
def test_a_result_that_the_verifier_does_not_accept_is_never_published(portal: Portal, fault: str) -> None:
    made = portal.run(ready)
    portal.run(elections.vote, made, "1", LIBRARY)
    portal.run(elections.closed, made, portal.settings)
    portal.run(elections.decrypted, made, 1, 2)

    async def forge() -> None:
        if fault == "a strong proof is missing":
            await Trustee.filter(election_id=made.id, index=1).update(strong=None)
        else:
            cast = await CastBallot.get(election_id=made.id)
            await SpoiledSeal.create(election_id=made.id, seal=cast.seal)

    portal.run(forge)
    check = "decryptions.strong" if fault == "a strong proof is missing" else "ballots.audits"
    with pytest.raises(counting.Unsound, match=rf"rejected: .*{check}: "):
        portal.run(counting.publish, made.id, now=elections.AFTER)
    assert portal.run(made.row).state is State.DECRYPTING
