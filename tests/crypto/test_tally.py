"""From ballots to numbers: the sums of belenios-tool byte for byte, weights, thresholds and counts at their edges."""

import json
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import keygen, tally
from crypto.ballot import Ballot
from crypto.credentials import PublicCredential
from crypto.election import Election
from crypto.elgamal import Ciphertext, encrypt, product
from crypto.encoding import parse_json, sha256_hex
from crypto.errors import Malformed, Rejected, Unsupported
from crypto.groups import ED25519, Group, Secret
from crypto.tally import PartialDecryption, SizedTally
from crypto.trustees import Trustees
from tests.crypto import vectors
from tests.crypto.samples import (
    ALL_GROUPS,
    BLANK_ALLOWED,
    ONE_OF_THREE,
    YES_NO,
    Sample,
    bad_points,
    bad_scalars,
    brief,
    dump,
    leaves,
    odd_points,
    odd_scalars,
    patient,
    replaced,
    small_election,
)

OURS = [name for name in vectors.homomorphic_names() if "threshold" not in name or "3.3.0" in name]


def _elected(name: str) -> tuple[vectors.Vector, Election, Trustees]:
    vector = vectors.load(name)
    election = Election.parse(vector.election)
    return vector, election, Trustees.parse(election.version, election.group, vector.trustees)


def _private_keys(name: str) -> dict[int, Secret]:
    vector, election, trustees = _elected(name)
    group, keys = election.group, {}
    for secret in vector.trustees_private["single"]:
        keys[secret["trustee_id"]] = group.parse_secret(secret["private_key"])
    for secret in vector.trustees_private.get("pedersen", []):
        owner = secret["trustee_id"]
        letter = dump(secret["encrypted_decryption_key"]).decode()
        keys[owner] = keygen.decryption_key(election.version, group, secret["seed"], letter, trustees.keys[owner])
    return keys


def _summed(vector: vectors.Vector, election: Election) -> tally.Ciphertexts:
    weights = {}
    for entry in parse_json(vector.credentials):
        credential = PublicCredential.parse(election.group, entry)
        weights[credential.point] = credential.weight
    last = {}
    for data in vector.ballots:
        ballot = Ballot.parse_recorded(election, data)
        last[ballot.credential] = ballot
    total = tally.empty(election)
    for ballot in last.values():
        choices = [answer.choices for answer in ballot.homomorphic()]
        total = tally.add(total, choices, weights[ballot.credential])
    return total


def _count(sample: Sample, total: tally.Ciphertexts, owners: list[int], weight: int) -> list[list[int]]:
    parts = {owner: tally.decrypt(sample.election, total, sample.private[owner]) for owner in owners}
    points = tally.messages(total, tally.combine(sample.trustees, parts))
    result = tally.counts(sample.election.group, points, weight)
    tally.check_result(points, result, weight)
    return result


def _cast(sample: Sample, choices: list[list[int]], weights: list[int]) -> tally.Ciphertexts:
    total = tally.empty(sample.election)
    for voter, (choice, weight) in enumerate(zip(choices, weights, strict=True)):
        answers = sample.seal(voter % len(sample.keys), choice).ballot.homomorphic()
        total = tally.add(total, [answer.choices for answer in answers], weight)
    return total


# Against belenios-tool


@pytest.mark.parametrize("name", vectors.homomorphic_names())
def test_the_sum_of_the_ballots_is_byte_for_byte_that_of_belenios_tool(name: str) -> None:
    vector = vectors.load(name)
    election = Election.parse(vector.election)
    assert tally.to_json(_summed(vector, election)) == vector.encrypted_tally


