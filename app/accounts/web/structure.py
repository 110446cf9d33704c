"""Pages that change the tree: move, merge, close, open again. First what, then what will happen, then why."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.access import Guarded
from app.accounts.actions import structure as actions
from app.accounts.actions.tree import Outdated
from app.accounts.forms.agencies import Merging, Moving, Reasoned
from app.accounts.models import Agency
from app.accounts.policy import agencies as acts
from app.accounts.queries import agencies as queries
from app.accounts.queries import documents
from app.accounts.queries.agencies import everywhere
from app.accounts.queries.handover import hangs_on
from app.accounts.web.agencies import page_of
from app.accounts.web.managing import about, actor_of, agency_of, done
from app.forms import Entered, Form, Invalid, parse
from app.i18n import gettext as _
from app.web import render

TOP = "-"
"""In the address of the move page: to the top of the tree."""


async def move(request: Request) -> Response:
    """Another place in the tree."""
    agency = await agency_of(request)
    if request.method != "POST":
        return await _move(request, agency, Entered({"under": request.query_params.get("under", "")[:80]}))
    try:
        form = await parse(request, Moving)
        under = None if form.under == TOP else await _other(form.under, form)
        await actions.move(agency, under, form.version, form.reason, actor=actor_of(request), now=clock.now())
    except Invalid as invalid:
        return await _move(request, agency, await _refused(request, invalid), 422)
    except Outdated:
        fresh = await Agency.get(id=agency.id)
        if fresh.parent_id != (under.id if under else None):  # type: ignore[attr-defined]  # Tortoise adds it
            return await _move(request, fresh, _again(form), 409)
    return done(request, "agencies:desk", "moved", slug=agency.slug)


async def _move(request: Request, agency: Agency, form: Entered, status: int = 200) -> Response:
    chosen = form.value("under")
    under = await Agency.get_or_none(slug=chosen, closed_at=None) if chosen not in {"", TOP} else None
    context = await _choosing(request, agency, form, status)
    context |= {"under": under, "to_top": chosen == TOP}
    return render(request, "agencies/move.html", context, status=status)


async def merge(request: Request) -> Response:
    """Into another agency."""
    agency = await agency_of(request)
    if request.method != "POST":
        return await _merge(request, agency, Entered({"into": request.query_params.get("into", "")[:80]}))
    try:
        form = await parse(request, Merging)
        into = await _other(form.into, form)
        versions = (form.version, form.into_version)
        await actions.merge(agency, into, versions, form.reason, actor=actor_of(request), now=clock.now())
    except Invalid as invalid:
        return await _merge(request, agency, await _refused(request, invalid), 422)
    except Outdated:
        fresh = await Agency.get(id=agency.id)
        if fresh.merged_into_id != into.id:  # type: ignore[attr-defined]  # Tortoise adds it
            return await _merge(request, fresh, _again(form), 409)
    return done(request, "agencies:desk", "absorbed", slug=into.slug)


async def _merge(request: Request, agency: Agency, form: Entered, status: int = 200) -> Response:
    chosen = form.value("into")
    into = await Agency.get_or_none(slug=chosen, closed_at=None) if chosen else None
    context = await _choosing(request, agency, form, status)
    context |= {"into": into, "counts": await hangs_on(agency, clock.now())}
    return render(request, "agencies/merge.html", context, status=status)


async def close(request: Request) -> Response:
    """Close an agency."""

    async def act(agency: Agency, form: Reasoned) -> None:
        await actions.close(agency, form.version, form.reason, actor=actor_of(request), now=clock.now())

    return await _step(request, "agencies/close.html", "closed", act, closed=True)


async def reopen(request: Request) -> Response:
    """Open again what was closed or merged."""

    async def act(agency: Agency, form: Reasoned) -> None:
        merged = agency.merged_into_id is not None  # type: ignore[attr-defined]  # Tortoise adds it
        step = actions.separate if merged else actions.reopen
        await step(agency, form.version, form.reason, actor=actor_of(request), now=clock.now())

    return await _step(request, "agencies/reopen.html", "opened", act, closed=False)


async def _step(
    request: Request,
    template: str,
    what: str,
    act: Callable[[Agency, Reasoned], Awaitable[None]],
    *,
    closed: bool,
) -> Response:
    """A page with a reason and a button; whoever presses twice has done it once."""
    agency = await agency_of(request)
    form, status = Entered(), 200
    if request.method == "POST":
        try:
            reasoned = await parse(request, Reasoned)
            await act(agency, reasoned)
        except Invalid as invalid:
            form, status = invalid.entered, 422
        except Outdated:
            agency = await Agency.get(id=agency.id)
            form, status = _again(reasoned), 409
        if status == 200 or (status == 409 and (agency.closed_at is not None) == closed):
            return done(request, "agencies:desk", what, slug=agency.slug)
    context = await about(
        agency,
        form,
        outdated=status == 409,
        below=(await queries.below(agency.id)).total,
        units=len(await documents.units(agency)),
        into=await queries.merged_into(agency),
    )
    return render(request, template, context, status=status)


async def _choosing(request: Request, agency: Agency, form: Entered, status: int) -> dict[str, Any]:
    """What a page shows on which another agency is chosen: what a search finds, without the agency itself."""
    search = request.query_params.get("q", "")[:100]
    listed = await queries.search(search, page_of(request)) if search.strip() else None
    return await about(agency, form, search=search, listed=listed, outdated=status == 409)


async def _other(slug: str, form: Form) -> Agency:
    agency = await Agency.get_or_none(slug=slug)
    if agency is None:
        typed = {name: str(value) for name, value in form.model_dump().items()}
        raise Invalid.because(typed, form=_("There is no agency with this address."))
    return agency


async def _refused(request: Request, invalid: Invalid) -> Entered:
    """All that was sent, with the mistakes: which agency was chosen too."""
    sent = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    return Entered({**sent, **invalid.entered.values}, invalid.entered.errors)


def _again(form: Form) -> Entered:
    """What was typed; the states come fresh from the page."""
    return Entered({name: str(value) for name, value in form.model_dump().items() if "version" not in name})


def _route(verb: str, endpoint: Callable[[Request], Awaitable[Response]], act: Any) -> Guarded:
    return Guarded(
        f"/manage/agencies/{{slug}}/{verb}",
        endpoint,
        name=f"agencies:{verb}",
        act=act,
        place=everywhere,
        methods=["GET", "POST"],
    )


ROUTES = [
    _route("move", move, acts.MOVE),
    _route("merge", merge, acts.MERGE),
    _route("close", close, acts.CLOSE),
    _route("reopen", reopen, acts.REOPEN),
]
