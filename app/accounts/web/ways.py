"""Ways in: sign up, confirm, sign in and out, set a new password."""

from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.access import Guarded
from app.accounts.actions import ways
from app.accounts.forms.ways import Confirm, Reset, ResetRequest, SignIn, SignUp
from app.accounts.models import Person
from app.accounts.policy.ways import PUBLIC
from app.accounts.queries import sessions
from app.accounts.rules import CONFIRM, RESET, fold_email
from app.accounts.web.cookies import begin, cookie_name
from app.forms import Entered, Invalid, parse
from app.html import local_path, see_other
from app.i18n import gettext as _
from app.limits import Rule, address
from app.web import private, pseudonym, render, settings_of, spend

PER_ADDRESS = Rule("sign-in-address", "100/10minute")
PER_BOTH = Rule("sign-in-both", "10/10minute")
PER_ACCOUNT = Rule("sign-in-account", "60/10minute")
"""An account can be locked from outside only by many addresses together; one address is stopped after ten tries."""
MAILS = Rule("sign-up-mails", "5/hour")
RESETS = Rule("reset-mails", "5/hour")
MAILS_ADDRESS = Rule("mails-address", "60/hour")
LINKS = Rule("links-address", "60/10minute")


async def sign_up(request: Request) -> Response:
    """Ask for an account."""
    if request.method != "POST":
        return render(request, "accounts/sign_up.html", {"form": Entered()})
    try:
        form = await parse(request, SignUp)
    except Invalid as invalid:
        return render(request, "accounts/sign_up.html", {"form": invalid.entered}, block="form", status=422)
    await spend(request, (MAILS_ADDRESS, address(request)), (MAILS, pseudonym(request, form.email)))
    await ways.sign_up(form.name, form.email, base_url=settings_of(request).base_url, now=clock.now())
    return see_other(request, "accounts:check_mail")


async def check_mail(request: Request) -> Response:
    """What to do next; the same whatever was asked for."""
    return render(request, "accounts/check_mail.html")


async def confirm(request: Request) -> Response:
    """The link from the mail shows a form; only sending it confirms, so that mail scanners do not."""
    if request.method != "POST":
        token = request.query_params.get("token", "")
        waiting = await sessions.person_under(token, CONFIRM, clock.now())
        form_values = Entered({"name": waiting.name if waiting else ""})
        context = {"token": token, "valid": waiting is not None, "form": form_values}
        return private(render(request, "accounts/confirm.html", context))
    try:
        form = await parse(request, Confirm)
    except Invalid as invalid:
        context = {"token": invalid.entered.value("token"), "valid": True, "form": invalid.entered}
        return private(render(request, "accounts/confirm.html", context, block="form", status=422))
    await spend(request, (LINKS, address(request)))
    person = await sessions.person_under(form.token, CONFIRM, clock.now())
    if person is not None:
        if _is_own_address(person, form.password):
            values = {"token": form.token, "name": form.name}
            context = {"token": form.token, "valid": True, "form": _own_address(values)}
            return private(render(request, "accounts/confirm.html", context, block="form", status=422))
        person = await ways.confirm(form.token, form.name, form.password, now=clock.now())
    if person is None:
        context = {"token": "", "valid": False, "form": Entered()}
        return private(render(request, "accounts/confirm.html", context, status=410))
    return await begin(request, person, request.url_for("accounts:show").path)


async def sign_in(request: Request) -> Response:
    """Mail address and password."""
    if request.method != "POST":
        wanted = {"next": local_path(request.query_params.get("next"), "")}
        return render(request, "accounts/sign_in.html", {"form": Entered(wanted)})
    try:
        form = await parse(request, SignIn)
        account = pseudonym(request, form.email.casefold())
        await spend(
            request,
            (PER_ADDRESS, address(request)),
            (PER_BOTH, f"{account}|{address(request)}"),
            (PER_ACCOUNT, account),
        )
        person = await ways.check_password(form.email, form.password)
        if person is None:
            kept = {"email": form.email, "next": form.next}
            raise Invalid.because(
                kept, form=_("Mail address or password is not right, or the account is not confirmed.")
            )
    except Invalid as invalid:
        return render(request, "accounts/sign_in.html", {"form": invalid.entered}, block="form", status=422)
    return await begin(request, person, local_path(form.next, request.url_for("accounts:show").path))


async def sign_out(request: Request) -> Response:
    """End this session."""
    settings = settings_of(request)
    if token := request.cookies.get(cookie_name(settings)):
        await ways.sign_out(token, now=clock.now())
    response = see_other(request, "home")
    response.delete_cookie(cookie_name(settings), secure=settings.is_secure, httponly=True, samesite="lax")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


async def reset_request(request: Request) -> Response:
    """Ask for a link to set a new password."""
    if request.method != "POST":
        return render(request, "accounts/reset_request.html", {"form": Entered()})
    try:
        form = await parse(request, ResetRequest)
    except Invalid as invalid:
        return render(request, "accounts/reset_request.html", {"form": invalid.entered}, block="form", status=422)
    await spend(request, (MAILS_ADDRESS, address(request)), (RESETS, pseudonym(request, form.email)))
    await ways.request_reset(form.email, base_url=settings_of(request).base_url, now=clock.now())
    return see_other(request, "accounts:check_mail")


async def reset(request: Request) -> Response:
    """Set a new password under a link."""
    if request.method != "POST":
        token = request.query_params.get("token", "")
        valid = await sessions.person_under(token, RESET, clock.now()) is not None
        return private(render(request, "accounts/reset.html", {"token": token, "valid": valid, "form": Entered()}))
    try:
        form = await parse(request, Reset)
    except Invalid as invalid:
        context = {"token": invalid.entered.value("token"), "valid": True, "form": invalid.entered}
        return private(render(request, "accounts/reset.html", context, block="form", status=422))
    await spend(request, (LINKS, address(request)))
    person = await sessions.person_under(form.token, RESET, clock.now())
    if person is not None:
        if _is_own_address(person, form.password):
            context = {"token": form.token, "valid": True, "form": _own_address({"token": form.token})}
            return private(render(request, "accounts/reset.html", context, block="form", status=422))
        person = await ways.reset(form.token, form.password, now=clock.now())
    if person is None:
        context = {"token": "", "valid": False, "form": Entered()}
        return private(render(request, "accounts/reset.html", context, status=410))
    return await begin(request, person, request.url_for("accounts:show").path)


def _is_own_address(person: Person, password: str) -> bool:
    return fold_email(password) == person.email


def _own_address(values: dict[str, str]) -> Entered:
    return Entered(values, {"password": [_("Do not use your mail address as your password.")]})


ROUTES = [
    Guarded("/account/sign-up", sign_up, methods=["GET", "POST"], name="accounts:sign_up", act=PUBLIC),
    Guarded("/account/check-mail", check_mail, name="accounts:check_mail", act=PUBLIC),
    Guarded("/account/confirm", confirm, methods=["GET", "POST"], name="accounts:confirm", act=PUBLIC),
    Guarded("/account/sign-in", sign_in, methods=["GET", "POST"], name="accounts:sign_in", act=PUBLIC),
    Guarded("/account/sign-out", sign_out, methods=["POST"], name="accounts:sign_out", act=PUBLIC),
    Guarded(
        "/account/reset/request", reset_request, methods=["GET", "POST"], name="accounts:reset_request", act=PUBLIC
    ),
    Guarded("/account/reset", reset, methods=["GET", "POST"], name="accounts:reset", act=PUBLIC),
]
