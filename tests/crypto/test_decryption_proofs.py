"""The attack on version 1's proof of decryption, carried out, and the strong proof that stops it.

The challenge of version 1 is H("decrypt|FP|Y|"; A, B) with A = g^r Y^c and B = alpha^r F^c. Neither alpha nor F is
hashed. Who fixes A = g^a and B first knows c; with r = a - d c the first equation holds, and the second one becomes an
equation for F (or, for somebody who may still choose alpha, for alpha).
"""

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from crypto import decryption_proofs, tally
from crypto.ballot import Ballot
from crypto.decryption_proofs import StrongProofs, file_json, parse_file
from crypto.election import Election
from crypto.encoding import sha256_hex
from crypto.errors import Malformed, Rejected, Unsupported
from crypto.groups import ED25519, Point, Scalar, Secret
from crypto.proofs import Proof
from crypto.tally import PartialDecryption
from crypto.transcripts import VERSION_1, strong_decryption
from tests.crypto.samples import (
    BLANK_ALLOWED,
    YES_NO,
    Sample,
    bad_scalars,
    dump,
    leaves,
    odd_scalars,
    replaced,
    small_election,
)

G = ED25519.generator
EVIL = 2
"""The owner who cheats; the other trustee is honest."""


def _scalar(value: int) -> Scalar:
    return ED25519.scalar(value)


def _inverse(value: Scalar) -> Scalar:
    return _scalar(pow(int(value), -1, ED25519.order))


def _sum(sample: Sample, ballots: list[Ballot]) -> tally.Ciphertexts:
    total = tally.empty(sample.election)
    for ballot in ballots:
        total = tally.add(total, [answer.choices for answer in ballot.homomorphic()])
    return total


def _honest() -> tuple[Sample, tally.Ciphertexts, PartialDecryption]:
    sample = small_election(ED25519, (YES_NO, BLANK_ALLOWED))
    total = _sum(sample, [sample.seal(0, [1, 0], [0, 1, 1]).ballot, sample.seal(1, [0, 1], [1, 0, 0]).ballot])
    return sample, total, tally.decrypt(sample.election, total, sample.private[EVIL])


def _prove(sample: Sample, total: tally.Ciphertexts, decryption: PartialDecryption) -> StrongProofs:
    return decryption_proofs.prove(sample.election, total, EVIL, sample.private[EVIL], decryption)


def _with(rows: Any, question: int, answer: int, value: Any) -> Any:
    return tuple(
        tuple(value if (q, a) == (question, answer) else item for a, item in enumerate(row))
        for q, row in enumerate(rows)
    )


# The honest


def test_an_honest_trustee_passes_both_proofs() -> None:
    sample, total, decryption = _honest()
    key = sample.trustees.keys[EVIL]
    decryption.verify(sample.election, total, key)
    _prove(sample, total, decryption).verify(sample.election, total, key, decryption)


def test_the_tally_of_no_ballots_can_be_proven_too() -> None:
    sample = small_election(ED25519, (YES_NO,))
    total = tally.empty(sample.election)
    decryption = tally.decrypt(sample.election, total, sample.private[EVIL])
    _prove(sample, total, decryption).verify(sample.election, total, sample.trustees.keys[EVIL], decryption)


# The attack


def test_a_factor_chosen_after_the_challenge_passes_version_1_and_not_the_strong_proof() -> None:
    """The simple form: alpha is what it is, the trustee alone puts any wrong factor in place of the right one."""
    sample, total, honest = _honest()
    d, key, alpha = sample.private[EVIL], sample.trustees.keys[EVIL], total[0][0].alpha
    a, b_point = ED25519.random(), G ** ED25519.random()
    c = VERSION_1.decryption(sample.election.fingerprint, key, G**a, b_point)
    r = (a - d * c).reveal()
    factor = (b_point / alpha**r) ** _inverse(c)
    forged = PartialDecryption(_with(honest.factors, 0, 0, factor), _with(honest.proofs, 0, 0, Proof(c, r)))
    assert factor != honest.factors[0][0]

    forged.verify(sample.election, total, key)  # version 1 is deceived

    for strong in (
        _prove(sample, total, forged),
        _prove(sample, total, honest),
        _adapted(sample, total, forged, a, b_point),
    ):
        with pytest.raises(Rejected) as caught:
            strong.verify(sample.election, total, key, forged)
        assert caught.value.where == "proofs[0][0]"


