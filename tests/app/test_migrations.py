"""Migrations: the same tables whichever way they came, and nothing lost on the way."""

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tortoise import Tortoise, connections

from app import audit, clock, db, demo, jobs
from app.accounts.actions import ways
from app.accounts.contacts import Contact, Kind
from app.accounts.models import Agency, Link, Organization, Person, Representative, Session, Visit
from app.audit import SYSTEM
from app.main import FEATURES
from app.models import AuditEntry, Job, Message
from app.settings import Settings
from tests.app.portal import DATABASES, fresh_database, opened

NOW = datetime(2026, 11, 5, 9, 0, tzinfo=UTC)
COUNTED = (Person, Session, Link, Agency, AuditEntry, Job, Message)

POSTGRES_COLUMNS = """
SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default
FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2
"""
POSTGRES_INDEXES = "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'"
POSTGRES_CONSTRAINTS = """
SELECT conrelid::regclass::text AS t, contype::text AS c, pg_get_constraintdef(oid) AS d
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
"""


async def rows(statement: str) -> list[dict[str, Any]]:
    return await connections.get("default").execute_query_dict(statement)


async def schema(settings: Settings) -> dict[str, set[tuple[str, ...]]]:
    """Columns, indexes and constraints of every table but the migrations' own."""
    found: dict[str, set[tuple[str, ...]]] = {}

    def add(table: str, *parts: object) -> None:
        # The search index is no model: on SQLite tables of its own, on PostgreSQL an index of three letters at a time.
        of_search = table.startswith("search_index") or (table == "search_document" and "gin_trgm_ops" in str(parts))
        if not table.startswith(("tortoise_", "aerich", "sqlite_")) and not of_search:
            found.setdefault(table, set()).add(tuple(str(part) for part in parts))

    if settings.is_postgres:
        for row in await rows(POSTGRES_COLUMNS):
            add(row["table_name"], "column", *list(row.values())[1:])
        for row in await rows(POSTGRES_INDEXES):
            # Names of unique indexes are chosen by whoever made them; what they hold is not.
            add(row["tablename"], "index", re.sub(r"INDEX \S+ ON", "INDEX ON", row["indexdef"]))
        for row in await rows(POSTGRES_CONSTRAINTS):
            add(row["t"], "constraint", row["c"], row["d"])
        return found
    for table in await rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
        name = table["name"]
        for row in await rows(f'PRAGMA table_info("{name}")'):
            default = str(row["dflt_value"]).strip("'")
            add(name, "column", row["name"], row["type"].upper(), row["notnull"], default, row["pk"])
        for row in await rows(f'PRAGMA foreign_key_list("{name}")'):
            add(name, "foreign", row["from"], row["table"], row["to"], row["on_delete"])
        for row in await rows(f'PRAGMA index_list("{name}")'):
            columns = [part["name"] for part in await rows(f'PRAGMA index_info("{row["name"]}")')]
            add(name, "index", row["unique"], columns)
    return found


async def fill(settings: Settings) -> dict[str, int]:
    """Something in every table; how much of it."""
    await demo.seed(NOW)
    person = await Person.get(email="citizen@demo.example")
    await ways.sign_in(person, device="a phone", days=14, now=clock.now())
    await ways.sign_up("Z", Contact(Kind.MAIL, "z@example.org"), now=clock.now())
    await ways.make_account("Z", "z@example.org", "en", "", "a wish", None, settings=settings, now=clock.now())
    await audit.record(SYSTEM, "did", "thing", now=NOW)
    await jobs.enqueue("work", now=NOW, unique="one", text="نص")
    return await counts()


async def counts() -> dict[str, int]:
    return {model.__name__: await model.all().count() for model in COUNTED}


