"""Elections to test with: `ballots.demo.everybody` with moments and people of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from app.settings import Settings
from ballots.actions import casting
from ballots.demo import everybody
from ballots.demo.everybody import Made, ballot_of, part_of

__all__ = ["Made", "ballot_of", "part_of"]

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
OPENS, CLOSES = NOW + timedelta(hours=1), NOW + timedelta(days=1)
DURING, AFTER = NOW + timedelta(hours=2), NOW + timedelta(days=1, minutes=1)
VOTERS = (("1", "زينب", "", 1), ("2", "Omar", "", 1), ("3", "نور", "", 1))
QUESTIONS: list[dict[str, Any]] = [
    {
        "question": {"ar": "أي مشروع أولًا؟", "en": "Which project first?"},
        "answers": [
            {"ar": "مكتبة", "en": "A library"},
            {"ar": "حديقة", "en": "A park"},
            {"ar": "إنارة", "en": "Lights"},
        ],
        "min": 1,
        "max": 1,
        "blank": True,
        "shuffle": False,
    }
]
USUAL: dict[str, Any] = {
    "title": {"ar": "أولويات الحي", "en": "Priorities of the quarter"},
    "description": {"ar": "تصويت أهل الحي.", "en": "The residents vote."},
    "contact": "vote@example.org",
    "voters": VOTERS,
    "questions": QUESTIONS,
    "opens": OPENS,
    "closes": CLOSES,
}


async def drafted(**chosen: Any) -> Made:
    """A draft with voters and trustees, before any key was made."""
    return await everybody.drafted(**{**USUAL, "created": NOW, **chosen})


async def with_keys(made: Made, *, now: datetime = NOW) -> None:
    """Let every trustee go through the whole ceremony, and prove the key."""
    await everybody.with_keys(made, now=now)


async def with_credentials(made: Made, *, now: datetime = NOW) -> None:
    """Let the credential authority hand in the public halves."""
    await everybody.with_credentials(made, now=now)


async def ready(*, now: datetime = NOW, **chosen: Any) -> Made:
    """Frozen, not open yet."""
    return await everybody.ready(now=now, **{**USUAL, **chosen})


async def vote(
    made: Made, number: str, marks: Sequence[Sequence[int]], *, now: datetime = DURING, person: Any = None
) -> casting.Accepted:
    """Seal and cast."""
    return await everybody.vote(made, number, marks, now=now, person=person, key=b"test")


async def closed(made: Made, settings: Settings, *, now: datetime = AFTER) -> None:
    """Closed, and the ballots added up."""
    await everybody.closed(made, settings, now=now)


async def decrypted(made: Made, *indexes: int, now: datetime = AFTER) -> None:
    """These trustees open their parts."""
    await everybody.decrypted(made, *indexes, now=now)


async def tallied(
    settings: Settings, votes: Sequence[Sequence[Sequence[int]]], *, now: datetime = NOW, **chosen: Any
) -> Made:
    """The whole way, one voter after another."""
    voters = [(str(n), f"Voter {n}", "", 1) for n in range(1, len(votes) + 1)]
    return await everybody.counted(settings, votes, now=now, **{**USUAL, "voters": voters, **chosen})
