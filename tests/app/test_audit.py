"""The audit trail: complete, in order, and whoever changes it is found out."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from tortoise import connections
from tortoise.transactions import in_transaction

from app import audit
from app.audit import SYSTEM, Actor
from app.models import AuditEntry
from tests.app.portal import DATABASES, fresh_database, opened

NOW = datetime(2026, 11, 5, 9, 0, 0, 123456, tzinfo=UTC)
Run = Callable[[Callable[[], Awaitable[None]]], None]


@pytest.fixture(params=DATABASES)
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    def within(work: Callable[[], Awaitable[None]]) -> None:
        async def whole() -> None:
            async with opened(settings):
                await work()

        with fresh_database(request.param, tmp_path) as settings:
            asyncio.run(whole())

    return within


async def fill(entries: int) -> None:
    async with in_transaction():
        for number in range(entries):
            await audit.record(
                Actor.person(number), "did", f"thing:{number}", now=NOW, reason="لأن", details={"n": number, "ا": "ب"}
            )


def test_an_empty_trail_is_sound(run: Run) -> None:
    async def story() -> None:
        assert await audit.verify() == audit.Checked(0, "0" * 64, None)

    run(story)


def test_a_trail_is_sound_and_its_head_is_its_last_entry(run: Run) -> None:
    async def story() -> None:
        await fill(5)
        last = await AuditEntry.get(number=5)
        assert await audit.verify() == audit.Checked(5, last.digest, None)
        first = await AuditEntry.get(number=1)
        assert (first.actor, first.verb, first.object, first.reason) == ("person:0", "did", "thing:0", "لأن")
        assert first.at == NOW
        assert first.details == '{"n":0,"ا":"ب"}'

    run(story)


def test_a_trail_longer_than_a_page_is_walked_to_its_end(run: Run) -> None:
    async def story() -> None:
        entries, previous = [], "0" * 64
        for number in range(1, 2051):
            digest = audit.digest_of(number, NOW, ("system", "did", "thing", "", "{}"), previous)
            entries.append(
                AuditEntry(
                    number=number, at=NOW, actor="system", verb="did", object="thing", previous=previous, digest=digest
                )
            )
            previous = digest
        await AuditEntry.bulk_create(entries)
        assert await audit.verify() == audit.Checked(2050, previous, None)
        await AuditEntry.filter(number=1001).update(verb="undid")
        assert (await audit.verify()).broken_at == 1001

    run(story)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor", "person:99"),
        ("verb", "undid"),
        ("object", "thing:99"),
        ("reason", ""),
        ("details", '{"n": 2}'),
        ("at", NOW + timedelta(microseconds=1)),
        ("previous", "f" * 64),
        ("digest", "f" * 64),
    ],
)
def test_a_changed_entry_is_found_with_its_number(run: Run, column: str, value: object) -> None:
    async def story() -> None:
        await fill(5)
        await AuditEntry.filter(number=3).update(**{column: value})
        found = await audit.verify()
        assert found.broken_at == 3
        assert found.entries == 2

    run(story)


def test_a_removed_entry_is_found_at_the_one_after_it(run: Run) -> None:
    async def story() -> None:
        await fill(5)
        await AuditEntry.filter(number=3).delete()
        found = await audit.verify()
        assert (found.entries, found.broken_at) == (2, 4)

    run(story)


def test_the_first_entry_cannot_be_removed_either(run: Run) -> None:
    async def story() -> None:
        await fill(3)
        await AuditEntry.filter(number=1).delete()
        assert (await audit.verify()).broken_at == 2

    run(story)


def test_an_entry_that_was_put_in_with_a_chain_of_its_own_is_found(run: Run) -> None:
    async def story() -> None:
        await fill(5)
        third = await AuditEntry.get(number=3)
        fields = (third.actor, "forged", third.object, third.reason, third.details)
        digest = audit.digest_of(3, third.at, fields, third.previous)
        await AuditEntry.filter(number=3).update(verb="forged", digest=digest)
        assert (await audit.verify()).broken_at == 4

    run(story)


def test_entries_that_changed_places_are_found(run: Run) -> None:
    async def story() -> None:
        await fill(5)
        for before, after in ((2, 99), (3, 2), (99, 3)):
            await connections.get("default").execute_script(
                f"UPDATE audit_entry SET number = {after} WHERE number = {before}"
            )
        assert (await audit.verify()).broken_at == 2

    run(story)


def test_text_cannot_wander_from_one_field_into_the_next() -> None:
    one = audit.digest_of(1, NOW, ("a", "bc", "d", "", "{}"), "0" * 64)
    other = audit.digest_of(1, NOW, ("ab", "c", "d", "", "{}"), "0" * 64)
    assert one != other


def test_one_moment_is_one_moment_in_every_zone() -> None:
    fields = ("a", "b", "c", "", "{}")
    there = NOW.astimezone(timezone(timedelta(hours=3)))
    assert audit.digest_of(1, NOW, fields, "0" * 64) == audit.digest_of(1, there, fields, "0" * 64)


def test_twenty_who_write_at_once_make_one_chain(run: Run) -> None:
    async def write(number: int) -> None:
        async with in_transaction():
            await audit.record(Actor.person(number), "did", "thing", now=NOW)
            await asyncio.sleep(0)
            await audit.record(Actor.person(number), "did", "thing again", now=NOW)

    async def story() -> None:
        await asyncio.gather(*(write(number) for number in range(20)))
        found = await audit.verify()
        assert (found.entries, found.broken_at) == (40, None)
        assert len(set(await AuditEntry.all().values_list("actor", flat=True))) == 20  # type: ignore[arg-type]

    run(story)


def test_a_change_that_was_taken_back_leaves_no_entry_and_no_gap(run: Run) -> None:
    async def story() -> None:
        await fill(1)
        with contextlib.suppress(ValueError):
            async with in_transaction():
                await audit.record(SYSTEM, "did", "thing", now=NOW)
                raise ValueError("second thoughts")
        await fill(1)
        assert await audit.verify() == audit.Checked(2, (await AuditEntry.get(number=2)).digest, None)

    run(story)


def test_the_trail_names_nobody(run: Run) -> None:
    async def story() -> None:
        await audit.record(Actor.person(12), "signed_in", "person:12", now=NOW)
        row = (await connections.get("default").execute_query_dict("SELECT * FROM audit_entry"))[0]
        assert row["actor"] == "person:12"

    run(story)
