"""What was written and could not be sent yet: look at it, send it, throw it away."""

from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import clock, ids
from app.access import Guarded, browser_of
from app.accounts import drafts
from app.accounts.actions import drafts as actions
from app.accounts.models import Draft
from app.accounts.policy.drafts import READ, THROW_AWAY
from app.accounts.queries.drafts import find
from app.acting import actor_of
from app.html import local_path, path_of
from app.i18n import gettext as _
from app.web import person_of, private, render


async def show(request: Request) -> Response:
    """The page to which one comes after having signed in or proven more."""
    return await _page(request, request.path_params["token"])


async def open_own(request: Request) -> Response:
    """The same from the list on the own page."""
    return await _page(request, str(request.path_params["draft"]))


async def throw_away(request: Request) -> Response:
    """Delete one."""
    draft = await find(str(request.path_params["draft"]), person=person_of(request).id, browser="", now=clock.now())
    if draft is None:
        raise HTTPException(404)
    await actions.throw_away(draft, actor_of(request), clock.now())
    return RedirectResponse(f"{path_of(request, 'accounts:show')}#drafts", 303)


async def _page(request: Request, reference: str) -> Response:
    person, now = person_of(request), clock.now()
    browser = ids.token_hash(token) if (token := browser_of(request)) else ""
    draft = await find(reference, person=person.id, browser=browser, now=now)
    if draft is not None and draft.browser_hash and not await actions.bind(browser, person.id, now):
        draft = await find(reference, person=person.id, browser="", now=now)  # somebody else was faster
    if draft is None:
        return private(render(request, "drafts/gone.html", {"sent": False}, status=404))
    if draft.sent_at is not None or (draft.sending_until is not None and draft.sending_until > now):
        return private(render(request, "drafts/gone.html", {"sent": True}))
    return private(render(request, "drafts/show.html", _shown(draft, reference)))


def _shown(draft: Draft, reference: str) -> dict[str, object]:
    path = local_path(draft.path, "/")
    hidden = [(name, value) for name, values in draft.values.items() for value in values]
    return {
        "draft": draft,
        "purpose": _(draft.title),
        "target": f"{path}{'&' if '?' in path else '?'}{urlencode({drafts.REFERENCE: reference})}",
        "hidden": hidden,
        "written": [(drafts.label(name), name, value) for name, value in hidden if value.strip()],
        "nothing_kept": not draft.values,
    }


ROUTES = [
    Guarded("/continue/{token}", show, name="drafts:show", act=READ),
    Guarded("/account/drafts/{draft:int}", open_own, name="drafts:open", act=READ),
    Guarded("/account/drafts/{draft:int}/delete", throw_away, methods=["POST"], name="drafts:delete", act=THROW_AWAY),
]
