"""Signing in with the identity of another provider, and linking it."""

from urllib.parse import urlencode

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import clock, ids
from app.access import Guarded
from app.accounts import proving
from app.accounts.actions import oidc as actions
from app.accounts.forms.oidc import Unlink
from app.accounts.models import Ceremony, Person
from app.accounts.oidc import LONGEST, Claims, Provider, Refused, Unreachable
from app.accounts.policy.oidc import ENTER, LINK, UNLINK
from app.accounts.web.totp import go_on
from app.forms import Invalid, parse
from app.html import local_path, path_of, see_other
from app.i18n import gettext as _
from app.limits import Rule, address
from app.settings import Settings
from app.web import person_of, private, render, settings_of, spend, who

log = structlog.get_logger("oidc")

VISITS = Rule("oidc-address", "60/10minute")
LONGEST_NEXT = 500


async def begin(request: Request) -> Response:
    """Go to the provider to sign in. By a link: the policy of pages lets forms go nowhere else."""
    return await _leave(request, None, local_path(request.query_params.get("next"), ""))


async def link(request: Request) -> Response:
    """Go to the provider to link an identity to this account, asked for on a page of ours and nowhere else.

    Otherwise another site could send people there whose browser is signed in at the provider as somebody else.
    """
    site = request.headers.get("sec-fetch-site")
    ours = request.headers.get("referer", "").startswith(f"{settings_of(request).base_url}/")
    if site != "same-origin" and not (site is None and ours):
        raise HTTPException(403, _("Start this from the page of your contacts."))
    return await _leave(request, person_of(request).id, "")


async def _leave(request: Request, person: int | None, wanted: str) -> Response:
    provider, now = _provider(request), clock.now()
    await spend(request, (VISITS, address(request)))
    begun = await actions.begin(person=person, next_path=wanted if len(wanted) <= LONGEST_NEXT else "", now=now)
    try:
        target = await provider.address(state=begun.state, nonce=begun.nonce, verifier=begun.verifier, now=now)
    except (Unreachable, Refused) as error:
        return _failed(request, "unreachable", 502, error)
    response = RedirectResponse(target, 303)
    settings = settings_of(request)
    response.set_cookie(
        _cookie_name(settings),
        begun.browser,
        max_age=int(LONGEST.total_seconds()),
        secure=settings.is_secure,
        httponly=True,
        samesite="lax",  # the way back is a navigation from another site
    )
    return private(response)


async def callback(request: Request) -> Response:
    """Come back from the provider."""
    provider, now = _provider(request), clock.now()
    await spend(request, (VISITS, address(request)))
    asked = request.query_params
    state, browser = asked.get("state", ""), request.cookies.get(_cookie_name(settings_of(request)), "")
    if not ids.TOKEN.match(state) or not ids.TOKEN.match(browser):
        return _failed(request, "gone", 400)
    try:
        visit = await actions.come_back(state, browser, now)
        if "error" in asked:
            return _failed(request, "denied", 400)
        if asked.get("iss", provider.issuer) != provider.issuer:  # RFC 9207
            raise Refused("answered by another issuer")
        data = visit.data
        claims = await provider.claims(asked.get("code", ""), verifier=data["verifier"], nonce=data["nonce"], now=now)
        if visit.person_id is not None:  # type: ignore[attr-defined]  # Tortoise adds it
            return await _link(request, visit, claims, provider.issuer)
        person = await actions.enter(claims, provider.issuer, now=now)
    except actions.Gone:
        return _failed(request, "gone", 400)
    except actions.MailTaken:
        return _failed(request, "taken", 409)
    except actions.OfAnother:
        return _failed(request, "of_another", 409)
    except actions.Shut:
        return _failed(request, "shut", 403)
    except Unreachable as error:
        return _failed(request, "unreachable", 502, error)
    except Refused as error:
        return _failed(request, "refused", 400, error)
    target = local_path(data.get("next"), path_of(request, "accounts:show"))
    return _forget(request, await go_on(request, person, _onward(request, person, target), method=proving.OIDC))


def _onward(request: Request, person: Person, target: str) -> str:
    """Where to go first: an account without a contact is asked for one."""
    if person.confirmed_at is not None:
        return target
    return f"{path_of(request, 'contacts:index')}?{urlencode({'next': target})}"


async def _link(request: Request, visit: Ceremony, claims: Claims, issuer: str) -> Response:
    person: Person | None = request.state.person
    if person is None or person.id != visit.person_id or who(request).visit is not None:  # type: ignore[attr-defined]
        raise actions.Gone
    await actions.link(person, claims, issuer, now=clock.now())
    return _forget(request, see_other(request, "contacts:index"))


async def unlink(request: Request) -> Response:
    """Let an identity open this account no more."""
    try:
        form = await parse(request, Unlink)
    except Invalid:
        raise HTTPException(400) from None  # a button without its number is no mistake of a person
    try:
        await actions.unlink(person_of(request), form.identity, now=clock.now())
    except Invalid as invalid:
        raise HTTPException(409, " ".join(invalid.entered.errors["form"])) from None
    return see_other(request, "contacts:index")


def _failed(request: Request, why: str, status: int, error: Exception | None = None) -> Response:
    if error is not None:
        log.warning("oidc_failed", why=why, reason=str(error), request_id=request.scope.get("request_id"))
    response = private(render(request, "accounts/oidc_failed.html", {"why": why}, status=status))
    return _forget(request, response)


def _provider(request: Request) -> Provider:
    """The provider of this portal; it remembers endpoints and keys."""
    settings = settings_of(request)
    if not settings.has_provider:
        raise HTTPException(404)
    known: Provider | None = getattr(request.app.state, "provider", None)
    if known is None:
        known = request.app.state.provider = Provider(settings)
    return known


def _cookie_name(settings: Settings) -> str:
    return "__Host-sawtuna-oidc" if settings.is_secure else "sawtuna-oidc"


def _forget(request: Request, response: Response) -> Response:
    settings = settings_of(request)
    response.delete_cookie(_cookie_name(settings), secure=settings.is_secure, httponly=True, samesite="lax")
    return response


ROUTES = [
    Guarded("/account/oidc", begin, name="oidc:begin", act=ENTER),
    Guarded("/account/oidc/callback", callback, name="oidc:callback", act=ENTER),
    Guarded("/account/oidc/link", link, name="oidc:link", act=LINK),
    Guarded("/account/oidc/unlink", unlink, methods=["POST"], name="oidc:unlink", act=UNLINK),
]
