"""What may happen to an election. Pure: no database, no clock, no request.

Source: shared/domain/voting.md, “Life of an election”. Opening and closing happen by time; everything that a voter
relies on is frozen when the election becomes ready.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from crypto.election import Homomorphic
from crypto.encoding import BASE58


class State(StrEnum):
    """Where an election is in its life."""

    DRAFT = "draft"
    """Everything can still be changed; trustees make their keys, the authority the credentials."""
    READY = "ready"
    """Frozen and published, not open yet."""
    OPEN = "open"
    CLOSED = "closed"
    """No ballot is accepted any more; the sealed ballots are being added up."""
    DECRYPTING = "decrypting"
    TALLIED = "tallied"
    ARCHIVED = "archived"
    CANCELLED = "cancelled"


class Pause(StrEnum):
    """What shows that the board may have lost its tail. It stays when the vote goes on: it says what is known."""

    RESTORED = "restored"
    """The portal was restored from a copy that may be older than the last ballots."""
    RECEIPT = "receipt"
    """Somebody holds a receipt of this portal for a ballot that is not there."""


MOVES: Mapping[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.READY, State.CANCELLED}),
    State.READY: frozenset({State.OPEN, State.CANCELLED}),
    State.OPEN: frozenset({State.CLOSED}),
    State.CLOSED: frozenset({State.DECRYPTING}),
    State.DECRYPTING: frozenset({State.TALLIED}),
    State.TALLIED: frozenset({State.ARCHIVED}),
    State.ARCHIVED: frozenset(),
    State.CANCELLED: frozenset(),
}

PUBLIC = frozenset(State) - {State.DRAFT}
"""States in which anybody may look; a cancelled election is shown only if it had been published before."""

RUNNING = frozenset({State.READY, State.OPEN})
"""States in which the vote can still change what is counted."""

ENDED = frozenset({State.TALLIED, State.ARCHIVED})

MOST_QUESTIONS = 50
MOST_ANSWERS = 100
LONGEST_TEXT = 500
LONGEST_TITLE = 300
MOST_TRUSTEES = 25
MOST_DOCUMENTS = 20
MOST_VOTERS = 1_000_000
GROUPS = ("Ed25519", "BELENIOS-2048", "RFC-3526-2048")
SHORTEST_VOTE = timedelta(minutes=5)
SMALL = 1000
"""In an election with fewer voters turnout is shown as a whole only: by the hour it could tell who voted."""


def may_move(current: State, target: State) -> bool:
    """Whether an election may go from one state to another."""
    return target in MOVES[current]


def new_uuid() -> str:
    """A fresh election identifier: 14 base58 characters."""
    return "".join(secrets.choice(BASE58) for _ in range(14))


def is_paused(state: State, paused_at: datetime | None) -> bool:
    """Whether the vote stands still: no ballot is taken, and time does not close it."""
    return paused_at is not None and state in RUNNING


def due(
    state: State,
    opens_at: datetime | None,
    closes_at: datetime | None,
    now: datetime,
    paused_at: datetime | None = None,
) -> State | None:
    """The state that time alone brings about, if any. A paused vote is not closed: a part of it must not be counted."""
    if state is State.READY and opens_at is not None and now >= opens_at:
        return State.OPEN
    if state is State.OPEN and closes_at is not None and now >= closes_at and paused_at is None:
        return State.CLOSED
    return None


def days_left(until: datetime | None, now: datetime) -> int:
    """Days until a moment, a begun one counted as whole; 0 when it is over."""
    return max(0, -((now - until) // timedelta(days=1))) if until is not None else 0


Text = Mapping[str, str]
"""A text by language, `ar` or `en` or both."""


BETWEEN = " / "
"""What stands between the two languages in the record. No question holds it: it could be split in two ways."""


def spoken(text: Text) -> str:
    """A text as it stands in the record, which knows one language only: Arabic, then English behind a slash."""
    return BETWEEN.join(dict.fromkeys(part for language in ("ar", "en") if (part := text.get(language, "").strip())))


def described(description: Text, documents: Iterable[tuple[Text, str]]) -> str:
    """The description as it stands in the record: the text, then each document by its title and its SHA-256 (hex).

    So the fingerprint of the election covers what voters were given to read: no other file can be put in its place.
    """
    listed = "\n".join(f"{spoken(title)} · SHA-256 {digest}" for title, digest in documents)
    return "\n\n".join(part for part in (spoken(description), listed) if part)


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a draft. With `shuffle` answers stand in another order for each voter; the record's order stays."""

    question: Text
    answers: tuple[Text, ...]
    min: int
    max: int
    blank: bool = False
    shuffle: bool = False

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> "Question":
        """From the draft's JSON."""
        return cls(
            value["question"],
            tuple(value["answers"]),
            int(value["min"]),
            int(value["max"]),
            bool(value.get("blank")),
            bool(value.get("shuffle")),
        )

    def to_json(self) -> dict[str, Any]:
        """What `of` reads."""
        return {
            "question": dict(self.question),
            "answers": [dict(answer) for answer in self.answers],
            "min": self.min,
            "max": self.max,
            "blank": self.blank,
            "shuffle": self.shuffle,
        }

    def in_record(self) -> Homomorphic:
        """The question as the protocol knows it."""
        return Homomorphic(
            spoken(self.question), tuple(spoken(answer) for answer in self.answers), self.min, self.max, self.blank
        )

    def faults(self) -> list[str]:
        """Codes of what is wrong: `question`, `answers`, `answer`, `twice`, `limits`."""
        found = []
        if not spoken(self.question):
            found.append("question")
        if not 1 <= len(self.answers) <= MOST_ANSWERS:
            found.append("answers")
        texts = [spoken(answer) for answer in self.answers]
        if not all(texts):
            found.append("answer")
        if len(set(texts)) != len(texts):
            found.append("twice")
        if not 0 <= self.min <= self.max <= len(self.answers) or self.max == 0:
            found.append("limits")
        return found


