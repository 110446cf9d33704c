"""An election's parameters: read strictly, named by the fingerprint of their exact bytes."""

import json
from itertools import product as every_combination
from math import comb
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.election import (
    MAX_ANSWERS,
    MAX_QUESTIONS,
    Election,
    Homomorphic,
    Lists,
    Ranked,
    election_json,
    parse_question,
)
from crypto.encoding import canonical
from crypto.errors import Malformed, Unsupported
from crypto.groups import ED25519, Group
from crypto.transcripts import VERSION_1
from tests.crypto import vectors
from tests.crypto.samples import (
    ALL_GROUPS,
    BLANK_ALLOWED,
    ONE_OF_THREE,
    UUID,
    bad_points,
    dump,
    odd_points,
    patient,
    replaced,
    small_election,
)

BASE: dict[str, Any] = json.loads(small_election().election.data)
QUESTION = {"answers": ["A", "B"], "min": 0, "max": 1, "question": "Q?"}


# Against belenios-tool


@pytest.mark.parametrize("name", vectors.names())
def test_the_elections_of_belenios_tool_are_read(name: str) -> None:
    vector = vectors.load(name)
    election = Election.parse(vector.election)
    assert election.uuid == vector.metadata["uuid"] == vector.archive.stem
    assert election.group.name == vector.metadata["group"]
    assert election.shuffled == ("mixnet" in name)
    assert (election.homomorphic is not None) == (name in vectors.homomorphic_names())


@pytest.mark.parametrize("name", vectors.names())
def test_every_ballot_of_belenios_tool_names_the_fingerprint_that_we_compute(name: str) -> None:
    vector = vectors.load(name)
    fingerprint = Election.parse(vector.election).fingerprint
    assert {json.loads(ballot)["election_hash"] for ballot in vector.ballots} == {fingerprint}


@pytest.mark.parametrize("name", vectors.homomorphic_names("*3.3.0*"))
def test_an_election_is_written_byte_for_byte_as_belenios_tool_writes_it(name: str) -> None:
    vector = vectors.load(name)
    election = Election.parse(vector.election)
    assert vector.election == election_json(
        version=election.version,
        group=election.group,
        uuid=election.uuid,
        name=election.name,
        description=election.description,
        public_key=election.public_key,
        questions=list(election.homomorphic or ()),
    )


# The fingerprint


def test_the_fingerprint_covers_the_bytes_and_not_only_their_meaning() -> None:
    compact, indented = dump(BASE), json.dumps(BASE, indent=1).encode()
    one, other = Election.parse(compact), Election.parse(indented)
    assert one.questions == other.questions
    assert one.fingerprint != other.fingerprint
    assert other.data == indented


@pytest.mark.parametrize("key", ["name", "description", "uuid"])
def test_any_changed_word_changes_the_fingerprint(key: str) -> None:
    changed = Election.parse(dump(BASE | {key: "A" + BASE[key]}))
    assert changed.fingerprint != Election.parse(dump(BASE)).fingerprint


# What is refused


@pytest.mark.parametrize("key", ["version", "description", "name", "group", "public_key", "questions", "uuid"])
def test_an_election_with_a_part_missing_is_refused(key: str) -> None:
    with pytest.raises(Malformed, match=key):
        Election.parse(dump({name: value for name, value in BASE.items() if name != key}))


@pytest.mark.parametrize("version", [0, 2, 3, 1_000_000])
def test_another_version_of_the_protocol_is_unsupported(version: int) -> None:
    with pytest.raises(Unsupported):
        Election.parse(dump(BASE | {"version": version}))


@pytest.mark.parametrize("group", ["Ed448", "ed25519", "", None, 5, ["Ed25519"], {"p": "23", "q": "11", "g": "2"}])
def test_another_group_is_unsupported_even_when_its_numbers_are_given(group: object) -> None:
    with pytest.raises(Unsupported):
        Election.parse(dump(BASE | {"group": group}))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("version", "1"),
        ("version", True),
        ("version", 1.0),
        ("name", None),
        ("name", 5),
        ("description", ["x"]),
        ("uuid", "short"),
        ("uuid", "../../etc/passwd"),
        ("uuid", UUID + "\n"),
        ("uuid", 5),
        ("questions", []),
        ("questions", {}),
        ("questions", [5]),
        ("questions", [[]]),
        ("questions", [{"type": "Unheard", "value": {}}]),
        ("questions", [{"type": 5, "value": {}}]),
        ("questions", [{"type": "Homomorphic"}]),
    ],
)
def test_a_part_of_another_kind_is_refused_with_its_place(key: str, value: object) -> None:
    with pytest.raises(Malformed):
        Election.parse(dump(BASE | {key: value}))


@pytest.mark.parametrize(
    ("group", "name"),
    [(group, name) for group in ALL_GROUPS for name in bad_points(group) | odd_points(group)],
    ids=lambda item: getattr(item, "name", item),
)
def test_a_public_key_outside_the_group_or_oddly_spelled_is_refused(group: Group, name: str) -> None:
    value = (bad_points(group) | odd_points(group))[name]
    with pytest.raises(Malformed) as caught:
        Election.parse(dump(BASE | {"group": group.name, "public_key": value}))
    assert caught.value.where == "public_key"


def test_the_neutral_element_as_public_key_is_refused_for_every_vote_would_lie_open() -> None:
    with pytest.raises(Malformed, match="neutral"):
        Election.parse(dump(BASE | {"public_key": str(ED25519.identity)}))


def test_a_key_that_stands_twice_is_refused() -> None:
    data = dump(BASE)
    with pytest.raises(Malformed, match="twice"):
        Election.parse(data[:-1] + b',"name":"Another"}')


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"5", b'"x"', b"\xff", b"{}"])
def test_bytes_that_are_no_election_are_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        Election.parse(data)


