"""The bulletin board: a chain of events over the archive's records, and the order in which they may come.

Source: PROTOCOL.md section 7, and section 9 for what belenios-tool leaves unchecked: it has no state machine, we do.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from crypto.archive import Entry, Reader
from crypto.encoding import canonical, hex_digest, members, parse_json, sha256_hex, text, whole_number
from crypto.errors import Malformed, ProtocolError, Rejected, within

MAX_HEIGHT = 2**31
MAX_EVENT = 4096
"""Bytes of an event's JSON; a real one has fewer than 300."""


class Kind(StrEnum):
    """The events of an election, in their normal order."""

    SETUP = "Setup"
    BALLOT = "Ballot"
    END_BALLOTS = "EndBallots"
    ENCRYPTED_TALLY = "EncryptedTally"
    SHUFFLE = "Shuffle"
    END_SHUFFLES = "EndShuffles"
    PARTIAL_DECRYPTION = "PartialDecryption"
    RESULT = "Result"


_AFTER: dict[Kind | None, frozenset[Kind]] = {
    None: frozenset({Kind.SETUP}),
    Kind.SETUP: frozenset({Kind.BALLOT, Kind.END_BALLOTS}),
    Kind.BALLOT: frozenset({Kind.BALLOT, Kind.END_BALLOTS}),
    Kind.END_BALLOTS: frozenset({Kind.ENCRYPTED_TALLY}),
    Kind.ENCRYPTED_TALLY: frozenset({Kind.PARTIAL_DECRYPTION}),
    Kind.SHUFFLE: frozenset({Kind.SHUFFLE, Kind.END_SHUFFLES}),
    Kind.END_SHUFFLES: frozenset({Kind.PARTIAL_DECRYPTION}),
    Kind.PARTIAL_DECRYPTION: frozenset({Kind.PARTIAL_DECRYPTION, Kind.RESULT}),
    Kind.RESULT: frozenset(),
}
_AFTER_SHUFFLED = {**_AFTER, Kind.ENCRYPTED_TALLY: frozenset({Kind.SHUFFLE})}


def may_follow(previous: Kind | None, kind: Kind, *, shuffled: bool = False) -> bool:
    """Whether `kind` may come right after `previous`; `shuffled` for elections with ranked questions."""
    return kind in (_AFTER_SHUFFLED if shuffled else _AFTER)[previous]


def out_of_order(kind: Kind, previous: Kind | None) -> Rejected:
    """The error for an event that may not come where it stands."""
    if previous is None:
        return Rejected(
            "an archive begins with %(expected)s, not with %(kind)s", expected=str(Kind.SETUP), kind=str(kind)
        )
    return Rejected("%(kind)s cannot follow %(previous)s", kind=str(kind), previous=str(previous))


@dataclass(frozen=True, slots=True)
class Event:
    """One link of the chain."""

    parent: str | None
    height: int
    kind: Kind
    payload: str | None

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """From canonical bytes."""
        fields = members(parse_json(data), "height", "type")
        with within("height"):
            height = whole_number(fields["height"], 0, MAX_HEIGHT)
        kind = text(fields["type"])
        if kind not in list(Kind):
            raise Malformed("there is no event “%(kind)s”", kind=kind[:40])
        with within("parent"):
            parent = hex_digest(fields["parent"]) if "parent" in fields else None
        with within("payload"):
            payload = hex_digest(fields["payload"]) if "payload" in fields else None
        event = cls(parent, height, Kind(kind), payload)
        if event.to_json() != data:
            raise Malformed("the event is not in canonical form")
        if (payload is None) != (event.kind in (Kind.END_BALLOTS, Kind.END_SHUFFLES)):
            raise Malformed("an event of this type has another payload")
        return event

    def to_json(self) -> bytes:
        """Canonical bytes."""
        value: dict[str, Any] = {} if self.parent is None else {"parent": self.parent}
        value |= {"height": self.height, "type": str(self.kind)}
        if self.payload is not None:
            value["payload"] = self.payload
        return canonical(value)


