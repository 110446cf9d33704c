"""The working calendar of an agency, and that of the portal for agencies without their own."""

from datetime import date
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import clock
from app.access import Guarded
from app.accounts.actions import calendars as actions
from app.accounts.actions.tree import Outdated
from app.accounts.calendars import WEEKDAYS, Inherited, Unusable, Version, read_days_off, write_days_off
from app.accounts.forms.calendars import read_calendar, rows_shown, shown
from app.accounts.models import Agency
from app.accounts.policy.agencies import CALENDAR, PORTAL_CALENDAR
from app.accounts.queries import calendars as queries
from app.accounts.queries.agencies import everywhere, place_of
from app.accounts.web.managing import about, actor_of, agency_of
from app.forms import Entered, Invalid
from app.html import path_of
from app.i18n import gettext as _
from app.i18n import reader, weekday_name
from app.web import render

MOST_TEXT = 200_000


async def agency_calendar(request: Request) -> Response:
    """Of one agency."""
    return await _calendar(request, await agency_of(request))


async def portal_calendar(request: Request) -> Response:
    """For agencies without their own."""
    return await _calendar(request, None)


async def _calendar(request: Request, agency: Agency | None) -> Response:
    number, today = (agency.id if agency else None), clock.now().astimezone(reader().zone).date()
    if request.method != "POST":
        held, last = await queries.in_force(number, today), await queries.latest(number)
        return await _page(request, agency, Entered(shown(held.calendar, today, last.id if last else 0)))
    async with request.form(max_files=1, max_fields=200) as data:
        typed = {name: value for name, value in data.items() if isinstance(value, str)}
        act, upload = typed.pop("act", "save"), data.get("file")
        if act == "load":
            return await _load(request, agency, typed, upload)
    own: dict[str, Any] = {"actor": actor_of(request), "today": today, "now": clock.now()}
    try:
        if act == "inherit":
            await actions.put(agency, None, today, _seen(typed), **own)
            return _done(request, agency, "calendar-inherited")
        wanted = read_calendar(typed)
        if act == "preview":
            return await _page(request, agency, Entered(typed), tried=Version(wanted.valid_from, wanted.calendar))
        await actions.put(agency, wanted.calendar, wanted.valid_from, wanted.seen, **own)
    except Invalid as invalid:
        return await _page(request, agency, Entered({**typed, **invalid.entered.values}, invalid.entered.errors), 422)
    except Outdated:
        last = await queries.latest(number)
        typed["seen"] = str(last.id if last else 0)
        return await _page(request, agency, Entered(typed), 409)
    return _done(request, agency, "calendar-set")


async def _load(request: Request, agency: Agency | None, typed: dict[str, str], upload: object) -> Response:
    """Put the days off of a file into the form, beside those that stand there; nothing is stored yet."""
    errors: dict[str, list[str]] = {}
    try:
        if not isinstance(upload, UploadFile) or not upload.filename:
            raise Invalid.because({}, file=_("Choose a file."))
        content = (await upload.read(MOST_TEXT)).decode("utf-8-sig")
        days = read_days_off(typed.get("days_off", "")) | read_days_off(content)
        typed["days_off"] = write_days_off(days)
    except Invalid as invalid:
        errors = dict(invalid.entered.errors)
    except UnicodeDecodeError:
        errors["file"] = [_("The file is not in UTF-8. In a spreadsheet choose “CSV UTF-8” when you save it.")]
    except Unusable as wrong:
        say = _("Line %(line)s cannot be read. Each line holds date, Arabic name, English name.", line=wrong.where)
        errors["file"] = [say]
    return await _page(request, agency, Entered(typed, errors), 422 if errors else 200, loaded=not errors)


def _seen(typed: dict[str, str]) -> int:
    return int(typed["seen"]) if typed.get("seen", "").isdecimal() else 0


async def _page(
    request: Request,
    agency: Agency | None,
    form: Entered,
    status: int = 200,
    *,
    tried: Version | None = None,
    loaded: bool = False,
) -> Response:
    number, today = (agency.id if agency else None), clock.now().astimezone(reader().zone).date()
    held = await queries.in_force(number, today)
    through_time, first = held.through_time, today
    if tried is not None:
        through_time = Inherited([[tried], *through_time.levels], through_time.default)
        first = max(today, tried.valid_from)
    context: dict[str, Any] = {
        "held": held,
        "to_come": await queries.to_come(number, today),
        "preview": queries.preview(through_time, first),
        "tried": tried is not None,
        "loaded": loaded,
        "outdated": status == 409,
        "weekdays": [(day, weekday_name((place - 1) % 7)) for place, day in enumerate(WEEKDAYS)],
        "windows": rows_shown(form.values),
        "least_day": date.isoformat(today),
        "done": request.query_params.get("done", ""),
        "form": form,
        "agency": None,
        "above": [],
    }
    if agency is not None:
        context |= await about(agency, form)
    return render(request, "agencies/calendar.html", context, status=status)


def _done(request: Request, agency: Agency | None, what: str) -> Response:
    target = path_of(request, "calendars:edit", slug=agency.slug) if agency else path_of(request, "calendars:portal")
    return RedirectResponse(f"{target}?done={what}", 303)


ROUTES = [
    Guarded(
        "/manage/agencies/{slug}/calendar",
        agency_calendar,
        name="calendars:edit",
        act=CALENDAR,
        place=place_of,
        methods=["GET", "POST"],
    ),
    Guarded(
        "/manage/calendar",
        portal_calendar,
        name="calendars:portal",
        act=PORTAL_CALENDAR,
        place=everywhere,
        methods=["GET", "POST"],
    ),
]
