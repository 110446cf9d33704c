"""A service centre with an agent, visits that the demonstration's citizen can read, and one that was disputed."""

from datetime import datetime, timedelta
from typing import Any

from app.accounts import visits
from app.accounts.models import Agency, Membership, Person, Visit
from app.accounts.words import searchable
from app.audit import SYSTEM
from app.policy import Role

AGENT, OVERSIGHT = "agent@demo.example", "oversight@demo.example"
ACCOUNTS = ((AGENT, "هدى السعدي"), (OVERSIGHT, "سلام الربيعي"))
ROLES = ((AGENT, Role.CENTRE_AGENT), (OVERSIGHT, Role.OVERSIGHT))

_NAME = {"ar": "مركز خدمة العاصمة", "en": "Capital Service Centre"}
_SUMMARY = {
    "ar": "يساعد من يأتي إليه في استعمال البوابة، ويطابق الحساب مع صاحبه.",
    "en": "Helps whoever comes to use the portal, and compares people with their accounts.",
}


async def seed(now: datetime) -> None:
    """Fill an empty portal; the agencies and people of the demonstration are there by now."""
    citizen = await Person.get(email="citizen@demo.example")
    centre = await Agency.create(
        slug="service-centre",
        kind="office",
        name=_NAME,
        summary=_SUMMARY,
        email="service-centre@demo.example",
        phone="07700000000",
        address={"ar": "شارع الجسر ١٢، العاصمة", "en": "12 Bridge Street, the capital"},
        search=searchable(*_NAME.values(), *_SUMMARY.values()),
    )
    people = {}
    for email, name in ACCOUNTS:
        people[email], _made = await Person.get_or_create(
            {"name": name, "password": citizen.password, "created_at": now, "confirmed_at": now}, email=email
        )
    for email, role in ROLES:
        agency = centre if role is Role.CENTRE_AGENT else None
        if not await Membership.filter(person=people[email], role=role, agency=agency).exists():
            await Membership.create(
                person=people[email],
                role=role,
                agency=agency,
                starts_at=now,
                granted_by=SYSTEM.text,
                reason="demonstration",
            )
    past: tuple[tuple[int, dict[str, Any]], ...] = (
        (1, {"disputed_at": now - timedelta(hours=6), "dispute": "طُلب رمزٌ وصلني وأنا في البيت، ولم أذهب إلى المركز."}),
        (
            20,
            {
                "disputed_at": now - timedelta(days=19),
                "dispute": "اختار الموظف لغة لا أقرؤها.",
                "decided_at": now - timedelta(days=15),
                "decision": "نبّهنا المركز: يُسأل كل زائر عن لغته أولًا. لم يتغير في حسابك شيء.",
            },
        ),
        (40, {}),
    )
    for days, more in past:
        began = now - timedelta(days=days)
        await Visit.create(
            agent=people[AGENT],
            citizen=citizen,
            agency_id=centre.id,
            proof=visits.BY_CODE if days < 40 else visits.BY_IDENTITY,
            note="" if days < 40 else visits.note_of("card", "417"),
            started_at=began,
            expires_at=began + visits.LASTS,
            ended_at=began + timedelta(minutes=12),
            acts=[{"what": "level.raise", "when": (began + timedelta(minutes=4)).isoformat()}],
            **more,
        )