def _adapted(
    sample: Sample, total: tally.Ciphertexts, forged: PartialDecryption, a: Secret, b_point: Point
) -> StrongProofs:
    """The same trick tried against the strong transcript, which hashes the factor: the second equation fails."""
    key, alpha, factor = sample.trustees.keys[EVIL], total[0][0].alpha, forged.factors[0][0]
    c = strong_decryption(ED25519, sample.election.fingerprint, EVIL, 0, 0, (key, alpha, factor, G**a, b_point))
    proof = Proof(c, (a - sample.private[EVIL] * c).reveal())
    made = _prove(sample, total, forged)
    return replace(made, proofs=_with(made.proofs, 0, 0, proof))


class Conspiracy:
    """A trustee and the last voter move votes from one answer to the other and nobody sees it in version 1.

    Before the last vote the trustee fixes, for each answer, A = g^a and B = alpha_others^a g^b, and so learns c. The
    voter takes the randomness (b - k c) / a, so that alpha^a g^(k c) = B for the final alpha. Then the factor
    alpha^d g^k passes with the response a - d c, and the count of that answer falls by k.
    """

    def __init__(self, shift: int) -> None:
        self.sample = small_election(ED25519, (YES_NO,), voters=4)
        election, key = self.sample.election, self.sample.trustees.keys[EVIL]
        d = self.sample.private[EVIL]
        others = [self.sample.seal(voter, choice).ballot for voter, choice in ((0, [1, 0]), (1, [1, 0]), (2, [1, 0]))]
        before = _sum(self.sample, others)
        randomness, self.forged = [], []
        for answer, k in enumerate((shift, -shift)):
            a, b = (int(ED25519.random().export()) for _ in range(2))
            b_point = before[0][answer].alpha ** _scalar(a) * G ** _scalar(b)
            c = VERSION_1.decryption(election.fingerprint, key, G ** _scalar(a), b_point)
            randomness.append((b - k * int(c)) * pow(a, -1, ED25519.order) % ED25519.order)
            self.forged.append((k, Proof(c, (ED25519.parse_secret(str(a)) - d * c).reveal())))
        credential = G ** self.sample.keys[3]
        device = self.sample.device
        last = device.sign(self.sample.keys[3], [device.answer(0, credential, [0, 1], randomness)])
        ballot = Ballot.parse(election, last)
        ballot.verify(election)  # an ordinary ballot to every eye
        self.total = _sum(self.sample, [*others, ballot])
        honest = tally.decrypt(election, self.total, d)
        self.honest = honest
        self.decryption = PartialDecryption(
            (tuple(f * G ** _scalar(k) for f, (k, _) in zip(honest.factors[0], self.forged, strict=True)),),
            (tuple(proof for _, proof in self.forged),),
        )

    def count(self, decryption: PartialDecryption) -> list[list[int]]:
        """The result with this decryption by the trustee who cheats."""
        parts = {1: tally.decrypt(self.sample.election, self.total, self.sample.private[1]), EVIL: decryption}
        points = tally.messages(self.total, tally.combine(self.sample.trustees, parts))
        return tally.counts(ED25519, points, 4)


@pytest.mark.parametrize(("shift", "published"), [(1, [2, 2]), (2, [1, 3]), (3, [0, 4]), (-1, [4, 0])])
def test_a_trustee_and_the_last_voter_turn_the_result_round_under_version_1_and_are_caught_by_the_strong_proof(
    shift: int, published: list[int]
) -> None:
    plot = Conspiracy(shift)
    election, key = plot.sample.election, plot.sample.trustees.keys[EVIL]
    assert plot.count(plot.honest) == [[3, 1]]

    plot.decryption.verify(election, plot.total, key)  # version 1 is deceived
    assert plot.count(plot.decryption) == [published]

    reused = StrongProofs(EVIL, sha256_hex(plot.decryption.to_json()), plot.decryption.proofs)
    for strong in (
        _prove(plot.sample, plot.total, plot.decryption),
        _prove(plot.sample, plot.total, plot.honest),
        reused,
    ):
        with pytest.raises(Rejected) as caught:
            strong.verify(election, plot.total, key, plot.decryption)
        assert caught.value.where == "proofs[0][0]"
    _prove(plot.sample, plot.total, plot.honest).verify(election, plot.total, key, plot.honest)


