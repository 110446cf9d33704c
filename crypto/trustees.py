"""Who can decrypt: trustees on their own (`Single`) and groups with a threshold (`Pedersen`), PROTOCOL.md section 4.

Keys are numbered through the whole list from 1; that number is the `owner` of a partial decryption. `parse` settles
shapes and membership, the verifying functions settle the mathematics.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from crypto.channel import Signed
from crypto.encoding import array, canonical, members, parse_json, text, whole_number
from crypto.errors import Malformed, ProtocolError, Rejected, within
from crypto.groups import Group, Point, Scalar, Secret
from crypto.proofs import Proof, prove_knowledge, verify_knowledge
from crypto.transcripts import Version1

MAX_TRUSTEES = 256
"""A bound on the work that a hostile list can cause; real ceremonies have fewer than ten."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A trustee's key with the proof that somebody knows its private half."""

    point: Point
    possession: Proof
    signature: Proof | None = None
    name: str | None = None

    @classmethod
    def parse(cls, group: Group, value: object) -> Self:
        """From `{"pok","public_key","signature"?,"name"?}`."""
        fields = members(value, "pok", "public_key")
        with within("public_key"):
            point = group.parse_key(fields["public_key"])
        with within("pok"):
            possession = Proof.parse(group, fields["pok"])
        with within("signature"):
            signature = Proof.parse(group, fields["signature"]) if fields.get("signature") is not None else None
        with within("name"):
            name = text(fields["name"]) if fields.get("name") is not None else None
        return cls(point, possession, signature, name)

    @classmethod
    def make(cls, version: Version1, private: Secret, name: str | None = None) -> Self:
        """The public half of `private`, proven."""
        point = private.group.generator**private
        return cls(
            point, prove_knowledge(private, lambda commitment: version.possession(point, commitment)), None, name
        )

    def verify(self, version: Version1) -> None:
        """The proof of possession."""
        verify_knowledge(self.possession, self.point, lambda commitment: version.possession(self.point, commitment))

    def to_json(self) -> dict[str, Any]:
        """The wire's object, keys in order."""
        value: dict[str, Any] = {"pok": self.possession.to_json(), "public_key": str(self.point)}
        if self.signature is not None:
            value["signature"] = self.signature.to_json()
        if self.name is not None:
            value["name"] = self.name
        return value


@dataclass(frozen=True, slots=True)
class Single:
    """One trustee without whom nothing can be decrypted."""

    owner: int
    key: PublicKey

    @property
    def keys(self) -> Mapping[int, Point]:
        """Key of each owner."""
        return {self.owner: self.key.point}

    @property
    def names(self) -> Mapping[int, str | None]:
        """Name of each owner."""
        return {self.owner: self.key.name}

    @property
    def public(self) -> Point:
        """The part of the election key."""
        return self.key.point


@dataclass(frozen=True, slots=True)
class Certificate:
    """A threshold trustee's keys for signing and for receiving, signed by himself."""

    signed: Signed
    verification: Point
    encryption: Point

    @classmethod
    def parse(cls, group: Group, value: object, size: int, threshold: int, index: int) -> Self:
        """From a signed message; its context must name this group, `size`, `threshold` and `index` (from 1)."""
        signed = Signed.parse(group, value)
        fields = members(parse_json(signed.message.encode()), "verification", "encryption")
        if "context" not in fields:
            raise Rejected("this threshold key was made by a release before 2.5.1, without protection against mixing")
        expected = {"group": group.name, "size": size, "threshold": threshold, "index": index}
        context = members(fields["context"], *expected)
        numbers = all(type(context[key]) is int for key in ("size", "threshold", "index"))
        if not numbers or context != expected:
            raise Rejected("the certificate was made for another group of trustees or another place in it")
        with within("verification"):
            verification = group.parse_key(fields["verification"])
        with within("encryption"):
            encryption = group.parse_key(fields["encryption"])
        return cls(signed, verification, encryption)

    def verify(self, version: Version1) -> None:
        """That it is signed by the key it contains."""
        self.signed.verify(version, self.verification)


def parse_coefexps(group: Group, signed: Signed, threshold: int) -> tuple[Point, ...]:
    """The g^a0, …, g^a(t-1) of a trustee's polynomial."""
    fields = members(parse_json(signed.message.encode()), "coefexps")
    points = []
    for index, value in enumerate(array(fields["coefexps"], threshold)):
        with within("coefexps", index):
            points.append(group.parse_key(value))
    return tuple(points)


