"""What the counts of a result mean: who is in front, shares of the valid votes, blanks. Pure.

A share is votes / valid votes, and valid is everything that was counted without the blank ballots. In a weighted
election every number is a weight. With several choices a voter stands behind several answers, so shares may add up to
more than 1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from ballots.rules import Question, Text


@dataclass(frozen=True, slots=True)
class Line:
    """An answer with its votes. `number` is its place on the ballot, from 1; `leads` when none has more."""

    number: int
    answer: Text
    votes: int
    share: float
    leads: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one question. `blank` is None where no blank ballot was offered."""

    question: Question
    lines: tuple[Line, ...]
    blank: int | None
    total: int

    @property
    def valid(self) -> int:
        """What was counted, without the blank ballots."""
        return self.total - (self.blank or 0)

    @property
    def ranked(self) -> list[Line]:
        """Most votes first; equal ones in the order of the ballot."""
        return sorted(self.lines, key=lambda line: (-line.votes, line.number))

    @property
    def leaders(self) -> list[Line]:
        """Who has the most votes; several when they have equally many, nobody when nobody has one."""
        return [line for line in self.lines if line.leads]

    @property
    def blank_share(self) -> float:
        """Blank ballots of everything that was counted."""
        return (self.blank or 0) / self.total if self.total else 0.0

    @property
    def axis(self) -> float:
        """Where the bars end: the next full tenth above the largest share, at least one tenth."""
        largest = max([self.blank_share, *(line.share for line in self.lines)])
        return min(1.0, max(1, ceil(largest * 10 - 1e-9)) / 10)


def outcomes(questions: Sequence[Mapping[str, Any]], result: Sequence[Sequence[int]], total: int) -> list[Outcome]:
    """The counts of the record, question by question. `total` is the weight of all ballots that were counted."""
    return [_outcome(Question.of(value), row, total) for value, row in zip(questions, result, strict=True)]


def _outcome(question: Question, counts: Sequence[int], total: int) -> Outcome:
    blank, votes = (counts[0], counts[1:]) if question.blank else (None, counts)  # the blank vote stands first
    valid, most = total - (blank or 0), max(votes, default=0)
    lines = tuple(
        Line(number, answer, count, count / valid if valid else 0.0, count == most > 0)
        for number, (answer, count) in enumerate(zip(question.answers, votes, strict=True), 1)
    )
    return Outcome(question, lines, blank, total)
