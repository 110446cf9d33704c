"""Everything in one archive, and back again, onto SQLite or PostgreSQL whichever it came from.

    format                      "sawtuna-backup 1"
    tables/<table>.jsonl        one row a line: columns by name, in the order in which they can be loaded
    files/aa/bb/<digest>        contents of the local store
    secret.key                  only when asked for
    manifest.json               versions, migrations, columns and their kinds, row counts, SHA-256 of every member

The rows are one snapshot. An archive from an earlier version is loaded into the tables of its time, which are then
migrated. Nothing is changed before the whole archive has been read and found sound.
"""

import asyncio
import base64
import gzip
import hashlib
import json
import os
import re
import secrets
import shutil
import sqlite3
import tarfile
import tempfile
import uuid
import zlib
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from graphlib import CycleError, TopologicalSorter
from importlib import metadata
from pathlib import Path
from typing import IO, Any, Protocol

from tortoise import Tortoise, connections, fields
from tortoise.backends.base import executor as base_executor
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import BaseORMException
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget
from tortoise.migrations.recorder import MigrationRecorder
from tortoise.transactions import in_transaction

from app import audit, db
from app.attachments import LocalStore, sync_folder
from app.features import Feature
from app.i18n import gettext as _
from app.models import AuditEntry, StoredFile
from app.settings import Settings

FORMAT = 1
BATCH = 500
BATCH_BYTES = 4 << 20
CHUNK = 1 << 20
_HEADING = "sawtuna-backup"
_MEMBER = re.compile(
    r"format|manifest\.json|secret\.key|tables/[a-z0-9_]{1,63}\.jsonl|files/[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{64}",
    re.ASCII,
)
_TABLE = re.compile(r"[a-z0-9_]{1,63}\Z")
_MOST_MANIFEST = 256 << 20


class Failed(RuntimeError):
    """A backup or a restore that did not happen; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What an archive holds."""

    path: Path
    rows: Mapping[str, int]
    files: int
    files_in_bucket: bool
    """The contents are in the S3 store, which needs a backup of its own."""
    size: int
    """Bytes of the archive."""
    audit_entries: int
    audit_head: str
    audit_broken_at: int | None
    """Number of the first audit entry that does not fit to the one before, if any."""
    missing: tuple[str, ...] = ()
    """Contents that the database knows and the store has not, or has in a damaged form; they are not in the archive."""


# Tables, as the archive sees them


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    columns: Mapping[str, str]
    """Column -> kind."""
    key: tuple[str, ...]
    generated: str | None
    """The column that the database numbers itself."""
    needs: frozenset[str] = frozenset()


_KINDS: tuple[tuple[type[Any], str], ...] = (
    (fields.JSONField, "json"),
    (fields.BooleanField, "bool"),
    (fields.DatetimeField, "datetime"),
    (fields.DateField, "date"),
    (fields.TimeField, "time"),
    (fields.DecimalField, "decimal"),
    (fields.UUIDField, "uuid"),
    (fields.BinaryField, "bytes"),
    (fields.FloatField, "float"),
    (fields.TimeDeltaField, "int"),  # microseconds in both databases
    (fields.IntField, "int"),  # BigIntField and enumerations of numbers are IntFields
    (fields.SmallIntField, "int"),
    (fields.CharField, "text"),
    (fields.TextField, "text"),
)


def _kind(of: Any) -> str:
    for type_, kind in _KINDS:
        if isinstance(of, type_):
            return kind
    raise Failed(f"{of!r} is of a kind that a backup does not know")


