"""What can be done with companies and associations: one function a verb, one transaction each."""

from datetime import datetime, timedelta

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from app import audit, ids, mail
from app.accounts.forms.organizations import Decision, Founding, Invite
from app.accounts.models import Organization, Person, Representative, Session
from app.accounts.powers import MANAGE, POWERS
from app.audit import Actor
from app.forms import Invalid
from app.i18n import Reader, gettext, in_both, reader, reading, said
from app.i18n import gettext as _
from app.notices.actions import notify

INVITED = timedelta(days=7)


async def found(form: Founding, *, by: Person, now: datetime) -> Organization:
    """Register an organization; it waits to be checked, and its founder holds every power."""
    name = {"ar": form.name_ar} | ({"en": form.name_en} if form.name_en else {})
    try:
        async with in_transaction():
            made = await Organization.create(
                kind=form.kind,
                name=name,
                number=form.number,
                email=form.email,
                phone=form.phone,
                address=form.address,
                created_at=now,
                created_by=by,
            )
            await Representative.create(
                organization=made,
                person=by,
                powers=sorted(POWERS),
                invited_at=now,
                invited_by_id=by.id,
                accepted_at=now,
            )
            await audit.record(Actor.person(by.id), "organization_founded", f"organization:{made.id}", now=now)
            return made
    except IntegrityError as error:
        raise Invalid.because(
            {name: str(value) for name, value in form.model_dump().items()},
            number=_("There is an account with this number already. Ask those who act for it to invite you."),
        ) from error


async def decide(organization: int, form: Decision, *, by: Person, now: datetime) -> None:
    """Confirm or refuse one that waits. A refused number is free for a new try."""
    if form.verdict == "refused" and len(form.reason) < 3:
        raise Invalid.because(form.model_dump(), reason=_("Say why, so that it can be put right."))
    async with in_transaction():
        values: dict[str, object] = {"state": form.verdict, "decided_at": now, "decided_by": f"person:{by.id}"}
        if not await Organization.filter(id=organization, state="waiting").update(decision=form.reason, **values):
            return  # another administrator was faster
        row = await Organization.get(id=organization)
        if form.verdict == "refused":
            await Organization.filter(id=organization).update(number=f"{row.number[:40]}#{row.id}")
        await audit.record(
            Actor.person(by.id),
            f"organization_{form.verdict}",
            f"organization:{organization}",
            now=now,
            reason=form.reason,
        )
        name = row.name
        title = in_both(
            lambda: (
                gettext("Confirmed: %(name)s", name=said(name).text)
                if form.verdict == "confirmed"
                else gettext("Not confirmed: %(name)s", name=said(name).text)
            )
        )
        text = (
            in_both(lambda: gettext("You can act for it now."))
            if form.verdict == "confirmed"
            else in_both(lambda: form.reason)
        )
        await notify(
            row.created_by_id,  # type: ignore[attr-defined]  # Tortoise adds it
            "organization",
            title=title,
            text=text,
            url=f"/organizations/{organization}",
            thread=f"organization:{organization}",
            now=now,
        )


async def invite(organization: Organization, form: Invite, *, by: Person, base_url: str, now: datetime) -> None:
    """Offer somebody powers for an organization, by a link that holds a week."""
    token = ids.token()
    async with in_transaction():
        row = await Representative.create(
            organization=organization,
            email=form.email,
            token_hash=ids.token_hash(token),
            powers=form.powers,
            invited_at=now,
            invited_by_id=by.id,
            expires_at=now + INVITED,
        )
        await audit.record(
            Actor.person(by.id),
            "representative_invited",
            f"organization:{organization.id}",
            now=now,
            details={"representative": row.id, "powers": form.powers},
        )
        with reading(Reader(reader().language)):
            subject = gettext("Act for %(name)s", name=said(organization.name).text)
            body = gettext(
                "You are invited to act for %(name)s on Sawtuna. Open this link and sign in with this address. "
                "It holds for seven days.\n\n%(link)s\n\nIf you do not know why, do nothing.",
                name=said(organization.name).text,
                link=f"{base_url}/organizations/accept?token={token}",
            )
        await mail.post(form.email, subject, body, language=reader().language, now=now)


