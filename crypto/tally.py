"""From encrypted ballots to numbers (PROTOCOL.md section 8): tally, decryption factors, combination, result."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isqrt
from typing import Any, Self

from crypto.election import Election
from crypto.elgamal import Ciphertext
from crypto.encoding import array, big_number, big_number_json, canonical, hex_digest, members, parse_json, whole_number
from crypto.errors import Rejected, Unsupported, within
from crypto.groups import Group, Point, Scalar, Secret
from crypto.proofs import Proof, prove_equal_logarithms, verify_equal_logarithms
from crypto.trustees import Single, Trustees, lagrange

MAX_TOTAL_WEIGHT = 2**40
"""The largest count that is searched for: 2^21 steps and as many entries in memory at the most."""

Ciphertexts = tuple[tuple[Ciphertext, ...], ...]
"""Per question, per answer (the blank vote first)."""


def empty(election: Election) -> Ciphertexts:
    """The encrypted tally of no ballot: the neutral ciphertext everywhere."""
    neutral = Ciphertext.neutral(election.group)
    return tuple((neutral,) * question.size for question in _homomorphic(election))


def add(total: Ciphertexts, ballot: Iterable[Sequence[Ciphertext]], weight: int = 1) -> Ciphertexts:
    """`total` with one more ballot of `weight`, or with another tally."""
    rows = []
    for row, choices in zip(total, ballot, strict=True):
        if weight == 1:
            rows.append(tuple(a * b for a, b in zip(row, choices, strict=True)))
        elif weight == 0:
            rows.append(row)
        else:
            exponent = row[0].alpha.group.scalar(weight)
            rows.append(tuple(a * b**exponent for a, b in zip(row, choices, strict=True)))
    return tuple(rows)


def to_json(total: Ciphertexts) -> bytes:
    """The canonical bytes of an encrypted tally."""
    return canonical([[ciphertext.to_json() for ciphertext in row] for row in total])


def parse(election: Election, data: bytes) -> Ciphertexts:
    """An encrypted tally from the bytes of the record."""
    questions = _homomorphic(election)
    rows = []
    for index, (question, value) in enumerate(zip(questions, array(parse_json(data), len(questions)), strict=True)):
        with within(index):
            row = []
            for place, item in enumerate(array(value, question.size)):
                with within(place):
                    row.append(Ciphertext.parse(election.group, item))
            rows.append(tuple(row))
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class SizedTally:
    """What the EncryptedTally event points to: the sums, how many ballots are in them, and how heavy."""

    num_tallied: int
    total_weight: int
    encrypted_tally: str

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """From the bytes of the record."""
        fields = members(parse_json(data), "num_tallied", "total_weight", "encrypted_tally")
        with within("num_tallied"):
            number = whole_number(fields["num_tallied"])
        with within("total_weight"):
            weight = big_number(fields["total_weight"])
        with within("encrypted_tally"):
            return cls(number, weight, hex_digest(fields["encrypted_tally"]))

    def to_json(self) -> bytes:
        """Canonical bytes."""
        return canonical(
            {
                "num_tallied": self.num_tallied,
                "total_weight": big_number_json(self.total_weight),
                "encrypted_tally": self.encrypted_tally,
            }
        )


@dataclass(frozen=True, slots=True)
class PartialDecryption:
    """One trustee's factors alpha^d with their version-1 proofs, in the shape of the tally."""

    factors: tuple[tuple[Point, ...], ...]
    proofs: tuple[tuple[Proof, ...], ...]

    @classmethod
    def parse(cls, election: Election, data: bytes) -> Self:
        """From the bytes of the record."""
        questions = _homomorphic(election)
        fields = members(parse_json(data), "decryption_factors", "decryption_proofs")
        factors, proofs = [], []
        with within("decryption_factors"):
            for index, value in enumerate(array(fields["decryption_factors"], len(questions))):
                row = []
                for place, item in enumerate(array(value, questions[index].size)):
                    with within(index, place):
                        row.append(election.group.parse_point(item))
                factors.append(tuple(row))
        with within("decryption_proofs"):
            for index, value in enumerate(array(fields["decryption_proofs"], len(questions))):
                proof_row = []
                for place, item in enumerate(array(value, questions[index].size)):
                    with within(index, place):
                        proof_row.append(Proof.parse(election.group, item))
                proofs.append(tuple(proof_row))
        return cls(tuple(factors), tuple(proofs))

    def to_json(self) -> bytes:
        """Canonical bytes."""
        return canonical(
            {
                "decryption_factors": [[str(factor) for factor in row] for row in self.factors],
                "decryption_proofs": [[proof.to_json() for proof in row] for row in self.proofs],
            }
        )

    def verify(self, election: Election, total: Ciphertexts, key: Point) -> None:
        """Every version-1 proof. They bind neither alpha nor the factor: see `crypto.decryption_proofs`."""
        for index, (row, factors, proofs) in enumerate(zip(total, self.factors, self.proofs, strict=True)):
            for place, (ciphertext, factor, proof) in enumerate(zip(row, factors, proofs, strict=True)):
                with within("decryption_proofs", index, place):
                    verify_equal_logarithms(
                        proof,
                        key,
                        ciphertext.alpha,
                        factor,
                        lambda a, b: election.version.decryption(election.fingerprint, key, a, b),
                    )


