"""Invitations to roles."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.access import Guarded
from app.accounts.actions import invitations as actions
from app.accounts.forms.invitations import PORTAL, Invite
from app.accounts.invitations import State
from app.accounts.policy import invitations as policy
from app.accounts.queries import invitations as queries
from app.accounts.queries import roles
from app.accounts.queries.invitations import Row
from app.accounts.roles import GRANTORS, SAYS, WORDS, Sight, grantable, may_grant, sight
from app.accounts.web.numbers import number, page
from app.forms import Entered, Invalid, parse
from app.html import see_other
from app.i18n import gettext as _
from app.i18n import reader
from app.limits import Rule
from app.policy import Place, Role
from app.web import person_of, private, pseudonym, render, settings_of, spend, who

MAILS_TO = Rule("invitation-mails", "12/hour")
MAILS_BY = Rule("invitations-sent", "100/hour")


async def index(request: Request) -> Response:
    """Invitations as far as one sees: those without an answer, or those that are over."""
    return await _index(request, Entered())


async def _index(request: Request, form: Entered, status: int = 200) -> Response:
    asks, now = who(request), clock.now()
    past = request.query_params.get("state") == "past"
    found = await queries.invitations(sight(asks, GRANTORS), now, past=past, page=page(request))
    context = {
        "found": found,
        "past": past,
        "may_change": {row.invitation.id for row in found.rows if may_grant(asks, row.role, row.place)},
        "to_approve": {row.invitation.id for row in await queries.to_approve(asks, now)},
        "alone": asks.holds(Role.ADMINISTRATOR) and await roles.administrators(now) < 2,
        "words": WORDS,
        "form": form,
    }
    return render(request, "invitations/index.html", context, status=status)


async def new(request: Request) -> Response:
    """Invite somebody."""
    if request.method != "POST":
        return await _new_page(request, Entered({"role": request.query_params.get("role", "")}))
    try:
        form = await parse(request, Invite)
        person = person_of(request)
        await spend(request, (MAILS_BY, f"person:{person.id}"), (MAILS_TO, pseudonym(request, form.email)))
        await actions.invite(
            form, by=person.id, base_url=settings_of(request).base_url, zone=reader().zone, now=clock.now()
        )
    except Invalid as invalid:
        return await _new_page(request, invalid.entered, 422)
    return see_other(request, "invitations:index")


async def _new_page(request: Request, form: Entered, status: int = 200) -> Response:
    asks = who(request)
    context = {
        "form": form,
        "roles": [(str(role), _(WORDS[role])) for role in grantable(asks)],
        "places": await _places(sight(asks, GRANTORS)),
        "alone": asks.holds(Role.ADMINISTRATOR) and await roles.administrators(clock.now()) < 2,
        "words": WORDS,
        "says": SAYS,
        "grantable": grantable(asks),
    }
    return render(request, "invitations/new.html", context, block="form", status=status)


async def _places(seen: Sight) -> list[tuple[str, str]]:
    """Where a role may be given: the portal, agencies, and their units below them."""
    places = [(PORTAL, _("The whole portal"))] if seen.everything else []
    units = await roles.units(seen)
    for agency, name in await roles.agencies(seen):
        if seen.everything or agency in seen.agencies or not seen.units:
            places.append((f"a{agency}", name))
        places.extend((f"u{unit}", f"{name} › {words}") for unit, words in units.get(agency, []))
    return places


async def _found(request: Request) -> Row:
    row = await queries.invitation(number(request), clock.now())
    if row is None:
        raise HTTPException(404)
    return row


async def _place(request: Request) -> Place:
    """Where the role would hold that the invitation of the path offers."""
    return (await _found(request)).place


async def approve(request: Request) -> Response:
    """Agree that somebody becomes an administrator, or not."""
    row = await _found(request)
    if request.method != "POST":
        return _approve_page(request, row, Entered())
    try:
        base_url = settings_of(request).base_url
        await actions.approve(row.invitation.id, by=person_of(request).id, base_url=base_url, now=clock.now())
    except Invalid as invalid:
        return _approve_page(request, row, invalid.entered, 422)
    return see_other(request, "invitations:index")


def _approve_page(request: Request, row: Row, form: Entered, status: int = 200) -> Response:
    own = row.invitation.invited_by.id == person_of(request).id
    context = {"row": row, "own": own, "words": WORDS, "says": SAYS, "form": form}
    return render(request, "invitations/approve.html", context, status=status)


async def again(request: Request) -> Response:
    """Send an invitation again."""
    row = await _found(request)
    by, base_url = person_of(request).id, settings_of(request).base_url
    await spend(request, (MAILS_BY, f"person:{by}"), (MAILS_TO, pseudonym(request, row.invitation.email)))
    return await _changed(
        request, lambda: actions.send_again(row.invitation.id, by=by, base_url=base_url, now=clock.now())
    )


async def withdraw(request: Request) -> Response:
    """Take an invitation back."""
    by = person_of(request).id
    return await _changed(request, lambda: actions.withdraw(number(request), by=by, now=clock.now()))


async def _changed(request: Request, change: Callable[[], Awaitable[None]]) -> Response:
    try:
        await change()
    except Invalid as invalid:
        return await _index(request, invalid.entered, 422)
    return see_other(request, "invitations:index")


async def opened(request: Request) -> Response:
    """Where the link of the mail leads; only sending the form accepts, so that mail scanners do not."""
    row = await queries.under(request.query_params.get("token", ""), clock.now())
    return private(_offer(request, row, Entered()))


async def show(request: Request) -> Response:
    """An invitation to one's own address, found from the own page."""
    row = await _found(request)
    if row.state is State.WAITING or not _is_mine(request, row):
        raise HTTPException(404)
    return private(_offer(request, row, Entered()))


