"""Reads of working calendars: which holds for an agency, whose it is, what will hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.accounts.calendars import DEFAULT, Inherited, Version, Window, WorkingCalendar, closes_at, next_opening
from app.accounts.models import Agency, Calendar
from app.accounts.queries.agencies import lineage


def version_of(row: Calendar) -> Version:
    """A stored row; one without hours means that the level above holds from then on."""
    calendar = WorkingCalendar.parse(row.zone, row.hours, row.days_off) if any(row.hours.values()) else None
    return Version(row.valid_from, calendar)


async def calendar_of(agency: int | None) -> Inherited:
    """The calendar of an agency through time: its own, else of those above it, else the portal's, else the default."""
    return (await _levels(agency))[1]


async def _levels(agency: int | None) -> tuple[list[int | None], Inherited]:
    owners: list[int | None] = [*(await lineage(agency) if agency is not None else ()), None]
    numbers = [owner for owner in owners if owner is not None]
    by_owner: dict[int | None, list[Version]] = {}
    of_agencies = await Calendar.filter(agency_id__in=numbers).order_by("id") if numbers else []
    for row in [*of_agencies, *await Calendar.filter(agency_id=None).order_by("id")]:
        by_owner.setdefault(row.agency_id, []).append(version_of(row))  # type: ignore[attr-defined]  # Tortoise adds it
    return owners, Inherited([by_owner.get(owner, []) for owner in owners], DEFAULT)


@dataclass(frozen=True, slots=True)
class Held:
    """The calendar that holds for an agency on a day. `owner` is None for the portal's or the default."""

    calendar: WorkingCalendar
    through_time: Inherited
    owner: Agency | None
    is_own: bool


async def in_force(agency: int | None, day: date) -> Held:
    """Which calendar holds for an agency (or for the portal) on a day, and whose it is."""
    owners, through_time = await _levels(agency)
    level, calendar = through_time.found(day)
    owner = owners[level] if level is not None else None
    row = await Agency.get(id=owner) if owner is not None else None
    return Held(calendar, through_time, row, level == 0)


async def latest(agency: int | None) -> Calendar | None:
    """The row that was made last, whether it has begun or not."""
    return await Calendar.filter(agency_id=agency).order_by("-id").first()


async def to_come(agency: int | None, day: date) -> list[Calendar]:
    """Calendars that have not begun on a day, the next first."""
    return await Calendar.filter(agency_id=agency, valid_from__gt=day).order_by("valid_from", "id")


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the preview."""

    date: date
    windows: Sequence[Window]
    off: dict[str, str] | None


def preview(calendar: Inherited | WorkingCalendar, first: date, days: int = 14) -> list[Day]:
    """The next days: when somebody works, and which days are off."""
    found = []
    for step in range(days):
        day = first + timedelta(days=step)
        of_day = calendar.on(day)
        off = of_day.days_off.get(day)
        found.append(Day(day, of_day.working_windows(day), dict(off) if off is not None else None))
    return found


@dataclass(frozen=True, slots=True)
class Today:
    """Whether somebody works now, until when, or from when."""

    windows: Sequence[Window]
    off: dict[str, str] | None
    closes: datetime | None
    opens: datetime | None


async def today(agency: int, now: datetime) -> Today:
    """What the page of an agency says about this day."""
    calendar = await calendar_of(agency)
    zone = calendar.on(now.date()).zone
    day = preview(calendar, now.astimezone(zone).date(), 1)[0]
    closes = closes_at(calendar, now)
    return Today(day.windows, day.off, closes, None if closes else next_opening(calendar, now))
