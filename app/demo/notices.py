"""The demonstration's notifications, and something that was written and not sent."""

from datetime import datetime, timedelta

from app import ids
from app.accounts.models import Draft, Person
from app.accounts.policy.drafts import CORRECT
from app.notices.actions import notify
from app.notices.models import Mute, Notification

_TOLD: tuple[tuple[int, str, str, bool, tuple[str, str], tuple[str, str]], ...] = (
    (
        220,
        "agency:buses",
        "/agencies/buses",
        False,
        ("جدول جديد لخط ١٤", "A new timetable of line 14"),
        (
            "يبدأ العمل به يوم الأحد. تقف الحافلة في المحطة القديمة أيضًا.",
            "From Sunday on. The bus stops at the old station too.",
        ),
    ),
    (
        90,
        "agency:old-town",
        "/agencies/old-town",
        False,
        ("ردّت بلدية المدينة القديمة", "The Old Town Municipality has answered"),
        ("أُصلحت إنارة الزقاق، وهذا تقرير الإنجاز.", "The lights of the alley are mended; this is the report."),
    ),
    (
        20,
        "agency:water-capital",
        "/agencies/water-capital",
        True,
        ("دائرة ماء العاصمة تسألك", "The Capital Water Directorate asks you"),
        (
            "من أي ساعة ينقطع الماء؟ يتوقف العدّ حتى تجيب.",
            "From which hour is the water off? The clock is paused until you answer.",
        ),
    ),
    (
        3,
        "",
        "/help",
        False,
        ("أهلًا بك في صوتنا", "Welcome to Sawtuna"),
        (
            "هنا نخبرك بكل ما يعنيك. كيف ومتى، أنت من يختار.",
            "Here we tell you what concerns you. How and when is yours to choose.",
        ),
    ),
)


async def seed(now: datetime) -> None:
    """Tell the demonstration's citizen a few things."""
    citizen = await Person.get(email="citizen@demo.example")
    for hours, thread, url, must_act, title, text in _TOLD:
        row = await notify(
            citizen.id,
            "demonstration",
            title=dict(zip(("ar", "en"), title, strict=True)),
            text=dict(zip(("ar", "en"), text, strict=True)),
            url=url,
            thread=thread,
            must_act=must_act,
            now=now - timedelta(hours=hours),
        )
        # The demonstration's mailbox stays as it is until somebody does something.
        await Notification.filter(id=row.id).update(told_at=now, read_at=now if hours > 100 else None)
    await Mute.create(person=citizen, thread="agency:buses", muted_at=now)
    await Draft.create(
        token_hash=ids.token_hash(ids.token()),
        person=citizen,
        title=CORRECT.says,
        path="/account/details",
        values={"name": ["زينب عبد الله الخالدي"], "language": ["ar"]},
        files=[],
        saved_at=now - timedelta(hours=5),
        expires_at=now + timedelta(days=30),
    )