@pytest.mark.parametrize("name", OURS)
def test_the_decryptions_and_the_result_of_belenios_tool_hold(name: str) -> None:
    vector, election, trustees = _elected(name)
    total = tally.parse(election, vector.encrypted_tally or b"")
    valid = {}
    for owner, data in vector.decryptions:
        decryption = PartialDecryption.parse(election, data)
        decryption.verify(election, total, trustees.keys[owner])
        assert decryption.to_json() == data
        valid[owner] = decryption
    points = tally.messages(total, tally.combine(trustees, valid))
    result = tally.parse_result(election, vector.result or b"")
    assert tally.result_json(result) == vector.result
    sized = SizedTally.parse(vector.sized_tally or b"")
    assert sized.to_json() == vector.sized_tally
    assert sized.encrypted_tally == sha256_hex(vector.encrypted_tally or b"")
    tally.check_result(points, result, sized.total_weight)
    assert tally.counts(election.group, points, sized.total_weight) == result


@pytest.mark.parametrize("name", OURS)
def test_the_private_keys_of_belenios_tool_decrypt_with_our_hands(name: str) -> None:
    vector, election, trustees = _elected(name)
    total = tally.parse(election, vector.encrypted_tally or b"")
    mine = {}
    for owner, key in _private_keys(name).items():
        mine[owner] = tally.decrypt(election, total, key)
        mine[owner].verify(election, total, trustees.keys[owner])
    for owner, data in vector.decryptions:
        assert mine[owner].factors == PartialDecryption.parse(election, data).factors
    result = tally.parse_result(election, vector.result or b"")
    weight = SizedTally.parse(vector.sized_tally or b"").total_weight
    tally.check_result(tally.messages(total, tally.combine(trustees, mine)), result, weight)


@pytest.mark.parametrize("name", ["ed25519-3.3.0-basic", "ed25519-3.3.0-blank", "ed25519-3.3.0-threshold"])
def test_every_ballot_of_belenios_tool_holds_the_choice_that_its_voter_made(name: str) -> None:
    vector, election, trustees = _elected(name)
    keys = _private_keys(name)
    chosen = {vote["tracker"]: vote["choice"] for vote in vector.votes}
    for data in vector.ballots:
        ballot = Ballot.parse(election, data)
        one = tuple(answer.choices for answer in ballot.homomorphic())
        parts = {owner: tally.decrypt(election, one, key) for owner, key in keys.items()}
        points = tally.messages(one, tally.combine(trustees, parts))
        assert tally.counts(election.group, points, 1) == chosen[ballot.tracker]


def test_the_wrong_tally_of_a_tampered_archive_is_not_the_sum() -> None:
    vector = vectors.load_tampered("ed25519-3.3.0-basic--wrong-encrypted-tally")
    election = Election.parse(vector.election)
    assert tally.to_json(_summed(vector, election)) != vector.encrypted_tally


def test_the_wrong_result_of_a_tampered_archive_is_refused_at_its_place() -> None:
    vector = vectors.load_tampered("ed25519-3.3.0-basic--wrong-result")
    election = Election.parse(vector.election)
    trustees = Trustees.parse(election.version, election.group, vector.trustees)
    total = tally.parse(election, vector.encrypted_tally or b"")
    valid = {owner: PartialDecryption.parse(election, data) for owner, data in vector.decryptions}
    points = tally.messages(total, tally.combine(trustees, valid))
    with pytest.raises(Rejected, match="is not what was decrypted"):
        tally.check_result(points, tally.parse_result(election, vector.result or b""), 5)


@pytest.mark.parametrize(
    "name",
    ["ed25519-3.3.0-basic--wrong-partial-decryption", "ed25519-3.3.0-threshold--extra-invalid-partial-decryption"],
)
def test_the_wrong_decryption_of_a_tampered_archive_is_the_only_one_refused(name: str) -> None:
    vector = vectors.load_tampered(name)
    election = Election.parse(vector.election)
    trustees = Trustees.parse(election.version, election.group, vector.trustees)
    total = tally.parse(election, vector.encrypted_tally or b"")
    valid = {}
    for owner, data in vector.decryptions:
        decryption = PartialDecryption.parse(election, data)
        try:
            decryption.verify(election, total, trustees.keys[owner])
        except Rejected:
            continue
        valid[owner] = decryption
    assert len(valid) == len(vector.decryptions) - 1
    if "threshold" in name:
        points = tally.messages(total, tally.combine(trustees, valid))
        tally.check_result(points, tally.parse_result(election, vector.result or b""), 5)
    else:
        with pytest.raises(Rejected, match="missing"):
            tally.combine(trustees, valid)


