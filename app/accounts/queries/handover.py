"""What hangs on an agency and would move along when it is merged."""

from dataclasses import dataclass
from datetime import datetime

from tortoise.expressions import Q

from app.accounts.models import Agency, AgencyDocument, Membership, Unit


@dataclass(frozen=True, slots=True)
class Hanging:
    """How many of each."""

    children: int
    units: int
    documents: int
    memberships: int


async def hangs_on(agency: Agency, now: datetime) -> Hanging:
    """What is open, shown or held at this moment."""
    in_force = Q(ended_at=None) & (Q(ends_at=None) | Q(ends_at__gt=now))
    return Hanging(
        await Agency.filter(parent_id=agency.id, closed_at=None).count(),
        await Unit.filter(agency_id=agency.id, closed_at=None).count(),
        await AgencyDocument.filter(agency_id=agency.id, removed_at=None).count(),
        await Membership.filter(in_force, agency_id=agency.id).count(),
    )
