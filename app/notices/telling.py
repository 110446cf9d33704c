"""What the worker does with what people are to be told: at once, or once a day. Safe with several workers."""

from datetime import datetime
from zoneinfo import ZoneInfo

from tortoise.expressions import Q
from tortoise.functions import Min
from tortoise.transactions import in_transaction

from app import jobs, mail
from app.accounts.models import Person
from app.notices import letters, queries
from app.notices.actions import TELL
from app.notices.models import Notification, Telling
from app.notices.rules import SECURITY, Channel, Rhythm, after_quiet, is_quiet, last_digest
from app.settings import Settings

DIGEST = "notices.digest"
_BATCH = 500
_MOST_ROWS = 1_000


async def tell(number: int, *, urgent: bool, settings: Settings, now: datetime) -> None:
    """Tell of one thing, once; the person may have read it, muted it or wanted quiet since it was written."""
    async with in_transaction():
        row = await Notification.filter(id=number, told_at=None).select_related("person").first()
        if row is None:
            return
        person, telling = row.person, await queries.telling(row.person.id)
        if not urgent:
            if telling.rhythm == Rhythm.DAILY:
                return  # chosen since: the daily mail has it
            later = after_quiet(now, telling.quiet_from, telling.quiet_until, ZoneInfo(settings.time_zone))
            if later > now:
                await jobs.enqueue(TELL, now=now, run_at=later, notification=number, urgent=False)
                return
        if not await Notification.filter(id=number, told_at=None).update(told_at=now):
            return  # another worker was faster
        if urgent or (row.read_at is None and telling.rhythm != Rhythm.NONE):
            await _post(person, telling, letters.of_one(row, person, settings, stoppable=not urgent), settings, now)


async def plan_digests(settings: Settings, now: datetime) -> None:
    """Ask for the daily mail of everybody whose hour has come."""
    zone, after = ZoneInfo(settings.time_zone), 0
    while True:
        waiting = (
            await Notification.filter(told_at=None, person_id__gt=after)
            .annotate(first=Min("created_at"))
            .group_by("person_id")
            .order_by("person_id")
            .limit(_BATCH)
            .values("person_id", "first")
        )
        if not waiting:
            return
        after = waiting[-1]["person_id"]
        people = [row["person_id"] for row in waiting]
        # The keys are loaded as they stand in the table: a relation would cost a query a person.
        chosen = {row.pk: row for row in await Telling.filter(person_id__in=people)}
        for row in waiting:
            telling = chosen.get(row["person_id"]) or Telling(person_id=row["person_id"])
            due = last_digest(now, telling.digest_hour, zone)
            waits = _moment(row["first"]) <= due and (telling.last_digest_at is None or telling.last_digest_at < due)
            if waits and not is_quiet(now, telling.quiet_from, telling.quiet_until, zone):
                unique = f"digest:{row['person_id']}:{now:%Y%m%d%H}"
                await jobs.enqueue(DIGEST, now=now, unique=unique, person=row["person_id"])


async def send_digest(number: int, *, settings: Settings, now: datetime) -> None:
    """The daily mail of one person: everything untold in one, and none when there is nothing."""
    zone = ZoneInfo(settings.time_zone)
    person = await Person.get_or_none(id=number)
    if person is None:
        return
    telling, _made = await Telling.get_or_create(person_id=number)
    due = last_digest(now, telling.digest_hour, zone)
    if is_quiet(now, telling.quiet_from, telling.quiet_until, zone):
        return
    async with in_transaction():
        # Only one worker gets through here, and the others wait until it is done.
        gate = Telling.filter(Q(last_digest_at=None) | Q(last_digest_at__lt=due), person_id=number)
        if not await gate.update(last_digest_at=now):
            return
        untold = Notification.filter(person_id=number, told_at=None).select_for_update()
        rows = await untold.order_by("id").limit(_MOST_ROWS)
        await Notification.filter(id__in=[row.id for row in rows], told_at=None).update(told_at=now)
        muted = await queries.muted(number)
        fresh = [
            row
            for row in rows
            if row.kind == SECURITY or (row.read_at is None and not (row.thread and row.thread in muted))
        ]
        if fresh and (telling.rhythm != Rhythm.NONE or any(row.kind == SECURITY for row in fresh)):
            await _post(person, telling, letters.of_many(fresh, person, settings), settings, now)


async def _post(person: Person, telling: Telling, letter: letters.Letter, settings: Settings, now: datetime) -> None:
    if person.confirmed_at is None or person.deleted_at is not None:
        return
    by_sms = person.phone and settings.sends_short_messages
    if by_sms and (telling.channel == Channel.SMS or not person.email):
        assert person.phone is not None
        await mail.post(person.phone, "", letter.short, language=person.language, now=now, kind="sms")
    elif person.email:
        await mail.post(
            person.email,
            letter.subject,
            letter.body,
            language=person.language,
            now=now,
            unsubscribe=letter.unsubscribe,
        )


def _moment(value: datetime | str) -> datetime:
    """SQLite gives the least of several moments as text."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value
