"""Short messages reach a gateway over HTTP, once, and never anybody else."""

import asyncio
import contextlib
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from app import mail
from app.mail import Outbox
from app.main import worker
from app.models import Job, Message
from app.settings import Settings
from app.short_messages import HttpGateway, NotTaken, gateway_of
from tests.app.portal import SECRET, fresh_database, opened, settings_for

NOW = datetime(2026, 11, 5, 9, 0, tzinfo=UTC)
NUMBER = "+9647701234567"


class Gateway(ThreadingHTTPServer):
    """A gateway of this machine that notes what it is asked."""

    def __init__(self, statuses: list[int]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.statuses = statuses
        self.asked: list[tuple[str, dict[str, str], dict[str, Any]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/send"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        gateway = self.server
        assert isinstance(gateway, Gateway)
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        gateway.asked.append((self.path, headers, json.loads(body)))
        status = gateway.statuses.pop(0) if gateway.statuses else 200
        self.send_response(status)
        if status == 307:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_arguments: Any) -> None:
        """Quiet."""


@contextlib.contextmanager
def gateway(*statuses: int) -> Iterator[Gateway]:
    with Gateway(list(statuses)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def deliver(folder: Path, story: Callable[[Settings], Awaitable[None]], **chosen: Any) -> None:
    async def whole() -> None:
        async with opened(settings):
            await story(settings)

    with fresh_database("sqlite", folder, **chosen) as settings:
        asyncio.run(whole())


def test_a_message_reaches_the_gateway_in_arabic_with_the_token(tmp_path: Path) -> None:
    with gateway() as server:

        async def story(settings: Settings) -> None:
            await mail.post(NUMBER, "", "رمزك 123456\n\n@voice.example #123456", language="ar", now=NOW, kind="sms")
            await worker(settings).drain()
            row = await Message.get()
            assert row.sent_at is not None
            assert row.body == "", "what opened an account is not kept"

        deliver(tmp_path, story, sms_url=server.url, sms_token="a secret")
    [(path, headers, body)] = server.asked
    assert path == "/send"
    assert headers["authorization"] == "Bearer a secret"
    assert headers["content-type"] == "application/json"
    assert body["to"] == NUMBER
    assert body["text"] == "رمزك 123456\n\n@voice.example #123456"
    assert body["id"].startswith("1-")


def test_a_message_that_was_refused_is_sent_again_under_the_same_name(tmp_path: Path) -> None:
    with gateway(500, 200) as server:

        async def story(settings: Settings) -> None:
            row = await mail.post(NUMBER, "", "text", language="en", now=NOW, kind="sms")
            outbox = Outbox(settings, gateway_of(settings))
            with pytest.raises(NotTaken, match="answered 500"):
                await outbox.send(row.id, NOW)
            assert (await Message.get()).error == "NotTaken"
            for _times in range(2):
                await outbox.send(row.id, NOW)
            assert (await Message.get()).error == ""

        deliver(tmp_path, story, sms_url=server.url)
    first, second = (body["id"] for _path, _headers, body in server.asked)
    assert first == second
    assert "authorization" not in server.asked[0][1]


def test_a_redirect_is_not_followed_with_the_token_and_the_code() -> None:
    with gateway(307) as server, pytest.raises(NotTaken, match="307"):
        asyncio.run(HttpGateway(server.url, "a secret").send(NUMBER, "123456", identifier="1"))
    assert [path for path, _headers, _body in server.asked] == ["/send"]


def test_a_gateway_that_is_away_is_asked_later_and_no_number_is_noted(tmp_path: Path) -> None:
    with gateway() as server:
        gone = server.url

    async def story(settings: Settings) -> None:
        await mail.post(NUMBER, "", "123456", language="en", now=NOW, kind="sms")
        await worker(settings).drain()
        job = await Job.get(name=mail.SEND)
        assert job.finished_at is None
        assert job.error.startswith("NotTaken")
        assert NUMBER not in job.error
        assert "123456" not in job.error

    deliver(tmp_path, story, sms_url=gone)


def test_without_a_gateway_a_message_waits_in_the_outbox(tmp_path: Path) -> None:
    async def story(settings: Settings) -> None:
        assert gateway_of(settings) is None
        await mail.post(NUMBER, "", "123456", language="en", now=NOW, kind="sms")
        await worker(settings).drain()
        assert (await Message.get()).sent_at is None

    deliver(tmp_path, story)


@pytest.mark.parametrize("name", ["sms_url", "oidc_issuer"])
def test_in_production_services_are_asked_over_https_only(tmp_path: Path, name: str) -> None:
    safe = {"environment": "production", "secret_key": SECRET, "base_url": "https://voice.example"}
    assert settings_for(tmp_path, **safe, **{name: "https://gateway.example/send"})
    for wrong in ("http://gateway.example/send", "http://127.0.0.1/send", "gateway.example", "file:///etc/passwd"):
        with pytest.raises(ValidationError):
            settings_for(tmp_path, **safe, **{name: wrong})