# Sums


@patient
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 2**33)), max_size=6))
def test_weighted_votes_are_counted_as_arithmetic_says(votes: list[tuple[int, int]]) -> None:
    sample = small_election(ED25519, (YES_NO,))
    choices = [[1 - side, side] for side, _ in votes]
    weights = [weight for _, weight in votes]
    total = _cast(sample, choices, weights)
    parts = {owner: tally.decrypt(sample.election, total, key) for owner, key in sample.private.items()}
    expected = [[sum(w for (side, _), w in zip(votes, weights, strict=True) if side == n) for n in (0, 1)]]
    tally.check_result(tally.messages(total, tally.combine(sample.trustees, parts)), expected, sum(weights))


@pytest.mark.parametrize("group", ALL_GROUPS, ids=lambda group: group.name)
def test_an_election_is_counted_in_every_group(group: Group) -> None:
    sample = small_election(group, (YES_NO,), singles=1, threshold=(2, 3))
    total = _cast(sample, [[1, 0], [0, 1], [1, 0]], [1, 1, 1])
    assert _count(sample, total, [1, 2, 4], 3) == [[2, 1]]


def test_nobody_voted() -> None:
    sample = small_election(ED25519, (ONE_OF_THREE, BLANK_ALLOWED))
    total = tally.empty(sample.election)
    assert [len(row) for row in total] == [3, 3]
    assert {item for row in total for item in row} == {Ciphertext.neutral(ED25519)}
    assert _count(sample, total, [1, 2], 0) == [[0, 0, 0], [0, 0, 0]]
    assert tally.parse(sample.election, tally.to_json(total)) == total


def test_a_ballot_of_weight_zero_changes_nothing_and_is_counted_as_nothing() -> None:
    sample = small_election(ED25519, (YES_NO,))
    one = _cast(sample, [[1, 0]], [1])
    ignored = [answer.choices for answer in sample.seal(1, [0, 1]).ballot.homomorphic()]
    assert tally.add(one, ignored, 0) == one


@patient
@given(st.integers(1, 50))
def test_a_weight_is_as_many_ballots(weight: int) -> None:
    sample = small_election(ED25519, (YES_NO,))
    choices = [answer.choices for answer in sample.seal(0, [0, 1]).ballot.homomorphic()]
    empty = tally.empty(sample.election)
    repeated = reduce(lambda total, _: tally.add(total, choices), range(weight), empty)
    assert tally.add(empty, choices, weight) == repeated


def test_the_order_of_the_ballots_does_not_matter_and_tallies_can_be_added() -> None:
    sample = small_election(ED25519, (YES_NO,))
    ballots = [[answer.choices for answer in sample.seal(v, [v % 2, 1 - v % 2]).ballot.homomorphic()] for v in range(3)]
    empty = tally.empty(sample.election)
    forwards = reduce(tally.add, ballots, empty)
    assert reduce(tally.add, reversed(ballots), empty) == forwards
    assert tally.add(tally.add(empty, ballots[0]), reduce(tally.add, ballots[1:], empty)) == forwards


@pytest.mark.parametrize("weight", [2**30 - 1, 2**30])
def test_weights_around_and_above_two_to_the_thirtieth_are_counted_and_written(weight: int) -> None:
    sample = small_election(ED25519, (YES_NO,))
    total = _cast(sample, [[1, 0], [0, 1]], [weight, 1])
    assert _count(sample, total, [1, 2], weight + 1) == [[weight, 1]]
    written = tally.result_json([[weight, 1]])
    assert tally.parse_result(sample.election, written) == [[weight, 1]]
    assert (f'"{weight}"'.encode() in written) == (weight >= 2**30)


# Discrete logarithms


