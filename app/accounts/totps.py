"""One-time passwords from an authenticator app (RFC 6238), and the printed codes that stand in for it.

No database, no clock, no request. The secret is sealed with a key made from the portal's own, together with the number
of its person: whoever can write to the database cannot give somebody else's account a secret of theirs.
"""

import hmac
import secrets
from datetime import datetime, timedelta
from hashlib import sha256

import pyotp
import segno
from markupsafe import Markup
from nacl.encoding import URLSafeBase64Encoder
from nacl.secret import SecretBox

from app import ids
from app.i18n import latin_digits

STEP = 30
"""Seconds for which a code is shown."""
DRIFT = 1
"""Steps by which the clock of a telephone may be wrong, either way."""
GUESSES = 5
"""Codes that may be tried after one right password."""
SECOND = "second"
SECOND_LASTS = timedelta(minutes=10)
"""The second step of signing in, and how long it waits."""
PRINTED = "printed"
PRINTED_LASTS = timedelta(minutes=10)
"""New codes, and how long they can be looked at."""
WAITS = timedelta(hours=1)
"""How long a secret that was not confirmed stays the same, so that opening the page again changes nothing."""
CODES = 10
"""Printed codes that are made at a time."""
CODE_LENGTH = 10
"""Signs of a printed code: 49 bits."""


def new_secret() -> str:
    """160 random bits in Base32, as RFC 4226 recommends."""
    return pyotp.random_base32(length=32)


def seal(key: bytes, person: int, text: str) -> str:
    """`text` so that only the holder of the portal's key reads it, and only as `person`'s."""
    return _box(key).encrypt(f"{person} {text}".encode(), encoder=URLSafeBase64Encoder).decode("ascii")


def unseal(key: bytes, person: int, sealed: str) -> str:
    """What was sealed for `person`; ValueError or nacl's CryptoError when it was not."""
    whose, _space, text = _box(key).decrypt(sealed.encode(), encoder=URLSafeBase64Encoder).decode().partition(" ")
    if whose != str(person):
        raise ValueError("sealed for somebody else")
    return text


def _box(key: bytes) -> SecretBox:
    return SecretBox(hmac.new(key, b"sawtuna|totp|v1", sha256).digest())


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The step (half minutes since 1970) whose code this is; None when it is that of no step near `now`."""
    totp, present, found = pyotp.TOTP(s=secret), int(now.timestamp()) // STEP, None
    for step in range(present - DRIFT, present + DRIFT + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            found = step
    return found


def digits(typed: str) -> str:
    """A code as people type it: Arabic digits and spaces are as good as Latin ones without."""
    return "".join(latin_digits(typed).split())


def address(secret: str, account: str, issuer: str) -> str:
    """The `otpauth:` address that authenticator apps read from the picture."""
    return pyotp.TOTP(s=secret).provisioning_uri(name=account, issuer_name=issuer)


def picture(text: str) -> Markup:
    """A QR code as SVG, black on white whatever the page's appearance is: some cameras see nothing else."""
    drawn = segno.make(text, error="m", micro=False).svg_inline(
        omitsize=True, dark="#000", light="#fff", border=4, svgclass=None, lineclass=None
    )
    return Markup(drawn)  # noqa: S704 - drawn by segno; `text` is in it as squares only


def groups(text: str) -> list[str]:
    """In fours, for typing by hand."""
    return [text[start : start + 4] for start in range(0, len(text), 4)]


def new_codes() -> list[str]:
    """Codes to print."""
    return ["".join(secrets.choice(ids.ALPHABET) for _sign in range(CODE_LENGTH)) for _code in range(CODES)]


def written(code: str) -> str:
    """A printed code in two halves."""
    return f"{code[: CODE_LENGTH // 2]}-{code[CODE_LENGTH // 2 :]}"


def read(typed: str) -> str:
    """A printed code as it was made, however it was typed."""
    return "".join(sign for sign in latin_digits(typed).upper() if sign in ids.ALPHABET)


def code_hash(key: bytes, person: int, code: str) -> str:
    """What is stored of a printed code."""
    return ids.keyed_hash(key, "recovery", f"{person}|{code}")
