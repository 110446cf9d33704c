"""Backups: what was there is there again, on either database; what is damaged or does not fit is refused first."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tortoise import connections

from app import audit
from app.accounts.models import Agency, Person, Session
from app.attachments import LocalStore
from app.backup import Failed, Summary, backup, restore
from app.features import Feature
from app.i18n import Reader, reading
from app.jobs import enqueue
from app.main import FEATURES
from app.models import AuditEntry, Job, StoredFile
from app.settings import Settings
from tests.app.database import both_ways, databases, fresh, migrate, opened
from tests.app.sample import AFTER, BEFORE
from tests.app.sample.after import models as now_models
from tests.app.sample.before import models as old_models

NOW = datetime(2026, 11, 24, 9, 30, 15, 123456, tzinfo=UTC)
WATER = "وزارة الموارد المائية — «الأنهار» ٢٠٢٦\nسطر ثانٍ\t🌊"
PICTURE = b"\x89PNG not really \x00\xff" * 1000


def work(settings: Settings, what: Callable[[], Awaitable[Any]], features: Sequence[Feature] = FEATURES) -> Any:
    """Do something inside a database."""

    async def inside() -> Any:
        async with opened(settings, features):
            return await what()

    return asyncio.run(inside())


def make(settings: Settings, target: Path, features: Sequence[Feature] = FEATURES, **more: Any) -> Summary:
    async def run() -> Summary:
        async with _outside():
            return await backup(settings, features, target, NOW, **more)

    return asyncio.run(run())


def load(settings: Settings, source: Path, features: Sequence[Feature] = FEATURES) -> Summary:
    async def run() -> Summary:
        async with _outside():
            return await restore(settings, features, source, NOW)

    return asyncio.run(run())


class _outside:  # noqa: N801 - reads like the context managers beside it
    """English sentences, and nothing of Tortoise left behind."""

    async def __aenter__(self) -> None:
        self.english = reading(Reader("en"))
        self.english.__enter__()

    async def __aexit__(self, *error: object) -> None:
        self.english.__exit__(None, None, None)
        from tortoise import context  # noqa: PLC0415 - beside its only use

        context._global_context = None


async def fill() -> None:
    """People, agencies, jobs, an audit trail: Arabic and awkward."""
    water = await Agency.create(slug="water", kind="ministry", name={"ar": WATER}, summary={}, address={"ar": "بغداد"})
    dam = await Agency.create(slug="dam", kind="office", name={"ar": "السد", "en": "Dam"}, summary={}, address={})
    await Agency.filter(id=water.id).update(parent=dam)  # the parent has the higher number
    person = await Person.create(email="z@example.org", name="زينب", password="x", created_at=NOW)
    gone = await Person.create(email="gone@example.org", name="x", password="x", created_at=NOW)
    await gone.delete()
    moment = NOW.replace(microsecond=0)
    await Session.create(token_hash="a" * 64, person=person, created_at=moment, expires_at=NOW + timedelta(days=1))
    await enqueue("kernel.clean", now=NOW, text=WATER, number=2**53 + 1, nothing=None, half=0.5)
    for number in range(30):
        await audit.record(audit.SYSTEM, "agency.renamed", "agency:water", now=NOW, reason=WATER, details={"n": number})


async def everything() -> dict[str, list[Any]]:
    """All rows of all tables, as Python sees them."""
    models = (Agency, Person, Session, Job, AuditEntry, StoredFile)
    return {
        model.__name__: [dict(row) for row in await model.all().order_by(model._meta.pk_attr).values()]
        for model in models
    }


def keep_file(settings: Settings, content: bytes) -> str:
    """A stored content, and its row."""
    digest = hashlib.sha256(content).hexdigest()

    async def put() -> None:
        store = LocalStore(settings.files_dir)
        store.incoming.mkdir(parents=True, exist_ok=True)
        source = store.incoming / "one"
        source.write_bytes(content)
        await store.put(digest, source)
        await StoredFile.create(digest=digest, size=len(content), media_type="image/png", stored_at=NOW)

    work(settings, put)
    return digest


@both_ways
def test_a_portal_moves_to_another_machine_and_is_the_same(tmp_path: Path, kind: str, other: str) -> None:
    with fresh(kind, tmp_path / "old") as old, fresh(other, tmp_path / "new") as new:
        migrate(old)
        work(old, fill)
        digest = keep_file(old, PICTURE)
        written = make(old, tmp_path / "portal.tar.gz")
        assert load(new, tmp_path / "portal.tar.gz") == written
        assert work(new, everything) == work(old, everything)
        assert LocalStore(new.files_dir).path(digest).read_bytes() == PICTURE
        assert written.files == 1
        assert written.audit_entries == 30
        checked = work(new, audit.verify)
        assert (checked.entries, checked.head, checked.broken_at) == (30, written.audit_head, None)


@both_ways
def test_a_number_that_was_given_out_is_never_given_out_again(tmp_path: Path, kind: str, other: str) -> None:
    with fresh(kind, tmp_path / "old") as old, fresh(other, tmp_path / "new") as new:
        migrate(old)
        work(old, fill)
        make(old, tmp_path / "portal.tar.gz")
        migrate(new)
        load(new, tmp_path / "portal.tar.gz")

        async def next_person() -> int:
            made = await Person.create(email="n@example.org", name="n", password="x", created_at=NOW)
            return int(made.id)

        assert work(new, next_person) == 3  # the second was deleted, but the audit trail may name it


async def shelve(models: Any) -> None:
    topic = await models.Topic.create(id=UUID(int=7), name="ماء")
    common = {"weight": 0.1, "cover": bytes(range(256)), "printed_on": date(1258, 2, 10), "is_open": True}
    first = await models.Book.create(title="أ", price=Decimal("12.340"), details=["نص", True, 1.5], **common)
    await models.Book.create(title="", price=Decimal("-0.001"), details=[None, {"ب": 1}], **common)
    last = await models.Book.create(
        title="ج\r\n", price=Decimal(0), details={}, lent_at=NOW, lent_for=timedelta(days=-2, microseconds=3), **common
    )
    await models.Book.filter(id=first.id).update(sequel=last)
    await first.topics.add(topic)


async def shelf(models: Any) -> list[Any]:
    books = [dict(row) for row in await models.Book.all().order_by("id").values()]
    return [*books, *[dict(row) for row in await models.Book.all().order_by("id").values("id", "topics__name")]]


@both_ways
def test_every_kind_of_column_survives(tmp_path: Path, kind: str, other: str) -> None:
    with fresh(kind, tmp_path / "old") as old, fresh(other, tmp_path / "new") as new:
        migrate(old, [BEFORE])
        work(old, lambda: shelve(old_models), [BEFORE])
        make(old, tmp_path / "books.tar.gz", [BEFORE])
        load(new, tmp_path / "books.tar.gz", [BEFORE])
        assert work(new, lambda: shelf(old_models), [BEFORE]) == work(old, lambda: shelf(old_models), [BEFORE])


@both_ways
def test_a_backup_of_an_earlier_version_is_brought_up_to_date(tmp_path: Path, kind: str, other: str) -> None:
    with fresh(kind, tmp_path / "old") as old, fresh(other, tmp_path / "new") as new:
        migrate(old, [BEFORE])
        work(old, lambda: shelve(old_models), [BEFORE])
        before = work(old, lambda: shelf(old_models), [BEFORE])
        make(old, tmp_path / "books.tar.gz", [BEFORE])
        load(new, tmp_path / "books.tar.gz", [AFTER])
        after = work(new, lambda: shelf(now_models), [AFTER])
        assert [{name: value for name, value in row.items() if name != "note"} for row in after] == before
        assert after[0]["note"] == ""


@databases
def test_a_backup_of_a_later_version_is_refused(tmp_path: Path, kind: str) -> None:
    with fresh(kind, tmp_path / "old") as old, fresh(kind, tmp_path / "new") as new:
        migrate(old, [AFTER])
        make(old, tmp_path / "books.tar.gz", [AFTER])
        with pytest.raises(Failed, match=r"newer version.*sample\.0002_note"):
            load(new, tmp_path / "books.tar.gz", [BEFORE])
        assert untouched(new)


def untouched(settings: Settings) -> bool:
    """Whether there is neither a table nor a file."""

    async def tables() -> int:
        query = "SELECT COUNT(*) AS n FROM information_schema.tables WHERE table_schema = 'public'"
        if not settings.is_postgres:
            query = "SELECT COUNT(*) AS n FROM sqlite_master"
        return int((await connections.get("default").execute_query_dict(query))[0]["n"])

    rest = {path.name for path in settings.data_dir.iterdir()} - {
        "sawtuna.sqlite3",
        "sawtuna.sqlite3-wal",
        "sawtuna.sqlite3-shm",
    }
    return work(settings, tables) == 0 and not rest


@databases
def test_a_database_with_something_in_it_is_left_alone(tmp_path: Path, kind: str) -> None:
    with fresh(kind, tmp_path / "old") as old, fresh(kind, tmp_path / "new") as new:
        migrate(old)
        work(old, fill)
        make(old, tmp_path / "portal.tar.gz")
        migrate(new)
        work(new, lambda: Agency.create(slug="own", kind="x", name={}, summary={}, address={}))
        with pytest.raises(Failed, match="not empty"):
            load(new, tmp_path / "portal.tar.gz")
        assert work(new, lambda: Agency.all().values_list("slug", flat=True)) == ["own"]


@databases
def test_an_empty_database_with_tables_takes_a_backup(tmp_path: Path, kind: str) -> None:
    with fresh(kind, tmp_path / "old") as old, fresh(kind, tmp_path / "new") as new:
        migrate(old)
        work(old, fill)
        make(old, tmp_path / "portal.tar.gz")
        migrate(new)
        load(new, tmp_path / "portal.tar.gz")
        assert work(new, everything) == work(old, everything)


def test_a_folder_with_files_is_left_alone(tmp_path: Path) -> None:
    with fresh("sqlite", tmp_path / "old") as old, fresh("sqlite", tmp_path / "new") as new:
        migrate(old)
        make(old, tmp_path / "portal.tar.gz")
        (new.files_dir / "aa").mkdir(parents=True)
        with pytest.raises(Failed, match="holds files"):
            load(new, tmp_path / "portal.tar.gz")


def test_an_archive_is_never_overwritten_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    with fresh("sqlite", tmp_path / "old") as old:
        migrate(old)
        make(old, tmp_path / "portal.tar.gz")
        assert (tmp_path / "portal.tar.gz").stat().st_mode & 0o777 == 0o600
        with pytest.raises(Failed, match="exists already"):
            make(old, tmp_path / "portal.tar.gz")
        assert {path.name for path in tmp_path.iterdir()} == {"old", "portal.tar.gz"}


def test_the_secret_key_travels_only_when_asked_for(tmp_path: Path) -> None:
    with fresh("sqlite", tmp_path / "old") as old, fresh("sqlite", tmp_path / "new") as new:
        migrate(old)
        key = old.key
        make(old, tmp_path / "without.tar.gz")
        make(old, tmp_path / "with.tar.gz", include_secret=True)
        assert "secret.key" not in members(tmp_path / "without.tar.gz")
        migrate(new)
        load(new, tmp_path / "with.tar.gz")
        assert (new.data_dir / "secret.key").read_bytes() == key
        assert (new.data_dir / "secret.key").stat().st_mode & 0o777 == 0o600


def test_another_secret_key_is_not_replaced_silently(tmp_path: Path) -> None:
    with fresh("sqlite", tmp_path / "old") as old, fresh("sqlite", tmp_path / "new") as new:
        migrate(old)
        make(old, tmp_path / "portal.tar.gz", include_secret=True)
        own = new.key
        with pytest.raises(Failed, match="another key"):
            load(new, tmp_path / "portal.tar.gz")
        assert (new.data_dir / "secret.key").read_bytes() == own


def test_a_lost_and_a_damaged_attachment_are_named_and_do_not_stop_the_backup(tmp_path: Path) -> None:
    with fresh("sqlite", tmp_path / "old") as old, fresh("sqlite", tmp_path / "new") as new:
        migrate(old)
        good, lost, rotten = (keep_file(old, content) for content in (b"good", b"lost", b"rotten"))
        store = LocalStore(old.files_dir)
        store.path(lost).unlink()
        store.path(rotten).write_bytes(b"rOtten")
        made = make(old, tmp_path / "portal.tar.gz")
        assert set(made.missing) == {lost, rotten}
        migrate(new)
        load(new, tmp_path / "portal.tar.gz")
        assert LocalStore(new.files_dir).path(good).read_bytes() == b"good"


@databases
def test_a_broken_audit_trail_is_told_and_kept_as_it_is(tmp_path: Path, kind: str) -> None:
    with fresh(kind, tmp_path / "old") as old, fresh(kind, tmp_path / "new") as new:
        migrate(old)
        work(old, fill)
        work(old, lambda: AuditEntry.filter(number=12).update(reason="never happened"))
        made = make(old, tmp_path / "portal.tar.gz")
        assert (made.audit_entries, made.audit_broken_at) == (11, 12)
        migrate(new)
        load(new, tmp_path / "portal.tar.gz")
        assert work(new, audit.verify).broken_at == 12


# Damage


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        return {entry.name: archive.extractfile(entry).read() for entry in archive}  # type: ignore[union-attr]


def pack(path: Path, content: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:gz") as archive:
        for name, data in content.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))


def cut_in_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def lose_the_end(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-8])


def change_a_row(path: Path) -> None:
    content = members(path)
    content["tables/person.jsonl"] = content["tables/person.jsonl"].replace(b"z@example.org", b"y@example.org")
    pack(path, content)


def lose_a_table(path: Path) -> None:
    content = members(path)
    del content["tables/person.jsonl"]
    pack(path, content)


def claim_fewer_rows(path: Path) -> None:
    content = members(path)
    manifest = json.loads(content["manifest.json"])
    manifest["tables"]["person"]["rows"] = 0
    content["manifest.json"] = json.dumps(manifest).encode()
    pack(path, content)


def add_a_stranger(path: Path) -> None:
    pack(path, members(path) | {"tables/stranger.jsonl": b"{}\n"})


def climb_out_of_the_folder(path: Path) -> None:
    pack(path, members(path) | {f"files/../../{'a' * 64}": b"outside"})


def forget_the_manifest(path: Path) -> None:
    content = members(path)
    del content["manifest.json"]
    pack(path, content)


def be_no_archive(path: Path) -> None:
    path.write_bytes(b"hello")


def be_empty(path: Path) -> None:
    path.write_bytes(gzip.compress(b""))


@databases
@pytest.mark.parametrize(
    "damage",
    [
        cut_in_half,
        flip_a_bit,
        lose_the_end,
        change_a_row,
        lose_a_table,
        claim_fewer_rows,
        add_a_stranger,
        climb_out_of_the_folder,
        forget_the_manifest,
        be_no_archive,
        be_empty,
    ],
)
def test_a_damaged_archive_changes_nothing(tmp_path: Path, kind: str, damage: Callable[[Path], None]) -> None:
    archive = tmp_path / "portal.tar.gz"
    with fresh("sqlite", tmp_path / "old") as old, fresh(kind, tmp_path / "new") as new:
        migrate(old)
        work(old, fill)
        keep_file(old, os.urandom(5000))
        make(old, archive)
        damage(archive)
        with pytest.raises(Failed, match="damaged"):
            load(new, archive)
        assert untouched(new)


def test_an_archive_in_another_format_is_refused_with_its_number(tmp_path: Path) -> None:
    archive = tmp_path / "portal.tar.gz"
    with fresh("sqlite", tmp_path / "old") as old, fresh("sqlite", tmp_path / "new") as new:
        migrate(old)
        make(old, archive)
        pack(archive, members(archive) | {"format": b"sawtuna-backup 2\n"})
        with pytest.raises(Failed, match="format 2"):
            load(new, archive)
        assert untouched(new)


def test_an_archive_that_is_not_there_is_named(tmp_path: Path) -> None:
    with fresh("sqlite", tmp_path / "new") as new, pytest.raises(Failed, match="no file"):
        load(new, tmp_path / "portal.tar.gz")


@databases
def test_rows_that_point_nowhere_are_refused_and_nothing_is_kept(tmp_path: Path, kind: str) -> None:
    archive = tmp_path / "portal.tar.gz"
    with fresh("sqlite", tmp_path / "old") as old, fresh(kind, tmp_path / "new") as new:
        migrate(old)
        work(old, fill)
        keep_file(old, PICTURE)
        make(old, archive)
        content = members(archive)
        manifest = json.loads(content["manifest.json"])
        content["tables/person.jsonl"] = b""
        manifest["tables"]["person"]["rows"] = 0
        manifest["sha256"]["tables/person.jsonl"] = hashlib.sha256(b"").hexdigest()
        pack(archive, content | {"manifest.json": json.dumps(manifest).encode()})
        migrate(new)
        with pytest.raises(Failed, match="nothing was kept"):
            load(new, archive)
        assert not new.files_dir.exists()
        assert all(rows == [] for rows in work(new, everything).values())


# Interruptions and company

WRITE = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from app.backup import backup
from app.main import FEATURES
from app.settings import Settings
settings = Settings(_env_file=None, data_dir=Path(sys.argv[1]), database_url=sys.argv[2])
asyncio.run(backup(settings, FEATURES, Path(sys.argv[3]), datetime.now(UTC)))
"""


