"""The credential authority's page: codes are made in its browser. What it shows is asked for by the link's token."""

from starlette.requests import Request
from starlette.responses import Response

from app.access import Guarded
from app.web import render
from ballots.policy import AUTHORITY
from ballots.web.trustee import invited


async def show(request: Request) -> Response:
    """The page, which is the same for everybody."""
    return render(request, "ballots/credentials.html", {"uuid": await invited(request)})


ROUTES = [Guarded("/elections/{uuid}/credentials", show, name="ballots:authority_page", act=AUTHORITY)]
