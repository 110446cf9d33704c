"""Every read of notifications: always of one person."""

from dataclasses import dataclass
from datetime import datetime

from app.features import Held
from app.i18n import gettext as _
from app.notices.links import LONGEST_THREAD
from app.notices.models import Mute, Notification, Telling

PER_PAGE = 25
MOST_COUNTED = 100
LARGEST_ID = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of notifications: unread ones first, then the read, the newest first in each."""

    rows: list[Notification]
    page: int
    last: int
    unread: int
    newest: int
    """The number of the newest one: what comes later is not marked as read together with these."""


async def unread(person: int) -> int:
    """How many are unread, as far as it is worth counting."""
    return len(await Notification.filter(person_id=person, read_at=None).limit(MOST_COUNTED).values_list("id"))


async def page(person: int, wanted: int) -> Listed:
    """One page of everything that somebody was told."""
    new, old = (
        Notification.filter(person_id=person, read_at=None),
        Notification.filter(person_id=person, read_at__not_isnull=True),
    )
    fresh, total = await new.count(), await Notification.filter(person_id=person).count()
    last = max(1, -(-total // PER_PAGE))
    number = min(max(1, wanted), last)
    offset = (number - 1) * PER_PAGE
    rows = await new.order_by("-id").offset(offset).limit(PER_PAGE) if offset < fresh else []
    if len(rows) < PER_PAGE:
        rows += await old.order_by("-id").offset(max(0, offset - fresh)).limit(PER_PAGE - len(rows))
    newest = await Notification.filter(person_id=person).order_by("-id").first()
    return Listed(rows, number, last, fresh, newest.id if newest else 0)


async def latest(person: int, most: int) -> list[Notification]:
    """The newest ones."""
    return await Notification.filter(person_id=person).order_by("-id").limit(most)


async def to_act(person: int, most: int) -> list[Notification]:
    """Those that wait for the person."""
    return await Notification.filter(person_id=person, read_at=None, must_act=True).order_by("-id").limit(most)


async def find(person: int, number: int) -> Notification | None:
    """One of somebody's own."""
    if number > LARGEST_ID:
        return None
    return await Notification.get_or_none(id=number, person_id=person)


async def muted(person: int) -> set[str]:
    """The threads of which somebody does not want to hear."""
    return {mute.thread for mute in await Mute.filter(person_id=person)}


async def muted_threads(person: int) -> list[tuple[Mute, Notification | None]]:
    """Muted threads, each with the last that was told of it, by which one knows it again."""
    return [
        (mute, await Notification.filter(person_id=person, thread=mute.thread).order_by("-id").first())
        for mute in await Mute.filter(person_id=person).order_by("-muted_at").limit(PER_PAGE * 4)
    ]


async def has_thread(person: int, thread: str) -> bool:
    """Whether somebody was ever told of a thread."""
    sound = 0 < len(thread) <= LONGEST_THREAD and "\0" not in thread
    return sound and await Notification.filter(person_id=person, thread=thread).exists()


async def telling(person: int) -> Telling:
    """How somebody wants to be told; the defaults where nothing was chosen."""
    return await Telling.get_or_none(person_id=person) or Telling(person_id=person)


async def to_tell(before: datetime, after_person: int, most: int) -> list[int]:
    """People with something untold from before a moment, in the order of their numbers."""
    found = Notification.filter(told_at=None, created_at__lte=before, person_id__gt=after_person)
    rows = await found.distinct().order_by("person_id").limit(most).values_list("person_id", flat=True)
    return [int(str(number)) for number in rows]


async def held(person_id: int) -> list[Held]:
    """What is kept of notifications about somebody."""
    chosen = await Telling.get_or_none(person_id=person_id)
    return [
        Held(
            _("Notifications"),
            _("So that you can read again what we told you."),
            [
                {
                    _("Title"): row.title,
                    _("Text"): row.text,
                    _("When"): row.created_at,
                    _("Read"): row.read_at,
                    _("Sent"): row.told_at,
                }
                for row in await Notification.filter(person_id=person_id).order_by("-id")
            ],
        ),
        Held(
            _("How you want to be told"),
            _("So that we tell you where and when you want it."),
            [
                {
                    _("Channel"): chosen.channel,
                    _("Rhythm"): chosen.rhythm,
                    _("Hour"): chosen.digest_hour,
                    _("Quiet from"): chosen.quiet_from,
                    _("Quiet until"): chosen.quiet_until,
                    _("Stopped"): chosen.stopped_at,
                }
            ]
            if chosen
            else [],
        ),
        Held(
            _("Muted threads"),
            _("So that we do not tell you of them."),
            [
                {_("Thread"): mute.thread, _("Since"): mute.muted_at}
                for mute in await Mute.filter(person_id=person_id).order_by("id")
            ],
        ),
    ]
