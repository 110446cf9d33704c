"""Is everything in order? Every misconfiguration that can be found from here, with what to do about it.

Nothing is changed: no database is made, no message is sent.
"""

import importlib.metadata
import importlib.util
import platform
import stat
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import ValidationError

from app import attachments, clock
from app.check.common import Finding, Level
from app.check.database import database
from app.check.services import services
from app.features import Feature
from app.html import STATIC
from app.i18n import format_number
from app.i18n import gettext as _
from app.settings import Settings

__all__ = ["Finding", "check"]

LEAST_PYTHON = (3, 11)
LEAST_PYNACL = (1, 6, 2)
LITTLE_ROOM = 5 << 30
NO_ROOM = 512 << 20


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
    found += await services(settings)
    return [*found, *await database(settings, list(features), moment)]


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
