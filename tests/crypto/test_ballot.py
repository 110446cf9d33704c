"""A signed ballot: strict when it is cast, as lenient as belenios-tool when it is only read, and tied to its voter."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.answers import open_answer
from crypto.ballot import Ballot, Envelope, revealed, seal
from crypto.election import Election, Homomorphic
from crypto.encoding import sha256_b64
from crypto.errors import Malformed, ProtocolError, Rejected, Unsupported
from crypto.groups import ED25519, Group
from tests.crypto import vectors
from tests.crypto.samples import (
    ALL_GROUPS,
    BLANK_ALLOWED,
    ONE_OF_THREE,
    UP_TO_TWO,
    YES_NO,
    bad_points,
    bad_scalars,
    dump,
    leaves,
    odd_points,
    odd_scalars,
    patient,
    replaced,
    small_election,
)

SAMPLE = small_election(ED25519, (ONE_OF_THREE, BLANK_ALLOWED))
ELECTION = SAMPLE.election
DATA = SAMPLE.seal(0, [0, 1, 0], [0, 1, 1]).ballot.data
VALUE = json.loads(DATA)


def _check(data: bytes, election: Election = ELECTION) -> Ballot:
    """What happens when a ballot is cast."""
    ballot = Ballot.parse(election, data)
    ballot.verify(election)
    return ballot


def _check_recorded(data: bytes, election: Election = ELECTION) -> Ballot:
    """What happens when a ballot of somebody else's board is verified."""
    ballot = Ballot.parse_recorded(election, data)
    ballot.verify(election)
    return ballot


def _signed(answers: Any, voter: int = 0, **changes: Any) -> bytes:
    return SAMPLE.device.sign(SAMPLE.keys[voter], answers, **changes)


# Against belenios-tool


@pytest.mark.parametrize("name", vectors.homomorphic_names())
def test_the_ballots_of_belenios_tool_are_valid_to_the_last_digit(name: str) -> None:
    vector = vectors.load(name)
    election = Election.parse(vector.election)
    ballots = [_check(data, election) for data in vector.ballots]
    assert sorted(ballot.tracker for ballot in ballots) == sorted(vote["tracker"] for vote in vector.votes)
    assert all(ballot.digest in vector.records for ballot in ballots)


@pytest.mark.parametrize("name", sorted(set(vectors.names()) - set(vectors.homomorphic_names())))
def test_ballots_with_ranked_or_lists_answers_are_read_and_not_declared_valid(name: str) -> None:
    vector = vectors.load(name)
    election = Election.parse(vector.election)
    for data in vector.ballots:
        ballot = Ballot.parse_recorded(election, data)
        ballot.verify_signature(election)
        with pytest.raises(Unsupported):
            ballot.homomorphic()
        with pytest.raises(Unsupported):
            Ballot.parse(election, data)
    with pytest.raises(Unsupported):
        seal(election, election.group.random(), [[1, 0], [1, 2, 3]])


FALSE_BALLOTS = [
    "belenios2048-3.3.0-basic--flipped-individual-proof-resigned",
    "ed25519-3.3.0-basic--alpha-outside-subgroup-resigned",
    "ed25519-3.3.0-basic--answer-encoding-big-resigned",
    "ed25519-3.3.0-basic--bad-signature",
    "ed25519-3.3.0-basic--credential-outside-subgroup-with-other-ballots",
    "ed25519-3.3.0-basic--flipped-individual-proof",
    "ed25519-3.3.0-basic--flipped-individual-proof-resigned",
    "ed25519-3.3.0-basic--flipped-overall-proof-resigned",
    "ed25519-3.3.0-basic--noncanonical-ballot",
    "ed25519-3.3.0-blank--flipped-overall-proof-resigned",
]


