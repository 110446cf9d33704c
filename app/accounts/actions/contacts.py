"""What can be done with one's own address and number: ask for a code there, confirm it, remove one."""

from datetime import datetime

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from app import audit, mail
from app.accounts.actions import codes, ways
from app.accounts.codes import CONTACT
from app.accounts.contacts import Contact, Kind
from app.accounts.models import Code, Link, Person
from app.audit import Actor
from app.forms import Invalid
from app.i18n import Reader, gettext, reading
from app.i18n import gettext as _
from app.settings import Settings


async def ask(person: Person, contact: Contact, *, next_path: str, settings: Settings, now: datetime) -> str:
    """Send a code to a new address or number; the handle for the browser.

    It is sent whoever the contact belongs to: whether it is free is decided, and told, when the code is entered, so
    that only who reads its messages learns of another account.
    """
    async with in_transaction():
        asked = await codes.ask(CONTACT, contact, person=person.id, data={"next": next_path}, now=now)
        await codes.send(asked.id, person=person.id, language=person.language, settings=settings, now=now)
    return asked.handle


async def confirm(person: Person, handle: str, digits: str, *, settings: Settings, now: datetime) -> str:
    """Enter the code: the contact is the person's, in place of the one before. Where one wanted to go on to."""
    row = await codes.guess(handle, digits, purposes=frozenset({CONTACT}), key=settings.key, now=now, person=person.id)
    contact = Contact.of(row.target)
    try:
        async with in_transaction():
            if await codes.use(row, now):
                await _take(person.id, contact, now)
            elif not await Person.filter(id=person.id, **contact.where).exists():
                raise codes.Spent
    except IntegrityError:
        raise Invalid.because(
            {}, form=_("Another account has this address or number. Sign in there, or use another.")
        ) from None
    return row.data.get("next", "")


async def _take(person: int, contact: Contact, now: datetime) -> None:
    """Put a proven contact in place, in the caller's transaction; tell the contacts from before."""
    await _release(person, contact, now)
    before = await Person.get(id=person)
    old = getattr(before, contact.column)
    if old == contact.value:
        return
    others = [Contact.of(value) for value in (before.email, before.phone) if value]
    await Person.filter(id=person).update(**contact.where)
    await Person.filter(id=person, confirmed_at=None).update(confirmed_at=now)
    await ways.void_links(person, now)
    verb = "contact_replaced" if old else "contact_added"
    await audit.record(Actor.person(person), verb, f"person:{person}", now=now, details={"kind": contact.kind.value})
    await _announce(before, others, now)


async def _release(person: int, contact: Contact, now: datetime) -> None:
    """Take the contact from accounts that were asked for with it and never confirmed: nobody has proven it before."""
    waiting = Person.filter(confirmed_at=None, **contact.where).exclude(id=person)
    for number in await waiting.values_list("id", flat=True):
        # Only while it is unconfirmed: a confirmation at the same moment wins, and the unique column says so.
        if await Person.filter(id=number, confirmed_at=None).update(**{contact.column: None}):
            await Link.filter(person_id=number, used_at=None).update(used_at=now)
            await Code.filter(person_id=number, used_at=None).update(used_at=now)


async def remove(person: Person, kind: Kind, *, now: datetime) -> None:
    """Remove an address or number, unless it is the last: the database decides, however many ask at once."""
    column, other = ("email", "phone") if kind is Kind.MAIL else ("phone", "email")
    async with in_transaction():
        before = await Person.get(id=person.id)
        if getattr(before, column) is None:
            return  # pressed twice
        kept = Person.filter(id=person.id, **{f"{column}__not_isnull": True, f"{other}__not_isnull": True})
        if not await kept.update(**{column: None}):
            raise Invalid.because({}, form=_("This is the only way to reach you. Add another one first."))
        await ways.void_links(person.id, now)
        await audit.record(
            Actor.person(person.id), "contact_removed", f"person:{person.id}", now=now, details={"kind": kind.value}
        )
        await _announce(before, [Contact.of(value) for value in (before.email, before.phone) if value], now)


async def _announce(person: Person, contacts: list[Contact], now: datetime) -> None:
    """Tell every contact that the account had before."""
    with reading(Reader("en" if person.language == "en" else "ar")):
        subject = gettext("How we reach you has changed")
        body = gettext(
            "The address or phone number of your Sawtuna account has just been changed or removed, or a new one added. "
            "If it was not you, write to us at once."
        )
    for contact in contacts:
        kind = "sms" if contact.kind is Kind.PHONE else "mail"
        await mail.post(
            contact.value, "" if kind == "sms" else subject, body, language=person.language, now=now, kind=kind
        )
