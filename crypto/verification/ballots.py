"""Checks of single ballots, and their sum; the part worth spreading over processes.

One function a check, each given a ballot and raising `ProtocolError`. `examine` runs them on a handful of ballots and
answers with what it found and the sum of those that count, so that only small things travel between processes.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from crypto import seals, tally
from crypto.archive import Reader
from crypto.ballot import Ballot
from crypto.election import Election
from crypto.encoding import hex_to_b64
from crypto.errors import ProtocolError, Rejected
from crypto.processes import spread
from crypto.scratch import Located
from crypto.tally import Ciphertexts
from crypto.verification.report import MAX_FAILURES, Failure

CHUNK = 50
"""Ballots handed to a process at once: a quarter of a second of work."""

PARALLEL_FROM = 200
"""Below this many ballots, starting processes costs more than it gains."""

PER_BALLOT: dict[str, Callable[[Election, Ballot], None]] = {
    "ballots.election": lambda election, ballot: ballot.verify_election(election),
    "ballots.signatures": lambda election, ballot: ballot.verify_signature(election),
    "ballots.proofs": lambda election, ballot: ballot.verify_answers(election),
}


@dataclass(slots=True)
class Examined:
    """What was found in some ballots: per check how many were looked at, failures, and the sum of those that count."""

    total: Ciphertexts | None
    looked_at: dict[str, int] = field(default_factory=dict)
    failures: list[tuple[str, Failure]] = field(default_factory=list)
    done: int = 0


def examine(reader: Reader, election: Election, audited: frozenset[str] | None, chunk: list[Located]) -> Examined:
    """Check the ballots of `chunk`; `audited` are the seals that were opened, None where nothing tells."""
    checks = PER_BALLOT
    if audited is not None and election.homomorphic:
        checks = PER_BALLOT | {"ballots.audits": lambda election, ballot: _never_opened(election, ballot, audited)}
    found = Examined(tally.empty(election) if election.homomorphic else None)
    for located in chunk:
        place = (f"event[{located.height}]",)
        found.done += 1
        found.looked_at["ballots.form"] = found.looked_at.get("ballots.form", 0) + 1
        try:
            data = reader.read_at(located.offset, located.size)
            if hashlib.sha256(data).digest() != located.digest:
                raise Rejected("the file was changed while it was being verified")
            ballot = Ballot.parse_recorded(election, data)
        except ProtocolError as error:
            found.failures.append(("ballots.form", _failure(error.at(*place), located)))
            continue
        for check, function in checks.items():
            found.looked_at[check] = found.looked_at.get(check, 0) + 1
            try:
                function(election, ballot)
            except ProtocolError as error:
                found.failures.append((check, _failure(error.at(*place), located)))
        if found.total is not None and located.weight is not None:
            answers = ballot.homomorphic()
            fits = [len(answer.choices) for answer in answers] == [len(row) for row in found.total]
            if fits:  # a ballot of another shape has failed ballots.proofs, and cannot be added
                found.total = tally.add(found.total, [answer.choices for answer in answers], located.weight)
    del found.failures[MAX_FAILURES:]
    return found


def _never_opened(election: Election, ballot: Ballot, audited: frozenset[str]) -> None:
    """Its seal is not among those that were opened: what such a ballot holds is known, and never to be counted."""
    if seals.seal_code(election, ballot) in audited:
        raise Rejected("this ballot was opened for an audit and can never be cast")


def _failure(error: ProtocolError, located: Located) -> Failure:
    failure = Failure.of(error)
    tracker = hex_to_b64(located.digest.hex())
    return Failure(f"{failure.place} #{tracker}", failure.message, failure.params)


def examine_all(
    path: Path,
    reader: Reader,
    election: Election,
    audited: frozenset[str] | None,
    ballots: Iterable[Located],
    jobs: int,
) -> Iterator[Examined]:
    """Check all ballots, in `jobs` processes when there is more than one; never more than a few chunks in flight."""
    chunks = _chunks(ballots)
    if jobs <= 1:
        for chunk in chunks:
            yield examine(reader, election, audited, chunk)
        return
    yield from spread(_examine, chunks, jobs, _start, (path, election.data, audited))


def _chunks(ballots: Iterable[Located]) -> Iterator[list[Located]]:
    iterator = iter(ballots)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


_state: tuple[Reader, Election, frozenset[str] | None] | None = None


def _start(path: Path, election: bytes, audited: frozenset[str] | None) -> None:
    """Once a process: open the archive."""
    global _state  # noqa: PLW0603 - the state of a worker process, set once by its initializer
    _state = (Reader.open(path), Election.parse(election), audited)


def _examine(chunk: list[Located]) -> Examined:
    assert _state is not None
    return examine(*_state, chunk)
