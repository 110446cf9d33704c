"""The units of an agency."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.access import Guarded
from app.accounts.actions import units as actions
from app.accounts.actions.tree import Outdated
from app.accounts.forms.agencies import UnitNamed
from app.accounts.models import Agency, Unit
from app.accounts.policy.agencies import UNITS
from app.accounts.queries import documents as queries
from app.accounts.queries.agencies import place_of
from app.accounts.web.managing import about, actor_of, agency_of, done
from app.forms import Entered, Invalid, parse
from app.web import render


async def index(request: Request) -> Response:
    """All of them, and a form for one more."""
    agency = await agency_of(request)
    if request.method != "POST":
        return await _index(request, agency, Entered())
    try:
        form = await parse(request, UnitNamed)
        await actions.add(agency, form, actor=actor_of(request), now=clock.now())
    except Invalid as invalid:
        return await _index(request, agency, invalid.entered, 422)
    return done(request, "units:index", "unit-added", slug=agency.slug)


async def _index(request: Request, agency: Agency, form: Entered, status: int = 200) -> Response:
    told = request.query_params.get("done", "")
    context = await about(agency, form, units=await queries.units(agency), done=told)
    return render(request, "agencies/units.html", context, status=status)


async def edit(request: Request) -> Response:
    """Rename one."""
    agency, unit = await _unit(request)
    if request.method != "POST":
        values = {"name_ar": unit.name.get("ar", ""), "name_en": unit.name.get("en", ""), "email": unit.email}
        return await _edit(request, agency, unit, Entered(values))
    try:
        form = await parse(request, UnitNamed)
        await actions.rename(agency, unit, form, actor=actor_of(request), now=clock.now())
    except Invalid as invalid:
        return await _edit(request, agency, unit, invalid.entered, 422)
    except Outdated:
        raise HTTPException(409) from None
    return done(request, "units:index", "unit-renamed", slug=agency.slug)


async def close(request: Request) -> Response:
    """Close one."""
    agency, unit = await _unit(request)
    try:
        await actions.close(agency, unit, actor=actor_of(request), now=clock.now())
    except Invalid as invalid:
        return await _edit(request, agency, unit, invalid.entered, 422)
    return done(request, "units:index", "unit-closed", slug=agency.slug)


async def _edit(request: Request, agency: Agency, unit: Unit, form: Entered, status: int = 200) -> Response:
    context = await about(agency, form, unit=unit)
    return render(request, "agencies/unit.html", context, status=status)


async def _unit(request: Request) -> tuple[Agency, Unit]:
    agency = await agency_of(request)
    unit = await queries.unit(agency, request.path_params["unit"])
    if unit is None:
        raise HTTPException(404)
    return agency, unit


_UNITS = "/manage/agencies/{slug}/units"

ROUTES = [
    Guarded(_UNITS, index, name="units:index", act=UNITS, place=place_of, methods=["GET", "POST"]),
    Guarded(f"{_UNITS}/{{unit:int}}", edit, name="units:edit", act=UNITS, place=place_of, methods=["GET", "POST"]),
    Guarded(f"{_UNITS}/{{unit:int}}/close", close, name="units:close", act=UNITS, place=place_of, methods=["POST"]),
]