def _tables() -> list[_Table]:
    """The tables of all features, those that others point to first."""
    found: dict[str, _Table] = {}
    for models in Tortoise.apps.values():
        for model in models.values():
            meta = model._meta  # noqa: SLF001 - Tortoise's own name for the description of a model
            columns = {column: _kind(meta.fields_map[name]) for name, column in meta.fields_db_projection.items()}
            related = (meta.fields_map[name] for name in (*meta.fk_fields, *meta.o2o_fields))
            needs = frozenset(_name_of(relation.related_model) for relation in related)
            generated = meta.db_pk_column if meta.pk.generated else None
            found[meta.db_table] = _Table(meta.db_table, columns, (meta.db_pk_column,), generated, needs)
            for name in meta.m2m_fields:
                link: Any = meta.fields_map[name]
                ends = {link.backward_key: model, link.forward_key: link.related_model}
                kinds = {column: _kind(end._meta.pk) for column, end in ends.items()}  # noqa: SLF001
                names = frozenset(_name_of(end) for end in ends.values())
                found.setdefault(link.through, _Table(link.through, kinds, tuple(sorted(kinds)), None, names))
    graph = {name: table.needs - {name} for name, table in sorted(found.items())}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError:
        order = sorted(found)  # the constraints are checked at the end of the transaction anyway
    for name in order:
        if not _TABLE.match(name):
            raise Failed(f"{name!r} is no name for a table")
    return [found[name] for name in order]


def _name_of(model: Any) -> str:
    return str(model._meta.db_table)  # noqa: SLF001


def _to_json(kind: str, value: Any) -> Any:
    """A value from either database as the archive spells it."""
    if value is None:
        return None
    match kind:
        case "json":
            return json.loads(value) if isinstance(value, str | bytes) else value
        case "bool":
            return bool(value)
        case "datetime":
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return moment.astimezone(UTC).isoformat(timespec="microseconds")
        case "date" | "time":
            return value if isinstance(value, str) else value.isoformat()
        case "decimal" | "uuid":
            return str(value)
        case "bytes":
            return base64.b64encode(value).decode()
        case _:
            return value


def _to_database(kind: str, value: Any, *, postgres: bool) -> Any:
    """A value of the archive as the driver wants it, spelled as Tortoise spells it."""
    if value is None:
        return None
    match kind:
        case "json":
            return json.dumps(value, separators=(",", ":"))
        case "bool":
            return value if postgres else int(value)
        case "datetime":
            moment = datetime.fromisoformat(value)
            return moment if postgres else moment.isoformat(" ")
        case "date":
            return date.fromisoformat(value) if postgres else value
        case "time":
            return time.fromisoformat(value) if postgres else value
        case "decimal":
            return Decimal(value) if postgres else value
        case "uuid":
            return uuid.UUID(value) if postgres else value
        case "bytes":
            return base64.b64decode(value)
        case _:
            return value


# Reading one moment of the database


class _Snapshot(Protocol):
    """The database at one moment."""

    async def all(self, query: str) -> list[dict[str, Any]]:
        """Every row; for short answers."""

    def rows(self, query: str) -> AsyncIterator[dict[str, Any]]:
        """The rows, a batch at a time."""

    async def last_number(self, table: _Table) -> int:
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

    async def last_number(self, table: _Table) -> int:
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

    async def last_number(self, table: _Table) -> int:
        named = await self.all(f"""SELECT pg_get_serial_sequence('"{table.name}"', '{table.generated}') AS name""")
        if not named[0]["name"]:
            return 0
        query = f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS last FROM {named[0]['name']}"  # noqa: S608
        return int((await self.all(query))[0]["last"])


@asynccontextmanager
async def _snapshot(settings: Settings) -> AsyncIterator[_Snapshot]:
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


# Writing


@dataclass(slots=True)
class _Chain:
    """The audit trail, checked row by row as it goes into the archive."""

    entries: int = 0
    head: str = "0" * 64
    broken_at: int | None = None

    def add(self, row: Mapping[str, Any]) -> None:
        if self.broken_at is not None:
            return
        texts = (row["actor"], row["verb"], row["object"], row["reason"], row["details"])
        digest = audit.digest_of(row["number"], datetime.fromisoformat(row["at"]), texts, self.head)
        if row["number"] != self.entries + 1 or row["previous"] != self.head or row["digest"] != digest:
            self.broken_at = row["number"]
            return
        self.entries, self.head = row["number"], digest


