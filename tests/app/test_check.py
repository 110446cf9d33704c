"""`sawtuna check`: every misconfiguration is named, with what to do about it."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import socket
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from pydantic import ValidationError
from tortoise import connections

from app import audit, clock, db
from app.check import Finding, check
from app.i18n import Reader, reading
from app.main import FEATURES
from app.models import Job
from app.settings import Settings
from tests.app.database import databases, fresh, migrate, opened

SECRET = "0123456789abcdefghijklmnopqrstuvwxyzABCD"


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """A portal on SQLite in good order."""
    with fresh("sqlite", tmp_path / "portal") as made:
        migrate(made)
        yield made


def look(settings: Settings | ValidationError, now: datetime | None = None) -> list[Finding]:
    async def run() -> list[Finding]:
        from tortoise import context  # noqa: PLC0415 - beside its only use

        try:
            with reading(Reader("en")):
                return await check(settings, FEATURES, now=now)
        finally:
            context._global_context = None

    return asyncio.run(run())


def told(found: list[Finding], level: str = "problem") -> str:
    """What is said at this level, a line a finding."""
    return "\n".join(f"{one.title}: {one.advice}" for one in found if one.level == level)


def changed(settings: Settings, **values: Any) -> Settings:
    """The settings, read again with other values."""
    same = {name: getattr(settings, name) for name in ("data_dir", "database_url", "worker_in_web", "database_pool")}
    return Settings(**{"_env_file": None, **same, **values})


def nobody() -> int:
    """A port at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@databases
def test_a_portal_in_good_order_has_no_problems(tmp_path: Path, kind: str) -> None:
    with fresh(kind, tmp_path / "portal") as settings:
        migrate(settings)
        found = look(settings)
        assert told(found) == ""
        assert told([one for one in found if "free on" not in one.title and "Styles" not in one.title], "warning") == ""
        name = {"sqlite": "SQLite", "postgres": "PostgreSQL"}[kind]
        assert any(name in one.title and one.level == "ok" for one in found)


def test_every_warning_says_what_to_do(settings: Settings) -> None:
    poor = changed(settings, base_url="https://x.example", redis_url="redis://127.0.0.1:1/0", clamav="127.0.0.1:1")
    assert all(one.advice for one in look(poor) if one.level != "ok")


def test_settings_that_cannot_be_read_are_named_without_their_values(tmp_path: Path) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(_env_file=None, data_dir=tmp_path, session_days=9999, secret_key="hush-hush")
    text = told(look(caught.value))
    assert "SAWTUNA_SESSION_DAYS" in text
    with pytest.raises(ValidationError) as caught:
        Settings(_env_file=None, data_dir=tmp_path, secret_key="hush-hush")
    text = told(look(caught.value))
    assert "SAWTUNA_SECRET_KEY" in text
    assert "hush-hush" not in text


def test_a_missing_database_is_not_made_by_looking(tmp_path: Path) -> None:
    with fresh("sqlite", tmp_path / "portal") as settings:
        assert "sawtuna migrate" in told(look(settings))
        assert not settings.sqlite_path.exists()


@databases
def test_missing_migrations_are_named(tmp_path: Path, kind: str) -> None:
    with fresh(kind, tmp_path / "portal") as settings:
        asyncio.run(db.migrate(settings, FEATURES[:1]))
        assert "accounts.0001_initial" in told(look(settings))


def test_a_database_server_that_is_away_is_told(settings: Settings) -> None:
    away = changed(settings, database_url=f"postgres://postgres@127.0.0.1:{nobody()}/x")
    assert "SAWTUNA_DATABASE_URL" in told(look(away))


def test_a_postgres_that_promises_something_else_is_told(tmp_path: Path) -> None:
    with fresh("postgres", tmp_path / "portal") as settings:
        migrate(settings)

        async def alter() -> None:
            connection = await asyncpg.connect(settings.database_url)
            name = settings.database_url.rpartition("/")[2]
            await connection.execute(f"ALTER DATABASE \"{name}\" SET default_transaction_isolation = 'serializable'")
            await connection.close()

        asyncio.run(alter())
        assert "read committed" in told(look(settings))


