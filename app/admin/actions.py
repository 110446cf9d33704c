"""What administrators can change: one function a verb, one transaction each."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from app import audit, jobs, mail
from app.accounts.actions.roles import others_administer
from app.accounts.actions.ways import void_links
from app.accounts.models import Ceremony, Person, Session
from app.admin.choices import DEFINITIONS
from app.admin.forms import Announcement as AnnouncementForm
from app.admin.forms import Letter as LetterForm
from app.admin.forms import Text
from app.admin.letters import LETTERS, mistakes
from app.admin.models import Announcement, Choice, MailTemplate, PageText
from app.admin.texts import PAGES_CHANGED
from app.audit import Actor
from app.forms import Invalid
from app.i18n import format_number
from app.i18n import gettext as _
from app.models import Job, Message


async def change_text(key: str, form: Text, *, actor: Actor, now: datetime) -> None:
    """Put a text in place of ours, or give ours back. 409 when somebody else was faster."""
    values = {"ar": form.ar, "en": form.en}
    async with in_transaction():
        if not form.ar and not form.en:
            await PageText.filter(key=key, version=form.version).delete()
        else:
            await _replace(PageText, key, form.version, actor, now, text={k: v for k, v in values.items() if v})
        await audit.record(actor, "text_changed", f"text:{key}", now=now)
        await jobs.enqueue(PAGES_CHANGED, now=now)


async def change_letter(key: str, form: LetterForm, *, actor: Actor, now: datetime) -> None:
    """Put a mail in place of ours, or give ours back."""
    letter = LETTERS[key]
    values = form.model_dump(exclude={"version"})
    errors: dict[str, str] = {}
    for field in ("body_ar", "body_en"):
        if body := values[field]:
            lacking, unknown = mistakes(letter, body)
            if lacking:
                errors[field] = _("This has to stand in it: %(places)s", places=_shown(lacking))
            elif unknown:
                errors[field] = _("Nothing is filled in for: %(places)s", places=_shown(unknown))
    if errors:
        raise Invalid.because({**values, "version": str(form.version)}, **errors)
    subject = {language: values[f"subject_{language}"] for language in ("ar", "en") if values[f"subject_{language}"]}
    body = {language: values[f"body_{language}"] for language in ("ar", "en") if values[f"body_{language}"]}
    async with in_transaction():
        if not subject and not body:
            await MailTemplate.filter(key=key, version=form.version).delete()
        else:
            await _replace(MailTemplate, key, form.version, actor, now, subject=subject, body=body)
        await audit.record(actor, "letter_changed", f"letter:{key}", now=now)


def _shown(places: set[str]) -> str:
    return "، ".join(f"%({place})s" for place in sorted(places))


async def _replace(
    model: type[PageText | MailTemplate], key: str, version: int, actor: Actor, now: datetime, **values: Any
) -> None:
    """Write a row anew if it is still the version that was edited; 0 is the version of one that is not there."""
    values |= {"changed_at": now, "changed_by": actor.text}
    if version:
        if not await model.filter(key=key, version=version).update(version=version + 1, **values):
            raise HTTPException(409)
        return
    try:
        async with in_transaction():
            await model.create(key=key, **values)
    except IntegrityError as error:
        raise HTTPException(409) from error


async def announce(form: AnnouncementForm, *, zone: ZoneInfo, actor: Actor, now: datetime) -> Announcement:
    """Put a banner on every page for some time."""
    starts = _moment(form.starts, zone) if form.starts else now
    ends = _moment(form.ends, zone)
    if ends <= max(starts, now):
        raise Invalid.because(form.model_dump(), ends=_("The end must lie ahead, and after the beginning."))
    text = {"ar": form.ar} | ({"en": form.en} if form.en else {})
    async with in_transaction():
        made = await Announcement.create(
            text=text, kind=form.kind, url=form.url, starts_at=starts, ends_at=ends, made_by=actor.text
        )
        await audit.record(actor, "announced", f"announcement:{made.id}", now=now)
        return made


def _moment(text: str, zone: ZoneInfo) -> datetime:
    """A moment as a browser gives it, in the portal's zone."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