# Questions


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("min", -1),
        ("min", 2),
        ("min", "0"),
        ("min", True),
        ("min", 0.0),
        ("max", 3),
        ("max", -1),
        ("max", None),
        ("answers", []),
        ("answers", ["A", 5]),
        ("answers", "AB"),
        ("answers", ["x"] * (MAX_ANSWERS + 1)),
        ("blank", "yes"),
        ("blank", 1),
        ("blank", None),
        ("question", None),
        ("question", ["Q"]),
    ],
)
def test_a_question_that_no_voter_could_answer_is_refused_with_its_number(key: str, value: object) -> None:
    with pytest.raises(Malformed) as caught:
        Election.parse(dump(replaced(BASE, ("questions",), [QUESTION, QUESTION | {key: value}])))
    assert caught.value.where.startswith("questions[1]")


def test_an_election_that_would_exhaust_its_verifiers_is_refused() -> None:
    half = QUESTION | {"answers": ["x"] * (MAX_ANSWERS // 2)}
    assert Election.parse(dump(BASE | {"questions": [half, half]}))
    for questions in ([half, half, QUESTION], [QUESTION] * (MAX_QUESTIONS + 1)):
        with pytest.raises(Malformed, match="at most"):
            Election.parse(dump(BASE | {"questions": questions}))


@pytest.mark.parametrize("key", ["answers", "min", "max", "question"])
def test_a_question_with_a_part_missing_is_refused(key: str) -> None:
    with pytest.raises(Malformed, match=key):
        parse_question({name: value for name, value in QUESTION.items() if name != key})


@pytest.mark.parametrize("question", [ONE_OF_THREE, BLANK_ALLOWED], ids=["plain", "blank"])
@pytest.mark.parametrize("extra", [None, {"method": "x"}, [], 0])
def test_a_question_is_read_as_it_is_written_with_what_others_added(question: Homomorphic, extra: object) -> None:
    marked = Homomorphic(question.question, question.answers, question.min, question.max, question.blank, extra)
    assert parse_question(marked.to_json()) == marked
    assert ("type" in marked.to_json()) == (extra is not None)


def test_the_blank_vote_takes_the_first_place() -> None:
    assert ONE_OF_THREE.size == 3
    assert BLANK_ALLOWED.size == len(BLANK_ALLOWED.answers) + 1
    assert list(BLANK_ALLOWED.to_json()) == ["answers", "blank", "min", "max", "question"]


def test_ranked_and_lists_questions_are_read_but_not_voted_on() -> None:
    ranked = parse_question({"type": "NonHomomorphic", "value": {"answers": ["A"], "question": "Q"}, "extra": {"a": 1}})
    lists = parse_question({"type": "Lists", "value": {"answers": [["L", "A"]], "question": "Q"}})
    assert isinstance(ranked, Ranked)
    assert ranked.extra == {"a": 1}
    assert isinstance(lists, Lists)


@pytest.mark.parametrize("answers", [[[]], ["A"], [["A", 5]], 5])
def test_a_list_without_a_name_is_refused(answers: object) -> None:
    with pytest.raises(Malformed):
        parse_question({"type": "Lists", "value": {"answers": answers, "question": "Q"}})


@pytest.mark.parametrize(
    "hostile",
    ["<script>alert(1)</script>", "\N{RIGHT-TO-LEFT OVERRIDE}A", "%(name)s %s", "\u0000", "صوت\u200f", "'; DROP TABLE"],
)
def test_hostile_words_in_a_title_are_kept_to_the_letter(hostile: str) -> None:
    question = Homomorphic(hostile, (hostile, "B"), 0, 1, blank=False)
    data = election_json(
        version=VERSION_1,
        group=ED25519,
        uuid=UUID,
        name=hostile,
        description=hostile,
        public_key=ED25519.generator,
        questions=[question],
        administrator=hostile,
        credential_authority=hostile,
    )
    election = Election.parse(data)
    assert (election.name, election.description, election.questions) == (hostile, hostile, (question,))
    assert canonical(json.loads(data)) == data


# Choices


@patient
@given(st.integers(1, 5), st.booleans(), st.data())
def test_as_many_choices_are_allowed_as_combinatorics_says(size: int, blank: bool, data: st.DataObject) -> None:
    high = data.draw(st.integers(0, size))
    low = data.draw(st.integers(0, high))
    question = Homomorphic("Q", tuple("ABCDE"[:size]), low, high, blank)
    allowed = 0
    for choice in every_combination((0, 1), repeat=question.size):
        try:
            question.check_choice(list(choice))
        except Malformed:
            continue
        allowed += 1
    assert allowed == sum(comb(size, k) for k in range(low, high + 1)) + blank


@pytest.mark.parametrize(
    "choice", [[], [1], [1, 0], [1, 0, 0, 0], [2, 0, 0], [-1, 1, 1], [0, 0, 0], [1, 1, 0], ["1", 0, 0], [None, 1, 0]]
)
def test_a_choice_that_the_question_does_not_allow_is_refused(choice: list[Any]) -> None:
    with pytest.raises(Malformed):
        ONE_OF_THREE.check_choice(choice)


def test_a_mark_that_is_no_whole_number_is_refused() -> None:
    with pytest.raises(Malformed):
        ONE_OF_THREE.check_choice([1.0, 0, 0])  # type: ignore[list-item]


def test_a_blank_vote_with_a_name_beside_it_is_refused() -> None:
    BLANK_ALLOWED.check_choice([1, 0, 0])
    with pytest.raises(Malformed, match="blank"):
        BLANK_ALLOWED.check_choice([1, 1, 0])