@brief
@given(st.sampled_from(ALL_GROUPS), st.integers(0, 400), st.data())
def test_every_count_up_to_the_total_is_found(group: Group, total: int, data: st.DataObject) -> None:
    row = [0, total, data.draw(st.integers(0, total)), data.draw(st.integers(0, total))]
    points = [[group.generator ** group.scalar(count) for count in row]]
    assert tally.counts(group, points, total) == [row]


@pytest.mark.parametrize("total", [0, 1, 2, 3, 4, 8, 9, 10, 99, 100, 101])
def test_a_count_one_above_the_total_or_below_zero_is_refused(total: int) -> None:
    assert tally.counts(ED25519, [[ED25519.generator ** ED25519.scalar(total)]], total) == [[total]]
    for count in (total + 1, total + 2, -1, 10**6):
        with pytest.raises(Rejected, match="outside"):
            tally.counts(ED25519, [[ED25519.generator ** ED25519.scalar(count)]], total)


def test_a_total_beyond_what_can_be_searched_is_a_clear_error_at_once() -> None:
    with pytest.raises(Unsupported, match=str(tally.MAX_TOTAL_WEIGHT + 1)):
        tally.counts(ED25519, [[ED25519.identity]], tally.MAX_TOTAL_WEIGHT + 1)


def test_a_count_that_was_not_decrypted_is_refused_at_its_place() -> None:
    points = [[ED25519.generator, ED25519.identity]]
    tally.check_result(points, [[1, 0]], 1)
    for wrong, place in (([[0, 0]], "result[0][0]"), ([[1, 1]], "result[0][1]"), ([[1, -1]], "result[0][1]")):
        with pytest.raises(Rejected) as caught:
            tally.check_result(points, wrong, 10)
        assert caught.value.where == place


def test_a_count_above_the_weight_of_all_voters_is_refused() -> None:
    points = [[ED25519.generator ** ED25519.scalar(5)]]
    tally.check_result(points, [[5]], 5)
    with pytest.raises(Rejected, match="not possible"):
        tally.check_result(points, [[5]], 4)


def test_a_count_that_is_right_only_modulo_the_order_of_the_group_is_refused() -> None:
    sample = small_election(ED25519, (YES_NO,))
    data = dump({"result": [[str(1 + ED25519.order), 0]]})
    result = tally.parse_result(sample.election, data)
    with pytest.raises(Rejected):
        tally.check_result([[ED25519.generator, ED25519.identity]], result, 2 * ED25519.order)


# Combination


def test_exactly_the_threshold_is_enough_and_one_less_is_not() -> None:
    sample = small_election(ED25519, (YES_NO,), singles=1, threshold=(2, 3))
    total = _cast(sample, [[1, 0], [1, 0]], [1, 1])
    for pair in ([2, 3], [2, 4], [3, 4], [4, 3], [2, 3, 4]):
        assert _count(sample, total, [1, *pair], 2) == [[2, 0]]
    for pair in ([], [2], [3], [4]):
        with pytest.raises(Rejected, match="2 of the trustees 2 to 4 must decrypt"):
            _count(sample, total, [1, *pair], 2)
    with pytest.raises(Rejected, match="trustee 1 is missing"):
        _count(sample, total, [2, 3, 4], 2)


def test_only_the_first_valid_decryptions_are_used_as_in_release_3_3() -> None:
    """A third decryption, whatever is in it, does not change the factors once two are there."""
    sample = small_election(ED25519, (YES_NO,), singles=1, threshold=(2, 3))
    total = _cast(sample, [[1, 0]], [1])
    parts = {owner: tally.decrypt(sample.election, total, key) for owner, key in sample.private.items()}
    nonsense = tally.decrypt(sample.election, total, ED25519.random())
    right = tally.combine(sample.trustees, parts)
    assert tally.combine(sample.trustees, parts | {4: nonsense}) == right
    assert tally.combine(sample.trustees, dict(reversed(parts.items()))) == right
    assert tally.combine(sample.trustees, parts | {3: nonsense}) != right


