"""The index: what is put in is found by those who may see it, in the right order, whatever is typed."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from tortoise import connections
from tortoise.transactions import in_transaction

from app.accounts.models import Agency
from app.backup import backup, restore
from app.features import Entry
from app.main import FEATURES
from app.policy import NOBODY, Grant, Role, Who
from app.search import actions, queries
from app.search.models import Document
from app.settings import Settings
from tests.app.portal import DATABASES, administer, fresh_database, opened, release

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
BOTH = pytest.mark.parametrize("database", DATABASES)
_keys = itertools.count(1)


def entry(
    arabic: str = "", english: str = "", *, kind: str = "agency", more: str = "", seen_by: str = "public"
) -> Entry:
    key = str(next(_keys))
    return Entry(kind, key, {"ar": arabic, "en": english}, f"/{kind}/{key}", {"en": more}, "", seen_by)


def inside(database: str, folder: Path, story: Callable[[], Awaitable[None]]) -> None:
    """Let a story happen in a database of its own."""

    async def told(settings: Settings) -> None:
        async with opened(settings):
            await story()

    with fresh_database(database, folder) as settings:
        asyncio.run(told(settings))


async def titles(text: str, who: Who = NOBODY, **more: object) -> list[str]:
    found = await queries.find(text, who=who, **more)  # type: ignore[arg-type]
    return [result.title["en"] or result.title["ar"] for result in found.results]


async def put(*entries: Entry) -> None:
    for one in entries:
        await actions.index(one, NOW)


@BOTH
def test_a_thing_is_found_by_all_its_words_in_any_order_and_spelling(tmp_path: Path, database: str) -> None:
    async def story() -> None:
        await put(
            entry("الشركة العامة للحافلات", "Public Bus Company", more="City bus lines and their timetables. No. 12"),
            entry("وزارة النقل والطرق", "Ministry of Transport and Roads", more="Roads, bridges and trains."),
        )
        bus = ["Public Bus Company"]
        for typed in [
            "Public Bus Company",
            "company bus",
            "BUSES",
            "companies",
            "timetable public",
            "حافلات",
            "الحافلات",
            "والحافلات العامه",
            "الشرکة",
            "شركــة",
            "bus ١٢",
            "pub comp",
        ]:
            assert await titles(typed) == bus, typed
        for typed in ["bus roads", "buss", "الباصات", "ompanyx", "13 bus"]:
            assert await titles(typed) == [], typed
        assert await titles("of transport") == ["Ministry of Transport and Roads"]

    inside(database, tmp_path, story)


AWKWARD = [
    "",
    "   ",
    "\x00",
    '"',
    "'",
    '""" AND "',
    "*",
    "water*",
    "NEAR(water bus, 2)",
    "words : water",
    "-water",
    "water^2",
    "^water",
    "water AND bus OR NOT (",
    "{heading words} : x",
    "search_index",
    "%",
    "_",
    "wa%er",
    "wa_er",
    "\\",
    "'; DROP TABLE search_document; --",
    "؟ ، ؛ « »",
    "🌊",
    "🌊 water",
    "👨‍👩‍👧",
    "\u202e\u200f",
    "ﷺ",
    "é ü ñ",
    "x " * 500,
    "م" * 5_000,
    "word" * 100 + " " + "other " * 100,
]


@BOTH
def test_nothing_that_is_typed_means_anything_to_the_database(tmp_path: Path, database: str) -> None:
    async def story() -> None:
        await put(entry("", "Water"), entry("", "100% of a_b"), entry("", "Near and not or and"))
        for typed in AWKWARD:
            found = await queries.find(typed, who=NOBODY)
            assert len(found.results) <= 3, typed
        assert await titles("wa%er") == await titles("wa_er") == await titles("%") == await titles("_") == []
        assert await titles("100%") == await titles("a_b") == ["100% of a_b"]
        assert await titles("water*") == await titles("-water") == await titles('"water"') == ["Water"]
        assert await titles("water OR near") == []
        assert await titles("NOT near") == ["Near and not or and"]
        assert await Document.all().count() == 3

    inside(database, tmp_path, story)


