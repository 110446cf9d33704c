"""Who holds which role, and who can do what."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.access import Guarded, may
from app.accounts.actions import roles as actions
from app.accounts.doors import DOORS
from app.accounts.forms.roles import End, HandOver
from app.accounts.models import Membership, Person
from app.accounts.policy import roles as policy
from app.accounts.queries import roles as queries
from app.accounts.queries.agencies import everywhere
from app.accounts.queries.sessions import grants_of, level_of_person
from app.accounts.reasons import by_noun, grouped, holders, reason
from app.accounts.roles import GRANTORS, NEVER_HANDED_OVER, SAYS, WORDS, may_grant, sight
from app.accounts.says import LEVELS, NOUNS
from app.accounts.web.numbers import asked, number, page
from app.forms import Entered, Invalid, parse
from app.html import path_of, see_other
from app.i18n import gettext as _
from app.i18n import reader
from app.policy import EVERYWHERE, Act, Place, Role, Who, acts_in
from app.web import person_of, render, who


async def index(request: Request) -> Response:
    """Everybody with a role, as far as one sees."""
    asks, now = who(request), clock.now()
    seen = sight(asks, GRANTORS)
    agency, role = asked(request, "agency"), request.query_params.get("role", "")
    role = role if role in set(Role) else ""
    past = request.query_params.get("state") == "past"
    found = await queries.memberships(seen, now, agency=agency, role=role, past=past, page=page(request))
    context = {
        "found": found,
        "deputies": await queries.deputies([row.membership.id for row in found.rows], now),
        "may_end": {row.membership.id for row in found.rows if not past and may_grant(asks, row.role, row.place)},
        "agencies": await queries.agencies(seen),
        "filter": Entered({"agency": str(agency or ""), "role": role, "state": "past" if past else ""}),
        "past": past,
        "words": WORDS,
        "now": now,
        "may_ask": may(request, policy.PERSON),
    }
    return render(request, "roles/index.html", context, block="results")


async def _membership(request: Request) -> Membership:
    found = await queries.membership(number(request))
    if found is None:
        raise HTTPException(404)
    return found


async def _place(request: Request) -> Place:
    """Where the membership of the path holds."""
    found = await _membership(request)
    return await queries.place_at(found.agency_id, found.unit_id)  # type: ignore[attr-defined]  # Tortoise adds them


async def end(request: Request) -> Response:
    """End a role, with a reason."""
    found, now = await _membership(request), clock.now()
    if not may_grant(who(request), Role(found.role), await _place(request)):
        raise HTTPException(403, _("You may not give this role there, and not take it away."))
    if request.method != "POST":
        return await _end_page(request, found, Entered())
    try:
        form = await parse(request, End)
        await actions.end(found.id, form.reason, by=person_of(request).id, now=now)
    except Invalid as invalid:
        return await _end_page(request, found, invalid.entered, 422)
    return see_other(request, "roles:index")


async def resign(request: Request) -> Response:
    """Give up a role of one's own."""
    found = await _membership(request)
    if found.person.id != person_of(request).id:
        raise HTTPException(404)
    if request.method != "POST":
        return await _end_page(request, found, Entered(), own=True)
    try:
        form = await parse(request, End)
        await actions.resign(found.id, form.reason, by=person_of(request).id, now=clock.now())
    except Invalid as invalid:
        return await _end_page(request, found, invalid.entered, 422, own=True)
    return see_other(request, "roles:mine")


async def _end_page(
    request: Request, found: Membership, form: Entered, status: int = 200, *, own: bool = False
) -> Response:
    deputies = await queries.deputies([found.id], clock.now())
    context = {"membership": found, "words": WORDS, "form": form, "deputies": deputies.get(found.id, []), "own": own}
    return render(request, "roles/end.html", context, block="form", status=status)


async def mine(request: Request) -> Response:
    """One's own roles, and what one can do with them."""
    person, now = person_of(request), clock.now()
    rows = await queries.of_person(person.id, now)
    context = {
        "rows": rows,
        "deputies": await queries.deputies([row.membership.id for row in rows], now),
        "may_hand_over": {
            row.membership.id
            for row in rows
            if row.role not in NEVER_HANDED_OVER and row.membership.stands_in_for is None
        },
        "words": WORDS,
        "says": SAYS,
        "now": now,
        **await _what(request, who(request), None),
    }
    return render(request, "roles/mine.html", context)


async def _what(request: Request, asks: Who, place: Place | None) -> dict[str, Any]:
    """What somebody can do and why, for a page."""
    whole = _of_the_whole(request)
    found = [
        reason(act, asks, EVERYWHERE if act.name in whole else place, clock.now())
        for act in acts_in(request.app.routes)
    ]
    numbers = {grant.membership for one in found for grant in one.grants}
    return {
        "groups": grouped(found),
        "held": await queries.rows_by_number(numbers),
        "nouns": NOUNS,
        "levels": LEVELS,
        "level": asks.level,
        "allowed": sum(one.allowed for one in found),
        "total": len(found),
    }


