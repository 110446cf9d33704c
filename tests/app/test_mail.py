"""Mails: they arrive whole, in Arabic too, and none is lost while the mail server is away."""

import asyncio
import contextlib
import email
import email.policy
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope
from tortoise.transactions import in_transaction

from app import mail
from app.mail import Outbox
from app.main import worker
from app.models import Job, Message
from app.settings import Settings
from tests.app.portal import fresh_database, opened

NOW = datetime(2026, 11, 5, 9, 0, tzinfo=UTC)


class Box:
    """A mail server's other end; `refusals` is how often it says “later” after it has read a mail."""

    def __init__(self, refusals: int = 0) -> None:
        self.letters: list[Envelope] = []
        self.refusals = refusals
        self.passwords: list[Any] = []

    async def handle_DATA(self, _server: SMTP, _session: object, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        self.letters.append(envelope)
        if self.refusals:
            self.refusals -= 1
            return "451 later"
        return "250 kept"

    def authenticator(self, _server: SMTP, _session: object, _envelope: Envelope, _how: str, data: Any) -> AuthResult:
        self.passwords.append(data)
        return AuthResult(success=True)

    def read(self, number: int = -1) -> EmailMessage:
        content = self.letters[number].content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content.replace(b"\r\n", b"\n"), policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        return message


@asynccontextmanager
async def listening(box: Box, **options: Any) -> AsyncIterator[int]:
    """A mail server on this machine."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, hostname="mail.example", loop=loop, **options), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0)


def deliver(tmp_path: Path, story: Callable[[Settings], Awaitable[None]], **chosen: Any) -> None:
    """Run a story on a fresh portal's database."""

    async def whole() -> None:
        async with opened(settings):
            await story(settings)

    with fresh_database("sqlite", tmp_path, mail_from="portal@voice.example", **chosen) as settings:
        asyncio.run(whole())


def with_server(settings: Settings, port: int, **changed: Any) -> Settings:
    return settings.model_copy(update={"smtp_url": f"smtp://127.0.0.1:{port}", **changed})


async def send_one(settings: Settings, box: Box, subject: str, body: str, to: str = "z@example.org") -> EmailMessage:
    async with listening(box) as port:
        row = await mail.post(to, subject, body, language="ar", now=NOW)
        await Outbox(with_server(settings, port)).send(row.id, NOW)
    return box.read()


def test_a_mail_arrives_in_arabic_with_all_its_headers(tmp_path: Path) -> None:
    async def story(settings: Settings) -> None:
        box = Box()
        letter = await send_one(settings, box, "فعّل حسابك", "افتح هذا الرابط:\n\nhttps://voice.example/a?token=x\n")
        assert letter["Subject"] == "فعّل حسابك"
        assert letter.get_content() == "افتح هذا الرابط:\n\nhttps://voice.example/a?token=x\n"
        assert letter["From"] == "portal@voice.example"
        assert letter["To"] == "z@example.org"
        assert letter["Date"].datetime == NOW
        assert letter["Auto-Submitted"] == "auto-generated"
        assert letter["Message-ID"].endswith("@127.0.0.1>")
        assert letter.get_content_type() == "text/plain"
        assert box.letters[0].rcpt_tos == ["z@example.org"]
        assert box.letters[0].mail_from == "portal@voice.example"

    deliver(tmp_path, story)


def test_a_long_link_is_not_broken_on_its_way(tmp_path: Path) -> None:
    async def story(settings: Settings) -> None:
        link = "https://voice.example/account/confirm?token=" + "a-b_c" * 30
        letter = await send_one(settings, Box(), "s", f"افتح:\n{link}\n")
        assert link in letter.get_content()

    deliver(tmp_path, story)


@pytest.mark.parametrize("subject", ["Hello\r\nBcc: everybody@example.org", "Hello\nX: y", "a\x0bb", "a\u2028Bcc: x"])
def test_what_people_typed_starts_no_new_header(tmp_path: Path, subject: str) -> None:
    async def story(settings: Settings) -> None:
        box = Box()
        letter = await send_one(settings, box, subject, "body")
        assert letter["Bcc"] is None
        assert letter["X"] is None
        assert box.letters[0].rcpt_tos == ["z@example.org"]
        assert "\n" not in letter["Subject"]

    deliver(tmp_path, story)


def test_a_recipient_is_one_recipient_whatever_stands_in_it(tmp_path: Path) -> None:
    async def story(settings: Settings) -> None:
        box = Box()
        async with listening(box) as port:
            row = await mail.post("z@example.org\r\nBcc: b@example.org", "s", "b", language="en", now=NOW)
            with contextlib.suppress(Exception):  # refused in any way is as good
                await Outbox(with_server(settings, port)).send(row.id, NOW)
        assert all("b@example.org" not in letter.rcpt_tos for letter in box.letters)

    deliver(tmp_path, story)


def test_a_mail_is_sent_once_however_often_it_is_asked_for(tmp_path: Path) -> None:
    async def story(settings: Settings) -> None:
        box = Box()
        async with listening(box) as port:
            row = await mail.post("z@example.org", "s", "b", language="en", now=NOW)
            outbox = Outbox(with_server(settings, port))
            for _times in range(3):
                await outbox.send(row.id, NOW)
        assert len(box.letters) == 1
        assert (await Message.get()).sent_at == NOW

    deliver(tmp_path, story)


def test_a_mail_waits_while_the_server_is_away_and_goes_out_when_it_is_back(tmp_path: Path) -> None:
    async def story(settings: Settings) -> None:
        box = Box()
        async with listening(box) as port:
            pass
        away = with_server(settings, port)
        await mail.post("z@example.org", "s", "b", language="en", now=NOW)
        await worker(away).drain()
        job, row = await Job.get(name=mail.SEND), await Message.get()
        assert row.sent_at is None
        assert job.finished_at is None
        assert job.error
        assert job.run_at > datetime.now(UTC)
        await Job.all().update(run_at=NOW)
        async with listening(box) as port:
            await worker(with_server(settings, port)).drain()
        assert len(box.letters) == 1
        assert (await Message.get()).sent_at is not None

    deliver(tmp_path, story)


def test_a_second_attempt_is_recognised_as_the_same_mail(tmp_path: Path) -> None:
    async def story(settings: Settings) -> None:
        box = Box(refusals=1)
        async with listening(box) as port:
            await mail.post("z@example.org", "s", "b", language="en", now=NOW)
            for _attempt in range(2):
                await worker(with_server(settings, port)).drain()
                await Job.all().update(run_at=NOW)
        assert len(box.letters) == 2
        assert box.read(0)["Message-ID"] == box.read(1)["Message-ID"]

    deliver(tmp_path, story)


def test_two_mails_are_not_taken_for_one(tmp_path: Path) -> None:
    async def story(settings: Settings) -> None:
        box = Box()
        for _letter in range(2):
            await send_one(settings, box, "s", "b")
        assert box.read(0)["Message-ID"] != box.read(1)["Message-ID"]

    deliver(tmp_path, story)


def test_two_portals_mails_are_not_taken_for_one(tmp_path: Path) -> None:
    identifiers = set()

    async def story(settings: Settings) -> None:
        identifiers.add((await send_one(settings, Box(), "s", "b"))["Message-ID"])

    for name in ("before", "after"):
        deliver(tmp_path / name, story)
    assert len(identifiers) == 2


def test_without_a_server_a_mail_stays_in_the_mailbox(tmp_path: Path) -> None:
    async def story(settings: Settings) -> None:
        await mail.post("z@example.org", "s", "b", language="en", now=NOW)
        await worker(settings).drain()
        row = await Message.get()
        assert row.sent_at is None
        assert row.body == "b"

    deliver(tmp_path, story)


def test_a_mail_is_written_with_the_change_or_not_at_all(tmp_path: Path) -> None:
    async def story(_settings: Settings) -> None:
        with contextlib.suppress(ValueError):
            async with in_transaction():
                await mail.post("z@example.org", "s", "b", language="en", now=NOW)
                raise ValueError("second thoughts")
        assert not await Message.all().count()
        assert not await Job.all().count()

    deliver(tmp_path, story)


def test_what_opens_an_account_is_gone_from_the_database_once_it_was_sent(tmp_path: Path) -> None:
    async def story(settings: Settings) -> None:
        await send_one(settings, Box(), "s", "https://voice.example/account/reset?token=secret")
        assert "secret" not in (await Message.get()).body

    deliver(tmp_path, story)


def test_the_mail_server_s_password_never_travels_in_the_clear_through_a_network(tmp_path: Path) -> None:
    async def story(settings: Settings) -> None:
        box = Box()
        async with listening(box, auth_require_tls=False, authenticator=box.authenticator) as port:
            row = await mail.post("z@example.org", "s", "b", language="en", now=NOW)
            # The name resolves to this machine, but nothing says that it is this machine.
            away = with_server(settings, port, smtp_url=f"smtp://portal:hidden@0x7f.1:{port}")
            with pytest.raises(Exception, match=r"(?i)starttls|tls|resolve|connect"):
                await Outbox(away).send(row.id, NOW)
        assert not box.passwords

    deliver(tmp_path, story)


def test_the_server_on_this_machine_gets_name_and_password_as_they_were_meant(tmp_path: Path) -> None:
    async def story(settings: Settings) -> None:
        box = Box()
        async with listening(box, auth_require_tls=False, authenticator=box.authenticator) as port:
            row = await mail.post("z@example.org", "s", "b", language="en", now=NOW)
            here = with_server(settings, port, smtp_url=f"smtp://portal%40voice:p%2Fw%3A1@127.0.0.1:{port}")
            await Outbox(here).send(row.id, NOW)
        assert [(given.login, given.password) for given in box.passwords] == [(b"portal@voice", b"p/w:1")]

    deliver(tmp_path, story)


class Gateway:
    """A country's gateway for short messages."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    async def send(self, number: str, text: str, *, identifier: str) -> None:
        assert identifier
        self.sent.append((number, text))


def test_short_messages_go_through_the_country_s_own_gateway(tmp_path: Path) -> None:
    async def story(settings: Settings) -> None:
        gateway = Gateway()
        row = await mail.post("07700000000", "", "رمزك ١٢٣", language="ar", now=NOW, kind="sms")
        outbox = Outbox(settings, gateway)
        for _times in range(2):
            await outbox.send(row.id, NOW + timedelta(seconds=1))
        assert gateway.sent == [("07700000000", "رمزك ١٢٣")]

    deliver(tmp_path, story)


def test_a_mail_that_was_given_up_is_shown_as_not_delivered(tmp_path: Path) -> None:
    async def story(settings: Settings) -> None:
        box = Box()
        async with listening(box) as port:
            pass
        await mail.post("z@example.org", "s", "b", language="en", now=NOW)
        for _attempt in range(10):
            await worker(with_server(settings, port)).drain()
            await Job.all().update(run_at=NOW)
        assert (await Job.get(name=mail.SEND)).failed_at is not None
        assert (await Message.get()).error

    deliver(tmp_path, story)
