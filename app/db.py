"""The database: SQLite inside the data folder, or PostgreSQL; migrations under the rules of docs/adr/0009."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from tortoise import Tortoise, connections
from tortoise.backends.base import executor
from tortoise.backends.base.config_generator import expand_db_url
from tortoise.migrations.api import migrate as run_migrations

from app.features import Feature
from app.settings import Settings


class Broken(RuntimeError):
    """The database is not in a state in which the portal may run."""


def config(settings: Settings, features: Iterable[Feature], *, foreign_keys: bool = True) -> dict[str, Any]:
    """Tortoise's configuration: one connection, one app a feature."""
    if settings.is_postgres:
        connection: Any = expand_db_url(settings.database_url)
        connection["engine"] = "tortoise.backends.asyncpg"
        connection["credentials"] |= {"minsize": 1, "maxsize": settings.database_pool}
    else:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        credentials: dict[str, Any] = {
            "file_path": str(settings.sqlite_path),
            "busy_timeout": 5000,
            "synchronous": "FULL",  # what was answered with success outlives a power cut
            "foreign_keys": "ON" if foreign_keys else "OFF",
        }
        connection = {"engine": "app.sqlite_engine", "credentials": credentials}
    apps = {
        feature.name: {"models": [feature.models], "migrations": feature.migrations, "default_connection": "default"}
        for feature in features
        if feature.models
    }
    return {"connections": {"default": connection}, "apps": apps, "use_tz": True, "timezone": "UTC"}


@asynccontextmanager
async def opened(settings: Settings, features: Iterable[Feature]) -> AsyncIterator[None]:
    """The database for the length of the block, for commands and tests."""
    # Insert statements are cached by the connection's name, and differ between SQLite and PostgreSQL.
    executor.EXECUTOR_CACHE.clear()
    context = await Tortoise.init(config=config(settings, features), _enable_global_fallback=True)
    try:
        yield
    finally:
        await context.close_connections()  # and gives up being the process' context, so that another may follow
        executor.EXECUTOR_CACHE.clear()


async def migrate(settings: Settings, features: Iterable[Feature]) -> None:
    """Bring the schema up to date; safe to run again.

    On SQLite foreign keys are off while it runs: Tortoise alters a table by rebuilding it, and with foreign keys on the
    drop of the old one deletes the rows of its children.
    """
    listed = list(features)
    executor.EXECUTOR_CACHE.clear()
    try:
        await run_migrations(config=config(settings, listed, foreign_keys=False))
        if not settings.is_postgres:
            broken = await connections.get("default").execute_query_dict("PRAGMA foreign_key_check")
            if broken:
                raise Broken(f"{len(broken)} rows point to rows that are not there; restore the backup: {broken[:3]}")
    finally:
        # After a failed migration too: an open SQLite connection is a thread that keeps the process alive.
        await connections.close_all()
        executor.EXECUTOR_CACHE.clear()
