"""Is everything in order? Every misconfiguration that can be found from here, with what to do about it.

Nothing is changed: no database is made, no message is sent.
"""

import asyncio
import contextlib
import importlib.metadata
import importlib.util
import platform
import sqlite3
import ssl
import stat
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

import aiosmtplib
from pydantic import ValidationError
from tortoise import connections

from app import attachments, backup, clock, db
from app.features import Feature
from app.html import STATIC
from app.i18n import format_number, ngettext
from app.i18n import gettext as _
from app.models import AuditEntry, Job
from app.settings import Settings

Level = Literal["ok", "warning", "problem"]

LEAST_PYTHON = (3, 11)
LEAST_POSTGRES = 13
LEAST_SQLITE = (3, 35)
LEAST_PYNACL = (1, 6, 2)
PATIENCE = 5.0
LATE = timedelta(minutes=5)
CLOCK_SLACK = timedelta(minutes=2)
RELEASED = datetime(2026, 1, 1, tzinfo=UTC)
"""No right clock shows a moment before this version was made."""
LITTLE_ROOM = 5 << 30
NO_ROOM = 512 << 20


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    level: Level
    title: str
    advice: str = ""
    """What to do; empty when all is well."""


async def check(
    settings: Settings | ValidationError, features: Iterable[Feature], *, now: datetime | None = None
) -> list[Finding]:
    """Look at everything; with settings that cannot be read, at those alone."""
    found = [_python(), _libsodium()]
    if isinstance(settings, ValidationError):
        return [*found, *_mistakes(settings)]
    moment = now or clock.now()
    found += [
        *_folder(settings),
        _room(settings),
        _secret(settings),
        _address(settings),
        _proxies(settings),
        _zone(settings),
        _assets(settings),
    ]
    services = await asyncio.gather(
        *(_guarded(probe, settings) for probe in (_smtp, _clamav, _bucket, _redis)), return_exceptions=False
    )
    found += [finding for finding in services if finding is not None]
    return [*found, *await _database(settings, list(features), moment)]


def _mistakes(error: ValidationError) -> list[Finding]:
    """The settings that were refused, never with their values, which may be secret."""
    found = []
    for item in error.errors(include_url=False, include_input=False, include_context=False):
        name = f"SAWTUNA_{item['loc'][0]}".upper() if item["loc"] else _("Settings")
        found.append(Finding("problem", name, item["msg"].removeprefix("Value error, ")))
    return found


# This machine


def _python() -> Finding:
    title = _("Python %(version)s", version=platform.python_version())
    if sys.version_info >= LEAST_PYTHON:
        return Finding("ok", title)
    return Finding("problem", title, _("Python 3.11 or later is needed."))


def _libsodium() -> Finding:
    """PyNaCl carries its libsodium; before 1.6.2 that accepted points outside the group (CVE-2025-69277)."""
    version = importlib.metadata.version("pynacl")
    title = _("libsodium of PyNaCl %(version)s", version=version)
    numbers = tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
    if numbers >= LEAST_PYNACL:
        return Finding("ok", title)
    return Finding("problem", title, _("Install PyNaCl 1.6.2 or later: this one accepts forged ballots."))


def _folder(settings: Settings) -> list[Finding]:
    folder = settings.data_dir
    title = _("Data folder %(path)s", path=folder.resolve())
    if not folder.exists():
        return [Finding("warning", title, _("It does not exist yet; `sawtuna migrate` makes it."))]
    try:
        attachments.try_writing(folder)
    except OSError as error:
        advice = _("It cannot be written to (%(reason)s). Give it to the user that runs the portal.", reason=error)
        return [Finding("problem", title, advice)]
    found = []
    if _others_may(folder):
        found.append(Finding("warning", title, _("Other users of this machine can look into it: chmod 700 it.")))
    found += [
        Finding("problem", title, _("Other users can read %(name)s: chmod 600 it.", name=path.name))
        for path in (folder / "secret.key", settings.sqlite_path)
        if path.exists() and _others_may(path) and (_others_may(folder) or path.name == "secret.key")
    ]
    return found or [Finding("ok", title)]


