"""Voters' credentials: the private text in a voter's letter, the public list in the record (PROTOCOL.md section 2).

The 22-character form of releases 2.4 and later. It carries 128 bits; whoever knows it can vote in the voter's name.
"""

import json
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

from crypto.encoding import BASE58, array, canonical, sha256_b64, text
from crypto.errors import Malformed, Rejected, within
from crypto.groups import Group, Point, Secret
from crypto.transcripts import Version1

_GROUPS = (5, 6, 5, 6)
_PRIVATE = re.compile(rf"[{BASE58}]{{5}}-[{BASE58}]{{6}}-[{BASE58}]{{5}}-[{BASE58}]{{6}}\Z")
_WEIGHT = re.compile(r"(?:0|[1-9][0-9]{0,17})\Z")

MAX_WEIGHT = 10**18 - 1


def generate() -> str:
    """A fresh private credential, `aXfme-maUqnW-kfv5x-RxPjCg`."""
    return "-".join("".join(secrets.choice(BASE58) for _ in range(length)) for length in _GROUPS)


def normalise(typed: str) -> str:
    """What a person typed or pasted, as the canonical text; `Malformed` names the kind of mistake, never the text."""
    letters = re.sub(r"[\s\u00ad\u061c\u2010-\u2015\u200b-\u200f\u202a-\u202e\u2060-\u2069\u2212\ufeff-]", "", typed)
    strange = sorted({letter for letter in letters if letter not in BASE58})
    if strange and all(letter in "0OIl" for letter in strange):
        raise Malformed("a voter's code has no 0 (zero), O (capital o), I (capital i) or l (small L)")
    if strange:
        raise Malformed("a voter's code has only Latin letters and digits")
    if len(letters) != sum(_GROUPS):
        raise Malformed("a voter's code has 22 letters and digits; this one has %(length)s", length=len(letters))
    parts, start = [], 0
    for length in _GROUPS:
        parts.append(letters[start : start + length])
        start += length
    return "-".join(parts)


def signing_key(version: Version1, group: Group, uuid: str, credential: str) -> Secret:
    """The key with which the holder of a canonical `credential` signs ballots of election `uuid`."""
    if not _PRIVATE.match(credential):
        raise Malformed("a voter's code has the form XXXXX-XXXXXX-XXXXX-XXXXXX")
    return version.credential_key(group, uuid, credential)


@dataclass(frozen=True, slots=True)
class PublicCredential:
    """An entry of the public list: who may cast a ballot, and how much it weighs."""

    point: Point
    weight: int = 1
    weighted: bool = False

    @classmethod
    def parse(cls, group: Group, value: object) -> Self:
        """From `PUB` or `PUB,WEIGHT`; not the identity."""
        entry = text(value)
        public, comma, weight = entry.partition(",")
        if comma and not _WEIGHT.match(weight):
            raise Malformed("a weight is a whole number of at most 18 digits")
        return cls(group.parse_key(public), int(weight) if comma else 1, bool(comma))

    def __str__(self) -> str:
        return f"{self.point},{self.weight}" if self.weighted else str(self.point)


def public_list(keys: Sequence[tuple[Point, int | None]]) -> list[PublicCredential]:
    """The list for the record: sorted by element, so that its order tells nothing; weights for all or for none."""
    weighted = any(weight is not None for _, weight in keys)
    if any(weight is not None and not 0 <= weight <= MAX_WEIGHT for _point, weight in keys):
        raise Malformed("a weight is a whole number of at most 18 digits")
    entries = [PublicCredential(point, 1 if weight is None else weight, weighted) for point, weight in keys]
    entries.sort(key=lambda entry: entry.point.sort_key())
    for before, after in pairwise(entries):
        if before.point == after.point:
            raise Rejected("the credential %(key)s stands twice", key=str(after.point))
    return entries


def parse_public_list(group: Group, value: object) -> list[PublicCredential]:
    """A whole list at once, for set-up; `crypto.verification` streams it instead."""
    entries = []
    for index, item in enumerate(array(value)):
        with within(index):
            entries.append(PublicCredential.parse(group, item))
    if len({entry.weighted for entry in entries}) > 1:
        raise Malformed("either every credential has a weight or none has")
    if len({entry.point for entry in entries}) != len(entries):
        raise Rejected("a credential stands twice")
    return entries


def list_json(entries: Iterable[PublicCredential]) -> bytes:
    """The canonical bytes that go into the record."""
    return canonical([str(entry) for entry in entries])


def fingerprint(list_bytes: bytes) -> str:
    """What is announced to voters and auditors, base64 of 43 characters."""
    return sha256_b64(list_bytes)


def private_json(codes: dict[str, str]) -> bytes:
    """The private file: voter's id -> credential; readable, one a line."""
    return (json.dumps(codes, ensure_ascii=False, indent=1) + "\n").encode()


def parse_private(value: object) -> dict[str, str]:
    """Read `private_json` again."""
    if not isinstance(value, dict):
        raise Malformed("an object of voters and their codes was expected")
    codes: dict[str, Any] = value
    for voter, code in codes.items():
        if not isinstance(code, str) or not _PRIVATE.match(code):
            raise Malformed("the code of “%(voter)s” is not a voter's code", voter=voter[:80])
    return codes
