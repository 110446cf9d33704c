"""The cookie of a session."""

from datetime import datetime
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import clock, ids
from app.access import browser_of, draft_cookie
from app.accounts import proving
from app.accounts.actions import drafts, ways
from app.accounts.models import Person
from app.settings import Settings
from app.web import settings_of

Answer = TypeVar("Answer", bound=Response)


def cookie_name(settings: Settings) -> str:
    """Name of the session's cookie; the prefix makes browsers insist on https and on this host."""
    return "__Host-sawtuna" if settings.is_secure else "sawtuna"


async def begin(request: Request, person: Person, target: str, *, method: str = proving.PASSWORD) -> Response:
    """Begin a session and go on to `target`; only `totp.go_on` knows whether a second factor is needed first."""
    return await begun(request, person, RedirectResponse(target, 303), method=method)


async def begun(request: Request, person: Person, response: Answer, *, method: str) -> Answer:
    """Begin a session with this answer; one from before the sign-in is never carried over."""
    settings, now = settings_of(request), clock.now()
    if old := request.cookies.get(cookie_name(settings)):
        await ways.sign_out(old, now=now)
    signed = await ways.sign_in(
        person,
        device=request.headers.get("user-agent", ""),
        days=settings.session_days,
        method=method,
        now=now,
        proven=proving.is_strong(method),
    )
    if browser := browser_of(request):  # what was written here before signing in is theirs from now on
        await drafts.bind(ids.token_hash(browser), person.id, now)
        response.delete_cookie(draft_cookie(settings), secure=settings.is_secure, httponly=True, samesite="lax")
    return give(request, response, signed.token, signed.expires_at, now)


def give(request: Request, response: Answer, token: str, expires_at: datetime, now: datetime) -> Answer:
    """Hand a session's token to the browser."""
    settings = settings_of(request)
    response.set_cookie(
        cookie_name(settings),
        token,
        max_age=max(0, int((expires_at - now).total_seconds())),
        secure=settings.is_secure,
        httponly=True,
        samesite="lax",
    )
    return response
