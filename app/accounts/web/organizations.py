"""Companies and associations."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import clock
from app.access import Guarded
from app.accounts.actions import organizations as actions
from app.accounts.forms.organizations import Decision, Founding, Invite
from app.accounts.models import Representative
from app.accounts.policy.organizations import ACT_FOR, DECIDE, FOUND, MANAGE, READ_OWN, WRITE_FOUNDING
from app.accounts.powers import MANAGE as POWER_MANAGE
from app.accounts.powers import POWERS, STATES
from app.accounts.queries import organizations as queries
from app.accounts.queries.agencies import everywhere
from app.forms import Entered, Invalid, read
from app.html import local_path, see_other
from app.limits import Rule
from app.web import person_of, private, render, settings_of, spend

FOUNDINGS = Rule("organizations", "5/day")
INVITATIONS = Rule("organization-invitations", "30/day")


async def index(request: Request) -> Response:
    """Those one acts for."""
    rows = await queries.of_person(person_of(request).id)
    return render(request, "organizations/index.html", {"rows": rows, "states": STATES, "powers": POWERS})


async def new(request: Request) -> Response:
    """The form; anybody may fill it in, and signs in when it is sent."""
    return render(request, "organizations/new.html", {"form": Entered({"kind": "company"})})


async def found(request: Request) -> Response:
    """Register one."""
    person = person_of(request)
    try:
        form = read(await request.form(), Founding)
        await spend(request, (FOUNDINGS, str(person.id)))
        made = await actions.found(form, by=person, now=clock.now())
    except Invalid as invalid:
        return render(request, "organizations/new.html", {"form": invalid.entered}, status=422)
    return see_other(request, "organizations:show", id=made.id)


async def show(request: Request) -> Response:
    """One of them, for those who act for it."""
    return await _page(request, await _held(request), Entered())


async def _page(request: Request, held: Representative, form: Entered, status: int = 200) -> Response:
    context = {
        "held": held,
        "organization": request.state.organization,
        "shown": held.organization,
        "people": await queries.representatives(held.organization.id),
        "manages": POWER_MANAGE in held.powers,
        "powers": POWERS,
        "states": STATES,
        "form": form,
        "now": clock.now(),
    }
    return private(render(request, "organizations/show.html", context, status=status))


async def invite(request: Request) -> Response:
    """Offer somebody powers."""
    held = await _held(request, POWER_MANAGE)
    if held.organization.state != "confirmed":
        raise HTTPException(409)  # a name that nobody has checked must not speak to strangers
    data = await request.form()
    try:
        values = {"email": data.get("email", ""), "powers": [str(power) for power in data.getlist("powers")]}
        form = read(values, Invite)
        await spend(request, (INVITATIONS, str(held.organization.id)))
        await actions.invite(
            held.organization, form, by=person_of(request), base_url=settings_of(request).base_url, now=clock.now()
        )
    except Invalid as invalid:
        return await _page(request, held, invalid.entered, 422)
    return see_other(request, "organizations:show", id=held.organization.id)


async def end(request: Request) -> Response:
    """End somebody's powers, or one's own."""
    wanted = _number(request, "representative")
    held = await _held(request)
    if held.id != wanted and POWER_MANAGE not in held.powers:
        raise HTTPException(403)
    try:
        await actions.end(held.organization.id, wanted, by=person_of(request), now=clock.now())
    except Invalid as invalid:
        return await _page(request, held, invalid.entered, 422)
    if held.id == wanted:
        return see_other(request, "organizations:index")
    return see_other(request, "organizations:show", id=held.organization.id)


async def accept(request: Request) -> Response:
    """The link from the mail shows the offer; only pressing the button takes it."""
    now = clock.now()
    if request.method != "POST":
        token = request.query_params.get("token", "")
        offer = await queries.invitation(token, now)
        mine = offer is not None and offer.email == person_of(request).email
        context = {"offer": offer if mine else None, "token": token, "powers": POWERS}
        return private(render(request, "organizations/accept.html", context))
    data = await request.form()
    organization = await actions.accept(str(data.get("token", "")), by=person_of(request), now=now)
    if organization is None:
        return private(render(request, "organizations/accept.html", {"offer": None, "token": ""}, status=410))
    return see_other(request, "organizations:show", id=organization)


async def act(request: Request) -> Response:
    """Begin to act for one."""
    held = await _held(request)
    if held.organization.state != "confirmed":
        raise HTTPException(409)
    await actions.act_for(request.state.session, held.organization.id, by=person_of(request), now=clock.now())
    return see_other(request, "organizations:show", id=held.organization.id)


async def act_as_self(request: Request) -> Response:
    """Act for nobody else any more."""
    await actions.act_for(request.state.session, None, by=person_of(request), now=clock.now())
    data = await request.form()
    return RedirectResponse(local_path(str(data.get("next", "")), request.url_for("organizations:index").path), 303)


async def waiting(request: Request) -> Response:
    """Those that wait to be checked."""
    return await _waiting(request, Entered())


async def _waiting(request: Request, form: Entered, status: int = 200) -> Response:
    context = {"rows": await queries.waiting(), "form": form}
    return private(render(request, "organizations/waiting.html", context, status=status))


async def decide(request: Request) -> Response:
    """Confirm or refuse."""
    number = _number(request)
    try:
        form = read(await request.form(), Decision)
        await actions.decide(number, form, by=person_of(request), now=clock.now())
    except Invalid as invalid:
        entered = Entered({**invalid.entered.values, "id": str(number)}, invalid.entered.errors)
        return await _waiting(request, entered, 422)
    return see_other(request, "organizations:waiting")


async def _held(request: Request, power: str = "") -> Representative:
    held = await queries.held(person_of(request).id, _number(request))
    if held is None:
        raise HTTPException(404)
    if power and power not in held.powers:
        raise HTTPException(403)
    return held


def _number(request: Request, name: str = "id") -> int:
    text = str(request.path_params[name])
    if not text.isdecimal() or len(text) > 18:
        raise HTTPException(404)
    return int(text)


ROUTES = [
    Guarded("/organizations", index, name="organizations:index", act=READ_OWN),
    Guarded("/organizations/new", new, name="organizations:new", act=WRITE_FOUNDING),
    Guarded("/organizations/new", found, methods=["POST"], name="organizations:found", act=FOUND),
    Guarded("/organizations/accept", accept, methods=["GET", "POST"], name="organizations:accept", act=ACT_FOR),
    Guarded("/organizations/act-as-self", act_as_self, methods=["POST"], name="organizations:act_as_self", act=ACT_FOR),
    Guarded("/organizations/waiting", waiting, name="organizations:waiting", act=DECIDE, place=everywhere),
    Guarded("/organizations/{id}", show, name="organizations:show", act=READ_OWN),
    Guarded("/organizations/{id}/act", act, methods=["POST"], name="organizations:act", act=ACT_FOR),
    Guarded("/organizations/{id}/invite", invite, methods=["POST"], name="organizations:invite", act=MANAGE),
    Guarded(
        "/organizations/{id}/decide",
        decide,
        methods=["POST"],
        name="organizations:decide",
        act=DECIDE,
        place=everywhere,
    ),
    Guarded("/organizations/{id}/end/{representative}", end, methods=["POST"], name="organizations:end", act=MANAGE),
]