def decrypt(election: Election, total: Ciphertexts, private: Secret) -> PartialDecryption:
    """A trustee's part."""
    key = election.group.generator**private
    factors = tuple(tuple(ciphertext.alpha**private for ciphertext in row) for row in total)
    proofs = tuple(
        tuple(
            prove_equal_logarithms(
                private, ciphertext.alpha, lambda a, b: election.version.decryption(election.fingerprint, key, a, b)
            )
            for ciphertext in row
        )
        for row in total
    )
    return PartialDecryption(factors, proofs)


def combine(trustees: Trustees, decryptions: Mapping[int, PartialDecryption]) -> tuple[tuple[Point, ...], ...]:
    """The product of all factors. `decryptions` holds valid ones only; the first t by index are used, as in 3.3.0."""
    group = trustees.group
    parts: list[tuple[PartialDecryption, Scalar]] = []
    for member in trustees.members:
        have = [owner for owner in member.keys if owner in decryptions]
        if isinstance(member, Single):
            if not have:
                raise Rejected("the decryption of trustee %(owner)s is missing", owner=member.owner)
            parts.append((decryptions[member.owner], group.scalar(1)))
            continue
        if len(have) < member.threshold:
            raise Rejected(
                "%(needed)s of the trustees %(first)s to %(last)s must decrypt; %(found)s valid decryptions are there",
                needed=member.threshold,
                first=member.first_owner,
                last=member.first_owner + len(member.certs) - 1,
                found=len(have),
            )
        chosen = have[: member.threshold]
        coefficients = lagrange(group, [owner - member.first_owner + 1 for owner in chosen])
        parts += [(decryptions[owner], coefficients[owner - member.first_owner + 1]) for owner in chosen]
    shape = parts[0][0].factors
    return tuple(
        tuple(
            group.product(decryption.factors[row][column] ** coefficient for decryption, coefficient in parts)
            for column in range(len(shape[row]))
        )
        for row in range(len(shape))
    )


def messages(total: Ciphertexts, factors: Sequence[Sequence[Point]]) -> tuple[tuple[Point, ...], ...]:
    """g^count of every answer."""
    return tuple(
        tuple(ciphertext.beta / factor for ciphertext, factor in zip(row, factor_row, strict=True))
        for row, factor_row in zip(total, factors, strict=True)
    )


def counts(group: Group, points: Sequence[Sequence[Point]], total_weight: int) -> list[list[int]]:
    """The counts, each in 0..total_weight, by baby steps and giant steps (Shanks 1971)."""
    if total_weight > MAX_TOTAL_WEIGHT:
        raise Unsupported(
            "the weights add up to %(total)s; results are searched for up to %(most)s",
            total=total_weight,
            most=MAX_TOTAL_WEIGHT,
        )
    step = isqrt(total_weight) + 1
    baby: dict[Point, int] = {}
    point = group.identity
    for exponent in range(step):
        baby.setdefault(point, exponent)
        point = point * group.generator
    giant = point  # g^step
    result = []
    for row in points:
        found = []
        for target in row:
            count, rest = 0, target
            while rest not in baby and count <= total_weight:
                count, rest = count + step, rest / giant
            count += baby.get(rest, 0)
            if rest not in baby or count > total_weight:
                raise Rejected("a count lies outside the possible range: the decryption cannot be right")
            found.append(count)
        result.append(found)
    return result


def result_json(result: Sequence[Sequence[int]]) -> bytes:
    """Canonical bytes of a result."""
    return canonical({"result": [[big_number_json(count) for count in row] for row in result]})


def parse_result(election: Election, data: bytes) -> list[list[int]]:
    """A result from the bytes of the record."""
    questions = _homomorphic(election)
    fields = members(parse_json(data), "result")
    result = []
    with within("result"):
        for index, value in enumerate(array(fields["result"], len(questions))):
            row = []
            for place, count in enumerate(array(value, questions[index].size)):
                with within(index, place):
                    row.append(big_number(count))
            result.append(row)
    return result


def parse_owned(data: bytes) -> tuple[int, str]:
    """What a PartialDecryption (or Shuffle) event points to: owner, digest of the payload."""
    fields = members(parse_json(data), "owner", "payload")
    with within("owner"):
        owner = whole_number(fields["owner"], 1)
    with within("payload"):
        return owner, hex_digest(fields["payload"])


def owned_json(owner: int, digest: str) -> bytes:
    """Canonical bytes that `parse_owned` reads."""
    value: dict[str, Any] = {"owner": owner, "payload": digest}
    return canonical(value)


def _homomorphic(election: Election) -> tuple[Any, ...]:
    questions = election.homomorphic
    if questions is None:
        raise Unsupported("this record has ranked questions, which this version cannot verify yet")
    return questions


def check_result(points: Sequence[Sequence[Point]], result: Sequence[Sequence[int]], total_weight: int) -> None:
    """That every published count is the one decrypted: g^count equals the message, and count <= `total_weight`.

    Without the bound, count + q would be as good as count.
    """
    for index, (row, counts_row) in enumerate(zip(points, result, strict=True)):
        for place, (point, count) in enumerate(zip(row, counts_row, strict=True)):
            with within("result", index, place):
                if not 0 <= count <= min(total_weight, point.group.order - 1):
                    raise Rejected("the published count %(count)s is not possible", count=str(count)[:40])
                if point.group.generator ** point.group.scalar(count) != point:
                    raise Rejected("the published count %(count)s is not what was decrypted", count=count)