@pytest.mark.parametrize("name", FALSE_BALLOTS)
def test_in_every_archive_with_a_false_ballot_the_false_one_and_no_other_is_refused(name: str) -> None:
    vector = vectors.load_tampered(name)
    genuine = set(vectors.load(name.partition("--")[0]).ballots)
    election = Election.parse(vector.election)
    for data in vector.ballots:
        if data in genuine:
            _check_recorded(data, election)
        else:
            with pytest.raises(ProtocolError):
                _check_recorded(data, election)
    changed = set(vector.ballots) - genuine
    assert len(changed) == ("credential-outside" not in name)


SPELLED_ODDLY = [
    "ed25519-3.3.0-basic--answer-encoding-0x-resigned",
    "ed25519-3.3.0-basic--answer-encoding-order-resigned",
    "ed25519-3.3.0-basic--answer-encoding-zero-resigned",
    "ed25519-3.3.0-basic--extra-field-in-answer-resigned",
]


@pytest.mark.parametrize("name", SPELLED_ODDLY)
def test_odd_spelling_is_refused_at_casting_and_judged_as_belenios_tool_does_afterwards(name: str) -> None:
    vector = vectors.load_tampered(name)
    election = Election.parse(vector.election)
    refused = 0
    for data in vector.ballots:
        _check_recorded(data, election)
        try:
            _check(data, election)
        except Malformed:
            refused += 1
    assert refused == 1


# Round trips


@pytest.mark.parametrize("group", ALL_GROUPS, ids=lambda group: group.name)
def test_a_sealed_ballot_can_be_cast_in_every_group(group: Group) -> None:
    sample = small_election(group, (YES_NO, BLANK_ALLOWED))
    sealed = sample.seal(1, [1, 0], [1, 0, 0])
    ballot = _check(sealed.ballot.data, sample.election)
    assert ballot == sealed.ballot
    assert ballot.to_bytes() == sealed.ballot.data
    assert ballot.tracker == sha256_b64(sealed.ballot.data)


@st.composite
def ballots(draw: st.DrawFn) -> tuple[tuple[Homomorphic, ...], list[list[int]]]:
    """One to three questions with a choice each."""
    questions, choices = [], []
    for number in range(draw(st.integers(1, 3))):
        size = draw(st.integers(1, 4))
        high = draw(st.integers(0, size))
        low = draw(st.integers(0, high))
        blank = draw(st.booleans())
        questions.append(Homomorphic(f"س {number}", tuple("أبتث"[:size]), low, high, blank))
        chosen = draw(st.sets(st.integers(0, size - 1), min_size=low, max_size=high))
        marks = [int(index in chosen) for index in range(size)]
        if blank:
            marks = [1] + [0] * size if draw(st.booleans()) else [0, *marks]
        choices.append(marks)
    return tuple(questions), choices


@patient
@given(ballots())
def test_what_is_sealed_is_read_verified_and_opened_whatever_the_questions(
    drawn: tuple[tuple[Homomorphic, ...], list[list[int]]],
) -> None:
    questions, choices = drawn
    sample = small_election(ED25519, questions)
    sealed = sample.seal(0, *choices)
    ballot = _check(sealed.ballot.data, sample.election)
    opened = [
        open_answer(question, sample.election.public_key, answer, randomness)
        for question, answer, randomness in zip(questions, ballot.homomorphic(), revealed(sealed), strict=True)
    ]
    assert opened == choices


def test_a_device_written_from_the_specification_alone_can_vote() -> None:
    credential = ED25519.generator ** SAMPLE.keys[1]
    device = SAMPLE.device
    data = device.sign(
        SAMPLE.keys[1], [device.answer(0, credential, [1, 0, 0]), device.answer(1, credential, [1, 0, 0])]
    )
    assert _check(data).credential == credential


@pytest.mark.parametrize(
    "choices", [[], [[1, 0, 0]], [[1, 0, 0], [1, 0, 0], [1]], [[1, 0, 0], [1, 1, 0]], [[1, 1, 0], [1, 0, 0]]]
)
def test_choices_that_do_not_fit_the_questions_are_not_sealed(choices: list[list[int]]) -> None:
    with pytest.raises(Malformed):
        seal(ELECTION, SAMPLE.keys[0], choices)


