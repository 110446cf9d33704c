"""Zero-knowledge proofs of version 1 (PROTOCOL.md section 0): knowledge of a logarithm, equality of two, one of many.

Convention: commitment A = g^w, challenge c, response r = w - x*c; the verifier recomputes A = g^r * X^c. Every
verifying function returns quietly or raises `Rejected`. Nonces are made here and never leave.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from crypto.elgamal import Ciphertext
from crypto.encoding import members
from crypto.errors import Rejected
from crypto.groups import Group, Point, Scalar, Secret

Challenge = Callable[[Point], Scalar]
Challenge2 = Callable[[Point, Point], Scalar]
ChallengeMany = Callable[[Sequence[Point]], Scalar]


@dataclass(frozen=True, slots=True)
class Proof:
    """A challenge and a response, both scalars of one group."""

    challenge: Scalar
    response: Scalar

    @classmethod
    def parse(cls, group: Group, value: object) -> Self:
        """From `{"challenge","response"}` in canonical decimal."""
        fields = members(value, "challenge", "response")
        return cls(group.parse_scalar(fields["challenge"]), group.parse_scalar(fields["response"]))

    @classmethod
    def parse_lenient(cls, group: Group, value: object) -> Self:
        """As found inside recorded answers, in any spelling that belenios-tool takes."""
        fields = members(value, "challenge", "response")
        return cls(group.parse_scalar_lenient(fields["challenge"]), group.parse_scalar_lenient(fields["response"]))

    def to_json(self) -> dict[str, Any]:
        """The wire's object, keys in order."""
        return {"challenge": str(self.challenge), "response": str(self.response)}


def prove_knowledge(secret: Secret, challenge: Challenge) -> Proof:
    """That the prover knows x with X = g^x; `challenge` must bind X."""
    group = secret.group
    nonce = group.random()
    c = challenge(group.generator**nonce)
    return Proof(c, _respond(nonce, secret, c))


def verify_knowledge(proof: Proof, public: Point, challenge: Challenge) -> None:
    """Check `prove_knowledge`."""
    commitment = public.group.generator**proof.response * public**proof.challenge
    if challenge(commitment) != proof.challenge:
        raise Rejected("the proof does not fit the key %(key)s", key=str(public))


def prove_equal_logarithms(secret: Secret, base: Point, challenge: Challenge2) -> Proof:
    """That log_g(g^x) = log_base(base^x) (Chaum and Pedersen 1992); `challenge` takes (g^w, base^w)."""
    group = secret.group
    nonce = group.random()
    c = challenge(group.generator**nonce, base**nonce)
    return Proof(c, _respond(nonce, secret, c))


def verify_equal_logarithms(proof: Proof, public: Point, base: Point, power: Point, challenge: Challenge2) -> None:
    """Check that `public` and `power` are g and `base` raised to one same exponent."""
    by_generator = public.group.generator**proof.response * public**proof.challenge
    by_base = base**proof.response * power**proof.challenge
    if challenge(by_generator, by_base) != proof.challenge:
        raise Rejected("the proof of correct decryption does not hold")


def prove_one_of(
    branches: Sequence[Ciphertext], true: int, witness: Secret, key: Point, challenge: ChallengeMany
) -> list[Proof]:
    """That one branch encrypts the neutral element: branch `true` is (g^witness, key^witness).

    Cramer, Damgård and Schoenmakers 1994: the other branches are simulated, all challenges sum to the hash. Every
    branch costs the same whichever is true.
    """
    group = key.group
    nonce = group.random()
    made: list[Proof | None] = []
    commitments: list[Point] = []
    spent = group.scalar(0)
    for index, branch in enumerate(branches):
        if index == true:
            made.append(None)
            commitments += [group.generator**nonce, key**nonce]
        else:
            proof = Proof(group.random().reveal(), group.random().reveal())
            made.append(proof)
            commitments += _recompute(proof, branch, key)
            spent = spent + proof.challenge
    c = challenge(commitments) - spent
    own = Proof(c, _respond(nonce, witness, c))
    return [proof or own for proof in made]


def verify_one_of(
    branches: Sequence[Ciphertext], proofs: Sequence[Proof], key: Point, challenge: ChallengeMany
) -> None:
    """Check `prove_one_of`; there must be one proof a branch."""
    if len(branches) != len(proofs):
        raise Rejected("%(found)s proofs where %(expected)s belong", found=len(proofs), expected=len(branches))
    commitments: list[Point] = []
    total = key.group.scalar(0)
    for branch, proof in zip(branches, proofs, strict=True):
        commitments += _recompute(proof, branch, key)
        total = total + proof.challenge
    if challenge(commitments) != total:
        raise Rejected("the proof does not hold")


def _recompute(proof: Proof, branch: Ciphertext, key: Point) -> list[Point]:
    return [
        key.group.generator**proof.response * branch.alpha**proof.challenge,
        key**proof.response * branch.beta**proof.challenge,
    ]


def _respond(nonce: Secret, secret: Secret, challenge: Scalar) -> Scalar:
    response = nonce - secret * challenge
    assert isinstance(response, Secret)
    return response.reveal()
