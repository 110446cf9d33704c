"""Management of agencies: find them, see one, enter one, let it speak of itself, rename it."""

from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import clock
from app.access import Guarded, may
from app.accounts.actions import agencies as actions
from app.accounts.actions.tree import Outdated
from app.accounts.directory import suggested_slug
from app.accounts.forms.agencies import Edited, Founding, Renaming
from app.accounts.models import Agency
from app.accounts.policy import agencies as acts
from app.accounts.queries import agencies as queries
from app.accounts.queries import calendars, documents
from app.accounts.queries.agencies import everywhere, place_of
from app.accounts.web.agencies import page_of
from app.audit import Actor
from app.forms import Entered, Invalid, parse
from app.html import path_of
from app.policy import EVERYWHERE, Place, Who
from app.web import render


def actor_of(request: Request) -> Actor:
    """Who acts, for the record."""
    who: Who = request.state.who
    acting = who.agent or who.person
    if acting is None:
        raise LookupError("nobody is signed in: the act of this route must ask for it")
    return Actor.person(acting)


def done(request: Request, name: str, what: str, **params: Any) -> Response:
    """Go and look, where a sentence says what was done."""
    return RedirectResponse(f"{path_of(request, name, **params)}?done={what}", 303)


async def agency_of(request: Request) -> Agency:
    """The agency of the path, as it is now; a slug that was given up leads on."""
    slug = request.path_params["slug"]
    agency = await Agency.get_or_none(slug=slug)
    if agency is not None:
        return agency
    agency = await queries.successor(slug)
    if agency is None:
        raise HTTPException(404)
    if request.method in {"GET", "HEAD"}:
        raise queries.moved(request.url.path.replace(f"/{slug}", f"/{agency.slug}", 1))
    return agency


async def about(agency: Agency, form: Entered | None = None, **more: Any) -> dict[str, Any]:
    """What every page of one agency shows."""
    return {"agency": agency, "above": await queries.above(agency), "form": form or Entered(), **more}


async def index(request: Request) -> Response:
    """The agencies that somebody looks after: all of them, or those of their roles."""
    who: Who = request.state.who
    search, page = request.query_params.get("q", "")[:100], page_of(request)
    own = [grant.agency for grant in who.grants if grant.role in acts.MANAGE.roles]
    whole = None in own
    roots = [number for number in own if number is not None]
    if search.strip():
        listed = await queries.search(search, page, within=None if whole else roots)
    elif whole:
        listed = await queries.below(None, page)
    else:
        rows = await Agency.filter(id__in=roots).order_by("id")
        listed = queries.Listed(await queries.counted(rows), len(rows), 1)
    context = {
        "listed": listed,
        "search": search,
        "whole": whole,
        "done": request.query_params.get("done", ""),
        "may_import": may(request, acts.IMPORT, EVERYWHERE),
    }
    return render(request, "agencies/manage.html", context, block="results")


async def desk(request: Request) -> Response:
    """One agency, and what can be done with it."""
    agency, now = await agency_of(request), clock.now()
    place = Place(await queries.lineage(agency.id))
    context = await about(
        agency,
        done=request.query_params.get("done", ""),
        into=await queries.merged_into(agency),
        listed=await queries.below(agency.id, page_of(request)),
        units=await documents.units(agency),
        documents=await documents.documents(agency),
        held=await calendars.in_force(agency.id, now.date()),
        history=await queries.history(agency.id),
        may_edit=may(request, acts.EDIT, place),
        may_shape=may(request, acts.MOVE, EVERYWHERE),
    )
    return render(request, "agencies/desk.html", context)


async def create(request: Request) -> Response:
    """Enter an agency."""
    if request.method != "POST":
        values = {"parent": request.query_params.get("parent", "")[:80], "kind": "directorate"}
        return await _new(request, Entered(values))
    data = await request.form(max_files=0, max_fields=200)
    if data.get("act") == "suggest":
        typed = {name: value for name, value in data.items() if isinstance(value, str)}
        name = {"ar": typed.get("name_ar", ""), "en": typed.get("name_en", "")}
        typed["slug"] = await actions.free_slug(name) if any(name.values()) else ""
        return await _new(request, Entered(typed))
    try:
        form = await parse(request, Founding)
        agency = await actions.create(form, actor=actor_of(request), now=clock.now())
    except Invalid as invalid:
        return await _new(request, invalid.entered, status=422)
    return done(request, "agencies:desk", "created", slug=agency.slug)