def test_a_decryption_by_nobody_in_the_list_is_of_no_use() -> None:
    sample = small_election(ED25519, (YES_NO,))
    total = _cast(sample, [[1, 0]], [1])
    parts = {owner: tally.decrypt(sample.election, total, key) for owner, key in sample.private.items()}
    with pytest.raises(Rejected, match="missing"):
        tally.combine(sample.trustees, {1: parts[1], 3: parts[2]})


# Partial decryptions


def _decrypted() -> tuple[Sample, tally.Ciphertexts, PartialDecryption]:
    sample = small_election(ED25519, (YES_NO, BLANK_ALLOWED))
    total = tally.empty(sample.election)
    for voter in range(2):
        answers = sample.seal(voter, [1, 0], [0, 1, 1]).ballot.homomorphic()
        total = tally.add(total, [answer.choices for answer in answers])
    return sample, total, tally.decrypt(sample.election, total, sample.private[1])


def test_a_partial_decryption_is_read_as_it_is_written_and_holds() -> None:
    sample, total, decryption = _decrypted()
    again = PartialDecryption.parse(sample.election, decryption.to_json())
    assert again == decryption
    again.verify(sample.election, total, sample.trustees.keys[1])


def test_every_number_of_a_partial_decryption_matters() -> None:
    sample, total, decryption = _decrypted()
    value = json.loads(decryption.to_json())
    for path, leaf in leaves(value):
        point = path[0] == "decryption_factors"
        other = str(ED25519.parse_point(leaf) * ED25519.generator) if point else str((int(leaf) + 1) % ED25519.order)
        wrong = PartialDecryption.parse(sample.election, dump(replaced(value, path, other)))
        with pytest.raises(Rejected) as caught:
            wrong.verify(sample.election, total, sample.trustees.keys[1])
        assert caught.value.where == f"decryption_proofs[{path[1]}][{path[2]}]"


def test_the_decryption_of_another_trustee_another_tally_or_another_election_is_refused() -> None:
    sample, total, decryption = _decrypted()
    other_tally = tally.add(total, [a.choices for a in sample.seal(2, [0, 1], [1, 0, 0]).ballot.homomorphic()])
    renamed = Election.parse(sample.election.data.replace(b"A test", b"B test"))
    key = sample.trustees.keys[1]
    for election, summed, owner_key in (
        (sample.election, total, sample.trustees.keys[2]),
        (sample.election, other_tally, key),
        (renamed, total, key),
    ):
        with pytest.raises(Rejected):
            decryption.verify(election, summed, owner_key)


def test_a_point_or_number_outside_the_group_is_refused_in_every_field_of_a_decryption() -> None:
    sample, _, decryption = _decrypted()
    value = json.loads(decryption.to_json())
    for path, _ in leaves(value):
        factors = path[0] == "decryption_factors"
        hostile = bad_points(ED25519) | odd_points(ED25519) if factors else bad_scalars(ED25519) | odd_scalars()
        for wrong in hostile.values():
            with pytest.raises(Malformed) as caught:
                PartialDecryption.parse(sample.election, dump(replaced(value, path, wrong)))
            assert caught.value.where == f"{path[0]}[{path[1]}][{path[2]}]"


@pytest.mark.parametrize("part", ["decryption_factors", "decryption_proofs"])
def test_a_decryption_of_another_shape_is_refused(part: str) -> None:
    sample, _, decryption = _decrypted()
    value = json.loads(decryption.to_json())
    rows = value[part]
    for wrong in (
        [],
        rows[:1],
        [*rows, rows[0]],
        rows[::-1],
        [rows[0][:1], rows[1]],
        [[*rows[0], rows[0][0]], rows[1]],
        None,
    ):
        with pytest.raises(Malformed):
            PartialDecryption.parse(sample.election, dump(value | {part: wrong}))
    with pytest.raises(Malformed):
        PartialDecryption.parse(sample.election, dump({name: rows for name in value if name != part}))


