"""The only thing that grows with an election: which credentials there are, which ballots, which are the last.

SQLite's private temporary database holds it: in memory while it is small, in an unnamed file when it is not, so that
ten million ballots fit into a bounded part of memory. Nothing of it outlives the program.
"""

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

_CACHE_KIB = 65536


class Located(NamedTuple):
    """A ballot and where its record lies; `weight` is None when a later ballot replaces it."""

    height: int
    offset: int
    size: int
    weight: int | None
    digest: bytes


class Scratch:
    """Credentials and ballots of one record."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(
            f"""
            PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -{_CACHE_KIB};
            CREATE TABLE credential (public TEXT PRIMARY KEY, weight INTEGER NOT NULL, last INTEGER) WITHOUT ROWID;
            CREATE TABLE ballot (height INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE,
                                 place INTEGER NOT NULL, size INTEGER NOT NULL, credential TEXT);
            """
        )
        self._db.execute("BEGIN")

    def add_credential(self, public: str, weight: int) -> bool:
        """Whether it was not there yet."""
        cursor = self._db.execute("INSERT OR IGNORE INTO credential VALUES (?, ?, NULL)", (public, weight))
        return cursor.rowcount == 1

    def add_ballot(self, height: int, digest: str, offset: int, size: int) -> bool:
        """Whether no ballot with this digest (or height) was there."""
        row = (height, bytes.fromhex(digest), offset, size)
        return self._db.execute("INSERT OR IGNORE INTO ballot VALUES (?, ?, ?, ?, NULL)", row).rowcount == 1

    def vote(self, height: int, public: str) -> bool:
        """Let the ballot at `height` be the last of its credential; whether there is such a credential."""
        if self._db.execute("UPDATE credential SET last = ? WHERE public = ?", (height, public)).rowcount != 1:
            return False
        self._db.execute("UPDATE ballot SET credential = ? WHERE height = ?", (public, height))
        return True

    def has_credential(self, public: str) -> bool:
        """Whether this credential is on the list."""
        return self._db.execute("SELECT 1 FROM credential WHERE public = ?", (public,)).fetchone() is not None

    def has_ballot(self, digest: str) -> bool:
        """Whether this very ballot is recorded."""
        return (
            self._db.execute("SELECT 1 FROM ballot WHERE digest = ?", (bytes.fromhex(digest),)).fetchone() is not None
        )

    def last(self, public: str) -> int | None:
        """Height of the last ballot of a credential."""
        row = self._db.execute("SELECT last FROM credential WHERE public = ?", (public,)).fetchone()
        return row[0] if row else None

    def ballots(self) -> Iterator[Located]:
        """All ballots by height."""
        query = """SELECT height, place, size, CASE WHEN last = height THEN weight END, digest
                   FROM ballot LEFT JOIN credential ON credential = public ORDER BY height"""
        for row in self._db.execute(query):
            yield Located(*row)

    def counted(self) -> tuple[int, int]:
        """How many credentials have a ballot, and their weight together."""
        number = weight = 0
        for (one,) in self._db.execute("SELECT weight FROM credential WHERE last IS NOT NULL"):
            number += 1
            weight += one
        return number, weight

    def close(self) -> None:
        """Forget everything."""
        self._db.close()
