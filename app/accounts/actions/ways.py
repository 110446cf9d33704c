"""What can be done with accounts: one function a verb, one transaction each."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from app import audit, ids, jobs, mail
from app.accounts import passwords
from app.accounts.models import Link, Membership, Person, Session
from app.accounts.rules import CONFIRM, LIFETIME, RESET, fold_email
from app.audit import Actor
from app.i18n import Reader, gettext, reader, reading
from app.policy import Role

NO_PASSWORD = ""
"""Stored until the account is confirmed; no password fits it."""

SEND_RESET = "accounts.send_reset"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh session; `token` goes into the cookie and is stored nowhere."""

    person: Person
    token: str
    expires_at: datetime


async def sign_up(name: str, email: str, *, base_url: str, now: datetime) -> None:
    """Note a wish for an account and send a link; one that exists gets a mail instead. The answer is the same.

    No password yet: an attacker who signs up with somebody else's address must not have chosen it.
    """
    try:
        async with in_transaction():
            person = await Person.create(
                email=email, name=name, password=NO_PASSWORD, language=reader().language, created_at=now
            )
            await audit.record(Actor.person(person.id), "signed_up", f"person:{person.id}", now=now)
            await _send_link(person, CONFIRM, base_url, now)
    except IntegrityError:
        async with in_transaction():
            existing = await Person.get(email=email)
            if existing.confirmed_at is None:
                await _send_link(existing, CONFIRM, base_url, now)
            else:
                await _send_reminder(existing, base_url, now)


async def confirm(token: str, name: str, password: str, *, now: datetime) -> Person | None:
    """Take a confirmation link: the account gets its password. None when the link is not valid any more."""
    stored = await passwords.hashed(password)
    async with in_transaction():
        person = await _use_link(token, CONFIRM, now)
        if person is None or person.confirmed_at is not None:
            return None
        person.name, person.password, person.confirmed_at = name, stored, now
        await person.save(update_fields=["name", "password", "confirmed_at"])
        await Link.filter(person=person, used_at=None).update(used_at=now)
        await audit.record(Actor.person(person.id), "confirmed", f"person:{person.id}", now=now)
        return person


async def check_password(email: str, password: str) -> Person | None:
    """The confirmed person with this address and password; None after the same time in every other case."""
    person = await Person.get_or_none(email=fold_email(email))
    right = await passwords.fits(person.password if person else None, password)
    if not right or person is None or person.confirmed_at is None:
        return None
    if passwords.is_outdated(person.password):
        renewed = await passwords.hashed(password)
        # Only if nobody has set another one meanwhile.
        await Person.filter(id=person.id, password=person.password).update(password=renewed)
    return person


async def sign_in(
    person: Person, *, device: str, days: int, now: datetime, method: str = "password", proven: bool = False
) -> SignedIn:
    """Begin a session."""
    token, expires_at = ids.token(), now + timedelta(days=days)
    async with in_transaction():
        await Session.create(
            token_hash=ids.token_hash(token),
            person=person,
            created_at=now,
            expires_at=expires_at,
            last_seen_at=now,
            device=device[:200],
            method=method,
            proven_at=now if proven else None,
        )
        await audit.record(Actor.person(person.id), "signed_in", f"person:{person.id}", now=now)
    return SignedIn(person, token, expires_at)


async def sign_out(token: str, *, now: datetime) -> None:
    """End the session of a token."""
    async with in_transaction():
        session = await Session.get_or_none(token_hash=ids.token_hash(token))
        if session is not None:
            person_id = session.person_id  # type: ignore[attr-defined]  # Tortoise adds it
            await session.delete()
            await audit.record(Actor.person(person_id), "signed_out", f"person:{person_id}", now=now)


async def request_reset(email: str, *, base_url: str, now: datetime) -> None:
    """Ask for a link for a new password. Whether there is such an account is looked up later, by the job."""
    await jobs.enqueue(SEND_RESET, now=now, email=email, base_url=base_url)


