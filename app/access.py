"""Routes with a policy: each carries its act, and nothing is done before it was decided.

What is missing is offered on the spot: sign in, prove more, prove again. A form that was sent too early is kept as a
draft and waits at `/continue/…`, so that nothing typed is lost.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import wraps
from typing import NoReturn
from urllib.parse import urlencode

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from app import acting, clock, ids
from app.accounts import drafts
from app.accounts.actions import drafts as actions
from app.accounts.queries.drafts import find
from app.html import path_of
from app.i18n import gettext as _
from app.limits import Rule, address
from app.policy import Act, Decision, Need, Place, Who, decide
from app.settings import Settings
from app.web import settings_of, spend

Endpoint = Callable[[Request], Awaitable[Response]]
Finder = Callable[[Request], Awaitable[Place]]
"""Finds the place of a request, or raises HTTPException(404)."""

SAFE = frozenset({"GET", "HEAD"})
KEPT = Rule("kept-drafts", "300/hour")
KEPT_UNSIGNED = Rule("kept-drafts-unsigned", "40/hour")
WAYS = {Need.SIGN_IN: "accounts:sign_in", Need.LEVEL: "levels:show", Need.PROOF: "proofs:again"}
"""Where what is missing can be had."""


class Guarded(Route):
    """A route whose endpoint is called only when the act is allowed."""

    def __init__(
        self,
        path: str,
        endpoint: Endpoint,
        *,
        name: str,
        act: Act,
        place: Finder | None = None,
        methods: Sequence[str] = ("GET",),
        max_body_size: int | None = None,
    ) -> None:
        self.act = act
        self.place = place
        super().__init__(
            path, _checked(endpoint, act, place), methods=list(methods), name=name, max_body_size=max_body_size
        )


def _checked(endpoint: Endpoint, act: Act, place: Finder | None) -> Endpoint:
    @wraps(endpoint)
    async def answer(request: Request) -> Response:
        who: Who = request.state.who
        where = await place(request) if place is not None else None
        decision = decide(act, who, where, clock.now())
        if request.method in SAFE and decision.allowed:
            return await endpoint(request)
        if request.method not in SAFE and acting.was_meant_for_another(request, act):
            await _keep_for_citizen(request, act)
        if not decision.allowed:
            return await offer(request, act, decision)
        if acting.is_full(request, act):
            raise HTTPException(
                409, _("More was done in this visit than fits into its record. End it and begin another.")
            )
        response = await _send(request, endpoint)
        if response.status_code < 400:
            await acting.note(request, act, clock.now())
        return response

    return answer


async def _keep_for_citizen(request: Request, act: Act) -> NoReturn:
    """Refuse what an agent sends after the end of a visit, and let it wait for the citizen, for whom it was written."""
    citizen = await acting.citizen_of_lapsed(request, clock.now())
    if citizen is None:
        raise HTTPException(
            409, _("The visit has ended, so this was not sent. Put it away on top of this page, and send it again.")
        )
    request.state.who = Who(citizen)
    await keep(request, act.says, clock.now())
    raise HTTPException(
        409, _("The visit has ended, so this was not sent. It waits as a draft in the account of whom you acted for.")
    )


def may(request: Request, act: Act, place: Place | None = None) -> bool:
    """Whether something is worth offering on a page."""
    who: Who = request.state.who
    decision = decide(act, who, place, clock.now())
    return decision.allowed or decision.missing in {Need.PROOF, Need.LEVEL}


async def offer(request: Request, act: Act, decision: Decision) -> Response:
    """The way to what is missing, or a refusal in plain words."""
    match decision.missing:
        case Need.SELF:
            raise HTTPException(403, _("Only the person may do this, not an agent for them."))
        case Need.POWER:
            raise HTTPException(
                403, _("You may not do this for the organization. Act as yourself, or ask for the power.")
            )
        case Need.ROLE:
            raise HTTPException(403)
    from app.errors import problem, wants_json  # noqa: PLC0415 - errors render pages, which know routes

    if wants_json(request):
        return problem(request, 401 if decision.missing == Need.SIGN_IN else 403)
    back, browser = request.url.path + (f"?{request.url.query}" if request.url.query else ""), ""
    if request.method not in SAFE:
        back, browser = await keep(request, act.says, clock.now())
    target = WAYS[decision.missing or Need.SIGN_IN]
    query = {"next": back} | ({"level": int(act.level)} if decision.missing == Need.LEVEL else {})
    response = RedirectResponse(f"{path_of(request, target)}?{urlencode(query)}", 303)
    if browser:
        settings = settings_of(request)
        response.set_cookie(
            draft_cookie(settings),
            browser,
            max_age=int(drafts.UNBOUND.total_seconds()),
            secure=settings.is_secure,
            httponly=True,
            samesite="lax",
        )
    return response


async def keep(request: Request, title: str, now: datetime) -> tuple[str, str]:
    """Keep a form that could not be sent yet; where it waits, and the token of the browser in which it does.

    Nothing secret is kept, and no files: which fields had some is noted, so that they are asked for again. What nobody
    has signed for belongs to this browser alone, or a draft could be handed to somebody else to send.
    """
    who: Who = request.state.who
    if who.person is None:
        await spend(request, (KEPT_UNSIGNED, address(request)))
    else:
        await spend(request, (KEPT, f"person:{who.person}"))
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > (settings_of(request).max_upload_mb + 2) << 20:
        raise HTTPException(413)  # some routes take large files, but not from whoever may not send them yet
    form = await request.form(max_files=20, max_fields=200)
    values: dict[str, list[str]] = {}
    files: list[str] = []
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            if value.filename and name not in files:
                files.append(name.replace("\0", ""))
        elif drafts.is_kept(name):
            values.setdefault(name.replace("\0", ""), []).append(value.replace("\0", ""))  # PostgreSQL stores none
    replacing = _reference(request, form)
    await form.close()
    if not drafts.fits(values):
        raise HTTPException(413)
    query = urlencode([pair for pair in request.query_params.multi_items() if pair[0] != drafts.REFERENCE])
    path = request.url.path + (f"?{query}" if query else "")
    if len(path) > drafts.LONGEST_PATH:
        raise HTTPException(414)
    browser = ""
    if who.person is None:
        browser = browser_of(request) or ids.token()
    reference = await actions.keep(
        title,
        path,
        values,
        files,
        person=who.person,
        browser=ids.token_hash(browser) if browser else "",
        replacing=replacing,
        now=now,
    )
    return place_of(request, reference), browser


def place_of(request: Request, reference: str) -> str:
    """Path of the page of a draft."""
    if reference.isdigit():
        return path_of(request, "drafts:open", draft=int(reference))
    return path_of(request, "drafts:show", token=reference)


def draft_cookie(settings: Settings) -> str:
    """Name of the cookie of a browser in which something waits for somebody to sign in."""
    return "__Host-sawtuna-draft" if settings.is_secure else "sawtuna-draft"


def browser_of(request: Request) -> str:
    """The token by which this browser's drafts are known, or nothing."""
    token = request.cookies.get(draft_cookie(settings_of(request)), "")
    return token if ids.TOKEN.match(token) else ""


