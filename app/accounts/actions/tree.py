"""What all changes of agencies share: one at a time where the tree is concerned, seen states, and the search."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from tortoise.transactions import in_transaction

from app import jobs
from app.accounts.models import Agency, AgencyChange
from app.accounts.queries.columns import column
from app.accounts.words import searchable
from app.features import Entry
from app.search.actions import index, remove

_LOCK = 7_288_142
"""Number of the advisory lock under which PostgreSQL lets one writer at a time change the tree."""
INDEX = "accounts.index_agencies"
KIND = "agency"
AT_ONCE = 200
"""Agencies that one job makes findable."""


class Outdated(Exception):
    """Somebody else has changed it since the page was opened."""


@asynccontextmanager
async def tree_change() -> AsyncIterator[None]:
    """A transaction during which nobody else changes the tree: what is read in it stays true until it ends.

    SQLite has one writer at a time anyway. Rows are changed before the audit trail is written, which has a lock too:
    whoever holds that one waits for nothing any more.
    """
    async with in_transaction() as connection:
        if connection.capabilities.dialect == "postgres":
            await connection.execute_query("SELECT pg_advisory_xact_lock($1)", [_LOCK])
        yield


async def take(agency: int, version: int, **columns: object) -> Agency:
    """Change an open agency that is as it was seen; `Outdated` when it is not, or is closed."""
    changed = await Agency.filter(id=agency, version=version, closed_at=None).update(**columns, version=version + 1)
    if not changed:
        raise Outdated
    return await Agency.get(id=agency)


async def publish(agency: Agency, now: datetime) -> None:
    """Make an agency findable under what it is called now and was called before; a closed one no more."""
    former = await column(AgencyChange.filter(agency_id=agency.id, old_name__not_isnull=True), "old_name")
    names = [text for old in former for text in old.values()]
    agency.search = words_of(agency, names)
    await Agency.filter(id=agency.id).update(search=agency.search)
    if agency.closed_at is None:
        await index(entry_of(agency, names), now)
    else:
        await remove(KIND, str(agency.id))


def words_of(agency: Agency, former: Sequence[str] = ()) -> str:
    """What the directory searches."""
    return searchable(*agency.name.values(), *agency.summary.values(), *former)


def entry_of(agency: Agency, former: Sequence[str] = ()) -> Entry:
    """What the portal's search is told."""
    return Entry(
        kind=KIND,
        key=str(agency.id),
        title=agency.name,
        url=f"/agencies/{agency.slug}",
        excerpt=agency.summary,
        more=" ".join(former),
    )


async def publish_later(agencies: Sequence[int], now: datetime) -> None:
    """Ask for many to be made findable, by jobs of this transaction."""
    for start in range(0, len(agencies), AT_ONCE):
        await jobs.enqueue(INDEX, now=now, agencies=list(agencies[start : start + AT_ONCE]))


async def publish_many(agencies: Sequence[int], now: datetime) -> None:
    """The job."""
    async with in_transaction():
        for row in await Agency.filter(id__in=list(agencies)):
            await publish(row, now)


async def entries() -> AsyncIterator[Entry]:
    """Every open agency, to build the search anew."""
    last = 0
    while rows := await Agency.filter(id__gt=last, closed_at=None).order_by("id").limit(500):
        changes = AgencyChange.filter(agency_id__in=[row.id for row in rows], old_name__not_isnull=True)
        former: dict[int, list[str]] = {}
        for number, name in await changes.values_list("agency_id", "old_name"):
            former.setdefault(number, []).extend(name.values())
        for row in rows:
            yield entry_of(row, former.get(row.id, ()))
        last = rows[-1].id


async def note(agency: int, verb: str, by: str, now: datetime, **more: Any) -> None:
    """Add a step to the history that the public may read."""
    await AgencyChange.create(agency_id=agency, verb=verb, at=now, by=by, **more)


def differs(before: Agency, columns: Mapping[str, object]) -> list[str]:
    """Names of the columns that would change; their content is not for the audit trail."""
    return sorted(name for name, value in columns.items() if getattr(before, name) != value)
