"""Elections for those who prepare them: the list, the check list of one, its basics, a copy, its end, its log."""

from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.access import Guarded, may
from app.accounts.web.numbers import page as page_number
from app.forms import Entered, Invalid, parse
from app.web import private, render, settings_of, who
from ballots import policy
from ballots.actions import Outdated, Refused
from ballots.actions import preparing as actions
from ballots.forms.drafts import YES, Basics, Cancelling, Copying, New
from ballots.models import Election
from ballots.queries import documents, public
from ballots.queries import managing as queries
from ballots.queries.managing import place_of
from ballots.queries.preparation import preparation_of
from ballots.rules import State
from ballots.web.common import BOTH, actor_of, done, election_of, local, page, refused


async def index(request: Request) -> Response:
    """The elections that somebody looks after or watches."""
    found = await queries.listed(who(request), request.query_params.get("state", ""), page_number(request))
    context = {"found": found, "may_begin": may(request, policy.PREPARE)}
    return private(render(request, "ballots/manage_index.html", context))


async def create(request: Request) -> Response:
    """Begin an election."""
    if request.method != "POST":
        return await _new(request, Entered({"sign_in": YES}))
    try:
        form = await parse(request, New)
        row = await actions.create(form, who=who(request), actor=actor_of(request), now=clock.now())
    except Invalid as invalid:
        return await _new(request, invalid.entered, 422)
    return done(request, "ballots:prepare", "created", row)


async def _new(request: Request, form: Entered, status: int = 200) -> Response:
    whole, agencies = await queries.agencies_for_new(who(request))
    context = {"form": form, "whole": whole, "agencies": agencies, "zone": settings_of(request).time_zone}
    return private(render(request, "ballots/manage_new.html", context, status=status))


async def prepare(request: Request) -> Response:
    """What is done and what is missing; of a running election how it goes."""
    return await hub(request, await election_of(request))


async def hub(request: Request, row: Election, form: Entered | None = None, status: int = 200) -> Response:
    """The page of one election, perhaps with a refusal on top."""
    now = clock.now()
    preparation = await preparation_of(row)
    return await page(
        request,
        "manage_hub.html",
        row,
        form,
        status=status,
        now=now,
        preparation=preparation,
        missing={str(what) for what in preparation.missing(now)},
        ceremony=await queries.ceremony(row),
        documents=await documents.documents_of(row),
        turnout=await public.figures(row) if row.state not in (State.DRAFT, State.CANCELLED) else None,
        log=await queries.log(row, 1),
    )


async def basics(request: Request) -> Response:
    """Title, description, whom to ask, times."""
    row = await election_of(request)
    if request.method != "POST":
        return await _basics(request, row, Entered(basics_of(request, row)))
    try:
        form = await parse(request, Basics)
    except Invalid as invalid:
        return await _basics(request, row, invalid.entered, 422)
    typed = await typed_in(request)
    try:
        await actions.change(row, form, actor=actor_of(request), now=clock.now())
    except Outdated:
        fresh = await election_of(request)
        stored = basics_of(request, fresh)
        there = {name: value for name, value in stored.items() if name != "version" and value != typed.get(name, "")}
        form_again = Entered({**typed, "version": str(fresh.version)})
        return await _basics(request, fresh, form_again, 409, there=there)
    except Refused as refusal:
        return await _basics(request, await election_of(request), refused(refusal.sentence, typed), 409)
    return done(request, "ballots:prepare", "changed", row)


async def _basics(
    request: Request, row: Election, form: Entered, status: int = 200, there: dict[str, str] | None = None
) -> Response:
    zone = settings_of(request).time_zone
    return await page(request, "manage_basics.html", row, form, status=status, there=there, zone=zone)


def basics_of(request: Request, row: Election) -> dict[str, str]:
    """What an election is called and when it runs, as the fields of the form."""
    return {
        "title_ar": row.title.get("ar", ""),
        "title_en": row.title.get("en", ""),
        "description_ar": row.description.get("ar", ""),
        "description_en": row.description.get("en", ""),
        "contact": row.contact,
        "opens_at": local(request, row.opens_at),
        "closes_at": local(request, row.closes_at),
        "count_from": local(request, row.count_from),
        "sign_in": YES if row.sign_in else "",
        "is_test": YES if row.is_test else "",
        "version": str(row.version),
    }


async def typed_in(request: Request) -> dict[str, str]:
    """What was typed into the form of the request, to be shown again."""
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


async def preview(request: Request) -> Response:
    """The ballot as a voter sees it. Nothing can be sent from here."""
    row = await election_of(request)
    return await page(request, "manage_preview.html", row, documents=await documents.documents_of(row))


async def copy(request: Request) -> Response:
    """A new draft of the same kind, to be held or as a trial."""
    row = await election_of(request)
    if request.method != "POST":
        return await page(request, "manage_copy.html", row, Entered({"as_test": request.query_params.get("test", "")}))
    form = await parse(request, Copying)
    made = await actions.copy_election(row, as_test=form.as_test == YES, actor=actor_of(request), now=clock.now())
    return done(request, "ballots:prepare", "copied", made)


async def cancel(request: Request) -> Response:
    """Give it up before it opens."""
    row = await election_of(request)
    if request.method != "POST":
        return await page(request, "manage_cancel.html", row)
    try:
        form = await parse(request, Cancelling)
        await actions.cancel(row, form.reason, actor=actor_of(request), now=clock.now())
    except Invalid as invalid:
        return await page(request, "manage_cancel.html", row, invalid.entered, status=422)
    except Refused as refusal:
        form_again = refused(refusal.sentence, await typed_in(request))
        return await page(request, "manage_cancel.html", await election_of(request), form_again, status=409)
    return done(request, "ballots:prepare", "cancelled", row)


async def log(request: Request) -> Response:
    """Everything that was done with it."""
    row = await election_of(request)
    return await page(request, "manage_log.html", row, log=await queries.log(row, page_number(request)))


_ONE = "/manage/elections/{uuid}"

ROUTES = [
    Guarded("/manage/elections", index, name="ballots:manage", act=policy.MANAGE),
    Guarded("/manage/elections/new", create, name="ballots:new", act=policy.PREPARE, methods=BOTH),
    Guarded(_ONE, prepare, name="ballots:prepare", act=policy.MANAGE, place=place_of),
    Guarded(f"{_ONE}/basics", basics, name="ballots:basics", act=policy.PREPARE, place=place_of, methods=BOTH),
    Guarded(f"{_ONE}/preview", preview, name="ballots:preview", act=policy.MANAGE, place=place_of),
    Guarded(f"{_ONE}/copy", copy, name="ballots:copy", act=policy.PREPARE, place=place_of, methods=BOTH),
    Guarded(f"{_ONE}/cancel", cancel, name="ballots:cancel", act=policy.DECIDE, place=place_of, methods=BOTH),
    Guarded(f"{_ONE}/log", log, name="ballots:log", act=policy.MANAGE, place=place_of),
]