async def accept(request: Request) -> Response:
    """Take up a role."""
    row = await _found(request)
    try:
        await actions.accept(row.invitation.id, by=person_of(request).id, now=clock.now())
    except Invalid as invalid:
        mine = row if _is_mine(request, row) else None
        return private(_offer(request, mine, invalid.entered, 422))
    return see_other(request, "roles:mine")


def _is_mine(request: Request, row: Row) -> bool:
    person = request.state.person
    return person is not None and person.email == row.invitation.email


def _offer(request: Request, row: Row | None, form: Entered, status: int = 200) -> Response:
    if row is not None and row.state is State.WAITING:
        row = None
    context: dict[str, Any] = {
        "row": row,
        "mine": row is not None and _is_mine(request, row),
        "foreign": actions.foreign(),
        "words": WORDS,
        "says": SAYS,
        "form": form,
    }
    gone = row is None and status == 200
    return render(request, "invitations/show.html", context, status=410 if gone else status)


BOTH = ["GET", "POST"]

ROUTES = [
    Guarded("/invitations", index, name="invitations:index", act=policy.LIST),
    Guarded("/invitations/new", new, name="invitations:new", act=policy.INVITE, methods=BOTH),
    Guarded("/invitations/open", opened, name="invitations:open", act=policy.OPEN),
    Guarded("/invitations/{id}", show, name="invitations:show", act=policy.SHOW),
    Guarded("/invitations/{id}/accept", accept, methods=["POST"], name="invitations:accept", act=policy.ACCEPT),
    Guarded(
        "/invitations/{id}/approve",
        approve,
        methods=BOTH,
        name="invitations:approve",
        act=policy.APPROVE,
        place=_place,
    ),
    Guarded(
        "/invitations/{id}/again", again, methods=["POST"], name="invitations:again", act=policy.AGAIN, place=_place
    ),
    Guarded(
        "/invitations/{id}/withdraw",
        withdraw,
        methods=["POST"],
        name="invitations:withdraw",
        act=policy.WITHDRAW,
        place=_place,
    ),
]
