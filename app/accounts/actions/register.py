"""What can be done with the civil register: find somebody in it, bring it in, take it out."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import IO

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from app import audit
from app.accounts import register_file
from app.accounts.models import Person, RegisterBatch, RegisterEntry
from app.accounts.queries.register import Register
from app.accounts.register import Claim
from app.accounts.register_file import Mistake, Row
from app.audit import Actor
from app.forms import Invalid
from app.i18n import gettext as _
from app.i18n import in_both
from app.notices.actions import notify

TOGETHER = 5_000
"""Rows of one transaction: nobody else waits for long, and a million need little memory."""
ABANDONED = timedelta(hours=12)
"""An import that has not ended by then was killed."""


class NotFound(Invalid):
    """The register does not hold this number with this birth date."""


@dataclass(frozen=True, slots=True)
class By:
    """Who asks for a match, as the audit trail is told."""

    actor: Actor
    details: dict[str, object]


async def match(person: Person, claim: Claim, *, register: Register, key: bytes, by: By, now: datetime) -> None:
    """Match an account with its entry in the register, or raise `Invalid`. Matching again with the same is quiet."""
    target = f"person:{person.id}"
    found = await register.find(claim)
    if found is None:
        await audit.record(by.actor, "register_not_matched", target, now=now, details=by.details)
        raise NotFound.because(
            {},
            form=_("The civil register does not hold this number with this birth date. Check both against your card."),
        )
    hashed = claim.hashed(key)
    try:
        async with in_transaction():
            free = Person.filter(id=person.id, register_hash=None, confirmed_at__not_isnull=True, deleted_at=None)
            if await free.update(register_hash=hashed, matched_at=now, place=found.place):
                await audit.record(by.actor, "register_matched", target, now=now, details=by.details)
                await notify(
                    person.id,
                    "level",
                    title=in_both(lambda: _("Your account is matched with the civil register")),
                    text=in_both(
                        lambda: _(
                            "We keep neither the number nor the birth date, only a seal that nobody can read back."
                        )
                    ),
                    url="/account/level",
                    now=now,
                )
                return
    except IntegrityError:
        await _refuse_second(hashed, person, by, now)
    current = await Person.get(id=person.id)
    if current.register_hash == hashed:
        return
    if current.register_hash is not None:
        raise Invalid.because({}, form=_("This account is matched with another entry of the civil register already."))
    raise Invalid.because({}, form=_("Confirm an email address or a phone number first."))


async def _refuse_second(hashed: str, person: Person, by: By, now: datetime) -> None:
    """Tell the holder of the entry that a second account has asked for it, and whoever asked that it is taken."""
    async with in_transaction():
        await audit.record(by.actor, "register_match_refused", f"person:{person.id}", now=now, details=by.details)
        first = await Person.get_or_none(register_hash=hashed)
        if first is not None:
            await notify(
                first.id,
                "register",
                title=in_both(lambda: _("Another account asked for your entry in the civil register")),
                text=in_both(
                    lambda: _(
                        "Somebody entered your national number and birth date in another account. It was refused: one "
                        "person has one account. If it was you, go on using this account. If not, tell us."
                    )
                ),
                url="/help#contact",
                urgent=True,
                now=now,
            )
    raise Invalid.because(
        {},
        form=_(
            "Another account is matched with this entry already, and one person has one account. "
            "Sign in with that one. If it is not yours, a service centre can help."
        ),
    )


class Refused(Exception):
    """A file that was not brought in: nothing of it is there. Tells lines, never what stood in them."""

    def __init__(self, says: str, mistakes: Sequence[Mistake] = (), total: int = 0) -> None:
        super().__init__(says)
        self.says = says
        self.mistakes = list(mistakes)
        self.total = total


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import has brought."""

    name: str
    rows: int
    repeated: int
    """Lines that said what another line had said."""
    removed: int
    """Entries of earlier imports that it has replaced."""


async def bring_in(
    file: IO[bytes], *, name: str, replace: bool, key: bytes, digits: int, today: date, actor: Actor, now: datetime
) -> Imported:
    """Import a register, whole or not at all; the file is read twice, first for its mistakes."""
    lines = await _look_through(file, digits, today)
    await _sweep(now)
    batch = await _begin(name or now.strftime("%Y-%m-%d %H:%M:%S"), actor, now)
    try:
        await _fill(batch, file, digits, today, key)
        async with in_transaction():
            rows = await RegisterEntry.filter(batch=batch).count()
            await RegisterBatch.filter(id=batch.id).update(rows=rows, finished_at=now)
            older = await RegisterBatch.filter(id__lt=batch.id, finished_at__not_isnull=True) if replace else []
            # From this moment the older ones do not count; their rows are taken out a few at a time.
            for one in older:
                await RegisterBatch.filter(id=one.id).update(finished_at=None)
            details = {"rows": rows, "replaced": [one.id for one in older]}
            await audit.record(actor, "register_imported", f"register_batch:{batch.id}", now=now, details=details)
    except BaseException:  # a signal, too: nothing half-imported stays
        await _remove(batch)
        raise
    for one in older:
        await _remove(one)
    return Imported(batch.name, rows, lines - rows, sum(one.rows for one in older))


async def _look_through(file: IO[bytes], digits: int, today: date) -> int:
    """How many lines there are; raises `Refused` when one of them cannot be read."""

    def look() -> tuple[int, list[Mistake], int]:
        good, bad, named = 0, 0, list[Mistake]()
        for row in register_file.read(file, digits=digits, today=today):
            if isinstance(row, Row):
                good += 1
            else:
                bad += 1
                if len(named) < register_file.MOST_NAMED:
                    named.append(row)
        return good, named, bad

    try:
        good, named, bad = await asyncio.to_thread(look)
    except register_file.Unusable as error:
        raise Refused(str(error)) from None
    if bad:
        raise Refused(_("Some lines cannot be read, so nothing was imported."), named, bad)
    if not good:
        raise Refused(_("The file has no lines under its head."))
    return good


async def _begin(name: str, actor: Actor, now: datetime) -> RegisterBatch:
    try:
        async with in_transaction():
            return await RegisterBatch.create(name=name[:40], started_at=now, made_by=actor.text)
    except IntegrityError:
        raise Refused(_("There is an import with this name already. Choose another.")) from None


async def _fill(batch: RegisterBatch, file: IO[bytes], digits: int, today: date, key: bytes) -> None:
    rows = register_file.read(file, digits=digits, today=today)
    while entries := await asyncio.to_thread(_some, rows, batch, key):
        async with in_transaction():
            await RegisterEntry.bulk_create(entries, ignore_conflicts=True)


def _some(rows: Iterator[Row | Mistake], batch: RegisterBatch, key: bytes) -> list[RegisterEntry]:
    entries: list[RegisterEntry] = []
    for row in islice(rows, TOGETHER):
        if isinstance(row, Mistake):
            raise Refused(_("The file has changed while it was read."))
        entries.append(RegisterEntry(entry_hash=row.claim.hashed(key), place=row.place, batch_id=batch.id))
    return entries


async def _sweep(now: datetime) -> None:
    """Take out what killed imports have left."""
    for batch in await RegisterBatch.filter(finished_at=None, started_at__lt=now - ABANDONED):
        await _remove(batch)


async def _remove(batch: RegisterBatch) -> None:
    while some := await RegisterEntry.filter(batch_id=batch.id).limit(TOGETHER).values_list("id", flat=True):
        await RegisterEntry.filter(id__in=list(some)).delete()
    await RegisterBatch.filter(id=batch.id).delete()
