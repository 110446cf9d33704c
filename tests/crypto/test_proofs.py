"""Proofs: the honest pass, nobody else does, and every input of every challenge matters."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.elgamal import Ciphertext, encrypt
from crypto.errors import Malformed, Rejected, Unsupported
from crypto.groups import BELENIOS_2048, ED25519, Group, Point, Scalar
from crypto.proofs import (
    Proof,
    prove_equal_logarithms,
    prove_knowledge,
    prove_one_of,
    verify_equal_logarithms,
    verify_knowledge,
    verify_one_of,
)
from crypto.transcripts import VERSION_1, coefexps_commitment, key_commitment, of_version, strong_decryption
from crypto.trustees import Certificate
from tests.crypto.samples import ALL_GROUPS, bad_scalars, brief, done_ceremony, odd_scalars

every_group = pytest.mark.parametrize("group", ALL_GROUPS, ids=lambda group: group.name)
two_groups = st.sampled_from([ED25519, BELENIOS_2048])

ONE, TWO, THREE, FOUR, FIVE = (ED25519.generator ** ED25519.scalar(n) for n in range(1, 6))


def bound_to(group: Group, *context: object) -> Callable[..., Scalar]:
    """A challenge over a context and any commitments."""
    return lambda *points: group.challenge("|".join(str(part) for part in context) + "|", *points)


def bound_to_many(group: Group, *context: object) -> Callable[[Sequence[Point]], Scalar]:
    """The same for a list of commitments."""
    return lambda points: group.challenge("|".join(str(part) for part in context) + "|", *points)


# Knowledge of a key


@every_group
def test_who_knows_a_key_can_prove_it(group: Group) -> None:
    key = group.random()
    public = group.generator**key
    verify_knowledge(prove_knowledge(key, bound_to(group, public)), public, bound_to(group, public))


@every_group
def test_a_proof_of_one_key_is_no_proof_of_another(group: Group) -> None:
    key, public = group.random(), group.generator ** group.random()
    own = group.generator**key
    with pytest.raises(Rejected):
        verify_knowledge(prove_knowledge(key, bound_to(group, public)), public, bound_to(group, public))
    with pytest.raises(Rejected):
        verify_knowledge(prove_knowledge(key, bound_to(group, own)), own, bound_to(group, public))


@every_group
def test_a_proof_with_either_number_changed_is_refused(group: Group) -> None:
    key = group.random()
    public = group.generator**key
    proof = prove_knowledge(key, bound_to(group, public))
    for forged in (
        replace(proof, challenge=proof.challenge + group.scalar(1)),
        replace(proof, response=proof.response + group.scalar(1)),
        Proof(proof.response, proof.challenge),
        Proof(group.scalar(0), group.scalar(0)),
    ):
        with pytest.raises(Rejected):
            verify_knowledge(forged, public, bound_to(group, public))


@every_group
def test_two_proofs_of_one_key_share_no_nonce(group: Group) -> None:
    key = group.random()
    one, other = (prove_knowledge(key, bound_to(group, "x")) for _ in range(2))
    assert one.challenge != other.challenge


def test_the_neutral_element_is_proven_with_the_secret_zero() -> None:
    nothing = ED25519.parse_secret("0")
    proof = prove_knowledge(nothing, bound_to(ED25519, "x"))
    verify_knowledge(proof, ED25519.identity, bound_to(ED25519, "x"))


def _key_fitting_afterwards(challenge: Callable[[Point], Scalar]) -> tuple[Proof, Point]:
    """The attack on a challenge that leaves the key out: commitment first, then the key that fits."""
    commitment = ED25519.generator ** ED25519.random()
    c, r = challenge(commitment), ED25519.random().reveal()
    inverse = ED25519.scalar(pow(int(c), -1, ED25519.order))
    return Proof(c, r), (commitment / ED25519.generator**r) ** inverse


def test_a_key_made_to_fit_a_signature_deceives_who_leaves_the_key_out_of_the_hash() -> None:
    def challenge(commitment: Point) -> Scalar:
        return VERSION_1.signed_message("any text", commitment)

    proof, key = _key_fitting_afterwards(challenge)
    verify_knowledge(proof, key, challenge)  # the known weakness of version 1, PROTOCOL.md section 10


def test_a_key_made_to_fit_a_proof_of_possession_is_refused() -> None:
    proof, key = _key_fitting_afterwards(lambda commitment: VERSION_1.possession(TWO, commitment))
    with pytest.raises(Rejected):
        verify_knowledge(proof, key, lambda commitment: VERSION_1.possession(key, commitment))


def test_a_certificate_signed_by_a_key_made_to_fit_is_refused_because_it_names_its_key() -> None:
    cert = done_ceremony(ED25519, 3, 2).certs[0]
    message = cert.signed.message
    proof, key = _key_fitting_afterwards(lambda commitment: VERSION_1.signed_message(message, commitment))
    signed = replace(cert.signed, message=message.replace(str(cert.verification), str(key)), signature=proof)
    with pytest.raises(Rejected):
        Certificate(signed, key, cert.encryption).verify(VERSION_1)


# Equality of logarithms


@brief
@given(two_groups, st.integers(0, 5))
def test_equal_logarithms_are_proven_for_every_base_the_neutral_one_included(group: Group, exponent: int) -> None:
    secret, base = group.random(), group.generator ** group.scalar(exponent)
    public, power = group.generator**secret, base**secret
    proof = prove_equal_logarithms(secret, base, bound_to(group, base, power))
    verify_equal_logarithms(proof, public, base, power, bound_to(group, base, power))


@every_group
def test_unequal_logarithms_are_refused_whichever_part_is_wrong(group: Group) -> None:
    secret, base = group.random(), group.generator ** group.random()
    public, power = group.generator**secret, base**secret
    challenge = bound_to(group, "x")
    proof = prove_equal_logarithms(secret, base, challenge)
    g = group.generator
    for wrong in (
        (public * g, base, power),
        (public, base * g, power),
        (public, base, power * g),
        (power, base, public),
        (public, power, base),
        (public, base, group.identity),
    ):
        with pytest.raises(Rejected):
            verify_equal_logarithms(proof, *wrong, challenge)


# One of many


@brief
@given(two_groups, st.integers(1, 4), st.data())
def test_whichever_branch_is_true_the_proof_holds(group: Group, size: int, data: st.DataObject) -> None:
    true = data.draw(st.integers(0, size - 1))
    key, r = group.generator ** group.random(), group.random()
    ciphertext = encrypt(key, group.generator ** group.scalar(true), r)
    branches = [ciphertext.minus(value) for value in range(size)]
    proofs = prove_one_of(branches, true, r, key, bound_to_many(group, ciphertext))
    assert len(proofs) == size
    verify_one_of(branches, proofs, key, bound_to_many(group, ciphertext))


@pytest.mark.parametrize("plaintext", [2, -1, 7])
@pytest.mark.parametrize("claimed", [0, 1])
@every_group
def test_no_proof_says_that_another_number_is_zero_or_one(group: Group, plaintext: int, claimed: int) -> None:
    key, r = group.generator ** group.random(), group.random()
    ciphertext = encrypt(key, group.generator ** group.scalar(plaintext), r)
    branches = [ciphertext, ciphertext.minus(1)]
    proofs = prove_one_of(branches, claimed, r, key, bound_to_many(group, ciphertext))
    with pytest.raises(Rejected):
        verify_one_of(branches, proofs, key, bound_to_many(group, ciphertext))


def _zero_or_one() -> tuple[Point, list[Ciphertext], list[Proof], Callable[[Sequence[Point]], Scalar]]:
    key, r = ED25519.generator ** ED25519.random(), ED25519.random()
    ciphertext = encrypt(key, ED25519.generator, r)
    branches = [ciphertext, ciphertext.minus(1)]
    challenge = bound_to_many(ED25519, ciphertext)
    return key, branches, prove_one_of(branches, 1, r, key, challenge), challenge


def test_every_number_of_a_disjunction_matters() -> None:
    key, branches, proofs, challenge = _zero_or_one()
    verify_one_of(branches, proofs, key, challenge)
    one = ED25519.scalar(1)
    a, b = proofs
    for forged in (
        [replace(a, challenge=a.challenge + one), b],
        [replace(a, challenge=a.challenge + one), replace(b, challenge=b.challenge - one)],
        [replace(a, response=a.response + one), b],
        [a, replace(b, response=b.response + one)],
        [b, a],
        [a, a],
    ):
        with pytest.raises(Rejected):
            verify_one_of(branches, forged, key, challenge)


def test_another_statement_another_key_or_another_order_of_branches_is_refused() -> None:
    key, branches, proofs, challenge = _zero_or_one()
    with pytest.raises(Rejected):
        verify_one_of(branches, proofs, key, bound_to_many(ED25519, "another"))
    with pytest.raises(Rejected):
        verify_one_of(branches, proofs, key * ED25519.generator, challenge)
    with pytest.raises(Rejected):
        verify_one_of(branches[::-1], proofs, key, challenge)


def test_a_disjunction_must_have_one_proof_a_branch() -> None:
    key, branches, proofs, challenge = _zero_or_one()
    for wrong in ([], proofs[:1], [*proofs, proofs[0]]):
        with pytest.raises(Rejected, match="proofs where 2 belong"):
            verify_one_of(branches, wrong, key, challenge)


# What is hashed

TRANSCRIPTS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "possession": (VERSION_1.possession, (ONE, TWO)),
    "signed message": (VERSION_1.signed_message, ("message", TWO)),
    "ballot signature": (VERSION_1.ballot_signature, ("hash", TWO)),
    "answers": (VERSION_1.answers, ("fingerprint", ONE)),
    "member": (VERSION_1.member, ("statement", "alpha,beta", (ONE, TWO))),
    "blank": (VERSION_1.blank, ("statement", (ONE, TWO))),
    "blank overall": (VERSION_1.blank_overall, ("statement", (ONE, TWO))),
    "decryption": (VERSION_1.decryption, ("fingerprint", ONE, TWO, THREE)),
    "certificates": (VERSION_1.certificates, ("text",)),
    "strong decryption": (strong_decryption, (ED25519, "fingerprint", 1, 2, 3, (ONE, TWO, THREE, FOUR, FIVE))),
    "coefexps commitment": (coefexps_commitment, ("certificates", 1, "message")),
    "key commitment": (key_commitment, (b"key",)),
}


def _others(value: Any) -> list[Any]:
    """Values next to `value`: one for a plain value, for a list of points one a place, and a swap."""
    if isinstance(value, tuple):
        changed = [(*value[:i], value[i] * ONE * FIVE, *value[i + 1 :]) for i in range(len(value))]
        return [*changed, (value[1], value[0], *value[2:]), value[:-1]]
    if isinstance(value, Point):
        return [value * FIVE]
    if isinstance(value, Group):
        return [BELENIOS_2048]
    return [value + 1 if isinstance(value, int) else value + (b"x" if isinstance(value, bytes) else "x")]


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_every_input_of_every_challenge_matters(name: str) -> None:
    function, arguments = TRANSCRIPTS[name]
    seen = [str(function(*arguments))]
    for index, argument in enumerate(arguments):
        seen += [str(function(*arguments[:index], other, *arguments[index + 1 :])) for other in _others(argument)]
    assert len(set(seen)) == len(seen)


def test_no_two_kinds_of_challenge_are_alike_for_the_same_inputs() -> None:
    challenges = [
        VERSION_1.possession(ONE, TWO),
        VERSION_1.signed_message(str(ONE), TWO),
        VERSION_1.ballot_signature(str(ONE), TWO),
        VERSION_1.blank(str(ONE), [TWO]),
        VERSION_1.blank_overall(str(ONE), [TWO]),
        VERSION_1.member(str(ONE), "", [TWO]),
        VERSION_1.decryption(str(ONE), ONE, TWO, TWO),
    ]
    assert all(a != b for a, b in pairwise(sorted(challenges, key=int)))


@pytest.mark.parametrize("number", [0, 2, 3, -1])
def test_another_protocol_version_is_refused_as_unsupported(number: int) -> None:
    assert of_version(1) is VERSION_1
    with pytest.raises(Unsupported):
        of_version(number)


# Reading


@every_group
def test_a_proof_is_read_as_it_is_written(group: Group) -> None:
    proof = prove_knowledge(group.random(), bound_to(group, "x"))
    assert Proof.parse(group, proof.to_json()) == proof
    assert list(proof.to_json()) == ["challenge", "response"]


@pytest.mark.parametrize("field", ["challenge", "response"])
@pytest.mark.parametrize("name", bad_scalars(ED25519))
def test_a_proof_with_a_number_that_is_no_scalar_is_refused(name: str, field: str) -> None:
    value = {"challenge": "1", "response": "1"} | {field: bad_scalars(ED25519)[name]}
    for read in (Proof.parse, Proof.parse_lenient):
        with pytest.raises(Malformed):
            read(ED25519, value)


@pytest.mark.parametrize("spelling", odd_scalars().values(), ids=odd_scalars())
def test_a_proof_in_another_spelling_is_read_only_where_belenios_tool_reads_it(spelling: str) -> None:
    value = {"challenge": spelling, "response": "2"}
    with pytest.raises(Malformed):
        Proof.parse(ED25519, value)
    assert Proof.parse_lenient(ED25519, value) == Proof(ED25519.scalar(1), ED25519.scalar(2))


@pytest.mark.parametrize("value", [{}, {"challenge": "1"}, {"response": "1"}, [], None, "1"])
def test_half_a_proof_is_refused(value: object) -> None:
    with pytest.raises(Malformed):
        Proof.parse(ED25519, value)
