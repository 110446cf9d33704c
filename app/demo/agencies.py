"""Agencies that live: units, a calendar with days off, a document, one that was renamed and one that was merged."""

import io
from datetime import datetime, timedelta

from starlette.datastructures import UploadFile

from app.accounts.actions import agencies, calendars, documents, structure, units
from app.accounts.calendars import WorkingCalendar
from app.accounts.forms.agencies import DocumentTitled, Founding, Renaming, UnitNamed
from app.accounts.models import Agency, AgencyChange, Membership, Person
from app.attachments import accept, store_for
from app.audit import SYSTEM
from app.policy import Role
from app.settings import Settings

COORDINATOR = "coordinator@demo.example"

_UNITS = (
    ("water-capital", "قسم الشبكات", "Water mains"),
    ("water-capital", "قسم نوعية الماء", "Water quality"),
    ("water-capital", "قسم العدادات والفواتير", "Meters and bills"),
    ("old-town", "قسم النظافة", "Cleaning"),
    ("old-town", "قسم رخص البناء", "Building permits"),
)
_DAYS_OFF = (
    (9, {"ar": "يوم الصيانة السنوية", "en": "Annual maintenance day"}),
    (24, {"ar": "عيد المدينة", "en": "Day of the city"}),
)
_CHARTER = """ميثاق خدمة دائرة ماء العاصمة

نصلح الكسر في الشبكة خلال يومَي عمل، ونجيب عن الشكوى من نوعية الماء خلال خمسة أيام عمل.
قراءة العداد مجانية، ونقله بأجر معلن في الدائرة.

Service charter of the Capital Water Directorate

We mend a broken main within two working days and answer a complaint about the quality of water within five.
Reading a meter is free; moving one costs what the directorate has published.
"""


async def seed(now: datetime) -> None:
    """Fill an empty portal; the agencies and people of the demonstration are there by now."""
    capital, town = await Agency.get(slug="water-capital"), await Agency.get(slug="old-town")
    for slug, arabic, english in _UNITS:
        agency = capital if slug == capital.slug else town
        await units.add(agency, UnitNamed(name_ar=arabic, name_en=english), actor=SYSTEM, now=now)
    today = now.date()
    hours = {day: [["08:00", "14:00"]] for day in ("sun", "mon", "tue", "wed")} | {"thu": [["08:00", "12:00"]]}
    days_off = {(today + timedelta(days=days)).isoformat(): name for days, name in _DAYS_OFF}
    calendar = WorkingCalendar.parse("Asia/Baghdad", hours, days_off)
    water = await Agency.get(slug="water")
    await calendars.put(water, calendar, today, 0, actor=SYSTEM, today=today, now=now)
    await _rename(town, now)
    await _merge(capital, now)
    citizen = await Person.get(email="citizen@demo.example")
    coordinator, _made = await Person.get_or_create(
        {"name": "نور الجبوري", "password": citizen.password, "created_at": now, "confirmed_at": now},
        email=COORDINATOR,
    )
    if not await Membership.filter(person=coordinator, role=Role.COORDINATOR, agency=water).exists():
        await Membership.create(
            person=coordinator,
            role=Role.COORDINATOR,
            agency=water,
            starts_at=now,
            granted_by=SYSTEM.text,
            reason="demonstration",
        )


async def _rename(town: Agency, now: datetime) -> None:
    """The municipality was called otherwise, and its old address still leads to it."""
    before = dict(town.name)
    await Agency.filter(id=town.id).update(name={"ar": "أمانة المدينة", "en": "City Council"}, slug="city-council")
    town = await Agency.get(id=town.id)
    form = Renaming(
        name_ar=before["ar"],
        name_en=before["en"],
        slug="old-town",
        kind=town.kind,
        reason="القرار ١٤ لسنة ٢٠٢٥",
        version=town.version,
    )
    await agencies.rename(town, form, actor=SYSTEM, now=now)
    await _long_ago(town, now - timedelta(days=400))


async def _merge(capital: Agency, now: datetime) -> None:
    """A directorate of sewage became part of the directorate of water."""
    founding = Founding(
        name_ar="دائرة مجاري العاصمة",
        name_en="Capital Sewage Directorate",
        slug="sewage-capital",
        kind="directorate",
        parent="water",
    )
    sewage = await agencies.create(founding, actor=SYSTEM, now=now)
    await units.add(sewage, UnitNamed(name_ar="قسم المجاري", name_en="Sewers"), actor=SYSTEM, now=now)
    fresh = await Agency.get(id=capital.id)
    reason = "القرار ٢٢ لسنة ٢٠٢٥"
    await structure.merge(sewage, fresh, (sewage.version, fresh.version), reason, actor=SYSTEM, now=now)
    await _long_ago(sewage, now - timedelta(days=200))
    await _long_ago(capital, now - timedelta(days=200))


async def _long_ago(agency: Agency, at: datetime) -> None:
    await AgencyChange.filter(agency_id=agency.id).update(at=at)


async def give_document(settings: Settings, now: datetime) -> None:
    """A service charter, taken in as any file is."""
    capital = await Agency.get(slug="water-capital")
    upload = UploadFile(io.BytesIO(_CHARTER.encode()), filename="service-charter.txt")
    file = await accept(upload, settings=settings, store=store_for(settings), now=now)
    title = DocumentTitled(title_ar="ميثاق الخدمة", title_en="Service charter")
    await documents.add(capital, title, file, "service-charter.txt", actor=SYSTEM, now=now)