async def end_announcement(number: int, *, actor: Actor, now: datetime) -> None:
    """Take a banner away before its time; quiet when it is gone."""
    async with in_transaction():
        if await Announcement.filter(id=number, ended_at=None).update(ended_at=now):
            await audit.record(actor, "announcement_ended", f"announcement:{number}", now=now)


async def choose(values: Mapping[str, str], *, actor: Actor, now: datetime) -> int:
    """Set run-time settings; how many changed."""
    wanted: dict[str, int] = {}
    errors: dict[str, str] = {}
    for key, definition in DEFINITIONS.items():
        text = values.get(key, "").strip()
        if not text.isdecimal() or len(text) > 6 or not definition.least <= int(text) <= definition.most:
            errors[key] = _(
                "Enter a whole number from %(least)s to %(most)s.",
                least=format_number(definition.least),
                most=format_number(definition.most),
            )
        else:
            wanted[key] = int(text)
    if errors:
        raise Invalid.because(values, **errors)
    changed = 0
    async with in_transaction():
        now_set = {row.key: row.value for row in await Choice.all().select_for_update()}
        for key, value in wanted.items():
            old = now_set.get(key, DEFINITIONS[key].default)
            if value == old:
                continue
            await Choice.update_or_create(
                defaults={"value": value, "changed_at": now, "changed_by": actor.text}, key=key
            )
            await audit.record(actor, "setting_changed", f"setting:{key}", now=now, details={"from": old, "to": value})
            changed += 1
    return changed


async def try_again(number: int, *, actor: Actor, now: datetime) -> None:
    """Put a failed job back into the queue, with all its attempts."""
    async with in_transaction():
        if await Job.filter(id=number, failed_at__not_isnull=True).update(failed_at=None, attempts=0, run_at=now):
            await audit.record(actor, "job_tried_again", f"job:{number}", now=now)


async def give_up(number: int, reason: str, *, actor: Actor, now: datetime) -> None:
    """Take a failed job out of the queue for good."""
    async with in_transaction():
        if await Job.filter(id=number, failed_at__not_isnull=True).update(finished_at=now, failed_at=None):
            await audit.record(actor, "job_given_up", f"job:{number}", now=now, reason=reason)


async def send_again(number: int, *, actor: Actor, now: datetime) -> None:
    """Ask once more for a message that could not be handed over."""
    async with in_transaction():
        if await Message.filter(id=number, sent_at=None).exists():
            await jobs.enqueue(mail.SEND, now=now, message=number)
            await audit.record(actor, "mail_sent_again", f"message:{number}", now=now)


async def block(number: int, reason: str, *, actor: Actor, now: datetime) -> None:
    """Let nobody into an account any more, until it is opened again."""
    if actor == Actor.person(number):
        raise Invalid.because({"reason": reason}, form=_("You cannot block your own account."))
    async with in_transaction():
        if not await others_administer(now, person=number):
            # Two administrators who block each other at the same moment would leave none.
            raise Invalid.because({"reason": reason}, form=_("This is the last administrator of the portal."))
        if await Person.filter(id=number, blocked_at=None, deleted_at=None).update(blocked_at=now):
            await Session.filter(person_id=number).delete()
            await void_links(number, now)
            await audit.record(actor, "blocked", f"person:{number}", now=now, reason=reason)


async def unblock(number: int, reason: str, *, actor: Actor, now: datetime) -> None:
    """Open a blocked account again."""
    async with in_transaction():
        if await Person.filter(id=number, blocked_at__not_isnull=True).update(blocked_at=None):
            await audit.record(actor, "unblocked", f"person:{number}", now=now, reason=reason)


async def end_sessions(number: int, reason: str, *, actor: Actor, now: datetime) -> None:
    """Sign somebody out everywhere."""
    async with in_transaction():
        await Session.filter(person_id=number).delete()
        await Ceremony.filter(person_id=number, used_at=None).update(used_at=now)
        await audit.record(actor, "sessions_ended", f"person:{number}", now=now, reason=reason)
