"""One encrypted answer: made by the voter's device, checked by everybody (PROTOCOL.md section 6).

`Answer` is the homomorphic kind, which this version verifies. Ranked and Lists answers are parsed, so that a record
which holds them can be read and every element in it checked, and no more is claimed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from crypto.election import Homomorphic, Lists, Question, Ranked
from crypto.elgamal import Ciphertext, encrypt, product
from crypto.encoding import array, members
from crypto.errors import ProtocolError, Rejected, within
from crypto.groups import Group, Point, Scalar, Secret
from crypto.proofs import Proof, prove_one_of, verify_one_of
from crypto.transcripts import Version1


@dataclass(frozen=True, slots=True)
class Answer:
    """Ciphertexts of zeros and ones, one an answer (the blank vote first), with their proofs."""

    choices: tuple[Ciphertext, ...]
    individual_proofs: tuple[tuple[Proof, ...], ...]
    overall_proof: tuple[Proof, ...]
    blank_proof: tuple[Proof, ...] | None

    @classmethod
    def parse(cls, group: Group, value: object, size: int) -> Self:
        """As recorded: every element in the group, scalars in range, spelling as lenient as belenios-tool's.

        `size` is the number of ciphertexts that the question asks for.
        """
        fields = members(value, "choices", "individual_proofs", "overall_proof")
        choices = []
        for index, choice in enumerate(array(fields["choices"], size)):
            with within("choices", index):
                choices.append(Ciphertext.parse_lenient(group, choice))
        individual = []
        for index, proofs in enumerate(array(fields["individual_proofs"], len(choices))):
            with within("individual_proofs", index):
                individual.append(_proofs(group, proofs))
        with within("overall_proof"):
            overall = _proofs(group, fields["overall_proof"])
        blank = None
        if fields.get("blank_proof") is not None:
            with within("blank_proof"):
                blank = _proofs(group, fields["blank_proof"])
        return cls(tuple(choices), tuple(individual), overall, blank)

    def to_json(self) -> dict[str, Any]:
        """The wire's object, keys in order."""
        value: dict[str, Any] = {
            "choices": [choice.to_json() for choice in self.choices],
            "individual_proofs": [[proof.to_json() for proof in proofs] for proofs in self.individual_proofs],
            "overall_proof": [proof.to_json() for proof in self.overall_proof],
        }
        if self.blank_proof is not None:
            value["blank_proof"] = [proof.to_json() for proof in self.blank_proof]
        return value

    def verify(self, version: Version1, question: Homomorphic, key: Point, statement: str) -> None:
        """That it encrypts an allowed choice; `statement` is S of section 6."""
        if len(self.choices) != question.size:
            raise Rejected(
                "%(found)s elements where %(expected)s belong", found=len(self.choices), expected=question.size
            )
        for index, (choice, proofs) in enumerate(zip(self.choices, self.individual_proofs, strict=True)):
            with within("individual_proofs", index):
                verify_one_of(_values(choice, 0, 1), proofs, key, _member(version, statement, choice))
        if question.blank:
            if self.blank_proof is None:
                raise Rejected("the proof about the blank vote is missing")
            overall, blank, bound = _with_blank(question, self.choices, statement)
            with within("blank_proof"):
                verify_one_of(blank, self.blank_proof, key, lambda points: version.blank(bound, points))
            with within("overall_proof"):
                verify_one_of(overall, self.overall_proof, key, lambda points: version.blank_overall(bound, points))
        else:
            if self.blank_proof is not None:
                raise Rejected("a proof about a blank vote stands where none is possible")
            total = product(key.group, self.choices)
            with within("overall_proof"):
                verify_one_of(
                    _values(total, question.min, question.max),
                    self.overall_proof,
                    key,
                    _member(version, _bound(statement, self.choices), total),
                )


@dataclass(frozen=True, slots=True)
class RankedAnswer:
    """One ciphertext of a list of numbers (section 6.2), parsed and not verified by this version."""

    choices: Ciphertext
    proof: Proof

    @classmethod
    def parse(cls, group: Group, value: object) -> Self:
        """As recorded."""
        fields = members(value, "choices", "proof")
        with within("choices"):
            choices = Ciphertext.parse_lenient(group, fields["choices"])
        with within("proof"):
            return cls(choices, Proof.parse_lenient(group, fields["proof"]))


@dataclass(frozen=True, slots=True)
class ListsAnswer:
    """Ciphertexts a list (section 6.4), parsed and not verified by this version.

    belenios-tool 3.3.0 does not check that `commitment` lies in the group; parsing it as an element does.
    """

    choices: tuple[tuple[Ciphertext, ...], ...]
    commitment: Point

    @classmethod
    def parse(cls, group: Group, value: object) -> Self:
        """As recorded."""
        fields = members(value, "choices", "individual_proofs", "overall_proof", "list_proofs", "nonzero_proof")
        choices = []
        for index, row in enumerate(array(fields["choices"])):
            with within("choices", index):
                choices.append(tuple(Ciphertext.parse_lenient(group, item) for item in array(row)))
        for row in array(fields["individual_proofs"]):
            for proofs in array(row):
                _proofs(group, proofs)
        Proof.parse_lenient(group, fields["overall_proof"])
        for proofs in array(fields["list_proofs"]):
            _proofs(group, proofs)
        with within("nonzero_proof"):
            nonzero = members(fields["nonzero_proof"], "commitment", "challenge", "response")
            group.parse_scalar_lenient(nonzero["challenge"])
            for response in array(nonzero["response"], 2):
                group.parse_scalar_lenient(response)
            with within("commitment"):
                commitment = group.parse_point_lenient(nonzero["commitment"])
                if commitment.is_identity:
                    raise Rejected("the commitment is the neutral element")
        return cls(tuple(choices), commitment)


