"""Levels of assurance, and the way up, where an act asks for more than there is."""

from datetime import date
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import clock
from app.access import Guarded
from app.accounts.actions import register
from app.accounts.forms.register import ClaimForm, without_secrets
from app.accounts.models import Person
from app.accounts.policy.levels import SHOW
from app.accounts.queries import centre
from app.accounts.queries.register import RegisterAway, example, register_of
from app.accounts.register import Claim
from app.accounts.says import LEVELS
from app.acting import actor_of, details_of
from app.forms import Entered, Invalid, parse
from app.html import local_path, path_of
from app.i18n import gettext as _
from app.limits import Rule, address
from app.policy import Level
from app.web import person_of, private, pseudonym, render, settings_of, spend, who

PER_PERSON = Rule("register-person", "5/day")
PER_ADDRESS = Rule("register-address", "60/day")
"""A house, or a whole street behind one address of a telephone company, must not be locked out by a neighbour."""
PER_NUMBER = Rule("register-number", "10/day")
"""However many accounts and addresses take part in guessing at one number."""
PER_AGENT = Rule("register-agent", "60/day")
"""Instead of the address, which all citizens of a service centre share."""


def today(request: Request) -> date:
    """The day it is where the portal is."""
    return clock.now().astimezone(ZoneInfo(settings_of(request).time_zone)).date()


async def spend_guess(request: Request, person: Person, claim: Claim) -> None:
    """Count a try before it is made, under a pseudonym of the number."""
    if request.state.agent is not None:
        place = (PER_AGENT, f"person:{request.state.agent.id}")
    else:
        place = (PER_ADDRESS, address(request))
    number = (PER_NUMBER, pseudonym(request, f"register|{claim.number}"))
    await spend(request, (PER_PERSON, f"person:{person.id}"), place, number)


async def show(request: Request) -> Response:
    """Which level somebody has, what an act needs, and the next step."""
    if request.method != "POST":
        return await _page(request, Entered({"next": request.query_params.get("next", "")}))
    person, settings, now = person_of(request), settings_of(request), clock.now()
    try:
        form = await parse(request, ClaimForm)
        claim = form.claim(settings.national_number_digits, today(request))
        await spend_guess(request, person, claim)
        by = register.By(actor_of(request), details_of(request))
        await register.match(person, claim, register=register_of(settings), key=settings.key, by=by, now=now)
    except Invalid as invalid:
        return await _page(request, without_secrets(invalid).entered, status=422)
    except RegisterAway:
        sentence = _("The civil register does not answer at this moment. Try again in a few minutes.")
        return await _page(request, Entered({}, {"form": [sentence]}), status=503)
    onward = local_path((await request.form()).get("next"), "")  # type: ignore[arg-type]  # a text field
    return RedirectResponse(onward or path_of(request, "levels:show"), 303)


async def _page(request: Request, form: Entered, *, status: int = 200) -> Response:
    now, settings = clock.now(), settings_of(request)
    asked = request.query_params.get("level", "")
    needed = Level(int(asked)) if asked in {"1", "2", "3"} else Level.NONE
    onward = local_path(request.query_params.get("next"), "")
    if request.method == "POST":
        onward = local_path((await request.form()).get("next"), "")  # type: ignore[arg-type]  # a text field
    level = who(request).level
    context = {
        "form": form,
        "names": [_(says) for says in LEVELS.values()],
        "level": level,
        "needed": needed,
        "next": onward,
        "matched": person_of(request).register_hash is not None,
        "digits": settings.national_number_digits,
        "centres": await centre.centres(now),
        "example": await example(settings) if settings.demo and level < Level.REGISTER else None,
    }
    return private(render(request, "accounts/levels.html", context, block="form", status=status))


ROUTES = [Guarded("/account/level", show, methods=["GET", "POST"], name="levels:show", act=SHOW)]
