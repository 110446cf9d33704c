"""What can be done with invitations: send, agree to, send again, withdraw, accept."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo

from tortoise.expressions import Q
from tortoise.transactions import in_transaction

from app import audit, ids, mail
from app.accounts.actions.roles import MINE, THREAD, must_grant, role_at
from app.accounts.forms.invitations import Invite
from app.accounts.invitations import State, state
from app.accounts.models import Agency, Invitation, Membership, Person, Unit
from app.accounts.queries.roles import held, place_at
from app.accounts.queries.sessions import grants_of, in_force
from app.accounts.roles import NEEDS_A_SECOND, OFFER_HOLDS, WORDS, fits_there, leave, may_grant
from app.admin import letters
from app.audit import Actor
from app.forms import Invalid
from app.i18n import Reader, either, format_date, format_datetime, gettext, in_both, reader, reading
from app.i18n import gettext as _
from app.notices.actions import notify
from app.policy import Place, Role, Who, covers

_SECOND = [str(role) for role in NEEDS_A_SECOND]
_UNANSWERED = {"accepted_at": None, "withdrawn_at": None}


async def invite(form: Invite, *, by: int, base_url: str, zone: tzinfo, now: datetime) -> Invitation:
    """Offer a role. That of an administrator waits for the consent of a second one; the others are sent at once."""
    values = {
        "email": form.email,
        "role": str(form.role),
        "place": form.place,
        "until": form.until.isoformat() if form.until else "",
        "reason": form.reason,
    }
    async with in_transaction():
        await Person.filter(id=by).select_for_update().first()  # a double click waits here for the first one
        agency, unit = await _somewhere(form, values)
        if not fits_there(form.role, agency):
            raise Invalid.because(values, place=_("This role is held at an agency. Choose one."))
        place = await place_at(agency, unit)
        if not may_grant(Who(by, grants=await grants_of(by, now)), form.role, place):
            raise Invalid.because(values, place=_("You may not give this role there, and not take it away."))
        until = _until(form.until, zone, values, now)
        same = Invitation.filter(email=form.email, role=form.role, agency_id=agency, unit_id=unit, **_UNANSWERED)
        if await same.filter(expires_at__gt=now).exists():
            raise Invalid.because(values, email=_("This address has an open invitation to this role already."))
        invitation = await Invitation.create(
            email=form.email,
            role=form.role,
            agency_id=agency,
            unit_id=unit,
            role_until=until,
            reason=form.reason,
            invited_by_id=by,
            invited_at=now,
            expires_at=now + OFFER_HOLDS,
        )
        await audit.record(
            Actor.person(by),
            "invited",
            f"invitation:{invitation.id}",
            now=now,
            reason=form.reason,
            details={"role": form.role, "agency": agency, "unit": unit},
        )
        if form.role in NEEDS_A_SECOND:
            await _ask_for_consent(place, by, now)
        else:
            await _send(invitation, base_url, now)
        return invitation


async def _somewhere(form: Invite, values: Mapping[str, str]) -> tuple[int | None, int | None]:
    """The agency and unit that were chosen, if they are there and open."""
    if form.unit is not None:
        unit = await Unit.get_or_none(id=form.unit, closed_at=None)
        if unit is None:
            raise Invalid.because(values, place=_("Choose one of the options."))
        return unit.agency_id, unit.id  # type: ignore[attr-defined]  # Tortoise adds it
    if form.agency is not None and not await Agency.filter(id=form.agency, closed_at=None).exists():
        raise Invalid.because(values, place=_("Choose one of the options."))
    return form.agency, None


def _until(last: date | None, zone: tzinfo, values: Mapping[str, str], now: datetime) -> datetime | None:
    if last is None:
        return None
    _starts, ends = leave(last, last, zone, now)
    if ends <= now:
        raise Invalid.because(values, until=_("This day is over."))
    return ends


async def _ask_for_consent(place: Place, by: int, now: datetime) -> None:
    administrators = await held({Role.ADMINISTRATOR}, now)
    for person in sorted({one.person for one in administrators if covers(one.grant, place)} - {by}):
        await notify(
            person,
            "role.consent",
            title=in_both(lambda: gettext("Somebody is to become an administrator")),
            text=in_both(lambda: gettext("Another administrator has proposed it. It needs your consent as well.")),
            url="/invitations",
            thread=THREAD,
            now=now,
        )


async def _send(invitation: Invitation, base_url: str, now: datetime) -> None:
    """A fresh link by mail; the one before it is void."""
    token = ids.token()
    invitation.token_hash, invitation.expires_at = ids.token_hash(token), now + OFFER_HOLDS
    await invitation.save(update_fields=["token_hash", "expires_at"])
    known = await Person.get_or_none(email=invitation.email)
    language = known.language if known else reader().language
    agency = await _agency(invitation)
    with reading(Reader("en" if language == "en" else "ar", zone=reader().zone)):
        words = {
            "role": gettext(WORDS[Role(invitation.role)]),
            "agency": either(agency.name) if agency else gettext("the whole portal"),
            "until": format_datetime(invitation.expires_at),
        }
    link = f"{base_url}/invitations/open?token={token}"
    subject, body = await letters.compose("invitation", language, link=link, **words)
    await mail.post(invitation.email, subject, body, language=language, now=now)


async def approve(number: int, *, by: int, base_url: str, now: datetime) -> None:
    """Agree to what another administrator has proposed; only now it is sent. Once, by one who did not propose it."""
    async with in_transaction():
        invitation = await Invitation.get(id=number)
        await must_grant(by, Role(invitation.role), await _place(invitation), {}, now)
        open_still = Invitation.filter(id=number, role__in=_SECOND, approved_at=None, expires_at__gt=now, **_UNANSWERED)
        if not await open_still.exclude(invited_by_id=by).update(approved_at=now, approved_by_id=by):
            raise Invalid.because({}, form=_why_not(invitation, by, now))
        invitation = await Invitation.get(id=number)
        await _send(invitation, base_url, now)
        await audit.record(Actor.person(by), "approved_invitation", f"invitation:{number}", now=now)
        await notify(
            invitation.invited_by_id,  # type: ignore[attr-defined]  # Tortoise adds it
            "role.approved",
            title=in_both(lambda: gettext("Your proposal was agreed to")),
            text=in_both(lambda: gettext("The invitation to become an administrator is on its way.")),
            url="/invitations",
            thread=THREAD,
            now=now,
        )


def _why_not(invitation: Invitation, by: int, now: datetime) -> str:
    if state(invitation, now) is not State.WAITING:
        return _("This invitation does not wait for consent any more.")
    if invitation.invited_by_id == by:  # type: ignore[attr-defined]  # Tortoise adds it
        return _("You have proposed this yourself. Another administrator has to agree.")
    return _("Somebody was faster")


async def send_again(number: int, *, by: int, base_url: str, now: datetime) -> None:
    """Send a fresh link, or ask anew for consent; for seven days again."""
    async with in_transaction():
        invitation = await Invitation.filter(id=number).select_for_update().get()
        place = await _place(invitation)
        await must_grant(by, Role(invitation.role), place, {}, now)
        if invitation.accepted_at is not None or invitation.withdrawn_at is not None:
            raise Invalid.because({}, form=_("This invitation is over. Invite anew."))
        await audit.record(Actor.person(by), "sent_invitation_again", f"invitation:{number}", now=now)
        if invitation.role in NEEDS_A_SECOND and invitation.approved_at is None:
            await Invitation.filter(id=number).update(expires_at=now + OFFER_HOLDS)
            await _ask_for_consent(place, by, now)
        else:
            await _send(invitation, base_url, now)


async def withdraw(number: int, *, by: int, now: datetime) -> None:
    """Take an offer back; one that is over stays as it is."""
    async with in_transaction():
        invitation = await Invitation.get(id=number)
        await must_grant(by, Role(invitation.role), await _place(invitation), {}, now)
        actor = Actor.person(by)
        if await Invitation.filter(id=number, **_UNANSWERED).update(withdrawn_at=now, withdrawn_by=actor.text):
            await audit.record(actor, "withdrew_invitation", f"invitation:{number}", now=now)


async def accept(number: int, *, by: int, now: datetime) -> Membership:
    """Take up a role that was offered to one's own address; once, however many try at the same moment."""
    async with in_transaction():
        person = await Person.filter(id=by).select_for_update().get()
        invitation = await Invitation.get(id=number)
        _must_be_for(invitation, person)
        taken = await Invitation.filter(
            Q(approved_at__not_isnull=True) | ~Q(role__in=_SECOND), id=number, expires_at__gt=now, **_UNANSWERED
        ).update(accepted_at=now, accepted_by_id=by)
        if not taken:
            raise Invalid.because({}, form=_("This invitation does not hold any more. Ask whoever invited you."))
        role, place = Role(invitation.role), await _place(invitation)
        for grantor in {invitation.invited_by_id, invitation.approved_by_id} - {None}:  # type: ignore[attr-defined]  # Tortoise adds them
            here = await Person.filter(id=grantor, blocked_at=None, deleted_at=None).exists()
            if not here or not may_grant(Who(grantor, grants=await grants_of(grantor, now)), role, place):
                raise Invalid.because(
                    {}, form=_("Whoever invited you may not give this role any more. Ask for a new invitation.")
                )
        agency: int | None = invitation.agency_id  # type: ignore[attr-defined]  # Tortoise adds it
        unit: int | None = invitation.unit_id  # type: ignore[attr-defined]  # Tortoise adds it
        same = in_force(now).filter(person_id=by, role=role, agency_id=agency, unit_id=unit, stands_in_for_id=None)
        if await same.exists():
            raise Invalid.because({}, form=_("You hold this role there already."))
        membership = await Membership.create(
            person=person,
            role=role,
            agency_id=agency,
            unit_id=unit,
            starts_at=now,
            ends_at=invitation.role_until,
            granted_by=Actor.person(invitation.invited_by_id).text,  # type: ignore[attr-defined]  # Tortoise adds it
            reason=invitation.reason,
        )
        await audit.record(
            Actor.person(by),
            "accepted_invitation",
            f"invitation:{number}",
            now=now,
            details={
                "membership": membership.id,
                "role": role,
                "agency": agency,
                "approved_by": invitation.approved_by_id,  # type: ignore[attr-defined]  # Tortoise adds it
            },
        )
        await _tell(membership, invitation, now)
        return membership