# Reading tallies and results


@pytest.mark.parametrize("group", ALL_GROUPS, ids=lambda group: group.name)
def test_a_point_outside_the_group_is_refused_in_every_field_of_a_tally(group: Group) -> None:
    sample = small_election(group, (YES_NO,))
    value = json.loads(tally.to_json(tally.empty(sample.election)))
    for path, _ in leaves(value):
        for hostile in (bad_points(group) | odd_points(group)).values():
            with pytest.raises(Malformed) as caught:
                tally.parse(sample.election, dump(replaced(value, path, hostile)))
            assert caught.value.where == f"[{path[0]}][{path[1]}].{path[2]}"


def test_a_tally_of_another_shape_is_refused() -> None:
    sample = small_election(ED25519, (YES_NO,))
    row = json.loads(tally.to_json(tally.empty(sample.election)))[0]
    for wrong in ([], [row, row], [row[:1]], [[*row, row[0]]], [[]], {}, None, [None], [[None, None]], [[{}, {}]]):
        with pytest.raises(Malformed):
            tally.parse(sample.election, dump(wrong))


@pytest.mark.parametrize(
    "result",
    [
        [],
        [[1]],
        [[1, 2, 3]],
        [[1, 2], [1, 2]],
        [[1, -1]],
        [[1, "1"]],
        [[1, 2**30]],
        [[1, "01073741824"]],
        [[1, 1.0]],
        [[1, True]],
        [[1, None]],
        [["1" * 100_000, 1]],
        None,
        {},
    ],
)
def test_a_result_of_another_shape_or_spelling_is_refused(result: Any) -> None:
    sample = small_election(ED25519, (YES_NO,))
    with pytest.raises(Malformed):
        tally.parse_result(sample.election, dump({"result": result}))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("num_tallied", -1),
        ("num_tallied", "5"),
        ("total_weight", "5"),
        ("total_weight", 2**30),
        ("total_weight", -1),
        ("encrypted_tally", "a" * 63),
        ("encrypted_tally", "A" * 64),
        ("encrypted_tally", None),
    ],
)
def test_the_description_of_a_tally_is_read_strictly(key: str, value: object) -> None:
    good = {"num_tallied": 5, "total_weight": "1073741824", "encrypted_tally": "a" * 64}
    assert SizedTally.parse(dump(good)) == SizedTally(5, 2**30, "a" * 64)
    with pytest.raises(Malformed):
        SizedTally.parse(dump(good | {key: value}))


@pytest.mark.parametrize(
    "value",
    [{"owner": 0, "payload": "a" * 64}, {"owner": 1, "payload": "a"}, {"owner": "1", "payload": "a" * 64}, {}, []],
)
def test_the_author_of_a_decryption_is_read_strictly(value: object) -> None:
    assert tally.parse_owned(tally.owned_json(3, "a" * 64)) == (3, "a" * 64)
    with pytest.raises(Malformed):
        tally.parse_owned(dump(value))


@pytest.mark.parametrize("name", sorted(set(vectors.names()) - set(vectors.homomorphic_names())))
def test_a_tally_of_ranked_answers_is_refused_as_unsupported(name: str) -> None:
    vector = vectors.load(name)
    election = Election.parse(vector.election)
    with pytest.raises(Unsupported):
        tally.parse(election, vector.encrypted_tally or b"")
    with pytest.raises(Unsupported):
        tally.parse_result(election, vector.result or b"")


# ElGamal


@patient
@given(st.lists(st.integers(0, 1000), max_size=5))
def test_the_product_of_ciphertexts_holds_the_sum(numbers: list[int]) -> None:
    private = ED25519.random()
    key = ED25519.generator**private
    total = product(ED25519, [encrypt(key, ED25519.generator ** ED25519.scalar(n), ED25519.random()) for n in numbers])
    assert total.beta / total.alpha**private == ED25519.generator ** ED25519.scalar(sum(numbers))
    assert total.minus(sum(numbers)).beta == total.alpha**private