def test_rows_that_point_nowhere_are_told(settings: Settings) -> None:
    async def spoil() -> None:
        async with opened(settings):
            connection = connections.get("default")
            await connection.execute_query("PRAGMA foreign_keys = OFF")
            await connection.execute_query(
                "INSERT INTO session (token_hash, created_at, expires_at, person_id) VALUES ('x', '', '', 77)"
            )

    asyncio.run(spoil())
    assert "Rows point to rows that are not there" in told(look(settings))


def test_a_folder_that_others_can_read_is_told(settings: Settings) -> None:
    settings.data_dir.chmod(0o755)
    settings.key  # noqa: B018 - made at the first look
    (settings.data_dir / "secret.key").chmod(0o644)
    found = look(settings)
    assert "chmod 600" in told(found)
    assert "secret.key" in told(found)
    assert "chmod 700" in told(found, "warning")


def test_a_data_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("x")
    settings = Settings(_env_file=None, data_dir=tmp_path / "data")
    assert "cannot be written" in told(look(settings))


def test_an_unknown_time_zone_is_told(settings: Settings) -> None:
    with pytest.raises(ValidationError) as refused:
        changed(settings, time_zone="Asia/Babylon")
    assert "Asia/Baghdad" in told(look(refused.value))


def test_a_public_address_in_development_is_told(settings: Settings) -> None:
    text = told(look(changed(settings, base_url="https://voice.example")), "warning")
    assert "SAWTUNA_ENVIRONMENT=production" in text
    assert "SAWTUNA_TRUSTED_PROXIES" in text


def test_a_production_portal_without_mail_is_told(settings: Settings) -> None:
    safe = {"environment": "production", "secret_key": SECRET, "base_url": "https://voice.example"}
    assert "SAWTUNA_SMTP_URL" in told(look(changed(settings, **safe)))
    local = {**safe, "base_url": "https://localhost"}
    assert "SAWTUNA_BASE_URL" in told(look(changed(settings, **local)))


def test_a_mail_server_is_greeted(settings: Settings) -> None:
    controller = Controller(Sink(), hostname="127.0.0.1", port=nobody())
    controller.start()
    try:
        found = look(changed(settings, smtp_url=f"smtp://127.0.0.1:{controller.port}"))
    finally:
        controller.stop()
    assert any("Mail server" in one.title and one.level == "ok" for one in found)
    assert "Mail server" in told(look(changed(settings, smtp_url=f"smtp://127.0.0.1:{nobody()}")))
    with pytest.raises(ValidationError) as refused:
        changed(settings, smtp_url="http://127.0.0.1")
    assert "smtp://" in told(look(refused.value))