async def _send(request: Request, endpoint: Endpoint) -> Response:
    """Do what a form asks for; the draft that it was is sent once, and is emptied when that went well."""
    who: Who = request.state.who
    draft = None
    if who.person is not None and (reference := request.query_params.get(drafts.REFERENCE, "")):
        draft = await find(reference, person=who.person, browser="", now=clock.now())
        if draft is not None and draft.path.partition("?")[0] != request.url.path:
            draft = None
        if draft is not None and not await actions.claim(draft, clock.now()):
            return RedirectResponse(place_of(request, reference), 303)
    went_well = False
    try:
        response = await endpoint(request)
        went_well = response.status_code < 400 and not _is_way(request, response)
    finally:
        if draft is not None and not went_well:
            await actions.release(draft)
    if went_well and who.person is not None:
        if draft is None and (reference := _reference(request, getattr(request, "_form", None))):
            # Refused at first, corrected, and sent from the feature's own page.
            draft = await find(reference, person=who.person, browser="", now=clock.now())
        if draft is not None and draft.path.partition("?")[0] == request.url.path:
            await actions.finish(draft, clock.now())
    return response


def _reference(request: Request, form: FormData | None) -> str:
    """Which draft a form says it was."""
    named = request.query_params.get(drafts.REFERENCE) or (form.get(drafts.REFERENCE) if form else None)
    return named if isinstance(named, str) and len(named) <= 43 else ""


def _is_way(request: Request, response: Response) -> bool:
    """Whether an answer only leads to what is missing."""
    place = response.headers.get("location", "").partition("?")[0]
    return place.startswith("/continue/") or place in {path_of(request, name) for name in WAYS.values()}
