"""Telling people: at once, once a day, or not at all; once, however many workers there are."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from app.accounts.models import Person
from app.main import worker
from app.models import Job, Message
from app.notices import actions, telling
from app.notices.actions import notify
from app.notices.models import Mute, Notification, Telling
from app.settings import Settings
from tests.app.portal import DATABASES, fresh_database, opened

NOW = datetime(2026, 11, 5, 9, 0, tzinfo=UTC)
"""Noon in Baghdad."""
BOTH = pytest.mark.parametrize("database", DATABASES)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

Story = Callable[[Settings], Awaitable[None]]


def play(tmp_path: Path, story: Story, database: str = "sqlite", **chosen: Any) -> None:
    """Run a story on a fresh portal's database."""

    async def whole() -> None:
        async with opened(settings):
            await story(settings)

    with fresh_database(database, tmp_path, base_url="https://voice.example", **chosen) as settings:
        asyncio.run(whole())


async def person(number: int = 1, *, chosen: dict[str, Any] | None = None, **more: Any) -> Person:
    values = {"email": f"z{number}@example.org", "name": "زينب", "password": "", "created_at": NOW, "confirmed_at": NOW}
    made = await Person.create(**(values | more))
    if chosen:
        await Telling.create(person=made, **chosen)
    return made


async def tell(to: Person, title: str = "New water hours", *, at: datetime = NOW, **more: Any) -> Notification:
    words = {"title": {"ar": f"عنوان {title}", "en": title}, "text": {"ar": "نص", "en": "From nine on."}}
    return await notify(to.id, more.pop("kind", "answer"), **(words | more), now=at)


async def work(settings: Settings, at: datetime) -> list[Message]:
    """Plan the daily mails and do everything that is due at a moment; the mails that there are then."""
    await telling.plan_digests(settings, at)
    await everything(settings, at)
    return await Message.all().order_by("id")


async def everything(settings: Settings, at: datetime) -> None:
    handlers = worker(settings)._handlers

    async def at_that_time(name: str, arguments: dict[str, Any]) -> None:
        match name:
            case actions.TELL:
                await telling.tell(arguments["notification"], urgent=arguments["urgent"], settings=settings, now=at)
            case telling.DIGEST:
                await telling.send_digest(arguments["person"], settings=settings, now=at)
            case _:
                assert name in handlers

    while jobs := await Job.filter(finished_at=None, run_at__lte=at).order_by("id"):
        for job in jobs:
            await at_that_time(job.name, job.arguments)
            await Job.filter(id=job.id).update(finished_at=at)


# Once a day


@BOTH
def test_once_a_day_everything_comes_in_one_mail_and_nothing_when_there_is_nothing(
    tmp_path: Path, database: str
) -> None:
    async def story(settings: Settings) -> None:
        someone = await person(language="en")
        await tell(someone, "One", thread="agency:1")
        await tell(someone, "Two", must_act=True)
        assert await work(settings, NOW + HOUR) == [], "the hour of today was over when it was written"
        morning = NOW + timedelta(hours=20)  # eight in the morning there
        (mail,) = await work(settings, morning)
        assert mail.subject == "2 new notifications"
        assert mail.body.index("Two") < mail.body.index("One"), "what waits for the person comes first"
        assert len(await work(settings, morning + HOUR)) == 1
        await tell(someone, "Three", at=morning + HOUR)
        assert len(await work(settings, morning + 2 * HOUR)) == 1, "it waits for the next day"
        assert len(await work(settings, morning + DAY)) == 2
        assert len(await work(settings, morning + 2 * DAY)) == 2
        assert not await Notification.filter(told_at=None).exists()

    play(tmp_path, story, database)


@BOTH
def test_several_workers_send_one_daily_mail(tmp_path: Path, database: str) -> None:
    async def story(settings: Settings) -> None:
        people = [await person(number) for number in range(3)]
        for someone in people:
            await tell(someone)
        later = NOW + DAY
        await asyncio.gather(*(telling.plan_digests(settings, later) for _worker in range(3)))
        assert await Job.filter(name=telling.DIGEST).count() == 3
        await asyncio.gather(
            *(
                telling.send_digest(someone.id, settings=settings, now=later + timedelta(microseconds=number))
                for someone in people
                for number in range(4)
            )
        )
        assert await Message.all().count() == 3

    play(tmp_path, story, database)


def test_what_was_read_or_muted_meanwhile_is_not_in_the_mail(tmp_path: Path) -> None:
    async def story(settings: Settings) -> None:
        someone = await person(language="en")
        await actions.read(await tell(someone, "Read"), NOW)
        await tell(someone, "Muted", thread="agency:7")
        await tell(someone, "Security", kind="security")
        await actions.mute(someone.id, "agency:7", NOW)
        await Job.all().delete()  # the one about security failed at once, and is told with the rest
        (mail,) = await work(settings, NOW + DAY)
        assert "Security" in mail.body
        assert "Muted" not in mail.body
        assert "Read" not in mail.body

    play(tmp_path, story)


