"""An authenticator app and printed codes, and the second step of signing in."""

from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.access import Guarded
from app.accounts import proving, totps
from app.accounts.actions import proofs
from app.accounts.actions import totp as actions
from app.accounts.forms.totp import Confirmed, Second
from app.accounts.models import Person
from app.accounts.policy.totp import CHANGE, GIVE, READ
from app.accounts.queries import totp as queries
from app.accounts.web.cookies import begin, cookie_name
from app.forms import Entered, Invalid, parse
from app.html import see_other
from app.limits import Rule, address
from app.web import person_of, private, pseudonym, render, settings_of, spend

ADDRESS = Rule("second-factor-address", "100/10minute")
ACCOUNT = Rule("second-factor-account", "20/hour")
"""Only who knows the first factor comes here, so that nobody else can lock an account with it."""
CONFIRMING = Rule("totp-confirming", "30/10minute")


async def go_on(request: Request, person: Person, target: str, *, method: str = proving.PASSWORD) -> Response:
    """After a first factor: ask for the second one, if there is one, else begin the session and go to `target`."""
    if not await queries.is_on(person):
        return await begin(request, person, target, method=method)
    token = await proofs.begin(
        totps.SECOND,
        totps.SECOND_LASTS,
        person=person.id,
        data={"target": target, "method": method},
        now=clock.now(),
    )
    response = see_other(request, "totp:second")
    response.set_cookie(
        _second_cookie(request),
        token,
        max_age=int(totps.SECOND_LASTS.total_seconds()),
        secure=settings_of(request).is_secure,
        httponly=True,
        samesite="lax",
    )
    return response


async def second(request: Request) -> Response:
    """The second step of signing in: a code from the app, or a printed one."""
    token = request.cookies.get(_second_cookie(request), "")
    if request.method != "POST":
        is_open = bool(token) and await queries.second_is_open(token, clock.now())
        return private(render(request, "accounts/second.html", {"is_open": is_open, "form": Entered()}))
    await spend(request, (ADDRESS, address(request)))
    person = await queries.second_person(token, clock.now()) if token else None
    if person is None:
        return _over(request)
    await spend(request, (ACCOUNT, pseudonym(request, str(person))))
    try:
        form = await parse(request, Second)
        passed = await actions.second(
            token, settings_of(request).key, code=form.code, paper=form.paper, now=clock.now()
        )
    except actions.Over:
        return _over(request)
    except Invalid as invalid:
        context = {"is_open": True, "form": invalid.entered}
        return private(render(request, "accounts/second.html", context, block="form", status=422))
    response = await begin(request, passed.person, passed.target, method=passed.method)
    return _forget_cookie(request, response)


def _over(request: Request) -> Response:
    context = {"is_open": False, "form": Entered()}
    return _forget_cookie(request, private(render(request, "accounts/second.html", context, status=410)))


def _second_cookie(request: Request) -> str:
    return f"{cookie_name(settings_of(request))}-second"


def _forget_cookie(request: Request, response: Response) -> Response:
    response.delete_cookie(
        _second_cookie(request), secure=settings_of(request).is_secure, httponly=True, samesite="lax"
    )
    return response


async def show(request: Request) -> Response:
    """Whether signing in takes two steps, and what can be changed about it."""
    person = person_of(request)
    row = await queries.totp_of(person)
    is_on = row is not None and row.confirmed_at is not None
    left = await queries.codes_left(person) if is_on else 0
    return render(request, "accounts/totp.html", {"totp": row, "is_on": is_on, "left": left})


async def start(request: Request) -> Response:
    """Make a secret, and go and see it."""
    await actions.begin(person_of(request), settings_of(request).key, now=clock.now())
    return see_other(request, "totp:set_up")


async def set_up(request: Request) -> Response:
    """The picture for the app, and the first code from it."""
    person, settings = person_of(request), settings_of(request)
    row = await queries.totp_of(person)
    if row is None:
        return see_other(request, "totp:show")
    if row.confirmed_at is not None:
        return see_other(request, "totp:codes")
    entered, status = Entered(), 200
    if request.method == "POST":
        await spend(request, (CONFIRMING, pseudonym(request, str(person.id))))
        try:
            form = await parse(request, Confirmed)
            await actions.confirm(person, form.code, settings.key, now=clock.now())
            return see_other(request, "totp:codes")
        except Invalid as invalid:
            entered, status = invalid.entered, 422
    secret = totps.unseal(settings.key, person.id, row.secret)
    account = person.email or person.phone or person.name
    link = totps.address(secret, account, settings.operator_name_en)
    context = {
        "form": entered,
        "address": link,
        "picture": totps.picture(link),
        "groups": totps.groups(secret),
    }
    return private(render(request, "accounts/totp_set_up.html", context, block="form", status=status))


async def codes(request: Request) -> Response:
    """New printed codes, for some minutes; pressing the button makes others, or puts these away."""
    person, settings, now = person_of(request), settings_of(request), clock.now()
    if not await queries.is_on(person):
        return see_other(request, "totp:show")
    shown = await queries.new_codes(person, settings.key, now)
    context = {"codes": [totps.written(code) for code in shown]}
    return private(render(request, "accounts/totp_codes.html", context))


async def renew_codes(request: Request) -> Response:
    """Make new codes; the old ones are void."""
    try:
        await actions.renew_codes(person_of(request), settings_of(request).key, now=clock.now())
    except Invalid:
        return see_other(request, "totp:show")
    return see_other(request, "totp:codes")


async def put_away(request: Request) -> Response:
    """The codes are kept somewhere."""
    await actions.put_away(person_of(request), now=clock.now())
    return see_other(request, "totp:show")


async def off(request: Request) -> Response:
    """Ask, then sign in with one step again."""
    person = person_of(request)
    if request.method == "POST":
        await actions.turn_off(person, now=clock.now())
        return see_other(request, "totp:show")
    if not await queries.is_on(person):
        return see_other(request, "totp:show")
    return render(request, "accounts/totp_off.html")


ROUTES = [
    Guarded("/account/sign-in/second", second, methods=["GET", "POST"], name="totp:second", act=GIVE),
    Guarded("/account/two-step", show, name="totp:show", act=READ),
    Guarded("/account/two-step/start", start, methods=["POST"], name="totp:start", act=CHANGE),
    Guarded("/account/two-step/set-up", set_up, methods=["GET", "POST"], name="totp:set_up", act=CHANGE),
    Guarded("/account/two-step/codes", codes, name="totp:codes", act=CHANGE),
    Guarded("/account/two-step/codes/renew", renew_codes, methods=["POST"], name="totp:renew_codes", act=CHANGE),
    Guarded("/account/two-step/codes/kept", put_away, methods=["POST"], name="totp:put_away", act=READ),
    Guarded("/account/two-step/off", off, methods=["GET", "POST"], name="totp:off", act=CHANGE),
]
