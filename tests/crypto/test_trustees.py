"""Who can decrypt: the lists of belenios-tool are read, forged and copied keys are not believed."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.channel import Signed
from crypto.election import Election
from crypto.encoding import canonical
from crypto.errors import Malformed, ProtocolError, Rejected
from crypto.groups import ED25519, Group
from crypto.transcripts import VERSION_1
from crypto.trustees import MAX_TRUSTEES, Pedersen, PublicKey, Single, Trustees, check_alone, lagrange
from tests.crypto import vectors
from tests.crypto.samples import (
    ALL_GROUPS,
    bad_points,
    bad_scalars,
    done_ceremony,
    dump,
    leaves,
    odd_points,
    odd_scalars,
    patient,
    replaced,
    small_election,
)

THRESHOLD = [name for name in vectors.names("*threshold*") if "3.3.0" in name]
BLOCK = done_ceremony(ED25519, 3, 2).block
SEEDS = done_ceremony(ED25519, 3, 2).seeds
SINGLE = PublicKey.make(VERSION_1, ED25519.random(), "سلمى").to_json()


def _parse(*pairs: list[Any], group: Group = ED25519) -> Trustees:
    return Trustees.parse(VERSION_1, group, canonical(list(pairs)))


def _errors(*pairs: list[Any]) -> list[ProtocolError]:
    return check_alone(_parse(*pairs))


# Against belenios-tool


@pytest.mark.parametrize("name", [name for name in vectors.names() if "threshold" not in name] + THRESHOLD)
def test_the_trustees_of_belenios_tool_verify_and_make_the_key_of_the_election(name: str) -> None:
    vector = vectors.load(name)
    election = Election.parse(vector.election)
    trustees = Trustees.parse(election.version, election.group, vector.trustees)
    assert check_alone(trustees) == []
    trustees.verify_distinct()
    assert trustees.combined_key() == election.public_key


@pytest.mark.parametrize("name", THRESHOLD)
def test_owners_are_numbered_through_singles_and_groups(name: str) -> None:
    vector = vectors.load(name)
    election = Election.parse(vector.election)
    trustees = Trustees.parse(election.version, election.group, vector.trustees)
    assert list(trustees.keys) == [1, 2, 3, 4]
    single, block = trustees.members
    assert isinstance(single, Single)
    assert isinstance(block, Pedersen)
    assert (single.owner, block.first_owner, block.threshold, len(block.certs)) == (1, 2, 2, 3)
    assert {owner for owner, _ in vector.decryptions} == {1, 2, 4}


def test_a_threshold_key_of_release_2_0_is_refused_and_the_release_is_named() -> None:
    vector = vectors.load("belenios2048-2.0-threshold")
    election = Election.parse(vector.election)
    with pytest.raises(Rejected, match=r"before 2\.5\.1"):
        Trustees.parse(election.version, election.group, vector.trustees)


def test_a_threshold_key_of_release_2_5_1_is_refused_and_the_release_is_named() -> None:
    vector = vectors.load("ed25519-2.5.1-threshold")
    election = Election.parse(vector.election)
    (error,) = check_alone(Trustees.parse(election.version, election.group, vector.trustees))
    assert isinstance(error, Rejected)
    assert "before 3.0" in str(error)
    assert error.where == "[1].verification_keys[0]"


# Single trustees


@pytest.mark.parametrize("group", ALL_GROUPS, ids=lambda group: group.name)
def test_a_trustees_key_is_read_as_it_is_written(group: Group) -> None:
    key = PublicKey.make(VERSION_1, group.random(), "Name")
    assert PublicKey.parse(group, json.loads(canonical(key.to_json()))) == key
    key.verify(VERSION_1)


def test_a_rogue_key_that_cancels_the_others_is_refused_for_want_of_a_proof() -> None:
    """The last trustee publishes g^x / (product of the others), so that he alone could decrypt."""
    honest, own = ED25519.random(), ED25519.random()
    rogue = ED25519.generator**own / ED25519.generator**honest
    pairs = [["Single", PublicKey.make(VERSION_1, honest).to_json()]]
    for proof in (PublicKey.make(VERSION_1, own), PublicKey.make(VERSION_1, honest)):
        value = proof.to_json() | {"public_key": str(rogue)}
        trustees = _parse(*pairs, ["Single", value])
        assert trustees.combined_key() == ED25519.generator**own
        (error,) = check_alone(trustees)
        assert isinstance(error, Rejected)
        assert error.where == "[1]"
    with pytest.raises(Malformed, match="pok"):
        _parse(*pairs, ["Single", {"public_key": str(rogue)}])


def test_a_proof_taken_from_another_trustee_is_refused() -> None:
    one, other = (PublicKey.make(VERSION_1, ED25519.random()).to_json() for _ in range(2))
    assert len(_errors(["Single", one], ["Single", one | {"public_key": other["public_key"]}])) == 1


def test_a_proof_made_in_another_group_says_nothing_here() -> None:
    key = ED25519.random()
    point = ED25519.generator**key
    foreign = point.group.challenge(f"pok|RFC-3526-2048|{point}|", ED25519.generator)
    response = (ED25519.parse_secret("1") - key * foreign).reveal()
    value = {"pok": {"challenge": str(foreign), "response": str(response)}, "public_key": str(point)}
    assert len(_errors(["Single", value])) == 1


def test_every_number_of_a_trustees_key_matters() -> None:
    assert _errors(["Single", SINGLE]) == []
    for path, leaf in leaves({"pok": SINGLE["pok"], "public_key": SINGLE["public_key"]}):
        point = path == ("public_key",)
        other = str(ED25519.parse_point(leaf) * ED25519.generator) if point else str((int(leaf) + 1) % ED25519.order)
        assert len(_errors(["Single", replaced(SINGLE, path, other)])) == 1


def test_every_wrong_trustee_is_named_and_not_only_the_first() -> None:
    wrong = SINGLE | {"public_key": str(ED25519.generator)}
    assert [error.where for error in _errors(["Single", wrong], ["Single", SINGLE], ["Single", wrong])] == [
        "[0]",
        "[2]",
    ]


def test_the_neutral_element_is_no_trustees_key() -> None:
    nothing = PublicKey.make(VERSION_1, ED25519.parse_secret("0")).to_json()
    with pytest.raises(Malformed, match="neutral"):
        _parse(["Single", nothing])


@pytest.mark.parametrize("group", ALL_GROUPS, ids=lambda group: group.name)
def test_a_trustees_key_outside_the_group_or_oddly_spelled_is_refused(group: Group) -> None:
    value = PublicKey.make(VERSION_1, group.random()).to_json()
    for hostile in (bad_points(group) | odd_points(group)).values():
        with pytest.raises(Malformed) as caught:
            _parse(["Single", value | {"public_key": hostile}], group=group)
        assert caught.value.where == "[0].public_key"
    for hostile in (bad_scalars(group) | odd_scalars()).values():
        with pytest.raises(Malformed):
            _parse(["Single", replaced(value, ("pok", "response"), hostile)], group=group)


@pytest.mark.parametrize(
    "data",
    [
        b"[]",
        b"{}",
        b"null",
        b"[[]]",
        b'[["Single"]]',
        b'["Single"]',
        b'[["Single",null]]',
        b'[["Married",{}]]',
        b'[["Pedersen",{}]]',
        b'[["Pedersen",null]]',
        b'[[{"a":1},{}]]',
        dump([["Single", SINGLE, SINGLE]]),
        dump([["Single", SINGLE | {"name": 5}]]),
        dump([["Single", SINGLE | {"signature": 5}]]),
        dump([["Single", SINGLE]] * (MAX_TRUSTEES + 1)),
    ],
)
def test_a_list_of_trustees_that_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        Trustees.parse(VERSION_1, ED25519, data)


# One key, one trustee


def _copied(*pairs: list[Any]) -> None:
    with pytest.raises(Rejected, match="same key"):
        _parse(*pairs).verify_distinct()


def test_a_key_that_stands_twice_is_refused_wherever_it_stands() -> None:
    _parse(["Single", SINGLE], ["Pedersen", BLOCK]).verify_distinct()
    _copied(["Single", SINGLE], ["Single", SINGLE])
    _copied(["Pedersen", BLOCK], ["Pedersen", BLOCK])
    points = [BLOCK["verification_keys"][1]["public_key"]]
    for cert in BLOCK["certs"]:
        message = json.loads(cert["message"])
        points += [message["verification"], message["encryption"]]
    points += [json.loads(signed["message"])["coefexps"][0] for signed in BLOCK["coefexps"]]
    for point in points:
        _copied(["Pedersen", BLOCK], ["Single", SINGLE | {"public_key": point}])


# Threshold groups


def _refused(block: Any) -> ProtocolError:
    """The error of the first check that refuses `block`."""
    with pytest.raises(ProtocolError) as caught:
        Pedersen.parse(ED25519, block, 1).verify(VERSION_1)
    return caught.value


def _resigned(block: Any, kind: str, index: int, change: Callable[[Any], Any]) -> Any:
    """`block` with one signed message changed and signed again by its author."""
    key = VERSION_1.signing_key(ED25519, SEEDS[index])
    message = canonical(change(json.loads(block[kind][index]["message"]))).decode()
    return replaced(block, (kind, index), Signed.make(VERSION_1, key, message).to_json())


@pytest.mark.parametrize("threshold", [0, -1, 4, 1, 3, "2", None, 2.0, True])
def test_a_threshold_changed_afterwards_is_refused(threshold: object) -> None:
    _refused(BLOCK | {"threshold": threshold})


@pytest.mark.parametrize("part", ["certs", "coefexps", "signatures", "verification_keys"])
def test_a_group_with_a_part_short_long_exchanged_or_missing_is_refused(part: str) -> None:
    items = BLOCK[part]
    for wrong in (
        [],
        items[:2],
        [*items, items[0]],
        [items[1], items[0], items[2]],
        [items[0]] * 3,
        None,
        {},
        [None] * 3,
    ):
        _refused(BLOCK | {part: wrong})
    _refused({name: value for name, value in BLOCK.items() if name != part})


def test_every_signed_number_of_a_group_matters() -> None:
    Pedersen.parse(ED25519, BLOCK, 1).verify(VERSION_1)
    for path, leaf in leaves(BLOCK):
        if path == ("threshold",) or path[-1] == "message":
            continue
        point = path[-1] == "public_key"
        other = str(ED25519.parse_point(leaf) * ED25519.generator) if point else str((int(leaf) + 1) % ED25519.order)
        error = _refused(replaced(BLOCK, path, other))
        assert isinstance(error, Rejected)
        assert error.where.startswith(f"{path[0]}[{path[1]}]")


def test_a_message_changed_by_a_single_letter_is_refused() -> None:
    for kind in ("certs", "coefexps"):
        for index in range(3):
            message = BLOCK[kind][index]["message"]
            _refused(replaced(BLOCK, (kind, index, "message"), message.replace('":', '": ', 1)))


@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_polynomial_changed_after_the_shares_were_dealt_is_refused_even_when_signed(index: int) -> None:
    changed = _resigned(BLOCK, "coefexps", index, lambda _: {"coefexps": [str(ED25519.generator)] * 2})
    error = _refused(changed)
    assert isinstance(error, Rejected)
    assert error.where == f"signatures[{index}]"


def test_a_certificate_renewed_after_the_others_signed_it_is_refused() -> None:
    changed = _resigned(BLOCK, "certs", 1, lambda message: message | {"encryption": str(ED25519.generator)})
    error = _refused(changed)
    assert error.where.startswith("signatures[0]")


@pytest.mark.parametrize("size", [0, 1, 3])
def test_a_polynomial_of_another_degree_is_refused(size: int) -> None:
    error = _refused(_resigned(BLOCK, "coefexps", 2, lambda _: {"coefexps": [str(ED25519.generator)] * size}))
    assert isinstance(error, Malformed)
    assert error.where == "coefexps[2]"


def test_a_point_outside_the_group_is_refused_in_every_field_of_a_group() -> None:
    for hostile in (bad_points(ED25519) | odd_points(ED25519) | {"identity": str(ED25519.identity)}).values():

        def with_field(name: str, value: Any = hostile) -> Callable[[Any], Any]:
            return lambda message: message | {name: value}

        blocks = [
            replaced(BLOCK, ("verification_keys", 0, "public_key"), hostile),
            _resigned(BLOCK, "certs", 0, with_field("verification")),
            _resigned(BLOCK, "certs", 0, with_field("encryption")),
            _resigned(BLOCK, "coefexps", 0, with_field("coefexps", [str(ED25519.generator), hostile])),
            _resigned(BLOCK, "coefexps", 0, with_field("coefexps", [hostile, str(ED25519.generator)])),
        ]
        for block in blocks:
            assert isinstance(_refused(block), Malformed)


def test_a_number_that_is_no_scalar_is_refused_in_every_field_of_a_group() -> None:
    for path, leaf in leaves(BLOCK):
        if path[-1] in ("challenge", "response"):
            for hostile in (bad_scalars(ED25519) | {"leading zero": f"0{leaf}"}).values():
                with pytest.raises(Malformed):
                    Pedersen.parse(ED25519, replaced(BLOCK, path, hostile), 1)


def test_a_group_whose_trustees_have_not_signed_their_keys_is_refused() -> None:
    keys = [{name: part for name, part in key.items() if name != "signature"} for key in BLOCK["verification_keys"]]
    assert "before 3.0" in str(_refused(BLOCK | {"verification_keys": keys}))
    assert "before 2.5.1" in str(_refused({name: part for name, part in BLOCK.items() if name != "signatures"}))


@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_trustee_with_a_proven_and_signed_key_of_his_own_choice_is_refused(index: int) -> None:
    """Only the check against the polynomials can see it: with such a key his decryptions would pass and be wrong."""
    chosen = PublicKey.make(VERSION_1, ED25519.random())
    signing_key = VERSION_1.signing_key(ED25519, SEEDS[index])
    signature = Signed.make(VERSION_1, signing_key, str(chosen.point)).signature
    error = _refused(replaced(BLOCK, ("verification_keys", index), replace(chosen, signature=signature).to_json()))
    assert error.where == f"verification_keys[{index}]"
    assert "does not follow" in str(error)


def test_a_group_without_anybody_or_with_a_crowd_is_refused() -> None:
    for size in (0, MAX_TRUSTEES + 1):
        with pytest.raises(Malformed, match="from 1 to"):
            Pedersen.parse(ED25519, BLOCK | {"certs": [BLOCK["certs"][0]] * size}, 1)


def test_names_are_those_of_the_record() -> None:
    block = replaced(BLOCK, ("verification_keys", 1), BLOCK["verification_keys"][1] | {"name": "<b>Basma"})
    trustees = _parse(["Single", SINGLE], ["Pedersen", block])
    assert trustees.names == {1: "سلمى", 2: None, 3: "<b>Basma", 4: None}


def test_the_key_of_the_election_is_the_product_of_all() -> None:
    sample = small_election(ED25519, threshold=(2, 3))
    block = sample.trustees.members[-1]
    singles = ED25519.product(ED25519.generator ** sample.private[owner] for owner in (1, 2))
    assert sample.trustees.combined_key() == singles * block.public == sample.election.public_key


# Interpolation


@patient
@given(st.lists(st.integers(0, ED25519.order - 1), min_size=1, max_size=5), st.data())
def test_any_t_shares_give_the_secret_back(polynomial: list[int], data: st.DataObject) -> None:
    size = len(polynomial)
    indexes = data.draw(st.lists(st.integers(1, 256), min_size=size, max_size=size, unique=True))
    total = 0
    for index, coefficient in lagrange(ED25519, indexes).items():
        total += int(coefficient) * sum(a * index**power for power, a in enumerate(polynomial))
    assert total % ED25519.order == polynomial[0]