def _others_may(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def _room(settings: Settings) -> Finding:
    free = attachments.free_bytes(settings.data_dir)
    title = _("%(size)s MB free on the disk of the data folder", size=format_number(free >> 20))
    if free < NO_ROOM:
        return Finding("problem", title, _("Make room now: a full disk stops every change."))
    if free < LITTLE_ROOM:
        return Finding("warning", title, _("Make room: backups need as much again as the data."))
    return Finding("ok", title)


def _secret(settings: Settings) -> Finding:
    title = _("Secret key")
    if settings.secret_key.get_secret_value():
        return Finding("ok", title)
    if (settings.data_dir / "secret.key").exists():
        return Finding("ok", _("Secret key, kept in the data folder"))
    return Finding("ok", _("Secret key, which will be made at the first start"))


def _address(settings: Settings) -> Finding:
    title = _("Address %(address)s", address=settings.base_url)
    local = urlsplit(settings.base_url).hostname in {"localhost", "127.0.0.1", "::1"}
    if settings.environment == "production" and local:
        return Finding("problem", title, _("Nobody else can reach this. Set SAWTUNA_BASE_URL to the public address."))
    if settings.environment == "production" and settings.demo:
        return Finding("warning", title, _("Every page says that this is a demonstration. Set SAWTUNA_DEMO=false."))
    if settings.environment == "development" and not local:
        return Finding(
            "warning",
            title,
            _("This is a public address: set SAWTUNA_ENVIRONMENT=production, which hides the mailbox."),
        )
    return Finding("ok", title)


def _proxies(settings: Settings) -> Finding:
    title = _("Trusted proxies")
    if settings.is_secure and not settings.trusted_proxies:
        advice = _(
            "With https a proxy stands before the portal. Name its address in SAWTUNA_TRUSTED_PROXIES, else all people "
            "share one address and one rate limit."
        )
        return Finding("warning", title, advice)
    return Finding("ok", title)


def _zone(settings: Settings) -> Finding:
    return Finding("ok", _("Time zone %(zone)s", zone=settings.time_zone))


def _assets(settings: Settings) -> Finding:
    title = _("Styles and scripts")
    if (STATIC / "vendor/css/bundle.css").exists():
        return Finding("ok", title)
    level: Level = "problem" if settings.environment == "production" else "warning"
    return Finding(level, title, _("They are not built. Install the wheel, or run `make run` in the source folder."))


# Other services


async def _guarded(probe: Callable[[Settings], Awaitable[Finding | None]], settings: Settings) -> Finding | None:
    """What a probe finds; a failure that nobody foresaw is a finding, too."""
    try:
        async with asyncio.timeout(3 * PATIENCE):
            return await probe(settings)
    except Exception as error:  # noqa: BLE001 - libraries raise what they like, and the other findings still count
        return Finding("problem", probe.__name__.strip("_"), f"{type(error).__name__}: {error}")


async def _smtp(settings: Settings) -> Finding | None:
    if not settings.smtp_url:
        if settings.environment == "production":
            advice = _("No mail leaves the portal: nobody can confirm an account. Set SAWTUNA_SMTP_URL.")
            return Finding("problem", _("Mail"), advice)
        return Finding("ok", _("Mail stays in the development mailbox"))
    server = urlsplit(settings.smtp_url)
    title = _("Mail server %(host)s", host=server.hostname or "")
    if server.scheme not in {"smtp", "smtps"} or not server.hostname:
        return Finding("problem", title, _("SAWTUNA_SMTP_URL begins with smtp:// or smtps:// and names a host."))
    secure = server.scheme == "smtps"
    client = aiosmtplib.SMTP(
        hostname=server.hostname, port=server.port, use_tls=secure, start_tls=False, timeout=PATIENCE
    )
    try:
        await client.connect()
        await client.ehlo()
        encrypted = secure or client.supports_extension("starttls")
        with contextlib.suppress(aiosmtplib.SMTPException):
            await client.quit()
    except (aiosmtplib.SMTPException, OSError) as error:
        client.close()
        return Finding("problem", title, _("It does not answer: %(reason)s", reason=error))
    local = server.hostname in {"localhost", "127.0.0.1", "::1"}
    if not encrypted and not local:
        return Finding("warning", title, _("It offers no STARTTLS: mails and the password travel readable."))
    return Finding("ok", title)


async def _clamav(settings: Settings) -> Finding | None:
    if not settings.clamav:
        return Finding("ok", _("No virus scanner is set"))
    title = _("ClamAV at %(address)s", address=settings.clamav)
    try:
        await attachments.ping(settings.clamav)
    except (OSError, ValueError, TimeoutError) as error:
        advice = _("It does not answer, so no file can be attached: %(reason)s", reason=_reason(error))
        return Finding("problem", title, advice)
    return Finding("ok", title)


async def _bucket(settings: Settings) -> Finding | None:
    if not settings.s3_endpoint:
        return None
    title = _("Store %(address)s", address=settings.s3_endpoint)
    if not (settings.s3_bucket and settings.s3_key and settings.s3_secret.get_secret_value()):
        return Finding("problem", title, _("Set SAWTUNA_S3_BUCKET, SAWTUNA_S3_KEY and SAWTUNA_S3_SECRET, too."))
    if importlib.util.find_spec("boto3") is None:
        return Finding("problem", title, _("The package for it is missing: install sawtuna[s3]."))
    try:
        await attachments.S3Store(settings).reach()
    except Exception as error:  # noqa: BLE001 - botocore's errors are classes made at run time
        advice = _("The bucket cannot be reached, so no file can be attached: %(reason)s", reason=_reason(error))
        return Finding("problem", title, advice)
    return Finding("ok", title)


async def _redis(settings: Settings) -> Finding | None:
    if not settings.redis_url:
        return None
    server = urlsplit(settings.redis_url)
    title = _("Redis at %(host)s", host=server.hostname or "")
    if importlib.util.find_spec("redis") is None:
        return Finding("problem", title, _("The package for it is missing: install sawtuna[redis]."))
    try:
        async with asyncio.timeout(PATIENCE):
            await _redis_ping(settings.redis_url)
    except (OSError, TimeoutError, EOFError, ValueError) as error:
        return Finding("problem", title, _("It does not answer: %(reason)s", reason=_reason(error)))
    return Finding("ok", title)


async def _redis_ping(address: str) -> None:
    """AUTH when there is a password, then PING, in Redis' own protocol."""
    server = urlsplit(address)
    encrypted = ssl.create_default_context() if server.scheme == "rediss" else None
    reader, writer = await asyncio.open_connection(server.hostname, server.port or 6379, ssl=encrypted)
    try:
        commands = [["PING"]]
        if server.password:
            user = [unquote(server.username)] if server.username else []
            commands.insert(0, ["AUTH", *user, unquote(server.password)])
        for command in commands:
            parts = [part.encode() for part in command]
            writer.write(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts))
            await writer.drain()
            answer = (await reader.readline()).decode("utf-8", "replace").strip()
            if not answer.startswith("+"):
                raise OSError(answer.lstrip("-") or "closed")
    finally:
        writer.transport.abort()


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