def test_the_randomness_of_a_ballot_does_not_show_when_it_is_printed() -> None:
    sealed = SAMPLE.seal(0, [0, 1, 0], [1, 0, 0])
    shown = f"{sealed} {sealed!r}"
    for row in sealed.randomness:
        for secret in row:
            assert secret.export() not in shown


# Copies, swaps and forgeries


def test_a_ballot_copied_under_another_credential_is_refused() -> None:
    other = str(ED25519.generator ** SAMPLE.keys[1])
    with pytest.raises(Rejected, match="another content"):
        _check(dump(VALUE | {"credential": other}))


def test_a_ballot_copied_and_signed_again_by_another_voter_is_refused() -> None:
    with pytest.raises(Rejected) as caught:
        _check(_signed(VALUE["answers"], voter=1))
    assert caught.value.where.startswith("answers[0]")


def test_one_answer_copied_into_the_ballot_of_another_voter_is_refused() -> None:
    own = json.loads(SAMPLE.seal(1, [1, 0, 0], [1, 0, 0]).ballot.data)["answers"]
    for mixed in ([VALUE["answers"][0], own[1]], [own[0], VALUE["answers"][1]]):
        with pytest.raises(Rejected):
            _check(_signed(mixed, voter=1))
    _check(_signed(own, voter=1))


def test_a_ballot_for_another_election_is_refused_whether_signed_for_it_or_renamed() -> None:
    other = small_election(ED25519, (ONE_OF_THREE, BLANK_ALLOWED), voters=1).election
    assert other.fingerprint != ELECTION.fingerprint
    with pytest.raises(Rejected, match="fingerprint"):
        _check(DATA, other)
    with pytest.raises(Rejected):
        _check(_signed(VALUE["answers"], election_hash=other.fingerprint), other)
    with pytest.raises(Rejected, match="belongs to election"):
        _check(_signed(VALUE["answers"], election_uuid="B" * 14))
    with pytest.raises(Rejected, match="fingerprint"):
        _check(_signed(VALUE["answers"], election_hash="A" * 43))


def test_answers_swapped_between_questions_of_different_rules_are_refused_even_when_signed() -> None:
    with pytest.raises(Rejected):
        _check(_signed(VALUE["answers"][::-1]))


def test_answers_swapped_by_somebody_else_are_refused_even_between_questions_alike() -> None:
    sample = small_election(ED25519, (YES_NO, YES_NO))
    value = json.loads(sample.seal(0, [1, 0], [0, 1]).ballot.data)
    with pytest.raises(Rejected, match="another content"):
        _check(dump(value | {"answers": value["answers"][::-1]}), sample.election)


def test_the_voter_alone_can_swap_answers_between_questions_alike_for_they_are_his() -> None:
    """Version 1 hashes no question number into proofs (PROTOCOL.md section 10); only the signature fixes the order."""
    sample = small_election(ED25519, (YES_NO, YES_NO))
    value = json.loads(sample.seal(0, [1, 0], [0, 1]).ballot.data)
    _check(sample.device.sign(sample.keys[0], value["answers"][::-1]), sample.election)
    with pytest.raises(Rejected):
        _check(sample.device.sign(sample.keys[1], value["answers"][::-1]), sample.election)


def test_a_false_answer_is_refused_even_when_correctly_signed() -> None:
    device, credential = SAMPLE.device, ED25519.generator ** SAMPLE.keys[0]
    honest = device.answer(1, credential, [1, 0, 0])
    for plaintexts in ([2, 0, 0], [-1, 1, 1], [2, -1, 0], [1, 1, 0], [0, 0, 0]):
        with pytest.raises(Rejected):
            _check(_signed([device.answer(0, credential, plaintexts), honest]))
    for plaintexts in ([1, 1, 0], [2, 0, 0], [0, 2, -1], [0, 0, 0]):
        with pytest.raises(Rejected):
            _check(_signed([VALUE["answers"][0], device.answer(1, credential, plaintexts)]))


