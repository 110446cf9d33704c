"""One encrypted answer: allowed choices pass, everything else is refused, and an audit shows what is inside."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.answers import Answer, ListsAnswer, RankedAnswer, encrypt_answer, open_answer, parse_answer
from crypto.election import Election, Homomorphic
from crypto.errors import Malformed, ProtocolError, Rejected
from crypto.groups import BELENIOS_2048, ED25519, Group, Point
from crypto.transcripts import VERSION_1
from tests.crypto import vectors
from tests.crypto.samples import (
    ALL_GROUPS,
    BLANK_ALLOWED,
    ONE_OF_THREE,
    UP_TO_TWO,
    bad_points,
    bad_scalars,
    brief,
    leaves,
    odd_points,
    odd_scalars,
    patient,
    replaced,
    small_election,
)

SAMPLE = small_election(ED25519, (ONE_OF_THREE, UP_TO_TWO, BLANK_ALLOWED))
ELECTION = SAMPLE.election
CREDENTIAL = ED25519.generator ** SAMPLE.keys[0]
STATEMENT = VERSION_1.answers(ELECTION.fingerprint, CREDENTIAL)
HONEST = {0: [0, 1, 0], 1: [1, 0, 1], 2: [0, 1, 1]}


def _verify(number: int, value: Any, statement: str = STATEMENT, election: Election = ELECTION) -> None:
    question = election.questions[number]
    assert isinstance(question, Homomorphic)
    Answer.parse(election.group, value, question.size).verify(VERSION_1, question, election.public_key, statement)


def _question(number: int) -> Homomorphic:
    question = ELECTION.questions[number]
    assert isinstance(question, Homomorphic)
    return question


def _made(number: int, plaintexts: list[int]) -> Any:
    return SAMPLE.device.answer(number, CREDENTIAL, plaintexts)


@st.composite
def questions_and_choices(draw: st.DrawFn, most: int) -> tuple[Homomorphic, list[int]]:
    """A question and one of the choices that it allows."""
    size = draw(st.integers(1, most))
    high = draw(st.integers(0, size))
    low = draw(st.integers(0, high))
    blank = draw(st.booleans())
    question = Homomorphic("Q", tuple(f"A{n}" for n in range(size)), low, high, blank)
    if blank and draw(st.booleans()):
        return question, [1] + [0] * size
    chosen = draw(st.sets(st.integers(0, size - 1), min_size=low, max_size=high))
    marks = [int(index in chosen) for index in range(size)]
    return question, [0, *marks] if blank else marks


def _round_trip(group: Group, question: Homomorphic, choice: list[int]) -> None:
    key = group.generator ** group.random()
    answer, randomness = encrypt_answer(VERSION_1, question, key, "S", choice)
    answer.verify(VERSION_1, question, key, "S")
    again = Answer.parse(group, json.loads(json.dumps(answer.to_json())), question.size)
    assert again == answer
    assert open_answer(question, key, again, [r.reveal() for r in randomness]) == choice


@patient
@given(questions_and_choices(5))
def test_every_allowed_choice_can_be_encrypted_verified_and_opened(drawn: tuple[Homomorphic, list[int]]) -> None:
    _round_trip(ED25519, *drawn)


@brief
@given(questions_and_choices(2))
def test_the_same_holds_modulo_p(drawn: tuple[Homomorphic, list[int]]) -> None:
    _round_trip(BELENIOS_2048, *drawn)


@pytest.mark.parametrize("choice", [[0, 0, 0], [1, 1, 0], [2, 0, 0], [1, 0], [1, 0, 0, 0]])
def test_a_choice_that_is_not_allowed_is_not_encrypted(choice: list[int]) -> None:
    with pytest.raises(Malformed):
        encrypt_answer(VERSION_1, ONE_OF_THREE, ELECTION.public_key, STATEMENT, choice)


def test_the_same_choice_never_gives_the_same_ciphertext() -> None:
    made = [encrypt_answer(VERSION_1, ONE_OF_THREE, ELECTION.public_key, STATEMENT, [1, 0, 0])[0] for _ in range(2)]
    alphas = {choice.alpha for answer in made for choice in answer.choices}
    assert len(alphas) == 6


@pytest.mark.parametrize(
    ("number", "plaintexts"),
    [(0, [1, 0, 0]), (0, [0, 0, 1]), (1, [0, 0, 0]), (1, [1, 1, 0]), (2, [1, 0, 0]), (2, [0, 1, 0]), (2, [0, 1, 1])],
)
def test_a_device_written_from_the_specification_alone_is_believed(number: int, plaintexts: list[int]) -> None:
    _verify(number, _made(number, plaintexts))


# Lies


@pytest.mark.parametrize(
    ("number", "plaintexts", "place"),
    [
        (0, [2, 0, 0], "individual_proofs[0]"),
        (0, [0, -1, 0], "individual_proofs[1]"),
        (0, [2, -1, 0], "individual_proofs[0]"),
        (0, [0, 0, 10**9], "individual_proofs[2]"),
        (1, [-1, 1, 1], "individual_proofs[0]"),
        (1, [1, 1, -1], "individual_proofs[2]"),
        (2, [2, 0, 0], "individual_proofs[0]"),
        (2, [-1, 1, 1], "individual_proofs[0]"),
        (2, [0, 3, -1], "individual_proofs[1]"),
        (0, [0, 0, 0], "overall_proof"),
        (0, [1, 1, 0], "overall_proof"),
        (1, [1, 1, 1], "overall_proof"),
        (2, [0, 0, 0], "overall_proof"),
        (2, [1, 1, 0], "blank_proof"),
        (2, [1, 1, 1], "blank_proof"),
    ],
)
def test_a_vote_of_two_of_minus_one_or_of_too_many_is_refused_where_the_lie_stands(
    number: int, plaintexts: list[int], place: str
) -> None:
    with pytest.raises(Rejected) as caught:
        _verify(number, _made(number, plaintexts))
    assert caught.value.where == place


def test_an_answer_made_for_another_credential_or_another_election_is_refused() -> None:
    for number, plaintexts in HONEST.items():
        value = _made(number, plaintexts)
        other_credential = VERSION_1.answers(ELECTION.fingerprint, CREDENTIAL * ED25519.generator)
        other_election = VERSION_1.answers("A" * 43, CREDENTIAL)
        for statement in (other_credential, other_election, "", STATEMENT + " "):
            with pytest.raises(Rejected):
                _verify(number, value, statement)


def test_an_answer_under_another_key_is_refused() -> None:
    other = small_election(ED25519, (ONE_OF_THREE, UP_TO_TWO, BLANK_ALLOWED), voters=1).election
    assert other.public_key != ELECTION.public_key
    for number, plaintexts in HONEST.items():
        with pytest.raises(Rejected):
            _verify(number, _made(number, plaintexts), election=other)


def test_answers_exchanged_between_questions_of_different_rules_are_refused() -> None:
    with pytest.raises(Rejected):
        _verify(1, _made(0, [0, 1, 0]))
    with pytest.raises(Rejected):
        _verify(0, _made(1, [0, 1, 0]))
    with pytest.raises(Rejected):
        _verify(2, _made(0, [0, 1, 0]))
    with pytest.raises(Rejected):
        _verify(0, _made(2, [0, 1, 0]))


@pytest.mark.parametrize("number", HONEST)
def test_ciphertexts_or_proofs_that_change_places_are_refused(number: int) -> None:
    value = _made(number, HONEST[number])
    for field in ("choices", "individual_proofs", "overall_proof", "blank_proof"):
        items = value.get(field, [])
        if len(items) > 1:
            with pytest.raises(Rejected):
                _verify(number, value | {field: [items[1], items[0], *items[2:]]})
    with pytest.raises(Rejected):
        _verify(number, value | {name: value[name][::-1] for name in ("choices", "individual_proofs")})


@pytest.mark.parametrize("number", HONEST)
def test_parts_of_two_answers_do_not_make_one(number: int) -> None:
    one, other = _made(number, HONEST[number]), _made(number, HONEST[number])
    for field in one:
        with pytest.raises(Rejected):
            _verify(number, one | {field: other[field]})


@pytest.mark.parametrize("number", HONEST)
def test_arrays_that_are_short_long_or_empty_are_refused(number: int) -> None:
    value = _made(number, HONEST[number])
    arrays = [(name,) for name in value] + [("individual_proofs", n) for n in range(len(value["choices"]))]
    for path in arrays:
        items = value[path[0]] if len(path) == 1 else value[path[0]][path[1]]
        for wrong in ([], items[:-1], items[1:], [*items, items[0]], items * 2, [*items, None], {}, None):
            with pytest.raises(ProtocolError):
                _verify(number, replaced(value, path, wrong))


@pytest.mark.parametrize("number", HONEST)
def test_arrays_that_all_agree_on_a_wrong_length_are_refused(number: int) -> None:
    value = _made(number, HONEST[number])
    for size in (0, 1, 2, 4):
        cut = value | {name: (value[name] * 2)[:size] for name in ("choices", "individual_proofs")}
        with pytest.raises(Malformed, match="where 3 belong"):
            _verify(number, cut)
        with pytest.raises(Rejected):  # whoever has parsed it as the answer to another question
            Answer.parse(ED25519, cut, size).verify(VERSION_1, _question(number), ELECTION.public_key, STATEMENT)


def test_a_blank_proof_must_be_there_exactly_when_a_blank_vote_is_possible() -> None:
    with_blank = _made(2, [1, 0, 0])
    with pytest.raises(Rejected, match="blank"):
        _verify(2, {name: part for name, part in with_blank.items() if name != "blank_proof"})
    with pytest.raises(Rejected, match="blank"):
        _verify(0, _made(0, [1, 0, 0]) | {"blank_proof": with_blank["blank_proof"]})


@pytest.mark.parametrize("number", HONEST)
def test_an_answer_with_a_part_missing_is_refused(number: int) -> None:
    value = _made(number, HONEST[number])
    for field in value:
        with pytest.raises(ProtocolError):
            _verify(number, {name: part for name, part in value.items() if name != field})


@pytest.mark.parametrize("number", HONEST)
def test_every_single_number_of_an_answer_matters(number: int) -> None:
    value = _made(number, HONEST[number])
    _verify(number, value)
    for path, leaf in leaves(value):
        if path[-1] in ("alpha", "beta"):
            other = str(ED25519.parse_point(leaf) * ED25519.generator)
        else:
            other = str((int(leaf) + 1) % ED25519.order)
        with pytest.raises(Rejected):
            _verify(number, replaced(value, path, other))


# What cannot be read


def _answer_of(group: Group) -> tuple[Any, Point]:
    sample = small_election(group, (BLANK_ALLOWED,))
    credential = group.generator ** sample.keys[0]
    return sample.device.answer(0, credential, [0, 1, 0]), credential


@pytest.mark.parametrize("group", ALL_GROUPS, ids=lambda group: group.name)
def test_a_point_outside_the_group_is_refused_in_every_field_with_its_place(group: Group) -> None:
    value, _ = _answer_of(group)
    paths = [path for path, _ in leaves(value) if path[-1] in ("alpha", "beta")]
    assert len(paths) == 6
    for path in paths:
        for name, hostile in bad_points(group).items():
            with pytest.raises(Malformed) as caught:
                Answer.parse(group, replaced(value, path, hostile), BLANK_ALLOWED.size)
            assert caught.value.where == f"choices[{path[1]}].{path[2]}", name


@pytest.mark.parametrize("group", [ED25519, BELENIOS_2048], ids=lambda group: group.name)
def test_a_number_that_is_no_scalar_is_refused_in_every_field_with_its_place(group: Group) -> None:
    value, _ = _answer_of(group)
    paths = [path for path, _ in leaves(value) if path[-1] in ("challenge", "response")]
    for path in paths:
        for name, hostile in bad_scalars(group).items():
            with pytest.raises(Malformed) as caught:
                Answer.parse(group, replaced(value, path, hostile), BLANK_ALLOWED.size)
            assert caught.value.where.startswith(str(path[0])), name


def test_the_sum_of_order_two_in_alpha_and_beta_cannot_pass_either() -> None:
    """Adding the point of order 2 to both halves keeps every equation half of the time when nobody checks the order."""
    value, _ = _answer_of(ED25519)
    hostile = bad_points(ED25519)["order 2 (4)"]
    for index in range(3):
        broken = replaced(replaced(value, ("choices", index, "alpha"), hostile), ("choices", index, "beta"), hostile)
        with pytest.raises(Malformed):
            Answer.parse(ED25519, broken, 3)


def test_recorded_answers_are_read_in_the_spellings_that_belenios_tool_takes() -> None:
    value = _made(0, [0, 1, 0])
    read = Answer.parse(ED25519, value, 3)
    for path, leaf in leaves(value):
        spellings = [leaf.upper()] if path[-1] in ("alpha", "beta") else [f"0{leaf}", f"+{leaf}", hex(int(leaf))]
        for spelling in spellings:
            assert Answer.parse(ED25519, replaced(value, path, spelling), 3) == read


def test_other_spellings_are_no_other_way_to_say_something_false() -> None:
    value = _made(0, [0, 1, 0])
    for spelling in odd_scalars().values():
        with pytest.raises(Rejected):
            _verify(0, replaced(value, ("overall_proof", 0, "challenge"), spelling))
    with pytest.raises(Rejected):
        _verify(0, replaced(value, ("choices", 0, "alpha"), odd_points(ED25519)["upper case"]))


@pytest.mark.parametrize("value", [None, [], "x", 5, {}, {"choices": []}])
def test_what_is_no_answer_is_refused(value: object) -> None:
    for question in ELECTION.questions:
        with pytest.raises(Malformed):
            parse_answer(ED25519, question, value)


# Audit


def _opened(choice: list[int]) -> tuple[Answer, list[Any]]:
    answer, randomness = encrypt_answer(VERSION_1, BLANK_ALLOWED, ELECTION.public_key, STATEMENT, choice)
    return answer, [r.reveal() for r in randomness]


def test_an_audit_with_any_wrong_random_value_is_refused_where_it_is_wrong() -> None:
    answer, randomness = _opened([0, 1, 1])
    for index in range(3):
        wrong = list(randomness)
        wrong[index] = wrong[index] + ED25519.scalar(1)
        with pytest.raises(Rejected) as caught:
            open_answer(BLANK_ALLOWED, ELECTION.public_key, answer, wrong)
        assert caught.value.where == f"choices[{index}]"
    with pytest.raises(Rejected):
        open_answer(BLANK_ALLOWED, ELECTION.public_key, answer, randomness[::-1])


@pytest.mark.parametrize("size", [0, 1, 2, 4])
def test_an_audit_with_too_few_or_too_many_random_values_is_refused(size: int) -> None:
    answer, randomness = _opened([1, 0, 0])
    with pytest.raises(Rejected):
        open_answer(BLANK_ALLOWED, ELECTION.public_key, answer, (randomness * 2)[:size])


def test_an_audit_under_another_key_is_refused() -> None:
    answer, randomness = _opened([1, 0, 0])
    with pytest.raises(Rejected):
        open_answer(BLANK_ALLOWED, ELECTION.public_key * ED25519.generator, answer, randomness)


@pytest.mark.parametrize("plaintexts", [[2, 0, 0], [0, -1, 1], [0, 0, 0], [1, 1, 0]])
def test_an_audit_shows_what_a_lying_device_has_encrypted(plaintexts: list[int]) -> None:
    rs = [11, 22, 33]
    value = SAMPLE.device.answer(2, CREDENTIAL, plaintexts, rs)
    answer = Answer.parse(ED25519, value, 3)
    with pytest.raises(Rejected):
        open_answer(BLANK_ALLOWED, ELECTION.public_key, answer, [ED25519.scalar(r) for r in rs])


def test_an_audit_of_two_halves_with_two_random_values_is_refused_though_each_half_is_right() -> None:
    """A device that spoils votes: beta opens to the choice with 22, but alpha was made with 11."""
    device = SAMPLE.device
    value = device.answer(0, CREDENTIAL, [1, 0, 0], [11, 12, 13])
    beta = device.encrypt(1, 22)[1]
    answer = Answer.parse(ED25519, replaced(value, ("choices", 0, "beta"), str(beta)), 3)
    with pytest.raises(Rejected) as caught:
        open_answer(ONE_OF_THREE, ELECTION.public_key, answer, [ED25519.scalar(r) for r in (22, 12, 13)])
    assert caught.value.where == "choices[0]"


# Ranked and Lists answers, which are read and no more


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ed25519-3.3.0-mixnet", RankedAnswer),
        ("belenios2048-3.3.0-rfc3526-mixnet", RankedAnswer),
        ("ed25519-3.3.0-lists", ListsAnswer),
    ],
)
def test_answers_of_every_kind_are_read_with_every_element_checked(name: str, kind: type) -> None:
    vector = vectors.load(name)
    election = Election.parse(vector.election)
    value = json.loads(vector.ballots[0])["answers"][-1]
    question = election.questions[-1]
    assert isinstance(parse_answer(election.group, question, value), kind)
    for path, _ in leaves(value):
        bad = bad_points if path[-1] in ("alpha", "beta", "commitment") else bad_scalars
        for hostile in bad(election.group).values():
            with pytest.raises(Malformed):
                parse_answer(election.group, question, replaced(value, path, hostile))


def test_the_forged_commitment_that_belenios_tool_3_3_accepts_is_refused() -> None:
    vector = vectors.load_tampered("ed25519-3.3.0-lists--forged-nonzero-proof")
    election = Election.parse(vector.election)
    refused = 0
    for data in vector.ballots:
        try:
            parse_answer(election.group, election.questions[0], json.loads(data)["answers"][0])
        except Malformed as error:
            assert error.where == "nonzero_proof.commitment"  # noqa: PT017 - one of several ballots
            refused += 1
    assert refused == 1


def test_a_neutral_commitment_of_a_lists_answer_is_refused() -> None:
    vector = vectors.load("ed25519-3.3.0-lists")
    election = Election.parse(vector.election)
    value = json.loads(vector.ballots[0])["answers"][0]
    neutral = replaced(value, ("nonzero_proof", "commitment"), str(ED25519.identity))
    with pytest.raises(Rejected):
        parse_answer(ED25519, election.questions[0], neutral)
