"""Announcements: a banner on every page."""

from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.access import Guarded
from app.accounts.queries.agencies import everywhere
from app.admin import actions
from app.admin.forms import Announcement as AnnouncementForm
from app.admin.models import Announcement
from app.admin.policy import ANNOUNCE
from app.admin.web.common import actor, number_in
from app.forms import Entered, Invalid, parse
from app.html import see_other
from app.web import render, settings_of


async def index(request: Request) -> Response:
    """Those in force and to come, those that are over, and a form for a new one."""
    entered, status = Entered({"kind": "info"}), 200
    if request.method == "POST":
        try:
            form = await parse(request, AnnouncementForm)
            zone = ZoneInfo(settings_of(request).time_zone)
            await actions.announce(form, zone=zone, actor=actor(request), now=clock.now())
            request.app.state.banners.forget()
            return see_other(request, "announcements:index")
        except Invalid as invalid:
            entered, status = invalid.entered, 422
    rows = await Announcement.all().order_by("-id").limit(50)
    context = {"rows": rows, "now": clock.now(), "form": entered}
    return render(request, "admin/announcements.html", context, status=status)


async def end(request: Request) -> Response:
    """Take one away before its time."""
    await actions.end_announcement(number_in(request), actor=actor(request), now=clock.now())
    request.app.state.banners.forget()
    return see_other(request, "announcements:index")


ROUTES = [
    Guarded(
        "/admin/announcements",
        index,
        methods=["GET", "POST"],
        name="announcements:index",
        act=ANNOUNCE,
        place=everywhere,
    ),
    Guarded(
        "/admin/announcements/{id}/end", end, methods=["POST"], name="announcements:end", act=ANNOUNCE, place=everywhere
    ),
]
