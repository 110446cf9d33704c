"""The service centre: agents who act for somebody who is present, and what the citizen sees of it afterwards."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import NoReturn
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import clock
from app.access import Guarded, may
from app.accounts import visits
from app.accounts.actions import centre as actions
from app.accounts.actions.codes import Spent, TooMany, Wrong
from app.accounts.contacts import Contact
from app.accounts.forms.centre import Begin, Identity, NewPerson, Words
from app.accounts.forms.codes import Enter
from app.accounts.forms.register import without_secrets
from app.accounts.models import Agency, Code, Person, Visit
from app.accounts.policy.centre import BEGIN, DECIDE, DESK, DISPUTE, DISPUTES, END, OWN
from app.accounts.queries import centre as queries
from app.accounts.queries.register import RegisterAway, register_of
from app.accounts.web import numbers
from app.accounts.web.levels import PER_AGENT, PER_NUMBER, today
from app.forms import Entered, Invalid, parse
from app.html import path_of, see_other
from app.i18n import gettext as _
from app.i18n import ngettext
from app.limits import Rule
from app.policy import Place, acts_in
from app.web import person_of, private, pseudonym, render, settings_of, spend, who

BEGUN = Rule("visit-begun", "60/hour")
"""An agent who tries more addresses than people can stand in a queue is stopped."""


async def index(request: Request) -> Response:
    """An agent's day."""
    zone = ZoneInfo(settings_of(request).time_zone)
    midnight = datetime.combine(clock.now().astimezone(zone).date(), time(), zone)
    found = await queries.since(person_of(request).id, midnight, numbers.page(request))
    context = {"found": found, "judge": may(request, DISPUTES), "now": clock.now(), "words": _words(request)}
    return private(render(request, "centre/index.html", context))


async def begin(request: Request) -> Response:
    """Whom an agent is to act for; the answer is the same whether there is such an account or not."""
    agent, settings = person_of(request), settings_of(request)
    places = await queries.of_agent(who(request))
    if request.method != "POST":
        return _begin_page(request, Entered({"method": visits.BY_CODE}), places)
    try:
        form = await parse(request, Begin)
        agency = _chosen(places, form.agency)
        await spend(request, (BEGUN, f"person:{agent.id}"))
        handle = await actions.ask(form.contact, agency, form.method, agent=agent, settings=settings, now=clock.now())
    except Invalid as invalid:
        return _begin_page(request, invalid.entered, places, status=422)
    except TooMany:
        values = {name: str(value) for name, value in (await request.form()).items()}
        sentence = _("Enough codes have gone to this address or number in the last hour. Wait, or check a document.")
        return _begin_page(request, Entered(values, {"contact": [sentence]}), places, status=429)
    return see_other(request, "centre:prove", handle=handle)


def _chosen(places: Sequence[Agency], number: str) -> Agency:
    """The agency for which an agent acts; there is nothing to choose where there is one only."""
    if len(places) == 1:
        return places[0]
    found = [agency for agency in places if str(agency.id) == number]
    if not found:
        raise Invalid.because({}, agency=_("Choose one of the options."))
    return found[0]


def _begin_page(request: Request, form: Entered, places: Sequence[Agency], *, status: int = 200) -> Response:
    context = {"form": form, "places": places}
    return private(render(request, "centre/begin.html", context, block="form", status=status))


async def prove(request: Request) -> Response:
    """The code that the citizen reads out, or the document that the agent looks at."""
    row, counter = await _asked(request, visits.PURPOSE)
    by_code = row.data["method"] == visits.BY_CODE
    if request.method != "POST":
        return _prove_page(request, Entered(), row)
    handle = request.path_params["handle"]
    try:
        if by_code:
            form = await parse(request, Enter)
            await actions.prove(handle, form.code, counter, key=settings_of(request).key, now=clock.now())
        else:
            await _identify(request, handle, counter)
    except Invalid as invalid:
        return _prove_page(request, without_secrets(invalid).entered, row, status=422)
    except Wrong as wrong:
        if not wrong.left:
            return _spent(request)
        sentence = ngettext(
            "These are not the digits. %(n)s try is left.",
            "These are not the digits. %(n)s tries are left.",
            wrong.left,
        )
        return _prove_page(request, Entered({}, {"code": [sentence]}), row, status=422)
    except RegisterAway:
        sentence = _("The civil register does not answer at this moment. Try again in a few minutes.")
        return _prove_page(request, Entered({}, {"form": [sentence]}), row, status=503)
    except Spent:
        return _spent(request)
    except actions.NameNeeded:
        return see_other(request, "centre:account", handle=handle)
    return see_other(request, "home")


async def _identify(request: Request, handle: str, counter: actions.Counter) -> None:
    settings, form = settings_of(request), await parse(request, Identity)
    claim = None if form.is_empty else form.claim(settings.national_number_digits, today(request))
    if claim is not None:
        await spend(
            request,
            (PER_AGENT, f"person:{counter.agent.id}"),
            (PER_NUMBER, pseudonym(request, f"register|{claim.number}")),
        )
    checked = actions.Checked(form.document, form.document_end, claim)
    await actions.identify(handle, checked, counter, book=register_of(settings), key=settings.key, now=clock.now())


async def _asked(request: Request, purpose: str) -> tuple[Code, actions.Counter]:
    """What this agent has begun to begin, and where; back to the start when it holds no more."""
    agent = person_of(request)
    row = await actions.asked(request.path_params["handle"], agent, clock.now(), purpose=purpose)
    places = {str(agency.id): agency for agency in await queries.of_agent(who(request))}
    if row is None or row.data["agency"] not in places:
        _start_again(request)
    return row, actions.Counter(agent, places[row.data["agency"]], request.state.session.token_hash)


