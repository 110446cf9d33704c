"""The first page of administration: what needs attention, and where everything is."""

from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.access import Guarded
from app.accounts.queries.agencies import everywhere
from app.admin import queries
from app.admin.policy import ADMINISTER
from app.web import render


async def show(request: Request) -> Response:
    """What waits, and the ways on."""
    context = {"counts": await queries.job_counts(), "banners": await queries.announcements(clock.now())}
    return render(request, "admin/hub.html", context)


ROUTES = [Guarded("/admin", show, name="admin:hub", act=ADMINISTER, place=everywhere)]
