"""Lists of published elections: for everybody, and for the home page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ballots.actions import running
from ballots.models import Election
from ballots.rules import State

PER_PAGE = 20
SOON = timedelta(days=14)
MOST_ON_HOME = 5

OPEN, COMING, ENDED = "open", "coming", "ended"
GROUPS: Mapping[str, tuple[State, ...]] = {
    OPEN: (State.OPEN,),
    COMING: (State.READY,),
    ENDED: (State.CLOSED, State.DECRYPTING, State.TALLIED, State.ARCHIVED, State.CANCELLED),
}
"""How the list is divided, in the order in which it is read."""
_ORDER = {OPEN: ("closes_at", "id"), COMING: ("opens_at", "id"), ENDED: ("-closes_at", "-id")}


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of the list, its rows by group, and how many there are in each group."""

    rows: Mapping[str, Sequence[Election]]
    counts: Mapping[str, int]
    group: str
    page: int

    @property
    def total(self) -> int:
        """How many fit."""
        return self.counts[self.group] if self.group else sum(self.counts.values())

    @property
    def pages(self) -> int:
        """Number of the last page."""
        return max(1, -(-self.total // PER_PAGE))


async def listed(group: str, page: int, now: datetime) -> Listed:
    """Published elections: what is open first, what closes next on top; then what comes, then what has ended."""
    await running.turn_all(now)
    shown = Election.filter(frozen_at__isnull=False, is_test=False)
    counts = {name: await shown.filter(state__in=states).count() for name, states in GROUPS.items()}
    chosen = group if group in GROUPS else ""
    total = counts[chosen] if chosen else sum(counts.values())
    number = min(max(1, page), max(1, -(-total // PER_PAGE)))
    skip, room, rows = (number - 1) * PER_PAGE, PER_PAGE, {}
    for name in (chosen,) if chosen else GROUPS:
        if skip < counts[name] and room:
            query = shown.filter(state__in=GROUPS[name]).select_related("agency").order_by(*_ORDER[name])
            rows[name] = await query.offset(skip).limit(room)
            room -= len(rows[name])
        skip = max(0, skip - counts[name])
    return Listed(rows, counts, chosen, number)


async def closing_soon(now: datetime) -> tuple[int, list[Election]]:
    """How many votes are open, and those that close in the coming days."""
    await running.turn_all(now)
    running_now = Election.filter(frozen_at__isnull=False, is_test=False, state=State.OPEN)
    rows = (
        running_now.filter(closes_at__lte=now + SOON, paused_at=None)
        .select_related("agency")
        .order_by("closes_at", "id")
    )
    return await running_now.count(), await rows.limit(MOST_ON_HOME)
