"""Reading one moment of the database, whatever is written meanwhile."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Any, Protocol

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from app.backup.common import BATCH
from app.backup.tables import Table
from app.settings import Settings


class Snapshot(Protocol):
    """The database at one moment."""

    async def all(self, query: str) -> list[dict[str, Any]]:
        """Every row; for short answers."""

    def rows(self, query: str) -> AsyncIterator[dict[str, Any]]:
        """The rows, a batch at a time."""

    async def last_number(self, table: Table) -> int:
        """The last number that a generated column gave out, kept after its row is gone."""


class _SqliteSnapshot:
    """A second connection that only reads: in WAL mode it keeps no writer waiting."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def all(self, query: str) -> list[dict[str, Any]]:
        return await asyncio.to_thread(lambda: [dict(row) for row in self._connection.execute(query)])

    async def rows(self, query: str) -> AsyncIterator[dict[str, Any]]:
        cursor = await asyncio.to_thread(self._connection.execute, query)
        while batch := await asyncio.to_thread(cursor.fetchmany, BATCH):
            for row in batch:
                yield dict(row)

    async def last_number(self, table: Table) -> int:
        found = await self.all(f"SELECT seq FROM sqlite_sequence WHERE name = '{table.name}'")  # noqa: S608 - our own names
        return int(found[0]["seq"]) if found else 0


class _PostgresSnapshot:
    """A transaction that sees the moment of its first query, and cannot write."""

    def __init__(self, connection: BaseDBAsyncClient) -> None:
        self._connection = connection
        self._cursors = 0

    async def all(self, query: str) -> list[dict[str, Any]]:
        return await self._connection.execute_query_dict(query)

    async def rows(self, query: str) -> AsyncIterator[dict[str, Any]]:
        # A name of its own for each: the driver remembers the columns of a statement by its text.
        self._cursors += 1
        name = f"backup_{self._cursors}"
        await self._connection.execute_query(f"DECLARE {name} NO SCROLL CURSOR FOR {query}")
        while batch := await self._connection.execute_query_dict(f"FETCH {BATCH} FROM {name}"):
            for row in batch:
                yield row
        await self._connection.execute_query(f"CLOSE {name}")

    async def last_number(self, table: Table) -> int:
        named = await self.all(f"""SELECT pg_get_serial_sequence('"{table.name}"', '{table.generated}') AS name""")
        if not named[0]["name"]:
            return 0
        query = f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS last FROM {named[0]['name']}"  # noqa: S608
        return int((await self.all(query))[0]["last"])


@asynccontextmanager
async def open_snapshot(settings: Settings) -> AsyncIterator[Snapshot]:
    """One consistent view of the database for the length of the block."""
    if settings.is_postgres:
        async with in_transaction() as connection:
            await connection.execute_query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield _PostgresSnapshot(connection)
        return
    address = f"{settings.sqlite_path.resolve().as_uri()}?mode=ro"

    def connect() -> sqlite3.Connection:
        # Each call runs in some thread of the pool, never two at once.
        connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False, timeout=5)
        connection.row_factory = sqlite3.Row
        connection.execute("BEGIN")
        return connection

    with closing(await asyncio.to_thread(connect)) as second:
        yield _SqliteSnapshot(second)
