"""Telling people something, and letting them decide how."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from tortoise.transactions import in_transaction

from app import audit, jobs
from app.accounts.models import Person
from app.admin import choices
from app.audit import Actor
from app.forms import Invalid
from app.i18n import gettext as _
from app.notices import queries
from app.notices.forms import Choice
from app.notices.models import Mute, Notification, Telling
from app.notices.rules import SECURITY, Channel, Rhythm

TELL = "notices.tell"


async def notify(
    person: int,
    kind: str,
    *,
    title: Mapping[str, str],
    text: Mapping[str, str],
    url: str = "",
    thread: str = "",
    must_act: bool = False,
    urgent: bool = False,
    now: datetime,
) -> Notification:
    """Tell a person something, in the transaction of the change it tells of. `url` is a path of the portal.

    `title` and `text` come in both languages (`app.i18n.in_both`). `thread` groups what can be muted together, such as
    `agency:12`; `urgent` goes out at once whatever was chosen (security), the rest as the person wants to be told.
    What belongs to a muted thread stands in the portal as read, unless the person must act.
    """
    urgent = urgent or kind == SECURITY
    muted = not urgent and bool(thread) and await Mute.filter(person_id=person, thread=thread).exists()
    rhythm = (await queries.telling(person)).rhythm
    quiet = not urgent and (muted or rhythm == Rhythm.NONE)
    row = await Notification.create(
        person_id=person,
        kind=kind,
        thread=thread,
        title=dict(title),
        text=dict(text),
        url=url,
        must_act=must_act,
        created_at=now,
        read_at=now if muted and not must_act else None,
        told_at=now if quiet else None,
    )
    if urgent or (not quiet and rhythm == Rhythm.AT_ONCE):
        await jobs.enqueue(TELL, now=now, notification=row.id, urgent=urgent)
    return row


async def read(row: Notification, now: datetime) -> None:
    """The person has seen it."""
    await Notification.filter(id=row.id, read_at=None).update(read_at=now)


async def read_all(person: int, until: int, now: datetime) -> None:
    """The person has seen everything up to a number; what came since stays unread."""
    known = Notification.filter(person_id=person, read_at=None, id__lte=min(until, queries.LARGEST_ID))
    await known.update(read_at=now)


async def mute(person: int, thread: str, now: datetime) -> None:
    """No more of a thread."""
    async with in_transaction():
        _row, made = await Mute.get_or_create(person_id=person, thread=thread, defaults={"muted_at": now})
        if made:
            waiting = Notification.filter(person_id=person, thread=thread, told_at=None).exclude(kind=SECURITY)
            await waiting.update(told_at=now)
            await audit.record(Actor.person(person), "muted", f"thread:{thread}", now=now)


async def unmute(person: int, thread: str, now: datetime) -> None:
    """Tell of a thread again."""
    async with in_transaction():
        if await Mute.filter(person_id=person, thread=thread).delete():
            await audit.record(Actor.person(person), "unmuted", f"thread:{thread}", now=now)


async def choose(person: Person, choice: Choice, *, by_sms: bool, now: datetime) -> None:
    """How a person wants to be told. `by_sms` says whether the portal can send short messages at all."""
    if choice.channel == Channel.SMS and not (by_sms and person.phone):
        raise Invalid.because(choice.typed(), channel=_("Your account has no number for short messages yet."))
    if choice.channel == Channel.MAIL and not person.email:
        raise Invalid.because(choice.typed(), channel=_("Your account has no mail address yet."))
    values = {
        "channel": choice.channel,
        "rhythm": choice.rhythm,
        "digest_hour": choice.digest_hour,
        "quiet_from": choice.quiet_from,
        "quiet_until": choice.quiet_until,
        "stopped_at": None,
    }
    async with in_transaction():
        await Telling.update_or_create(defaults=values, person_id=person.id)
        if choice.rhythm == Rhythm.NONE:
            await Notification.filter(person_id=person.id, told_at=None).exclude(kind=SECURITY).update(told_at=now)
        chosen = {"channel": choice.channel, "rhythm": choice.rhythm}
        await audit.record(Actor.person(person.id), "chose_telling", f"person:{person.id}", now=now, details=chosen)


async def stop(person: int, thread: str, now: datetime) -> None:
    """Stop mails by the link in a mail: about a thread, or all but those about security. Once more does nothing."""
    if not await Person.filter(id=person, deleted_at=None).exists():
        return
    if thread:
        await mute(person, thread, now)
        return
    async with in_transaction():
        await Telling.get_or_create(person_id=person)
        if (
            await Telling.filter(person_id=person)
            .exclude(rhythm=Rhythm.NONE)
            .update(rhythm=Rhythm.NONE, stopped_at=now)
        ):
            await Notification.filter(person_id=person, told_at=None).exclude(kind=SECURITY).update(told_at=now)
            await audit.record(Actor.person(person), "stopped_mails", f"person:{person}", now=now)


async def forget(person: Person, _now: datetime) -> list[str]:
    """Remove what is kept of notifications about a person, in the caller's transaction."""
    for model in (Notification, Mute, Telling):
        await model.filter(person_id=person.id).delete()
    return []


async def forget_old(now: datetime) -> None:
    """Delete what was read long ago; unread ones stay twice as long."""
    days = timedelta(days=await choices.chosen("keep_notifications"))
    await Notification.filter(read_at__lt=now - days).delete()
    await Notification.filter(read_at=None, created_at__lt=now - 2 * days).delete()
