"""Routes with a policy: each carries its act, and nothing is done before it was decided.

What is missing is offered on the spot: sign in, prove more, prove again. A form that was sent too early is kept as a
draft and waits at `/continue/…`, so that nothing typed is lost.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import wraps
from urllib.parse import urlencode

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from app import clock, ids
from app.accounts.models import Draft
from app.html import path_of
from app.i18n import gettext as _
from app.policy import Act, Decision, Need, Place, Who, decide

Endpoint = Callable[[Request], Awaitable[Response]]
Finder = Callable[[Request], Awaitable[Place]]
"""Finds the place of a request, or raises HTTPException(404)."""

DRAFT_DAYS = 30
MOST_KEPT = 200_000
"""Characters of a form that are kept; the limit of a body is not far above."""


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
        super().__init__(
            path, _checked(endpoint, act, place), methods=list(methods), name=name, max_body_size=max_body_size
        )


def _checked(endpoint: Endpoint, act: Act, place: Finder | None) -> Endpoint:
    @wraps(endpoint)
    async def answer(request: Request) -> Response:
        who: Who = request.state.who
        where = await place(request) if place is not None else None
        decision = decide(act, who, where, clock.now())
        if decision.allowed:
            return await endpoint(request)
        return await offer(request, act, decision)

    return answer


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
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.method not in {"GET", "HEAD"}:
        back = path_of(request, "drafts:show", token=await keep(request, _(act.says), clock.now()))
    target = {
        Need.SIGN_IN: "accounts:sign_in",
        Need.LEVEL: "levels:show",
        Need.PROOF: "proofs:again",
    }[decision.missing or Need.SIGN_IN]
    query = {"next": back} | ({"level": int(act.level)} if decision.missing == Need.LEVEL else {})
    return RedirectResponse(f"{path_of(request, target)}?{urlencode(query)}", 303)


async def keep(request: Request, title: str, now: datetime) -> str:
    """Keep a form that could not be sent yet; the token under which whoever holds it finds it again.

    Passwords and files are not kept.
    """
    form = await request.form(max_files=20, max_fields=200)
    values: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if not isinstance(value, UploadFile) and "password" not in name:
            values.setdefault(name, []).append(value)
    if sum(len(text) for texts in values.values() for text in texts) > MOST_KEPT:
        raise HTTPException(413)
    token = ids.token()
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if len(path) > 500:
        raise HTTPException(414)
    await Draft.create(
        token_hash=ids.token_hash(token),
        person_id=request.state.who.person,
        title=title[:200],
        path=path,
        values=values,
        saved_at=now,
        expires_at=now + timedelta(days=DRAFT_DAYS),
    )
    return token
