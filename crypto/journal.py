"""Appending to an archive so that it is valid at every moment, whatever interrupts the writer.

An append is all or nothing: a full disk, Ctrl-C or any other exception puts the file back to its last event. What a
power cut or `kill -9` leaves behind the last event was never acknowledged; `Journal.open` moves it to a file beside the
archive and says so in `recovered`. Anything else that is wrong with the file is refused and left as it is.
"""

import errno
import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from crypto.archive import Cut, Reader, entry_bytes, first_entry
from crypto.board import Event, Kind, Step, Unclaimed, data_name, event_name, may_follow, out_of_order, replay
from crypto.encoding import sha256_hex
from crypto.errors import Malformed, Rejected

_RECORDS: dict[Kind, tuple[int, ...]] = {
    Kind.SETUP: (4, 5),
    Kind.BALLOT: (1,),
    Kind.END_BALLOTS: (0,),
    Kind.ENCRYPTED_TALLY: (2,),
    Kind.SHUFFLE: (2,),
    Kind.END_SHUFFLES: (0,),
    Kind.PARTIAL_DECRYPTION: (2,),
    Kind.RESULT: (1,),
}
"""How many records an event brings (PROTOCOL.md section 7)."""

_PATIENCE = 20
"""Tries, 25 ms apart, before a locked archive is called busy: a reader holds the lock for a moment now and then."""


class Busy(Rejected):
    """Another program is writing to the archive."""


class Journal:
    """An archive open for appending, locked against other writers."""

    def __init__(self, path: Path, descriptor: int, timestamp: int) -> None:
        self.path = path
        self.recovered: Path | None = None
        self._descriptor = descriptor
        self._timestamp = timestamp
        self._end = 0
        self._last: str | None = None
        self._kind: Kind | None = None
        self._height = 0
        self._whole = True

    @classmethod
    def create(cls, path: Path, timestamp: int, setup: Sequence[bytes] = ()) -> Self:
        """Begin a new archive, with its Setup event where given; `FileExistsError` when there is one.

        The file appears under its name when it is whole, and not before.
        """
        descriptor, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            journal = cls(path, descriptor, timestamp)
            _lock(descriptor)
            os.fchmod(descriptor, 0o644)
            journal._write(first_entry(timestamp))
            if setup:
                journal.append(Kind.SETUP, *setup)
            _name(Path(beside), path)
        except BaseException:
            os.close(descriptor)
            raise
        finally:
            Path(beside).unlink(missing_ok=True)
        _sync_folder(path.parent)
        return journal

    @classmethod
    def open(cls, path: Path, visit: Callable[[Reader, Step], None] = lambda *_: None) -> Self:
        """Go on with an archive, after checking its framing, hashes and chain from the start.

        `visit` sees every step on the way.
        """
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            _lock(descriptor)
            with Reader.open(path) as reader:
                journal = cls(path, descriptor, reader.timestamp)
                journal._end = len(first_entry(reader.timestamp))
                torn = journal._replay(reader, visit)
            if torn:
                journal._set_aside()
        except BaseException:
            os.close(descriptor)
            raise
        return journal

    def _replay(self, reader: Reader, visit: Callable[[Reader, Step], None]) -> bool:
        """Find the end of the last event; whether something unfinished follows it."""
        try:
            for step in replay(reader):
                errors = [entry.error for entry in (*step.data, step.entry) if entry.error is not None]
                errors += [*step.chain_errors, *step.data_errors]
                if errors:
                    raise errors[0]
                kind = step.event.kind
                if not may_follow(self._kind, kind) and not may_follow(self._kind, kind, shuffled=True):
                    raise out_of_order(step.event.kind, self._kind).at(step.where)
                self._end, self._last, self._kind = step.end, step.entry.digest, step.event.kind
                self._height = step.event.height + 1
                visit(reader, step)
        except (Cut, Unclaimed):
            return True
        except Malformed:
            if reader.is_empty_from(self._end):
                return True  # room that the file system had set aside for an append that never came
            raise
        return self._end != reader.length

    def _set_aside(self) -> None:
        """Move the bytes after the last event, which nobody was told about, into a file of their own."""
        number = 1
        while (beside := self.path.with_name(f"{self.path.name}.torn-{number}")).exists():
            number += 1
        with beside.open("xb") as copy:
            os.lseek(self._descriptor, self._end, os.SEEK_SET)
            while chunk := os.read(self._descriptor, 1 << 20):
                copy.write(chunk)
            copy.flush()
            os.fsync(copy.fileno())
        _sync_folder(self.path.parent)
        os.ftruncate(self._descriptor, self._end)
        os.fsync(self._descriptor)
        self.recovered = beside

    @property
    def kind(self) -> Kind | None:
        """The last event's kind; None in an empty archive."""
        return self._kind

    @property
    def height(self) -> int:
        """The height that the next event will have."""
        return self._height

    def append(self, kind: Kind, *data: bytes) -> Event:
        """Add one event and the records before it, the last of which is its payload; durable on return."""
        return self.append_many(kind, [data])[-1]

    def append_many(self, kind: Kind, batch: Sequence[Sequence[bytes]]) -> list[Event]:
        """Several events of one kind in one write."""
        out = bytearray()
        events: list[Event] = []
        last, height, previous = self._last, self._height, self._kind
        for data in batch:
            if not may_follow(previous, kind):
                raise out_of_order(kind, previous)
            if len(data) not in _RECORDS[kind]:
                raise ValueError(f"{kind} has {_RECORDS[kind]} records")
            for record in data:
                out += entry_bytes(data_name(record), record, self._timestamp)
            event = Event(last, height, kind, sha256_hex(data[-1]) if data else None)
            body = event.to_json()
            out += entry_bytes(event_name(body), body, self._timestamp)
            events.append(event)
            last, height, previous = sha256_hex(body), height + 1, kind
        if not self._whole:
            raise Rejected("an earlier write was interrupted; open the archive anew")
        self._whole = False  # until the state says again what the file says: Ctrl-C may come between any two lines
        self._write(bytes(out))
        self._last, self._height, self._kind = last, height, previous
        self._whole = True
        return events

    def _write(self, data: bytes) -> None:
        end = self._end
        try:
            os.lseek(self._descriptor, end, os.SEEK_SET)
            view = memoryview(data)
            while view:
                view = view[os.write(self._descriptor, view) :]
            os.fsync(self._descriptor)
            self._end = end + len(data)
        except BaseException:
            os.ftruncate(self._descriptor, end)
            os.fsync(self._descriptor)
            self._whole = self._end == end
            raise

    def close(self) -> None:
        """Give up the lock."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _lock(descriptor: int) -> None:
    for _try in range(_PATIENCE):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.025)
        else:
            return
    raise Busy("another program is writing to this archive; try again when it has finished")


def is_being_written(path: Path) -> bool:
    """Whether a `Journal` has the archive open at this moment."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _name(beside: Path, path: Path) -> None:
    """Give a finished file its name, unless there is one of that name."""
    try:
        path.hardlink_to(beside)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS):
            raise
        if path.exists():  # file systems of memory sticks have no links
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        beside.rename(path)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_whole(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Replace a file in one step: readers see the old content or the new one, never a part."""
    descriptor, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)
