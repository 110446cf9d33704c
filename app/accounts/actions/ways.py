"""What can be done with accounts: one function a verb, one transaction each."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from app import audit, ids, jobs, mail
from app.accounts import passwords
from app.accounts.actions import codes, sessions
from app.accounts.codes import CONTACT
from app.accounts.contacts import Contact, Kind
from app.accounts.models import Ceremony, Code, Link, Membership, Person, Session
from app.accounts.rules import CONFIRM, LIFETIME, RESET, fold_email
from app.admin import choices, letters
from app.audit import Actor
from app.i18n import Reader, gettext, reader, reading
from app.policy import Role
from app.settings import Settings

NO_PASSWORD = ""
"""Stored until the account is confirmed; no password fits it."""

SIGN_UP = "accounts.sign_up"
SEND_RESET = "accounts.send_reset"

BY_CODE = timedelta(hours=1)
"""How long the page may be open that a code leads to."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh session; `token` goes into the cookie and is stored nowhere."""

    person: Person
    token: str
    expires_at: datetime


async def sign_up(name: str, contact: Contact, *, next_path: str = "", now: datetime) -> str | None:
    """Note a wish for an account; the handle of the code, where one goes out by short message.

    Everything else is left to a job, so that the answer takes the same time whether there is an account or not.
    """
    async with in_transaction():
        asked = await _ask_code(CONFIRM, contact, next_path, now)
        await jobs.enqueue(
            SIGN_UP,
            now=now,
            called=name,
            contact=contact.value,
            language=reader().language,
            next_path=next_path,
            wish=ids.token(),
            code=asked.id if asked else None,
        )
    return asked.handle if asked else None


async def make_account(
    called: str,
    contact: str,
    language: str,
    next_path: str,
    wish: str,
    code: int | None,
    *,
    settings: Settings,
    now: datetime,
) -> None:
    """Make the account and send the link or the code; one that exists is told instead that it does.

    No password yet: an attacker who signs up with somebody else's address must not have chosen it.
    """
    target = Contact.of(contact)
    async with in_transaction():
        person = await _found_or_made(called, target, language, now)
        if person.confirmed_at is not None:
            await _send_reminder(person, target, settings.base_url, now)
        elif code is not None:
            await codes.send(code, person=person.id, language=language, settings=settings, now=now)
        else:
            await _send_link(person, CONFIRM, wish, next_path, settings, now)


async def _found_or_made(name: str, contact: Contact, language: str, now: datetime) -> Person:
    person = await Person.get_or_none(**contact.where)
    if person is not None:
        return person
    try:
        # A savepoint of its own: on PostgreSQL a failed statement would end the caller's transaction.
        async with in_transaction():
            person = await Person.create(
                **contact.where, name=name, password=NO_PASSWORD, language=language, created_at=now
            )
    except IntegrityError:
        return await Person.get(**contact.where)
    await audit.record(Actor.person(person.id), "signed_up", f"person:{person.id}", now=now)
    return person


async def _ask_code(purpose: str, contact: Contact, next_path: str, now: datetime) -> codes.Asked | None:
    if contact.kind is Kind.MAIL:
        return None
    return await codes.ask(purpose, contact, data={"next": next_path}, now=now)


async def take_code(handle: str, digits: str, *, key: bytes, now: datetime) -> tuple[str, str]:
    """Enter a code from a short message: purpose and token of the link that it is worth.

    Entered twice, as by a double click, it is worth the same link, which works once.
    """
    row = await codes.guess(handle, digits, purposes=frozenset({CONFIRM, RESET}), key=key, now=now)
    token = ids.keyed_hash(key, "code-link", row.handle)
    stored = ids.token_hash(token)
    async with in_transaction():
        if await codes.use(row, now):
            await Link.create(
                token_hash=stored,
                person_id=row.person_id,  # type: ignore[attr-defined]  # Tortoise adds it
                purpose=row.purpose,
                expires_at=now + BY_CODE,
                next=row.data.get("next", ""),
            )
        elif not await Link.filter(token_hash=stored, used_at=None, expires_at__gt=now).exists():
            raise codes.Spent
    return row.purpose, token


async def confirm(token: str, name: str, password: str, *, now: datetime) -> Link | None:
    """Take a confirmation link: the account gets its password. None when the link is not valid any more."""
    stored = await passwords.hashed(password)
    async with in_transaction():
        link = await _use_link(token, CONFIRM, now)
        if link is None or link.person.confirmed_at is not None:
            return None
        person = link.person
        person.name, person.password, person.confirmed_at = name, stored, now
        await person.save(update_fields=["name", "password", "confirmed_at"])
        await void_links(person.id, now)
        await audit.record(Actor.person(person.id), "confirmed", f"person:{person.id}", now=now)
        return link


async def check_password(contact: Contact | None, password: str) -> Person | None:
    """The confirmed person with this address or number and password; None after the same time in every other case."""
    person = await Person.get_or_none(**contact.where) if contact else None
    right = await passwords.fits(person.password if person else None, password)
    if not right or person is None or person.confirmed_at is None or is_shut(person):
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
        await sessions.note_device(person, device, now)
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


