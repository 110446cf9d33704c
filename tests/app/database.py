"""A database that nobody has used, of either kind, for tests that open it as a command does."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tortoise import context

from app import db
from app.features import Feature
from app.main import FEATURES
from app.settings import Settings
from tests.app.portal import SERVER, administer, copy_tables, drop_database, need_postgres, settings_for

databases = pytest.mark.parametrize("kind", ["sqlite", "postgres"])
both_ways = pytest.mark.parametrize(
    ("kind", "other"),
    [("sqlite", "postgres"), ("postgres", "sqlite"), ("sqlite", "sqlite"), ("postgres", "postgres")],
    ids=lambda kind: kind,
)


@contextlib.contextmanager
def fresh(kind: str, folder: Path, **chosen: Any) -> Iterator[Settings]:
    """Settings of an empty database without tables, removed afterwards."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if kind == "sqlite":
        yield settings_for(folder, **chosen)
        return
    need_postgres()
    name = f"sawtuna_test_{secrets.token_hex(6)}"
    administer(f'CREATE DATABASE "{name}"')
    try:
        yield settings_for(folder, **{"database_url": f"{SERVER}/{name}", **chosen})
    finally:
        drop_database(name)


def migrate(settings: Settings, features: Sequence[Feature] = FEATURES) -> None:
    """Give an empty database its tables; those of the whole portal are copied, for migrating anew takes seconds."""
    if list(features) == list(FEATURES):
        copy_tables(settings)
    else:
        asyncio.run(db.migrate(settings, features))


@contextlib.asynccontextmanager
async def opened(settings: Settings, features: Iterable[Feature] = FEATURES) -> AsyncIterator[None]:
    """The database for the length of the block."""
    try:
        async with db.opened(settings, features):
            yield
    finally:
        context._global_context = None