@BOTH
def test_short_words_begin_a_word_and_single_letters_are_words(tmp_path: Path, database: str) -> None:
    async def story() -> None:
        await put(entry("", "IT with whiskers"), entry("", "Bus 5 to the city"), entry("", "Bus 51"), entry("و", "&"))
        assert await titles("it") == ["IT with whiskers"]
        assert await titles("bus 5") == ["Bus 5 to the city"]
        assert await titles("bus c") == ["Bus 51", "Bus 5 to the city"], "a letter alone says nothing beside a word"
        assert await titles("و") == ["&"]

    inside(database, tmp_path, story)


@BOTH
def test_only_the_first_words_and_letters_count(tmp_path: Path, database: str) -> None:
    async def story() -> None:
        await put(entry("", "one two three four five six seven eight"))
        assert await titles("one two three four five six seven eight nine ten") != []
        assert await titles("one two three four five six seven nine") == []
        assert await titles("one" + " " * queries.MOST_LETTERS + "nowhere") != []

    inside(database, tmp_path, story)


@BOTH
def test_titles_come_first_and_exact_ones_before_them(tmp_path: Path, database: str) -> None:
    async def story() -> None:
        await put(
            entry("", "Bus"),
            entry("", "The bus of the east"),
            entry("", "Business"),
            entry("", "Transport", more="every bus there is"),
            entry("", "Trade", more="all business there is"),
            entry("", "Omnibus"),
        )
        order = ["Bus", "The bus of the east", "Omnibus", "Business", "Transport", "Trade"]
        assert await titles("bus") == order
        assert (await titles("buses"))[2:] == order[2:]

    inside(database, tmp_path, story)


@BOTH
def test_what_is_frequent_is_bounded_and_its_exact_title_still_comes_first(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "MOST", 30)

    async def story() -> None:
        await put(entry("", "Water", kind="page"), entry("", "Rare water"))
        await put(*(entry("", f"Water of district {number}") for number in range(40)))
        await put(*(entry("", f"Thing {number}", more="water") for number in range(40)))
        found = await queries.find("water", who=NOBODY)
        assert found.results[0].title["en"] == "Water"
        assert all("Water" in result.title["en"] for result in found.results)
        assert (found.total, found.is_all, found.pages) == (30, False, 2)
        pages = await queries.find("water", who=NOBODY, kind="page")
        assert [result.kind for result in pages.results] == ["page"]
        assert (pages.total, pages.is_all) == (1, True)

    inside(database, tmp_path, story)


@BOTH
def test_results_are_counted_by_kind_and_come_in_pages(tmp_path: Path, database: str) -> None:
    async def story() -> None:
        await put(*(entry("", f"Water {number}") for number in range(45)))
        await put(*(entry("", f"Water page {number}", kind="page") for number in range(3)))
        found = await queries.find("water", who=NOBODY)
        assert (found.total, found.pages, found.counts) == (48, 3, {"agency": 45, "page": 3})
        seen = [
            result.url for page in (1, 2, 3) for result in (await queries.find("water", who=NOBODY, page=page)).results
        ]
        assert len(seen) == len(set(seen)) == 48
        assert (await queries.find("water", who=NOBODY, page=99)).page == 3
        assert (await queries.find("water", who=NOBODY, page=-1)).page == 1
        pages = await queries.find("water", who=NOBODY, kind="page")
        assert (pages.total, pages.counts) == (3, {"agency": 45, "page": 3})
        assert (await queries.find("water", who=NOBODY, kind="nothing")).results == ()

    inside(database, tmp_path, story)


async def agency(slug: str, parent: Agency | None = None) -> Agency:
    return await Agency.create(slug=slug, kind="office", name={}, summary={}, address={}, parent=parent)


