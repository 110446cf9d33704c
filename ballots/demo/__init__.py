"""Invented elections, one in each state: one that a visitor can vote in, one that anybody can verify."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from app.audit import SYSTEM
from app.settings import Settings
from ballots.actions import preparing, running
from ballots.demo import everybody
from ballots.models import Election

DAY = timedelta(days=1)
TRUSTEES = ("سعاد العاني", "Yusuf Hanna", "نوري البصري")
_FEW = tuple((str(number), f"ناخب تجريبي {number}", "", 1) for number in range(1, 9))


def _texts(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"ar": arabic, "en": english} for arabic, english in pairs]


PROJECTS: list[dict[str, Any]] = [
    {
        "question": {"ar": "أي مشروع تنفّذ البلدية أولًا؟", "en": "Which project should the municipality do first?"},
        "answers": _texts(
            ("مكتبة عامة في شارع النهر", "A public library on River Street"),
            ("حديقة في ساحة السوق القديم", "A park on the old market square"),
            ("إنارة الشوارع الشمالية", "Street lights in the north"),
            ("ترميم الجسر الخشبي", "Repair of the wooden bridge"),
        ),
        "min": 1,
        "max": 1,
        "blank": True,
        "shuffle": True,
    },
    {
        "question": {
            "ar": "ما الأيام التي تناسبك لسوق الحي؟ اختر يومًا أو يومين.",
            "en": "Which days suit you for the market? Choose one or two.",
        },
        "answers": _texts(("الخميس", "Thursday"), ("الجمعة", "Friday"), ("السبت", "Saturday")),
        "min": 1,
        "max": 2,
        "blank": False,
        "shuffle": False,
    },
]
YES_NO: list[dict[str, Any]] = [
    {
        "question": {
            "ar": "هل توافق على تعديل نظام المياه؟",
            "en": "Do you agree with the change of the water statute?",
        },
        "answers": _texts(("أوافق", "I agree"), ("لا أوافق", "I do not agree")),
        "min": 1,
        "max": 1,
        "blank": True,
        "shuffle": False,
    }
]
CHAIR: list[dict[str, Any]] = [
    {
        "question": {"ar": "من يرأس مجلس الحي؟", "en": "Who shall chair the quarter's council?"},
        "answers": _texts(
            ("هناء الراوي", "Hanaa Al-Rawi"), ("جورج يعقوب", "George Yaqub"), ("سلمى الكردي", "Salma Al-Kurdi")
        ),
        "min": 1,
        "max": 1,
        "blank": True,
        "shuffle": False,
    }
]

_STATUTE = """نظام المياه: التعديل المقترح (تجريبي)

المادة 4: تُقرأ العدادات كل شهرين بدلًا من كل ستة أشهر، ويحق لكل مشترك أن يعترض على القراءة خلال ثلاثين يومًا.

The water statute: the proposed change (a demonstration)

Article 4: meters are read every two months instead of every six, and every customer may object to a reading within
thirty days.
"""
_COSTS = """المشاريع وكلفتها (تجريبي)

مكتبة عامة في شارع النهر: 120 مليون دينار، 18 شهرًا
حديقة في ساحة السوق القديم: 45 مليون دينار، 8 أشهر
إنارة الشوارع الشمالية: 60 مليون دينار، 5 أشهر
ترميم الجسر الخشبي: 75 مليون دينار، سنة

The projects and what they cost (a demonstration)