def test_a_long_list_is_cut_and_says_so(tmp_path: Path) -> None:
    async def story(settings: Settings) -> None:
        someone = await person(language="en")
        for number in range(41):
            await tell(someone, f"No. {number};")
        (mail,) = await work(settings, NOW + DAY)
        assert mail.subject == "41 new notifications"
        assert "No. 29;" in mail.body
        assert "No. 30;" not in mail.body
        assert "11 more stand here: https://voice.example/account/notices\n" in mail.body

    play(tmp_path, story)


def test_nobody_is_told_who_was_never_confirmed_or_is_deleted(tmp_path: Path) -> None:
    async def story(settings: Settings) -> None:
        for number, more in enumerate(({"confirmed_at": None}, {"deleted_at": NOW}, {"email": None})):
            await tell(await person(number, **more), urgent=True)
            await tell(await person(number + 10, **more))
        assert await work(settings, NOW + DAY) == []

    play(tmp_path, story)


# At once


@BOTH
def test_who_wants_to_be_told_at_once_is_told_once(tmp_path: Path, database: str) -> None:
    async def story(settings: Settings) -> None:
        someone = await person(language="en", chosen={"rhythm": "at_once"})
        row = await tell(someone, url="/agencies/water", thread="agency:1")
        assert await Job.filter(name=actions.TELL).count() == 1
        several = (telling.tell(row.id, urgent=False, settings=settings, now=NOW) for _worker in range(4))
        await asyncio.gather(*several)
        (mail,) = await Message.all()
        assert mail.subject == "New water hours"
        assert f"https://voice.example/account/notices/{row.id}" in mail.body
        assert mail.list_unsubscribe is not None
        assert mail.list_unsubscribe in mail.body
        assert len(await work(settings, NOW + DAY)) == 1

    play(tmp_path, story, database)


def test_in_quiet_hours_it_waits_until_they_end(tmp_path: Path) -> None:
    async def story(settings: Settings) -> None:
        night = NOW + timedelta(hours=11)  # eleven in the evening there
        someone = await person(chosen={"rhythm": "at_once", "quiet_from": 22, "quiet_until": 7, "digest_hour": 6})
        await tell(someone, at=night)
        assert await work(settings, night) == []
        (waiting,) = await Job.filter(finished_at=None)
        assert waiting.run_at == datetime(2026, 11, 6, 4, 0, tzinfo=UTC)
        assert await work(settings, waiting.run_at - timedelta(minutes=1)) == [], "nor in a daily mail in that time"
        assert len(await work(settings, waiting.run_at)) == 1

    play(tmp_path, story)


def test_what_concerns_security_comes_at_once_whatever_was_chosen(tmp_path: Path) -> None:
    async def story(settings: Settings) -> None:
        night = NOW + timedelta(hours=11)
        chosen = {"rhythm": "none", "quiet_from": 22, "quiet_until": 7, "stopped_at": NOW}
        someone = await person(language="en", chosen=chosen)
        await Mute.create(person=someone, thread="sign-in", muted_at=NOW)
        row = await tell(someone, "A new sign-in", at=night, kind="security", thread="sign-in")
        assert row.read_at is None
        await tell(someone, "Urgent", at=night, urgent=True)
        await tell(someone, "Not urgent", at=night)
        mails = await work(settings, night)
        assert [mail.subject for mail in mails] == ["A new sign-in", "Urgent"]
        assert [mail.list_unsubscribe for mail in mails] == [None, None]
        assert "unsubscribe" not in mails[0].body
        assert len(await work(settings, night + DAY)) == 2

    play(tmp_path, story)


def test_nothing_is_sent_when_the_change_that_it_tells_of_was_not_made(tmp_path: Path) -> None:
    async def story(settings: Settings) -> None:
        someone = await person()

        async def change() -> None:
            async with in_transaction():
                await tell(someone, urgent=True)
                raise RuntimeError

        with pytest.raises(RuntimeError):
            await change()
        assert await work(settings, NOW) == []
        assert await Notification.all().count() == 0

    play(tmp_path, story)


def test_a_changed_mind_counts_for_what_is_on_its_way(tmp_path: Path) -> None:
    async def story(settings: Settings) -> None:
        someone = await person(chosen={"rhythm": "at_once"})
        await tell(someone)
        await Telling.filter(person_id=someone.id).update(rhythm="daily")
        assert await work(settings, NOW) == []
        assert len(await work(settings, NOW + DAY)) == 1
        await Telling.filter(person_id=someone.id).update(rhythm="at_once")
        await tell(someone, at=NOW + DAY)
        await actions.stop(someone.id, "", NOW + DAY)
        assert len(await work(settings, NOW + 2 * DAY)) == 1

    play(tmp_path, story)


# Where, and in which words


