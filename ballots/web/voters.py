"""The voters' list of an election, for its administrators."""

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from app import audit, clock
from app.access import Guarded
from app.accounts.says import LEVELS
from app.accounts.web.numbers import page as page_number
from app.forms import Entered, Invalid, parse
from app.i18n import gettext as _
from ballots import policy
from ballots.actions import Outdated, Refused
from ballots.actions import voters as actions
from ballots.forms.people import Population
from ballots.forms.voters import MOST_BYTES, Checked
from ballots.models import Election
from ballots.queries import voters as queries
from ballots.queries.managing import place_of
from ballots.web.common import actor_of, done, election_of, page, refused
from ballots.web.manage import typed_in

SHOWN = 100
"""Mistakes on the page; the count is of all."""


async def index(request: Request) -> Response:
    """The list, page by page, and the two ways to make it."""
    row = await election_of(request)
    return await _index(request, row, Entered(_population(row)))


async def _index(
    request: Request, row: Election, form: Entered, status: int = 200, checked: Checked | None = None
) -> Response:
    search = request.query_params.get("q", "")[:100]
    found = await queries.listed(row, search, page_number(request))
    if search.strip():
        # Who looked for whom must be answerable; the words themselves would be personal data in the trail.
        details = {"found": found.total}
        await audit.record(actor_of(request), "voters_searched", row.subject, now=clock.now(), details=details)
    return await page(
        request,
        "manage_voters.html",
        row,
        form,
        status=status,
        found=found,
        search=search,
        checked=checked,
        most=SHOWN,
        places=await queries.places(),
        eligible=await queries.eligible(row.level, row.place).count() if row.voters_by == "level" else 0,
        levels=[(str(int(level)), _(says)) for level, says in LEVELS.items() if level],
    )


def _population(row: Election) -> dict[str, str]:
    return {"level": str(row.level), "place": row.place, "version": str(row.version)}


async def bring(request: Request) -> Response:
    """A list from a file: whole, or not at all."""
    row = await election_of(request)
    async with request.form(max_files=1, max_fields=10) as data:
        upload = data.get("file")
        if not isinstance(upload, UploadFile) or not upload.filename:
            form = Entered(_population(row), {"file": [_("Choose a file with voters in it.")]})
            return await _index(request, row, form, 422)
        try:
            await actions.import_voters(row, upload.file, actor=actor_of(request), now=clock.now())
        except actions.BadList as bad:
            return await _index(request, row, Entered(_population(row)), 422, bad.checked)
        except Refused as refusal:
            fresh = await election_of(request)
            return await _index(request, fresh, refused(refusal.sentence, _population(fresh)), 409)
    return done(request, "ballots:voters", "imported", row)


async def take(request: Request) -> Response:
    """Everybody of a level and place."""
    row = await election_of(request)
    try:
        form = await parse(request, Population)
        await actions.take_voters_by_level(row, form, actor=actor_of(request), now=clock.now())
    except Invalid as invalid:
        return await _index(request, row, invalid.entered, 422)
    except Refused as refusal:
        fresh = await election_of(request)
        if isinstance(refusal, Outdated) and (fresh.voters_by, str(fresh.level), fresh.place) == (
            "level",
            form.level,
            form.place,
        ):
            return done(request, "ballots:voters", "taken", row)  # by a second press of the button
        typed = {**await typed_in(request), "version": str(fresh.version)}
        return await _index(request, fresh, refused(refusal.sentence, typed), 409)
    return done(request, "ballots:voters", "taken", row)


_ALL = "/manage/elections/{uuid}/voters"

ROUTES = [
    Guarded(_ALL, index, name="ballots:voters", act=policy.PREPARE, place=place_of),
    Guarded(
        f"{_ALL}/file",
        bring,
        name="ballots:voters_file",
        act=policy.PREPARE,
        place=place_of,
        methods=["POST"],
        max_body_size=MOST_BYTES,
    ),
    Guarded(f"{_ALL}/level", take, name="ballots:voters_level", act=policy.PREPARE, place=place_of, methods=["POST"]),
]
