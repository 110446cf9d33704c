"""The documents of an agency: service charters, forms. This is where files come in."""

from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.access import Guarded
from app.accounts.actions import documents as actions
from app.accounts.forms.agencies import DocumentTitled
from app.accounts.models import Agency
from app.accounts.policy.agencies import DOCUMENTS
from app.accounts.queries import documents as queries
from app.accounts.queries.agencies import place_of
from app.accounts.web.managing import about, actor_of, agency_of, done
from app.forms import Entered, Invalid
from app.uploads import LARGEST_BODY, parse_with_file
from app.web import render, settings_of


async def index(request: Request) -> Response:
    """All of them, and a form for one more."""
    agency = await agency_of(request)
    if request.method != "POST":
        return await _index(request, agency, Entered())
    try:
        form, (file, name) = await parse_with_file(request, DocumentTitled)
        await actions.add(agency, form, file, name, actor=actor_of(request), now=clock.now())
    except Invalid as invalid:
        return await _index(request, agency, invalid.entered, 422)
    return done(request, "documents:index", "document-added", slug=agency.slug)


async def _index(request: Request, agency: Agency, form: Entered, status: int = 200) -> Response:
    context = await about(
        agency,
        form,
        documents=await queries.documents(agency),
        done=request.query_params.get("done", ""),
        most_mb=settings_of(request).max_upload_mb,
    )
    return render(request, "agencies/documents.html", context, status=status)


async def remove(request: Request) -> Response:
    """Show one no more."""
    agency = await agency_of(request)
    await actions.remove(agency, request.path_params["document"], actor=actor_of(request), now=clock.now())
    return done(request, "documents:index", "document-removed", slug=agency.slug)


_DOCUMENTS = "/manage/agencies/{slug}/documents"

ROUTES = [
    Guarded(
        _DOCUMENTS,
        index,
        name="documents:index",
        act=DOCUMENTS,
        place=place_of,
        methods=["GET", "POST"],
        max_body_size=LARGEST_BODY,
    ),
    Guarded(
        f"{_DOCUMENTS}/{{document:int}}/remove",
        remove,
        name="documents:remove",
        act=DOCUMENTS,
        place=place_of,
        methods=["POST"],
    ),
]
