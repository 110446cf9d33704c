"""The job queue, and mails that could not be handed over."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.access import Guarded
from app.accounts.queries.agencies import everywhere
from app.admin import actions, queries
from app.admin.policy import CHANGE_JOBS, READ_JOBS
from app.admin.web.common import actor, number_in, page_number
from app.html import see_other
from app.i18n import gettext as _
from app.web import render

STATES = ("failed", "waiting", "unsent")


async def index(request: Request) -> Response:
    """Failed jobs first; then what waits; then messages that could not be sent."""
    asked = request.query_params.get("state", "failed")
    state = asked if asked in STATES else "failed"
    found = await (
        queries.unsent(page_number(request)) if state == "unsent" else queries.jobs(state, page_number(request))
    )
    context = {"state": state, "found": found, "counts": await queries.job_counts(), "now": clock.now()}
    return render(request, "admin/jobs.html", context)


async def change(request: Request) -> Response:
    """Try again, or give up."""
    number, now = number_in(request), clock.now()
    match request.path_params["verb"]:
        case "again":
            await actions.try_again(number, actor=actor(request), now=now)
        case "give-up":
            await actions.give_up(number, _("given up by an administrator"), actor=actor(request), now=now)
        case "send":
            await actions.send_again(number, actor=actor(request), now=now)
        case _unknown:
            raise HTTPException(404)
    return see_other(request, "jobs:index")


ROUTES = [
    Guarded("/admin/jobs", index, name="jobs:index", act=READ_JOBS, place=everywhere),
    Guarded("/admin/jobs/{id}/{verb}", change, methods=["POST"], name="jobs:change", act=CHANGE_JOBS, place=everywhere),
]
