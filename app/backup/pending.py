"""Which migrations a database has, and which it lacks."""

from collections.abc import Sequence

from tortoise import connections
from tortoise.migrations.executor import MigrationExecutor

from app import db
from app.features import Feature
from app.settings import Settings


async def migrations_of(settings: Settings, features: Sequence[Feature]) -> MigrationExecutor:
    """Tortoise's executor for the open database, with what is on disk and what was applied."""
    executor = MigrationExecutor(connections.get("default"), db.config(settings, features)["apps"])
    await executor.loader.build_graph()
    return executor


async def pending_migrations(settings: Settings, features: Sequence[Feature]) -> list[str]:
    """Migrations that the open database lacks, as `app.name`."""
    executor = await migrations_of(settings, features)
    lacking = set(executor.loader.disk_migrations) - executor.loader.applied_migrations
    return sorted(f"{key.app_label}.{key.name}" for key in lacking)
