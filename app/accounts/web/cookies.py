"""The cookie of a session."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import clock
from app.accounts.actions import ways
from app.accounts.models import Person
from app.settings import Settings
from app.web import settings_of


def cookie_name(settings: Settings) -> str:
    """Name of the session's cookie; the prefix makes browsers insist on https and on this host."""
    return "__Host-sawtuna" if settings.is_secure else "sawtuna"


async def begin(request: Request, person: Person, target: str, *, method: str = "password") -> Response:
    """Begin a session and go on to `target`; one from before the sign-in is never carried over."""
    settings, now = settings_of(request), clock.now()
    if old := request.cookies.get(cookie_name(settings)):
        await ways.sign_out(old, now=now)
    device = request.headers.get("user-agent", "")
    begun = await ways.sign_in(person, device=device, days=settings.session_days, method=method, now=now)
    response = RedirectResponse(target, 303)
    response.set_cookie(
        cookie_name(settings),
        begun.token,
        max_age=settings.session_days * 86_400,
        secure=settings.is_secure,
        httponly=True,
        samesite="lax",
    )
    return response