def _must_be_for(invitation: Invitation, person: Person) -> None:
    if person.email != invitation.email:
        raise Invalid.because({}, form=foreign())
    if person.confirmed_at is None:
        raise Invalid.because({}, form=_("Confirm your mail address first."))


def foreign() -> str:
    """What somebody reads who opens an invitation to another address."""
    return _("This invitation went to another mail address. Sign in with the account that has it.")


async def _tell(membership: Membership, invitation: Invitation, now: datetime) -> None:
    """Tell both: the new holder what they hold, whoever invited that it was accepted."""
    agency = await _agency(invitation)
    where = agency.name if agency else None
    role = Role(invitation.role)
    await notify(
        membership.person_id,  # type: ignore[attr-defined]  # Tortoise adds it
        "role.given",
        title=in_both(lambda: gettext("You hold a new role")),
        text=in_both(lambda: role_at(role, where) + _ends(invitation.role_until)),
        url=MINE,
        thread=THREAD,
        urgent=True,
        now=now,
    )
    await notify(
        invitation.invited_by_id,  # type: ignore[attr-defined]  # Tortoise adds it
        "role.accepted",
        title=in_both(lambda: gettext("An invitation was accepted")),
        text=in_both(lambda: role_at(role, where)),
        url="/roles",
        thread=THREAD,
        now=now,
    )


def _ends(until: datetime | None) -> str:
    if until is None:
        return ""
    return gettext(", until %(day)s", day=format_date(until - timedelta(seconds=1)))


async def _place(invitation: Invitation) -> Place:
    return await place_at(invitation.agency_id, invitation.unit_id)  # type: ignore[attr-defined]  # Tortoise adds them


async def _agency(invitation: Invitation) -> Agency | None:
    return await Agency.get_or_none(id=invitation.agency_id)  # type: ignore[attr-defined]  # Tortoise adds it
