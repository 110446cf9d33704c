"""Every read of administration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tortoise.expressions import Q

from app.accounts.models import Person
from app.accounts.rules import fold_email
from app.admin.models import Announcement, MailTemplate, PageText
from app.i18n import latin_digits
from app.models import AuditEntry, Job, Message

PAGE = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of a list."""

    rows: Sequence[object]
    number: int
    last: int
    total: int


async def people(text: str, page: int) -> Listed:
    """People by a part of name, address or number, newest first; deleted ones are not listed."""
    query = Person.filter(deleted_at=None)
    words = latin_digits(text.strip())
    if words:
        query = query.filter(
            Q(name__icontains=text.strip())
            | Q(email__icontains=fold_email(words))
            | Q(phone__contains=words.lstrip("0"))
        )
    return await _page(query.order_by("-id"), page)


async def audit_entries(
    *, actor: str, target: str, verb: str, since: datetime | None, until: datetime | None, page: int
) -> Listed:
    """Entries of the audit trail, newest first."""
    query = AuditEntry.all()
    if actor:
        query = query.filter(actor=actor)
    if target:
        query = query.filter(object=target)
    if verb:
        query = query.filter(verb=verb)
    if since is not None:
        query = query.filter(at__gte=since)
    if until is not None:
        query = query.filter(at__lt=until)
    return await _page(query.order_by("-number"), page)


async def jobs(state: str, page: int) -> Listed:
    """Jobs that failed for good, or those that wait."""
    if state == "failed":
        return await _page(Job.filter(failed_at__not_isnull=True).order_by("-failed_at"), page)
    return await _page(Job.filter(failed_at=None, finished_at=None).order_by("run_at"), page)


async def unsent(page: int) -> Listed:
    """Messages that could not be handed over yet."""
    return await _page(Message.filter(sent_at=None).exclude(error="").order_by("-id"), page)


async def job_counts() -> Mapping[str, int]:
    """How many wait, and how many have failed."""
    return {
        "waiting": await Job.filter(failed_at=None, finished_at=None).count(),
        "failed": await Job.filter(failed_at__not_isnull=True).count(),
        "unsent": await Message.filter(sent_at=None).exclude(error="").count(),
    }


async def announcements(now: datetime) -> list[Announcement]:
    """Those on every page at this moment."""
    return await Announcement.filter(starts_at__lte=now, ends_at__gt=now, ended_at=None).order_by("-id").limit(3)


async def text_of(key: str) -> PageText | None:
    """The text that stands in place of ours."""
    return await PageText.get_or_none(key=key)


async def letter_of(key: str) -> MailTemplate | None:
    """The mail that stands in place of ours."""
    return await MailTemplate.get_or_none(key=key)


async def _page(query: object, page: int) -> Listed:
    total = await query.count()  # type: ignore[attr-defined]  # a query set of any model
    last = max(1, -(-total // PAGE))
    number = min(max(1, page), last)
    rows = await query.offset((number - 1) * PAGE).limit(PAGE)  # type: ignore[attr-defined]
    return Listed(rows, number, last, total)
