"""The rules of elections, without a database."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from ballots.rules import (
    GROUPS,
    LARGEST_BALLOT,
    MOVES,
    Missing,
    Preparation,
    Question,
    State,
    due,
    holds,
    largest_ballot,
    may_publish,
    spoken,
)
from crypto.ballot import seal
from crypto.credentials import generate, signing_key
from crypto.election import Election, election_json
from crypto.groups import named
from crypto.transcripts import VERSION_1
from tests.ballots.elections import CLOSES, NOW, OPENS


def question(answers: int, low: int = 1, high: int = 1, *, blank: bool = False) -> Question:
    return Question({"en": "Q"}, tuple({"en": str(number)} for number in range(answers)), low, high, blank)


def test_an_election_only_moves_on() -> None:
    order = list(State)
    for state, targets in MOVES.items():
        for target in targets - {State.CANCELLED}:
            assert order.index(target) > order.index(state)
    assert [state for state, targets in MOVES.items() if State.CANCELLED in targets] == [State.DRAFT, State.READY]


def test_time_opens_and_closes() -> None:
    assert due(State.READY, OPENS, CLOSES, OPENS - timedelta(seconds=1)) is None
    assert due(State.READY, OPENS, CLOSES, OPENS) is State.OPEN
    assert due(State.OPEN, OPENS, CLOSES, CLOSES - timedelta(seconds=1)) is None
    assert due(State.OPEN, OPENS, CLOSES, CLOSES) is State.CLOSED
    assert due(State.OPEN, OPENS, CLOSES, CLOSES, OPENS) is None, "a paused vote is not closed"
    assert due(State.READY, OPENS, CLOSES, CLOSES, OPENS) is State.OPEN
    assert all(due(state, OPENS, CLOSES, CLOSES) is None for state in State if state not in {State.READY, State.OPEN})


def test_the_record_has_both_languages_once() -> None:
    assert spoken({"ar": "نعم", "en": "Yes"}) == "نعم / Yes"
    assert spoken({"en": "Yes"}) == spoken({"ar": "Yes", "en": "Yes"}) == "Yes"
    assert spoken({"ar": " ", "en": ""}) == ""


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        (question(0), "answers"),
        (question(2, 2, 1), "limits"),
        (question(2, 0, 3), "limits"),
        (question(2, 0, 0), "limits"),
        (Question({"en": " "}, ({"en": "a"},), 1, 1), "question"),
        (Question({"en": "Q"}, ({"en": "a"}, {"ar": " "}), 1, 1), "answer"),
        (Question({"en": "Q"}, ({"en": "a"}, {"ar": "a"}), 1, 1), "twice"),
    ],
)
def test_a_question_that_cannot_be_asked_says_why(wrong: Question, fault: str) -> None:
    assert fault in wrong.faults()


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize(
    "asked",
    [[question(2)], [question(5, blank=True)], [question(4, 0, 4)], [question(3), question(6, 2, 5, blank=True)]],
    ids=["small", "blank", "any number", "two questions"],
)
def test_no_ballot_is_larger_than_was_said_and_the_bound_is_close(group: str, asked: list[Question]) -> None:
    """A bound that is too small would refuse a vote; one far too large would let strangers send what they like."""
    chosen, uuid = named(group), "A" * 14
    data = election_json(
        version=VERSION_1,
        group=chosen,
        uuid=uuid,
        name="n",
        description="d",
        public_key=chosen.generator ** chosen.random(),
        questions=[one.in_record() for one in asked],
    )
    election = Election.parse(data)
    marks = [[0] * one.blank + [1] * one.max + [0] * (len(one.answers) - one.max) for one in asked]
    text = seal(election, signing_key(VERSION_1, chosen, uuid, generate()), marks).ballot.data.decode()
    sent = len(json.dumps({"ballot": text}))
    bound = largest_ballot(group, asked)
    assert sent + 20 * sum(len(one.answers) for one in asked) < bound < 1.6 * sent + 1500


def test_what_no_telephone_could_seal_is_not_frozen() -> None:
    many = [question(100)] * 20
    assert largest_ballot("RFC-3526-2048", many) > LARGEST_BALLOT
    assert Missing.SIZE in prepared(group="RFC-3526-2048", questions=many).missing(NOW)
    assert largest_ballot("Ed25519", [question(20)] * 20) < LARGEST_BALLOT


def prepared(**chosen: Any) -> Preparation:
    whole: dict[str, Any] = {
        "title": {"ar": "عنوان"},
        "group": "Ed25519",
        "questions": [question(3)],
        "opens_at": OPENS,
        "closes_at": CLOSES,
        "voters": 3,
        "trustees": 3,
        "threshold": 2,
        "keys": 3,
        "tests": 3,
        "authority": True,
        "credentials": 3,
    }
    return Preparation(**{**whole, **chosen})


@pytest.mark.parametrize(
    ("lacking", "missing"),
    [
        ({"title": {}}, Missing.TITLE),
        ({"questions": []}, Missing.QUESTIONS),
        ({"closes_at": OPENS}, Missing.TIMES),
        ({"opens_at": None}, Missing.TIMES),
        ({"voters": 0, "credentials": 0}, Missing.VOTERS),
        ({"trustees": 0}, Missing.TRUSTEES),
        ({"threshold": 1}, Missing.THRESHOLD),
        ({"threshold": 4}, Missing.THRESHOLD),
        ({"keys": 2}, Missing.KEYS),
        ({"tests": 2}, Missing.TESTS),
        ({"authority": False}, Missing.AUTHORITY),
        ({"credentials": None}, Missing.CREDENTIALS),
        ({"credentials": 2}, Missing.CREDENTIALS),
    ],
)
def test_what_is_missing_is_named(lacking: dict[str, Any], missing: Missing) -> None:
    assert prepared().missing(NOW) == []
    assert prepared(**lacking).missing(NOW) == [missing]


def test_an_election_whose_time_has_passed_is_not_frozen() -> None:
    assert prepared().missing(CLOSES) == [Missing.PAST]


def test_a_lost_key_matters_when_too_few_are_left() -> None:
    assert holds(2, 3, 1)
    assert not holds(2, 3, 2)
    assert not holds(3, 3, 1)


def test_trustees_publish_in_step() -> None:
    everybody = {"certificates": [1, 2, 3]}
    assert may_publish("certificates", 3, 2, {})
    assert not may_publish("commitments", 3, 2, {"certificates": [1, 2]})
    assert may_publish("commitments", 3, 2, everybody)
    assert not may_publish("shares", 3, 2, everybody)
    assert not may_publish("certificates", 3, 3, {}), "where all are needed there is nothing but commitments and keys"
    assert not may_publish("anything", 3, 2, everybody)