def test_short_messages_go_where_there_is_a_number_and_a_gateway(tmp_path: Path) -> None:
    async def story(settings: Settings) -> None:
        await tell(await person(1, phone="+9647700000001", chosen={"channel": "sms"}), urgent=True)
        await tell(await person(2, phone="+9647700000002", email=None), urgent=True)
        await tell(await person(3, phone="+9647700000003"), urgent=True)
        await tell(await person(4, chosen={"channel": "sms"}), urgent=True)
        sent = [(mail.kind, mail.recipient) for mail in await work(settings, NOW)]
        assert sent == [
            ("sms", "+9647700000001"),
            ("sms", "+9647700000002"),
            ("mail", "z3@example.org"),
            ("mail", "z4@example.org"),
        ]

    play(tmp_path, story)


def test_without_a_gateway_everything_goes_by_mail(tmp_path: Path) -> None:
    async def story(settings: Settings) -> None:
        await tell(await person(1, phone="+9647700000001", chosen={"channel": "sms"}), urgent=True)
        assert [mail.kind for mail in await work(settings, NOW)] == ["mail"]

    play(tmp_path, story, environment="production", secret_key="0123456789abcdefghijklmnopqrstuvwxyzABCD")


@pytest.mark.parametrize("language", ["ar", "en"])
def test_everybody_is_told_in_their_own_language(tmp_path: Path, language: str) -> None:
    async def story(settings: Settings) -> None:
        someone = await person(language=language)
        await tell(someone, urgent=True)
        await tell(someone)
        one, many = await work(settings, NOW + DAY)
        assert one.language == many.language == language
        assert ("عنوان" in one.subject) is (language == "ar")
        assert ("عنوان" in many.body) is (language == "ar")

    play(tmp_path, story)


def test_a_title_cannot_forge_a_header_or_another_entry(tmp_path: Path) -> None:
    async def story(settings: Settings) -> None:
        someone = await person(language="en", chosen={"rhythm": "at_once"})
        evil = {"en": "Hello\r\nBcc: all@example.org\n\n• Your account is blocked\u2028x"}
        await notify(someone.id, "answer", title=evil, text=evil, url="//evil.example", now=NOW)
        (mail,) = await work(settings, NOW)
        assert "\n" not in mail.subject
        assert "\r" not in mail.subject
        await Telling.filter(person_id=someone.id).update(rhythm="daily")
        await notify(someone.id, "answer", title=evil, text=evil, now=NOW)
        digest = (await work(settings, NOW + DAY))[-1]
        assert digest.body.count("\n•") + digest.body.startswith("•") == 1
        assert "evil.example" not in mail.body

    play(tmp_path, story)


# Muting, forgetting


def test_a_muted_thread_is_kept_quietly_unless_the_person_must_act(tmp_path: Path) -> None:
    async def story(settings: Settings) -> None:
        someone = await person(chosen={"rhythm": "at_once"})
        await tell(someone, thread="agency:1")
        await actions.mute(someone.id, "agency:1", NOW)
        await actions.mute(someone.id, "agency:1", NOW)
        quiet = await tell(someone, thread="agency:1")
        must = await tell(someone, thread="agency:1", must_act=True)
        other = await tell(someone, thread="agency:2")
        assert quiet.read_at == NOW
        assert must.read_at is None
        assert other.read_at is None
        assert len(await work(settings, NOW + DAY)) == 1, "of the other thread"
        await actions.unmute(someone.id, "agency:1", NOW)
        assert (await tell(someone, thread="agency:1")).told_at is None

    play(tmp_path, story)


@BOTH
def test_muting_twice_at_once_mutes_once(tmp_path: Path, database: str) -> None:
    async def story(_settings: Settings) -> None:
        someone = await person()
        await asyncio.gather(*(actions.mute(someone.id, "agency:1", NOW) for _click in range(4)))
        await asyncio.gather(*(actions.stop(someone.id, "", NOW) for _click in range(4)))
        assert await Mute.all().count() == 1
        assert await Telling.all().count() == 1

    play(tmp_path, story, database)


def test_old_notifications_go_the_read_ones_first(tmp_path: Path) -> None:
    async def story(_settings: Settings) -> None:
        someone = await person()
        read, unread = await tell(someone), await tell(someone)
        await actions.read(read, NOW)
        await actions.forget_old(NOW + 364 * DAY)
        assert await Notification.all().count() == 2
        await actions.forget_old(NOW + 366 * DAY)
        assert [row.id for row in await Notification.all()] == [unread.id]
        await actions.forget_old(NOW + 731 * DAY)
        assert await Notification.all().count() == 0

    play(tmp_path, story)


def test_a_deleted_account_takes_its_notifications_along(tmp_path: Path) -> None:
    async def story(_settings: Settings) -> None:
        someone, other = await person(1, chosen={"rhythm": "none"}), await person(2)
        await tell(someone, thread="agency:1")
        await tell(other)
        await actions.mute(someone.id, "agency:1", NOW)
        assert await actions.forget(someone, NOW) == []
        assert [await model.all().count() for model in (Notification, Mute, Telling)] == [1, 0, 0]

    play(tmp_path, story)