def needed(size: int) -> int:
    """The threshold that is suggested: more than half, and one trustee may always be lost."""
    return size if size < 3 else size // 2 + 1


def holds(threshold: int, size: int, lost: int) -> bool:
    """Whether a result is still possible when so many trustees have lost their keys."""
    return size - lost >= threshold


NOT_INVITED = "-"
"""Begins what stands in place of a token's hash until a trustee has been invited; no hash begins so."""


def is_invited(token_hash: str) -> bool:
    """Whether a trustee has been sent a link."""
    return not token_hash.startswith(NOT_INVITED)


def sound_threshold(threshold: int, size: int) -> bool:
    """Whether so many of so many trustees can hold a key: all of them, or two and more."""
    return threshold == size or 2 <= threshold < size


_DIGITS = {"Ed25519": (64, 77), "BELENIOS-2048": (617, 78), "RFC-3526-2048": (617, 617)}
"""Digits of an element and of a scalar, at the most."""

LARGEST_BALLOT = 4 << 20
"""Bytes. Larger ones take minutes to seal on a telephone and to verify, and hours to download for everybody."""


def largest_ballot(group: str, questions: Sequence["Question"]) -> int:
    """How many bytes a ballot of this election has at the most, sent as JSON within JSON."""
    element, scalar = _DIGITS[group]
    proof = 2 * scalar + 50
    total = 2 * element + 2 * proof + 600
    for question in questions:
        ciphertexts = len(question.answers) + question.blank
        proofs = 2 * ciphertexts + question.max - question.min + 2 + 2 * question.blank
        total += ciphertexts * (2 * element + 60) + proofs * proof + 200
    return total


class Missing(StrEnum):
    """What an election lacks before it can be frozen, in the order in which it is seen to."""

    TITLE = "title"
    QUESTIONS = "questions"
    SIZE = "size"
    TIMES = "times"
    PAST = "past"
    VOTERS = "voters"
    TRUSTEES = "trustees"
    THRESHOLD = "threshold"
    KEYS = "keys"
    TESTS = "tests"
    AUTHORITY = "authority"
    CREDENTIALS = "credentials"


@dataclass(frozen=True, slots=True)
class Preparation:
    """Everything that decides whether an election can be frozen."""

    title: Text
    group: str
    questions: Sequence[Question]
    opens_at: datetime | None
    closes_at: datetime | None
    voters: int
    trustees: int
    threshold: int
    keys: int
    tests: int
    authority: bool
    credentials: int | None

    def missing(self, now: datetime) -> list[Missing]:
        """What is still to be done."""
        found: list[Missing] = []

        def unless(fine: object, what: Missing) -> None:
            if not fine:
                found.append(what)

        unless(spoken(self.title), Missing.TITLE)
        unless(self.questions and not any(question.faults() for question in self.questions), Missing.QUESTIONS)
        unless(largest_ballot(self.group, self.questions) <= LARGEST_BALLOT, Missing.SIZE)
        timed = self.opens_at and self.closes_at and self.closes_at - self.opens_at >= SHORTEST_VOTE
        unless(timed, Missing.TIMES)
        if self.closes_at and timed:
            unless(self.closes_at > now, Missing.PAST)
        unless(self.voters, Missing.VOTERS)
        unless(self.trustees, Missing.TRUSTEES)
        if self.trustees:
            unless(sound_threshold(self.threshold, self.trustees), Missing.THRESHOLD)
            unless(self.keys == self.trustees, Missing.KEYS)
            unless(self.tests == self.trustees, Missing.TESTS)
        unless(self.authority, Missing.AUTHORITY)
        unless(self.credentials is not None and self.credentials == self.voters, Missing.CREDENTIALS)
        return found


PARTS = ("certificates", "commitments", "shares", "keys")
"""What trustees publish one after another; when every one is needed only `commitments` and `keys`."""


def parts(size: int, threshold: int) -> tuple[str, ...]:
    """The steps of this key ceremony."""
    return ("commitments", "keys") if threshold == size else PARTS


def may_publish(kind: str, size: int, threshold: int, published: Mapping[str, Iterable[int]]) -> bool:
    """Whether it is time for a part: every trustee must have published the one before it."""
    steps = parts(size, threshold)
    if kind not in steps:
        return False
    before = steps[: steps.index(kind)]
    return all(len(set(published.get(step, ()))) == size for step in before)
