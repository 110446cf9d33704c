"""Attachments: what is taken, what is refused and why, and how they come out again."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import socket
import struct
import time
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from app.attachments import (
    LocalStore,
    Missing,
    Refused,
    S3Store,
    Store,
    accept,
    clean_name,
    disposition,
    download,
    ping,
    store_for,
)
from app.i18n import Reader, reading
from app.models import StoredFile
from app.settings import Settings
from tests.app.database import databases, fresh, migrate, opened

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODT = "application/vnd.oasis.opendocument.text"


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """A portal on SQLite that keeps files beside it."""
    with fresh("sqlite", tmp_path / "portal") as made:
        migrate(made)
        yield made


def upload(name: str, content: bytes) -> UploadFile:
    return UploadFile(io.BytesIO(content), filename=name, size=len(content))


async def take(settings: Settings, name: str, content: bytes, store: Store | None = None) -> StoredFile:
    async with opened(settings):
        with reading(Reader("en")):
            chosen = store or store_for(settings)
            return await accept(upload(name, content), settings=settings, store=chosen, now=NOW)


def taken(settings: Settings, name: str, content: bytes) -> tuple[StoredFile, bytes]:
    """The row and what the disk holds."""
    row = asyncio.run(take(settings, name, content))
    return row, LocalStore(settings.files_dir).path(row.digest).read_bytes()


def refused(settings: Settings, name: str, content: bytes) -> str:
    """The sentence."""
    with pytest.raises(Refused) as caught:
        asyncio.run(take(settings, name, content))
    kept = [path for path in settings.files_dir.rglob("*") if path.is_file()] if settings.files_dir.exists() else []
    assert kept == [], "something of the refused file stayed"
    return caught.value.reason


def picture(kind: str, size: tuple[int, int] = (40, 20), **options: Any) -> bytes:
    out = io.BytesIO()
    image = Image.new("RGB", size, "white")
    image.paste((200, 0, 0), (0, 0, size[0] // 2, size[1]))
    image.save(out, kind, **options)
    return out.getvalue()


def archive(entries: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return out.getvalue()


def office(kind: str, body: str, **more: bytes) -> bytes:
    types = f'<Types><Override PartName="/{body}" ContentType="{kind}.main+xml"/></Types>'.encode()
    return archive({"[Content_Types].xml": types, body: b"<x/>", **more})


OPEN_DOCUMENT = {"mimetype": ODT.encode(), "content.xml": b"<x/>"}
GOOD = [
    ("صورة.JPG", picture("JPEG"), "image/jpeg"),
    ("plan.png", picture("PNG"), "image/png"),
    ("plan.webp", picture("WEBP"), "image/webp"),
    ("قرار.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "application/pdf"),
    ("note.txt", "شكوى عن الماء ١٢\n".encode(), "text/plain"),
    ("without ending", picture("JPEG"), "image/jpeg"),
    ("letter.docx", office(WORD, "word/document.xml"), WORD),
    ("table.xlsx", office(SHEET, "xl/workbook.xml"), SHEET),
    ("letter.odt", archive(OPEN_DOCUMENT, zipfile.ZIP_STORED), ODT),
]


@pytest.mark.parametrize(("name", "content", "kind"), GOOD, ids=[name for name, _content, _kind in GOOD])
def test_everyday_files_are_taken(settings: Settings, name: str, content: bytes, kind: str) -> None:
    row, kept = taken(settings, name, content)
    assert row.media_type == kind
    assert row.digest == hashlib.sha256(kept).hexdigest()
    assert row.size == len(kept)
    assert kind.startswith("image/") or kept == content


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!DOCTYPE html><script>alert(1)</script>"
BAD = [
    ("picture.svg", SVG, "not taken"),
    ("page.html", HTML, "not taken"),
    ("page.txt", HTML, "not taken"),
    ("drawing.txt", SVG, "not taken"),
    ("late.txt", b"x" * (1 << 20) + b"<scr" + b"ipt>", "not taken"),
    ("drawing", b"  \n" + SVG, "not taken"),
    ("film.mp4", b"\0\0\0\x18ftypmp42", "not taken"),
    ("photo.heic", b"\0\0\0\x18ftypheic", "not taken"),
    ("program.exe", b"MZ\x90\0", "not taken"),
    ("program", b"MZ\x90\0", "not taken"),
    ("old.txt", "نص".encode("cp1256"), "not taken"),
    ("half.txt", "نص".encode()[:-1], "not taken"),
    ("zero.txt", b"a\0b", "not taken"),
    ("archive.zip", archive({"a": b"b"}), "not taken"),
    ("letter.docx", archive({"a": b"b"}), "not taken"),
    ("letter.docx", b"PK\x03\x04 and nothing more", "not taken"),
    ("empty.txt", b"", "empty"),
    ("picture.png", picture("JPEG"), "one thing"),
    ("letter.pdf", picture("PNG"), "one thing"),
    ("letter.docx", office(SHEET, "xl/workbook.xml"), "one thing"),
    ("picture.jpg", HTML, "not taken"),
    ("macro.docx", office(WORD, "word/document.xml", **{"word/vbaProject.bin": b"x"}), "macros"),
    ("macro.odt", archive({**OPEN_DOCUMENT, "Basic/Standard/m.xml": b"x"}), "macros"),
    ("cut.jpg", picture("JPEG", (400, 400))[:-2000], "damaged"),
    ("cut.png", picture("PNG")[:40], "damaged"),
]


@pytest.mark.parametrize(
    ("name", "content", "why"), BAD, ids=[f"{number}-{name}" for number, (name, *_rest) in enumerate(BAD)]
)
def test_what_could_do_harm_is_refused_with_a_sentence(settings: Settings, name: str, content: bytes, why: str) -> None:
    assert why in refused(settings, name, content)


def test_a_file_at_the_limit_is_taken_and_one_byte_more_is_not(settings: Settings) -> None:
    small = settings.model_copy(update={"max_upload_mb": 1})
    assert "too large: at most 1 MB" in refused(small, "long.txt", b"x" * ((1 << 20) + 1))
    row, _kept = taken(small, "long.txt", b"x" * (1 << 20))
    assert row.size == 1 << 20


def test_a_file_that_hides_its_size_is_stopped_on_the_way(settings: Settings) -> None:
    async def send() -> None:
        async with opened(settings):
            endless = UploadFile(io.BytesIO(b"x" * (11 << 20)), filename="long.txt")
            await accept(endless, settings=settings, store=store_for(settings), now=NOW)

    with pytest.raises(Refused):
        asyncio.run(send())


def test_a_small_file_that_unfolds_into_a_huge_picture_is_refused(settings: Settings) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        import zlib  # noqa: PLC0415 - beside its only use

        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    for side in (8_000, 12_000, 60_000):
        header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
        bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"x") + chunk(b"IEND", b"")
        assert "too many pixels" in refused(settings, "bomb.png", bomb)


def test_a_document_that_unfolds_without_end_is_refused_quickly(settings: Settings) -> None:
    filled = office(WORD, "word/document.xml", **{"word/media/a": b"\0" * (64 << 20)})
    bomb = bytearray(filled)
    place = bomb.rfind(b"word/media/a") - 46
    assert bomb[place : place + 4] == b"PK\x01\x02"
    bomb[place + 24 : place + 28] = struct.pack("<I", 0xFFFFFFF0)
    assert "not taken" in refused(settings, "bomb.docx", bytes(bomb))
    types = b"<Types/>" + b" " * (64 << 20)
    began = time.monotonic()
    assert "not taken" in refused(settings, "bomb.docx", archive({"[Content_Types].xml": types}))
    assert time.monotonic() - began < 5


def test_a_document_with_too_many_entries_is_refused(settings: Settings) -> None:
    many = office(WORD, "word/document.xml", **{f"word/{number}": b"" for number in range(6000)})
    assert "not taken" in refused(settings, "many.docx", many)


def photograph() -> bytes:
    """A photograph lying on its side, with place, telephone, comment and profile."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "SECRET-TELEPHONE"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (33.0, 18.0, 55.0)
    return picture("JPEG", exif=exif, comment=b"SECRET-COMMENT", icc_profile=b"SECRET-PROFILE" * 20)


