"""What can be done with roles: end one, hand it over during leave, take it back."""

from collections.abc import Mapping
from datetime import date, datetime, tzinfo

from tortoise.expressions import Q
from tortoise.transactions import in_transaction

from app import audit
from app.accounts.models import Agency, Membership, Person
from app.accounts.queries.roles import place_at
from app.accounts.queries.sessions import grants_of, in_force
from app.accounts.roles import LONGEST_LEAVE, NEVER_HANDED_OVER, WORDS, leave, may_grant
from app.accounts.rules import fold_email
from app.audit import Actor
from app.forms import Invalid
from app.i18n import either, format_date, gettext, in_both
from app.i18n import gettext as _
from app.notices.actions import notify
from app.policy import Place, Role, Who

MINE = "/roles/mine"
THREAD = "roles"


async def must_grant(person: int, role: Role, place: Place, values: Mapping[str, str], now: datetime) -> None:
    """Raise unless the person may give and take this role there now, whatever was true when the page was opened."""
    if not may_grant(Who(person, grants=await grants_of(person, now)), role, place):
        raise Invalid.because(values, form=_("You may not give this role there, and not take it away."))


async def end(number: int, reason: str, *, by: int, now: datetime) -> None:
    """End a role and what stands in for it. Ending what has ended does nothing."""
    async with in_transaction():
        row = await Membership.get(id=number).select_related("agency")
        role = Role(row.role)
        agency: int | None = row.agency_id  # type: ignore[attr-defined]  # Tortoise adds it
        unit: int | None = row.unit_id  # type: ignore[attr-defined]  # Tortoise adds it
        is_last = await _is_last(row, now)
        values = {"reason": reason}
        # Only now: whoever was ended a moment ago has nothing to say any more.
        await must_grant(by, role, await place_at(agency, unit), values, now)
        if is_last:
            raise _last_one(values)
        if not await Membership.filter(id=number, ended_at=None).update(ended_at=now, ended_by=Actor.person(by).text):
            return
        deputies = await _end_deputies(number, by, now)
        await audit.record(
            Actor.person(by),
            "ended_role",
            f"membership:{number}",
            now=now,
            reason=reason,
            details={"role": role, "agency": agency, "person": row.person_id},  # type: ignore[attr-defined]  # Tortoise adds it
        )
        where = row.agency.name if row.agency is not None else None
        for person in [row.person_id, *deputies]:  # type: ignore[attr-defined]  # Tortoise adds it
            await notify(
                person,
                "role.ended",
                title=in_both(lambda: gettext("A role of yours has ended")),
                text=in_both(lambda: f"{role_at(role, where)}. {gettext('Reason:')} {reason}"),
                url=MINE,
                thread=THREAD,
                urgent=True,
                now=now,
            )


async def resign(number: int, reason: str, *, by: int, now: datetime) -> None:
    """Give up a role of one's own, and with it what stands in for it. Giving up what has ended does nothing."""
    async with in_transaction():
        row = await Membership.filter(id=number, person_id=by).first()
        if row is None:
            raise Invalid.because({"reason": reason}, form=_("You do not hold this role any more."))
        if await _is_last(row, now):
            raise _last_one({"reason": reason})
        if not await Membership.filter(id=number, ended_at=None).update(ended_at=now, ended_by=Actor.person(by).text):
            return
        deputies = await _end_deputies(number, by, now)
        agency: int | None = row.agency_id  # type: ignore[attr-defined]  # Tortoise adds it
        details = {"role": row.role, "agency": agency, "deputies": deputies}
        await audit.record(
            Actor.person(by), "resigned_role", f"membership:{number}", now=now, reason=reason, details=details
        )


async def _is_last(row: Membership, now: datetime) -> bool:
    agency: int | None = row.agency_id  # type: ignore[attr-defined]  # Tortoise adds it
    return (
        row.role == Role.ADMINISTRATOR and agency is None and not await others_administer(now, membership=int(row.id))
    )


def _last_one(values: Mapping[str, str]) -> Invalid:
    return Invalid.because(values, form=_("This is the last administrator of the portal. Make another one first."))


def role_at(role: Role, agency: Mapping[str, str] | None) -> str:
    """A role and where it holds, in the reader's language."""
    return f"{gettext(WORDS[role])}, {either(agency) if agency else gettext('the whole portal')}"


async def others_administer(now: datetime, *, membership: int = 0, person: int = 0) -> bool:
    """Whether the whole portal has an administrator without this membership, or without this person.

    In the caller's transaction: two who leave at the same moment are counted one after the other. SQLite has but one
    transaction that writes; elsewhere the second waits for the rows of the first.
    """
    rows = Membership.filter(role=Role.ADMINISTRATOR, agency_id=None, ended_at=None)
    await rows.order_by("id").select_for_update()
    others = in_force(now).filter(
        role=Role.ADMINISTRATOR, agency_id=None, ends_at=None, person__deleted_at=None, person__blocked_at=None
    )
    return await others.exclude(Q(id=membership) | Q(person_id=person)).exists()


