"""A frozen election as the protocol knows it, read once a process."""

from functools import lru_cache

from ballots.models import Election as Row
from crypto.election import Election
from crypto.transcripts import VERSION_1
from crypto.trustees import Trustees


@lru_cache(maxsize=64)
def _election(record: str) -> Election:
    return Election.parse(record.encode())


@lru_cache(maxsize=16)
def _trustees(record: str, data: str) -> Trustees:
    return Trustees.parse(VERSION_1, _election(record).group, data.encode())


def election_of(row: Row) -> Election:
    """The parsed record of an election that was frozen."""
    return _election(row.record)


def trustees_of(row: Row) -> Trustees:
    """The parsed trustees of an election that was frozen."""
    return _trustees(row.record, row.trustees_record)