def certificates_text(version: Version1, certs: Iterable[Signed], coefexps: Iterable[Point]) -> str:
    """What trustee i signs in `signatures[i]`: all certificates and the points of his own coefexps."""
    value = {"certs": [cert.to_json() for cert in certs], "coefexps": [str(point) for point in coefexps]}
    return version.certificates(canonical(value).decode())


def power_of_index(coefexps: tuple[Point, ...], index: int) -> Point:
    """g^f(index) from g^a0, g^a1, …, by Horner's rule in the exponent."""
    group = coefexps[0].group
    step = group.scalar(index)
    result = coefexps[-1]
    for point in reversed(coefexps[:-1]):
        result = result**step * point
    return result


@dataclass(frozen=True, slots=True)
class Pedersen:
    """Trustees of whom any `threshold` can decrypt together (Pedersen 1991, with the certificates of release 3)."""

    first_owner: int
    threshold: int
    certs: tuple[Certificate, ...]
    coefexps: tuple[tuple[Point, ...], ...]
    signed_coefexps: tuple[Signed, ...]
    signatures: tuple[Proof, ...]
    verification_keys: tuple[PublicKey, ...]

    @classmethod
    def parse(cls, group: Group, value: object, first_owner: int) -> Self:
        """From the wire's object, 3.x form."""
        fields = members(value, "threshold", "certs", "coefexps", "verification_keys")
        size = len(array(fields["certs"]))
        if not 1 <= size <= MAX_TRUSTEES:
            raise Malformed("a group has from 1 to %(most)s trustees", most=MAX_TRUSTEES)
        with within("threshold"):
            threshold = whole_number(fields["threshold"], 1, size)
        certs = []
        for index, cert in enumerate(fields["certs"]):
            with within("certs", index):
                certs.append(Certificate.parse(group, cert, size, threshold, index + 1))
        signed, coefexps = [], []
        for index, item in enumerate(array(fields["coefexps"], size)):
            with within("coefexps", index):
                signed.append(Signed.parse(group, item))
                coefexps.append(parse_coefexps(group, signed[-1], threshold))
        if "signatures" not in fields:
            raise Rejected("this threshold key was made by a release before 2.5.1, without protection against mixing")
        signatures = []
        for index, item in enumerate(array(fields["signatures"], size)):
            with within("signatures", index):
                signatures.append(Proof.parse(group, item))
        keys = []
        for index, item in enumerate(array(fields["verification_keys"], size)):
            with within("verification_keys", index):
                keys.append(PublicKey.parse(group, item))
        return cls(
            first_owner,
            threshold,
            tuple(certs),
            tuple(coefexps),
            tuple(signed),
            tuple(signatures),
            tuple(keys),
        )

    def verify(self, version: Version1) -> None:
        """Every certificate, signature and verification key."""
        for index, cert in enumerate(self.certs):
            with within("certs", index):
                cert.verify(version)
        for index, (cert, signed) in enumerate(zip(self.certs, self.signed_coefexps, strict=True)):
            with within("coefexps", index):
                signed.verify(version, cert.verification)
            with within("signatures", index):
                message = certificates_text(version, (other.signed for other in self.certs), self.coefexps[index])
                Signed(message, self.signatures[index]).verify(version, cert.verification)
        polynomial = self.sum_of_polynomials()
        for index, (cert, key) in enumerate(zip(self.certs, self.verification_keys, strict=True)):
            with within("verification_keys", index):
                if key.point != power_of_index(polynomial, index + 1):
                    raise Rejected("the key does not follow from the trustees' polynomials")
                key.verify(version)
                if key.signature is None:
                    raise Rejected(
                        "this threshold key was made by a release before 3.0: a trustee's signature is missing"
                    )
                Signed(str(key.point), key.signature).verify(version, cert.verification)

    def expected_key(self, index: int) -> Point:
        """The verification key of trustee `index` (from 1): g to the sum of all polynomials there."""
        return power_of_index(self.sum_of_polynomials(), index)

    def sum_of_polynomials(self) -> tuple[Point, ...]:
        """The sum of all polynomials, each coefficient as the exponent of g."""
        group = self.coefexps[0][0].group
        return tuple(group.product(column) for column in zip(*self.coefexps, strict=True))

    @property
    def keys(self) -> Mapping[int, Point]:
        """Key of each owner."""
        return {self.first_owner + index: key.point for index, key in enumerate(self.verification_keys)}

    @property
    def names(self) -> Mapping[int, str | None]:
        """Name of each owner."""
        return {self.first_owner + index: key.name for index, key in enumerate(self.verification_keys)}

    @property
    def public(self) -> Point:
        """The part of the election key."""
        return self.coefexps[0][0].group.product(points[0] for points in self.coefexps)


