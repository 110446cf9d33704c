"""Exponential ElGamal: alpha = g^r, beta = y^r * g^m (PROTOCOL.md section 6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from crypto.encoding import members
from crypto.errors import within
from crypto.groups import Group, Point, Scalar, Secret


@dataclass(frozen=True, slots=True)
class Ciphertext:
    """An encryption of a small integer; the product of two encrypts the sum."""

    alpha: Point
    beta: Point

    @classmethod
    def parse(cls, group: Group, value: object) -> Self:
        """From `{"alpha","beta"}`, canonical elements."""
        fields = members(value, "alpha", "beta")
        with within("alpha"):
            alpha = group.parse_point(fields["alpha"])
        with within("beta"):
            beta = group.parse_point(fields["beta"])
        return cls(alpha, beta)

    @classmethod
    def parse_lenient(cls, group: Group, value: object) -> Self:
        """As found inside recorded answers, in any spelling that belenios-tool takes."""
        fields = members(value, "alpha", "beta")
        with within("alpha"):
            alpha = group.parse_point_lenient(fields["alpha"])
        with within("beta"):
            beta = group.parse_point_lenient(fields["beta"])
        return cls(alpha, beta)

    @classmethod
    def neutral(cls, group: Group) -> Self:
        """The encryption of 0 with randomness 0."""
        return cls(group.identity, group.identity)

    def __mul__(self, other: "Ciphertext") -> "Ciphertext":
        return Ciphertext(self.alpha * other.alpha, self.beta * other.beta)

    def __pow__(self, exponent: Scalar) -> "Ciphertext":
        return Ciphertext(self.alpha**exponent, self.beta**exponent)

    def minus(self, plaintext: int) -> "Ciphertext":
        """The ciphertext of m - `plaintext`, same randomness."""
        if plaintext == 0:
            return self
        group = self.alpha.group
        return Ciphertext(self.alpha, self.beta / group.generator ** group.scalar(plaintext))

    def to_json(self) -> dict[str, Any]:
        """The wire's object, keys in order."""
        return {"alpha": str(self.alpha), "beta": str(self.beta)}

    def __str__(self) -> str:
        """`alpha,beta`, as it stands in transcripts."""
        return f"{self.alpha},{self.beta}"


def encrypt(key: Point, plaintext: Point, randomness: Secret) -> Ciphertext:
    """Encrypt g^m, given as `plaintext`, under `key`."""
    group = key.group
    return Ciphertext(group.generator**randomness, key**randomness * plaintext)


def product(group: Group, ciphertexts: Iterable[Ciphertext]) -> Ciphertext:
    """The product of all; `neutral` of none."""
    total = Ciphertext.neutral(group)
    for ciphertext in ciphertexts:
        total = total * ciphertext
    return total
