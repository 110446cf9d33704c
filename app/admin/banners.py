"""Announcements in force, looked up for every page and therefore remembered for a few seconds."""

from datetime import datetime, timedelta

from app.admin import queries
from app.admin.models import Announcement

REMEMBERED = timedelta(seconds=5)


class Banners:
    """What stands on every page at this moment."""

    def __init__(self) -> None:
        self._rows: list[Announcement] = []
        self._read_at: datetime | None = None

    async def current(self, now: datetime) -> list[Announcement]:
        """The announcements in force; one that is over is gone at once, a new one comes within `REMEMBERED`."""
        if self._read_at is None or not timedelta() <= now - self._read_at < REMEMBERED:
            self._rows, self._read_at = await queries.announcements(now), now
        return [row for row in self._rows if row.ends_at > now]

    def forget(self) -> None:
        """Look anew at the next page, after a change made by this process."""
        self._read_at = None
