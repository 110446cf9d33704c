"""Signed messages and the encrypted channel between threshold trustees (PROTOCOL.md section 4).

A signature's challenge does not hash the verification key (a weakness of version 1): believe a signature only under a
key whose own certificate has been checked first.
"""

import hashlib
from dataclasses import dataclass
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto.elgamal import Ciphertext, encrypt
from crypto.encoding import canonical, members, parse_json, text
from crypto.errors import Malformed, Rejected, Unsupported, within
from crypto.groups import Group, Point, Secret
from crypto.proofs import Proof, prove_knowledge, verify_knowledge
from crypto.transcripts import Version1


@dataclass(frozen=True, slots=True)
class Signed:
    """A text, usually JSON, and its author's signature."""

    message: str
    signature: Proof

    @classmethod
    def parse(cls, group: Group, value: object) -> Self:
        """From `{"message","signature"}`."""
        fields = members(value, "message", "signature")
        with within("signature"):
            return cls(text(fields["message"]), Proof.parse(group, fields["signature"]))

    @classmethod
    def make(cls, version: Version1, key: Secret, message: str) -> Self:
        """Sign `message`."""
        return cls(message, prove_knowledge(key, lambda commitment: version.signed_message(message, commitment)))

    def verify(self, version: Version1, public: Point) -> None:
        """That the holder of `public` signed it."""
        verify_knowledge(self.signature, public, lambda commitment: version.signed_message(self.message, commitment))

    def to_json(self) -> dict[str, Any]:
        """The wire's object, keys in order."""
        return {"message": self.message, "signature": self.signature.to_json()}


def send(version: Version1, signing_key: Secret, recipient: Point, content: dict[str, Any]) -> str:
    """Encrypt `content` to `recipient`, signed; a JSON text. AES-256-GCM as in releases 3.1 and later (32-byte IV)."""
    message = canonical({"recipient": str(recipient), "message": canonical(content).decode()}).decode()
    plain = canonical(Signed.make(version, signing_key, message).to_json())
    group = recipient.group
    shared = group.generator ** group.random()
    envelope = encrypt(recipient, shared, group.random())
    data = _cipher(shared).encrypt(_iv(envelope.alpha), plain, None)
    return canonical({"algorithm": "AES-GCM", **envelope.to_json(), "data": data.hex()}).decode()


def receive(version: Version1, channel_key: Secret, sender: Point, value: object) -> dict[str, Any]:
    """Decrypt what `send` made for the holder of `channel_key`; check its author, recipient and every element."""
    group = sender.group
    fields = members(parse_json(text(value).encode()), "alpha", "beta", "data")
    if fields.get("algorithm") != "AES-GCM":
        raise Unsupported("this message was encrypted by a release before 3.1, which is not read here")
    envelope = Ciphertext.parse(group, fields)
    # alpha^-dk rather than a division: the inverse of a secret element would take a time that depends on it.
    shared = envelope.beta * envelope.alpha ** (group.scalar(0) - channel_key)
    try:
        plain = _cipher(shared).decrypt(_iv(envelope.alpha), bytes.fromhex(text(fields["data"])), None)
    except InvalidTag:
        raise Rejected("the message was not encrypted to this key, or was changed") from None
    except ValueError:
        raise Malformed("encrypted data in hexadecimal digits was expected") from None
    signed = Signed.parse(group, parse_json(plain))
    signed.verify(version, sender)
    outer = members(parse_json(signed.message.encode()), "recipient", "message")
    if outer["recipient"] != str(group.generator**channel_key):
        raise Rejected("the message was meant for another trustee")
    content = members(parse_json(text(outer["message"]).encode()))
    return dict(content)


def _cipher(shared: Point) -> AESGCM:
    return AESGCM(hashlib.sha256(f"key|{shared}".encode()).digest())


def _iv(alpha: Point) -> bytes:
    return hashlib.sha256(f"iv|{alpha}".encode()).digest()
