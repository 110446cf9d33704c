"""Verification of a whole record: one walk over the chain, then ballots, tally, decryptions, result."""

import os
import re
from collections.abc import Callable
from pathlib import Path

from crypto import seals, tally
from crypto.archive import MAX_SMALL, Cut, Reader
from crypto.ballot import Envelope
from crypto.board import Kind, Step, Unclaimed, may_follow, out_of_order, replay
from crypto.election import Election
from crypto.encoding import hex_to_b64
from crypto.errors import Malformed, ProtocolError, Rejected, Unsupported
from crypto.journal import is_being_written
from crypto.scratch import Scratch
from crypto.tally import Ciphertexts, PartialDecryption
from crypto.trustees import MAX_TRUSTEES, Trustees
from crypto.verification import ballots, counting, setup
from crypto.verification.report import Evidence, Failure, Report, Verdict

Progress = Callable[[str, int, int], None]
"""Called with a stage (`reading` in bytes, `ballots`), how much is done, and of how much."""


def verify_record(
    path: Path, *, previous: Path | None = None, jobs: int | None = None, progress: Progress = lambda *_: None
) -> Report:
    """Verify the archive at `path`, with the decryption proofs and the list of audited seals beside it.

    `previous` is an older copy of the same archive, all of which must still be there. Raises only `OSError`, when a
    file cannot be opened; everything else is in the report.
    """
    report = Report()
    try:
        with Reader.open(path) as reader:
            _Verification(path, reader, report, progress).run(jobs)
            if previous is not None:
                previous_kept(report, previous, path)
    except Unsupported as error:
        report.unsupported = Failure.of(error)
    except Rejected as error:
        report["archive.entries"].count += 1
        report["archive.entries"].fail(error)
    except Malformed as error:
        report.unreadable = Failure.of(error)
    if report.verdict is not Verdict.VERIFIED:
        report.result = None  # a number that is not verified is no result
    return report


def previous_kept(report: Report, previous: Path, path: Path) -> None:
    """An archive only grows: the older copy must be the beginning of this one, to the byte."""
    outcome = report["previous.kept"]
    try:
        with Reader.open(previous) as older:
            boundary = older.length
    except ProtocolError as error:  # it says nothing against this record; but what was asked cannot be answered
        report.unsupported = Failure.of(error.at("previous"))
        return
    outcome.count += 1
    position, newer_length = 0, path.stat().st_size
    with previous.open("rb") as old, path.open("rb") as new:
        while chunk := old.read(1 << 20):
            other = new.read(len(chunk))
            if chunk != other:
                position += next((i for i, (a, b) in enumerate(zip(chunk, other, strict=False)) if a != b), len(other))
                if newer_length <= position < boundary:
                    message = "this record ends at byte %(position)s, the earlier one went on to byte %(end)s"
                    outcome.fail(Rejected(message, position=position, end=boundary).at("previous"))
                else:
                    outcome.fail(
                        Rejected("the records differ from byte %(position)s on", position=position).at("previous")
                    )
                return
            position += len(chunk)


