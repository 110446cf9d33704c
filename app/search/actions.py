"""Keeping the index in step with what there is, in the transaction of each change; and building it anew."""

import json
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import UTC, datetime
from enum import IntEnum

from tortoise import connections
from tortoise.expressions import Q
from tortoise.transactions import in_transaction

from app.features import Entry
from app.i18n import LANGUAGES
from app.search.models import Document
from app.search.normal import named, searchable

BATCH = 500
MARKED_AT_ONCE = 10_000

Documents = Callable[[], AsyncIterator[Entry]]
"""The slot of a feature: everything of it that can be found."""


class Step(IntEnum):
    """How far a rebuilding of the index has come with a thing."""

    OLD = 0
    WRITTEN = 1
    CONFIRMED = 2


_COLUMNS = (
    *("kind", "key", "title", "excerpt", "url", "seen_by"),
    *("name_ar", "name_en", "heading", "words", "changed_at", "step"),
)


async def index(entry: Entry, now: datetime) -> None:
    """Make a thing findable, or bring what was known of it up to date, in the caller's transaction."""
    await _write([entry], now, Step.CONFIRMED)


async def remove(kind: str, key: str) -> None:
    """Let a thing be found no more."""
    await Document.filter(kind=kind, key=key).delete()


async def rebuild(sources: Iterable[Documents], now: datetime) -> int:
    """Build the index anew from what the features have; how many things can be found.

    The portal may go on meanwhile: what is indexed during the work is newer than what we read and stays as it is, and
    what is removed during the work is missing in the second reading. One at a time.
    """
    listed = list(sources)
    if _dialect() == "sqlite":
        await connections.get("default").execute_query("INSERT INTO search_index (search_index) VALUES ('rebuild')")
    newest = await Document.all().order_by("-id").first()
    for start in range(0, newest.id if newest is not None else 0, MARKED_AT_ONCE):
        await Document.filter(id__gt=start, id__lte=start + MARKED_AT_ONCE).update(step=Step.OLD)
    async for batch in _batches(listed):
        async with in_transaction():
            await _write(batch, now, Step.WRITTEN)
    async for batch in _batches(listed):
        keys: dict[str, list[str]] = {}
        for entry in batch:
            keys.setdefault(entry.kind, []).append(entry.key)
        for kind, some in keys.items():
            await Document.filter(kind=kind, key__in=some, step=Step.WRITTEN).update(step=Step.CONFIRMED)
    await Document.filter(~Q(step=Step.CONFIRMED)).delete()
    if _dialect() == "postgres":
        await connections.get("default").execute_query("VACUUM (ANALYZE) search_document")
    return await Document.all().count()


async def renew(kind: str, source: Documents, now: datetime) -> None:
    """Bring everything of one kind up to date, for what is little and has no actions that index it."""
    entries = [entry async for entry in source()]
    async with in_transaction():
        await _write(entries, now, Step.CONFIRMED)
        await Document.filter(~Q(key__in=[entry.key for entry in entries]), kind=kind).delete()


async def _batches(sources: Sequence[Documents]) -> AsyncIterator[list[Entry]]:
    batch: list[Entry] = []
    for source in sources:
        async for entry in source():
            batch.append(entry)
            if len(batch) == BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


async def _write(entries: Iterable[Entry], now: datetime, step: Step) -> None:
    """One statement a thing, so that two who write the same at once do not collide."""
    sqlite = _dialect() == "sqlite"
    moment = now.astimezone(UTC)
    rows = []
    for entry in entries:
        titles = [entry.title.get(language, "") for language in LANGUAGES]
        excerpts = [entry.excerpt.get(language, "") for language in LANGUAGES]
        rows.append(
            [
                entry.kind,
                entry.key,
                json.dumps(dict(entry.title), ensure_ascii=False),
                json.dumps(dict(entry.excerpt), ensure_ascii=False),
                entry.url,
                entry.seen_by,
                *(named(title) for title in titles),
                searchable(*titles),
                searchable(*titles, *excerpts, entry.more),
                moment.isoformat(" ") if sqlite else moment,  # as Tortoise spells it
                int(step),
            ]
        )
    names = ", ".join(_COLUMNS)
    marks = ", ".join("?" if sqlite else f"${number}" for number in range(1, len(_COLUMNS) + 1))
    kept = {"kind", "key"} if step == Step.CONFIRMED else {"kind", "key", "changed_at"}
    changes = ", ".join(f"{column} = excluded.{column}" for column in _COLUMNS if column not in kept)
    # What a rebuilding has read may be older than what was indexed meanwhile.
    only = "" if step == Step.CONFIRMED else f" WHERE search_document.step <> {Step.CONFIRMED:d}"
    statement = (
        f"INSERT INTO search_document ({names}) VALUES ({marks}) "  # noqa: S608 - our own names
        f"ON CONFLICT (kind, key) DO UPDATE SET {changes}{only}"
    )
    await connections.get("default").execute_many(statement, rows)


def _dialect() -> str:
    return str(connections.get("default").capabilities.dialect)
