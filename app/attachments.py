"""Attachments: streamed to disk, looked at, kept once under the hash of their content, never shown by the browser.

What a file is, its content says: its name and the browser's word must only agree. Pictures are decoded and written
anew, so that place, time and device do not travel with them and nothing hides behind the picture.
"""

import asyncio
import codecs
import hashlib
import importlib
import os
import re
import secrets
import shutil
import struct
import tempfile
import threading
import unicodedata
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from PIL import Image, ImageOps
from starlette.datastructures import UploadFile
from starlette.responses import FileResponse, Response, StreamingResponse

from app.i18n import format_number
from app.i18n import gettext as _
from app.models import StoredFile
from app.settings import Settings

CHUNK = 1 << 20
"""Most bytes of a file that are in memory at once, pictures excepted."""

MOST_PIXELS = 50_000_000
SCAN_SECONDS = 60.0
MOST_ENTRIES = 5_000
MOST_DIRECTORY = 1 << 20
MOST_UNPACKED = 512 << 20
MOST_CONTENT_TYPES = 256 << 10

TEXT = "text/plain"
PDF = "application/pdf"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ODT = "application/vnd.oasis.opendocument.text"

EXTENSIONS = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".pdf": PDF,
    ".txt": TEXT,
    ".docx": _WORD,
    ".xlsx": _SHEET,
    ".odt": _ODT,
}
"""Every type that is taken, by the endings its names may have."""

_PICTURES = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_MARKUP = re.compile(rb"<\s*(!doctype|html|head|body|script|svg|iframe|object|embed|\?xml)\b", re.IGNORECASE)


class Refused(Exception):
    """A file that is not taken; the reason is a sentence for whoever sent it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Missing(LookupError):
    """The content of a file is not in the store, although the database knows it."""


class Store(Protocol):
    """Where contents are kept, by their SHA-256 (64 hexadecimal digits)."""

    @property
    def incoming(self) -> Path:
        """Folder for files on their way in; `put` takes them from there."""

    async def put(self, digest: str, source: Path) -> None:
        """Keep a file of `incoming` for good; nothing changes when its content is there already."""

    async def read(self, digest: str) -> AsyncIterator[bytes]:
        """The content in pieces, or `Missing` before the first of them."""

    async def remove(self, digest: str) -> None:
        """Forget a content; quiet when there is none."""

    async def reach(self) -> None:
        """Return quietly when the store can be used, else raise."""


class LocalStore:
    """Contents in a folder of this machine, as `aa/bb/digest`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def incoming(self) -> Path:
        """On the same file system, so that a file moves in by its name alone."""
        return self.folder / ".incoming"

    def path(self, digest: str) -> Path:
        """Where a content lies, or would."""
        if not _DIGEST.match(digest):
            raise ValueError("not a digest")
        return self.folder / digest[:2] / digest[2:4] / digest

    async def put(self, digest: str, source: Path) -> None:
        """Flush to disk, then rename: after a power cut a content is there as a whole or not at all."""
        await asyncio.to_thread(self._put, self.path(digest), source)

    def _put(self, target: Path, source: Path) -> None:
        if target.exists() and target.stat().st_size == source.stat().st_size:
            source.unlink()
            return
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with source.open("rb") as file:
            os.fsync(file.fileno())
        source.replace(target)
        for folder in (target.parent, target.parent.parent, self.folder):
            sync_folder(folder)

    async def read(self, digest: str) -> AsyncIterator[bytes]:
        """From the disk."""
        try:
            file = await asyncio.to_thread(self.path(digest).open, "rb")
        except FileNotFoundError as error:
            raise Missing(digest) from error

        async def pieces() -> AsyncIterator[bytes]:
            with file:
                while piece := await asyncio.to_thread(file.read, CHUNK):
                    yield piece

        return pieces()

    async def remove(self, digest: str) -> None:
        """Delete the file."""
        await asyncio.to_thread(self.path(digest).unlink, missing_ok=True)

    async def reach(self) -> None:
        """Write a file and delete it."""
        await asyncio.to_thread(try_writing, self.incoming)


