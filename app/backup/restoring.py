"""Bringing an archive into an empty portal, whole or not at all."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tortoise import Tortoise, connections
from tortoise.backends.base import executor as base_executor
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import BaseORMException
from tortoise.migrations.executor import MigrationTarget
from tortoise.migrations.recorder import MigrationRecorder
from tortoise.transactions import in_transaction

from app import audit, db
from app.attachments import sync_folder
from app.backup.common import BATCH, BATCH_BYTES, Failed, Summary
from app.backup.pending import migrations_of
from app.backup.reading import read_archive
from app.backup.tables import name_of, tables_of_models, to_database
from app.backup.writing import summary_of
from app.features import Feature
from app.i18n import gettext as _
from app.models import AuditEntry
from app.settings import Settings


async def restore(settings: Settings, features: Iterable[Feature], source: Path, now: datetime) -> Summary:
    """Load an archive into an empty database and an empty folder of files, or change nothing and say why.

    What the archive lacks may have happened: each feature sees to that last.
    """
    listed = list(features)
    if _filled(settings.files_dir):
        raise Failed(
            _("%(path)s holds files. A backup is restored beside nothing else: move it away.", path=settings.files_dir)
        )
    await asyncio.to_thread(lambda: settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True))
    staging = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix=".restoring-", dir=settings.data_dir))
    try:
        manifest = await asyncio.to_thread(read_archive, source, staging)
        _check_secret(settings, staging)
        await _check_database(settings, listed, manifest)
        await _load(settings, listed, manifest, staging)
    finally:
        await asyncio.to_thread(shutil.rmtree, staging)
    return replace(summary_of(manifest, source), told=await _tell(settings, listed, now))


async def _tell(settings: Settings, features: Sequence[Feature], now: datetime) -> tuple[str, ...]:
    told: list[str] = []
    try:
        async with db.opened(settings, features), in_transaction():
            for feature in features:
                if feature.restored is not None:
                    told += await feature.restored(now)
    except BaseORMException as error:
        raise Failed(
            _(
                "The backup is loaded, and the last step failed: votes that may have lost ballots are not paused. Do "
                "not start the portal: restore once more, into an empty database and an empty folder. (%(reason)s)",
                reason=error,
            )
        ) from error
    return tuple(told)


def _filled(folder: Path) -> bool:
    return folder.exists() and any(entry.name != ".incoming" for entry in folder.iterdir())


def _check_secret(settings: Settings, staging: Path) -> None:
    ours, theirs = settings.data_dir / "secret.key", staging / "secret.key"
    if theirs.exists() and ours.exists() and ours.read_bytes() != theirs.read_bytes():
        raise Failed(_("%(path)s is another key than the one in the backup: move it away first.", path=ours))


async def _check_database(settings: Settings, features: Sequence[Feature], manifest: Mapping[str, Any]) -> None:
    """Empty, and not older than the archive."""
    apps = [feature.name for feature in features if feature.models]
    async with db.opened(settings, features):
        known = {(key.app_label, key.name) for key in (await migrations_of(settings, features)).loader.disk_migrations}
        strange = [
            f"{app}.{name}"
            for app, names in manifest["migrations"].items()
            for name in names
            if (app, name) not in known
        ]
        if strange:
            raise Failed(
                _(
                    "This backup is from a newer version: this program does not know %(names)s. Install that version.",
                    names=", ".join(strange[:5]),
                )
            )
        connection = connections.get("default")
        for table in tables_of_models():
            if await _exists(connection, table.name):
                found = await connection.execute_query_dict(f'SELECT 1 FROM "{table.name}" LIMIT 1')  # noqa: S608
                if found:
                    raise Failed(
                        _(
                            "The database is not empty (table %(table)s). A backup is restored into an empty one.",
                            table=table.name,
                        )
                    )
        wanted = {(app, name) for app, names in manifest["migrations"].items() for name in names}
        applied = {(key.app_label, key.name) for key in await MigrationRecorder(connection).applied_migrations()}
        ahead = sorted(f"{app}.{name}" for app, name in applied - wanted if app in apps)
        if ahead:
            raise Failed(
                _(
                    "The database was already migrated further than the backup (%(names)s). Take one without tables.",
                    names=", ".join(ahead[:5]),
                )
            )


async def _exists(connection: BaseDBAsyncClient, table: str) -> bool:
    if connection.capabilities.dialect == "postgres":
        query = f"""SELECT to_regclass('"{table}"') AS name"""
    else:
        query = f"SELECT (SELECT name FROM sqlite_master WHERE type = 'table' AND name = '{table}') AS name"  # noqa: S608
    return (await connection.execute_query_dict(query))[0]["name"] is not None


async def _migrate_to(settings: Settings, features: Sequence[Feature], wanted: Mapping[str, Sequence[str]]) -> None:
    """Bring an empty database to the state in which the archive was made."""
    base_executor.EXECUTOR_CACHE.clear()
    await Tortoise.init(config=db.config(settings, features, foreign_keys=False))
    try:
        executor = await migrations_of(settings, features)
        done = executor.loader.applied_migrations
        targets = [
            MigrationTarget(key.app_label, key.name)
            for key in sorted(executor.loader.disk_migrations, key=lambda key: (key.app_label, key.name))
            if key.name in wanted.get(key.app_label, ()) and key not in done
        ]
        if targets:
            await executor.migrate(targets, direction="forward")
    finally:
        await connections.close_all()
        base_executor.EXECUTOR_CACHE.clear()


async def _load(settings: Settings, features: Sequence[Feature], manifest: Mapping[str, Any], staging: Path) -> None:
    await _migrate_to(settings, features, manifest["migrations"])
    kept = False
    async with db.opened(settings, features):
        try:
            async with in_transaction() as connection:
                async with _constraints_at_the_end(connection):
                    for name in reversed(list(manifest["tables"])):
                        # What the migrations of an empty database put there is in the archive, too.
                        await connection.execute_query(f'DELETE FROM "{name}"')  # noqa: S608 - a checked name
                    for name, table in manifest["tables"].items():
                        await _load_table(connection, name, table, staging / "tables" / f"{name}.jsonl")
                await _check_loaded(connection, manifest)
                # The last thing before the commit, so that rows and files appear together or not at all.
                kept = await asyncio.to_thread(_move_in, settings, staging)
        except BaseException as error:
            if kept:
                shutil.rmtree(settings.files_dir)
            if isinstance(error, BaseORMException):
                reason = _("The database refused what the backup holds; nothing was kept: %(reason)s", reason=error)
                raise Failed(reason) from error
            raise
    await db.migrate(settings, features)


async def _load_table(connection: BaseDBAsyncClient, name: str, table: Mapping[str, Any], path: Path) -> None:
    postgres = connection.capabilities.dialect == "postgres"
    columns: dict[str, str] = table["columns"]
    names = ", ".join(f'"{column}"' for column in columns)
    marks = ", ".join(f"${number}" if postgres else "?" for number in range(1, len(columns) + 1))
    insert = f'INSERT INTO "{name}" ({names}) VALUES ({marks})'  # noqa: S608 - names that were checked
    batch: list[list[Any]] = []
    size = 0
    with path.open("rb") as file:
        for line in file:
            row = json.loads(line)
            batch.append([to_database(kind, row[column], postgres=postgres) for column, kind in columns.items()])
            size += len(line)
            if len(batch) >= BATCH or size >= BATCH_BYTES:
                await connection.execute_many(insert, batch)
                batch, size = [], 0
    if batch:
        await connection.execute_many(insert, batch)
    if table["generated"]:
        await _continue_numbers(connection, name, table["generated"], table["last_number"])


async def _continue_numbers(connection: BaseDBAsyncClient, name: str, column: str, last: int) -> None:
    """New rows get numbers that were never given out: the audit trail knows the old ones."""
    query = f'SELECT COALESCE(MAX("{column}"), 0) AS most FROM "{name}"'  # noqa: S608
    last = max(int(last), (await connection.execute_query_dict(query))[0]["most"])
    if last == 0:
        return
    if connection.capabilities.dialect == "postgres":
        named = await connection.execute_query_dict(
            f"""SELECT pg_get_serial_sequence('"{name}"', '{column}') AS name"""
        )
        if named[0]["name"]:
            await connection.execute_query_dict("SELECT setval($1::text::regclass, $2)", [named[0]["name"], last])
        return
    await connection.execute_query("DELETE FROM sqlite_sequence WHERE name = ?", [name])
    await connection.execute_query("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", [name, last])


@asynccontextmanager
async def _constraints_at_the_end(connection: BaseDBAsyncClient) -> AsyncIterator[None]:
    """Rows may point to rows that come later; all must be there when the block ends."""
    if connection.capabilities.dialect != "postgres":
        await connection.execute_query("PRAGMA defer_foreign_keys = ON")
        yield
        broken = await connection.execute_query_dict("PRAGMA foreign_key_check")
        if broken:
            raise Failed(_("Rows in the backup point to rows that are not in it; nothing was kept."))
        return
    found = await connection.execute_query_dict(
        "SELECT conrelid::regclass::text AS place, conname AS name FROM pg_constraint "
        "WHERE contype = 'f' AND NOT condeferrable AND connamespace = current_schema()::regnamespace"
    )
    for row in found:
        await connection.execute_query(f'ALTER TABLE {row["place"]} ALTER CONSTRAINT "{row["name"]}" DEFERRABLE')
    await connection.execute_query("SET CONSTRAINTS ALL DEFERRED")
    yield
    await connection.execute_query("SET CONSTRAINTS ALL IMMEDIATE")
    for row in found:
        await connection.execute_query(f'ALTER TABLE {row["place"]} ALTER CONSTRAINT "{row["name"]}" NOT DEFERRABLE')


async def _check_loaded(connection: BaseDBAsyncClient, manifest: Mapping[str, Any]) -> None:
    for name, table in manifest["tables"].items():
        found = await connection.execute_query_dict(f'SELECT COUNT(*) AS rows FROM "{name}"')  # noqa: S608
        if found[0]["rows"] != table["rows"]:
            raise Failed(_("Table %(table)s came out with another number of rows; nothing was kept.", table=name))
    if name_of(AuditEntry) in manifest["tables"]:
        trail, checked = manifest["audit"], await audit.verify()
        if (checked.entries, checked.head, checked.broken_at) != (trail["entries"], trail["head"], trail["broken_at"]):
            raise Failed(_("The audit trail came out differently; nothing was kept."))


def _move_in(settings: Settings, staging: Path) -> bool:
    """The files to their place; whether there were any."""
    key = settings.data_dir / "secret.key"
    if (staging / "secret.key").exists() and not key.exists():
        (staging / "secret.key").rename(key)
    contents = staging / "files"
    if not contents.exists():
        return False
    if _filled(settings.files_dir):
        raise Failed(_("%(path)s holds files. A backup is restored beside nothing else: move it away.",
                       path=settings.files_dir))  # fmt: skip
    with suppress(FileNotFoundError):
        shutil.rmtree(settings.files_dir)  # at most uploads that were never finished
    contents.rename(settings.files_dir)
    sync_folder(settings.data_dir)
    return True