async def send_reset(email: str, *, base_url: str, now: datetime) -> None:
    """Send the link, if there is such an account."""
    person = await Person.get_or_none(email=email)
    if person is not None:
        async with in_transaction():
            await _send_link(person, RESET, base_url, now)


async def reset(token: str, password: str, *, now: datetime) -> Person | None:
    """Set a new password under a link; ends all sessions. None when the link is not valid any more."""
    stored = await passwords.hashed(password)
    async with in_transaction():
        person = await _use_link(token, RESET, now)
        if person is None:
            return None
        person.password = stored
        person.confirmed_at = person.confirmed_at or now  # the mail was read, which is what confirming proves
        await person.save(update_fields=["password", "confirmed_at"])
        await Session.filter(person=person).delete()
        await Link.filter(person=person, used_at=None).update(used_at=now)
        await audit.record(Actor.person(person.id), "password_reset", f"person:{person.id}", now=now)
        return person


async def create_admin(email: str, name: str, password: str, *, actor: Actor, now: datetime) -> Person:
    """An administrator, confirmed at once; for the command line. An existing account is made one, with the password."""
    stored = await passwords.hashed(password)
    async with in_transaction():
        person = await Person.get_or_none(email=fold_email(email))
        if person is None:
            person = await Person.create(email=fold_email(email), name=name, password=stored, created_at=now)
        person.password, person.confirmed_at = stored, person.confirmed_at or now
        await person.save()
        await Session.filter(person=person).delete()
        await Link.filter(person=person, used_at=None).update(used_at=now)
        held = Membership.filter(person=person, role=Role.ADMINISTRATOR, agency_id=None, ended_at=None)
        if not await held.exists():
            await Membership.create(
                person=person, role=Role.ADMINISTRATOR, starts_at=now, granted_by=actor.text, reason="create-admin"
            )
        await audit.record(actor, "made_administrator", f"person:{person.id}", now=now)
        return person


async def forget_old(now: datetime) -> None:
    """Delete sessions and links that have run out."""
    await Session.filter(expires_at__lt=now).delete()
    await Link.filter(expires_at__lt=now - timedelta(days=7)).delete()


async def _send_link(person: Person, purpose: str, base_url: str, now: datetime) -> None:
    assert person.email is not None
    token = ids.token()
    await Link.create(
        token_hash=ids.token_hash(token), person=person, purpose=purpose, expires_at=now + LIFETIME[purpose]
    )
    with reading(Reader("en" if person.language == "en" else "ar")):
        if purpose == CONFIRM:
            subject = gettext("Confirm your account")
            body = gettext(
                "Open this link to confirm your account. It holds for three days.\n\n%(link)s\n\n"
                "If you did not ask for an account, do nothing.",
                link=f"{base_url}/account/confirm?token={token}",
            )
        else:
            subject = gettext("Set a new password")
            body = gettext(
                "Open this link to set a new password. It holds for one hour.\n\n%(link)s\n\n"
                "If you did not ask for it, do nothing: your password stays as it is.",
                link=f"{base_url}/account/reset?token={token}",
            )
    await mail.post(person.email, subject, body, language=person.language, now=now)


async def _send_reminder(person: Person, base_url: str, now: datetime) -> None:
    assert person.email is not None
    with reading(Reader("en" if person.language == "en" else "ar")):
        subject = gettext("You have an account already")
        body = gettext(
            "Somebody, probably you, has just asked for an account with this address. There is one already.\n\n"
            "Sign in: %(sign_in)s\nSet a new password: %(reset)s",
            sign_in=f"{base_url}/account/sign-in",
            reset=f"{base_url}/account/reset/request",
        )
    await mail.post(person.email, subject, body, language=person.language, now=now)


async def _use_link(token: str, purpose: str, now: datetime) -> Person | None:
    """Take a link, once, however many try at the same moment."""
    taken = await Link.filter(
        token_hash=ids.token_hash(token), purpose=purpose, used_at=None, expires_at__gt=now
    ).update(used_at=now)
    if not taken:
        return None
    link = await Link.get(token_hash=ids.token_hash(token)).select_related("person")
    return link.person
