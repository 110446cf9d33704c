"""Passkeys (WebAuthn): pages for people, and JSON for the script that speaks with the browser's keys."""

import json
from typing import Any, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app import clock
from app.access import Guarded
from app.accounts import proving
from app.accounts.actions import passkeys as actions
from app.accounts.actions.sessions import Gone
from app.accounts.forms.passkeys import Made, Named, Shown
from app.accounts.passkeys import Site, short
from app.accounts.policy.passkeys import ADD, READ, REMOVE, RENAME, SHOW
from app.accounts.policy.proofs import PROVE
from app.accounts.queries import passkeys as queries
from app.accounts.web.cookies import begun, give
from app.accounts.web.proofs import ACCOUNT as AGAIN_ACCOUNT
from app.accounts.web.sessions import session_of
from app.errors import problem
from app.forms import Entered, Form, Invalid, parse, read
from app.html import local_path, path_of, see_other
from app.i18n import gettext as _
from app.i18n import reader
from app.limits import Rule, address
from app.web import person_of, private, pseudonym, render, settings_of, spend

F = TypeVar("F", bound=Form)

ADDRESS = Rule("passkey-address", "200/10minute")
MAKING = Rule("passkey-making", "30/10minute")


def site_of(request: Request) -> Site:
    """Whom passkeys are made for: the portal of the settings, whatever host a request names."""
    settings = settings_of(request)
    if not settings.has_name:
        raise HTTPException(404)
    name = settings.operator_name_ar if reader().language == "ar" else settings.operator_name_en
    return Site(settings.host, settings.base_url, name)


async def told(request: Request, form: type[F]) -> F:
    """What the script sent, as a typed value, or `Invalid`."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise HTTPException(415)
    try:
        data: Any = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise HTTPException(400) from None
    if not isinstance(data, dict):
        raise HTTPException(400)
    return read(data, form)


def refused(request: Request, invalid: Invalid) -> Response:
    """What is wrong, for the script to show."""
    sentences = [sentence for found in invalid.entered.errors.values() for sentence in found]
    return problem(request, 422, " ".join(dict.fromkeys(sentences)))


def answered(values: dict[str, Any], status: int = 200) -> JSONResponse:
    """JSON that is kept nowhere."""
    return JSONResponse(values, status, {"Cache-Control": "no-store"})


async def index(request: Request) -> Response:
    """One's own passkeys."""
    rows = [
        {"passkey": one, "handle": short(one.credential_id)} for one in await queries.passkeys_of(person_of(request))
    ]
    return render(request, "accounts/passkeys.html", {"rows": rows})


async def new(request: Request) -> Response:
    """Where the script makes one; it asks for a fresh proof when it is opened, not after a name was typed."""
    return render(request, "accounts/passkey_new.html", {"form": Entered()})


async def make_options(request: Request) -> Response:
    """A challenge for a new passkey."""
    person = person_of(request)
    await spend(request, (MAKING, pseudonym(request, str(person.id))))
    try:
        options = await actions.begin_making(person, site_of(request), settings_of(request).key, now=clock.now())
    except Invalid as invalid:
        return refused(request, invalid)
    return answered(options)


async def make(request: Request) -> Response:
    """Keep the passkey that the browser has made."""
    try:
        form = await told(request, Made)
        await actions.make(
            person_of(request),
            site_of(request),
            token=form.token,
            credential=form.credential,
            name=form.name,
            now=clock.now(),
        )
    except Invalid as invalid:
        return refused(request, invalid)
    return answered({"location": path_of(request, "passkeys:index")}, 201)


async def enter_options(request: Request) -> Response:
    """A challenge for signing in."""
    await spend(request, (ADDRESS, address(request)))
    return answered(await actions.begin_entering(site_of(request), now=clock.now()))