def _of_the_whole(request: Request) -> set[str]:
    """Acts on the portal as a whole, which no role of a single agency opens."""
    routes = [route for route in request.app.routes if isinstance(route, Guarded)]
    return {route.act.name for route in routes if route.place is everywhere}


async def person(request: Request) -> Response:
    """What a person can do, and why."""
    found = await Person.get_or_none(id=number(request), deleted_at=None)
    if found is None:
        raise HTTPException(404)
    now = clock.now()
    asks = Who(found.id, level_of_person(found), await grants_of(found.id, now))
    if found.blocked_at is not None:
        asks = Who()
    agency = asked(request, "agency")
    context = {
        "person": found,
        "rows": await queries.of_person(found.id, now),
        "agencies": await queries.agencies(sight(who(request), policy.PERSON.roles)),
        "filter": Entered({"agency": str(agency or "")}),
        "words": WORDS,
        "now": now,
        **await _what(request, asks, await queries.place_at(agency) if agency else None),
    }
    return render(request, "roles/person.html", context, block="results")


async def who_can(request: Request) -> Response:
    """Who can do something, and through which role."""
    acts = acts_in(request.app.routes)
    chosen = next((act for act in acts if act.name == request.query_params.get("act")), None)
    agency = asked(request, "agency")
    context: dict[str, Any] = {
        "groups": by_noun(acts),
        "nouns": NOUNS,
        "agencies": await queries.agencies(sight(who(request), policy.WHO.roles)),
        "filter": Entered({"act": chosen.name if chosen else "", "agency": str(agency or "")}),
        "act": chosen,
        "words": WORDS,
        "levels": LEVELS,
        "rows": await _holders(request, chosen, agency) if chosen else [],
        "now": clock.now(),
    }
    return render(request, "roles/who.html", context, block="results")


async def _holders(request: Request, act: Act, agency: int | None) -> list[queries.Row]:
    """The roles that open an act, at an agency or, without one, anywhere."""
    now = clock.now()
    place = await queries.place_at(agency) if agency is not None else None
    if act.name in _of_the_whole(request):
        place = EVERYWHERE
    found = holders(act, place, await queries.held(act.roles, now))
    rows = await queries.rows_by_number([one.grant.membership for one in found])
    return [rows[one.grant.membership] for one in found]


async def hand_over(request: Request) -> Response:
    """Let a colleague stand in during leave."""
    found = await _membership(request)
    if found.person.id != person_of(request).id or found.ended_at is not None:
        raise HTTPException(404)
    if request.method != "POST":
        return _hand_over_page(request, found, Entered())
    try:
        form = await parse(request, HandOver)
        first, last = form.days
        await actions.hand_over(
            found.id, form.email, first, last, by=person_of(request).id, zone=reader().zone, now=clock.now()
        )
    except Invalid as invalid:
        return _hand_over_page(request, found, invalid.entered, 422)
    return see_other(request, "roles:mine")


def _hand_over_page(request: Request, found: Membership, form: Entered, status: int = 200) -> Response:
    context = {"membership": found, "words": WORDS, "form": form}
    return render(request, "roles/hand_over.html", context, block="form", status=status)


async def take_back(request: Request) -> Response:
    """End what stands in for a role of one's own."""
    await actions.take_back(number(request), by=person_of(request).id, now=clock.now())
    return see_other(request, "roles:mine")


async def manage(request: Request) -> Response:
    """Where somebody with a role goes on from: only what the own roles open."""
    acts = {route.name: route.act for route in request.app.routes if isinstance(route, Guarded)}
    doors = [
        (path_of(request, name), words, say, icon)
        for name, words, say, icon in DOORS
        if name in acts and may(request, acts[name])
    ]
    rows = await queries.of_person(person_of(request).id, clock.now())
    return render(request, "roles/manage.html", {"doors": doors, "rows": rows, "words": WORDS, "now": clock.now()})


BOTH = ["GET", "POST"]

ROUTES = [
    Guarded("/manage", manage, name="manage:index", act=policy.MANAGE),
    Guarded("/roles", index, name="roles:index", act=policy.LIST),
    Guarded("/roles/mine", mine, name="roles:mine", act=policy.OWN),
    Guarded("/roles/who", who_can, name="roles:who", act=policy.WHO),
    Guarded("/roles/person/{id}", person, name="roles:person", act=policy.PERSON),
    Guarded("/roles/{id}/end", end, name="roles:end", act=policy.END, place=_place, methods=BOTH),
    Guarded("/roles/{id}/resign", resign, name="roles:resign", act=policy.RESIGN, methods=BOTH),
    Guarded("/roles/{id}/hand-over", hand_over, name="roles:hand_over", act=policy.HAND_OVER, methods=BOTH),
    Guarded("/roles/{id}/take-back", take_back, name="roles:take_back", act=policy.TAKE_BACK, methods=["POST"]),
]