def test_a_wrong_factor_for_the_neutral_ciphertext_is_refused() -> None:
    """With alpha = 1 version 1 says only that B = F^c; the trustee picks B and takes the root."""
    sample = small_election(ED25519, (YES_NO,))
    total = tally.empty(sample.election)
    honest = tally.decrypt(sample.election, total, sample.private[EVIL])
    key, a = sample.trustees.keys[EVIL], ED25519.random()
    b_point = G ** ED25519.random()
    c = VERSION_1.decryption(sample.election.fingerprint, key, G**a, b_point)
    proof = Proof(c, (a - sample.private[EVIL] * c).reveal())
    forged = PartialDecryption(_with(honest.factors, 0, 0, b_point ** _inverse(c)), _with(honest.proofs, 0, 0, proof))
    forged.verify(sample.election, total, key)  # version 1 is deceived
    with pytest.raises(Rejected):
        _prove(sample, total, forged).verify(sample.election, total, key, forged)


# What the strong proof is bound to


def test_the_challenge_is_the_one_that_the_documentation_spells_out() -> None:
    sample, total, decryption = _honest()
    key = sample.trustees.keys[EVIL]
    for question, row in enumerate(_prove(sample, total, decryption).proofs):
        for answer, proof in enumerate(row):
            alpha, factor = total[question][answer].alpha, decryption.factors[question][answer]
            a = G**proof.response * key**proof.challenge
            b = alpha**proof.response * factor**proof.challenge
            text = f"sawtuna|decryption-proof|1|Ed25519|{sample.election.fingerprint}|{EVIL}|{question}|{answer}|"
            text += f"{key},{alpha},{factor},{a},{b}"
            expected = int(hashlib.sha512(text.encode()).hexdigest(), 16) % ED25519.order
            assert int(proof.challenge) == expected


def test_every_number_of_a_strong_proof_matters() -> None:
    sample, total, decryption = _honest()
    key = sample.trustees.keys[EVIL]
    made = _prove(sample, total, decryption)
    value = made.to_json()
    for path, leaf in leaves(value["proofs"], ("proofs",)):
        wrong = StrongProofs.parse(sample.election, replaced(value, path, str((int(leaf) + 1) % ED25519.order)))
        with pytest.raises(Rejected) as caught:
            wrong.verify(sample.election, total, key, decryption)
        assert caught.value.where == f"proofs[{path[1]}][{path[2]}]"


def test_a_strong_proof_is_good_for_one_owner_one_place_one_tally_and_one_election() -> None:
    sample, total, decryption = _honest()
    key = sample.trustees.keys[EVIL]
    made = _prove(sample, total, decryption)
    other_total = _sum(sample, [sample.seal(2, [1, 0], [1, 0, 0]).ballot])
    renamed = Election.parse(sample.election.data.replace(b"A test", b"B test"))
    exchanged = (made.proofs[0][::-1], made.proofs[1])
    for proofs, election, summed, owner_key in (
        (replace(made, owner=1), sample.election, total, key),
        (replace(made, proofs=exchanged), sample.election, total, key),
        (made, renamed, total, key),
        (made, sample.election, other_total, key),
        (made, sample.election, total, sample.trustees.keys[1]),
    ):
        with pytest.raises(Rejected):
            proofs.verify(election, summed, owner_key, decryption)


