"""Ways in: sign up, confirm, sign in and out, set a new password."""

from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.access import Guarded
from app.accounts import proving
from app.accounts.actions import ways
from app.accounts.actions.codes import TooMany
from app.accounts.contacts import meant
from app.accounts.forms.ways import Confirm, Reset, ResetRequest, SignIn, SignUp
from app.accounts.models import Person
from app.accounts.policy.ways import PUBLIC
from app.accounts.queries import sessions
from app.accounts.rules import CONFIRM, RESET
from app.accounts.web.codes import hold, too_many
from app.accounts.web.cookies import cookie_name
from app.accounts.web.totp import go_on
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
        return render(request, "accounts/sign_up.html", {"form": _wanted(request)})
    try:
        form = await parse(request, SignUp)
        await spend(request, (MAILS_ADDRESS, address(request)), (MAILS, pseudonym(request, form.contact.value)))
        try:
            handle = await ways.sign_up(form.name, form.contact, next_path=form.next, now=clock.now())
        except TooMany:
            raise too_many({"name": form.name, "contact": form.contact.shown, "next": form.next}) from None
    except Invalid as invalid:
        return render(request, "accounts/sign_up.html", {"form": invalid.entered}, block="form", status=422)
    return see_other(request, "accounts:check_mail") if handle is None else hold(request, handle, "codes:show")


async def check_mail(request: Request) -> Response:
    """What to do next; the same whatever was asked for."""
    return render(request, "accounts/check_mail.html")


async def confirm(request: Request) -> Response:
    """The link from the mail shows a form; only sending it confirms, so that mail scanners do not."""
    if request.method != "POST":
        token = request.query_params.get("token", "")
        waiting = await sessions.link_under(token, CONFIRM, clock.now())
        form_values = Entered({"name": waiting.person.name if waiting else ""})
        context = {"token": token, "valid": waiting is not None, "form": form_values}
        return private(render(request, "accounts/confirm.html", context))
    try:
        form = await parse(request, Confirm)
    except Invalid as invalid:
        context = {"token": invalid.entered.value("token"), "valid": True, "form": invalid.entered}
        return private(render(request, "accounts/confirm.html", context, block="form", status=422))
    await spend(request, (LINKS, address(request)))
    link = await sessions.link_under(form.token, CONFIRM, clock.now())
    if link is not None:
        if _is_own_contact(request, link.person, form.password):
            values = {"token": form.token, "name": form.name}
            context = {"token": form.token, "valid": True, "form": _own_contact(values)}
            return private(render(request, "accounts/confirm.html", context, block="form", status=422))
        link = await ways.confirm(form.token, form.name, form.password, now=clock.now())
    if link is None:
        context = {"token": "", "valid": False, "form": Entered()}
        return private(render(request, "accounts/confirm.html", context, status=410))
    return await go_on(request, link.person, local_path(link.next, request.url_for("accounts:show").path))


async def sign_in(request: Request) -> Response:
    """Mail address or phone number, and password."""
    if request.method != "POST":
        return render(request, "accounts/sign_in.html", {"form": _wanted(request)})
    try:
        form = await parse(request, SignIn)
        contact = meant(form.contact, settings_of(request).phone_region)
        account = pseudonym(request, contact.value if contact else form.contact.casefold())
        await spend(
            request,
            (PER_ADDRESS, address(request)),
            (PER_BOTH, f"{account}|{address(request)}"),
            (PER_ACCOUNT, account),
        )
        person = await ways.check_password(contact, form.password)
        if person is None:
            kept = {"contact": form.contact, "next": form.next}
            raise Invalid.because(
                kept, form=_("Address, number or password is not right, or the account is not confirmed.")
            )
    except Invalid as invalid:
        return render(request, "accounts/sign_in.html", {"form": invalid.entered}, block="form", status=422)
    return await go_on(request, person, local_path(form.next, request.url_for("accounts:show").path))


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
    """Ask for a link or a code to set a new password."""
    if request.method != "POST":
        return render(request, "accounts/reset_request.html", {"form": _wanted(request)})
    try:
        form = await parse(request, ResetRequest)
        await spend(request, (MAILS_ADDRESS, address(request)), (RESETS, pseudonym(request, form.contact.value)))
        try:
            handle = await ways.request_reset(form.contact, next_path=form.next, now=clock.now())
        except TooMany:
            raise too_many({"contact": form.contact.shown, "next": form.next}) from None
    except Invalid as invalid:
        return render(request, "accounts/reset_request.html", {"form": invalid.entered}, block="form", status=422)
    return see_other(request, "accounts:check_mail") if handle is None else hold(request, handle, "codes:show")


async def reset(request: Request) -> Response:
    """Set a new password under a link."""
    if request.method != "POST":
        token = request.query_params.get("token", "")
        valid = await sessions.link_under(token, RESET, clock.now()) is not None
        return private(render(request, "accounts/reset.html", {"token": token, "valid": valid, "form": Entered()}))
    try:
        form = await parse(request, Reset)
    except Invalid as invalid:
        context = {"token": invalid.entered.value("token"), "valid": True, "form": invalid.entered}
        return private(render(request, "accounts/reset.html", context, block="form", status=422))
    await spend(request, (LINKS, address(request)))
    link = await sessions.link_under(form.token, RESET, clock.now())
    if link is not None:
        if _is_own_contact(request, link.person, form.password):
            context = {"token": form.token, "valid": True, "form": _own_contact({"token": form.token})}
            return private(render(request, "accounts/reset.html", context, block="form", status=422))
        link = await ways.reset(form.token, form.password, now=clock.now())
    if link is None:
        context = {"token": "", "valid": False, "form": Entered()}
        return private(render(request, "accounts/reset.html", context, status=410))
    target = local_path(link.next, request.url_for("accounts:show").path)
    return await go_on(request, link.person, target, method=proving.CODE)


def _wanted(request: Request) -> Entered:
    """An empty form that remembers where one wanted to go."""
    return Entered({"next": local_path(request.query_params.get("next"), "")})


def _is_own_contact(request: Request, person: Person, password: str) -> bool:
    contact = meant(password, settings_of(request).phone_region)
    return contact is not None and contact.value in {person.email, person.phone}


def _own_contact(values: dict[str, str]) -> Entered:
    return Entered(values, {"password": [_("Do not use your address or number as your password.")]})


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
