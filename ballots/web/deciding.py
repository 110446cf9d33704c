"""Steps that the public sees: freeze, extend, resume, remind, archive."""

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.access import Guarded
from app.forms import Entered, Invalid, parse
from app.i18n import gettext as _
from app.web import settings_of
from ballots import policy
from ballots.actions import Outdated, Refused, running
from ballots.forms.drafts import Extending, Resuming, Seen
from ballots.models import Election
from ballots.queries import managing as queries
from ballots.queries.managing import place_of
from ballots.queries.preparation import preparation_of
from ballots.rules import Question, State
from ballots.web.common import BOTH, actor_of, done, election_of, local, page, refused
from ballots.web.manage import hub, typed_in


async def freeze(request: Request) -> Response:
    """Look once more at everything, and freeze it."""
    row = await election_of(request)
    if request.method != "POST":
        return await _freeze(request, row)
    try:
        form = await parse(request, Seen)
        if row.state is State.DRAFT and form.version != row.version:
            raise Outdated
        await running.freeze(row, actor=actor_of(request), now=clock.now())
    except Invalid as invalid:
        return await _freeze(request, row, invalid.entered, 422)
    except Outdated:
        sentence = _("Somebody else has changed this election meanwhile. Look at it once more, then freeze it.")
        return await _freeze(request, await election_of(request), refused(sentence), 409)
    except Refused as refusal:
        fresh = await election_of(request)
        if fresh.state is not State.DRAFT:
            return done(request, "ballots:prepare", "frozen", row)  # by a second press of the button
        return await _freeze(request, fresh, refused(refusal.sentence), 409)
    return done(request, "ballots:prepare", "frozen", row)


async def _freeze(request: Request, row: Election, form: Entered | None = None, status: int = 200) -> Response:
    preparation = await preparation_of(row)
    return await page(
        request,
        "manage_freeze.html",
        row,
        form,
        status=status,
        preparation=preparation,
        questions=[Question.of(value) for value in row.questions],
        missing=preparation.missing(clock.now()),
        ceremony=await queries.ceremony(row),
    )


async def extend(request: Request) -> Response:
    """Close later than announced."""
    row = await election_of(request)
    if request.method != "POST":
        return await _extend(request, row, Entered({"closes_at": local(request, row.closes_at)}))
    try:
        form = await parse(request, Extending)
        closes_at: datetime | None = form.closes_at
        assert closes_at is not None
        await running.extend(row, closes_at, form.reason, actor=actor_of(request), now=clock.now())
    except Invalid as invalid:
        return await _extend(request, row, invalid.entered, 422)
    except Refused as refusal:
        form_again = refused(refusal.sentence, await typed_in(request))
        return await _extend(request, await election_of(request), form_again, 409)
    return done(request, "ballots:prepare", "extended", row)


async def _extend(request: Request, row: Election, form: Entered, status: int = 200) -> Response:
    return await page(request, "manage_extend.html", row, form, status=status, zone=settings_of(request).time_zone)


async def resume(request: Request) -> Response:
    """Let a paused vote go on."""
    row = await election_of(request)
    try:
        form = await parse(request, Resuming)
        await running.resume(row, form.reason, actor=actor_of(request), now=clock.now())
    except Invalid as invalid:
        return await hub(request, row, invalid.entered, 422)
    except Refused as refusal:
        fresh = await election_of(request)
        if fresh.is_paused:
            return await hub(request, fresh, refused(refusal.sentence, await typed_in(request)), 409)
    return done(request, "ballots:prepare", "resumed", row)


async def remind(request: Request) -> Response:
    """Write to those who have not voted. Who that is, nobody is told."""
    row = await election_of(request)
    try:
        await running.remind(row, actor=actor_of(request), now=clock.now(), settings=settings_of(request))
    except Refused as refusal:
        return await hub(request, await election_of(request), refused(refusal.sentence), 409)
    return done(request, "ballots:prepare", "reminded", row)


async def archive(request: Request) -> Response:
    """Put a counted election away."""
    row = await election_of(request)
    try:
        await running.archive(row, actor=actor_of(request), now=clock.now())
    except Refused as refusal:
        fresh = await election_of(request)
        if fresh.state is not State.ARCHIVED:
            return await hub(request, fresh, refused(refusal.sentence), 409)
    return done(request, "ballots:prepare", "archived", row)


_ONE = "/manage/elections/{uuid}"

ROUTES = [
    Guarded(f"{_ONE}/freeze", freeze, name="ballots:freeze", act=policy.DECIDE, place=place_of, methods=BOTH),
    Guarded(f"{_ONE}/extend", extend, name="ballots:extend", act=policy.DECIDE, place=place_of, methods=BOTH),
    Guarded(f"{_ONE}/resume", resume, name="ballots:resume", act=policy.DECIDE, place=place_of, methods=["POST"]),
    Guarded(f"{_ONE}/remind", remind, name="ballots:remind", act=policy.PREPARE, place=place_of, methods=["POST"]),
    Guarded(f"{_ONE}/archive", archive, name="ballots:put_away", act=policy.DECIDE, place=place_of, methods=["POST"]),
]