async def request_reset(contact: Contact, *, next_path: str = "", now: datetime) -> str | None:
    """Ask for a link or a code for a new password; the handle of the code, where it is one.

    Whether there is such an account is looked up later, by the job.
    """
    async with in_transaction():
        asked = await _ask_code(RESET, contact, next_path, now)
        await jobs.enqueue(
            SEND_RESET,
            now=now,
            contact=contact.value,
            next_path=next_path,
            wish=ids.token(),
            code=asked.id if asked else None,
        )
    return asked.handle if asked else None


async def send_reset(
    contact: str, next_path: str, wish: str, code: int | None, *, settings: Settings, now: datetime
) -> None:
    """Send the link or the code, if there is such an account."""
    person = await Person.get_or_none(**Contact.of(contact).where)
    if person is None or is_shut(person):
        return
    async with in_transaction():
        if code is not None:
            await codes.send(code, person=person.id, language=person.language, settings=settings, now=now)
        else:
            await _send_link(person, RESET, wish, next_path, settings, now)


async def reset(token: str, password: str, *, now: datetime) -> Link | None:
    """Set a new password under a link; ends all sessions. None when the link is not valid any more."""
    stored = await passwords.hashed(password)
    async with in_transaction():
        link = await _use_link(token, RESET, now)
        if link is None or is_shut(link.person):
            return None
        person = link.person
        person.password = stored
        person.confirmed_at = person.confirmed_at or now  # the message was read, which is what confirming proves
        await person.save(update_fields=["password", "confirmed_at"])
        await Session.filter(person=person).delete()
        await void_links(person.id, now)
        await audit.record(Actor.person(person.id), "password_reset", f"person:{person.id}", now=now)
        return link


def is_shut(person: Person) -> bool:
    """Whether nobody may come in any more."""
    return person.deleted_at is not None or person.blocked_at is not None


async def void_links(person: int, now: datetime) -> None:
    """No link, no code, no half-finished sign-in of a person works any more, but for a code to a new contact."""
    await Ceremony.filter(person_id=person, used_at=None).update(used_at=now)
    await Link.filter(person_id=person, used_at=None).update(used_at=now)
    await Code.filter(person_id=person, used_at=None).exclude(purpose=CONTACT).update(used_at=now)


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
        await void_links(person.id, now)
        held = Membership.filter(person=person, role=Role.ADMINISTRATOR, agency_id=None, ended_at=None)
        if not await held.exists():
            await Membership.create(
                person=person, role=Role.ADMINISTRATOR, starts_at=now, granted_by=actor.text, reason="create-admin"
            )
        await audit.record(actor, "made_administrator", f"person:{person.id}", now=now)
        return person


async def forget_old(now: datetime) -> None:
    """Delete sessions, links, codes and ceremonies that have run out, and accounts that were never confirmed."""
    await Session.filter(expires_at__lt=now).delete()
    await Link.filter(expires_at__lt=now - timedelta(days=7)).delete()
    await Code.filter(expires_at__lt=now - timedelta(days=1)).delete()
    await Ceremony.filter(expires_at__lt=now - timedelta(days=1)).delete()
    long_ago = now - timedelta(days=await choices.chosen("keep_unconfirmed"))
    await Person.filter(confirmed_at=None, deleted_at=None, blocked_at=None, created_at__lt=long_ago).delete()


async def _send_link(
    person: Person, purpose: str, wish: str, next_path: str, settings: Settings, now: datetime
) -> None:
    """Send a link. One wish has one link, so that a job that is done twice sends it once."""
    assert person.email is not None
    token = ids.keyed_hash(settings.key, "link", wish)
    if await Link.filter(token_hash=ids.token_hash(token)).exists():
        return
    base_url = settings.base_url
    await Link.create(
        token_hash=ids.token_hash(token),
        person=person,
        purpose=purpose,
        expires_at=now + LIFETIME[purpose],
        next=next_path,
    )
    key = "confirm" if purpose == CONFIRM else "reset"
    subject, body = await letters.compose(key, person.language, link=f"{base_url}/account/{key}?token={token}")
    await mail.post(person.email, subject, body, language=person.language, now=now)


async def _send_reminder(person: Person, contact: Contact, base_url: str, now: datetime) -> None:
    ways = {"sign_in": f"{base_url}/account/sign-in", "reset": f"{base_url}/account/reset/request"}
    if contact.kind is Kind.PHONE:
        with reading(Reader("en" if person.language == "en" else "ar")):
            subject, body = "", gettext("There is an account with your number already. Sign in: %(sign_in)s", **ways)
    else:
        subject, body = await letters.compose("exists", person.language, **ways)
    kind = "sms" if contact.kind is Kind.PHONE else "mail"
    await mail.post(contact.value, subject, body, language=person.language, now=now, kind=kind)


async def _use_link(token: str, purpose: str, now: datetime) -> Link | None:
    """Take a link, once, however many try at the same moment."""
    taken = await Link.filter(
        token_hash=ids.token_hash(token), purpose=purpose, used_at=None, expires_at__gt=now
    ).update(used_at=now)
    if not taken:
        return None
    return await Link.get(token_hash=ids.token_hash(token)).select_related("person")