@BOTH
def test_everybody_finds_what_they_may_see_and_nothing_else(tmp_path: Path, database: str) -> None:
    async def story() -> None:
        ministry = await agency("ministry")
        office = await agency("office", await agency("directorate", ministry))
        other = await agency("other")
        await put(entry("", "Water for all"))
        await put(*(entry("", f"Water of {number}", seen_by=f"person:{number}") for number in (1, 11)))
        for one in (ministry, office, other):
            await put(entry("", f"Water in {one.slug}", seen_by=f"agency:{one.id}"))

        def holds(*grants: Grant, person: int = 2, **more: int) -> Who:
            return Who(person, grants=grants, **more)  # type: ignore[arg-type]

        every = {"Water in ministry", "Water in office", "Water in other"}
        for who, more in [
            (NOBODY, set()),
            (Who(2), set()),
            (Who(1), {"Water of 1"}),
            (Who(11), {"Water of 11"}),
            (holds(Grant(Role.SUPERVISOR, ministry.id)), {"Water in ministry", "Water in office"}),
            (holds(Grant(Role.SUPERVISOR, office.id)), {"Water in office"}),
            (holds(Grant(Role.OFFICER, ministry.id)), {"Water in ministry"}),
            (holds(Grant(Role.OFFICER, ministry.id, unit=7)), set()),
            (holds(Grant(Role.OFFICER, other.id), Grant(Role.COORDINATOR, ministry.id)), every),
            (holds(Grant(Role.ADMINISTRATOR)), every),
            (holds(Grant(Role.OVERSIGHT)), every),
            (holds(Grant(Role.OBSERVER)), set()),
            (holds(Grant(Role.MODERATOR)), set()),
            (holds(Grant(Role.ADMINISTRATOR), person=1), every | {"Water of 1"}),
            (holds(Grant(Role.ADMINISTRATOR), person=1, visit=5, agent=11), {"Water of 1"}),
        ]:
            assert set(await titles("water", who)) == {"Water for all"} | more, who
            assert set((await queries.find("water", who=who)).counts.values()) == {1 + len(more)}

    inside(database, tmp_path, story)


@BOTH
def test_a_change_is_found_at_once_and_what_was_before_no_more(tmp_path: Path, database: str) -> None:
    async def story() -> None:
        first = Entry("agency", "7", {"en": "Old name"}, "/old")
        await actions.index(first, NOW)
        await actions.index(Entry("agency", "7", {"en": "New name"}, "/new", seen_by="person:1"), NOW)
        assert await titles("old") == await titles("new") == []
        found = await queries.find("new", who=Who(1))
        assert [(result.url, result.seen_by) for result in found.results] == [("/new", "person:1")]
        await actions.remove("agency", "7")
        assert await titles("new", Who(1)) == []
        with contextlib.suppress(ZeroDivisionError):
            async with in_transaction():
                await actions.index(first, NOW)
                raise ZeroDivisionError
        assert await titles("old") == []

    inside(database, tmp_path, story)


@BOTH
def test_two_who_index_the_same_thing_at_once_do_not_collide(tmp_path: Path, database: str) -> None:
    async def story() -> None:
        async def one(number: int) -> None:
            async with in_transaction():
                await actions.index(Entry("agency", "7", {"en": f"Name {number}"}, "/x"), NOW)

        await asyncio.gather(*(one(number) for number in range(8)))
        assert await Document.all().count() == 1
        assert len(await titles("name")) == 1

    inside(database, tmp_path, story)


@BOTH
def test_the_index_is_built_anew_from_what_there_is(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "BATCH", 3)
    monkeypatch.setattr(actions, "MARKED_AT_ONCE", 2)

    async def story() -> None:
        here = [Entry("agency", str(number), {"en": f"Agency {number}"}, f"/{number}") for number in range(8)]
        await put(Entry("agency", "gone", {"en": "Agency gone"}, "/gone"), *here[:4])
        await Document.filter(key="0").update(words="damaged", heading="damaged")

        async def documents() -> AsyncIterator[Entry]:
            for one in here:
                yield one

        async def none() -> AsyncIterator[Entry]:
            for one in here[:0]:
                yield one

        assert await actions.rebuild([documents, none], NOW) == 8
        assert sorted(await titles("agency")) == [f"Agency {number}" for number in range(8)]
        assert await titles("damaged") == await titles("gone") == []
        assert await actions.rebuild([documents], NOW) == 8
        assert await actions.rebuild([], NOW) == 0

    inside(database, tmp_path, story)