def test_a_photograph_says_nothing_of_place_time_or_device(settings: Settings) -> None:
    before = photograph()
    assert b"SECRET-COMMENT" in before
    assert b"SECRET-TELEPHONE" in before
    row, kept = taken(settings, "photo.jpg", before)
    assert b"SECRET" not in kept
    with Image.open(io.BytesIO(kept)) as image:
        assert image.size == (20, 40), "it stands upright"
        assert dict(image.getexif()) == {}
        assert "icc_profile" not in image.info
        assert "comment" not in image.info
    assert row.size == len(kept)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_other_pictures_lose_their_marginal_notes_too(settings: Settings, kind: str) -> None:
    from PIL.PngImagePlugin import PngInfo  # noqa: PLC0415 - beside its only use

    notes = PngInfo()
    notes.add_text("Author", "SECRET-AUTHOR")
    exif = Image.Exif()
    exif[0x010F] = "SECRET-TELEPHONE"
    options: dict[str, Any] = {"PNG": {"pnginfo": notes}, "WEBP": {"xmp": b"SECRET-XMP"}}[kind]
    before = picture(kind, exif=exif, icc_profile=b"SECRET-PROFILE" * 20, **options)
    assert b"SECRET" in before
    _row, kept = taken(settings, f"plan.{kind.lower()}", before)
    assert b"SECRET" not in kept


