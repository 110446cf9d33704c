"""The documents of an agency: service charters, forms. This is where files come in."""

from starlette.datastructures import UploadFile
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
from app.attachments import Refused, accept, store_for
from app.forms import Entered, Invalid, parse
from app.i18n import gettext as _
from app.web import render, settings_of

LARGEST_BODY = 201 << 20
"""Bytes of a request with a file; how large the file may be, the setting `max_upload_mb` (at most 200) says."""


async def index(request: Request) -> Response:
    """All of them, and a form for one more."""
    agency = await agency_of(request)
    if request.method != "POST":
        return await _index(request, agency, Entered())
    try:
        async with request.form(max_files=1, max_fields=20) as data:
            await _add(request, agency, data.get("file"))
    except Invalid as invalid:
        return await _index(request, agency, invalid.entered, 422)
    return done(request, "documents:index", "document-added", slug=agency.slug)


async def _add(request: Request, agency: Agency, upload: object) -> None:
    """Look at title and file both, so that every mistake is told at once."""
    errors: dict[str, list[str]] = {}
    form: DocumentTitled | None = None
    typed: dict[str, str] = {}
    try:
        form = await parse(request, DocumentTitled)
        typed = form.model_dump()
    except Invalid as invalid:
        errors, typed = dict(invalid.entered.errors), dict(invalid.entered.values)
    if not isinstance(upload, UploadFile) or not upload.filename:
        errors["file"] = [_("Choose a file.")]
        raise Invalid(Entered(typed, errors))
    settings, now = settings_of(request), clock.now()
    try:
        # A file that belongs to nothing is not kept: with a mistake in the title it would have to be sent again anyway.
        file = await accept(upload, settings=settings, store=store_for(settings), now=now) if form else None
    except Refused as refused:
        errors["file"] = [refused.reason]
    if errors or form is None or file is None:
        raise Invalid(Entered(typed, errors))
    await actions.add(agency, form, file, upload.filename, actor=actor_of(request), now=now)


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
