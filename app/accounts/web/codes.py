"""The page for the code of a short message, on the way to a new account or a new password."""

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import clock, ids
from app.access import Guarded
from app.accounts.actions import codes, ways
from app.accounts.contacts import Contact
from app.accounts.forms.codes import Enter
from app.accounts.models import Code
from app.accounts.policy.codes import ENTER
from app.accounts.queries.codes import code_under
from app.accounts.rules import CONFIRM, RESET
from app.forms import Entered, Invalid, parse
from app.html import path_of
from app.i18n import gettext as _
from app.i18n import ngettext
from app.limits import Rule, address
from app.settings import Settings
from app.web import private, render, settings_of, spend

GUESSES = Rule("code-guesses-address", "60/10minute")
SECONDS = 3600


def cookie_name(settings: Settings) -> str:
    """Name of the cookie with the handle of a code."""
    return "__Host-sawtuna-code" if settings.is_secure else "sawtuna-code"


def hold(request: Request, handle: str, route: str) -> Response:
    """Hand the browser the handle of a code, and go where it is entered."""
    settings = settings_of(request)
    response = RedirectResponse(path_of(request, route), 303)
    response.set_cookie(
        cookie_name(settings), handle, max_age=SECONDS, secure=settings.is_secure, httponly=True, samesite="lax"
    )
    return response


def held(request: Request) -> str:
    """The handle that this browser holds, or an empty text."""
    handle = request.cookies.get(cookie_name(settings_of(request)), "")
    return handle if ids.TOKEN.match(handle) else ""


def drop(request: Request, response: Response) -> Response:
    """Take the handle away again."""
    settings = settings_of(request)
    response.delete_cookie(cookie_name(settings), secure=settings.is_secure, httponly=True, samesite="lax")
    return response


def too_many(values: Mapping[str, str]) -> Invalid:
    """The form again: enough codes are on their way."""
    return Invalid.because(
        values, contact=_("We have sent three codes there within an hour. Enter the newest, or wait an hour.")
    )


def not_right(wrong: codes.Wrong) -> Invalid:
    """The form again: not these digits."""
    return Invalid.because(
        {},
        code=ngettext(
            "That is not the code. You can try %(n)s more time.",
            "That is not the code. You can try %(n)s more times.",
            wrong.left,
        )
        if wrong.left
        else _("That is not the code, and it can be tried no more. Ask for a new one."),
    )


async def show(request: Request) -> Response:
    """Enter the code; what it is worth is the page where a password is chosen."""
    handle, purposes, now = held(request), frozenset({CONFIRM, RESET}), clock.now()
    waiting = await code_under(handle, purposes, now)
    if request.method != "POST":
        return _page(request, waiting, Entered())
    try:
        form = await parse(request, Enter)
        await spend(request, (GUESSES, address(request)))
        purpose, token = await ways.take_code(handle, form.code, key=settings_of(request).key, now=now)
    except codes.Wrong as wrong:
        return _page(request, waiting if wrong.left else None, not_right(wrong).entered, 422)
    except codes.Spent:
        return _page(request, None, Entered(), 410)
    except Invalid as invalid:
        return _page(request, waiting, invalid.entered, 422)
    target = path_of(request, "accounts:confirm" if purpose == CONFIRM else "accounts:reset")
    return RedirectResponse(f"{target}?{urlencode({'token': token})}", 303)


def _page(request: Request, waiting: Code | None, form: Entered, status: int = 200) -> Response:
    context = {
        "form": form,
        "target": Contact.of(waiting.target).shown if waiting else "",
        "again": "accounts:reset_request" if waiting and waiting.purpose == RESET else "accounts:sign_up",
        "next": waiting.data.get("next", "") if waiting else "",
    }
    block = "form" if waiting else None
    return private(render(request, "accounts/code.html", context, block=block, status=status))


ROUTES = [Guarded("/account/code", show, methods=["GET", "POST"], name="codes:show", act=ENTER)]