def test_what_is_glued_behind_a_picture_is_cut_off(settings: Settings) -> None:
    _row, kept = taken(settings, "both.png", picture("PNG") + archive({"page.html": HTML}))
    assert b"PK\x03\x04" not in kept


def test_a_transparent_drawing_stays_transparent(settings: Settings) -> None:
    out = io.BytesIO()
    Image.new("P", (4, 4), 0).save(out, "PNG", transparency=0)
    _row, kept = taken(settings, "clear.png", out.getvalue())
    with Image.open(io.BytesIO(kept)) as image:
        assert image.convert("RGBA").getpixel((0, 0))[3] == 0


@databases
def test_the_same_content_is_kept_once(tmp_path: Path, kind: str) -> None:
    async def twice(settings: Settings) -> int:
        first = await take(settings, "a.txt", b"same")
        second = await take(settings, "b.txt", b"same")
        assert first.digest == second.digest
        async with opened(settings):
            return await StoredFile.all().count()

    with fresh(kind, tmp_path / "portal") as settings:
        migrate(settings)
        assert asyncio.run(twice(settings)) == 1
        kept = [path for path in settings.files_dir.rglob("*") if path.is_file()]
        digest = hashlib.sha256(b"same").hexdigest()
        assert kept == [settings.files_dir / digest[:2] / digest[2:4] / digest]
        assert kept[0].stat().st_mode & 0o077 == 0


def test_a_content_that_was_cut_short_is_mended_when_it_is_sent_again(settings: Settings) -> None:
    row, _kept = taken(settings, "a.txt", b"whole")
    path = LocalStore(settings.files_dir).path(row.digest)
    path.write_bytes(b"who")
    assert taken(settings, "a.txt", b"whole")[1] == b"whole"