@databases
def test_a_killed_backup_leaves_no_archive_and_the_next_one_works(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "portal.tar.gz"
    with fresh(kind, tmp_path / "old") as old, fresh(kind, tmp_path / "new") as new:
        migrate(old)
        work(old, fill)
        keep_file(old, os.urandom(40 << 20))
        arguments = [sys.executable, "-c", WRITE, str(old.data_dir), old.database_url, str(target)]
        with subprocess.Popen(arguments) as process:
            until = time.monotonic() + 60
            while not any(path.stat().st_size > 1 << 20 for path in tmp_path.glob(".*.partial")):
                assert process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.002)
            process.send_signal(signal.SIGKILL)
        assert not target.exists()
        make(old, target)
        migrate(new)
        load(new, target)
        assert work(new, everything) == work(old, everything)


@databases
def test_a_backup_is_one_moment_while_others_go_on_writing(tmp_path: Path, kind: str) -> None:
    with fresh(kind, tmp_path / "old") as old:
        migrate(old)
        work(old, fill)

        async def write_on(stop: asyncio.Event) -> int:
            number = 0
            while not stop.is_set():
                await audit.record(audit.SYSTEM, "agency.renamed", f"agency:{number}", now=NOW)
                await Agency.create(slug=f"agency-{number}", kind="x", name={}, summary={}, address={})
                number += 1
            return number

        async def many() -> None:
            # Reading them takes so long that the trail, which is read after them, would show another moment.
            common = {"kind": "x", "name": {}, "summary": {}, "address": {}}
            await Agency.bulk_create([Agency(slug=f"many-{number}", **common) for number in range(20_000)])

        work(old, many)

        async def both() -> int:
            stop = asyncio.Event()
            async with opened(old):
                writer = asyncio.create_task(write_on(stop))
                await asyncio.sleep(0.2)
                arguments = [sys.executable, "-c", WRITE, str(old.data_dir), old.database_url, str(tmp_path / "x.gz")]
                process = await asyncio.create_subprocess_exec(*arguments)
                assert await process.wait() == 0
                stop.set()
                return await writer

        written = asyncio.run(both())
        content = members(tmp_path / "x.gz")
        entries = content["tables/audit_entry.jsonl"].count(b"\n") - 30
        agencies = content["tables/agency.jsonl"].count(b"\n") - 20_002
        assert 0 < entries < written
        assert agencies in {entries, entries - 1}  # the entry is written first, the agency after it