A public library on River Street: 120 million dinars, 18 months
A park on the old market square: 45 million dinars, 8 months
Street lights in the north: 60 million dinars, 5 months
Repair of the wooden bridge: 75 million dinars, a year
"""


async def seed(settings: Settings, now: datetime) -> bool:
    """Fill an empty portal; whether there was anything to do."""
    if await Election.exists():
        return False
    await _archived(settings, now)
    await _tallied(settings, now)
    await _decrypting(settings, now)
    await _ready(settings, now)
    await _draft(now)
    await _cancelled(now)
    await _open(settings, now)
    return True


async def _draft(now: datetime) -> None:
    await everybody.drafted(
        title={"ar": "انتخاب ممثلي الآباء", "en": "Election of the parents' representatives"},
        description={"ar": "مسودة: ينتظر الأمناء والقوائم.", "en": "A draft: trustees and lists are waited for."},
        contact="election@demo.example",
        questions=CHAIR,
        voters=_FEW,
        trustees=TRUSTEES,
        opens=now + 10 * DAY,
        closes=now + 20 * DAY,
        created=now - DAY,
    )


async def _ready(settings: Settings, now: datetime) -> None:
    made = await everybody.drafted(
        title={"ar": "استفتاء على نظام المياه", "en": "Referendum on the water statute"},
        description={
            "ar": "يسري التعديل من السنة القادمة إن وافقت الأغلبية.",
            "en": "The change comes into force next year if most agree.",
        },
        contact="election@demo.example",
        questions=YES_NO,
        voters=_FEW,
        trustees=TRUSTEES,
        opens=now + 3 * DAY,
        closes=now + 10 * DAY,
        created=now - DAY,
    )
    title = {"ar": "نص التعديل", "en": "The text of the change"}
    await everybody.with_document(made, settings, "water-statute.txt", title, _STATUTE)
    await everybody.frozen(made, now=now - DAY)


async def _open(settings: Settings, now: datetime) -> None:
    """A visitor can really vote here: the codes stand in the description, as they never would otherwise."""
    made = await everybody.drafted(
        title={"ar": "أولويات المدينة القديمة", "en": "Priorities of the old town"},
        description={"ar": "-", "en": "-"},
        contact="election@demo.example",
        questions=PROJECTS,
        voters=tuple((str(number), f"زائر {number}", "", 1) for number in range(1, 13)),
        trustees=TRUSTEES,
        opens=now - 2 * DAY,
        closes=now + 12 * DAY,
        created=now - 4 * DAY,
    )
    await everybody.with_keys(made, now=now - 3 * DAY)
    await everybody.with_credentials(made, now=now - 3 * DAY)
    title = {"ar": "المشاريع وكلفتها", "en": "The projects and what they cost"}
    await everybody.with_document(made, settings, "projects.txt", title, _COSTS)
    shown = "\n".join(made.codes[str(number)] for number in range(8, 13))
    description = {
        "ar": f"صوّت هنا كما في تصويت حقيقي. رموز تجريبية لك:\n{shown}",
        "en": f"Vote here as in a real vote. Demonstration codes for you:\n{shown}",
    }
    await Election.filter(id=made.id).update(description=description)
    await running.freeze(await made.row(), actor=SYSTEM, now=now - 3 * DAY)
    choices: Sequence[Sequence[Sequence[int]]] = [
        [[0, 1, 0, 0, 0], [1, 0, 0]],
        [[0, 0, 1, 0, 0], [1, 1, 0]],
        [[1, 0, 0, 0, 0], [0, 0, 1]],
        [[0, 1, 0, 0, 0], [0, 1, 1]],
        [[0, 0, 0, 0, 1], [0, 1, 0]],
    ]
    for number, marks in enumerate([*choices, choices[1]], 1):
        moment = now - DAY + timedelta(hours=number)
        await everybody.vote(made, str(min(number, 5)), marks, now=moment, key=settings.key)


async def _decrypting(settings: Settings, now: datetime) -> None:
    made = await everybody.ready(
        title={"ar": "رئاسة مجلس الحي الغربي", "en": "Chair of the western quarter's council"},
        description={
            "ar": "أُغلق التصويت، والأمناء يفتحون حصصهم.",
            "en": "Closed: the trustees are opening their parts.",
        },
        contact="election@demo.example",
        questions=CHAIR,
        voters=_FEW,
        trustees=TRUSTEES,
        opens=now - 8 * DAY,
        closes=now - 2 * timedelta(hours=1),
        now=now - 10 * DAY,
    )
    for number, choice in enumerate((1, 2, 2, 3, 1), 1):
        marks = [[1 if place == choice else 0 for place in range(4)]]
        await everybody.vote(
            made, str(number), marks, now=now - 7 * DAY + number * timedelta(hours=1), key=settings.key
        )
    await everybody.closed(made, settings, now=now - timedelta(hours=1))
    await everybody.decrypted(made, 2, now=now - timedelta(minutes=20))


async def _tallied(settings: Settings, now: datetime) -> None:
    choices = [1] * 11 + [2] * 7 + [3] * 4 + [0] * 2
    await everybody.counted(
        settings,
        [[[1 if place == choice else 0 for place in range(4)]] for choice in choices],
        title={"ar": "رئاسة مجلس الحي الشرقي", "en": "Chair of the eastern quarter's council"},
        description={"ar": "انتخاب لسنتين.", "en": "An election for two years."},
        contact="election@demo.example",
        questions=CHAIR,
        voters=tuple((str(number), f"ناخب تجريبي {number}", "", 1) for number in range(1, 31)),
        trustees=TRUSTEES,
        opens=now - 20 * DAY,
        closes=now - 9 * DAY,
        now=now - 25 * DAY,
    )


async def _archived(settings: Settings, now: datetime) -> None:
    made = await everybody.counted(
        settings,
        [[[0, 1, 0]]] * 5 + [[[0, 0, 1]]] * 2,
        title={"ar": "نظام الحدائق العامة", "en": "Statute of public parks"},
        description={"ar": "استفتاء السنة الماضية.", "en": "Last year's referendum."},
        questions=[
            {
                **YES_NO[0],
                "question": {"ar": "هل توافق على نظام الحدائق؟", "en": "Do you agree with the statute of parks?"},
            }
        ],
        voters=_FEW,
        trustees=TRUSTEES,
        opens=now - 400 * DAY,
        closes=now - 390 * DAY,
        now=now - 410 * DAY,
    )
    await running.archive(await made.row(), actor=SYSTEM, now=now - 380 * DAY)


async def _cancelled(now: datetime) -> None:
    made = await everybody.ready(
        title={"ar": "تسمية الساحة الجديدة", "en": "Name of the new square"},
        description={"ar": "أُلغي قبل الافتتاح: نُقل السؤال إلى مشاورة.", "en": "Cancelled before it opened."},
        questions=YES_NO,
        voters=_FEW,
        trustees=TRUSTEES,
        opens=now + DAY,
        closes=now + 2 * DAY,
        now=now - 6 * DAY,
    )
    reason = "صار السؤال مشاورة. The question has become a consultation."
    await preparing.cancel(await made.row(), reason, actor=SYSTEM, now=now - 5 * DAY)
