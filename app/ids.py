"""Names for things: tokens that nobody guesses, references that people can read out."""

import hashlib
import hmac
import re
import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Digits and capitals that are not mistaken for each other (no 0 O 1 I L)."""


TOKEN = re.compile(r"[A-Za-z0-9_-]{43}\Z")
"""The form of `token`."""


def token() -> str:
    """256 random bits as text for an address or a cookie."""
    return secrets.token_urlsafe(32)


def token_hash(value: str) -> str:
    """What is stored of a token (hex)."""
    return hashlib.sha256(value.encode()).hexdigest()


def keyed_hash(key: bytes, purpose: str, value: str) -> str:
    """HMAC-SHA-256 (hex): a pseudonym that only the holder of the key can compute."""
    return hmac.new(key, f"{purpose}|{value}".encode(), hashlib.sha256).hexdigest()