class S3Store:
    """Contents in a bucket, by `boto3` (the extra `s3`), which works in threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: Any = None
        self._making = threading.Lock()

    @property
    def incoming(self) -> Path:
        """In the data folder: uploads pass through this machine."""
        return self._settings.data_dir / "incoming"

    def _bucket(self) -> Any:
        """The client; made in a thread, because it reads many files the first time."""
        with self._making:
            if self._client is None:
                # By name, so that the portal starts without the package when files stay on this machine.
                boto3 = importlib.import_module("boto3")
                configuration = importlib.import_module("botocore.config").Config(
                    connect_timeout=5,
                    read_timeout=30,
                    retries={"max_attempts": 3, "mode": "standard"},
                    # Several S3-compatible stores refuse the checksums that newer versions send unasked.
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                )
                self._client = boto3.session.Session().client(
                    "s3",
                    endpoint_url=self._settings.s3_endpoint,
                    aws_access_key_id=self._settings.s3_key,
                    aws_secret_access_key=self._settings.s3_secret.get_secret_value(),
                    region_name="us-east-1",
                    config=configuration,
                )
            return self._client

    def _size(self, digest: str) -> int | None:
        client = self._bucket()
        try:
            return int(client.head_object(Bucket=self._settings.s3_bucket, Key=digest)["ContentLength"])
        except client.exceptions.ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return None
            raise

    async def put(self, digest: str, source: Path) -> None:
        """Send the file unless the bucket has it."""
        await asyncio.to_thread(self._put, digest, source)

    def _put(self, digest: str, source: Path) -> None:
        if self._size(digest) != source.stat().st_size:
            with source.open("rb") as file:
                self._bucket().put_object(
                    Bucket=self._settings.s3_bucket, Key=digest, Body=file, ContentType="application/octet-stream"
                )
        source.unlink()

    async def read(self, digest: str) -> AsyncIterator[bytes]:
        """As it comes from the bucket."""
        body = await asyncio.to_thread(self._get, digest)

        async def pieces() -> AsyncIterator[bytes]:
            try:
                while piece := await asyncio.to_thread(body.read, CHUNK):
                    yield piece
            finally:
                body.close()

        return pieces()

    def _get(self, digest: str) -> Any:
        client = self._bucket()
        try:
            return client.get_object(Bucket=self._settings.s3_bucket, Key=digest)["Body"]
        except client.exceptions.NoSuchKey as error:
            raise Missing(digest) from error

    async def remove(self, digest: str) -> None:
        """Delete the object."""
        await asyncio.to_thread(lambda: self._bucket().delete_object(Bucket=self._settings.s3_bucket, Key=digest))

    async def reach(self) -> None:
        """Ask for the bucket."""
        await asyncio.to_thread(lambda: self._bucket().head_bucket(Bucket=self._settings.s3_bucket))


def store_for(settings: Settings) -> Store:
    """The bucket when one is set, else the folder."""
    return S3Store(settings) if settings.s3_endpoint else LocalStore(settings.files_dir)


async def accept(upload: UploadFile, *, settings: Settings, store: Store, now: datetime) -> StoredFile:
    """Take a file in, or raise `Refused`.

    The content is in the store before its row is in the database: a rolled back transaction leaves a content without
    a row, which can be cleaned up, and never a row without a content.
    """
    expected = _expected(upload)
    async with _temporary(store.incoming) as path:
        await _receive(upload, path, settings.max_upload_mb)
        media_type = await asyncio.to_thread(detect, path)
        if media_type is None:
            raise Refused(_("Files of this type are not taken. Send a picture, a PDF, a text or an office document."))
        if expected is not None and media_type != expected:
            raise Refused(_("The name of this file says one thing and its content another. Save it again and send it."))
        if settings.clamav:
            await scan(path, settings.clamav)
        if picture := _PICTURES.get(media_type):
            async with _temporary(store.incoming) as clean:
                await asyncio.to_thread(_redraw, path, clean, picture)
                return await _keep(clean, media_type, store, now)
        return await _keep(path, media_type, store, now)


async def _keep(path: Path, media_type: str, store: Store, now: datetime) -> StoredFile:
    digest, size = await asyncio.to_thread(_digest, path)
    await store.put(digest, path)
    defaults = {"size": size, "media_type": media_type, "stored_at": now}
    row, _made = await StoredFile.get_or_create(digest=digest, defaults=defaults)
    return row


def _expected(upload: UploadFile) -> str | None:
    """The type that the name promises; None when it has no ending, as pictures of some telephones."""
    ending = PurePosixPath((upload.filename or "").replace("\\", "/")).suffix.lower()
    promised = EXTENSIONS.get(ending)
    if ending and promised is None:
        raise Refused(_("Files of this type are not taken. Send a picture, a PDF, a text or an office document."))
    return promised


async def _receive(upload: UploadFile, path: Path, most_mb: int) -> None:
    most, size = most_mb << 20, 0
    too_large = _("The file is too large: at most %(size)s MB can be sent.", size=format_number(most_mb))
    if upload.size is not None and upload.size > most:
        raise Refused(too_large)
    await upload.seek(0)
    with path.open("wb") as file:
        while piece := await upload.read(CHUNK):
            size += len(piece)
            if size > most:
                raise Refused(too_large)
            await asyncio.to_thread(file.write, piece)
    if size == 0:
        raise Refused(_("The file is empty."))


@asynccontextmanager
async def _temporary(folder: Path) -> AsyncIterator[Path]:
    """A new file that only we can read, gone after the block unless it was moved away."""

    def make() -> Path:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder)
        os.close(handle)
        return Path(name)

    path = await asyncio.to_thread(make)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _digest(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), file.tell()


def sync_folder(folder: Path) -> None:
    """Make the names in a folder outlast a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def try_writing(folder: Path) -> None:
    """Raise OSError when nothing can be written into a folder."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(secrets.token_bytes(16))


# What is it?


def detect(path: Path) -> str | None:
    """The type of a file by its content, or None when it is none of those that are taken."""
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith(b"%PDF-"):
        return PDF
    if head.startswith(b"PK\x03\x04"):
        return _office(path)
    return TEXT if _is_text(path) else None


def _is_text(path: Path) -> bool:
    """Whether it is UTF-8 throughout, without control characters and without the beginnings of a web page."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    tail = b""
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            try:
                text = decoder.decode(piece)
            except UnicodeDecodeError:
                return False
            if any(ord(letter) < 32 and letter not in "\t\n\r\f" for letter in set(text)):
                return False
            if _MARKUP.search(tail + piece):
                return False
            tail = piece[-64:]
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _office(path: Path) -> str | None:
    """The type of an office document. Little is unpacked: a few KiB of one entry, whatever the directory claims."""
    if not _small_directory(path):
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            names = {entry.filename for entry in archive.infolist()}
            if sum(entry.file_size for entry in archive.infolist()) > MOST_UNPACKED:
                return None
            if any("vbaproject" in name.lower() or name.startswith(("Basic/", "Scripts/")) for name in names):
                raise Refused(_("This document contains macros. Save it without them and send it again."))
            if "mimetype" in names:
                kind = _part(archive, "mimetype", 128)
                return _ODT if kind == _ODT.encode() and "content.xml" in names else None
            if "[Content_Types].xml" not in names:
                return None
            types = _part(archive, "[Content_Types].xml", MOST_CONTENT_TYPES)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError, struct.error):
        return None
    if b"macroEnabled" in types:
        raise Refused(_("This document contains macros. Save it without them and send it again."))
    if f"{_WORD}.main+xml".encode() in types and "word/document.xml" in names:
        return _WORD
    if f"{_SHEET}.main+xml".encode() in types and "xl/workbook.xml" in names:
        return _SHEET
    return None


