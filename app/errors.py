"""One shape for everything that goes wrong: a page for people, `application/problem+json` (RFC 9457) for programs."""

from http import HTTPStatus

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from tortoise.exceptions import DBConnectionError

from app.accounts import passwords
from app.html import Pages
from app.i18n import gettext as _

log = structlog.get_logger("errors")


def explanation(status: int) -> tuple[str, str]:
    """Title and sentence for a person."""
    known = {
        400: (
            _("We did not understand that"),
            _("Something in the address or the form was not right. Go back and try again."),
        ),
        401: (_("Sign in first"), _("This page is yours alone. Sign in, and you will come back here.")),
        403: (_("You may not do that"), _("This needs a right that your account does not have.")),
        404: (_("There is no such page"), _("The address may have a typing error, or the page has moved.")),
        405: (_("That is not possible here"), _("The page exists, but not for this kind of request.")),
        409: (
            _("Somebody was faster"),
            _("This has changed since you opened it. Look at the new state and try again."),
        ),
        413: (_("That is too large"), _("The file or the text is larger than what we can take.")),
        421: (_("Not served here"), _("This portal answers under its own address only.")),
        422: (_("Some entries need another look"), _("Go back and correct what is marked.")),
        429: (_("Too many attempts"), _("Wait a little and try again.")),
        503: (_("We are not ready yet"), _("The portal is starting or being maintained. Try again in a minute.")),
    }
    fallback = (
        _("A fault on our side"),
        _("It has been noted. Nothing you entered was changed; try again in a while."),
    )
    return known.get(status, fallback)


def problem(
    request: Request, status: int, detail: str | None = None, headers: dict[str, str] | None = None
) -> Response:
    """The answer to a failed request, in the form that the client asked for."""
    title, sentence = explanation(status)
    if wants_json(request):
        body = {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": detail or sentence,
            "request_id": request.scope.get("request_id"),
        }
        told = {**(headers or {}), "Content-Type": "application/problem+json", "Vary": "Accept"}
        return JSONResponse(body, status, told)
    pages: Pages = request.app.state.pages
    context = {"status": status, "title": title, "detail": detail or sentence}
    response = pages.render(request, "error.html", context, status=status)
    response.headers.update(headers or {})
    response.headers["Vary"] += ", Accept"
    return response


def wants_json(request: Request) -> bool:
    """Whether the client is a program: it asks for JSON, or for an address under /api."""
    accept = request.headers.get("accept", "")
    return request.url.path.startswith("/api/") or ("json" in accept and "html" not in accept)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Raised on purpose: a status, perhaps with a sentence of its own."""
    assert isinstance(error, HTTPException)
    if error.status_code < 400:  # a way on, no failure
        if error.status_code == 303 and wants_json(request):
            return problem(request, 401)
        return Response(status_code=error.status_code, headers=error.headers)
    own = error.detail if error.detail != HTTPStatus(error.status_code).phrase else None
    return problem(request, error.status_code, own, dict(error.headers or {}))


async def on_fault(request: Request, error: Exception) -> Response:
    """Not foreseen: noted with its trace, told without it."""
    if isinstance(error, passwords.Busy):
        return problem(request, 503, headers={"Retry-After": "5"})
    log.error("fault", path=request.url.path, request_id=request.scope.get("request_id"), exc_info=error)
    away = isinstance(error, (DBConnectionError, ConnectionError))
    return problem(request, 503 if away else 500)
