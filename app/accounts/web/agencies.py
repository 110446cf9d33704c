"""The directory of agencies, and the page of each."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.access import Guarded
from app.accounts.policy.ways import PUBLIC
from app.accounts.queries import agencies as queries
from app.web import render


async def agencies(request: Request) -> Response:
    """The directory."""
    search = request.query_params.get("q", "")[:100]
    context = {"agencies": await queries.agencies(search), "search": search}
    return render(request, "agencies/index.html", context, block="results")


async def agency(request: Request) -> Response:
    """One agency."""
    found = await queries.agency(request.path_params["slug"])
    if found is None:
        raise HTTPException(404)
    return render(request, "agencies/show.html", {"branch": found, "agency": found.agency})


ROUTES = [
    Guarded("/agencies", agencies, name="agencies:index", act=PUBLIC),
    Guarded("/agencies/{slug}", agency, name="agencies:show", act=PUBLIC),
]
