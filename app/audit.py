"""The audit trail: who did what, when, on what, why. Each entry hashes the one before it.

A deleted or altered entry breaks the chain from there on; `sawtuna audit verify` finds the place. Whoever can write to
the database can also make the rest of the chain anew, or cut its tail off: against that its head is printed with every
backup and should be kept elsewhere, by somebody else.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from tortoise import connections
from tortoise.transactions import in_transaction

from app.models import AuditEntry

_FIRST = "0" * 64
_LOCK = 7_288_141
"""Number of the advisory lock under which PostgreSQL lets one writer at a time extend the chain."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: `person:12`, `system`, `command:root`. Never a name, which may have to be forgotten."""

    text: str

    @classmethod
    def person(cls, identifier: int) -> "Actor":
        """A signed-in person."""
        return cls(f"person:{identifier}")


SYSTEM = Actor("system")


async def record(
    actor: Actor,
    verb: str,
    target: str,
    *,
    now: datetime,
    reason: str = "",
    details: Mapping[str, object] | None = None,
) -> AuditEntry:
    """Add an entry, in the transaction of the change it tells of. `target` is like `person:12` or `agency:water`."""
    async with in_transaction() as connection:
        if connection.capabilities.dialect == "postgres":
            await connection.execute_query("SELECT pg_advisory_xact_lock($1)", [_LOCK])
        last = await AuditEntry.all().order_by("-number").first()
        number, previous = (last.number + 1, last.digest) if last else (1, _FIRST)
        text = json.dumps(dict(details or {}), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        digest = digest_of(number, now, (actor.text, verb, target, reason, text), previous)
        return await AuditEntry.create(
            number=number,
            at=now,
            actor=actor.text,
            verb=verb,
            object=target,
            reason=reason,
            details=text,
            previous=previous,
            digest=digest,
        )


def digest_of(number: int, at: datetime, fields: tuple[str, str, str, str, str], previous: str) -> str:
    """SHA-256 of the canonical JSON of an entry and the digest before it (hex)."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    text = json.dumps([number, moment, *fields, previous], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Checked:
    """What a walk over the trail found; `broken_at` is the number of the first entry that does not fit."""

    entries: int
    head: str
    broken_at: int | None


async def verify() -> Checked:
    """Walk the whole trail, in bounded memory."""
    previous, expected = _FIRST, 1
    while True:
        rows = await AuditEntry.filter(number__gte=expected).order_by("number").limit(1000)
        for row in rows:
            fields = (row.actor, row.verb, row.object, row.reason, row.details)
            fits = row.number == expected and row.previous == previous
            if not fits or row.digest != digest_of(row.number, row.at, fields, previous):
                return Checked(expected - 1, previous, row.number)
            previous, expected = row.digest, expected + 1
        if not rows:
            return Checked(expected - 1, previous, None)


async def dialect() -> str:
    """Name of the database's dialect, for messages."""
    return str(connections.get("default").capabilities.dialect)