@dataclass(frozen=True, slots=True)
class Trustees:
    """The whole list of a record."""

    version: Version1
    group: Group
    members: tuple[Single | Pedersen, ...]
    data: bytes = field(repr=False)

    @classmethod
    def parse(cls, version: Version1, group: Group, data: bytes) -> Self:
        """From the bytes of the record."""
        found: list[Single | Pedersen] = []
        owner = 1
        for index, pair in enumerate(array(parse_json(data))):
            with within(index):
                kind, value = array(pair, 2)
                if kind == "Single":
                    found.append(Single(owner, PublicKey.parse(group, value)))
                    owner += 1
                elif kind == "Pedersen":
                    block = Pedersen.parse(group, value, owner)
                    found.append(block)
                    owner += len(block.certs)
                else:
                    raise Malformed("a trustee is of kind “Single” or “Pedersen”")
                if owner > MAX_TRUSTEES + 1:
                    raise Malformed("a group has from 1 to %(most)s trustees", most=MAX_TRUSTEES)
        if not found:
            raise Malformed("an election has at least one trustee")
        return cls(version, group, tuple(found), data)

    @property
    def keys(self) -> dict[int, Point]:
        """The key that each owner's partial decryptions are checked against."""
        return {owner: key for member in self.members for owner, key in member.keys.items()}

    @property
    def names(self) -> dict[int, str | None]:
        """What each owner is called in the record."""
        return {owner: name for member in self.members for owner, name in member.names.items()}

    def combined_key(self) -> Point:
        """The election's public key."""
        return self.group.product(member.public for member in self.members)

    def verify_distinct(self) -> None:
        """No key may stand twice, whatever it is for: a copied key takes part without anybody behind it."""
        seen: dict[Point, str] = {}
        for index, member in enumerate(self.members):
            points = {"public_key": member.key.point} if isinstance(member, Single) else _pedersen_keys(member)
            for place, point in points.items():
                where = f"[{index}].{place}"
                if point in seen:
                    raise Rejected("%(one)s and %(other)s are the same key", one=seen[point], other=where)
                seen[point] = where


def _pedersen_keys(block: Pedersen) -> dict[str, Point]:
    points: dict[str, Point] = {}
    for index, cert in enumerate(block.certs):
        points[f"certs[{index}].verification"] = cert.verification
        points[f"certs[{index}].encryption"] = cert.encryption
    for index, own in enumerate(block.coefexps):
        points[f"coefexps[{index}][0]"] = own[0]
    # With a threshold of 1 every trustee holds the same key by construction; only one of them is compared.
    for index, key in enumerate(block.verification_keys[: None if block.threshold > 1 else 1]):
        points[f"verification_keys[{index}]"] = key.point
    return points


def lagrange(group: Group, indexes: Iterable[int]) -> dict[int, Scalar]:
    """Coefficients at 0 for a set of distinct indexes: L_j = prod m/(m-j) mod q."""
    chosen = list(indexes)
    result = {}
    for j in chosen:
        numerator = denominator = 1
        for m in chosen:
            if m != j:
                numerator = numerator * m % group.order
                denominator = denominator * (m - j) % group.order
        result[j] = group.scalar(numerator * pow(denominator, -1, group.order))
    return result


def check_alone(trustees: Trustees) -> list[ProtocolError]:
    """Everything wrong with each trustee, one error a member at most, in order."""
    errors: list[ProtocolError] = []
    for index, member in enumerate(trustees.members):
        try:
            with within(index):
                member.key.verify(trustees.version) if isinstance(member, Single) else member.verify(trustees.version)
        except ProtocolError as error:
            errors.append(error)
    return errors
