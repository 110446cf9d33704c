"""Working calendars: hours by weekday, days off, a zone, from a day on. Pure: no database, no clock, no request.

Hours are walls of the clock ("08:00" to "15:00", "24:00" for the end of the day) in an IANA zone. A calendar that never
opens is refused, because every deadline that counts on it would be for ever.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Protocol
from zoneinfo import ZoneInfo

WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
"""In the order of the week in Iraq; the keys of stored hours."""
END_OF_DAY = 24 * 60
FARTHEST = 400
"""Days that are looked through for the next opening: a whole year of holidays and a little more."""
MOST_DAYS_OFF = 1_000
_CLOCK = re.compile(r"(?:([01]?\d|2[0-3])[:.]([0-5]\d)|24[:.]00)\Z")


class Unusable(ValueError):
    """What was said is no calendar: `what` names the part (`hours`, `days_off`, `zone`), `why` the mistake."""

    def __init__(self, what: str, why: str, where: str = "") -> None:
        super().__init__(f"{what}: {why} {where}".strip())
        self.what, self.why, self.where = what, why, where


def minutes(text: str) -> int:
    """Minutes since midnight of "08:30"; "24:00" is the end of the day."""
    found = _CLOCK.match(text.strip())
    if found is None:
        raise Unusable("hours", "clock", text)
    return END_OF_DAY if found[1] is None else int(found[1]) * 60 + int(found[2])


def spoken(minute: int) -> str:
    """Back to "08:30"."""
    return f"{minute // 60:02}:{minute % 60:02}"


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A stretch of a day, in minutes since midnight of the wall clock."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= END_OF_DAY:
            raise Unusable("hours", "order", f"{spoken(self.start)}-{spoken(self.end)}")

    @property
    def opens(self) -> str:
        """The beginning, as "08:00"."""
        return spoken(self.start)

    @property
    def closes(self) -> str:
        """The end, as "15:00"."""
        return spoken(self.end)


class Days(Protocol):
    """Whatever knows which calendar holds on a day."""

    def on(self, day: date) -> "WorkingCalendar":
        """The calendar of a day."""


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Windows by weekday, days off by date with their names, and the zone in which both are meant."""

    zone: ZoneInfo
    hours: Mapping[str, tuple[Window, ...]]
    days_off: Mapping[date, Mapping[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not any(self.hours.values()):
            raise Unusable("hours", "empty")
        for day, windows in self.hours.items():
            if day not in WEEKDAYS:
                raise Unusable("hours", "weekday", day)
            for earlier, later in pairwise(windows):
                if later.start < earlier.end:
                    raise Unusable("hours", "overlap", day)
        if len(self.days_off) > MOST_DAYS_OFF:
            raise Unusable("days_off", "many")

    @classmethod
    def parse(
        cls,
        zone: str,
        hours: Mapping[str, Sequence[Sequence[str]]],
        days_off: Mapping[str, Mapping[str, str]] | None = None,
    ) -> "WorkingCalendar":
        """A calendar as it is stored, or `Unusable`."""
        windows = {
            day: tuple(sorted(Window(minutes(start), minutes(end)) for start, end in pairs))
            for day, pairs in hours.items()
        }
        return cls(zone_named(zone), windows, {as_date(day): dict(name) for day, name in (days_off or {}).items()})

    def stored(self) -> tuple[str, dict[str, list[list[str]]], dict[str, dict[str, str]]]:
        """Zone, hours and days off in the form that `parse` reads."""
        hours = {
            day: [[spoken(window.start), spoken(window.end)] for window in self.hours.get(day, ())] for day in WEEKDAYS
        }
        days_off = {day.isoformat(): dict(name) for day, name in sorted(self.days_off.items())}
        return self.zone.key, hours, days_off

    def on(self, _day: date) -> "WorkingCalendar":
        """Itself, on every day."""
        return self

    def working_windows(self, day: date) -> tuple[Window, ...]:
        """The windows of a day; none on a day off."""
        if day in self.days_off:
            return ()
        return tuple(self.hours.get(weekday(day), ()))


def weekday(day: date) -> str:
    """The key of a day's hours."""
    return WEEKDAYS[day.isoweekday() % 7]


def zone_named(name: str) -> ZoneInfo:
    """A zone of the IANA database."""
    try:
        zone = ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Unusable("zone", "unknown", name) from None
    if "/" not in name and name != "UTC":
        raise Unusable("zone", "unknown", name)  # abbreviations and files of the database that are no place
    return zone


def as_date(text: str) -> date:
    """A date as 2026-03-21."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Unusable("days_off", "date", text) from None


def working_windows(calendar: Days, day: date) -> tuple[Window, ...]:
    """The windows of a day under the calendar that holds on it."""
    return calendar.on(day).working_windows(day)


def stretches(calendar: Days, day: date) -> list[tuple[datetime, datetime]]:
    """The windows of a day as moments in UTC. One that a change of the clock swallows is left out."""
    of_day = calendar.on(day)
    found = []
    for window in of_day.working_windows(day):
        start, end = _moment(day, window.start, of_day.zone), _moment(day, window.end, of_day.zone)
        if start < end:
            found.append((start, end))
    return found


def stretches_from(calendar: Days, now: datetime, days: int = FARTHEST) -> Iterator[tuple[datetime, datetime]]:
    """Stretches of work that end after `now`, in order, those that touch joined."""
    first = now.astimezone(UTC).date() - timedelta(days=1)
    open_from: datetime | None = None
    open_until: datetime | None = None
    for step in range(days + 2):
        for start, end in stretches(calendar, first + timedelta(days=step)):
            if end <= now:
                continue
            if open_until is not None and start <= open_until:
                open_until = max(open_until, end)
                continue
            if open_from is not None and open_until is not None:
                yield open_from, open_until
            open_from, open_until = start, end
    if open_from is not None and open_until is not None:
        yield open_from, open_until


def is_open(calendar: Days, now: datetime) -> bool:
    """Whether somebody works at this moment. The last minute of a window is closed already."""
    return closes_at(calendar, now) is not None


def closes_at(calendar: Days, now: datetime) -> datetime | None:
    """When the present stretch of work ends; None when nobody works now."""
    start, end = next(stretches_from(calendar, now, 14), (None, None))
    return end if start is not None and start <= now else None


def next_opening(calendar: Days, now: datetime) -> datetime | None:
    """When work next begins, after `now`; None when it does not within `FARTHEST` days."""
    return next((start for start, _end in stretches_from(calendar, now) if start > now), None)


def _moment(day: date, minute: int, zone: ZoneInfo) -> datetime:
    midnight = datetime.combine(day, time(), zone)
    wall = midnight + timedelta(minutes=minute)  # arithmetic of the wall clock: "24:00" is the next midnight
    return wall.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Version:
    """A calendar from a day on; without one, that of the level above holds from then on."""

    valid_from: date
    calendar: WorkingCalendar | None


@dataclass(frozen=True, slots=True)
class Inherited:
    """The versions of an agency and of those above it, nearest first; where none has begun, the default."""

    levels: Sequence[Sequence[Version]]
    default: WorkingCalendar

    def on(self, day: date) -> WorkingCalendar:
        """The calendar of a day."""
        return self.found(day)[1]

    def found(self, day: date) -> tuple[int | None, WorkingCalendar]:
        """The level whose calendar holds on a day, and the calendar; no level for the default."""
        for number, versions in enumerate(self.levels):
            begun = [version for version in versions if version.valid_from <= day]
            # Of two that begin on one day the later one in the list was made later.
            newest = max(enumerate(begun), key=lambda item: (item[1].valid_from, item[0]), default=(0, None))[1]
            if newest is not None and newest.calendar is not None:
                return number, newest.calendar
        return None, self.default


DEFAULT = WorkingCalendar.parse(
    "Asia/Baghdad", {day: [["08:00", "15:00"]] for day in ("sun", "mon", "tue", "wed", "thu")}
)
"""What holds where nobody has said otherwise: Sunday to Thursday, eight to three, Baghdad."""


def read_days_off(text: str) -> dict[date, dict[str, str]]:
    """Days off, one a line: date, Arabic name, English name. Comma, Arabic comma, semicolon or tab between."""
    found: dict[date, dict[str, str]] = {}
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), start=1):
        parts = [part.strip().strip('"').strip() for part in re.split(r"[,،;\t]", line)]
        if not any(parts) or parts[0].casefold() in {"date", "التاريخ"}:
            continue
        try:
            day = date.fromisoformat(parts[0])
        except ValueError:
            raise Unusable("days_off", "date", str(number)) from None
        if day in found:
            raise Unusable("days_off", "twice", str(number))
        if len(parts) < 2 or not parts[1]:
            raise Unusable("days_off", "name", str(number))
        if len(parts) > 3:
            raise Unusable("days_off", "parts", str(number))
        if max(len(part) for part in parts) > 120:
            raise Unusable("days_off", "long", str(number))
        found[day] = {"ar": parts[1]} | ({"en": parts[2]} if len(parts) > 2 and parts[2] else {})
        if len(found) > MOST_DAYS_OFF:
            raise Unusable("days_off", "many")
    return found


def write_days_off(days: Mapping[date, Mapping[str, str]]) -> str:
    """The same, to be edited."""
    return "\n".join(
        ", ".join(part for part in (day.isoformat(), name.get("ar", ""), name.get("en", "")) if part)
        for day, name in sorted(days.items())
    )
