"""Mails and short messages: written into the outbox with the change, sent by a job.

Without an SMTP server they stay in the outbox, which the development mailbox page shows. Short messages go through
`ShortMessages`, a seam for a country's own gateway (`app.short_messages` has one that speaks HTTP).
"""

from datetime import datetime
from email import policy
from email.headerregistry import HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib

from app import ids, jobs
from app.limits import is_local
from app.models import Message
from app.settings import Settings

SEND = "kernel.send_message"


class _Whole(UnstructuredHeader):
    """A header that is one long address: folding it would encode it, and mail programs would not know it any more."""

    def fold(self, *, policy: policy.Policy) -> str:
        """The header as one line."""
        return f"{self.name}: {self}{policy.linesep}"  # type: ignore[attr-defined]  # the registry mixes BaseHeader in


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _Whole)  # type: ignore[arg-type]  # it mixes BaseHeader in itself
_POLICY = policy.default.clone(header_factory=_HEADERS)


class ShortMessages(Protocol):
    """A gateway for short messages."""

    async def send(self, number: str, text: str, *, identifier: str) -> None:
        """Hand over one message, or raise to be asked again later; the identifier is that of the first attempt."""


async def post(
    recipient: str,
    subject: str,
    body: str,
    *,
    language: str,
    now: datetime,
    kind: str = "mail",
    unsubscribe: str | None = None,
) -> Message:
    """Put a message into the outbox and ask for it to be sent, inside the caller's transaction.

    `unsubscribe` is the address at which one POST stops such mails (RFC 8058).
    """
    message = await Message.create(
        kind=kind,
        recipient=_line(recipient),
        subject=_line(subject)[:300],
        body=body,
        language=language,
        created_at=now,
        list_unsubscribe=_line(unsubscribe) if unsubscribe else None,
    )
    await jobs.enqueue(SEND, now=now, message=message.id)
    return message


def _line(text: str) -> str:
    """One line: what could end a header ends it no more."""
    return " ".join(text.split())


class Outbox:
    """Sends what is in the outbox."""

    def __init__(self, settings: Settings, short_messages: ShortMessages | None = None) -> None:
        self._settings = settings
        self._short_messages = short_messages

    async def send(self, message: int, now: datetime) -> None:
        """Send one message; quiet when it was sent before or when there is no server to send it by."""
        row = await Message.get(id=message)
        if row.sent_at is not None:
            return
        try:
            if row.kind == "sms":
                if self._short_messages is None:
                    return
                identifier = f"{row.id}-{self._mark(row)}"
                await self._short_messages.send(row.recipient, row.body, identifier=identifier)
            else:
                if not self._settings.smtp_url:
                    return
                await self._deliver(row, now)
        except Exception as error:
            await Message.filter(id=row.id).update(error=type(error).__name__)
            raise
        # What was in it may open an account.
        await Message.filter(id=row.id).update(sent_at=now, body="", list_unsubscribe=None, error="")

    def _mark(self, row: Message) -> str:
        """What tells a message from one with the same number in another portal, or after a restore."""
        return ids.keyed_hash(self._settings.key, "message", f"{row.id}|{row.created_at.isoformat()}")[:16]

    async def _deliver(self, row: Message, now: datetime) -> None:
        mail = EmailMessage(policy=_POLICY)
        mail["From"] = self._settings.mail_from
        mail["To"] = row.recipient
        mail["Subject"] = row.subject
        mail["Date"] = format_datetime(now)
        # The same identifier at every attempt lets the receiving side drop a second copy.
        mail["Message-ID"] = f"<outbox-{row.id}-{self._mark(row)}@{self._settings.host}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail["Content-Language"] = row.language
        if row.list_unsubscribe:
            mail["List-Unsubscribe"] = f"<{row.list_unsubscribe}>"
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail.set_content(row.body)
        server = urlsplit(self._settings.smtp_url)
        await aiosmtplib.send(
            mail,
            sender=self._settings.mail_from,
            recipients=[row.recipient],
            hostname=server.hostname,
            port=server.port,
            username=unquote(server.username) if server.username else None,
            password=unquote(server.password) if server.password else None,
            use_tls=server.scheme == "smtps",
            start_tls=None if server.scheme == "smtps" or is_local(server.hostname) else True,
            timeout=30,
        )
