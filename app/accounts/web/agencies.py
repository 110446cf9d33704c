"""The directory of agencies, the page of each, its documents, and all of them as a sheet. For everybody."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.access import Guarded, may
from app.accounts.calendars import WEEKDAYS
from app.accounts.forms.imports import write_sheet
from app.accounts.models import Agency
from app.accounts.policy.agencies import MANAGE
from app.accounts.policy.ways import PUBLIC
from app.accounts.queries import agencies as queries
from app.accounts.queries import calendars, documents, sheets
from app.attachments import Missing, download, store_for
from app.html import path_of
from app.i18n import weekday_name
from app.policy import Place
from app.web import render, settings_of


def page_of(request: Request) -> int:
    """Which page of a list is asked for."""
    asked = request.query_params.get("page", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1


async def index(request: Request) -> Response:
    """The directory: the highest agencies with those below them, or what a search finds."""
    search, page = request.query_params.get("q", "")[:100], page_of(request)
    wanted = bool(search.strip())
    listed = await (queries.search(search, page) if wanted else queries.directory(page))
    context = {
        "listed": listed,
        "search": search,
        "unfolded": wanted or await queries.small(),
        "may_manage": may(request, MANAGE),
    }
    return render(request, "agencies/index.html", context, block="results")


async def found(request: Request) -> Agency:
    """The agency of the path. A name or an agency that was given up leads to what became of it."""
    slug = request.path_params["slug"]
    row = await Agency.get_or_none(slug=slug) or await queries.successor(slug)
    if row is None:
        raise HTTPException(404)
    row = await queries.merged_into(row)
    if row.slug != slug:
        query = f"?{request.url.query}" if request.url.query else ""
        raise queries.moved(path_of(request, "agencies:show", slug=row.slug) + query)
    return row


async def show(request: Request) -> Response:
    """One agency: how to reach it, when it is open, what belongs to it, what it was called before."""
    agency, now = await found(request), clock.now()
    above = await queries.above(agency)
    held = await calendars.in_force(agency.id, now.date())
    place = Place((agency.id, *(row.id for row in reversed(above))))
    today, zone = await calendars.today(agency.id, now), held.calendar.zone
    context = {
        "agency": agency,
        "above": above,
        "listed": await queries.below(agency.id, page_of(request)),
        "units": await documents.units(agency),
        "documents": await documents.documents(agency),
        "today": today,
        "until": f"{today.closes.astimezone(zone):%H:%M}" if today.closes else "",
        "opens": today.opens.astimezone(zone) if today.opens else None,
        "week": [
            (weekday_name((number - 1) % 7), held.calendar.hours.get(day, ())) for number, day in enumerate(WEEKDAYS)
        ],
        "days_off": [day for day in calendars.preview(held.through_time, now.astimezone(zone).date(), 60) if day.off][
            :6
        ],
        "history": await queries.history(agency.id),
        "may_manage": may(request, MANAGE, place),
    }
    return render(request, "agencies/show.html", context)


async def fetch(request: Request) -> Response:
    """A document, to be saved."""
    document = await documents.document(request.path_params["document"])
    if document is None:
        raise HTTPException(404)
    try:
        return await download(document.file, document.name, store_for(settings_of(request)))
    except Missing:
        raise HTTPException(404) from None


async def export(_request: Request) -> Response:
    """All open agencies as a sheet, in the form that an import reads."""
    text = write_sheet(await sheets.sheet_rows())
    headers = {"Content-Disposition": 'attachment; filename="agencies.csv"', "Cache-Control": "no-cache"}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


ROUTES = [
    Guarded("/agencies", index, name="agencies:index", act=PUBLIC),
    Guarded("/agencies.csv", export, name="agencies:export", act=PUBLIC),
    Guarded("/agencies/{slug}", show, name="agencies:show", act=PUBLIC),
    Guarded("/agencies/{slug}/documents/{document:int}", fetch, name="documents:download", act=PUBLIC),
]
