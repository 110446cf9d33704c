"""Every read of invitations to roles."""

from dataclasses import dataclass
from datetime import datetime

from tortoise.expressions import Q

from app import ids
from app.accounts.invitations import State, state
from app.accounts.models import Invitation, Person
from app.accounts.queries.roles import PER_PAGE, place_at, seen
from app.accounts.roles import NEEDS_A_SECOND, WORDS, Sight
from app.features import Part
from app.i18n import gettext as _
from app.policy import Place, Role, Who, covers

_WITH = ("agency", "unit", "invited_by", "approved_by", "accepted_by")


@dataclass(frozen=True, slots=True)
class Row:
    """An invitation, where it stands and where its role would hold."""

    invitation: Invitation
    state: State
    place: Place

    @property
    def role(self) -> Role:
        """The role that is offered."""
        return Role(self.invitation.role)


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of invitations."""

    rows: list[Row]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """Number of the last page."""
        return max(1, -(-self.total // PER_PAGE))


def _unanswered(now: datetime) -> Q:
    return Q(accepted_at=None, withdrawn_at=None, expires_at__gt=now)


_NOT_WAITING = ~Q(role__in=[str(role) for role in NEEDS_A_SECOND]) | ~Q(approved_at=None)


async def invitations(sight: Sight, now: datetime, *, past: bool = False, page: int = 1) -> Listed:
    """Invitations within sight: those without an answer yet, or those that are over; the newest first."""
    over = ~Q(accepted_at=None) | ~Q(withdrawn_at=None) | Q(expires_at__lte=now)
    query = Invitation.filter(await seen(sight), over if past else _unanswered(now))
    total = await query.count()
    page = min(max(1, page), max(1, -(-total // PER_PAGE)))
    found = await query.order_by("-id").offset((page - 1) * PER_PAGE).limit(PER_PAGE).select_related(*_WITH)
    return Listed([await _row(row, now) for row in found], total, page)


async def _row(row: Invitation, now: datetime) -> Row:
    place = await place_at(row.agency_id, row.unit_id)  # type: ignore[attr-defined]  # Tortoise adds them
    return Row(row, state(row, now), place)


async def invitation(number: int, now: datetime) -> Row | None:
    """One invitation."""
    row = await Invitation.filter(id=number).select_related(*_WITH).first()
    return await _row(row, now) if row else None


async def under(token: str, now: datetime) -> Row | None:
    """The invitation whose link this is, answered or not."""
    if not ids.TOKEN.match(token):
        return None
    row = await Invitation.filter(token_hash=ids.token_hash(token)).select_related(*_WITH).first()
    return await _row(row, now) if row else None


async def for_address(email: str | None, now: datetime) -> list[Row]:
    """Open invitations to an address."""
    if not email:
        return []
    found = await Invitation.filter(_unanswered(now), _NOT_WAITING, email=email).order_by("id").select_related(*_WITH)
    return [await _row(row, now) for row in found]


async def to_approve(who: Who, now: datetime) -> list[Row]:
    """Invitations that wait for the consent of `who`, because somebody else has proposed them."""
    if who.person is None or not who.holds(Role.ADMINISTRATOR):
        return []
    second = [str(role) for role in NEEDS_A_SECOND]
    query = Invitation.filter(_unanswered(now), role__in=second, approved_at=None)
    found = await query.exclude(invited_by_id=who.person).order_by("id").select_related(*_WITH)
    rows = [await _row(row, now) for row in found]
    return [row for row in rows if _may_approve(who, row.place)]


def _may_approve(who: Who, place: Place) -> bool:
    return any(grant.role == Role.ADMINISTRATOR and covers(grant, place) for grant in who.grants)


async def waits(who: Who, now: datetime) -> list[Part]:
    """What waits for somebody: invitations to their address, and proposals for their consent."""
    if who.person is None or who.visit is not None:
        return []
    person = await Person.get(id=who.person)
    mine = await for_address(person.email if person.confirmed_at is not None else None, now)
    return [
        *(
            Part(
                _("You are offered a role: %(role)s", role=_(WORDS[row.role])),
                f"/invitations/{row.invitation.id}",
                _("Invitation"),
            )
            for row in mine
        ),
        *(
            Part(
                _("Somebody is to become an administrator. Do you agree?"),
                f"/invitations/{row.invitation.id}/approve",
                _("Waits for you"),
            )
            for row in await to_approve(who, now)
        ),
    ]