@dataclass(frozen=True, slots=True)
class Setup:
    """What the Setup event points to: digests of the election's founding records, in their order in the archive."""

    election: str
    trustees: str
    credentials: str
    others: tuple[str, ...] = ()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """From the bytes of the record. Releases from 3.2 on may name further records, which are kept in order."""
        fields = members(parse_json(data), "election", "trustees", "credentials")
        others = [
            hex_digest(value) for key, value in fields.items() if key not in ("election", "trustees", "credentials")
        ]
        return cls(
            hex_digest(fields["election"]),
            hex_digest(fields["trustees"]),
            hex_digest(fields["credentials"]),
            tuple(others),
        )

    def to_json(self) -> bytes:
        """Canonical bytes of a set-up without further records."""
        return canonical({"election": self.election, "trustees": self.trustees, "credentials": self.credentials})


@dataclass(slots=True)
class Step:
    """One event with the records before it, and everything wrong with its place in the chain, by kind of fault."""

    entry: Entry
    event: Event
    data: tuple[Entry, ...]
    setup: Setup | None = None
    chain_errors: list[ProtocolError] = field(default_factory=list)
    data_errors: list[ProtocolError] = field(default_factory=list)

    @property
    def where(self) -> str:
        """Position for a person: the height, which counts from 0."""
        return f"event[{self.event.height}]"

    @property
    def end(self) -> int:
        """Byte offset after this event."""
        return self.entry.offset + 512 + self.entry.size + (-self.entry.size % 512)


def replay(reader: Reader) -> Iterator[Step]:
    """Walk the chain. Broken framing and unreadable events end it with `Malformed`; other faults come with the step.

    Records that no event has claimed at the end of the file raise `Rejected` (or `archive.Cut`) after the last step.
    """
    previous: str | None = None
    height = 0
    waiting: list[Entry] = []
    for entry in reader.entries():
        if not entry.is_event:
            waiting.append(entry)
            if len(waiting) > 16:
                raise Rejected("records pile up that no event names").at(entry.where)
            continue
        try:
            if entry.size > MAX_EVENT:
                raise Malformed("the record is larger than %(most)s bytes", most=MAX_EVENT)
            event = Event.parse(reader.read(entry))
        except ProtocolError as error:
            raise error.at(entry.where)  # noqa: B904 - the same error goes on with its place
        step = Step(entry, event, tuple(waiting))
        if event.height != height:
            step.chain_errors.append(
                Rejected("its height should be %(expected)s", expected=height).at(step.where, "height")
            )
        if event.parent != previous:
            step.chain_errors.append(Rejected("it does not name the event before it").at(step.where, "parent"))
        try:
            _claim(reader, step)
        except ProtocolError as error:
            step.data_errors.append(error.at(step.where))
        yield step
        previous, height, waiting = entry.digest, event.height + 1, []
    if waiting:
        raise Unclaimed("the last records belong to no event").at(waiting[0].where)


class Unclaimed(Rejected):
    """Records stand at the end of the file and their event does not follow."""


def _claim(reader: Reader, step: Step) -> None:
    """The records before an event must be exactly those that it names, in the order of the format."""
    event, data = step.event, step.data
    expected: list[str] = []
    if event.payload is not None:
        payload = next((entry for entry in data if entry.digest == event.payload), None)
        if payload is None:
            raise Rejected("the record that it names is missing")
        if payload.error is not None:
            raise payload.error
        if event.kind is Kind.SETUP:
            step.setup = setup = Setup.parse(reader.read(payload))
            expected = [setup.election, setup.trustees, setup.credentials, *setup.others]
        elif event.kind is Kind.ENCRYPTED_TALLY:
            fields = members(parse_json(reader.read(payload)), "encrypted_tally")
            expected = [hex_digest(fields["encrypted_tally"])]
        elif event.kind in (Kind.PARTIAL_DECRYPTION, Kind.SHUFFLE):
            fields = members(parse_json(reader.read(payload)), "payload")
            expected = [hex_digest(fields["payload"])]
        expected.append(event.payload)
    if [entry.digest for entry in data] != expected:
        raise Rejected("the records before it are not exactly those that it names, in order")


def event_name(data: bytes) -> str:
    """Name of the archive entry that holds an event."""
    return f"{sha256_hex(data)}.event.json"


def data_name(data: bytes) -> str:
    """Name of the archive entry that holds any other record."""
    return f"{sha256_hex(data)}.data.json"
