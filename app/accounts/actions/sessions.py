"""What can be done with sessions: note where they begin, end them, renew their token."""

from datetime import datetime

from tortoise.transactions import in_transaction

from app import audit, ids
from app.accounts import devices
from app.accounts.models import Device, Person, Session
from app.audit import Actor
from app.i18n import format_datetime, gettext, in_both
from app.notices.actions import notify

PAGE = "/account/sessions"


class Gone(Exception):
    """The session has ended meanwhile."""


async def note_device(person: Person, user_agent: str, now: datetime) -> None:
    """Remember the kind of device, and announce one that is new; in the transaction in which a session begins.

    The very first one is not announced: it is that of whoever has just confirmed the account.
    """
    family = devices.device_of(user_agent).family
    known = {device.family for device in await Device.filter(person_id=person.id)}
    if family in known:
        return
    await Device.bulk_create([Device(person=person, family=family, first_seen_at=now)], ignore_conflicts=True)
    if not known:
        return
    await notify(
        person.id,
        "security",
        title=in_both(lambda: gettext("A new sign-in to your account")),
        text=in_both(
            lambda: gettext(
                "%(device)s, %(time)s. If it was not you, end that session and set a new password.",
                device=devices.words(user_agent),
                time=format_datetime(now),
            )
        ),
        url=PAGE,
        urgent=True,
        now=now,
    )


async def end(person: Person, handle: str, *, now: datetime) -> bool:
    """End the session with this handle; whether it was still there."""
    async with in_transaction():
        ended = await Session.filter(person_id=person.id, token_hash__startswith=handle).delete()
        if ended:
            await audit.record(Actor.person(person.id), "session_ended", f"person:{person.id}", now=now)
    return bool(ended)


async def end_others(person: Person, kept: Session, *, now: datetime) -> int:
    """End every session but one; how many there were."""
    async with in_transaction():
        ended = await Session.filter(person_id=person.id).exclude(token_hash=kept.token_hash).delete()
        if ended:
            details = {"sessions": ended}
            await audit.record(
                Actor.person(person.id), "other_sessions_ended", f"person:{person.id}", now=now, details=details
            )
    return ended


async def renew(person: Person, session: Session, *, by: str, now: datetime) -> str:
    """Note a strong proof: the session goes on under a new token, and the old one opens nothing any more.

    Whoever had planted or copied the old token must not get what the proof opens.
    """
    token = ids.token()
    async with in_transaction():
        kept = await Session.filter(token_hash=session.token_hash).first().values()
        if kept is None or not await Session.filter(token_hash=session.token_hash).delete():
            raise Gone
        await Session.create(**{**kept, "token_hash": ids.token_hash(token), "proven_at": now, "last_seen_at": now})
        await audit.record(Actor.person(person.id), "proved_again", f"person:{person.id}", now=now, details={"by": by})
    return token
