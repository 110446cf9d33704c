"""The vocabulary every group shares: `Group`, `Point`, `Scalar`, `Secret`.

A concrete group supplies a dozen functions on its raw values (bytes for Ed25519, multi-precision integers mod p); the
classes here give them names, types and operators, and keep secrets out of texts.
"""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, Self

from crypto.encoding import decimal, lenient_integer, text
from crypto.errors import Malformed


class Scalar:
    """An integer modulo the group order q, public."""

    __slots__ = ("group", "raw")

    def __init__(self, group: "Group", raw: Any) -> None:
        self.group = group
        self.raw = raw

    def _like(self, other: "Scalar", raw: Any) -> "Scalar":
        kind = Secret if isinstance(self, Secret) or isinstance(other, Secret) else Scalar
        return kind(self.group, raw)

    def __add__(self, other: "Scalar") -> "Scalar":
        return self._like(other, self.group.scalar_add(self.raw, other.raw))

    def __sub__(self, other: "Scalar") -> "Scalar":
        return self._like(other, self.group.scalar_sub(self.raw, other.raw))

    def __mul__(self, other: "Scalar") -> "Scalar":
        return self._like(other, self.group.scalar_mul(self.raw, other.raw))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scalar) and self.group is other.group and bool(self.raw == other.raw)

    def __hash__(self) -> int:
        return hash((self.group.name, self.raw))

    def __int__(self) -> int:
        return self.group.scalar_int(self.raw)

    def __str__(self) -> str:
        """Decimal, as the wire has it."""
        return str(int(self))

    def __repr__(self) -> str:
        return f"Scalar({self})"


class Secret(Scalar):
    """A scalar nobody else may learn: a key, a nonce, the randomness of a ciphertext.

    It has no text, number, hash or equality; what is computed from it is secret too, until `reveal` says that the
    value is meant to be published.
    """

    __slots__ = ()

    def reveal(self) -> Scalar:
        """The same value as a public scalar: a proof's response, the randomness of an audited ballot."""
        return Scalar(self.group, self.raw)

    def export(self) -> str:
        """Decimal, for a private key file only."""
        return str(self.group.scalar_int(self.raw))

    def __eq__(self, other: object) -> bool:
        raise TypeError("secrets are not compared")

    def __hash__(self) -> int:
        raise TypeError("secrets are not hashed")

    def __int__(self) -> int:
        raise TypeError("reveal or export a secret by name")

    def __str__(self) -> str:
        return "(secret)"

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> str:
        raise TypeError("secrets are not pickled")


