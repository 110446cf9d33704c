"""What can be done with the identity of another provider: go there, come back, link, unlink."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from app import audit, ids
from app.accounts.actions import ways
from app.accounts.models import Ceremony, Identity, Person
from app.accounts.oidc import LONGEST, Claims
from app.audit import Actor
from app.forms import Invalid
from app.i18n import gettext as _
from app.i18n import reader

KIND = "oidc"


class Gone(Exception):
    """A visit to the provider that did not begin in this browser, took too long, or was used."""


class MailTaken(Exception):
    """An account has this mail address already: whoever owns it must sign in there first and link."""


class Shut(Exception):
    """The account is closed to whoever comes."""


class OfAnother(Exception):
    """The identity belongs to another account."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A visit to the provider. `browser` goes into a cookie, the rest to the provider."""

    state: str
    browser: str
    nonce: str
    verifier: str


async def begin(*, person: int | None, next_path: str, now: datetime) -> Begun:
    """Begin a visit; with a person to link the identity, without to sign in."""
    begun = Begun(ids.token(), ids.token(), ids.token(), secrets.token_urlsafe(48))
    await Ceremony.create(
        token_hash=ids.token_hash(begun.state),
        kind=KIND,
        person_id=person,
        data={
            "browser": ids.token_hash(begun.browser),
            "nonce": begun.nonce,
            "verifier": begun.verifier,
            "next": next_path,
        },
        expires_at=now + LONGEST,
    )
    return begun


async def come_back(state: str, browser: str, now: datetime) -> Ceremony:
    """Take a visit, once, in the browser in which it began."""
    stored = ids.token_hash(state)
    visit = await Ceremony.get_or_none(token_hash=stored, kind=KIND)
    if visit is None or not hmac.compare_digest(visit.data["browser"], ids.token_hash(browser)):
        raise Gone
    if not await Ceremony.filter(token_hash=stored, used_at=None, expires_at__gt=now).update(used_at=now):
        raise Gone
    return visit


async def enter(claims: Claims, issuer: str, *, now: datetime) -> Person:
    """The account of an identity; a new one, if neither the identity nor its verified address belongs to anybody.

    An address that belongs to an account is never enough to get in: providers and mail hosts make mistakes.
    """
    try:
        return await _enter(claims, issuer, now)
    except IntegrityError:  # somebody was faster, probably the same person with two clicks
        return await _enter(claims, issuer, now)


async def _enter(claims: Claims, issuer: str, now: datetime) -> Person:
    known = await Identity.filter(issuer=issuer, subject=claims.subject).select_related("person").first()
    if known is not None:
        if ways.is_shut(known.person):
            raise Shut
        await Identity.filter(id=known.id).update(last_used_at=now)
        return known.person
    async with in_transaction():
        person = await _made(claims, now)
        await Identity.create(person=person, issuer=issuer, subject=claims.subject, created_at=now, last_used_at=now)
        return person


async def _made(claims: Claims, now: datetime) -> Person:
    name = claims.name or _("No name yet")
    waiting = await Person.get_or_none(email=claims.email) if claims.email else None
    if waiting is not None:
        # Asked for and never confirmed: nobody's yet. The address is proven now, and the links from before are void.
        if not await Person.filter(id=waiting.id, confirmed_at=None).update(confirmed_at=now, name=name):
            raise MailTaken
        await ways.void_links(waiting.id, now)
        await audit.record(Actor.person(waiting.id), "confirmed", f"person:{waiting.id}", now=now, details={"by": KIND})
        return await Person.get(id=waiting.id)
    person = await Person.create(
        email=claims.email,
        name=name,
        password=ways.NO_PASSWORD,
        language=reader().language,
        created_at=now,
        confirmed_at=now if claims.email else None,
    )
    await audit.record(Actor.person(person.id), "signed_up", f"person:{person.id}", now=now, details={"by": KIND})
    return person


async def link(person: Person, claims: Claims, issuer: str, *, now: datetime) -> None:
    """Let an identity open this account too."""
    known = await Identity.get_or_none(issuer=issuer, subject=claims.subject)
    if known is None:
        try:
            async with in_transaction():
                await Identity.create(person=person, issuer=issuer, subject=claims.subject, created_at=now)
                await audit.record(Actor.person(person.id), "identity_linked", f"person:{person.id}", now=now)
                return
        except IntegrityError:
            known = await Identity.get(issuer=issuer, subject=claims.subject)
    if known.person_id != person.id:  # type: ignore[attr-defined]  # Tortoise adds it
        raise OfAnother


async def unlink(person: Person, identity: int, *, now: datetime) -> None:
    """Let an identity open this account no more; refused while there is no other way in."""
    if person.confirmed_at is None:
        raise Invalid.because({}, form=_("This is the only way into your account. Confirm an address or number first."))
    async with in_transaction():
        if await Identity.filter(id=identity, person_id=person.id).delete():
            await audit.record(Actor.person(person.id), "identity_unlinked", f"person:{person.id}", now=now)