# The database


async def _database(settings: Settings, features: list[Feature], now: datetime) -> list[Finding]:
    if not settings.is_postgres and not settings.sqlite_path.exists():
        title = _("Database %(path)s", path=settings.sqlite_path)
        return [Finding("problem", title, _("There is none yet; run `sawtuna migrate`.")), _clock(now, None)]
    try:
        async with db.opened(settings, features):
            async with asyncio.timeout(2 * PATIENCE):
                await connections.get("default").execute_query("SELECT 1")
            return [finding async for finding in _inside(settings, features, now)]
    except Exception as error:  # noqa: BLE001 - drivers raise what they like; the operator must read all of it
        title = _("Database")
        reason = f"{type(error).__name__}: {error}"
        advice = _("It cannot be used: %(reason)s. Look at SAWTUNA_DATABASE_URL and at the server.", reason=reason)
        return [Finding("problem", title, advice), _clock(now, None)]


async def _inside(settings: Settings, features: list[Feature], now: datetime) -> AsyncIterator[Finding]:
    pending = await backup.pending_migrations(settings, features)
    for finding in await (_postgres() if settings.is_postgres else _sqlite()):
        yield finding
    if pending:
        names = ", ".join(pending)
        yield Finding("problem", _("Tables"), _("Run `sawtuna migrate`; missing are: %(names)s", names=names))
        yield _clock(now, None)
        return
    yield Finding("ok", _("Tables are up to date"))
    yield await _worker(settings, now)
    yield await _failed()
    last = await AuditEntry.all().order_by("-number").first()
    yield _clock(now, last.at if last else None)


