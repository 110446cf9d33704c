"""A company that waits to be checked, and an association for which the demonstration's citizen acts."""

from datetime import datetime, timedelta

from app.accounts.models import Organization, Person, Representative
from app.accounts.powers import POWERS


async def seed(now: datetime) -> None:
    """Both, with their founder."""
    citizen = await Person.get(email="citizen@demo.example")
    for kind, name, number, state in (
        ("association", {"ar": "جمعية أصدقاء النهر", "en": "Friends of the River"}, "J-2019-114", "confirmed"),
        ("company", {"ar": "شركة النخيل للتمور", "en": "Palm Date Company"}, "T-88-4021", "waiting"),
    ):
        made = await Organization.create(
            kind=kind,
            name=name,
            number=number,
            state=state,
            address="شارع الضفاف، العاصمة",
            created_at=now - timedelta(days=3),
            created_by=citizen,
            decided_at=now - timedelta(days=2) if state == "confirmed" else None,
            decided_by="system" if state == "confirmed" else "",
        )
        await Representative.create(
            organization=made,
            person=citizen,
            powers=sorted(POWERS),
            invited_at=now - timedelta(days=3),
            invited_by_id=citizen.id,
            accepted_at=now - timedelta(days=3),
        )
