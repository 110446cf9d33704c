"""Writing an archive, and reading it back before it gets its name."""

import asyncio
import gzip
import hashlib
import json
import os
import secrets
import tarfile
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import IO, Any

from app import audit, db
from app.attachments import LocalStore, sync_folder
from app.backup.common import FORMAT, HEADING, Failed, Summary
from app.backup.pending import pending_migrations
from app.backup.reading import read_archive
from app.backup.snapshot import Snapshot, open_snapshot
from app.backup.tables import Table, name_of, tables_of_models, to_json
from app.features import Feature
from app.i18n import gettext as _
from app.models import AuditEntry, StoredFile
from app.settings import Settings


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
        manifest = await asyncio.to_thread(read_archive, partial)
        await asyncio.to_thread(_name, partial, target)
    finally:
        partial.unlink(missing_ok=True)
    return summary_of(manifest, target)


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
        writer.add_bytes("format", f"{HEADING} {FORMAT}\n".encode())
        described: dict[str, Any] = {}
        chain = _Chain()
        missing: list[str] = []
        files = 0
        async with open_snapshot(settings) as snapshot:
            applied = await snapshot.all("SELECT app, name FROM tortoise_migrations ORDER BY app, name")
            for table in tables_of_models():
                with writer.spool() as spool:
                    described[table.name] = await _write_table(snapshot, table, spool, chain)
                    await asyncio.to_thread(writer.add, f"tables/{table.name}.jsonl", spool)
                    if table.name == name_of(StoredFile) and not settings.s3_endpoint:
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


async def _write_table(snapshot: Snapshot, table: Table, spool: IO[bytes], chain: _Chain) -> dict[str, Any]:
    columns = ", ".join(f'"{column}"' for column in table.columns)
    order = ", ".join(f'"{column}"' for column in table.key)
    count = 0
    audited = table.name == name_of(AuditEntry)
    async for row in snapshot.rows(f'SELECT {columns} FROM "{table.name}" ORDER BY {order}'):  # noqa: S608 - our own names
        spelled = {column: to_json(kind, row[column]) for column, kind in table.columns.items()}
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


def summary_of(manifest: Mapping[str, Any], path: Path) -> Summary:
    """What the manifest of an archive tells."""
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