@BOTH
def test_what_changes_while_the_index_is_built_anew_is_not_undone(tmp_path: Path, database: str) -> None:
    async def story() -> None:
        public = {key: Entry("comment", key, {"en": f"Comment {key}"}, f"/{key}") for key in ("kept", "hidden", "gone")}
        there = dict(public)
        await put(*public.values())
        turns = itertools.count()

        async def documents() -> AsyncIterator[Entry]:
            reading = list(there.values())
            if next(turns) == 0:  # everything was read; before it is written somebody hides, removes and adds
                there["hidden"] = Entry("comment", "hidden", {"en": "Comment hidden"}, "/hidden", seen_by="agency:1")
                await actions.index(there["hidden"], NOW)
                del there["gone"]
                await actions.remove("comment", "gone")
                there["new"] = Entry("comment", "new", {"en": "Comment new"}, "/new")
                await actions.index(there["new"], NOW)
            for one in reading:
                yield one

        assert await actions.rebuild([documents], NOW) == 3
        assert sorted(await titles("comment")) == ["Comment kept", "Comment new"]

    inside(database, tmp_path, story)


@pytest.mark.parametrize(("one", "other"), [("sqlite", "postgres"), ("postgres", "sqlite"), ("sqlite", "sqlite")])
def test_a_restored_portal_finds_what_it_found(tmp_path: Path, one: str, other: str) -> None:
    async def fill(settings: Settings) -> None:
        async with opened(settings):
            await put(entry("وزارة المياه", "Ministry of Water"), entry("", "Secret water", seen_by="person:1"))

    async def look(settings: Settings) -> None:
        async with opened(settings):
            assert await titles("water") == await titles("المياة") == ["Ministry of Water"]
            await put(entry("", "New water"))
            await actions.remove("agency", (await Document.get(title={"ar": "", "en": "Secret water"})).key)
            assert await titles("water", Who(1)) == ["New water", "Ministry of Water"]
            if not settings.is_postgres:  # the index and the table say the same
                check = "INSERT INTO search_index (search_index, rank) VALUES ('integrity-check', 1)"
                await connections.get("default").execute_query(check)

    with (
        fresh_database(one, tmp_path / "old") as old,
        fresh_database(other, tmp_path / "new", migrated=False) as new,
    ):
        asyncio.run(fill(old))
        try:
            asyncio.run(_outside(backup, old, FEATURES, tmp_path / "portal.tar.gz", NOW))
            asyncio.run(_outside(restore, new, FEATURES, tmp_path / "portal.tar.gz", NOW))
        finally:
            release()
        asyncio.run(look(new))


async def _outside(what: Callable[..., Awaitable[object]], *arguments: object) -> None:
    await what(*arguments)
    release()


def test_a_question_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "PATIENCE_MS", 50)
    slow = ("SELECT 1 AS id, '' AS kind, '' AS heading, true AS exact FROM (SELECT pg_sleep(3)) AS slept", [])
    monkeypatch.setattr(queries, "_postgres", lambda *_arguments: slow)

    async def story() -> None:
        found = await queries.find("water", who=NOBODY)
        assert found.gave_up
        assert found.results == ()

    inside("postgres", tmp_path, story)


def test_a_database_in_which_we_may_not_add_what_the_search_needs_says_what_to_do(tmp_path: Path) -> None:
    role = f"sawtuna_test_{secrets.token_hex(6)}"
    with fresh_database("postgres", tmp_path, migrated=False) as settings:
        administer(f'CREATE ROLE "{role}" LOGIN')
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        limited = {
            "SAWTUNA_LANG": "en",
            "SAWTUNA_DATA_DIR": str(tmp_path),
            "SAWTUNA_DATABASE_URL": settings.database_url.replace("postgres@", f"{role}@"),
        }

        def migrate() -> subprocess.CompletedProcess[str]:
            command = [sys.executable, "-c", "from app.cli import main; main()", "migrate"]
            return subprocess.run(command, env=kept | limited, capture_output=True, text=True, check=False, timeout=120)

        try:
            asyncio.run(_say(settings.database_url, f'GRANT ALL ON SCHEMA public TO "{role}"'))
            refused = migrate()
            assert refused.returncode == 2
            assert "CREATE EXTENSION pg_trgm" in refused.stderr + refused.stdout
            asyncio.run(_say(settings.database_url, "CREATE EXTENSION pg_trgm"))
            assert migrate().returncode == 0
        finally:
            asyncio.run(_say(settings.database_url, f'DROP OWNED BY "{role}" CASCADE', f'DROP ROLE "{role}"'))


async def _say(address: str, *statements: str) -> None:
    connection = await asyncpg.connect(address)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