class Point:
    """An element of the prime-order group, possibly the identity. Made by parsing or by the operators below."""

    __slots__ = ("group", "raw")

    def __init__(self, group: "Group", raw: Any) -> None:
        self.group = group
        self.raw = raw

    def __mul__(self, other: "Point") -> "Point":
        return Point(self.group, self.group.point_mul(self.raw, other.raw))

    def __truediv__(self, other: "Point") -> "Point":
        return Point(self.group, self.group.point_div(self.raw, other.raw))

    def __pow__(self, exponent: Scalar) -> "Point":
        return Point(self.group, self.group.point_pow(self.raw, exponent.raw, isinstance(exponent, Secret)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Point) and self.group is other.group and bool(self.raw == other.raw)

    def __hash__(self) -> int:
        return hash((self.group.name, self.raw))

    @property
    def is_identity(self) -> bool:
        """Whether this is the neutral element."""
        return self == self.group.identity

    def sort_key(self) -> bytes | int:
        """Key of the order in which public credentials and ciphertexts are sorted (PROTOCOL.md section 1)."""
        return self.group.point_sort_key(self.raw)

    def __str__(self) -> str:
        return self.group.point_text(self.raw)

    def __repr__(self) -> str:
        return f"Point({str(self)[:16]}…)"


class Group(ABC):
    """A named group of prime order `order`; `generator` and `identity` are its points."""

    name: str
    order: int
    generator: Point
    identity: Point

    # Reading

    @abstractmethod
    def parse_point_raw(self, value: str) -> Any:
        """Raw value of a canonical text, or `Malformed`."""

    def parse_point(self, value: object) -> Point:
        """Any element, the identity included. Demands that `str(result)` is `value` again."""
        return Point(self, self.parse_point_raw(text(value)))

    @abstractmethod
    def parse_point_lenient(self, value: object) -> Point:
        """As `parse_point`, tolerating in spelling alone what belenios-tool tolerates inside recorded answers."""

    def parse_key(self, value: object) -> Point:
        """A public key or credential: an element other than the identity, whose secret key everybody knows."""
        point = self.parse_point(value)
        if point.is_identity:
            raise Malformed("the neutral element cannot be a key")
        return point

    def _in_range(self, value: int) -> int:
        if not 0 <= value < self.order:
            raise Malformed("the number is not below the order of the group")
        return value

    def parse_scalar(self, value: object) -> Scalar:
        """A public scalar in canonical decimal, in [0, q)."""
        return self.scalar(self._in_range(decimal(value)))

    def parse_scalar_lenient(self, value: object) -> Scalar:
        """As `parse_scalar`, in any spelling that belenios-tool takes inside recorded answers; never q or more."""
        return self.scalar(self._in_range(lenient_integer(value)))

    def parse_secret(self, value: object) -> Secret:
        """A private key from its file; the error does not repeat it."""
        return Secret(self, self.scalar(self._in_range(decimal(value))).raw)

    # Making

    def scalar(self, value: int) -> Scalar:
        """The residue of a public integer of any size or sign."""
        return Scalar(self, self.scalar_raw(value % self.order))

    @abstractmethod
    def random(self) -> Secret:
        """Uniform in [1, q)."""

    def challenge(self, prefix: str, *points: Point) -> Scalar:
        """H(prefix; e1,…,en) of PROTOCOL.md section 0: SHA-256, read as an integer, mod q."""
        message = prefix + ",".join(str(point) for point in points)
        return self.scalar(int(hashlib.sha256(message.encode()).hexdigest(), 16))

    @abstractmethod
    def derive(self, digest: bytes) -> Secret:
        """Big-endian integer of a secret digest, mod q, without variable-time arithmetic where the group allows."""

    def expand(self, context: str, secret: str) -> Secret:
        """A scalar from a secret text by SHAKE-256 with 128 bits to spare, so that its bias is below 2^-128."""
        length = (self.order.bit_length() + 7) // 8 + 16
        material = f"{context}|{secret}".encode()
        return self.derive(hashlib.shake_256(material).digest(max(length, 64)))

    def product(self, points: Iterable[Point]) -> Point:
        """The product of all; the identity of none."""
        result = self.identity
        for point in points:
            result = result * point
        return result

    # Raw arithmetic, one implementation a group

    @abstractmethod
    def point_mul(self, a: Any, b: Any) -> Any: ...
    @abstractmethod
    def point_div(self, a: Any, b: Any) -> Any: ...
    @abstractmethod
    def point_pow(self, base: Any, exponent: Any, secret: bool) -> Any: ...
    @abstractmethod
    def point_text(self, raw: Any) -> str: ...
    @abstractmethod
    def point_sort_key(self, raw: Any) -> bytes | int: ...
    @abstractmethod
    def scalar_raw(self, value: int) -> Any: ...
    @abstractmethod
    def scalar_int(self, raw: Any) -> int: ...
    @abstractmethod
    def scalar_add(self, a: Any, b: Any) -> Any: ...
    @abstractmethod
    def scalar_sub(self, a: Any, b: Any) -> Any: ...
    @abstractmethod
    def scalar_mul(self, a: Any, b: Any) -> Any: ...

    def __repr__(self) -> str:
        return f"Group({self.name})"

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        from crypto.groups import named  # noqa: PLC0415 - the registry imports this module

        return named, (self.name,)

    def __copy__(self) -> Self:
        return self
