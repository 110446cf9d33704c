"""The prime-order subgroup of Ed25519 through libsodium (PROTOCOL.md section 1).

The wire's text of a point is the byte reversal of its RFC 8032 encoding. libsodium has two habits that one rule here
levels out: its multiplication refuses the zero scalar and the identity (we answer with the identity), and its addition
takes encodings that are not canonical (none gets past `parse_point_raw`).
"""

import re

from nacl.bindings import (
    crypto_core_ed25519_add,
    crypto_core_ed25519_is_valid_point,
    crypto_core_ed25519_scalar_add,
    crypto_core_ed25519_scalar_mul,
    crypto_core_ed25519_scalar_reduce,
    crypto_core_ed25519_scalar_sub,
    crypto_core_ed25519_sub,
    crypto_scalarmult_ed25519_base_noclamp,
    crypto_scalarmult_ed25519_noclamp,
    randombytes,
    sodium_memcmp,
)

from crypto.encoding import text
from crypto.errors import Malformed
from crypto.groups.base import Group, Point, Secret

_ZERO = bytes(32)
_IDENTITY = (1).to_bytes(32, "little")
_HEX = re.compile(r"[0-9a-f]{64}\Z")
_GENERATOR = crypto_scalarmult_ed25519_base_noclamp((1).to_bytes(32, "little"))


class Ed25519(Group):
    """Raw points are 32 RFC 8032 bytes, raw scalars 32 little-endian bytes."""

    name = "Ed25519"
    order = 2**252 + 27742317777372353535851937790883648493

    def __init__(self) -> None:
        self.identity = Point(self, _IDENTITY)
        self.generator = Point(self, _GENERATOR)

    def parse_point_raw(self, value: str) -> bytes:
        if not _HEX.match(value):
            raise Malformed("a group element of 64 lower-case hexadecimal digits was expected")
        raw = bytes.fromhex(value)[::-1]
        # is_valid_point demands y < p, a point of the curve, no small order and the prime-order subgroup.
        if raw != _IDENTITY and not crypto_core_ed25519_is_valid_point(raw):
            raise Malformed("this is not an element of the prime-order group")
        return raw

    def parse_point_lenient(self, value: object) -> Point:
        return self.parse_point(text(value).lower())

    def random(self) -> Secret:
        while True:
            raw = crypto_core_ed25519_scalar_reduce(randombytes(64))
            if not sodium_memcmp(raw, _ZERO):
                return Secret(self, raw)

    def derive(self, digest: bytes) -> Secret:
        if len(digest) > 64:
            raise ValueError("at most 512 bits")
        return Secret(self, crypto_core_ed25519_scalar_reduce(digest[::-1].ljust(64, b"\0")))

    def point_mul(self, a: bytes, b: bytes) -> bytes:
        return crypto_core_ed25519_add(a, b)

    def point_div(self, a: bytes, b: bytes) -> bytes:
        return crypto_core_ed25519_sub(a, b)

    def point_pow(self, base: bytes, exponent: bytes, secret: bool) -> bytes:  # noqa: ARG002
        # libsodium's multiplication is constant-time for all exponents, so `secret` says nothing new; the two special
        # cases have no secret of any likelihood in them.
        if sodium_memcmp(exponent, _ZERO) or base == _IDENTITY:
            return _IDENTITY
        if base == _GENERATOR:
            return crypto_scalarmult_ed25519_base_noclamp(exponent)
        return crypto_scalarmult_ed25519_noclamp(exponent, base)

    def point_text(self, raw: bytes) -> str:
        return raw[::-1].hex()

    def point_sort_key(self, raw: bytes) -> bytes:
        return raw

    def scalar_raw(self, value: int) -> bytes:
        return value.to_bytes(32, "little")

    def scalar_int(self, raw: bytes) -> int:
        return int.from_bytes(raw, "little")

    def scalar_add(self, a: bytes, b: bytes) -> bytes:
        return crypto_core_ed25519_scalar_add(a, b)

    def scalar_sub(self, a: bytes, b: bytes) -> bytes:
        return crypto_core_ed25519_scalar_sub(a, b)

    def scalar_mul(self, a: bytes, b: bytes) -> bytes:
        return crypto_core_ed25519_scalar_mul(a, b)


ED25519 = Ed25519()

_ORDER_TWO = (2**255 - 20).to_bytes(32, "little")  # the point (0, -1)
if crypto_core_ed25519_is_valid_point(crypto_core_ed25519_add(_GENERATOR, _ORDER_TWO)):
    # libsodium before 1.0.20 (CVE-2025-69277) let such points pass, and every membership check with them.
    raise ImportError("this libsodium accepts points outside the prime-order group; install PyNaCl 1.6.2 or later")