class _Writer:
    """Adds members to the archive and keeps their hashes."""

    def __init__(self, archive: tarfile.TarFile, moment: datetime, spool: Path) -> None:
        self._archive = archive
        self._moment = int(moment.timestamp())
        self._spool = spool
        self.hashes: dict[str, str] = {}

    def spool(self) -> IO[bytes]:
        """A file without a name, beside the archive: a killed backup leaves nothing of it."""
        return tempfile.TemporaryFile(dir=self._spool)

    def add(self, name: str, content: IO[bytes]) -> str:
        """One member, from the start of a file; returns its SHA-256."""
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.mtime = content.seek(0, os.SEEK_END), 0o600, self._moment
        content.seek(0)
        reading = _Hashing(content)
        self._archive.addfile(entry, reading)
        self.hashes[name] = reading.hash.hexdigest()
        return self.hashes[name]

    def add_bytes(self, name: str, content: bytes) -> None:
        with self.spool() as file:
            file.write(content)
            self.add(name, file)


class _Hashing:
    """A file that hashes what is read from it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        content = self._file.read(size)
        self.hash.update(content)
        return content


async def backup(
    settings: Settings, features: Iterable[Feature], target: Path, now: datetime, *, include_secret: bool = False
) -> Summary:
    """Write everything into `target`, read it back, and only then give it its name. It is never overwritten."""
    listed = list(features)
    _check_free(target)
    if not settings.is_postgres and not settings.sqlite_path.exists():
        raise Failed(_("There is no database at %(path)s, so there is nothing to back up.", path=settings.sqlite_path))
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
    try:
        async with db.opened(settings, listed):
            if pending := await pending_migrations(settings, listed):
                raise Failed(_("Run `sawtuna migrate` first; missing are: %(names)s", names=", ".join(pending)))
            await _write(settings, partial, now, include_secret=include_secret)
        manifest = await asyncio.to_thread(_read, partial)
        await asyncio.to_thread(_name, partial, target)
    finally:
        partial.unlink(missing_ok=True)
    return _summary(manifest, target)


def _check_free(target: Path) -> None:
    if target.exists():
        raise Failed(_("%(path)s exists already; choose another name.", path=target))


def _name(partial: Path, target: Path) -> None:
    _check_free(target)
    partial.rename(target)
    sync_folder(target.parent)


async def _write(settings: Settings, partial: Path, now: datetime, *, include_secret: bool) -> None:
    handle = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    with (
        os.fdopen(handle, "wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=int(now.timestamp())) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as archive,
    ):
        writer = _Writer(archive, now, partial.parent)
        writer.add_bytes("format", f"{_HEADING} {FORMAT}\n".encode())
        described: dict[str, Any] = {}
        chain = _Chain()
        missing: list[str] = []
        files = 0
        async with _snapshot(settings) as snapshot:
            applied = await snapshot.all("SELECT app, name FROM tortoise_migrations ORDER BY app, name")
            for table in _tables():
                with writer.spool() as spool:
                    described[table.name] = await _write_table(snapshot, table, spool, chain)
                    await asyncio.to_thread(writer.add, f"tables/{table.name}.jsonl", spool)
                    if table.name == _name_of(StoredFile) and not settings.s3_endpoint:
                        store = LocalStore(settings.files_dir)
                        files = await asyncio.to_thread(_write_files, writer, store, spool, missing)
        if include_secret:
            await asyncio.to_thread(writer.add_bytes, "secret.key", settings.key)
        manifest = {
            "format": FORMAT,
            "version": metadata.version("sawtuna"),
            "made_at": now.astimezone(UTC).isoformat(),
            "database": "postgres" if settings.is_postgres else "sqlite",
            "migrations": _by_app(applied),
            "tables": described,
            "files": files,
            "files_in_bucket": bool(settings.s3_endpoint),
            "missing": missing,
            "audit": {"entries": chain.entries, "head": chain.head, "broken_at": chain.broken_at},
            "sha256": dict(writer.hashes),
        }
        text = json.dumps(manifest, ensure_ascii=False, indent=1)
        await asyncio.to_thread(writer.add_bytes, "manifest.json", text.encode())
    await asyncio.to_thread(_flush, partial)


def _flush(path: Path) -> None:
    """Onto the disk, and out of memory, so that the check afterwards reads what the disk has."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