def _part(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    with archive.open(name) as part:
        content = part.read(most + 1)
    if len(content) > most:
        raise zipfile.BadZipFile(name)
    return content


def _small_directory(path: Path) -> bool:
    """Whether the list of entries is of a size that may be read; zipfile would read any."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 65_557))
        end = file.read()
    place = end.rfind(b"PK\x05\x06")
    if place < 0 or len(end) - place < 22:
        return False
    entries: int
    length: int
    entries, length = struct.unpack_from("<HI", end, place + 10)
    return 0 < entries <= MOST_ENTRIES and length <= MOST_DIRECTORY


def _redraw(source: Path, target: Path, kind: str) -> None:
    """Decode a picture and write it anew: upright, first frame only, without EXIF, place, comments, colour profile."""
    damaged = _("This picture is damaged. Open it, save it again and send the new one.")
    too_many = _("This picture has too many pixels. Make it smaller and send it again.")
    try:
        with Image.open(source, formats=[kind]) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise Refused(too_many)
            upright = ImageOps.exif_transpose(opened)
            if kind == "JPEG" and upright.mode not in {"RGB", "L"}:
                upright = upright.convert("RGB")
            # The encoders copy profile and comments out of `info` when they are not told otherwise.
            transparency = upright.info.get("transparency")
            upright.info.clear()
            options: dict[str, Any] = {"JPEG": {"quality": 88}, "WEBP": {"quality": 88}}.get(kind, {})
            if transparency is not None and kind == "PNG":
                options["transparency"] = transparency
            upright.save(target, kind, **options)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused(too_many) from error
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, struct.error, MemoryError) as error:
        raise Refused(damaged) from error


# ClamAV


def host_and_port(text: str, default: int) -> tuple[str, int]:
    """`host:port`, `host` or `[::1]:port`."""
    parts = urlsplit(f"//{text}")
    if not parts.hostname:
        raise ValueError(f"{text!r} is not host:port")
    return parts.hostname, parts.port or default


async def scan(path: Path, address: str) -> None:
    """Show a file to the ClamAV daemon (INSTREAM); quiet when it is clean. One that cannot be asked lets nothing in."""
    try:
        async with asyncio.timeout(SCAN_SECONDS), _daemon(address) as (reader, writer):
            writer.write(b"zINSTREAM\0")
            with path.open("rb") as file:
                while piece := await asyncio.to_thread(file.read, CHUNK):
                    writer.write(struct.pack(">I", len(piece)) + piece)
                    await writer.drain()
            writer.write(struct.pack(">I", 0))
            await writer.drain()
            answer = (await reader.readuntil(b"\0")).rstrip(b"\0").decode("utf-8", "replace")
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
        raise Refused(_("Files cannot be checked for viruses at this moment. Try again in a while.")) from error
    if answer.endswith(" FOUND"):
        raise Refused(_("The virus scanner found something in this file, so it was not taken."))
    if answer != "stream: OK":
        raise Refused(_("Files cannot be checked for viruses at this moment. Try again in a while."))


async def ping(address: str) -> None:
    """Return quietly when the daemon answers, else raise OSError."""
    async with asyncio.timeout(5), _daemon(address) as (reader, writer):
        writer.write(b"zPING\0")
        await writer.drain()
        if await reader.read(16) != b"PONG\0":
            raise OSError("what answers there is not ClamAV")


@asynccontextmanager
async def _daemon(address: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(*host_and_port(address, 3310))
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


# Out again


async def download(file: StoredFile, name: str, store: Store) -> Response:
    """The file as something to be saved: the browser neither shows it nor guesses what it is.

    The local store answers Range requests; the bucket is passed through as it comes.
    """
    headers = {
        "Content-Disposition": disposition(name),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-store",
    }
    if isinstance(store, LocalStore):
        path = store.path(file.digest)
        try:
            found = await asyncio.to_thread(path.stat)
        except FileNotFoundError as error:
            raise Missing(file.digest) from error
        etag = {"ETag": f'"{file.digest}"'}
        return FileResponse(path, headers={**headers, **etag}, media_type=file.media_type, stat_result=found)
    headers["Content-Length"] = str(file.size)
    return StreamingResponse(await store.read(file.digest), headers=headers, media_type=file.media_type)


def clean_name(name: str) -> str:
    """A file name for a person to see: without folders, control and bidirectional signs, at most 120 letters."""
    last = unicodedata.normalize("NFC", name.replace("\\", "/")).rpartition("/")[2]
    # Cf holds the signs that turn text round: with them `exe.gpj` reads as a picture.
    kept = "".join(letter for letter in last if unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Zl", "Zp"})
    kept = " ".join(re.sub(r'["<>|:*?%]', "", kept).split()).strip(". ")
    stem, dot, ending = kept.rpartition(".")
    kept = f"{stem[: 119 - len(ending)]}{dot}{ending}" if dot and len(ending) < 10 else kept[:120]
    return kept or "file"


def disposition(name: str) -> str:
    """A Content-Disposition after RFC 6266, with the name in ASCII for old programs and in UTF-8 (RFC 8187)."""
    cleaned = clean_name(name)
    ascii_name = cleaned.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(cleaned, safe='')}"


def free_bytes(folder: Path) -> int:
    """Room left where a folder lies, or would lie."""
    there = next(path for path in (folder.resolve(), *folder.resolve().parents) if path.exists())
    return shutil.disk_usage(there).free