def parse_answer(group: Group, question: Question, value: object) -> Answer | RankedAnswer | ListsAnswer:
    """The answer to a question of any kind."""
    match question:
        case Homomorphic():
            return Answer.parse(group, value, question.size)
        case Ranked():
            return RankedAnswer.parse(group, value)
        case Lists():
            return ListsAnswer.parse(group, value)


def encrypt_answer(
    version: Version1, question: Homomorphic, key: Point, statement: str, choice: Sequence[int]
) -> tuple[Answer, tuple[Secret, ...]]:
    """Encrypt a choice that `question.check_choice` accepts; also the randomness, for a Benaloh audit only."""
    question.check_choice(list(choice))
    group = key.group
    randomness = tuple(group.random() for _ in choice)
    choices = tuple(_encrypt_mark(key, mark, r) for mark, r in zip(choice, randomness, strict=True))
    individual = tuple(
        tuple(prove_one_of(_values(c, 0, 1), mark, r, key, _member(version, statement, c)))
        for c, mark, r in zip(choices, choice, randomness, strict=True)
    )
    blank_proof = None
    if question.blank:
        overall, blank, bound = _with_blank(question, choices, statement)
        rest = _sum(group, randomness[1:])
        marked = sum(choice[1:])
        is_blank = choice[0] == 1
        blank_proof = tuple(
            prove_one_of(
                blank,
                1 if is_blank else 0,
                rest if is_blank else randomness[0],
                key,
                lambda points: version.blank(bound, points),
            )
        )
        overall_proof = prove_one_of(
            overall,
            0 if is_blank else 1 + marked - question.min,
            randomness[0] if is_blank else rest,
            key,
            lambda points: version.blank_overall(bound, points),
        )
    else:
        total = product(group, choices)
        overall_proof = prove_one_of(
            _values(total, question.min, question.max),
            sum(choice) - question.min,
            _sum(group, randomness),
            key,
            _member(version, _bound(statement, choices), total),
        )
    return Answer(choices, individual, tuple(overall_proof), blank_proof), randomness


def open_answer(question: Homomorphic, key: Point, answer: Answer, randomness: Sequence[Scalar]) -> list[int]:
    """What `answer` encrypts, shown by its revealed randomness (scalars); `Rejected` when they do not belong together.

    This is the auditor's half of Benaloh's challenge: nothing is believed but alpha = g^r and beta = y^r * g^m.
    """
    group = key.group
    if not len(answer.choices) == len(randomness) == question.size:
        raise Rejected("the number of random values is not the number of ciphertexts")
    choice = []
    for index, (ciphertext, r) in enumerate(zip(answer.choices, randomness, strict=True)):
        with within("choices", index):
            if group.generator**r != ciphertext.alpha:
                raise Rejected("the random value does not belong to this ciphertext")
            message = ciphertext.beta / key**r
            if message == group.identity:
                choice.append(0)
            elif message == group.generator:
                choice.append(1)
            else:
                raise Rejected("the ciphertext holds neither 0 nor 1")
    try:
        question.check_choice(choice)
    except ProtocolError as error:
        raise Rejected(error.message, **error.params) from error
    return choice


def _encrypt_mark(key: Point, mark: int, randomness: Secret) -> Ciphertext:
    """Encrypt 0 or 1. Both are computed and one is taken, so that the time does not depend on the voter's choice."""
    zero = encrypt(key, key.group.identity, randomness)
    return (zero, Ciphertext(zero.alpha, zero.beta * key.group.generator))[mark]


def _proofs(group: Group, value: object) -> tuple[Proof, ...]:
    proofs = []
    for index, proof in enumerate(array(value)):
        with within(index):
            proofs.append(Proof.parse_lenient(group, proof))
    return tuple(proofs)


def _values(ciphertext: Ciphertext, low: int, high: int) -> list[Ciphertext]:
    return [ciphertext.minus(value) for value in range(low, high + 1)]


def _member(version: Version1, statement: str, ciphertext: Ciphertext) -> Any:
    return lambda points: version.member(statement, str(ciphertext), points)


def _bound(statement: str, choices: Sequence[Ciphertext]) -> str:
    """S' of section 6.1: bound to all ciphertexts of the answer."""
    return statement + "|" + ",".join(str(choice) for choice in choices)


def _with_blank(
    question: Homomorphic, choices: Sequence[Ciphertext], statement: str
) -> tuple[list[Ciphertext], list[Ciphertext], str]:
    """Branches of the overall proof, branches of the blank proof, S'."""
    group = choices[0].alpha.group
    rest = product(group, choices[1:])
    overall = [choices[0].minus(1), *_values(rest, question.min, question.max)]
    return overall, [choices[0], rest], _bound(statement, choices)


def _sum(group: Group, scalars: Sequence[Secret]) -> Secret:
    total = scalars[0]
    for scalar in scalars[1:]:
        total = Secret(group, (total + scalar).raw)
    return total
