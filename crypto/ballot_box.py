"""A ballot box that is open: which ballots may go in, and what is said to whoever brings one.

It stands on `Journal`, so that what it has accepted is on the disk. Counting is not its business: it starts from a
verification of the whole record (`crypto.verification`), never from what a box remembers.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from crypto import audits
from crypto.archive import Reader
from crypto.ballot import Ballot, Envelope
from crypto.board import Kind, Setup, Step
from crypto.credentials import PublicCredential, list_json, parse_public_list
from crypto.election import Election
from crypto.encoding import parse_json, sha256_hex
from crypto.errors import Malformed, Rejected, Unsupported
from crypto.journal import Journal
from crypto.scratch import Scratch
from crypto.tally import MAX_TOTAL_WEIGHT
from crypto.trustees import Trustees, check_alone
from crypto.verification.report import Report
from crypto.verification.setup import credentials_list


def foundation(
    election: bytes, trustees: bytes, credentials: list[PublicCredential]
) -> tuple[Election, tuple[bytes, bytes, bytes, bytes]]:
    """The election and the records of its Setup event, after every check that a verifier will make of them."""
    parsed = Election.parse(election)
    if parsed.homomorphic is None:
        raise Unsupported("this election has ranked questions, on which this version cannot vote yet")
    keys = Trustees.parse(parsed.version, parsed.group, trustees)
    errors = check_alone(keys)
    if errors:
        raise errors[0].at("trustees")
    keys.verify_distinct()
    if keys.combined_key() != parsed.public_key:
        raise Rejected("the election's key is not the product of the trustees' keys")
    public = list_json(credentials)
    if not parse_public_list(parsed.group, parse_json(public)):
        raise Rejected("the list is empty: nobody can vote")
    total = sum(credential.weight for credential in credentials)
    if total > MAX_TOTAL_WEIGHT:
        raise Unsupported(
            "the weights add up to %(total)s; results are searched for up to %(most)s",
            total=total,
            most=MAX_TOTAL_WEIGHT,
        )
    setup = Setup(sha256_hex(election), sha256_hex(trustees), sha256_hex(public)).to_json()
    return parsed, (election, trustees, public, setup)


def found(
    path: Path, timestamp: int, election: bytes, trustees: bytes, credentials: list[PublicCredential]
) -> Election:
    """Begin the record of an election at `path`.

    `timestamp` is in seconds since 1970; `FileExistsError` when there is a file already.
    """
    parsed, records = foundation(election, trustees, credentials)
    Journal.create(path, timestamp, records).close()
    return parsed


@dataclass(frozen=True, slots=True)
class Cast:
    """What a voter is told about an accepted ballot. `height` is its position on the board, from 0."""

    tracker: str
    height: int
    replaces: int | None


class BallotBox:
    """An archive that takes ballots, locked against other writers until `release`."""

    def __init__(self) -> None:
        self._scratch = Scratch()
        self._election: Election | None = None
        self._journal: Journal | None = None

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the record at `path`; it must be sound so far."""
        box = cls()
        try:
            box._journal = Journal.open(path, box._visit)
            if box._election is None:
                raise Malformed("the archive holds no election")
        except BaseException:
            box.release()
            raise
        return box

    def _visit(self, reader: Reader, step: Step) -> None:
        if step.event.kind is Kind.SETUP:
            self._election = Election.parse(reader.read(step.data[0]))
            report = Report()
            file = reader.stream(step.data[2])
            outcome = report["credentials.list"]
            credentials_list(outcome, report, self._scratch, self._election.group, file)
            if outcome.failures:
                failure = outcome.failures[0]
                raise Rejected(failure.message, **failure.params).at(failure.place)
        elif step.event.kind is Kind.BALLOT:
            entry = step.data[0]
            envelope = Envelope.parse(reader.read(entry))
            if not (
                self._scratch.add_ballot(step.event.height, entry.digest, entry.offset, entry.size)
                and self._scratch.vote(step.event.height, envelope.credential)
            ):
                raise Rejected("the record holds a ballot that should not be there").at(step.where)

    @property
    def election(self) -> Election:
        """The election whose ballots these are."""
        if self._election is None:
            raise Malformed("the archive holds no election")
        return self._election

    @property
    def journal(self) -> Journal:
        """The archive underneath."""
        if self._journal is None:
            raise Malformed("the archive holds no election")
        return self._journal

    @property
    def is_open(self) -> bool:
        """Whether ballots are still accepted."""
        return self.journal.kind in (Kind.SETUP, Kind.BALLOT)

    def cast(self, data: bytes) -> Cast:
        """Put a ballot in, after all checks; durable on return. `Malformed` or `Rejected` says why not."""
        if not self.is_open:
            raise Rejected("the vote is closed: no ballot is accepted any more")
        ballot = Ballot.parse(self.election, data)
        public = str(ballot.credential)
        if not self._scratch.has_credential(public):
            raise Rejected("this voter's code is not on the list of this election")
        if self._scratch.has_ballot(ballot.digest):
            raise Rejected("this very ballot is in the box already")
        if ballot.digest in audits.spoiled(self.journal.path, self.election.uuid):
            raise Rejected("this ballot was opened for an audit and can never be cast")
        ballot.verify(self.election)
        replaces = self._scratch.last(public)
        event = self.journal.append(Kind.BALLOT, data)
        self._scratch.add_ballot(event.height, ballot.digest, 0, len(data))
        self._scratch.vote(event.height, public)
        return Cast(ballot.tracker, event.height, replaces)

    def spoil(self, ballot: Ballot) -> None:
        """Keep a sealed ballot out for good, before it is opened for an audit.

        A ballot that is in the box cannot be opened: that would prove to anybody how its voter voted.
        """
        if self._scratch.has_ballot(ballot.digest):
            raise Rejected("this very ballot is in the box already")
        audits.spoil(self.journal.path, self.election.uuid, ballot.digest)

    def close(self) -> None:
        """End the vote, for good."""
        if not self.is_open:
            raise Rejected("the vote is closed already")
        self.journal.append(Kind.END_BALLOTS)

    def release(self) -> None:
        """Let others write."""
        if self._journal is not None:
            self._journal.close()
        self._scratch.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