async def _new(request: Request, form: Entered, status: int = 200) -> Response:
    parent = await Agency.get_or_none(slug=form.value("parent")) if form.value("parent") else None
    return render(request, "agencies/new.html", {"form": form, "parent": parent}, block="form", status=status)


async def edit(request: Request) -> Response:
    """Contact and summary."""
    agency = await agency_of(request)
    if request.method != "POST":
        return await _edit(request, agency, Entered(contact_of(agency)))
    try:
        form = await parse(request, Edited)
        await actions.edit(agency, form, form.version, actor=actor_of(request), now=clock.now())
    except Invalid as invalid:
        return await _edit(request, agency, invalid.entered, status=422)
    except Outdated:
        fresh = await Agency.get(id=agency.id)
        typed = {**actions.values_of(form), "version": str(fresh.version)}
        if there := _other(contact_of(fresh), typed):
            return await _edit(request, fresh, Entered(typed), status=409, there=there)
    return done(request, "agencies:desk", "edited", slug=agency.slug)


async def _edit(
    request: Request, agency: Agency, form: Entered, status: int = 200, there: Mapping[str, str] | None = None
) -> Response:
    context = await about(agency, form, there=there)
    return render(request, "agencies/edit.html", context, block="form", status=status)


async def rename(request: Request) -> Response:
    """Name, address, kind and place."""
    agency = await agency_of(request)
    if request.method != "POST":
        return await _rename(request, agency, Entered(naming_of(agency)))
    try:
        form = await parse(request, Renaming)
        fresh = await actions.rename(agency, form, actor=actor_of(request), now=clock.now())
    except Invalid as invalid:
        return await _rename(request, agency, invalid.entered, status=422)
    except Outdated:
        fresh = await Agency.get(id=agency.id)
        typed = {**actions.values_of(form), "version": str(fresh.version)}
        if there := _other(naming_of(fresh), typed):
            return await _rename(request, fresh, Entered(typed), status=409, there=there)
    return done(request, "agencies:desk", "renamed", slug=fresh.slug)


async def _rename(
    request: Request, agency: Agency, form: Entered, status: int = 200, there: Mapping[str, str] | None = None
) -> Response:
    suggestion = suggested_slug({"ar": form.value("name_ar"), "en": form.value("name_en")})
    context = await about(agency, form, there=there, suggestion=suggestion)
    return render(request, "agencies/rename.html", context, block="form", status=status)


def contact_of(agency: Agency) -> dict[str, str]:
    """What an agency says of itself, as the fields of the form."""
    return {
        "summary_ar": agency.summary.get("ar", ""),
        "summary_en": agency.summary.get("en", ""),
        "email": agency.email,
        "phone": agency.phone,
        "website": agency.website,
        "address_ar": agency.address.get("ar", ""),
        "address_en": agency.address.get("en", ""),
        "version": str(agency.version),
    }


def naming_of(agency: Agency) -> dict[str, str]:
    """How an agency is called, as the fields of the form."""
    return {
        "name_ar": agency.name.get("ar", ""),
        "name_en": agency.name.get("en", ""),
        "slug": agency.slug,
        "kind": agency.kind,
        "place": agency.place,
        "version": str(agency.version),
    }


def _other(stored: Mapping[str, str], typed: Mapping[str, str]) -> dict[str, str]:
    """What stands there now where something else was typed."""
    return {name: value for name, value in stored.items() if name != "version" and value != typed.get(name)}


ROUTES = [
    Guarded("/manage/agencies", index, name="agencies:manage", act=acts.MANAGE),
    Guarded(
        "/manage/agencies/new",
        create,
        name="agencies:create",
        act=acts.CREATE,
        place=everywhere,
        methods=["GET", "POST"],
    ),
    Guarded("/manage/agencies/{slug}", desk, name="agencies:desk", act=acts.MANAGE, place=place_of),
    Guarded(
        "/manage/agencies/{slug}/edit",
        edit,
        name="agencies:edit",
        act=acts.EDIT,
        place=place_of,
        methods=["GET", "POST"],
    ),
    Guarded(
        "/manage/agencies/{slug}/rename",
        rename,
        name="agencies:rename",
        act=acts.RENAME,
        place=everywhere,
        methods=["GET", "POST"],
    ),
]
