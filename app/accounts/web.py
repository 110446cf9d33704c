"""Pages of accounts and agencies."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from app import clock, ids
from app.accounts import actions, queries
from app.accounts.forms import Confirm, Preferences, Reset, ResetRequest, SignIn, SignUp
from app.accounts.models import Person
from app.accounts.rules import CONFIRM, RESET, fold_email
from app.forms import Entered, Invalid, parse
from app.html import Pages, local_path, see_other
from app.i18n import LANGUAGES
from app.i18n import gettext as _
from app.limits import Limiter, Rule, address
from app.settings import Settings

PER_ADDRESS = Rule("sign-in-address", "100/10minute")
PER_BOTH = Rule("sign-in-both", "10/10minute")
PER_ACCOUNT = Rule("sign-in-account", "60/10minute")
"""An account can be locked from outside only by many addresses together; one address is stopped after ten tries."""
MAILS = Rule("sign-up-mails", "5/hour")
RESETS = Rule("reset-mails", "5/hour")
MAILS_ADDRESS = Rule("mails-address", "60/hour")
LINKS = Rule("links-address", "60/10minute")


def cookie_name(settings: Settings) -> str:
    """Name of the session's cookie; the prefix makes browsers insist on https and on this host."""
    return "__Host-sawtuna" if settings.is_secure else "sawtuna"


def _pages(request: Request) -> Pages:
    pages: Pages = request.app.state.pages
    return pages


async def sign_up(request: Request) -> Response:
    """Ask for an account."""
    if request.method != "POST":
        return _pages(request).render(request, "accounts/sign_up.html", {"form": Entered()})
    try:
        form = await parse(request, SignUp)
    except Invalid as invalid:
        return _pages(request).render(
            request, "accounts/sign_up.html", {"form": invalid.entered}, block="form", status=422
        )
    await _spend(request, (MAILS_ADDRESS, address(request)), (MAILS, _pseudonym(request, form.email)))
    await actions.sign_up(form.name, form.email, base_url=_settings(request).base_url, now=clock.now())
    return see_other(request, "accounts:check_mail")


async def check_mail(request: Request) -> Response:
    """What to do next; the same whatever was asked for."""
    return _pages(request).render(request, "accounts/check_mail.html")


async def confirm(request: Request) -> Response:
    """The link from the mail shows a form; only sending it confirms, so that mail scanners do not."""
    pages = _pages(request)
    if request.method != "POST":
        token = request.query_params.get("token", "")
        waiting = await queries.person_under(token, CONFIRM, clock.now())
        form_values = Entered({"name": waiting.name if waiting else ""})
        context = {"token": token, "valid": waiting is not None, "form": form_values}
        return _private(pages.render(request, "accounts/confirm.html", context))
    try:
        form = await parse(request, Confirm)
    except Invalid as invalid:
        context = {"token": invalid.entered.value("token"), "valid": True, "form": invalid.entered}
        return _private(pages.render(request, "accounts/confirm.html", context, block="form", status=422))
    await _spend(request, (LINKS, address(request)))
    person = await queries.person_under(form.token, CONFIRM, clock.now())
    if person is not None:
        if _is_own_address(person, form.password):
            values = {"token": form.token, "name": form.name}
            context = {"token": form.token, "valid": True, "form": _own_address(values)}
            return _private(pages.render(request, "accounts/confirm.html", context, block="form", status=422))
        person = await actions.confirm(form.token, form.name, form.password, now=clock.now())
    if person is None:
        context = {"token": "", "valid": False, "form": Entered()}
        return _private(pages.render(request, "accounts/confirm.html", context, status=410))
    return await _signed_in(request, person, request.url_for("accounts:show").path)


async def sign_in(request: Request) -> Response:
    """Mail address and password."""
    if request.method != "POST":
        wanted = {"next": local_path(request.query_params.get("next"), "")}
        return _pages(request).render(request, "accounts/sign_in.html", {"form": Entered(wanted)})
    try:
        form = await parse(request, SignIn)
        account = _pseudonym(request, form.email.casefold())
        await _spend(
            request,
            (PER_ADDRESS, address(request)),
            (PER_BOTH, f"{account}|{address(request)}"),
            (PER_ACCOUNT, account),
        )
        person = await actions.check_password(form.email, form.password)
        if person is None:
            kept = {"email": form.email, "next": form.next}
            raise Invalid.because(
                kept, form=_("Mail address or password is not right, or the account is not confirmed.")
            )
    except Invalid as invalid:
        return _pages(request).render(
            request, "accounts/sign_in.html", {"form": invalid.entered}, block="form", status=422
        )
    return await _signed_in(request, person, local_path(form.next, request.url_for("accounts:show").path))


async def sign_out(request: Request) -> Response:
    """End this session."""
    settings = _settings(request)
    if token := request.cookies.get(cookie_name(settings)):
        await actions.sign_out(token, now=clock.now())
    response = see_other(request, "home")
    response.delete_cookie(cookie_name(settings), secure=settings.is_secure, httponly=True, samesite="lax")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


async def reset_request(request: Request) -> Response:
    """Ask for a link to set a new password."""
    if request.method != "POST":
        return _pages(request).render(request, "accounts/reset_request.html", {"form": Entered()})
    try:
        form = await parse(request, ResetRequest)
    except Invalid as invalid:
        return _pages(request).render(
            request, "accounts/reset_request.html", {"form": invalid.entered}, block="form", status=422
        )
    await _spend(request, (MAILS_ADDRESS, address(request)), (RESETS, _pseudonym(request, form.email)))
    await actions.request_reset(form.email, base_url=_settings(request).base_url, now=clock.now())
    return see_other(request, "accounts:check_mail")


