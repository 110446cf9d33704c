"""Where one is signed in."""

import re

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.access import Guarded
from app.accounts import devices, proving
from app.accounts.actions import sessions as actions
from app.accounts.models import Session
from app.accounts.policy.sessions import END, READ
from app.accounts.queries import sessions as queries
from app.html import see_other
from app.i18n import gettext
from app.web import person_of, render

_HANDLE = re.compile(r"[0-9a-f]{16}\Z")


def session_of(request: Request) -> Session:
    """The session of the browser that asks, on a route whose act needs somebody signed in."""
    session: Session | None = request.state.session
    if session is None:
        raise LookupError("nobody is signed in: the act of this route must ask for it")
    return session


async def index(request: Request) -> Response:
    """The browsers in which one is signed in."""
    asked = request.query_params.get("page", "")
    page = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else 1
    found = await queries.browsers(person_of(request), session_of(request), page, clock.now())
    rows = [
        {
            "browser": browser,
            "words": devices.words(browser.user_agent),
            "icon": "phone" if devices.device_of(browser.user_agent).on_phone else "globe",
            "method": gettext(proving.words(browser.method)),
        }
        for browser in found.shown
    ]
    return render(request, "accounts/sessions.html", {"rows": rows, "found": found})


async def end(request: Request) -> Response:
    """Sign out another device; one that is signed out already is no mistake."""
    handle = request.path_params["handle"]
    if not _HANDLE.match(handle):
        raise HTTPException(404)
    if session_of(request).token_hash.startswith(handle):
        raise HTTPException(409)
    await actions.end(person_of(request), handle, now=clock.now())
    return see_other(request, "sessions:index")


async def end_others(request: Request) -> Response:
    """Sign out every other device."""
    await actions.end_others(person_of(request), session_of(request), now=clock.now())
    return see_other(request, "sessions:index")


ROUTES = [
    Guarded("/account/sessions", index, name="sessions:index", act=READ),
    Guarded("/account/sessions/others/end", end_others, methods=["POST"], name="sessions:end_others", act=END),
    Guarded("/account/sessions/{handle}/end", end, methods=["POST"], name="sessions:end", act=END),
]
