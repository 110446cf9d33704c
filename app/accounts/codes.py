"""Codes of six digits that prove who holds an address or a number. Pure: no database, no clock, no request."""

from datetime import timedelta

from app import ids
from app.i18n import latin_digits

DIGITS = 6
LIFETIME = timedelta(minutes=10)
GUESSES = 5
"""Tries at one code, right or wrong; each is counted before it is compared."""
PER_HOUR = 3
"""Codes for one address or number that have not been entered: fifteen guesses an hour in a million."""

CONTACT = "contact"
"""Purpose: a new contact of somebody who is signed in. The other purposes are those of links (`app.accounts.rules`)."""


def hash_of(key: bytes, handle: str, digits: str) -> str:
    """What is stored of a code: only the holder of the key can try all million."""
    return ids.keyed_hash(key, "code", f"{handle}|{digits}")


def typed_digits(text: str) -> str:
    """The digits of a code as it was typed: in Arabic digits, in groups."""
    return "".join(letter for letter in latin_digits(text) if letter.isascii() and letter.isdigit())