def test_a_signature_of_another_voter_of_another_text_or_of_nobody_is_refused() -> None:
    other = json.loads(SAMPLE.seal(0, [1, 0, 0], [0, 1, 1]).ballot.data)["signature"]
    forged = {"hash": VALUE["signature"]["hash"], "proof": {"challenge": "0", "response": "0"}}
    by_another = json.loads(_signed(VALUE["answers"], voter=1))["signature"]
    hers = json.loads(_signed(VALUE["answers"], voter=1, credential=VALUE["credential"]))["signature"]
    for signature in (other, forged, by_another, hers, other | {"hash": VALUE["signature"]["hash"]}):
        with pytest.raises(Rejected):
            _check(dump(VALUE | {"signature": signature}))


def test_every_single_value_of_a_ballot_is_signed() -> None:
    for path, leaf in leaves(VALUE):
        if path[-1] in ("alpha", "beta", "credential"):
            other = str(ED25519.parse_point(leaf) * ED25519.generator)
        elif path[-1] in ("challenge", "response"):
            other = str((int(leaf) + 1) % ED25519.order)
        else:
            other = ("A" if leaf[0] != "A" else "B") + leaf[1:]
        with pytest.raises(Rejected):
            _check_recorded(dump(replaced(VALUE, path, other)))


def test_every_single_number_of_the_answers_matters_even_when_the_voter_signs_anew() -> None:
    for path, leaf in leaves(VALUE["answers"]):
        if path[-1] in ("alpha", "beta"):
            other = str(ED25519.parse_point(leaf) * ED25519.generator)
        else:
            other = str((int(leaf) + 1) % ED25519.order)
        with pytest.raises(Rejected) as caught:
            _check_recorded(_signed(replaced(VALUE["answers"], path, other)))
        assert caught.value.where.startswith(f"answers[{path[0]}]")


def test_two_ciphertexts_with_one_random_value_are_refused_at_casting() -> None:
    sample = small_election(ED25519, (UP_TO_TWO,))
    credential = ED25519.generator ** sample.keys[0]
    data = sample.device.sign(sample.keys[0], [sample.device.answer(0, credential, [1, 0, 0], [7, 8, 7])])
    _check_recorded(data, sample.election)
    with pytest.raises(Malformed, match="same random value"):
        _check(data, sample.election)


# What cannot be read


@pytest.mark.parametrize("group", ALL_GROUPS, ids=lambda group: group.name)
def test_a_point_outside_the_group_is_refused_in_every_field_of_a_ballot(group: Group) -> None:
    sample = small_election(group, (YES_NO,))
    value = json.loads(sample.seal(0, [1, 0]).ballot.data)
    paths = [path for path, _ in leaves(value) if path[-1] in ("alpha", "beta", "credential")]
    assert len(paths) == 5
    for path in paths:
        for hostile in bad_points(group).values():
            broken = replaced(value, path, hostile)
            again = sample.device.sign(sample.keys[0], broken["answers"])
            with pytest.raises(Malformed):
                Ballot.parse_recorded(sample.election, dump(broken) if path == ("credential",) else again)


def test_the_neutral_element_as_credential_is_refused() -> None:
    nothing = ED25519.parse_secret("0")
    device = SAMPLE.device
    answers = [device.answer(0, ED25519.identity, [1, 0, 0]), device.answer(1, ED25519.identity, [1, 0, 0])]
    with pytest.raises(Malformed, match="neutral"):
        _check_recorded(device.sign(nothing, answers))


def test_a_number_that_is_no_scalar_is_refused_in_every_field_of_a_ballot() -> None:
    scalars = [path for path, _ in leaves(VALUE) if path[-1] in ("challenge", "response")]
    for path in (scalars[0], scalars[-3], *scalars[-2:]):
        for hostile in bad_scalars(ED25519).values():
            broken = replaced(VALUE, path, hostile)
            with pytest.raises(Malformed):
                Ballot.parse_recorded(ELECTION, _signed(broken["answers"]) if path[0] == "answers" else dump(broken))


