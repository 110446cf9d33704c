"""Every read of companies and associations."""

from datetime import datetime

from app import ids
from app.accounts.models import Organization, Representative


async def of_person(person: int) -> list[Representative]:
    """The organizations somebody acts for, with what they may do there."""
    return (
        await Representative.filter(person_id=person, ended_at=None, accepted_at__not_isnull=True)
        .select_related("organization")
        .order_by("id")
    )


async def held(person: int, organization: int) -> Representative | None:
    """What somebody may do for an organization; None when nothing."""
    return (
        await Representative.filter(
            person_id=person, organization_id=organization, ended_at=None, accepted_at__not_isnull=True
        )
        .select_related("organization")
        .first()
    )


async def representatives(organization: int) -> list[Representative]:
    """Everybody who acts or was invited to act for it, those who no longer do last."""
    rows = await Representative.filter(organization_id=organization).select_related("person").order_by("id")
    return sorted(rows, key=lambda row: row.ended_at is not None)


async def invitation(token: str, now: datetime) -> Representative | None:
    """An offer to act for an organization that can still be accepted."""
    return (
        await Representative.filter(
            token_hash=ids.token_hash(token), accepted_at=None, ended_at=None, expires_at__gt=now
        )
        .select_related("organization")
        .first()
    )


async def waiting() -> list[Organization]:
    """Those that wait to be checked, the oldest first."""
    return await Organization.filter(state="waiting").select_related("created_by").order_by("id").limit(200)
