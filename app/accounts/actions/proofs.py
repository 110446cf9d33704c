"""Exchanges under way, and proving again who one is."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from app import ids
from app.accounts import passwords, proving
from app.accounts.actions import sessions, totp
from app.accounts.models import Ceremony, Person, Session
from app.forms import Invalid
from app.i18n import gettext as _

FORGET_AFTER = timedelta(days=1)


async def begin(
    kind: str,
    lifetime: timedelta,
    *,
    person: int | None = None,
    data: Mapping[str, str] | None = None,
    now: datetime,
) -> str:
    """Begin an exchange; the token under which its answer is expected."""
    token = ids.token()
    await Ceremony.create(
        token_hash=ids.token_hash(token),
        kind=kind,
        person_id=person,
        data=dict(data or {}),
        expires_at=now + lifetime,
    )
    return token


async def take(kind: str, token: str, *, person: int | None = None, now: datetime) -> None:
    """Use an exchange up, once, however many answer at the same moment and whatever the answer is worth."""
    query = Ceremony.filter(
        token_hash=ids.token_hash(token), kind=kind, person_id=person, used_at=None, expires_at__gt=now
    )
    if not await query.update(used_at=now):
        raise Invalid.because({}, form=_("This took too long, or was answered already. Begin again."))


async def again(
    person: Person, session: Session, *, password: str, code: str, key: bytes, values: Mapping[str, str], now: datetime
) -> str:
    """Prove again who one is, by the password or by a code from the app; the session's new token."""
    if password:
        if not await passwords.fits(person.password or None, password):
            raise Invalid.because(values, password=_("This is not the password."))
        by = proving.PASSWORD
    elif code:
        await totp.give(person, key, code=code, values=values, now=now)
        by = proving.TOTP
    else:
        raise Invalid.because(values, form=_("Enter your password or a code from the app."))
    return await sessions.renew(person, session, by=by, now=now)


async def forget_old(now: datetime) -> None:
    """Delete exchanges that have run out."""
    await Ceremony.filter(expires_at__lt=now - FORGET_AFTER).delete()
