"""Settings: those that may be changed while the portal runs, and those of the environment to look at."""

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.access import Guarded
from app.accounts.queries.agencies import everywhere
from app.admin import actions
from app.admin.choices import DEFINITIONS, all_chosen
from app.admin.forms import Choices
from app.admin.policy import CHANGE_CHOICES, READ_CHOICES
from app.admin.web.common import actor
from app.forms import Entered, Invalid, parse
from app.html import see_other
from app.settings import Settings
from app.web import render, settings_of

_HIDDEN = {"database_url", "smtp_url", "redis_url", "sms_url"}
"""Addresses that may hold a password."""


async def index(request: Request) -> Response:
    """Everything, by category."""
    values = {key: str(value) for key, value in (await all_chosen()).items()}
    return _page(request, Entered(values))


async def change(request: Request) -> Response:
    """Choose anew."""
    try:
        form = await parse(request, Choices)
        typed = {key: str(value) for key, value in (form.model_extra or {}).items() if key in DEFINITIONS}
        await actions.choose(typed, actor=actor(request), now=clock.now())
    except Invalid as invalid:
        return _page(request, invalid.entered, 422)
    return see_other(request, "settings:index")


def _page(request: Request, form: Entered, status: int = 200) -> Response:
    categories: dict[str, list[object]] = {}
    for definition in DEFINITIONS.values():
        categories.setdefault(definition.category, []).append(definition)
    context = {"categories": categories, "form": form, "fixed": _fixed(settings_of(request))}
    return render(request, "admin/settings.html", context, status=status)


def _fixed(settings: Settings) -> list[tuple[str, str, str]]:
    """Variable, value, meaning; what is secret says only whether it is set."""
    rows = []
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        if isinstance(value, SecretStr) or name in _HIDDEN:
            raw = value.get_secret_value() if isinstance(value, SecretStr) else value
            shown = "•••" if raw else ""
        else:
            shown = str(value)
        rows.append((f"SAWTUNA_{name.upper()}", shown, field.description or ""))
    return rows


ROUTES = [
    Guarded("/admin/settings", index, name="settings:index", act=READ_CHOICES, place=everywhere),
    Guarded(
        "/admin/settings/change", change, methods=["POST"], name="settings:change", act=CHANGE_CHOICES, place=everywhere
    ),
]
