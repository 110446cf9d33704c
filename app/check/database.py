"""The database, its tables, and the work that waits in it."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from tortoise import connections

from app import backup, clock, db
from app.check.common import PATIENCE, Finding
from app.features import Feature
from app.i18n import gettext as _
from app.i18n import ngettext
from app.models import AuditEntry, Job
from app.settings import Settings

LEAST_POSTGRES = 13
LEAST_SQLITE = (3, 35)
LATE = timedelta(minutes=5)
CLOCK_SLACK = timedelta(minutes=2)
RELEASED = datetime(2026, 1, 1, tzinfo=UTC)
"""No right clock shows a moment before this version was made."""


async def database(settings: Settings, features: list[Feature], now: datetime) -> list[Finding]:
    """Whether it can be used, is up to date, and is worked for; nothing is made by looking."""
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
