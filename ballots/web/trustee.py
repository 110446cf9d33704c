"""A trustee's page: always the next step. What it shows is asked for by the token behind the link's `#`."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.access import Guarded
from app.web import render, settings_of
from ballots.models import Election
from ballots.policy import TRUSTEE
from ballots.web.observer import checks


async def invited(request: Request) -> str:
    """The identifier of the election that the address names, whatever its state; nothing else of it is told here."""
    uuid: str = request.path_params["uuid"]
    if not await Election.exists(uuid=uuid):
        raise HTTPException(404)
    return uuid


async def show(request: Request) -> Response:
    """The page, which is the same for everybody."""
    uuid = await invited(request)
    context = {"uuid": uuid, "checks": checks(), "zone": settings_of(request).time_zone}
    return render(request, "ballots/trustee.html", context)


ROUTES = [Guarded("/elections/{uuid}/trustee", show, name="ballots:trustee", act=TRUSTEE)]
