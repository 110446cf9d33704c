"""Deleting an account: what told who somebody was goes, what others must be able to answer for stays without a name."""

from collections.abc import Sequence
from datetime import datetime

from tortoise.transactions import in_transaction

from app import audit, mail
from app.accounts.actions.roles import others_administer
from app.accounts.models import (
    Ceremony,
    Code,
    Device,
    Draft,
    Identity,
    Invitation,
    Link,
    Membership,
    Organization,
    Passkey,
    Person,
    RecoveryCode,
    Representative,
    Session,
    Totp,
    Visit,
)
from app.audit import Actor
from app.features import Feature
from app.forms import Invalid
from app.i18n import Reader, gettext, reading
from app.i18n import gettext as _
from app.models import Message
from app.policy import Role

_OWNED = (Session, Link, Code, Ceremony, Passkey, Totp, RecoveryCode, Identity, Device, Draft)


async def delete(person: Person, features: Sequence[Feature], *, now: datetime) -> list[str]:
    """Delete an account; sentences on what stays, and why. Raises `Invalid` when something must be settled before."""
    async with in_transaction():
        locked = await Person.filter(id=person.id, deleted_at=None).select_for_update().first()
        if locked is None:
            return []
        await _may_go(locked, now)
        stays: list[str] = []
        for feature in features:
            if feature.forget is not None:
                stays += await feature.forget(locked, now)
        stays += await _stays(locked)
        await _say_goodbye(locked, now)
        for model in _OWNED:
            await model.filter(person_id=locked.id).delete()
        contacts = [contact for contact in (locked.email, locked.phone) if contact]
        await Message.filter(recipient__in=contacts, sent_at__not_isnull=True).delete()
        if locked.email:
            await Invitation.filter(email=locked.email, accepted_at=None, withdrawn_at=None).update(
                withdrawn_at=now, withdrawn_by=f"person:{locked.id}"
            )
            await Invitation.filter(email=locked.email).update(email="")
            await Representative.filter(email=locked.email).update(email="")
        await Membership.filter(person_id=locked.id, ended_at=None).update(ended_at=now, ended_by=f"person:{locked.id}")
        await Representative.filter(person_id=locked.id, ended_at=None).update(
            ended_at=now, ended_by=f"person:{locked.id}"
        )
        await Visit.filter(citizen_id=locked.id).update(note="")
        await Person.filter(id=locked.id).update(
            email=None,
            phone=None,
            name="",
            password="",
            register_hash=None,
            matched_at=None,
            seen_at=None,
            confirmed_at=None,
            place="",
            deleted_at=now,
        )
        await audit.record(Actor.person(locked.id), "deleted_account", f"person:{locked.id}", now=now)
        return stays


async def _may_go(person: Person, now: datetime) -> None:
    """Some duties must be handed over first: the portal needs an administrator, an organization somebody."""
    administers = Membership.filter(role=Role.ADMINISTRATOR, agency_id=None, ended_at=None, person_id=person.id)
    if await administers.exists() and not await others_administer(now, person=person.id):
        raise Invalid.because(
            {},
            form=_("You are the last administrator of this portal. Make another one first, then delete your account."),
        )
    for row in await Representative.filter(person_id=person.id, ended_at=None, accepted_at__not_isnull=True):
        others = Representative.filter(
            organization_id=row.organization_id,  # type: ignore[attr-defined]  # Tortoise adds it
            ended_at=None,
            accepted_at__not_isnull=True,
        )
        organization = await Organization.get(id=row.organization_id)  # type: ignore[attr-defined]
        if organization.state != "closed" and not await others.exclude(person_id=person.id).exists():
            raise Invalid.because(
                {},
                form=_("You are the only one who acts for an organization. Invite somebody else or close it first."),
            )


async def _stays(person: Person) -> list[str]:
    stays = [_("The audit trail, which names you by a number only.")]
    if await Membership.filter(person_id=person.id).exists():
        stays.append(_("That somebody held your roles, and when; without your name."))
    if await Representative.filter(person_id=person.id).exists():
        stays.append(_("That somebody acted for the organization, and when; without your name."))
    if await Visit.filter(citizen_id=person.id).exists():
        stays.append(_("What a service centre did in your visits; without your name."))
    return stays


async def _say_goodbye(person: Person, now: datetime) -> None:
    if person.email is None:
        return
    with reading(Reader("en" if person.language == "en" else "ar")):
        subject = gettext("Your account is deleted")
        body = gettext(
            "Your account was deleted at your wish. Nobody can sign in with it any more.\n\n"
            "If it was not you, write to us at once."
        )
    await mail.post(person.email, subject, body, language=person.language, now=now)
