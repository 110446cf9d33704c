"""What a file is, by its content; its name and the browser's word must only agree."""

import codecs
import os
import re
import struct
import zipfile
from pathlib import Path, PurePosixPath

from app.attachments.common import CHUNK, Refused
from app.i18n import gettext as _

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

_MARKUP = re.compile(rb"<\s*(!doctype|html|head|body|script|svg|iframe|object|embed|\?xml)\b", re.IGNORECASE)


def promised(name: str) -> str | None:
    """The type that the name promises; None when it has no ending, as pictures of some telephones."""
    ending = PurePosixPath(name.replace("\\", "/")).suffix.lower()
    found = EXTENSIONS.get(ending)
    if ending and found is None:
        raise Refused(_("Files of this type are not taken. Send a picture, a PDF, a text or an office document."))
    return found


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