def test_other_spellings_inside_a_ballot_are_refused_when_it_is_cast() -> None:
    small = VALUE["answers"]
    for spelling in odd_scalars().values():
        with pytest.raises(Malformed):
            Ballot.parse(ELECTION, _signed(replaced(small, (0, "overall_proof", 0, "challenge"), spelling)))
        with pytest.raises(Malformed):
            Ballot.parse_recorded(ELECTION, dump(replaced(VALUE, ("signature", "proof", "response"), spelling)))
    for spelling in odd_points(ED25519).values():
        with pytest.raises(Malformed):
            Ballot.parse(ELECTION, _signed(replaced(small, (0, "choices", 0, "alpha"), spelling)))
        with pytest.raises(Malformed):
            Ballot.parse_recorded(ELECTION, dump(VALUE | {"credential": spelling}))


@pytest.mark.parametrize(
    "data",
    [
        DATA + b"\n",
        b" " + DATA,
        DATA.replace(b":", b": ", 1),
        DATA.replace(b"election_uuid", b"election\\u005fuuid", 1),
        dump(dict(reversed(VALUE.items()))),
        dump(VALUE | {"extra": 1}),
        dump(replaced(VALUE, ("signature", "proof"), VALUE["signature"]["proof"] | {"extra": 1})),
        dump(VALUE | {"signature": VALUE["signature"] | {"extra": 1}}),
        dump(VALUE | {"signature": dict(reversed(VALUE["signature"].items()))}),
        DATA[:-1] + b',"signature":' + dump(VALUE["signature"]) + b"}",
        json.dumps(VALUE, separators=(",", ":"), indent=0).encode(),
    ],
)
def test_a_ballot_whose_outside_is_not_canonical_is_refused_by_every_reader(data: bytes) -> None:
    assert Ballot.parse_recorded(ELECTION, DATA)
    with pytest.raises(Malformed):
        Ballot.parse_recorded(ELECTION, data)
    with pytest.raises(Malformed):
        Envelope.parse(data)


@pytest.mark.parametrize(
    "answers", [[], VALUE["answers"][:1], VALUE["answers"] * 2, [None, None], {}, None, "x", [[], []]]
)
def test_too_few_or_too_many_answers_are_refused(answers: Any) -> None:
    with pytest.raises(Malformed):
        Ballot.parse_recorded(
            ELECTION, _signed(answers) if isinstance(answers, list) else dump(VALUE | {"answers": answers})
        )


@pytest.mark.parametrize("key", list(VALUE))
def test_a_ballot_with_a_part_missing_or_of_another_kind_is_refused(key: str) -> None:
    with pytest.raises(Malformed):
        Ballot.parse_recorded(ELECTION, dump({name: part for name, part in VALUE.items() if name != key}))
    for wrong in (None, 5, True, {}, []):
        with pytest.raises(Malformed):
            Ballot.parse_recorded(ELECTION, dump(VALUE | {key: wrong}))


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"\xff\xfe", b"{" * 99_999, DATA[:-1], DATA * 2])
def test_bytes_that_are_no_ballot_are_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        Ballot.parse(ELECTION, data)


def test_a_number_beyond_every_machine_in_a_ballot_is_refused_without_a_traceback() -> None:
    data = DATA.replace(b'"answers":[', b'"answers":[1e400,', 1)
    with pytest.raises(Malformed):
        Envelope.parse(data)


@patient
@given(st.data())
def test_a_ballot_with_any_byte_changed_is_refused(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(DATA) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != DATA[at]))
    changed = DATA[:at] + bytes([byte]) + DATA[at + 1 :]
    with pytest.raises(ProtocolError):
        _check_recorded(changed)


@patient
@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["choices", "overall_proof", "individual_proofs", "alpha"]), inner)
        ),
    )
)
def test_any_json_in_place_of_an_answer_is_refused_without_a_traceback(value: Any) -> None:
    with pytest.raises(Malformed):
        Ballot.parse_recorded(ELECTION, _signed([value, VALUE["answers"][1]]))
