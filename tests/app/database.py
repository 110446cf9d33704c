"""A database that nobody has used, of either kind, for tests that open it as a command does."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from collections.abc import AsyncIterator, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tortoise import context

from app import db
from app.features import Feature
from app.main import FEATURES
from app.settings import Settings

SERVER = "postgres://postgres@127.0.0.1:5432"
databases = pytest.mark.parametrize("kind", ["sqlite", "postgres"])
both_ways = pytest.mark.parametrize(
    ("kind", "other"),
    [("sqlite", "postgres"), ("postgres", "sqlite"), ("sqlite", "sqlite"), ("postgres", "postgres")],
    ids=lambda kind: kind,
)


@cache
def _answers() -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", 5432), timeout=2):
        return True
    return False


async def _administer(statement: str) -> None:
    connection = await asyncpg.connect(f"{SERVER}/postgres")
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@contextlib.contextmanager
def fresh(kind: str, folder: Path, **chosen: Any) -> Iterator[Settings]:
    """Settings of an empty database without tables, removed afterwards."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    own: dict[str, Any] = {"_env_file": None, "data_dir": folder, "worker_in_web": False, "database_pool": 5}
    if kind == "sqlite":
        yield Settings(**{**own, **chosen})
        return
    if not _answers():
        pytest.skip("PostgreSQL does not answer at 127.0.0.1:5432, so this was tried on SQLite only.")
    name = f"sawtuna_test_{secrets.token_hex(6)}"
    asyncio.run(_administer(f'CREATE DATABASE "{name}"'))
    try:
        yield Settings(**{**own, "database_url": f"{SERVER}/{name}", **chosen})
    finally:
        asyncio.run(_administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


@contextlib.asynccontextmanager
async def opened(settings: Settings, features: Iterable[Feature] = FEATURES) -> AsyncIterator[None]:
    """The database for the length of the block."""
    try:
        async with db.opened(settings, features):
            yield
    finally:
        context._global_context = None