async def reset(request: Request) -> Response:
    """Set a new password under a link."""
    pages = _pages(request)
    if request.method != "POST":
        token = request.query_params.get("token", "")
        valid = await queries.person_under(token, RESET, clock.now()) is not None
        return _private(
            pages.render(request, "accounts/reset.html", {"token": token, "valid": valid, "form": Entered()})
        )
    try:
        form = await parse(request, Reset)
    except Invalid as invalid:
        context = {"token": invalid.entered.value("token"), "valid": True, "form": invalid.entered}
        return _private(pages.render(request, "accounts/reset.html", context, block="form", status=422))
    await _spend(request, (LINKS, address(request)))
    person = await queries.person_under(form.token, RESET, clock.now())
    if person is not None:
        if _is_own_address(person, form.password):
            context = {"token": form.token, "valid": True, "form": _own_address({"token": form.token})}
            return _private(pages.render(request, "accounts/reset.html", context, block="form", status=422))
        person = await actions.reset(form.token, form.password, now=clock.now())
    if person is None:
        context = {"token": "", "valid": False, "form": Entered()}
        return _private(pages.render(request, "accounts/reset.html", context, status=410))
    return await _signed_in(request, person, request.url_for("accounts:show").path)


def _is_own_address(person: Person, password: str) -> bool:
    return fold_email(password) == person.email


def _own_address(values: dict[str, str]) -> Entered:
    return Entered(values, {"password": [_("Do not use your mail address as your password.")]})


def _private(response: Response) -> Response:
    """A page that holds a token is kept nowhere."""
    response.headers["Cache-Control"] = "no-store"
    return response


async def show(request: Request) -> Response:
    """A person's own page."""
    person = required(request)
    parts = [
        part
        for feature in request.app.state.features
        if feature.takes_part
        for part in await feature.takes_part(person)
    ]
    return _pages(request).render(request, "accounts/show.html", {"person": person, "parts": parts})


async def preferences(request: Request) -> Response:
    """Language, digits and theme, for people without an account too."""
    form = await parse(request, Preferences)
    person: Person | None = request.state.person
    if person is not None and form.lang in LANGUAGES:
        await Person.filter(id=person.id).update(language=form.lang)
    response = RedirectResponse(local_path(form.next, "/"), 303)
    for name, value, allowed in (
        ("lang", form.lang, LANGUAGES),
        ("numerals", form.numerals, ("arab", "latn")),
        ("theme", form.theme, ("light", "dark", "auto")),
    ):
        if value in allowed:
            response.set_cookie(
                name, value, max_age=31_536_000, secure=_settings(request).is_secure, samesite="lax", httponly=True
            )
    return response


async def agencies(request: Request) -> Response:
    """The directory."""
    search = request.query_params.get("q", "")[:100]
    context = {"agencies": await queries.agencies(search), "search": search}
    return _pages(request).render(request, "agencies/index.html", context, block="results")


async def agency(request: Request) -> Response:
    """One agency."""
    found = await queries.agency(request.path_params["slug"])
    if found is None:
        raise HTTPException(404)
    return _pages(request).render(request, "agencies/show.html", {"branch": found, "agency": found.agency})


def required(request: Request) -> Person:
    """The signed-in person; others are sent to sign in and come back."""
    person: Person | None = request.state.person
    if person is None:
        target = request.url_for("accounts:sign_in").include_query_params(next=request.url.path)
        raise HTTPException(303, headers={"Location": f"{target.path}?{target.query}"})
    return person


async def _signed_in(request: Request, person: Person, target: str) -> Response:
    settings, now = _settings(request), clock.now()
    if old := request.cookies.get(cookie_name(settings)):
        await actions.sign_out(old, now=now)  # a session from before the sign-in is never carried over
    device = request.headers.get("user-agent", "")
    begun = await actions.sign_in(person, device=device, days=settings.session_days, now=now)
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


def _pseudonym(request: Request, email: str) -> str:
    """A key for counting that is no mail address, since counts may lie in a shared store."""
    return ids.keyed_hash(_settings(request).key, "limit", email)


async def _spend(request: Request, *rules: tuple[Rule, str]) -> None:
    limiter: Limiter = request.app.state.limiter
    await limiter.spend(rules)


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


ROUTES = [
    Route("/account/sign-up", sign_up, methods=["GET", "POST"], name="accounts:sign_up"),
    Route("/account/check-mail", check_mail, name="accounts:check_mail"),
    Route("/account/confirm", confirm, methods=["GET", "POST"], name="accounts:confirm"),
    Route("/account/sign-in", sign_in, methods=["GET", "POST"], name="accounts:sign_in"),
    Route("/account/sign-out", sign_out, methods=["POST"], name="accounts:sign_out"),
    Route("/account/reset/request", reset_request, methods=["GET", "POST"], name="accounts:reset_request"),
    Route("/account/reset", reset, methods=["GET", "POST"], name="accounts:reset"),
    Route("/account", show, name="accounts:show"),
    Route("/preferences", preferences, methods=["POST"], name="preferences"),
    Route("/agencies", agencies, name="agencies:index"),
    Route("/agencies/{slug}", agency, name="agencies:show"),
]