async def enter(request: Request) -> Response:
    """Sign in by a passkey, which is both factors at once: a thing one has, unlocked by what one knows or is."""
    await spend(request, (ADDRESS, address(request)))
    try:
        form = await told(request, Shown)
        person = await actions.enter(
            site_of(request), settings_of(request).key, token=form.token, credential=form.credential, now=clock.now()
        )
    except Invalid as invalid:
        return refused(request, invalid)
    target = local_path(form.next, path_of(request, "accounts:show"))
    return await begun(request, person, answered({"location": target}), method=proving.PASSKEY)


async def again_options(request: Request) -> Response:
    """A challenge for proving again who one is."""
    person = person_of(request)
    await spend(request, (ADDRESS, address(request)))
    return answered(await actions.begin_again(person, site_of(request), now=clock.now()))


async def again(request: Request) -> Response:
    """Prove again who one is by a passkey."""
    person, session, now = person_of(request), session_of(request), clock.now()
    await spend(request, (ADDRESS, address(request)), (AGAIN_ACCOUNT, pseudonym(request, str(person.id))))
    try:
        form = await told(request, Shown)
        token = await actions.again(
            person,
            session,
            site_of(request),
            settings_of(request).key,
            token=form.token,
            credential=form.credential,
            now=now,
        )
    except Invalid as invalid:
        return refused(request, invalid)
    except Gone:
        return problem(request, 409, _("You were signed out meanwhile. Sign in again."))
    target = local_path(form.next, path_of(request, "accounts:show"))
    return give(request, answered({"location": target}), token, session.expires_at, now)


async def edit(request: Request) -> Response:
    """Call a passkey something else."""
    person = person_of(request)
    passkey = await queries.passkey(person, request.path_params["handle"])
    entered, status = Entered({"name": passkey.name}), 200
    if request.method == "POST":
        try:
            form = await parse(request, Named)
            await actions.rename(person, passkey, form.name, now=clock.now())
            return see_other(request, "passkeys:index")
        except Invalid as invalid:
            entered, status = invalid.entered, 422
    context = {"passkey": passkey, "handle": short(passkey.credential_id), "form": entered}
    return private(render(request, "accounts/passkey.html", context, block="form", status=status))


async def remove(request: Request) -> Response:
    """Ask, then let a passkey open nothing any more."""
    person = person_of(request)
    if request.method == "POST":
        for passkey in await queries.passkeys_of(person):
            if short(passkey.credential_id) == request.path_params["handle"]:
                await actions.remove(person, passkey, now=clock.now())
        return see_other(request, "passkeys:index")  # a second click finds it gone, which is what was wanted
    passkey = await queries.passkey(person, request.path_params["handle"])
    return render(request, "accounts/passkey_remove.html", {"passkey": passkey, "handle": short(passkey.credential_id)})


ROUTES = [
    Guarded(
        "/account/sign-in/passkey/challenge", enter_options, methods=["POST"], name="passkeys:enter_options", act=SHOW
    ),
    Guarded("/account/sign-in/passkey", enter, methods=["POST"], name="passkeys:enter", act=SHOW),
    Guarded(
        "/account/again/passkey/challenge", again_options, methods=["POST"], name="passkeys:again_options", act=PROVE
    ),
    Guarded("/account/again/passkey", again, methods=["POST"], name="passkeys:again", act=PROVE),
    Guarded("/account/passkeys", index, name="passkeys:index", act=READ),
    Guarded("/account/passkeys/new", new, name="passkeys:new", act=ADD),
    Guarded("/account/passkeys/new/challenge", make_options, methods=["POST"], name="passkeys:make_options", act=ADD),
    Guarded("/account/passkeys/make", make, methods=["POST"], name="passkeys:make", act=ADD),
    Guarded("/account/passkeys/{handle}", edit, methods=["GET", "POST"], name="passkeys:edit", act=RENAME),
    Guarded("/account/passkeys/{handle}/remove", remove, methods=["GET", "POST"], name="passkeys:remove", act=REMOVE),
]