@pytest.mark.parametrize("database", DATABASES)
def test_migrating_makes_the_tables_that_the_models_describe(tmp_path: Path, database: str) -> None:
    async def made(settings: Settings) -> dict[str, set[tuple[str, ...]]]:
        async with opened(settings):
            await Tortoise.generate_schemas(safe=False)
            return await schema(settings)

    async def migrated(settings: Settings) -> dict[str, set[tuple[str, ...]]]:
        async with opened(settings):
            return await schema(settings)

    with fresh_database(database, tmp_path / "made", migrated=False) as settings:
        described = asyncio.run(made(settings))
    with fresh_database(database, tmp_path / "migrated", migrated=False) as settings:
        asyncio.run(db.migrate(settings, FEATURES))
        found = asyncio.run(migrated(settings))
    assert set(found) == set(described)
    for table in described:
        assert found[table] == described[table], table


@pytest.mark.parametrize("database", DATABASES)
def test_migrating_again_changes_nothing(tmp_path: Path, database: str) -> None:
    async def look(settings: Settings) -> dict[str, set[tuple[str, ...]]]:
        async with opened(settings):
            return await schema(settings)

    with fresh_database(database, tmp_path, migrated=False) as settings:
        asyncio.run(db.migrate(settings, FEATURES))
        before = asyncio.run(look(settings))
        asyncio.run(db.migrate(settings, FEATURES))
        assert asyncio.run(look(settings)) == before


@pytest.mark.parametrize("database", DATABASES)
def test_a_filled_portal_survives_migrating(tmp_path: Path, database: str) -> None:
    async def before(settings: Settings) -> dict[str, int]:
        async with opened(settings):
            return await fill(settings)

    async def after(settings: Settings) -> dict[str, int]:
        async with opened(settings):
            assert (await audit.verify()).broken_at is None
            return await counts()

    with fresh_database(database, tmp_path) as settings:
        had = asyncio.run(before(settings))
        assert all(had.values()), had
        asyncio.run(db.migrate(settings, FEATURES))
        assert asyncio.run(after(settings)) == had


@pytest.mark.parametrize("database", DATABASES)
def test_what_belongs_to_a_person_goes_with_the_person(tmp_path: Path, database: str) -> None:
    async def story(settings: Settings) -> None:
        async with opened(settings):
            await fill(settings)
            # Visits and organizations hold their people fast: whoever has one is emptied, not removed.
            await Visit.all().delete()
            await Representative.all().delete()
            await Organization.all().delete()
            await (await Person.get(email="citizen@demo.example")).delete()
            await (await Person.get(email="z@example.org")).delete()
            assert await Session.all().count() == 0
            assert await Link.all().count() == 0

    with fresh_database(database, tmp_path) as settings:
        asyncio.run(story(settings))


@pytest.mark.parametrize("database", DATABASES)
def test_an_agency_with_others_below_it_cannot_be_removed(tmp_path: Path, database: str) -> None:
    async def story(settings: Settings) -> None:
        async with opened(settings):
            await fill(settings)
            with pytest.raises(Exception, match=r"(?i)foreign|restrict|constraint"):
                await (await Agency.get(slug="water")).delete()
            assert await Agency.filter(slug="water").exists()

    with fresh_database(database, tmp_path) as settings:
        asyncio.run(story(settings))


def test_rows_that_point_nowhere_stop_the_migration_instead_of_being_deleted(tmp_path: Path) -> None:
    async def break_it(settings: Settings) -> None:
        async with opened(settings):
            await fill(settings)
            client = connections.get("default")
            await client.execute_script("PRAGMA foreign_keys=OFF; DELETE FROM person WHERE email='z@example.org';")

    with fresh_database("sqlite", tmp_path) as settings:
        asyncio.run(break_it(settings))
        with pytest.raises(db.Broken, match="restore the backup"):
            asyncio.run(db.migrate(settings, FEATURES))


def test_the_embedded_database_is_safe_against_power_cuts_and_knows_its_foreign_keys(tmp_path: Path) -> None:
    async def look(settings: Settings) -> list[Any]:
        async with opened(settings):
            return [
                next(iter((await rows(f"PRAGMA {name}"))[0].values()))
                for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
            ]

    with fresh_database("sqlite", tmp_path) as settings:
        journal, keys, synchronous, patience = asyncio.run(look(settings))
    assert journal == "wal"
    assert keys == 1
    assert patience >= 5000
    assert synchronous == 2, "FULL"
