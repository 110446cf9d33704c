"""The board in the database: every event with the very bytes that stand in the archive, so that `.bel` is their sum.

An event is appended in the transaction that holds the election's row (PostgreSQL) or the database's write lock
(SQLite), so that however many processes accept ballots there is one unbroken chain.
"""

from collections.abc import AsyncIterator, Sequence

from tortoise.backends.base.client import BaseDBAsyncClient

from ballots.models import BoardEvent, Election
from crypto.archive import entry_bytes, first_entry
from crypto.board import Event, Kind, data_name, event_name, may_follow, out_of_order
from crypto.encoding import sha256_hex

PART = 1 << 20
"""Bytes of the archive that are sent at a time, more or less."""


async def locked(election: int, connection: BaseDBAsyncClient) -> Election:
    """The election's row as it is now, which nobody else changes until the transaction ends."""
    return await Election.filter(id=election).using_db(connection).select_for_update().get()


async def last_kind(election: Election, connection: BaseDBAsyncClient | None = None) -> Kind | None:
    """What the newest event is."""
    if election.height < 0:
        return None
    query = BoardEvent.filter(election_id=election.id, height=election.height)
    if connection is not None:
        query = query.using_db(connection)
    row = await query.values("kind")
    return Kind(row[0]["kind"])


async def append(election: Election, kind: Kind, records: Sequence[bytes], connection: BaseDBAsyncClient) -> BoardEvent:
    """Add an event with its records, the last of which is its payload. `election` must be `locked`; it is updated."""
    previous = await last_kind(election, connection)
    if not may_follow(previous, kind):
        raise out_of_order(kind, previous)
    time = election.archive_time
    start = election.archive_size or len(first_entry(time))
    event = Event(election.head or None, election.height + 1, kind, sha256_hex(records[-1]) if records else None)
    body = event.to_json()
    chunk = b"".join(entry_bytes(data_name(record), record, time) for record in records)
    chunk += entry_bytes(event_name(body), body, time)
    digest = sha256_hex(body)
    row = await BoardEvent.create(
        election_id=election.id,
        height=event.height,
        kind=str(kind),
        digest=digest,
        payload=event.payload,
        start=start,
        size=len(chunk),
        chunk=chunk,
        using_db=connection,
    )
    election.height, election.head, election.archive_size = event.height, digest, start + len(chunk)
    await election.save(update_fields=["height", "head", "archive_size"], using_db=connection)
    return row


def records_in(chunk: bytes) -> list[bytes]:
    """The bodies of an event's records and, last, of the event itself."""
    found, at = [], 0
    while at < len(chunk):
        size = int(chunk[at + 124 : at + 135], 8)
        found.append(chunk[at + 512 : at + 512 + size])
        at += 512 + size + (-size % 512)
    return found


async def archive(election: Election, begin: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
    """The bytes `begin` up to `end` of the archive as it is now, event by event: never the whole in memory."""
    until = election.archive_size if end is None else min(end, election.archive_size)
    head = first_entry(election.archive_time)
    if begin < len(head):
        yield head[begin:until]
    at = max(begin, len(head))
    while at < until:
        # The event in which the place lies, and those after it, as many as make a fair part.
        rows = (
            await BoardEvent.filter(
                election_id=election.id, start__gte=await _start_of(election.id, at), start__lt=until
            )
            .order_by("start")
            .limit(_rows_at_once(election))
            .values("start", "chunk")
        )
        for row in rows:
            chunk, start = bytes(row["chunk"]), row["start"]
            yield chunk[max(at - start, 0) : until - start]
            at = start + len(chunk)


def _rows_at_once(election: Election) -> int:
    events: int = max(election.height + 1, 1)
    size: int = max(election.archive_size, 1)
    return max(1, min(500, PART * events // size))


async def _start_of(election: int, at: int) -> int:
    found = BoardEvent.filter(election_id=election, start__lte=at).order_by("-start").limit(1)
    starts: list[int] = [row["start"] for row in await found.values("start")]
    return starts[0]
