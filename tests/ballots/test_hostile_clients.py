"""A client that does not play by the rules, against the addresses themselves (domain/voting.md, classes A to G)."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response

from app import clock
from ballots.frozen import election_of
from ballots.models import BoardEvent, CastBallot
from crypto.ballot import Ballot, seal
from crypto.credentials import signing_key
from crypto.encoding import canonical, sha256_b64
from crypto.errors import ProtocolError
from crypto.proofs import prove_knowledge
from crypto.transcripts import VERSION_1
from tests.app.portal import DATABASES, Portal, fresh_portal
from tests.ballots.elections import QUESTIONS, Made, ballot_of, ready

LIBRARY = [[0, 1, 0, 0]]
IDENTITY = "0" * 63 + "1"
SMALL_ORDER = f"{2**255 - 20:064x}"
"""The point of order 2: y = -1."""


@pytest.fixture(params=DATABASES)
def portal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal(request.param, tmp_path) as found:
        yield found


@pytest.fixture
def made(portal: Portal) -> Made:
    now = clock.now()
    return portal.run(
        ready, now=now - timedelta(hours=2), opens=now - timedelta(hours=1), closes=now + timedelta(hours=5)
    )


def send(portal: Portal, made: Made, text: object) -> Response:
    return portal.browser().post(f"/api/elections/{made.uuid}/ballots", json={"ballot": text})


def honest(portal: Portal, made: Made, number: str = "1") -> str:
    row = portal.run(made.row)
    return ballot_of(row, made.codes[number], LIBRARY)


def resigned(portal: Portal, made: Made, body: dict[str, Any], number: str = "1") -> str:
    """A ballot with any content, rightly signed by its voter."""
    election = election_of(portal.run(made.row))
    key = signing_key(VERSION_1, election.group, made.uuid, made.codes[number])
    unsigned = {name: body[name] for name in ("election_uuid", "election_hash", "credential", "answers")}
    digest = sha256_b64(canonical(unsigned))
    proof = prove_knowledge(key, lambda commitment: VERSION_1.ballot_signature(digest, commitment))
    return canonical({**unsigned, "signature": {"hash": digest, "proof": proof.to_json()}}).decode()


def nothing_on_the_board(portal: Portal, made: Made) -> bool:
    async def look() -> bool:
        return (
            await CastBallot.filter(election_id=made.id).count() == 0
            and await BoardEvent.filter(election_id=made.id).count() == 1
        )

    return portal.run(look)


def _answer(body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = body["answers"][0]
    return found


def _set(*path: Any, value: object) -> Callable[[dict[str, Any]], None]:
    def change(body: dict[str, Any]) -> None:
        at: Any = body
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value

    return change


def _swap(body: dict[str, Any]) -> None:
    choices = _answer(body)["choices"]
    choices[1], choices[2] = choices[2], choices[1]


def _drop(*path: Any) -> Callable[[dict[str, Any]], None]:
    def change(body: dict[str, Any]) -> None:
        at: Any = body
        for step in path[:-1]:
            at = at[step]
        del at[path[-1]]

    return change


def _same_alpha(body: dict[str, Any]) -> None:
    choices = _answer(body)["choices"]
    choices[1]["alpha"] = choices[2]["alpha"]


def _plus_order(body: dict[str, Any]) -> None:
    order = 2**252 + 27742317777372353535851937790883648493
    proof = _answer(body)["individual_proofs"][0][0]
    proof["response"] = str(int(proof["response"]) + order)


A = ("answers", 0)
CHANGES: dict[str, Callable[[dict[str, Any]], None]] = {
    "two ciphertexts exchanged": _swap,
    "an answer missing": _drop("answers", 0),
    "an answer too many": lambda body: body["answers"].append(copy.deepcopy(body["answers"][0])),
    "a choice missing": _drop(*A, "choices", 3),
    "no choices": _set(*A, "choices", value=[]),
    "a proof missing": _drop(*A, "individual_proofs", 0),
    "half a proof": _drop(*A, "overall_proof", 0),
    "no blank proof": _drop(*A, "blank_proof"),
    "the same alpha twice": _same_alpha,
    "a point of order two": _set(*A, "choices", 0, "alpha", value=SMALL_ORDER),
    "upper-case digits": lambda body: _set(*A, "choices", 0, "beta", value=_answer(body)["choices"][0]["beta"].upper())(
        body
    ),
    "a short element": _set(*A, "choices", 0, "alpha", value="00"),
    "an element beyond the field": _set(*A, "choices", 0, "alpha", value="7" + "f" * 63),
    "x = 0 with a sign": _set(*A, "choices", 0, "alpha", value="8" + "0" * 62 + "1"),
    "a scalar of the order and more": _plus_order,
    "a negative scalar": _set(*A, "individual_proofs", 0, 0, "response", value="-1"),
    "a scalar with a plus": _set(*A, "individual_proofs", 0, 0, "response", value="+1"),
    "a scalar with a leading zero": _set(*A, "individual_proofs", 0, 0, "response", value="01"),
    "a scalar of many digits": _set(*A, "individual_proofs", 0, 0, "response", value="9" * 100_000),
    "a number for a scalar": _set(*A, "individual_proofs", 0, 0, "response", value=1),
    "another key in the answer": lambda body: body["answers"][0].update(note="x"),
    "another election": _set("election_uuid", value="A" * 14),
    "another fingerprint": _set("election_hash", value="A" * 43),
    "the neutral credential": _set("credential", value=IDENTITY),
    "a credential of order two": _set("credential", value=SMALL_ORDER),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_ballot_with_anything_wrong_is_refused_with_a_reason_and_leaves_no_trace(
    portal: Portal, made: Made, change: Callable[[dict[str, Any]], None]
) -> None:
    body = json.loads(honest(portal, made))
    change(body)
    answer = send(portal, made, resigned(portal, made, body))
    assert answer.status_code in {413, 422}, answer.text  # 413: larger than any ballot of this election can be
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json().get("code", "too large") in {"malformed", "rejected", "unknown_credential", "too large"}
    assert answer.json()["detail"]
    assert nothing_on_the_board(portal, made)


@pytest.mark.parametrize(
    "text",
    ["", "x", "{}", "[]", "null", '{"election_uuid":"a","election_uuid":"b"}', "[" * 100_000, '"' + "a" * 1000 + '"'],
    ids=["empty", "no JSON", "object", "list", "null", "a key twice", "deep", "long"],
)
def test_what_is_no_ballot_is_refused(portal: Portal, made: Made, text: str) -> None:
    answer = send(portal, made, text)
    assert answer.status_code in {400, 413, 422}, answer.text
    assert nothing_on_the_board(portal, made)


def test_white_space_behind_a_ballot_is_refused(portal: Portal, made: Made) -> None:
    for text in (honest(portal, made) + "\n", " " + honest(portal, made)):
        assert send(portal, made, text).json()["code"] == "malformed"
    assert nothing_on_the_board(portal, made)


def test_a_ballot_copied_under_another_code_is_refused(portal: Portal, made: Made) -> None:
    """Class C: whoever copies a ballot would learn its content from the result."""
    body = json.loads(honest(portal, made))
    election = election_of(portal.run(made.row))
    other = signing_key(VERSION_1, election.group, made.uuid, made.codes["2"])
    body["credential"] = str(election.group.generator**other)
    answer = send(portal, made, resigned(portal, made, body, "2"))
    assert answer.json()["code"] == "rejected"
    assert nothing_on_the_board(portal, made)


def test_a_ballot_for_another_election_with_the_same_questions_is_refused(portal: Portal, made: Made) -> None:
    now = clock.now()
    other = portal.run(
        ready, now=now - timedelta(hours=2), opens=now - timedelta(hours=1), closes=now + timedelta(hours=5)
    )
    answer = send(portal, other, honest(portal, made))
    assert answer.json()["code"] in {"rejected", "unknown_credential"}
    assert nothing_on_the_board(portal, other)


@pytest.mark.parametrize("marks", [[0, 2, 0, 0], [0, 1, 1, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, -1, 1, 1]], ids=str)
def test_no_proof_can_be_made_for_a_choice_that_is_not_allowed(portal: Portal, made: Made, marks: list[int]) -> None:
    """The honest program refuses to seal it; its pieces put together from allowed ballots do not verify."""
    row = portal.run(made.row)
    election = election_of(row)
    key = signing_key(VERSION_1, election.group, made.uuid, made.codes["1"])
    with pytest.raises(ProtocolError):
        seal(election, key, [marks])
    one, two = (json.loads(ballot_of(row, made.codes["1"], [choice])) for choice in ([0, 1, 0, 0], [0, 0, 1, 0]))
    one["answers"][0]["choices"][2] = two["answers"][0]["choices"][2]
    one["answers"][0]["individual_proofs"][2] = two["answers"][0]["individual_proofs"][2]
    assert send(portal, made, resigned(portal, made, one)).json()["code"] == "rejected"
    assert nothing_on_the_board(portal, made)


def test_a_signature_by_somebody_else_is_refused(portal: Portal, made: Made) -> None:
    body = json.loads(honest(portal, made))
    assert send(portal, made, resigned(portal, made, body, "2")).json()["code"] == "rejected"


def test_too_large_a_body_is_refused_before_it_is_read(portal: Portal, made: Made) -> None:
    answer = send(portal, made, "a" * (9 << 20))
    assert answer.status_code == 413
    assert nothing_on_the_board(portal, made)


def test_a_forged_request_from_another_site_casts_nothing(portal: Portal, made: Made) -> None:
    other = portal.browser(sec_fetch_site="cross-site", origin="https://evil.example")
    answer = other.post(f"/api/elections/{made.uuid}/ballots", json={"ballot": honest(portal, made)})
    assert answer.status_code == 403
    assert nothing_on_the_board(portal, made)


def test_tokens_of_trustees_and_authority_open_nothing_else(portal: Portal, made: Made) -> None:
    now = clock.now()
    other = portal.run(ready, now=now, opens=now + timedelta(hours=1), closes=now + timedelta(hours=5))
    browser = portal.browser()
    mine, theirs = made.holders[0].token, other.holders[0].token

    def state(uuid: str, token: str) -> int:
        return browser.get(f"/api/elections/{uuid}/ceremony", headers={"authorization": f"Bearer {token}"}).status_code

    assert state(made.uuid, mine) == 200
    for uuid, token in (
        (made.uuid, theirs),
        (other.uuid, mine),
        (made.uuid, made.authority),
        (made.uuid, ""),
        (made.uuid, "x" * 43),
    ):
        assert state(uuid, token) == 401
    voters = browser.get(f"/api/elections/{made.uuid}/voters", headers={"authorization": f"Bearer {mine}"})
    assert voters.status_code == 401


def test_a_ballot_is_shown_by_tracker_and_by_seal(portal: Portal, made: Made) -> None:
    text = honest(portal, made)
    receipt = send(portal, made, text).json()["receipt"]
    browser = portal.browser()
    for code in (receipt["tracker"], receipt["seal"]):
        for form in (code.replace("+", "-").replace("/", "_"), code.replace("+", "%2B").replace("/", "%2F")):
            found = browser.get(f"/api/elections/{made.uuid}/ballots/{form}").json()
            assert found["ballot"] == text
            assert found["receipt"] == receipt
    election = election_of(portal.run(made.row))
    Ballot.parse(election, text.encode()).verify(election)
    assert browser.get(f"/api/elections/{made.uuid}/ballots/{'A' * 43}").status_code == 404


def test_hostile_texts_travel_as_text_and_nothing_more(portal: Portal) -> None:
    """Class F."""
    now = clock.now()
    evil = "<script>alert(1)</script>\u202e\"'{{7*7}}' OR 1=1;--"
    question = {**QUESTIONS[0], "question": {"ar": evil}, "answers": [{"ar": f"{evil} {n}"} for n in range(3)]}
    made = portal.run(
        ready,
        now=now - timedelta(hours=2),
        opens=now - timedelta(hours=1),
        closes=now + timedelta(hours=5),
        title={"ar": evil},
        description={"ar": evil},
        questions=[question],
    )
    assert send(portal, made, honest(portal, made)).status_code == 201
    told = portal.browser().get(f"/api/elections/{made.uuid}")
    assert told.json()["title"] == {"ar": evil}
    record = portal.browser().get(f"/elections/{made.uuid}/election.json")
    assert sha256_b64(record.content) == told.json()["fingerprint"]