async def _sqlite() -> list[Finding]:
    connection = connections.get("default")
    title = _("Database SQLite %(version)s", version=sqlite3.sqlite_version)
    found = []
    if sqlite3.sqlite_version_info < LEAST_SQLITE:
        found.append(Finding("problem", title, _("SQLite 3.35 or later is needed.")))
    if (await connection.execute_query_dict("PRAGMA foreign_keys"))[0]["foreign_keys"] != 1:
        found.append(Finding("problem", title, _("Foreign keys are off; this is a fault of the program.")))
    if await connection.execute_query_dict("PRAGMA foreign_key_check"):
        found.append(Finding("problem", title, _("Rows point to rows that are not there; restore the last backup.")))
    if (await connection.execute_query_dict("PRAGMA quick_check(1)"))[0]["quick_check"] != "ok":
        found.append(Finding("problem", title, _("The file is damaged; restore the last backup.")))
    return found or [Finding("ok", title)]


async def _postgres() -> list[Finding]:
    connection = connections.get("default")
    row = (
        await connection.execute_query_dict(
            "SELECT current_setting('server_version') AS version, "
            "current_setting('server_version_num')::int AS number, "
            "current_setting('server_encoding') AS encoding, current_setting('fsync') AS fsync, "
            "current_setting('default_transaction_isolation') AS isolation, clock_timestamp() AS moment, "
            "(SELECT COUNT(*) FROM pg_constraint WHERE contype = 'f' AND NOT convalidated) AS unchecked"
        )
    )[0]
    title = _("Database PostgreSQL %(version)s", version=row["version"])
    found = []
    if row["number"] // 10_000 < LEAST_POSTGRES:
        found.append(Finding("problem", title, _("PostgreSQL 13 or later is needed.")))
    if row["encoding"] != "UTF8":
        found.append(Finding("problem", title, _("Its encoding is not UTF8; make the database anew with that.")))
    if row["isolation"] != "read committed":
        advice = _("Set default_transaction_isolation to “read committed”: the portal takes its locks for that.")
        found.append(Finding("problem", title, advice))
    if row["fsync"] != "on":
        found.append(Finding("problem", title, _("fsync is off: a power cut can lose or damage everything.")))
    if row["unchecked"]:
        found.append(Finding("warning", title, _("Some foreign keys were never checked: validate the constraints.")))
    if abs(row["moment"] - clock.now()) > CLOCK_SLACK:
        found.append(Finding("problem", title, _("Its clock and ours differ by minutes; let both follow NTP.")))
    return found or [Finding("ok", title)]


async def _worker(settings: Settings, now: datetime) -> Finding:
    title = _("Worker")
    waiting = Job.filter(finished_at=None, failed_at=None)
    late = await waiting.filter(run_at__lt=now - LATE, taken_until=None).count()
    late += await waiting.filter(run_at__lt=now - LATE, taken_until__lt=now).count()
    if not late:
        return Finding("ok", title)
    overdue = ngettext("%(n)s job is overdue.", "%(n)s jobs are overdue.", late)
    start = _("Start `sawtuna serve`.") if settings.worker_in_web else _("Start `sawtuna worker`.")
    return Finding("problem", title, f"{overdue} {start}")


async def _failed() -> Finding:
    title = _("Jobs")
    names = await Job.filter(failed_at__not_isnull=True).order_by("-id").limit(1000).values_list("name", flat=True)
    if not names:
        return Finding("ok", title)
    given_up = ngettext("%(n)s job was given up: %(names)s", "%(n)s jobs were given up: %(names)s", len(names),
                        names=", ".join(sorted({str(name) for name in names})))  # fmt: skip
    return Finding("warning", title, given_up)


def _clock(now: datetime, newest: datetime | None) -> Finding:
    title = _("Clock")
    if now < RELEASED:
        return Finding("problem", title, _("It is years behind. Let it follow NTP."))
    if newest is not None and newest > now + CLOCK_SLACK:
        return Finding("problem", title, _("The audit trail has entries from the future. Let the clock follow NTP."))
    return Finding("ok", title)
