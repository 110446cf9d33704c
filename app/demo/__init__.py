"""A demonstration that lives: invented agencies and people, and accounts to sign in with."""

from datetime import datetime

from tortoise.transactions import in_transaction

from app import audit
from app.accounts import passwords
from app.accounts.models import Agency, Membership, Person
from app.accounts.words import searchable
from app.audit import SYSTEM
from app.demo import agencies, centre, contacts, notices, organizations, proofs, roles
from app.policy import Role

PASSWORD = "demonstration only"  # noqa: S105 - printed by `make run`, refused in production
ACCOUNTS = (
    ("citizen@demo.example", "زينب الخالدي", False),
    ("admin@demo.example", "مازن العطار", True),
)

_AGENCIES: tuple[tuple[str, str, str, str, str | None, str, str], ...] = (
    (
        "water",
        "ministry",
        "وزارة المياه والبيئة",
        "Ministry of Water and Environment",
        None,
        "مياه الشرب والأنهر والصرف الصحي وحماية البيئة.",
        "Drinking water, rivers, sewage and the protection of the environment.",
    ),
    (
        "water-capital",
        "directorate",
        "دائرة ماء العاصمة",
        "Capital Water Directorate",
        "water",
        "شبكات الماء ومحطات التنقية في العاصمة.",
        "Water mains and treatment plants in the capital.",
    ),
    (
        "environment-south",
        "directorate",
        "مديرية بيئة الجنوب",
        "Southern Environment Directorate",
        "water",
        "مراقبة الأهوار ونوعية الماء في الجنوب.",
        "Watching over the marshes and the quality of water in the south.",
    ),
    (
        "education",
        "ministry",
        "وزارة التعليم",
        "Ministry of Education",
        None,
        "المدارس ورياض الأطفال والمناهج والامتحانات.",
        "Schools, kindergartens, curricula and examinations.",
    ),
    (
        "education-east",
        "directorate",
        "مديرية تعليم الشرق",
        "Eastern Education Directorate",
        "education",
        "مدارس المحافظات الشرقية وأبنيتها.",
        "The schools of the eastern governorates and their buildings.",
    ),
    (
        "transport",
        "ministry",
        "وزارة النقل والطرق",
        "Ministry of Transport and Roads",
        None,
        "الطرق والجسور والحافلات والقطارات.",
        "Roads, bridges, buses and trains.",
    ),
    (
        "buses",
        "company",
        "الشركة العامة للحافلات",
        "Public Bus Company",
        "transport",
        "خطوط الحافلات ومواعيدها في المدن.",
        "City bus lines and their timetables.",
    ),
    (
        "old-town",
        "municipality",
        "بلدية المدينة القديمة",
        "Old Town Municipality",
        None,
        "النظافة والإنارة والحدائق ورخص البناء في المدينة القديمة.",
        "Cleaning, lighting, parks and building permits in the old town.",
    ),
    (
        "marshes",
        "office",
        "مكتب شؤون الأهوار",
        "",
        "water",
        "يسمع من سكان الأهوار ويتابع مياهها وطرقها المائية.",
        "",
    ),
    (
        "ombudsman",
        "oversight",
        "هيئة الرقابة",
        "Oversight Authority",
        None,
        "تراقب مواعيد الجهات، وتنظر في الاعتراضات.",
        "Watches the deadlines of all agencies and decides on appeals.",
    ),
)


async def seed(now: datetime) -> bool:
    """Fill an empty portal; whether there was anything to do."""
    if await Agency.exists():
        return False
    stored = await passwords.hashed(PASSWORD)
    async with in_transaction():
        made: dict[str, Agency] = {}
        for slug, kind, arabic, english, parent, about_ar, about_en in _AGENCIES:
            made[slug] = await Agency.create(
                slug=slug,
                kind=kind,
                name={"ar": arabic, "en": english} if english else {"ar": arabic},
                summary={"ar": about_ar, "en": about_en} if about_en else {"ar": about_ar},
                parent=made[parent] if parent else None,
                email=f"{slug}@demo.example",
                phone="07700000000",
                address={"ar": "شارع النهر، العاصمة", "en": "River Street, the capital"},
                search=searchable(arabic, english, about_ar, about_en),
            )
        for email, name, is_admin in ACCOUNTS:
            person = await Person.create(email=email, name=name, password=stored, created_at=now, confirmed_at=now)
            if is_admin:
                await Membership.create(
                    person=person,
                    role=Role.ADMINISTRATOR,
                    starts_at=now,
                    granted_by=SYSTEM.text,
                    reason="demonstration",
                )
        await audit.record(SYSTEM, "seeded_demonstration", "portal", now=now)
    await contacts.seed(now)
    await centre.seed(now)
    await notices.seed(now)
    await proofs.seed(now)
    await agencies.seed(now)
    await roles.seed(now)
    await organizations.seed(now)
    return True