class _Verification:
    """The state of one verification; `run` is its story."""

    def __init__(self, path: Path, reader: Reader, report: Report, progress: Progress) -> None:
        self.path = path
        self.reader = reader
        self.report = report
        self.progress = progress
        self.scratch = Scratch()
        self.election: Election | None = None
        self.trustees: Trustees | None = None
        self.last_kind: Kind | None = None
        self.tallies: list[tuple[tally.SizedTally | None, bytes]] = []
        self.decrypted: list[counting.Decrypted] = []
        self.results: list[bytes] = []

    def run(self, jobs: int | None) -> None:
        try:
            self._walk()
            if self.election is not None:
                total = self._ballots(self.election, jobs)
                valid: dict[int, PartialDecryption] = {}
                if total is not None and self.trustees is not None:
                    valid = self._count(self.election, self.trustees, total)
                self.report.evidence = Evidence(self.election, self.trustees, total, valid)
        finally:
            self.scratch.close()

    # The walk over the chain

    def _walk(self) -> None:
        entries = self.report["archive.entries"]
        try:
            for step in replay(self.reader):
                for entry in (*step.data, step.entry):
                    entries.count += 1
                    if entry.error is not None:
                        entries.fail(entry.error)
                self._link(step)
                self._read(step)
                self.progress("reading", step.end, self.reader.length)
        except Unsupported:
            raise
        except (Cut, Unclaimed) as error:
            entries.count += 1
            if self.last_kind in (None, Kind.RESULT) or not is_being_written(self.path):
                entries.fail(error)
            else:
                entries.warn(
                    Failure(error.where, "another program is writing to this archive; its last entry is not whole yet")
                )
        except (Malformed, Rejected) as error:
            entries.count += 1
            entries.fail(error)
        self.report.phase = str(self.last_kind) if self.last_kind is not None else None
        if self.last_kind is None:
            order = self.report["archive.order"]
            order.count += 1
            order.fail(Failure("", "the archive holds no election"))

    def _link(self, step: Step) -> None:
        chain, records, order = (self.report[f"archive.{name}"] for name in ("chain", "records", "order"))
        chain.count += 1
        for error in step.chain_errors:
            chain.fail(error)
        records.count += 1
        for error in step.data_errors:
            records.fail(error)
        shuffled = self.election is not None and self.election.shuffled
        with order.attempt(step.where):
            kind, before = step.event.kind, self.last_kind
            self.last_kind = kind
            if not may_follow(before, kind, shuffled=shuffled):
                raise out_of_order(kind, before)

    def _read(self, step: Step) -> None:
        """Take from a step what later checks need. What could not be claimed has failed already and is passed over."""
        kind = step.event.kind
        if kind is Kind.BALLOT:
            self._ballot(step)
        elif step.data_errors:
            return
        elif kind is Kind.SETUP:
            if self.election is None:
                self._setup(step)
        elif kind is Kind.ENCRYPTED_TALLY:
            if self.tallies:
                return  # a second one has failed archive.order
            encrypted, sized = step.data
            parsed = counting.parse_sized(self.report["tally.counts"], self.reader.read(sized))
            self.tallies.append((parsed, self.reader.read(encrypted)))
        elif kind is Kind.PARTIAL_DECRYPTION:
            decryption, owned = step.data
            try:
                owner, _ = tally.parse_owned(self.reader.read(owned))
                again = any(item.owner == owner for item in self.decrypted)  # only the first is kept and checked
                data = b"" if again else self.reader.read(decryption)
                if len(self.decrypted) <= MAX_TRUSTEES:
                    self.decrypted.append(counting.Decrypted(step.event.height, owner, data))
            except ProtocolError as error:
                self.report["decryptions.owners"].fail(error.at(step.where))
        elif kind is Kind.RESULT and not self.results:
            self.results.append(self.reader.read(step.data[0]))

    def _setup(self, step: Step) -> None:
        report, data = self.report, step.data
        election = setup.election_parameters(report["election.parameters"], self.reader.read(data[0]))
        if election is None:
            return
        self.election = election
        report.uuid, report.name, report.fingerprint = election.uuid, election.name, election.fingerprint
        report.questions = election.questions
        report.unsupported = setup.unsupported_questions(election)
        self.trustees = setup.trustees_proofs(report["trustees.proofs"], election, self.reader.read(data[1]))
        if self.trustees is not None:
            setup.trustees_distinct(report["trustees.distinct"], self.trustees)
            setup.election_key(report["election.key"], election, self.trustees)
            for warning in setup.threshold_warnings(self.trustees):
                report["trustees.proofs"].warn(warning)
        report.credentials_fingerprint = hex_to_b64(data[2].digest)
        file = self.reader.stream(data[2])
        setup.credentials_list(report["credentials.list"], report, self.scratch, election.group, file)

    def _ballot(self, step: Step) -> None:
        """Enter a ballot into the lists, without arithmetic."""
        if len(step.data) != 1 or step.data[0].digest != step.event.payload:
            return
        entry, height, report = step.data[0], step.event.height, self.report
        report.recorded += 1
        with report["ballots.unique"].attempt(step.where):
            if not self.scratch.add_ballot(height, entry.digest, entry.offset, entry.size):
                raise Rejected("this ballot stands in the record before")
        try:
            envelope = Envelope.parse(self.reader.read(entry))
        except ProtocolError:
            return  # `ballots.form` reads it again and says what is wrong
        with report["ballots.credentials"].attempt(step.where, "credential"):
            if not self.scratch.vote(height, envelope.credential):
                raise Rejected("the credential is not on the list")

    # The arithmetic

    def _ballots(self, election: Election, jobs: int | None) -> Ciphertexts | None:
        """Check every ballot; the sum of the last ones, when this version can add them."""
        report, recorded = self.report, self.report.recorded
        report.counted, report.weight = self.scratch.counted()
        total = tally.empty(election) if election.homomorphic else None
        if jobs is None:
            jobs = os.cpu_count() or 1 if recorded >= ballots.PARALLEL_FROM else 1
        audited = self._audited(election)
        done = 0
        for found in ballots.examine_all(self.path, self.reader, election, audited, self.scratch.ballots(), jobs):
            for check, count in found.looked_at.items():
                report[check].count += count
            for check, failure in found.failures:
                report[check].fail(failure)
            if total is not None and found.total is not None:
                total = tally.add(total, found.total)
            done += found.done
            self.progress("ballots", done, recorded)
        for check in ("ballots.form", *ballots.PER_BALLOT, "ballots.audits"):
            report[check].failures.sort(key=lambda failure: _height(failure.place))
        return total

    def _audited(self, election: Election) -> frozenset[str] | None:
        """The seals that were opened for an audit; None when there is no list of them that can be read."""
        outcome = self.report["ballots.audits"]
        try:
            data = _beside(seals.list_path(self.path, election.uuid))
            return None if data is None else seals.parse_list(data)
        except ProtocolError as error:
            outcome.count += 1
            outcome.fail(error.at("audited-seals"))
            return None

    def _count(self, election: Election, trustees: Trustees, total: Ciphertexts) -> dict[int, PartialDecryption]:
        """Everything after the close; the valid decryptions by owner."""
        report = self.report
        for sized, data in self.tallies:
            counting.tally_sums(report["tally.sums"], total, data)
            if sized is not None:
                counting.tally_counts(report["tally.counts"], sized, report.counted, report.weight)
        counting.decryptions_owners(report["decryptions.owners"], trustees, self.decrypted)
        valid = counting.decryptions_proofs(report["decryptions.proofs"], election, trustees, total, self.decrypted)
        try:
            proofs = read_proofs(self.path, election)
        except Malformed as error:
            report["decryptions.strong"].fail(error.at("decryption-proofs"))
            proofs = None
        digests = {item.owner: counting.digest(item.data) for item in reversed(self.decrypted)}
        counting.decryptions_strong(
            report["decryptions.strong"],
            report,
            election,
            trustees,
            total,
            {owner: (decryption, digests[owner]) for owner, decryption in valid.items()},
            proofs,
        )
        for data in self.results:
            report.result = counting.result_counts(
                report["result.counts"], election, trustees, total, valid, data, report.weight
            )
        return valid


def _height(place: str) -> int:
    """Of the ballot that a failure is about; -1 when it is about none."""
    found = re.match(r"event\[([0-9]+)\]", place)
    return int(found[1]) if found else -1


def read_proofs(path: Path, election: Election) -> bytes | None:
    """The decryption proofs beside the archive, in `UUID.record`; None when there are none."""
    return _beside(proofs_path(path, election.uuid))


def _beside(target: Path) -> bytes | None:
    """A file beside the archive; None when there is none."""
    try:
        if target.stat().st_size > MAX_SMALL:
            raise Malformed("the record is larger than %(most)s bytes", most=MAX_SMALL)
        return target.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def proofs_path(archive: Path, uuid: str) -> Path:
    """Where the decryption proofs of an archive lie."""
    return archive.parent / f"{uuid}.record" / "decryption-proofs.json"
