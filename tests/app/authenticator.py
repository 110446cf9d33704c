"""A key ring in software that makes and shows passkeys as a browser would, and can lie when a test asks for it."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def text(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def data(text_: str) -> bytes:
    """The bytes of base64url."""
    return base64.urlsafe_b64decode(text_ + "=" * (-len(text_) % 4))


@dataclass
class KeyRing:
    """One passkey on one device."""

    origin: str = "http://localhost:8000"
    host: str = "localhost"
    counts: bool = True
    count: int = 0
    identifier: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    user_handle: bytes | None = None
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def _client(self, kind: str, challenge: str) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def _authenticator(self, flags: int) -> bytes:
        self.count += self.counts
        return hashlib.sha256(self.host.encode()).digest() + struct.pack(">BI", flags, self.count)

    def make(self, options: dict[str, Any], *, flags: int = PRESENT | VERIFIED) -> dict[str, Any]:
        """An answer to `navigator.credentials.create`."""
        self.user_handle = data(options["user"]["id"])
        numbers = self.private.public_key().public_numbers()
        key = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + struct.pack(">H", len(self.identifier)) + self.identifier + cbor2.dumps(key)
        statement = {"fmt": "none", "attStmt": {}, "authData": self._authenticator(flags | ATTESTED) + attested}
        return self._answer(
            clientDataJSON=self._client("webauthn.create", options["challenge"]),
            attestationObject=cbor2.dumps(statement),
        )

    def show(self, options: dict[str, Any], *, flags: int = PRESENT | VERIFIED) -> dict[str, Any]:
        """An answer to `navigator.credentials.get`."""
        client, told = self._client("webauthn.get", options["challenge"]), self._authenticator(flags)
        signed = self.private.sign(told + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        handle = {"userHandle": self.user_handle} if self.user_handle is not None else {}
        return self._answer(clientDataJSON=client, authenticatorData=told, signature=signed, **handle)

    def _answer(self, **parts: bytes) -> dict[str, Any]:
        response = {name: text(part) for name, part in parts.items()}
        return {"id": text(self.identifier), "rawId": text(self.identifier), "type": "public-key", "response": response}
