"""What a voter holds in hand: the portal's signature over where the ballot stands on the board (Ed25519).

A receipt whose ballot is missing from a later board proves that the portal took it out. It does not show the choice.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from crypto.encoding import canonical, hex_digest, members, text, whole_number
from crypto.errors import Malformed, Rejected

FORMAT = "sawtuna receipt 1"
CODE = re.compile(r"[A-Za-z0-9+/]{43}\Z")
"""A tracker or a seal code as it stands in the record."""

_FIELDS = ("format", "election_uuid", "tracker", "height", "event", "seal", "key", "signature")


def in_address(code: str) -> str:
    """A code as it stands in an address."""
    return code.replace("+", "-").replace("/", "_")


def plain(code: str) -> str:
    """A code as it stands in the record, however it was copied: with spaces, padding, or in the form of addresses."""
    return "".join(code.split()).replace("-", "+").replace("_", "/").rstrip("=")


def signing_key(secret: bytes) -> SigningKey:
    """The portal's key for receipts, made of its secret key: every process has the same, and none is stored."""
    return SigningKey(hashlib.blake2b(secret, digest_size=32, person=b"sawtuna-receipt").digest())


@dataclass(frozen=True, slots=True)
class Receipt:
    """Tracker, place on the board, digest of the event, seal; key and signature."""

    election_uuid: str
    tracker: str
    height: int
    event: str
    seal: str
    key: str = ""
    signature: str = ""

    def body(self) -> dict[str, Any]:
        """What is signed, keys in order."""
        return {
            "format": FORMAT,
            "election_uuid": self.election_uuid,
            "tracker": self.tracker,
            "height": self.height,
            "event": self.event,
            "seal": self.seal,
            "key": self.key,
        }

    def to_json(self) -> dict[str, Any]:
        """The file's JSON."""
        return {**self.body(), "signature": self.signature}

    def signed(self, secret: SigningKey) -> "Receipt":
        """The same with key and signature."""
        key = secret.verify_key.encode().hex()
        unsigned = Receipt(self.election_uuid, self.tracker, self.height, self.event, self.seal, key)
        signature = base64.b64encode(secret.sign(canonical(unsigned.body())).signature).decode()
        return Receipt(self.election_uuid, self.tracker, self.height, self.event, self.seal, key, signature)

    @classmethod
    def parse(cls, value: object) -> Self:
        """From the file's JSON; `Malformed` says what is not as it should be."""
        fields: Mapping[str, Any] = members(value, *_FIELDS)
        if fields["format"] != FORMAT:
            raise Malformed("this is not a receipt")
        if not (CODE.match(text(fields["tracker"])) and CODE.match(text(fields["seal"]))):
            raise Malformed("this is not a receipt")
        return cls(
            text(fields["election_uuid"]),
            fields["tracker"],
            whole_number(fields["height"], 1),
            hex_digest(fields["event"]),
            fields["seal"],
            hex_digest(fields["key"]),
            text(fields["signature"]),
        )

    def verify(self, key: str) -> None:
        """That the holder of `key` (hex) signed exactly this; `Rejected` otherwise."""
        if self.key != key:
            raise Rejected("the receipt is signed with another key than the one that was given")
        try:
            signature = base64.b64decode(self.signature, validate=True)
            VerifyKey(bytes.fromhex(key)).verify(canonical(self.body()), signature)
        except (BadSignatureError, ValueError):
            raise Rejected("the signature of the receipt does not hold") from None