def _start_again(request: Request) -> NoReturn:
    raise HTTPException(303, headers={"Location": path_of(request, "centre:begin")})


def _spent(request: Request) -> Response:
    return private(render(request, "centre/spent.html", status=410))


def _prove_page(request: Request, form: Entered, row: Code, *, status: int = 200) -> Response:
    context = {
        "form": form,
        "contact": Contact.of(row.target),
        "by_code": row.data["method"] == visits.BY_CODE,
        "documents": [(name, _(says)) for name, says in visits.DOCUMENTS.items()],
        "digits": settings_of(request).national_number_digits,
    }
    return private(render(request, "centre/prove.html", context, block="form", status=status))


async def account(request: Request) -> Response:
    """The name of somebody who has just proven an address or a number, and has no account yet."""
    row, counter = await _asked(request, visits.NEW)
    context = {"form": Entered(), "contact": Contact.of(row.target)}
    if request.method != "POST":
        return private(render(request, "centre/account.html", context))
    try:
        form = await parse(request, NewPerson)
        await actions.make_account(request.path_params["handle"], form.name, counter, clock.now())
    except Invalid as invalid:
        context["form"] = invalid.entered
        return private(render(request, "centre/account.html", context, block="form", status=422))
    except Spent:
        return _spent(request)
    return see_other(request, "home")


async def end(request: Request) -> Response:
    """End the visit, or say that one knows that it has run out."""
    agent: Person = request.state.agent or person_of(request)
    await actions.end(request.state.session, agent, clock.now())
    return RedirectResponse(path_of(request, "centre:index"), 303)


async def own(request: Request) -> Response:
    """What was done for somebody in service centres."""
    return await _own_page(request, None, Entered())


async def _own_page(request: Request, disputed: int | None, form: Entered, *, status: int = 200) -> Response:
    found = await queries.of_citizen(person_of(request).id, numbers.page(request))
    now = clock.now()
    context = {
        "found": found,
        "form": form,
        "disputed": disputed,
        "words": _words(request),
        "now": now,
        "disputable": {
            told.visit.id
            for told in found.rows
            if visits.may_be_disputed(told.visit.started_at, told.visit.disputed_at, now)
        },
        "noted": visits.noted,
    }
    return private(render(request, "centre/visits.html", context, status=status))


async def dispute(request: Request) -> Response:
    """Say that something in a visit was wrong."""
    visit = numbers.number(request, "visit")
    citizen = person_of(request)
    if not await Visit.filter(id=visit, citizen_id=citizen.id).exists():
        raise HTTPException(404)
    try:
        form = await parse(request, Words)
        await actions.dispute(visit, citizen, form.text, clock.now())
    except Invalid as invalid:
        return await _own_page(request, visit, invalid.entered, status=422)
    return see_other(request, "centre:visits")


async def disputes(request: Request) -> Response:
    """Disputes that wait for whoever asks, and those that were decided."""
    found = await queries.disputes(who(request), numbers.page(request))
    context = {"found": found, "decided": await queries.decided(who(request))}
    return private(render(request, "centre/disputes.html", context))


async def decide(request: Request) -> Response:
    """One dispute: what the citizen says, what was done, and the decision."""
    told = await _disputed(request)
    judge = person_of(request)
    parties = {told.visit.agent_id, told.visit.citizen_id}  # type: ignore[attr-defined]  # Tortoise adds them
    if judge.id in parties:
        raise HTTPException(403, _("Nobody decides about a visit of their own."))
    form = Entered()
    if request.method == "POST":
        try:
            words = await parse(request, Words)
            await actions.decide(told.visit.id, judge, words.text, clock.now())
        except Invalid as invalid:
            form = invalid.entered
        else:
            return see_other(request, "centre:disputes")
    context = {"told": told, "form": form, "words": _words(request), "noted": visits.noted}
    return private(render(request, "centre/dispute.html", context, status=422 if form.errors else 200))


async def _disputed(request: Request) -> queries.Told:
    told = await queries.told(numbers.number(request, "visit"))
    if told is None or told.visit.disputed_at is None:
        raise HTTPException(404)
    return told


async def _place(request: Request) -> Place:
    """Where the disputed visit took place."""
    return await queries.place_of((await _disputed(request)).visit)


def _words(request: Request) -> dict[str, str]:
    """What each act is called, in the reader's language."""
    return {act.name: _(act.says) for act in acts_in(request.app.routes)}


BOTH = ["GET", "POST"]

ROUTES = [
    Guarded("/centre", index, name="centre:index", act=DESK),
    Guarded("/centre/begin", begin, methods=BOTH, name="centre:begin", act=BEGIN),
    Guarded("/centre/begin/{handle}", prove, methods=BOTH, name="centre:prove", act=BEGIN),
    Guarded("/centre/begin/{handle}/account", account, methods=BOTH, name="centre:account", act=BEGIN),
    Guarded("/centre/end", end, methods=["POST"], name="centre:end", act=END),
    Guarded("/centre/disputes", disputes, name="centre:disputes", act=DISPUTES),
    Guarded("/centre/disputes/{visit}", decide, methods=BOTH, name="centre:decide", act=DECIDE, place=_place),
    Guarded("/account/visits", own, name="centre:visits", act=OWN),
    Guarded("/account/visits/{visit}/dispute", dispute, methods=["POST"], name="centre:dispute", act=DISPUTE),
]
