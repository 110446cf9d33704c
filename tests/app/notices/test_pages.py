"""The notification centre, the choice of how one is told, and the link that stops mails."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app import clock
from app.audit import verify
from app.main import worker
from app.models import AuditEntry, Message
from app.notices import links, queries
from app.notices.actions import notify
from app.notices.models import Mute, Notification, Telling
from app.settings import Settings
from tests.app.people import Someone, someone
from tests.app.portal import DATABASES, Portal, fresh_database, fresh_portal, opened, words
from tests.app.test_mail import Box, listening, with_server

NAME = re.compile(r'class="told__title"><a href="[^"]*">([^<]*)')


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal("sqlite", tmp_path) as running:
        yield running


@pytest.fixture
def zainab(portal: Portal) -> Someone:
    return someone(portal, "zainab@example.org")


def tell(person: Someone, title: str = "New water hours", **more: Any) -> int:
    async def told() -> int:
        texts = {"title": {"ar": title, "en": title}, "text": {"en": "From nine on."}}
        return (await notify(person.id, "answer", **(texts | more), now=clock.now())).id

    return person.portal.run(told)


def row(person: Someone, number: int) -> Notification:
    async def read() -> Notification:
        return await Notification.get(id=number)

    return person.portal.run(read)


def telling(person: Someone) -> Telling:
    return person.portal.run(queries.telling, person.id)


def verbs(portal: Portal) -> list[str]:
    async def read() -> list[str]:
        assert (await verify()).broken_at is None
        return [entry.verb for entry in await AuditEntry.all().order_by("number")]

    return portal.run(read)


# The centre


def test_unread_ones_come_first_and_the_masthead_counts_them(zainab: Someone) -> None:
    first, second = tell(zainab, "First"), tell(zainab, "Second", must_act=True)
    page = zainab.get("/account/notices").text
    assert NAME.findall(page) == ["Second", "First"]
    assert "2 unread notifications" in words(page)
    assert zainab.post(f"/account/notices/{second}/read").headers["location"] == "/account/notices"
    page = zainab.get("/account/notices").text
    assert NAME.findall(page) == ["First", "Second"]
    assert "1 unread notifications" in words(page)
    zainab.post("/account/notices/read", until=first)
    assert "unread notifications" not in words(zainab.get("/account/notices").text)


def test_opening_one_marks_it_read_and_leads_where_it_points(zainab: Someone) -> None:
    number = tell(zainab, url="/agencies/water")
    assert zainab.get(f"/account/notices/{number}").headers["location"] == "/agencies/water"
    assert row(zainab, number).read_at is not None


@pytest.mark.parametrize("url", ["", "//evil.example", "https://evil.example", "/\\evil.example", "javascript:1"])
def test_opening_one_never_leads_elsewhere(zainab: Someone, url: str) -> None:
    assert zainab.get(f"/account/notices/{tell(zainab, url=url)}").headers["location"] == "/account/notices"


@pytest.mark.parametrize("number", ["0", "999", "9" * 25])
def test_one_that_is_not_there_is_not_found(zainab: Someone, number: str) -> None:
    assert zainab.get(f"/account/notices/{number}").status_code == 404
    assert zainab.post(f"/account/notices/{number}/read").status_code == 404


def test_nobody_reads_or_changes_what_others_were_told(portal: Portal, zainab: Someone) -> None:
    number = tell(zainab, thread="agency:1")
    omar = someone(portal, "omar@example.org")
    assert omar.get(f"/account/notices/{number}").status_code == 404
    assert omar.post(f"/account/notices/{number}/read").status_code == 404
    omar.post("/account/notices/read", until=number)
    assert omar.post("/account/notices/mute", thread="agency:1").status_code == 404
    assert row(zainab, number).read_at is None
    assert "New water hours" not in omar.get("/account/notices").text
    assert portal.browser().get("/account/notices").headers["location"].startswith("/account/sign-in")


def test_what_arrives_while_one_reads_stays_unread(zainab: Someone) -> None:
    tell(zainab)
    until = re.search(r'name="until" value="(\d+)"', zainab.get("/account/notices").text)
    assert until
    later = tell(zainab, "Later")
    zainab.post("/account/notices/read", until=until[1], next="/account/notices?page=2")
    assert row(zainab, later).read_at is None
    for nonsense in ("", "x", "-1", "9" * 19, "9" * 30):
        assert zainab.post("/account/notices/read", until=nonsense).status_code in {303, 400}


@pytest.mark.parametrize("database", DATABASES)
def test_thousands_are_read_page_by_page_each_once(tmp_path: Path, database: str) -> None:
    with fresh_portal(database, tmp_path) as portal:
        reader, now = someone(portal, "zainab@example.org"), clock.now()

        async def fill() -> None:
            await Notification.bulk_create(
                [
                    Notification(
                        person_id=reader.id,
                        kind="answer",
                        title={"en": f"No. {number}"},
                        text={},
                        created_at=now,
                        read_at=now if number % 3 else None,
                    )
                    for number in range(2_000)
                ],
                batch_size=500,
            )

        portal.run(fill)
        seen = [
            line for page in (1, 26, 27, 80) for line in NAME.findall(reader.get(f"/account/notices?page={page}").text)
        ]
        assert seen[0] == "No. 1998"
        assert len(seen) == len(set(seen)) == 100
        middle = NAME.findall(reader.get("/account/notices?page=27").text)
        numbers = [int(line.removeprefix("No. ")) for line in middle]
        assert [number % 3 == 0 for number in numbers] == [True] * 17 + [False] * 8
        for odd in ("0", "-1", "x", "٨٠", "9" * 30, "81"):
            assert reader.get(f"/account/notices?page={odd}").status_code == 200
        assert "+99" in words(reader.get("/account").text)


def test_a_thread_is_muted_and_heard_again_from_the_list(portal: Portal, zainab: Someone) -> None:
    tell(zainab, "Of the agency", thread="agency:1")
    for _click in range(2):
        answer = zainab.post("/account/notices/mute", thread="agency:1", next="/account/notices?page=1")
        assert answer.headers["location"] == "/account/notices?page=1"
    assert "Of the agency" in words(zainab.get("/account/notices/settings").text)
    assert "Tell me of this again" in zainab.get("/account/notices").text
    assert zainab.post("/account/notices/unmute", thread="agency:1", next="//evil.example").headers["location"] == (
        "/account/notices"
    )
    assert verbs(portal)[-2:] == ["muted", "unmuted"]
    for thread in ("", "agency:2", "x" * 500, "a\0"):
        assert zainab.post("/account/notices/mute", thread=thread).status_code == 404


# How one is told


def choose(person: Someone, **changed: str) -> int:
    chosen = {"channel": "mail", "rhythm": "daily", "digest_hour": "8", "quiet_from": "", "quiet_until": ""}
    return person.post("/account/notices/settings", **(chosen | changed)).status_code


def test_people_choose_how_they_are_told(portal: Portal, zainab: Someone) -> None:
    assert choose(zainab, rhythm="at_once", digest_hour="٩", quiet_from="22", quiet_until="0") == 303
    row = telling(zainab)
    assert (row.rhythm, row.digest_hour, row.quiet_from, row.quiet_until) == ("at_once", 9, 22, 0)
    page = zainab.get("/account/notices/settings?saved=yes").text
    assert "Saved" in words(page)
    assert re.search(r'value="22" selected', page)
    assert verbs(portal)[-1] == "chose_telling"


@pytest.mark.parametrize(
    "changed",
    [
        {"rhythm": "weekly"},
        {"channel": "pigeon"},
        {"channel": "sms"},
        {"digest_hour": "24"},
        {"digest_hour": ""},
        {"quiet_from": "22"},
        {"quiet_until": "7"},
        {"quiet_from": "7", "quiet_until": "7"},
        {"quiet_from": "-1", "quiet_until": "7"},
        {"quiet_from": "22", "quiet_until": "9"},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_with_what_was_typed(zainab: Someone, changed: dict[str, str]) -> None:
    assert choose(zainab, **changed) == 422
    assert telling(zainab).rhythm == "daily"
    page = zainab.post("/account/notices/settings", channel="mail", rhythm="none", digest_hour="25").text
    assert re.search(r'value="none" checked', page)
    assert 'aria-describedby="h-digest_hour e-digest_hour"' in page


# Stopping mails by their link


def letter(person: Someone, **more: Any) -> Message:
    tell(person, **more)

    async def ask() -> Message:
        await worker(person.portal.settings).drain()
        return await Message.all().order_by("-id").first()  # type: ignore[return-value]

    return person.portal.run(ask)


def path_in(message: Message) -> str:
    assert message.list_unsubscribe is not None
    return message.list_unsubscribe.removeprefix("http://127.0.0.1:8000")


def test_the_link_of_a_mail_stops_it_only_when_the_button_is_pressed(portal: Portal, zainab: Someone) -> None:
    choose(zainab, rhythm="at_once")
    path = path_in(letter(zainab))
    stranger = portal.browser(accept_language="en")
    page = stranger.get(path)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert telling(zainab).rhythm == "at_once", "mail scanners open every link"
    assert "zainab" not in page.text.casefold(), "it says nothing of who it is"
    assert stranger.post(path).status_code == 200
    assert telling(zainab).rhythm == "none"
    assert "You have stopped our messages" in words(zainab.get("/account/notices/settings").text)
    assert stranger.post(path).status_code == 200
    assert verbs(portal).count("stopped_mails") == 1
    choose(zainab)
    assert telling(zainab).stopped_at is None


def test_a_mail_program_stops_a_thread_by_one_click(portal: Portal, zainab: Someone) -> None:
    choose(zainab, rhythm="at_once")
    path = path_in(letter(zainab, thread="agency:1"))
    answer = portal.program().post(path, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200

    async def muted() -> list[str]:
        return [mute.thread for mute in await Mute.all()]

    assert portal.run(muted) == ["agency:1"]
    assert telling(zainab).rhythm == "at_once"


def test_another_site_stops_nobodys_mails(portal: Portal, zainab: Someone) -> None:
    path = links.unsubscribe(portal.settings, zainab.id).removeprefix(portal.settings.base_url)
    assert portal.browser(sec_fetch_site="cross-site").post(path).status_code == 403
    assert telling(zainab).rhythm == "daily"


@pytest.mark.parametrize(
    ("person", "thread", "key"),
    [
        ("2", "", None),
        ("1", "agency:2", None),
        ("1", "agency:1", ""),
        ("1", "agency:1", "0" * 64),
        ("01", "agency:1|", None),
        ("١", "agency:1", None),
        ("-1", "agency:1", None),
        ("9" * 30, "agency:1", None),
        ("1", "agency:1" * 40, None),
        ("1", "agency:1", "é"),
    ],
)
def test_a_link_that_was_changed_stops_nothing(portal: Portal, person: str, thread: str, key: str | None) -> None:
    someone(portal, "zainab@example.org")
    whole = links.unsubscribe(portal.settings, 1, "agency:1")
    given = {"p": person, "t": thread, "k": whole.partition("&k=")[2] if key is None else key}
    browser: TestClient = portal.browser()
    assert browser.get("/unsubscribe", params=given).status_code == 404
    assert browser.post("/unsubscribe", params=given).status_code == 404
    assert portal.run(Mute.all().count) == 0


def test_the_link_of_another_portal_stops_nothing_here(portal: Portal, tmp_path: Path) -> None:
    other = portal.settings.model_copy(update={"data_dir": tmp_path / "elsewhere"})
    assert links.holds(portal.settings, "1", "", links.unsubscribe(other, 1).partition("&k=")[2]) is None


def test_a_link_of_somebody_who_is_gone_is_answered_like_any_other(portal: Portal) -> None:
    path = links.unsubscribe(portal.settings, 4711).removeprefix(portal.settings.base_url)
    assert portal.browser().post(path).status_code == 200
    assert portal.run(Telling.all().count) == 0


def test_mail_programs_are_told_how_to_stop_it_in_headers_that_arrive_whole(tmp_path: Path) -> None:
    async def story(settings: Settings) -> None:
        box = Box()
        async with opened(settings), listening(box) as port:
            sending = with_server(settings, port)
            address = links.unsubscribe(sending, 1, "agency:" + "9" * 100)
            from app import mail  # noqa: PLC0415 - beside its use

            await mail.post("z@example.org", "ماء", "نص", language="ar", now=clock.now(), unsubscribe=address)
            await mail.post("z@example.org", "plain", "text", language="en", now=clock.now())
            await worker(sending).drain()
            assert [row.list_unsubscribe for row in await Message.all()] == [None, None], "forgotten once it was sent"
        first, second = box.read(0), box.read(1)
        assert f"List-Unsubscribe: <{address}>".encode() in bytes(box.letters[0].content or b"")
        assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert second["List-Unsubscribe"] is None

    with fresh_database("sqlite", tmp_path, mail_from="portal@voice.example") as settings:
        asyncio.run(story(settings))


# The own page


def test_the_own_page_says_what_waits_and_corrects_name_and_language(portal: Portal, zainab: Someone) -> None:
    tell(zainab, "Answer by Sunday", must_act=True)
    tell(zainab, "Good to know")
    page = words(zainab.get("/account").text.partition("</aside>")[2])
    assert page.index("Answer by Sunday") < page.index("What you take part in") < page.index("Good to know")
    refused = zainab.post("/account/details", name=" ", language="ar")
    assert refused.status_code == 422
    assert "Answer by Sunday" in words(refused.text)
    saved = zainab.post("/account/details", name="Zainab  bint\nAli", language="ar")
    assert saved.headers["location"] == "/account?saved=details#details"
    page = zainab.get("/account?saved=details").text
    assert '<html lang="ar"' in page
    assert portal.people()[0].name == "Zainab bint Ali"
    assert zainab.get("/account/details").status_code == 303
    zainab.post("/account/details", name="Zainab bint Ali", language="ar")
    assert verbs(portal)[-1] == "corrected_details"
    assert verbs(portal).count("corrected_details") == 1


def test_what_is_kept_of_notifications_is_part_of_ones_own_data(portal: Portal, zainab: Someone) -> None:
    tell(zainab, thread="agency:1")
    zainab.post("/account/notices/mute", thread="agency:1")
    choose(zainab)
    held = portal.run(queries.held, zainab.id)
    assert [len(part.rows) for part in held] == [1, 1, 1]