async def _end_deputies(number: int, by: int, now: datetime) -> list[int]:
    """End what stands in for a membership; whom that concerns."""
    standing = Membership.filter(Q(ends_at=None) | Q(ends_at__gt=now), stands_in_for_id=number, ended_at=None)
    people = [row["person_id"] for row in await standing.values("person_id")]
    await Membership.filter(stands_in_for_id=number, ended_at=None).update(ended_at=now, ended_by=Actor.person(by).text)
    return people


async def hand_over(
    number: int, email: str, first: date, last: date, *, by: int, zone: tzinfo, now: datetime
) -> Membership:
    """Let a colleague hold a role of one's own for some days, beside oneself."""
    values = {"email": email, "first": first.isoformat(), "last": last.isoformat()}
    async with in_transaction():
        row = await Membership.filter(id=number, person_id=by).select_for_update().first()
        if row is None or not await in_force(now).filter(id=number).exists():
            raise Invalid.because(values, form=_("You do not hold this role any more."))
        role = Role(row.role)
        agency: int | None = row.agency_id  # type: ignore[attr-defined]  # Tortoise adds it
        unit: int | None = row.unit_id  # type: ignore[attr-defined]  # Tortoise adds it
        if role in NEVER_HANDED_OVER:
            raise Invalid.because(values, form=_("Nobody stands in for an administrator. Make a second one instead."))
        if row.stands_in_for_id is not None:  # type: ignore[attr-defined]  # Tortoise adds it
            raise Invalid.because(
                values, form=_("You stand in for somebody yourself. Only they can hand this role over.")
            )
        starts, ends = leave(first, last, zone, now)
        if last < first:
            raise Invalid.because(values, last=_("The last day lies before the first."))
        if ends <= now:
            raise Invalid.because(values, last=_("This day is over."))
        if ends - starts > LONGEST_LEAVE:
            raise Invalid.because(values, last=_("A role can be handed over for a year at most."))
        if row.ends_at is not None and ends > row.ends_at:
            raise Invalid.because(
                values, last=_("Your own role ends on %(day)s, before that day.", day=format_date(row.ends_at))
            )
        colleague = await _colleague(email, agency, by, now)
        if colleague is None:
            raise Invalid.because(values, email=_("No colleague of the same agency has an account with this address."))
        taken = Membership.filter(stands_in_for_id=number, ended_at=None, starts_at__lt=ends, ends_at__gt=starts)
        if await taken.exists():
            raise Invalid.because(values, first=_("Somebody stands in for you on some of these days already."))
        deputy = await Membership.create(
            person=colleague,
            role=role,
            agency_id=agency,
            unit_id=unit,
            starts_at=starts,
            ends_at=ends,
            granted_by=Actor.person(by).text,
            stands_in_for=row,
        )
        await audit.record(
            Actor.person(by),
            "handed_over_role",
            f"membership:{number}",
            now=now,
            details={"deputy": deputy.id, "to": colleague.id, "from": first.isoformat(), "until": last.isoformat()},
        )
        held_at = await Agency.get_or_none(id=agency)
        where = held_at.name if held_at else None
        await notify(
            colleague.id,
            "role.handed_over",
            title=in_both(lambda: gettext("You stand in for a colleague")),
            text=in_both(
                lambda: gettext(
                    "%(role)s, from %(first)s to %(last)s.",
                    role=role_at(role, where),
                    first=format_date(first),
                    last=format_date(last),
                )
            ),
            url=MINE,
            thread=THREAD,
            now=now,
        )
        return deputy


async def _colleague(email: str, agency: int | None, but: int, now: datetime) -> Person | None:
    """Somebody else with a role of their own in the same agency, or in the whole portal where there is none."""
    own = in_force(now).filter(
        agency_id=agency,
        stands_in_for_id=None,
        person__email=fold_email(email),
        person__confirmed_at__not_isnull=True,
        person__deleted_at=None,
        person__blocked_at=None,
    )
    found = await own.exclude(person_id=but).select_related("person").first()
    return found.person if found else None


async def take_back(number: int, *, by: int, now: datetime) -> None:
    """End what stands in for a role of one's own, from now on or before it begins."""
    async with in_transaction():
        if not await Membership.filter(id=number, person_id=by, ended_at=None).exists():
            return
        people = await _end_deputies(number, by, now)
        if not people:
            return
        await audit.record(Actor.person(by), "took_back_role", f"membership:{number}", now=now)
        for person in people:
            await notify(
                person,
                "role.taken_back",
                title=in_both(lambda: gettext("You do not stand in any more")),
                text=in_both(lambda: gettext("Your colleague has taken the role back.")),
                url=MINE,
                thread=THREAD,
                now=now,
            )
