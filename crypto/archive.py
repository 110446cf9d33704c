"""The archive file `UUID.bel`, byte for byte (PROTOCOL.md section 7): framing only, no meaning.

Reading streams: nothing larger than `KEPT` bytes is held in memory, so the file may be of any size. Nothing is ever
extracted to a path that the archive names.
"""

import hashlib
import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Self

from crypto.encoding import canonical, members, parse_json, text, whole_number
from crypto.errors import Malformed, ProtocolError, Rejected, Unsupported

BLOCK = 512
KEPT = 1 << 20
"""Bodies up to this many bytes come with their entry; larger ones are read on demand."""

MAX_SMALL = 64 << 20
"""The most that is ever read into memory as one record."""

_NAME = re.compile(r"([0-9a-f]{64})\.(data|event)\.json\Z")
_TIMESTAMP = re.compile(r"(?:0|[1-9][0-9]{0,10})\Z")
_FIRST = "BELENIOS"


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of the archive and where it lies."""

    number: int
    offset: int
    name: str
    size: int
    computed: str
    body: bytes | None = field(repr=False)

    @property
    def digest(self) -> str:
        """The digest its name claims."""
        return self.name[:64]

    @property
    def is_event(self) -> bool:
        """Whether it is an event, by its name."""
        return self.name.endswith(".event.json")

    @property
    def where(self) -> str:
        """Position for a person: entry number (the header is 0) and byte offset."""
        return f"entry[{self.number}]@{self.offset}"

    @property
    def error(self) -> ProtocolError | None:
        """What is wrong when the body is not the one that the name promises."""
        if self.computed == self.digest:
            return None
        return Rejected("the content does not have the SHA-256 that its name says").at(self.where)


class Cut(Malformed):
    """The file ends in the middle of an entry: a copy that broke off, or a writer that was interrupted."""


def header_block(name: str, size: int, timestamp: int) -> bytes:
    """The 512 bytes before a body: a tar header with nothing in it that could vary."""
    if not (0 <= size < 8**11 and 0 <= timestamp < 8**11):
        raise ValueError("a size or a time does not fit into 11 octal digits")
    block = bytearray(BLOCK)
    block[0 : len(name)] = name.encode()
    block[100:107] = b"0000644"
    block[108:115] = b"0000000"
    block[116:123] = b"0000000"
    block[124:135] = b"%011o" % size
    block[136:147] = b"%011o" % timestamp
    block[148:156] = b"        "
    block[156:157] = b"0"
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def entry_bytes(name: str, body: bytes, timestamp: int) -> bytes:
    """Header, body and padding of one entry."""
    return header_block(name, len(body), timestamp) + body + bytes(-len(body) % BLOCK)


def first_entry(timestamp: int) -> bytes:
    """The beginning of every archive."""
    return entry_bytes(_FIRST, canonical({"version": 1, "timestamp": str(timestamp)}), timestamp)


class Reader:
    """An open archive. `entries` walks it from the start each time it is called."""

    def __init__(self, file: BinaryIO) -> None:
        """Read the first entry: `Malformed` when this is no archive, `Unsupported` when of another version.

        `Rejected` when it is an archive whose first entry some other program has rewritten.
        """
        self._file = file
        self.length = file.seek(0, io.SEEK_END)
        file.seek(0)
        block = file.read(BLOCK)
        if len(block) < BLOCK or not block.startswith(_FIRST.encode() + b"\0"):
            raise Malformed("this is not an election archive")
        size = _octal(block[124:135])
        body = file.read(min(size, BLOCK))
        fields = members(parse_json(body), "version", "timestamp")
        if whole_number(fields["version"]) != 1:
            raise Unsupported("archives of version %(version)s are not known here", version=fields["version"])
        if not _TIMESTAMP.match(text(fields["timestamp"])):
            raise Malformed("the archive's time is not a number of seconds")
        self.timestamp = int(fields["timestamp"])
        if self.timestamp >= 8**11:
            raise Malformed("the archive's time is not a number of seconds")
        file.seek(0)
        first = first_entry(self.timestamp)
        if file.read(len(first)) != first:
            raise Rejected("the first entry is not written as the format demands").at("entry[0]@0")
        self._start = len(first)

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Open a file; `OSError` as it comes."""
        file = open(path, "rb", buffering=1 << 20)  # noqa: SIM115 - the reader owns and closes it
        try:
            return cls(file)
        except BaseException:
            file.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def entries(self) -> Iterator[Entry]:
        """Every entry after the first, its framing checked exactly; stops with `Malformed` at the first bad frame.

        A body that does not fit its name is no framing error: look at `Entry.error`.
        """
        offset, number = self._start, 1
        while offset < self.length:
            self._file.seek(offset)
            try:
                entry = self._entry(number, offset)
            except ProtocolError as error:
                raise error.at(f"entry[{number}]@{offset}")  # noqa: B904 - the same error goes on with its place
            yield entry
            offset += BLOCK + entry.size + (-entry.size % BLOCK)
            number += 1

    def _entry(self, number: int, offset: int) -> Entry:
        block = self._file.read(BLOCK)
        if len(block) < BLOCK:
            raise Cut("the file ends in the middle of an entry")
        name = block[: block.index(0)].decode("latin-1") if 0 in block[:100] else ""
        if not _NAME.match(name):
            raise Malformed("an entry has a name that does not belong here")
        size = _octal(block[124:135])
        if block != header_block(name, size, self.timestamp):
            raise Malformed("the header of the entry is not written as the format demands")
        if offset + BLOCK + size + (-size % BLOCK) > self.length:
            raise Cut("the file ends in the middle of an entry")
        digest, kept, left = hashlib.sha256(), bytearray(), size
        while left:
            chunk = self._file.read(min(left, KEPT))
            if not chunk:
                raise Cut("the file ends in the middle of an entry")
            digest.update(chunk)
            if size <= KEPT:
                kept += chunk
            left -= len(chunk)
        if any(self._file.read(-size % BLOCK)):
            raise Malformed("the padding after the content is not empty")
        body = bytes(kept) if size <= KEPT else None
        return Entry(number, offset, name, size, digest.hexdigest(), body)

    def is_empty_from(self, offset: int) -> bool:
        """Whether nothing but zero bytes stands from `offset` to the end of the file."""
        self._file.seek(offset)
        while chunk := self._file.read(KEPT):
            if any(chunk):
                return False
        return True

    def read(self, entry: Entry) -> bytes:
        """The whole body of an entry of bounded size."""
        return entry.body if entry.body is not None else self.read_at(entry.offset, entry.size)

    def read_at(self, offset: int, size: int) -> bytes:
        """The body of the entry whose header lies at `offset`."""
        if size > MAX_SMALL:
            raise Malformed("the record is larger than %(most)s bytes", most=MAX_SMALL)
        self._file.seek(offset + BLOCK)
        return self._file.read(size)

    def stream(self, entry: Entry) -> BinaryIO:
        """The body of an entry of any size, to be read from start to end before anything else is read here."""
        self._file.seek(entry.offset + BLOCK)
        return io.BufferedReader(_Part(self._file, entry.size), KEPT)


class _Part(io.RawIOBase):
    """The next `left` bytes of a file."""

    def __init__(self, file: BinaryIO, left: int) -> None:
        self._file = file
        self._left = left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed's Buffer has no len
        chunk = self._file.read(min(len(buffer), self._left))
        buffer[: len(chunk)] = chunk
        self._left -= len(chunk)
        return len(chunk)


def _octal(digits: bytes) -> int:
    if not re.fullmatch(rb"[0-7]{11}", digits):
        raise Malformed("the size of an entry is not an octal number")
    return int(digits, 8)