async def _write_table(snapshot: _Snapshot, table: _Table, spool: IO[bytes], chain: _Chain) -> dict[str, Any]:
    columns = ", ".join(f'"{column}"' for column in table.columns)
    order = ", ".join(f'"{column}"' for column in table.key)
    count = 0
    audited = table.name == _name_of(AuditEntry)
    async for row in snapshot.rows(f'SELECT {columns} FROM "{table.name}" ORDER BY {order}'):  # noqa: S608 - our own names
        spelled = {column: _to_json(kind, row[column]) for column, kind in table.columns.items()}
        spool.write(json.dumps(spelled, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        count += 1
        if audited:
            chain.add(spelled)
    last = await snapshot.last_number(table) if table.generated else 0
    return {"rows": count, "columns": dict(table.columns), "generated": table.generated, "last_number": last}


def _write_files(writer: _Writer, store: LocalStore, rows: IO[bytes], missing: list[str]) -> int:
    """The contents that the snapshot knows. One that is damaged is named and left out, the backup goes on."""
    rows.seek(0)
    count = 0
    for line in rows:
        digest = json.loads(line)["digest"]
        try:
            with store.path(digest).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                    missing.append(digest)
                    continue
                writer.add(f"files/{digest[:2]}/{digest[2:4]}/{digest}", file)
        except FileNotFoundError:
            missing.append(digest)
            continue
        count += 1
    return count


def _by_app(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["app"], []).append(row["name"])
    return found


def _summary(manifest: Mapping[str, Any], path: Path) -> Summary:
    trail = manifest["audit"]
    rows = {name: table["rows"] for name, table in manifest["tables"].items()}
    missing = tuple(manifest["missing"])
    return Summary(
        path=path,
        rows=rows,
        files=manifest["files"],
        files_in_bucket=manifest["files_in_bucket"],
        size=path.stat().st_size,
        audit_entries=trail["entries"],
        audit_head=trail["head"],
        audit_broken_at=trail["broken_at"],
        missing=missing,
    )


# Reading


def _damaged(path: Path) -> Failed:
    return Failed(_("%(path)s is damaged or is no backup; nothing was changed. Take another copy of it.", path=path))


def _read(path: Path, into: Path | None = None) -> dict[str, Any]:
    """Read an archive from its first byte to its last; with `into` unpack it there. Returns the manifest."""
    hashes: dict[str, str] = {}
    counts: dict[str, int] = {}
    manifest: Any = None
    try:
        with gzip.open(path) as packed:
            with tarfile.open(fileobj=packed, mode="r|") as archive:
                for number, found in enumerate(archive):
                    member = tarfile.data_filter(found, str(into or path.parent))
                    if not member.isreg() or not _MEMBER.fullmatch(member.name) or member.name in hashes:
                        raise _damaged(path)
                    source = archive.extractfile(member)
                    if source is None or (number == 0) != (member.name == "format"):
                        raise _damaged(path)
                    if member.name == "format":
                        _check_format(source.read(100), path)
                        continue
                    if member.name == "manifest.json":
                        manifest = json.loads(source.read(_MOST_MANIFEST))
                        continue
                    with _sink(into, member.name) as sink:
                        hashes[member.name], counts[member.name] = _copy(source, sink)
            while packed.read(CHUNK):
                pass  # to the end, where gzip keeps its own check
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, ValueError, KeyError) as error:
        raise _damaged(path) from error
    except FileNotFoundError as error:
        raise Failed(_("There is no file %(path)s.", path=path)) from error
    try:
        _check_manifest(manifest, hashes, counts)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(path) from error
    return dict(manifest)


@contextmanager
def _sink(into: Path | None, name: str) -> Iterator[IO[bytes] | None]:
    if into is None:
        yield None
        return
    target = into / name
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _copy(source: IO[bytes], sink: IO[bytes] | None) -> tuple[str, int]:
    """SHA-256 and the number of lines."""
    digest, lines = hashlib.sha256(), 0
    while piece := source.read(CHUNK):
        digest.update(piece)
        lines += piece.count(b"\n")
        if sink is not None:
            sink.write(piece)
    return digest.hexdigest(), lines


def _check_format(text: bytes, path: Path) -> None:
    heading, _space, version = text.decode("utf-8", "replace").strip().partition(" ")
    if heading != _HEADING or not version.isdigit():
        raise _damaged(path)
    if int(version) != FORMAT:
        raise Failed(
            _(
                "This backup has format %(theirs)s and this program reads format %(ours)s; use the one that made it.",
                theirs=version,
                ours=FORMAT,
            )
        )


def _check_manifest(manifest: Any, hashes: Mapping[str, str], counts: Mapping[str, int]) -> None:
    """Everything the manifest names is there and as it says, and nothing else is; raises ValueError and its kin."""
    expected = {name: digest for name, digest in manifest["sha256"].items() if name != "format"}
    if manifest["format"] != FORMAT or expected != hashes:
        raise ValueError("members")
    for name, table in manifest["tables"].items():
        if not _TABLE.match(name) or counts[f"tables/{name}.jsonl"] != table["rows"]:
            raise ValueError(name)
        if not all(_TABLE.match(column) for column in table["columns"]):
            raise ValueError(name)
        if table["generated"] is not None and table["generated"] not in table["columns"]:
            raise ValueError(name)
    contents = [name for name in hashes if name.startswith("files/")]
    if len(contents) != manifest["files"] or any(hashes[name] != name.rpartition("/")[2] for name in contents):
        raise ValueError("files")


# Restoring


async def restore(settings: Settings, features: Iterable[Feature], source: Path) -> Summary:
    """Load an archive into an empty database and an empty folder of files, or change nothing and say why."""
    listed = list(features)
    if _filled(settings.files_dir):
        raise Failed(
            _("%(path)s holds files. A backup is restored beside nothing else: move it away.", path=settings.files_dir)
        )
    await asyncio.to_thread(lambda: settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True))
    staging = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix=".restoring-", dir=settings.data_dir))
    try:
        manifest = await asyncio.to_thread(_read, source, staging)
        _check_secret(settings, staging)
        await _check_database(settings, listed, manifest)
        await _load(settings, listed, manifest, staging)
    finally:
        await asyncio.to_thread(shutil.rmtree, staging)
    return _summary(manifest, source)


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
        known = {(key.app_label, key.name) for key in (await _migrations(settings, features)).loader.disk_migrations}
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
        for table in _tables():
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


async def _migrations(settings: Settings, features: Sequence[Feature]) -> MigrationExecutor:
    """Tortoise's executor for the open database, with what is on disk and what was applied."""
    executor = MigrationExecutor(connections.get("default"), db.config(settings, features)["apps"])
    await executor.loader.build_graph()
    return executor


async def pending_migrations(settings: Settings, features: Sequence[Feature]) -> list[str]:
    """Migrations that the open database lacks, as `app.name`."""
    executor = await _migrations(settings, features)
    lacking = set(executor.loader.disk_migrations) - executor.loader.applied_migrations
    return sorted(f"{key.app_label}.{key.name}" for key in lacking)


async def _migrate_to(settings: Settings, features: Sequence[Feature], wanted: Mapping[str, Sequence[str]]) -> None:
    """Bring an empty database to the state in which the archive was made."""
    base_executor.EXECUTOR_CACHE.clear()
    await Tortoise.init(config=db.config(settings, features, foreign_keys=False))
    try:
        executor = await _migrations(settings, features)
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
            batch.append([_to_database(kind, row[column], postgres=postgres) for column, kind in columns.items()])
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
    if _name_of(AuditEntry) in manifest["tables"]:
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