@pytest.mark.parametrize("digest", ["", "../../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_no_digest_leads_out_of_the_folder(tmp_path: Path, digest: str) -> None:
    with pytest.raises(ValueError, match="digest"):
        LocalStore(tmp_path).path(digest)


# Virus scanner


@contextlib.asynccontextmanager
async def scanner(answer: Callable[[bytes], bytes]) -> AsyncIterator[str]:
    """A daemon that speaks ClamAV's protocol and judges by `answer`."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if (command := await reader.readuntil(b"\0")) == b"zPING\0":
                writer.write(b"PONG\0")
            else:
                assert command == b"zINSTREAM\0"
                seen = b""
                while length := struct.unpack(">I", await reader.readexactly(4))[0]:
                    assert length <= 1 << 20
                    seen += await reader.readexactly(length)
                writer.write(answer(seen))
            await writer.drain()
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


def judge(seen: bytes) -> bytes:
    if b"EICAR" in seen:
        return b"stream: Eicar-Test-Signature FOUND\0"
    return b"stream: OK\0" if seen.endswith(b"end") else b"INSTREAM size limit exceeded. ERROR\0"


def scanned(settings: Settings, content: bytes, answer: Callable[[bytes], bytes] = judge) -> StoredFile:
    async def run() -> StoredFile:
        async with scanner(answer) as address:
            await ping(address)
            return await take(settings.model_copy(update={"clamav": address}), "a.txt", content)

    return asyncio.run(run())


def test_a_file_that_the_scanner_finds_clean_is_taken(settings: Settings) -> None:
    content = b"x" * (3 << 20) + b"end"
    assert scanned(settings, content).size == len(content)


@pytest.mark.parametrize(
    ("content", "answer", "why"),
    [
        (b"EICAR", judge, "virus scanner found"),
        (b"no limit", judge, "cannot be checked"),
        (b"text", lambda _seen: b"", "cannot be checked"),
        (b"text", lambda _seen: b"something OK\0", "cannot be checked"),
    ],
    ids=["infected", "too large for it", "silent", "strange"],
)
def test_what_the_scanner_does_not_clear_stays_outside(
    settings: Settings, content: bytes, answer: Callable[[bytes], bytes], why: str
) -> None:
    with pytest.raises(Refused, match=why):
        scanned(settings, content, answer)
    assert not [path for path in settings.files_dir.rglob("*") if path.is_file()]


def test_without_the_scanner_that_was_set_nothing_comes_in(settings: Settings) -> None:
    with socket.socket() as taken_port:
        taken_port.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken_port.getsockname()[1]}"
        assert "cannot be checked" in refused(settings.model_copy(update={"clamav": address}), "a.txt", b"text")


# Out again


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("قرار رقم ١٢.pdf", "قرار رقم ١٢.pdf"),
        ("C:\\Users\\z\\plan.png", "plan.png"),
        ("../../etc/passwd", "passwd"),
        ('a"; filename="b.exe', "a; filename=b.exe"),
        ("a\r\nSet-Cookie: x=1", "aSet-Cookie x=1"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\u2067ا\u2069.txt", "ا.txt"),
        ("..", "file"),
        ("", "file"),
        ("ط" * 300 + ".pdf", "ط" * 116 + ".pdf"),
    ],
    ids=range(10),
)
def test_a_name_cannot_play_tricks(name: str, cleaned: str) -> None:
    assert clean_name(name) == cleaned
    assert disposition(name).isascii()
    assert disposition(name).isprintable()


def served(settings: Settings, content: bytes, name: str, kind: str, **headers: str) -> Any:
    row, _kept = taken(settings, "", content)
    row.media_type = kind
    return answer(lambda: download(row, name, store_for(settings)), **headers)


def answer(respond: Callable[[], Awaitable[Response]], **headers: str) -> Any:
    async def page(_request: Request) -> Response:
        return await respond()

    with TestClient(Starlette(routes=[Route("/", page)])) as client:
        return client.get("/", headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_a_download_is_saved_and_never_shown(settings: Settings) -> None:
    response = served(settings, "نص".encode(), "ملاحظة.txt", "text/plain")
    assert response.content.decode() == "نص"
    assert response.headers["content-disposition"] == (
        "attachment; filename=\"______.txt\"; filename*=UTF-8''%D9%85%D9%84%D8%A7%D8%AD%D8%B8%D8%A9.txt"
    )
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert response.headers["cache-control"] == "private, no-store"


def test_a_broken_download_goes_on_where_it_stopped(settings: Settings) -> None:
    response = served(settings, b"0123456789", "n.txt", "text/plain", range="bytes=4-6")
    assert (response.status_code, response.content) == (206, b"456")
    assert response.headers["content-range"] == "bytes 4-6/10"


def test_a_lost_content_is_a_fault_before_the_answer_begins(settings: Settings) -> None:
    row, _kept = taken(settings, "n.txt", b"text")
    LocalStore(settings.files_dir).path(row.digest).unlink()
    with pytest.raises(Missing):
        answer(lambda: download(row, "n.txt", store_for(settings)))


# The same in a bucket


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """Address of an S3 server by moto, in a thread of this process."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - takes seconds to load

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def clouded(settings: Settings, bucket: str) -> Settings:
    """A portal that keeps its files in a bucket."""
    chosen = {"s3_endpoint": bucket, "s3_bucket": "sawtuna", "s3_key": "key", "s3_secret": "secret"}
    made = Settings(**{"_env_file": None, "data_dir": settings.data_dir, **chosen})  # type: ignore[arg-type]
    store = store_for(made)
    assert isinstance(store, S3Store)
    store._bucket().create_bucket(Bucket="sawtuna")
    return made


def test_a_bucket_keeps_files_as_the_folder_does(clouded: Settings) -> None:
    content = "نص".encode() * (1 << 19)
    store = store_for(clouded)
    asyncio.run(store.reach())
    row = asyncio.run(take(clouded, "a.txt", content, store))
    assert asyncio.run(take(clouded, "a.txt", content, store)).digest == row.digest
    assert not [path for path in clouded.data_dir.rglob("*") if path.is_file() and "sqlite" not in path.name]
    response = answer(lambda: download(row, "ملاحظة.txt", store))
    assert response.content == content
    assert response.headers["content-length"] == str(len(content))
    assert response.headers["content-disposition"].startswith("attachment; ")
    assert response.headers["content-security-policy"] == "sandbox; default-src 'none'"


def test_what_is_not_in_the_bucket_is_missing_before_the_answer_begins(clouded: Settings) -> None:
    async def gone() -> None:
        store = store_for(clouded)
        row = await take(clouded, "a.txt", b"text", store)
        await store.remove(row.digest)
        await store.read(row.digest)

    with pytest.raises(Missing):
        asyncio.run(gone())
