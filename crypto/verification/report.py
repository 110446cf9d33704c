"""What a verification found: one outcome a check, in a fixed order, and the verdict that follows from them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from crypto.election import Election
from crypto.errors import ProtocolError
from crypto.tally import Ciphertexts, PartialDecryption
from crypto.trustees import Trustees

MAX_FAILURES = 1000
"""Failures kept with their place, a check; beyond it they are only counted, so that memory stays bounded."""

CHECKS: dict[str, str] = {
    "archive.entries": "every record has the content that its name promises",
    "archive.chain": "every event names the one before it",
    "archive.records": "every event has exactly the records it names",
    "archive.order": "the events come in the order of an election",
    "election.parameters": "the election's questions and parameters are sound",
    "trustees.proofs": "every trustee has proven to know the key",
    "trustees.distinct": "no two keys of trustees are the same",
    "election.key": "the election's key is made of all trustees' keys",
    "credentials.list": "the list of voters' credentials is sound",
    "ballots.form": "every ballot can be read, every element lies in the group",
    "ballots.election": "every ballot belongs to this election",
    "ballots.credentials": "every ballot has a credential of the list",
    "ballots.unique": "no ballot stands twice",
    "ballots.signatures": "every ballot is signed by its credential",
    "ballots.proofs": "every ballot proves that it holds an allowed choice",
    "ballots.audits": "no ballot was opened for an audit",
    "tally.sums": "the encrypted tally is the sum of the last ballots",
    "tally.counts": "the number of ballots and their weight are right",
    "decryptions.owners": "every decryption belongs to one trustee, once",
    "decryptions.proofs": "every decryption is proven",
    "decryptions.strong": "every decryption is proven strongly",
    "result.counts": "the published result is what was decrypted",
    "previous.kept": "nothing recorded earlier has vanished",
}
"""Identifier -> what it says when it holds (an English template, translated where it is shown)."""


class Status(StrEnum):
    """Outcome of one check. `SKIPPED`: nothing to check yet, or what it needs could not be read."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


class Verdict(StrEnum):
    """Outcome of the whole."""

    VERIFIED = "verified"
    IN_PROGRESS = "in progress"
    REJECTED = "rejected"
    UNSUPPORTED = "unsupported"
    UNREADABLE = "unreadable"

    @property
    def exit_code(self) -> int:
        """0 verified or in progress, 1 rejected, 2 unreadable or unsupported."""
        return {"verified": 0, "in progress": 0, "rejected": 1}.get(self.value, 2)


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that is wrong, and where; `message` is a template for `params`."""

    place: str
    message: str
    params: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, error: ProtocolError) -> "Failure":
        """From a raised error."""
        return cls(error.where, error.message, dict(error.params))

    @property
    def reason(self) -> str:
        """In English."""
        return self.message % self.params if self.params else self.message

    def to_json(self) -> dict[str, str]:
        """For `--json`."""
        return {"place": self.place, "reason": self.reason}


@dataclass(slots=True)
class Outcome:
    """What one check found. `warnings` are facts that do not make it fail."""

    id: str
    count: int = 0
    failed: int = 0
    failures: list[Failure] = field(default_factory=list)
    warnings: list[Failure] = field(default_factory=list)

    @property
    def status(self) -> Status:
        """Failed if anything failed, passed if something was checked."""
        if self.failed:
            return Status.FAILED
        return Status.PASSED if self.count else Status.SKIPPED

    def fail(self, failure: ProtocolError | Failure) -> None:
        """Note one failure."""
        self.failed += 1
        if len(self.failures) < MAX_FAILURES:
            self.failures.append(failure if isinstance(failure, Failure) else Failure.of(failure))

    def warn(self, warning: ProtocolError | Failure) -> None:
        """Note something the reader should know."""
        if len(self.warnings) < MAX_FAILURES:
            self.warnings.append(warning if isinstance(warning, Failure) else Failure.of(warning))

    @contextmanager
    def attempt(self, *place: str | int) -> Iterator[None]:
        """Count the block as checked; a `ProtocolError` in it is a failure at `place`."""
        self.count += 1
        try:
            yield
        except ProtocolError as error:
            self.fail(error.at(*place))

    def to_json(self) -> dict[str, Any]:
        """For `--json`."""
        value: dict[str, Any] = {
            "id": self.id,
            "status": str(self.status),
            "count": self.count,
            "failures": [failure.to_json() for failure in self.failures],
        }
        if self.failed > len(self.failures):
            value["failures_not_listed"] = self.failed - len(self.failures)
        if self.warnings:
            value["warnings"] = [warning.to_json() for warning in self.warnings]
        return value


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was recomputed on the way, for whoever goes on from here: trustees decrypting, an administrator counting."""

    election: Election
    trustees: Trustees | None
    total: Ciphertexts | None
    decryptions: Mapping[int, PartialDecryption]


@dataclass(slots=True)
class Report:
    """The whole finding about one record."""

    outcomes: dict[str, Outcome] = field(default_factory=lambda: {name: Outcome(name) for name in CHECKS})
    unreadable: Failure | None = None
    unsupported: Failure | None = None
    uuid: str | None = None
    name: str | None = None
    fingerprint: str | None = None
    credentials_fingerprint: str | None = None
    phase: str | None = None
    questions: tuple[Any, ...] = ()
    voters: int = 0
    recorded: int = 0
    counted: int = 0
    weight: int = 0
    result: list[list[int]] | None = None
    decryption_proofs: str | None = None
    evidence: Evidence | None = None

    def __getitem__(self, check: str) -> Outcome:
        return self.outcomes[check]

    @property
    def verdict(self) -> Verdict:
        """A failed check rejects, whatever else could not be judged."""
        if self.unreadable:
            return Verdict.UNREADABLE
        if any(outcome.failed for outcome in self.outcomes.values()):
            return Verdict.REJECTED
        if self.unsupported:
            return Verdict.UNSUPPORTED
        return Verdict.VERIFIED if self.phase == "Result" else Verdict.IN_PROGRESS

    def require_strong(self) -> None:
        """Make missing strong proofs a failure; for elections that promise them, as all of ours do."""
        if self.decryption_proofs == "weak":
            self["decryptions.strong"].count += 1
            self["decryptions.strong"].fail(Failure("decryption-proofs", "the strong proofs are missing"))
            self.result = None

    def to_json(self) -> dict[str, Any]:
        """For `--json`; docs/record.md describes every key."""
        value: dict[str, Any] = {
            "verdict": str(self.verdict),
            "checks": [outcome.to_json() for outcome in self.outcomes.values()],
            "result": self.result,
            "ballots": {
                "recorded": self.recorded,
                "counted": self.counted,
                "replaced": self.recorded - self.counted,
                "weight": self.weight,
                "voters": self.voters,
            },
            "decryption_proofs": self.decryption_proofs,
            "uuid": self.uuid,
            "name": self.name,
            "phase": self.phase,
            "fingerprint": self.fingerprint,
            "credentials_fingerprint": self.credentials_fingerprint,
        }
        if failure := self.unreadable or self.unsupported:
            value["reason"] = failure.reason
        return value