async def accept(token: str, *, by: Person, now: datetime) -> int | None:
    """Take an offer, once, with the address it was sent to; the organization, or None when it cannot be taken."""
    async with in_transaction():
        offers = Representative.filter(
            token_hash=ids.token_hash(token), accepted_at=None, ended_at=None, expires_at__gt=now, email=by.email or "-"
        )
        offer = await offers.first()
        if offer is None or by.confirmed_at is None:
            return None
        organization = int(offer.organization_id)  # type: ignore[attr-defined]  # Tortoise adds it
        rows = await _locked(organization)
        if not any(row.person_id == offer.invited_by_id and MANAGE in row.powers for row in rows):  # type: ignore[attr-defined]
            return None  # whoever invited may not any more
        mine = [row for row in rows if row.person_id == by.id]  # type: ignore[attr-defined]
        managers = {row.id for row in rows if MANAGE in row.powers}
        if managers and managers <= {row.id for row in mine} and MANAGE not in offer.powers:
            return None  # the last who decides about powers would be gone
        if not await offers.filter(id=offer.id).update(accepted_at=now, person_id=by.id, token_hash=None):
            return None
        # Somebody who acts for it already gets the new powers instead of the old ones.
        await Representative.filter(id__in=[row.id for row in mine]).update(ended_at=now, ended_by=f"person:{by.id}")
        await audit.record(
            Actor.person(by.id),
            "representative_accepted",
            f"organization:{organization}",
            now=now,
            details={"representative": offer.id},
        )
        return organization


async def _locked(organization: int) -> list[Representative]:
    """Those who act for an organization. Everybody who changes who does waits here for the others."""
    await Organization.filter(id=organization).select_for_update().first()
    return await Representative.filter(
        organization_id=organization, ended_at=None, accepted_at__not_isnull=True
    ).order_by("id")


async def end(organization: int, representative: int, *, by: Person, now: datetime) -> None:
    """End powers or withdraw an offer. Somebody who may decide about powers must remain."""
    async with in_transaction():
        rows = await _locked(organization)
        row = await Representative.get_or_none(id=representative, organization_id=organization, ended_at=None)
        if row is None:
            return
        if [one.id for one in rows if MANAGE in one.powers] == [row.id]:
            raise Invalid.because(
                {}, form=_("Somebody must remain who decides about powers. Invite another one first.")
            )
        await Representative.filter(id=row.id).update(ended_at=now, ended_by=f"person:{by.id}", token_hash=None)
        if row.person_id is not None:  # type: ignore[attr-defined]
            # What the one who goes has offered to others goes too.
            gone: int = row.person_id  # type: ignore[attr-defined]
            offered = Representative.filter(organization_id=organization, invited_by_id=gone, accepted_at=None)
            await offered.filter(ended_at=None).update(ended_at=now, ended_by=f"person:{by.id}", token_hash=None)
            await Session.filter(person_id=gone, acts_for_id=organization).update(acts_for_id=None)
        await audit.record(
            Actor.person(by.id),
            "representative_ended",
            f"organization:{organization}",
            now=now,
            details={"representative": row.id},
        )


async def act_for(session: Session, organization: int | None, *, by: Person, now: datetime) -> None:
    """From now on this browser acts for an organization, or for nobody but its person again."""
    async with in_transaction():
        await Session.filter(token_hash=session.token_hash).update(acts_for_id=organization)
        target = f"organization:{organization or session.acts_for_id}"
        await audit.record(
            Actor.person(by.id), "acts_for_organization" if organization else "acts_as_self", target, now=now
        )
