"""Text forms that the protocol fixes: strict JSON in, canonical JSON out, digests, base58, decimal integers.

Source: PROTOCOL.md sections 0 and 2. Every reader refuses what it does not understand with `Malformed`, whatever the
bytes are: duplicate keys, lone surrogates, NaN, numbers of thousands of digits, nesting without end.
"""

import base64
import hashlib
import json
import math
import re
from collections.abc import Mapping
from typing import Any

from crypto.errors import Malformed

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

MAX_DIGITS = 1300
"""Longest integer any field may carry: 4096 bits are 1,234 decimal digits."""

SMALL_NUMBER = 1_073_741_823
"""Weights and counts up to this are JSON numbers, above it decimal strings (PROTOCOL.md section 2)."""

_DECIMAL = re.compile(r"(?:0|[1-9][0-9]*)\Z")
_LENIENT = re.compile(
    r"\+?(?:0[xX](?P<hex>[0-9a-fA-F][0-9a-fA-F_]*)|0[oO](?P<oct>[0-7][0-7_]*)|0[bB](?P<bin>[01][01_]*)"
    r"|(?P<dec>[0-9][0-9_]*))\Z"
)
_HEX_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_UUID = re.compile(rf"[{BASE58}]{{14,64}}\Z")


def sha256_hex(data: bytes) -> str:
    """SHA-256 of `data`, 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def sha256_b64(data: bytes) -> str:
    """SHA-256 of `data` in standard base64 without padding, 43 characters: fingerprints and trackers."""
    return base64.b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


def hex_to_b64(digest: str) -> str:
    """The same digest as `sha256_b64` prints it, from its hexadecimal form."""
    return base64.b64encode(bytes.fromhex(digest)).decode().rstrip("=")


def canonical(value: object) -> bytes:
    """Canonical JSON: no white space, keys as ordered by the caller, text unescaped, UTF-8."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Malformed("the key “%(key)s” stands twice", key=name[:80])
        found[name] = value
    return found


def _constant(text: str) -> object:
    raise Malformed("“%(text)s” is not a JSON number", text=text)


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Malformed("a JSON number is too long")
    return number


def parse_json(data: bytes) -> Any:
    """Read one JSON text of UTF-8 bytes, refusing duplicate keys, NaN, lone surrogates and absurd numbers or depth."""
    try:
        text = data.decode()
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_constant, parse_float=_float)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
        return value
    except UnicodeError:
        raise Malformed("the text is not valid UTF-8") from None  # the cause would hold the text, which may be secret
    except json.JSONDecodeError as error:
        raise Malformed("this is not JSON (character %(position)s)", position=error.pos) from None
    except RecursionError:
        raise Malformed("the JSON is nested too deeply") from None
    except ValueError:
        raise Malformed("a JSON number is too long") from None


def members(value: object, *required: str) -> Mapping[str, Any]:
    """A JSON object that has at least these keys."""
    if not isinstance(value, dict):
        raise Malformed("an object was expected")
    for key in required:
        if key not in value:
            raise Malformed("the key “%(key)s” is missing", key=key)
    return value


def array(value: object, length: int | None = None) -> list[Any]:
    """A JSON array, of exactly `length` elements when it is given."""
    if not isinstance(value, list):
        raise Malformed("a list was expected")
    if length is not None and len(value) != length:
        raise Malformed("%(found)s elements where %(expected)s belong", found=len(value), expected=length)
    return value


def text(value: object) -> str:
    """A JSON string."""
    if not isinstance(value, str):
        raise Malformed("a text was expected")
    return value


def whole_number(value: object, low: int = 0, high: int = SMALL_NUMBER) -> int:
    """A JSON number that is an integer in `low..high`."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise Malformed("a whole number was expected")
    if not low <= value <= high:
        raise Malformed("the number must lie between %(low)s and %(high)s", low=low, high=high)
    return value


def decimal(value: object) -> int:
    """A non-negative integer as a JSON string in canonical decimal: no sign, no leading zero, bounded length."""
    digits = text(value)
    if len(digits) > MAX_DIGITS or not _DECIMAL.match(digits):
        raise Malformed("a whole number in decimal digits was expected")
    return int(digits)


def lenient_integer(value: object) -> int:
    """A non-negative integer in any spelling that belenios-tool takes inside an answer (PROTOCOL.md section 5)."""
    match = _LENIENT.match(text(value))
    if match is None:
        raise Malformed("a whole number was expected")
    for name, base in (("dec", 10), ("hex", 16), ("oct", 8), ("bin", 2)):
        if match[name]:
            significant = match[name].replace("_", "").lstrip("0") or "0"
            if len(significant) <= 4 * MAX_DIGITS and (base != 10 or len(significant) <= MAX_DIGITS):
                return int(significant, base)
    raise Malformed("a whole number was expected")


def big_number(value: object) -> int:
    """A weight or a count: a JSON number up to `SMALL_NUMBER`, a decimal string above."""
    if isinstance(value, str):
        number = decimal(value)
        if number <= SMALL_NUMBER:
            raise Malformed("a number up to %(high)s is written without quotes", high=SMALL_NUMBER)
        return number
    return whole_number(value)


def big_number_json(number: int) -> int | str:
    """The JSON form that `big_number` reads."""
    return number if number <= SMALL_NUMBER else str(number)


def hex_digest(value: object) -> str:
    """A SHA-256 digest as 64 lower-case hexadecimal digits."""
    if not _HEX_DIGEST.match(text(value)):
        raise Malformed("a SHA-256 digest of 64 lower-case hexadecimal digits was expected")
    return str(value)


def election_uuid(value: object) -> str:
    """An election's identifier: 14 to 64 base58 characters."""
    if not _UUID.match(text(value)):
        raise Malformed("an election identifier has at least 14 characters, letters and digits without 0, O, I and l")
    return str(value)
