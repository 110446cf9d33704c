"""What can be done with passkeys: one function a verb, one transaction each."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any

import structlog
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from app import audit
from app.accounts import passkeys, proving
from app.accounts.actions import proofs, sessions
from app.accounts.models import Passkey, Person, Session
from app.accounts.passkeys import Refused, Site
from app.audit import Actor
from app.forms import Invalid
from app.i18n import gettext as _
from app.i18n import in_both
from app.notices.actions import notify

log = structlog.get_logger("passkeys")

PAGE = "/account/passkeys"
MAKE, ENTER, AGAIN = "passkey-make", "passkey-enter", "passkey-again"
LIFETIME = timedelta(minutes=5)


async def begin_making(person: Person, site: Site, key: bytes, *, now: datetime) -> dict[str, Any]:
    """A challenge for a new passkey: its token and the options for the browser."""
    known = await Passkey.filter(person_id=person.id).values_list("credential_id", flat=True)
    if len(known) >= passkeys.MOST:
        raise Invalid.because({}, form=_("You have as many passkeys as we can keep. Remove one first."))
    token = await proofs.begin(MAKE, LIFETIME, person=person.id, now=now)
    options = passkeys.to_make(
        site,
        token,
        handle=passkeys.user_handle(key, person.id),
        account=person.email or person.phone or person.name,
        name=person.name,
        known=[str(one) for one in known],
    )
    return {"token": token, "options": options}


async def make(
    person: Person, site: Site, *, token: str, credential: Mapping[str, Any], name: str, now: datetime
) -> Passkey:
    """Keep a passkey that the browser has made."""
    await proofs.take(MAKE, token, person=person.id, now=now)
    try:
        made = passkeys.made(site, token, credential)
    except Refused as refused:
        raise _unproven("make", refused) from None
    try:
        async with in_transaction():
            passkey = await Passkey.create(
                credential_id=made.credential_id,
                person=person,
                public_key=made.public_key,
                sign_count=made.sign_count,
                name=name,
                created_at=now,
            )
            await audit.record(Actor.person(person.id), "passkey_added", _target(passkey), now=now)
            await _tell(
                person,
                in_both(lambda: _("A passkey was added to your account")),
                in_both(lambda: _("It opens your account without a password. If it was not you, remove it.")),
                now,
            )
    except IntegrityError:
        raise Invalid.because({}, form=_("This passkey is here already.")) from None
    return passkey


async def begin_entering(site: Site, *, now: datetime) -> dict[str, Any]:
    """A challenge for signing in: nobody has said who they are, so it is the same for everybody."""
    token = await proofs.begin(ENTER, LIFETIME, now=now)
    return {"token": token, "options": passkeys.to_show(site, token)}


async def enter(site: Site, key: bytes, *, token: str, credential: Mapping[str, Any], now: datetime) -> Person:
    """Whoever has shown their passkey."""
    await proofs.take(ENTER, token, now=now)
    passkey = await _use(site, key, token, credential, None, now)
    person = passkey.person
    if person.confirmed_at is None or person.deleted_at is not None or person.blocked_at is not None:
        raise _unproven("enter", Refused("the account is not open"))
    return person


async def begin_again(person: Person, site: Site, *, now: datetime) -> dict[str, Any]:
    """A challenge for proving again who one is, for one's own passkeys only."""
    known = await Passkey.filter(person_id=person.id).values_list("credential_id", flat=True)
    token = await proofs.begin(AGAIN, LIFETIME, person=person.id, now=now)
    return {"token": token, "options": passkeys.to_show(site, token, [str(one) for one in known])}


async def again(
    person: Person,
    session: Session,
    site: Site,
    key: bytes,
    *,
    token: str,
    credential: Mapping[str, Any],
    now: datetime,
) -> str:
    """Prove again who one is by a passkey; the session's new token."""
    await proofs.take(AGAIN, token, person=person.id, now=now)
    await _use(site, key, token, credential, person, now)
    return await sessions.renew(person, session, by=proving.PASSKEY, now=now)


async def rename(person: Person, passkey: Passkey, name: str, *, now: datetime) -> None:
    """Call a passkey something else."""
    async with in_transaction():
        if await Passkey.filter(credential_id=passkey.credential_id, person_id=person.id).update(name=name):
            await audit.record(Actor.person(person.id), "passkey_renamed", _target(passkey), now=now)


async def remove(person: Person, passkey: Passkey, *, now: datetime) -> None:
    """Let a passkey open nothing any more."""
    async with in_transaction():
        if not await Passkey.filter(credential_id=passkey.credential_id, person_id=person.id).delete():
            return
        await audit.record(Actor.person(person.id), "passkey_removed", _target(passkey), now=now)
        await _tell(
            person,
            in_both(lambda: _("A passkey was removed from your account")),
            in_both(lambda: _("It opens your account no more. If it was not you, set a new password.")),
            now,
        )


async def _use(
    site: Site, key: bytes, token: str, credential: Mapping[str, Any], person: Person | None, now: datetime
) -> Passkey:
    """The passkey of a right answer; without `person` the answer itself must say whose it is."""
    try:
        claim = passkeys.claim(credential)
        passkey = await Passkey.get_or_none(credential_id=claim.credential_id).select_related("person")
        if passkey is None:
            raise Refused("unknown here")
        owner = passkey.person
        if person is not None and owner.id != person.id:
            raise Refused("somebody else's")
        if claim.user_handle is None and person is None:
            raise Refused("does not say whose it is")
        if claim.user_handle is not None and not compare_digest(claim.user_handle, passkeys.user_handle(key, owner.id)):
            raise Refused("says it is somebody else's")
        count = passkeys.shown(site, token, credential, passkey.public_key)
    except Refused as refused:
        raise _unproven("use", refused) from None
    # Keys that do not count always say nought. Of those that do, each answer must be above the last one kept,
    # however many arrive at the same moment: else there are two of what should be one.
    current = Passkey.filter(credential_id=passkey.credential_id)
    fresh = current.filter(sign_count__lt=count) if count else current.filter(sign_count=0)
    if not await fresh.update(sign_count=count, last_used_at=now):
        await _note_copy(passkey, now)
        raise _unproven("use", Refused("the counter went back"))
    return passkey


async def _note_copy(passkey: Passkey, now: datetime) -> None:
    person = passkey.person
    async with in_transaction():
        await audit.record(
            Actor.person(person.id), "passkey_refused", _target(passkey), now=now, details={"why": "sign_count"}
        )
        await _tell(
            person,
            in_both(lambda: _("A passkey was refused")),
            in_both(lambda: _("There may be a copy of it. Remove it, and add a new one on your own device.")),
            now,
        )


async def _tell(person: Person, title: Mapping[str, str], text: Mapping[str, str], now: datetime) -> None:
    await notify(person.id, "security", title=title, text=text, url=PAGE, urgent=True, now=now)


def _target(passkey: Passkey) -> str:
    return f"passkey:{passkeys.short(passkey.credential_id)}"


def _unproven(where: str, refused: Refused) -> Invalid:
    log.info("passkey_refused", where=where, why=str(refused)[:200])
    return Invalid.because({}, form=_("This passkey was not accepted. Try again, or choose another way."))