def test_a_strong_proof_cannot_be_moved_to_another_question_with_the_same_ciphertext() -> None:
    sample = small_election(ED25519, (YES_NO, YES_NO))
    (row,) = [answer.choices for answer in sample.seal(0, [1, 0], [1, 0]).ballot.homomorphic()][:1]
    total = (row, row)
    decryption = tally.decrypt(sample.election, total, sample.private[EVIL])
    made = _prove(sample, total, decryption)
    made.verify(sample.election, total, sample.trustees.keys[EVIL], decryption)
    with pytest.raises(Rejected):
        replace(made, proofs=made.proofs[::-1]).verify(sample.election, total, sample.trustees.keys[EVIL], decryption)


def test_strong_proofs_of_another_shape_are_refused() -> None:
    sample, total, decryption = _honest()
    made = _prove(sample, total, decryption)
    rows = made.proofs
    for wrong in (
        (),
        rows[:1],
        (*rows, rows[0]),
        rows[::-1],
        (rows[0][:1], rows[1]),
        ((*rows[0], rows[0][0]), rows[1]),
    ):
        with pytest.raises(Rejected, match="one proof an answer"):
            replace(made, proofs=wrong).verify(sample.election, total, sample.trustees.keys[EVIL], decryption)


# The file


def _file() -> tuple[Sample, dict[str, Any]]:
    sample, total, decryption = _honest()
    first = decryption_proofs.prove(
        sample.election, total, 1, sample.private[1], tally.decrypt(sample.election, total, sample.private[1])
    )
    data = file_json(sample.election, [_prove(sample, total, decryption), first])
    assert data.endswith(b"}\n")
    assert list(parse_file(sample.election, data)) == [1, 2]
    assert parse_file(sample.election, data)[1] == first
    return sample, json.loads(data)


def test_the_file_is_read_as_it_is_written_with_owners_ascending() -> None:
    sample, value = _file()
    assert [entry["owner"] for entry in value["decryptions"]] == [1, 2]
    assert file_json(sample.election, list(parse_file(sample.election, dump(value)).values())) == dump(value) + b"\n"


def test_a_file_of_another_election_is_refused() -> None:
    sample, value = _file()
    for change in ({"uuid": "B" * 14}, {"election_hash": "A" * 43}, {"uuid": None}):
        with pytest.raises(Rejected, match="another election"):
            parse_file(sample.election, dump(value | change))


def test_a_file_of_another_format_is_unsupported_and_of_no_format_malformed() -> None:
    sample, value = _file()
    for version in (0, 2, 1_000_000):
        with pytest.raises(Unsupported):
            parse_file(sample.election, dump(value | {"version": version}))
    for version in ("1", None, [1], 1.0, True):
        with pytest.raises(Malformed):
            parse_file(sample.election, dump(value | {"version": version}))


def test_a_trustee_who_stands_twice_in_the_file_is_refused() -> None:
    sample, value = _file()
    with pytest.raises(Malformed, match="twice"):
        parse_file(sample.election, dump(value | {"decryptions": value["decryptions"] * 2}))


def test_a_file_with_anything_missing_or_of_another_kind_is_refused() -> None:
    sample, value = _file()
    entry = value["decryptions"][0]
    for key in value:
        with pytest.raises(Malformed):
            parse_file(sample.election, dump({name: part for name, part in value.items() if name != key}))
    for wrong in (
        {},
        entry | {"owner": 0},
        entry | {"owner": "1"},
        entry | {"owner": True},
        entry | {"payload": "A" * 64},
        entry | {"payload": None},
        entry | {"proofs": {}},
        entry | {"proofs": [5]},
        entry | {"proofs": [[5]]},
    ):
        with pytest.raises(Malformed):
            parse_file(sample.election, dump(value | {"decryptions": [wrong]}))


def test_a_number_that_is_no_scalar_is_refused_in_the_file_with_its_place() -> None:
    sample, value = _file()
    for hostile in (bad_scalars(ED25519) | odd_scalars()).values():
        broken = replaced(value, ("decryptions", 1, "proofs", 0, 1, "response"), hostile)
        with pytest.raises(Malformed) as caught:
            parse_file(sample.election, dump(broken))
        assert caught.value.where.startswith("decryptions[1].proofs[0]")