@contextlib.asynccontextmanager
async def chatty(line: bytes) -> AsyncIterator[int]:
    """A server that says one line to whoever comes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(line)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield int(server.sockets[0].getsockname()[1])


def test_a_scanner_is_asked_whether_it_is_one(settings: Settings) -> None:
    async def run(line: bytes) -> list[Finding]:
        from tortoise import context  # noqa: PLC0415 - beside its only use

        async with chatty(line) as port:
            with reading(Reader("en")):
                found = await check(changed(settings, clamav=f"127.0.0.1:{port}"), FEATURES)
        context._global_context = None
        return found

    assert told(asyncio.run(run(b"PONG\0"))) == ""
    assert "not ClamAV" in told(asyncio.run(run(b"220 hello\r\n")))
    assert "ClamAV" in told(look(changed(settings, clamav=f"127.0.0.1:{nobody()}")))
    assert "ClamAV" in told(look(changed(settings, clamav="nonsense:port")))


def test_a_bucket_that_is_away_or_half_set_is_told(settings: Settings) -> None:
    address = f"http://127.0.0.1:{nobody()}"
    assert "SAWTUNA_S3_BUCKET" in told(look(changed(settings, s3_endpoint=address)))
    whole = changed(settings, s3_endpoint=address, s3_bucket="b", s3_key="k", s3_secret="s")
    assert f"Store {address}" in told(look(whole))


def test_a_redis_is_asked(settings: Settings, tmp_path: Path) -> None:
    if importlib.util.find_spec("redis") is None:
        assert "sawtuna[redis]" in told(look(changed(settings, redis_url="redis://127.0.0.1:6379/0")))
        pytest.skip("The package redis is not installed, so only its absence was tried.")
    assert "Redis" in told(look(changed(settings, redis_url=f"redis://127.0.0.1:{nobody()}/0")))
    port = nobody()
    options = ["--port", str(port), "--save", "", "--requirepass", "open sesame", "--dir", str(tmp_path)]
    try:
        process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
    except FileNotFoundError:
        pytest.skip("redis-server is not installed, so only a missing server was tried.")
    try:
        until = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            assert time.monotonic() < until
            time.sleep(0.05)
        assert told(look(changed(settings, redis_url=f"redis://:open%20sesame@127.0.0.1:{port}/0"))) == ""
        assert "NOAUTH" in told(look(changed(settings, redis_url=f"redis://127.0.0.1:{port}/0")))
    finally:
        process.terminate()
        process.wait()


@databases
def test_a_worker_that_sleeps_and_jobs_that_were_given_up_are_told(tmp_path: Path, kind: str) -> None:
    now = clock.now()
    with fresh(kind, tmp_path / "portal") as settings:
        migrate(settings)

        async def leave_work() -> None:
            hour = timedelta(hours=1)
            async with opened(settings):
                for number in range(3):
                    await Job.create(name=f"a.{number}", arguments={}, run_at=now - hour)
                await Job.create(name="b.taken", arguments={}, run_at=now - hour, taken_until=now + hour)
                await Job.create(name="c.failed", arguments={}, run_at=now - hour, failed_at=now)
                await Job.create(name="d.done", arguments={}, run_at=now - hour, finished_at=now)
                await Job.create(name="e.later", arguments={}, run_at=now + hour)

        asyncio.run(leave_work())
        found = look(settings, now)
        assert "3 jobs are overdue. Start `sawtuna worker`." in told(found)
        assert "1 job was given up: c.failed" in told(found, "warning")


def test_a_clock_that_runs_behind_is_told(settings: Settings) -> None:
    assert "years behind" in told(look(settings, datetime(1970, 1, 1, tzinfo=UTC)))

    async def note() -> None:
        async with opened(settings):
            await audit.record(audit.SYSTEM, "x", "y", now=clock.now() + timedelta(hours=1))

    asyncio.run(note())
    assert "entries from the future" in told(look(settings))


@contextlib.contextmanager
def answering(status: int, body: bytes = b"{}") -> Iterator[str]:
    """A service that gives the same answer to everything."""

    class Same(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_OPTIONS = do_POST = do_GET  # noqa: N815 - the names that the library looks for

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Same)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_gateway_for_short_messages_that_is_away_or_open_to_all_is_told(settings: Settings) -> None:
    away = changed(settings, sms_url=f"http://127.0.0.1:{nobody()}/send")
    assert "Gateway for short messages" in told(look(away))
    with answering(405) as address:
        assert told(look(changed(settings, sms_url=f"{address}/send", sms_token="token"))) == ""
        assert "SAWTUNA_SMS_TOKEN" in told(look(changed(settings, sms_url=f"{address}/send")), "warning")
    with answering(502) as address:
        assert "502" in told(look(changed(settings, sms_url=f"{address}/send", sms_token="token")))


def test_an_identity_provider_that_is_away_or_calls_itself_something_else_is_told(settings: Settings) -> None:
    client = {"oidc_client_id": "portal", "oidc_client_secret": "x"}
    away = changed(settings, oidc_issuer=f"http://127.0.0.1:{nobody()}", **client)
    assert "does not answer" in told(look(away))
    with answering(200, b'{"issuer": "https://other.example"}') as address:
        assert "does not describe itself" in told(look(changed(settings, oidc_issuer=address, **client)))
        assert "SAWTUNA_OIDC_CLIENT_ID" in told(look(changed(settings, oidc_issuer=address)))
