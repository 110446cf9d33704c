"""When people are told. Pure: no database, no clock, no request.

Hours are those of the portal's zone, from 0 to 23.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Rhythm(StrEnum):
    """How often somebody wants to be told."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    NONE = "none"
    """Only in the portal."""


class Channel(StrEnum):
    """Where."""

    MAIL = "mail"
    SMS = "sms"


SECURITY = "security"
"""The kind that nobody can have stopped."""
DIGEST_HOUR = 8
MOST_IN_DIGEST = 30


def lies_in(hour: int | None, start: int | None, until: int | None) -> bool:
    """Whether an hour lies in quiet hours, which may go over midnight."""
    if hour is None or start is None or until is None or start == until:
        return False
    return start <= hour < until if start < until else hour >= start or hour < until


def is_quiet(now: datetime, start: int | None, until: int | None, zone: ZoneInfo) -> bool:
    """Whether somebody is not to be disturbed now."""
    return lies_in(now.astimezone(zone).hour, start, until)


def after_quiet(now: datetime, start: int | None, until: int | None, zone: ZoneInfo) -> datetime:
    """Now, or the moment at which the quiet hours end."""
    if until is None or not is_quiet(now, start, until, zone):
        return now
    here = now.astimezone(zone)
    end = here.replace(hour=until, minute=0, second=0, microsecond=0)
    if end <= here:
        end = (end + timedelta(days=1)).replace(hour=until)
    return end.astimezone(UTC)


def last_digest(now: datetime, hour: int, zone: ZoneInfo) -> datetime:
    """The last moment at which a daily mail was due."""
    here = now.astimezone(zone)
    due = here.replace(hour=hour, minute=0, second=0, microsecond=0)
    if due > here:
        due -= timedelta(days=1)
    return due.astimezone(UTC)
