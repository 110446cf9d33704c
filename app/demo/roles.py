"""People with roles, an invitation without an answer, a proposal that waits for consent, and a leave."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.accounts.actions import invitations, roles
from app.accounts.forms.invitations import Invite
from app.accounts.models import Agency, Membership, Person
from app.audit import SYSTEM
from app.policy import Role

OFFICER, SUPERVISOR, SECOND = "officer@demo.example", "supervisor@demo.example", "admin2@demo.example"
COORDINATOR, ZONE = "coordinator@demo.example", ZoneInfo("Asia/Baghdad")

PEOPLE: tuple[tuple[str, str, Role, str | None], ...] = (
    (OFFICER, "ياسر الدليمي", Role.OFFICER, "water"),
    (COORDINATOR, "نور الجبوري", Role.COORDINATOR, "water"),
    (SUPERVISOR, "أمل الحسني", Role.SUPERVISOR, "water"),
    ("moderator@demo.example", "رنا العبيدي", Role.MODERATOR, None),
    ("election@demo.example", "كريم الشمري", Role.ELECTION_ADMINISTRATOR, None),
    ("observer@demo.example", "لمى النجار", Role.OBSERVER, None),
    (SECOND, "ثائر القيسي", Role.ADMINISTRATOR, None),
)
"""Address, name, role, slug of the agency."""


async def seed(now: datetime) -> None:
    """Fill an empty portal; the agencies and people of the demonstration are there by now."""
    citizen = await Person.get(email="citizen@demo.example")
    numbers: dict[str, int] = {}
    for email, name, role, slug in PEOPLE:
        known = {"name": name, "password": citizen.password, "created_at": now, "confirmed_at": now}
        person, _made = await Person.get_or_create(known, email=email)
        numbers[email] = person.id
        agency = await Agency.get(slug=slug) if slug else None
        if not await Membership.filter(person=person, role=role, agency=agency).exists():
            since, reason = now - timedelta(days=40), "demonstration"
            await Membership.create(
                person=person, role=role, agency=agency, starts_at=since, granted_by=SYSTEM.text, reason=reason
            )
    await _invite("newcomer@demo.example", Role.OFFICER, "water-capital", numbers[SUPERVISOR], now)
    await _invite("third@demo.example", Role.ADMINISTRATOR, None, numbers[SECOND], now)
    held = await Membership.get(person_id=numbers[OFFICER], role=Role.OFFICER)
    today = now.astimezone(ZONE).date()
    first, last = today + timedelta(days=3), today + timedelta(days=17)
    await roles.hand_over(held.id, SUPERVISOR, first, last, by=numbers[OFFICER], zone=ZONE, now=now)


async def _invite(email: str, role: Role, slug: str | None, by: int, now: datetime) -> None:
    place = f"a{(await Agency.get(slug=slug)).id}" if slug else "portal"
    form = Invite(email=email, role=role, place=place, reason="demonstration")
    await invitations.invite(form, by=by, base_url="http://127.0.0.1:8000", zone=ZONE, now=now)
