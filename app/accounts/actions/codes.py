"""What can be done with codes: ask for one, send it, try it.

A code is asked for without its digits; they are made when it is sent. So a code for nobody looks and counts like any
other, and no digits fit it.
"""

import hmac
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tortoise.expressions import F
from tortoise.transactions import in_transaction

from app import ids, mail
from app.accounts.codes import DIGITS, GUESSES, LIFETIME, PER_HOUR, hash_of
from app.accounts.contacts import Contact, Kind
from app.accounts.models import Code
from app.i18n import Reader, gettext, ngettext, reading
from app.settings import Settings

_LOCK = 7_288_142
"""First number of the advisory lock under which PostgreSQL counts the codes of one target."""


class TooMany(Exception):
    """Enough codes are on their way to this address or number."""


class Spent(Exception):
    """The code has run out, was used, or was guessed at too often."""


class Wrong(Exception):
    """Not these digits."""

    def __init__(self, left: int) -> None:
        super().__init__(left)
        self.left = left


@dataclass(frozen=True, slots=True)
class Asked:
    """A code that will be sent; `handle` is for the browser, only its hash is stored."""

    id: int
    handle: str


async def ask(
    purpose: str, contact: Contact, *, person: int | None = None, data: Mapping[str, str] | None = None, now: datetime
) -> Asked:
    """Make room for a code; raises `TooMany`, whoever the target belongs to."""
    handle = ids.token()
    async with in_transaction() as connection:
        if connection.capabilities.dialect == "postgres":  # SQLite lets one transaction write at a time anyway
            number = zlib.crc32(contact.value.encode()) - (1 << 31)
            await connection.execute_query("SELECT pg_advisory_xact_lock($1::int, $2::int)", [_LOCK, number])
        recent = Code.filter(target=contact.value, used_at=None, created_at__gt=now - timedelta(hours=1))
        if await recent.count() >= PER_HOUR:
            raise TooMany
        row = await Code.create(
            purpose=purpose,
            target=contact.value,
            person_id=person,
            handle=ids.token_hash(handle),
            code_hash="",
            data=dict(data or {}),
            created_at=now,
            expires_at=now + LIFETIME,
        )
    return Asked(row.id, handle)


async def send(code: int, *, person: int, language: str, settings: Settings, now: datetime) -> None:
    """Make the digits and send them, once, in the caller's transaction."""
    row = await Code.get(id=code)
    digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    fresh = Code.filter(id=code, code_hash="", used_at=None)
    if not await fresh.update(code_hash=hash_of(settings.key, row.handle, digits), person_id=person):
        return
    contact = Contact.of(row.target)
    minutes = LIFETIME // timedelta(minutes=1)
    with reading(Reader("en" if language == "en" else "ar")):
        subject = gettext("Your code for Sawtuna")
        text = ngettext(
            "%(code)s is your code for Sawtuna. It holds for %(n)s minute. Tell it to nobody, not even to us.",
            "%(code)s is your code for Sawtuna. It holds for %(n)s minutes. Tell it to nobody, not even to us.",
            minutes,
            code=digits,
        )
    if contact.kind is Kind.PHONE:
        # The last line lets phones fill the code in on this site and on no other (WICG origin-bound codes).
        await mail.post(
            contact.value, "", f"{text}\n\n@{settings.host} #{digits}", language=language, now=now, kind="sms"
        )
    else:
        await mail.post(contact.value, subject, text, language=language, now=now)


async def guess(
    handle: str, digits: str, *, purposes: frozenset[str], key: bytes, now: datetime, person: int | None = None
) -> Code:
    """The code behind a browser's handle, if these are its digits.

    Counted before it is compared, and outside of any transaction that could take the count back.
    """
    stored = ids.token_hash(handle)
    mine = Code.filter(handle=stored, purpose__in=purposes, expires_at__gt=now, guesses__lt=GUESSES)
    if person is not None:
        mine = mine.filter(person_id=person)
    if not await mine.update(guesses=F("guesses") + 1):
        raise Spent
    row = await Code.get(handle=stored)
    if not hmac.compare_digest(row.code_hash, hash_of(key, stored, digits)):
        raise Wrong(GUESSES - row.guesses)
    return row


async def use(row: Code, now: datetime) -> bool:
    """Take a code, in the caller's transaction; whether nobody had taken it before."""
    return bool(await Code.filter(id=row.id, used_at=None).update(used_at=now))


async def void(person: int, now: datetime) -> None:
    """No code of a person that is on its way fits any more."""
    await Code.filter(person_id=person, used_at=None).update(used_at=now)
