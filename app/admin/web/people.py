"""People, for administrators."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app import audit, clock
from app.access import Guarded
from app.accounts.models import Membership, Person, Session
from app.accounts.queries.agencies import everywhere
from app.accounts.queries.sessions import level_of_person
from app.accounts.roles import WORDS
from app.admin import actions, queries
from app.admin.forms import Reason
from app.admin.policy import CHANGE_PEOPLE, READ_PEOPLE
from app.admin.web.common import actor, number_in, page_number
from app.forms import Entered, Invalid, parse
from app.html import see_other
from app.web import render


async def index(request: Request) -> Response:
    """Everybody with an account, by a part of name, address or number."""
    search = request.query_params.get("q", "")[:100]
    found = await queries.people(search, page_number(request))
    if search.strip():
        # Who looked for whom must be answerable; the words themselves would be personal data in the trail.
        await audit.record(actor(request), "people_searched", "people", now=clock.now(), details={"found": found.total})
    return render(request, "admin/people.html", {"found": found, "search": search}, block="results")


async def show(request: Request) -> Response:
    """One account."""
    person = await _person(request)
    return await _page(request, person, Entered())


async def _page(request: Request, person: Person, form: Entered, status: int = 200) -> Response:
    context = {
        "person": person,
        "level": int(level_of_person(person)),
        "sessions": await Session.filter(person_id=person.id, expires_at__gt=clock.now()).count(),
        "memberships": await Membership.filter(person_id=person.id, ended_at=None).select_related("agency"),
        "roles": WORDS,
        "form": form,
    }
    return render(request, "admin/person.html", context, status=status)


async def change(request: Request) -> Response:
    """Block, open again, sign out everywhere."""
    person = await _person(request)
    verb = {"block": actions.block, "unblock": actions.unblock, "end-sessions": actions.end_sessions}.get(
        request.path_params["verb"]
    )
    if verb is None:
        raise HTTPException(404)
    try:
        form = await parse(request, Reason)
        await verb(person.id, form.reason, actor=actor(request), now=clock.now())
    except Invalid as invalid:
        return await _page(request, person, invalid.entered, 422)
    return see_other(request, "people:show", id=person.id)


async def _person(request: Request) -> Person:
    person = await Person.get_or_none(id=number_in(request), deleted_at=None)
    if person is None:
        raise HTTPException(404)
    return person


ROUTES = [
    Guarded("/admin/people", index, name="people:index", act=READ_PEOPLE, place=everywhere),
    Guarded("/admin/people/{id}", show, name="people:show", act=READ_PEOPLE, place=everywhere),
    Guarded(
        "/admin/people/{id}/{verb}", change, methods=["POST"], name="people:change", act=CHANGE_PEOPLE, place=everywhere
    ),
]
