"""What voters are given to read: the documents of an election, for those who prepare it and for everybody."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.access import Guarded
from app.accounts.forms.agencies import DocumentTitled
from app.attachments import Missing, download, store_for
from app.forms import Entered, Invalid
from app.uploads import LARGEST_BODY, parse_with_file
from app.web import settings_of
from ballots import policy
from ballots.actions import Refused
from ballots.actions import documents as actions
from ballots.models import Election
from ballots.queries import documents as queries
from ballots.queries.managing import place_of
from ballots.web.common import BOTH, actor_of, done, election_of, page, refused
from ballots.web.found import election


async def index(request: Request) -> Response:
    """All of them, and a form for one more."""
    row = await election_of(request)
    return await _index(request, row)


async def _index(request: Request, row: Election, form: Entered | None = None, status: int = 200) -> Response:
    documents, most = await queries.documents_of(row), settings_of(request).max_upload_mb
    return await page(request, "manage_documents.html", row, form, status=status, documents=documents, most_mb=most)


async def add(request: Request) -> Response:
    """One more."""
    row = await election_of(request)
    if request.method != "POST":
        return done(request, "ballots:documents", "", row)  # the address of a form that was sent, opened again
    try:
        form, upload = await parse_with_file(request, DocumentTitled)
    except Invalid as invalid:
        return await _index(request, row, invalid.entered, 422)
    try:
        await actions.add(row, form, upload, actor=actor_of(request), now=clock.now())
    except Refused as refusal:
        return await _index(request, await election_of(request), refused(refusal.sentence, form.model_dump()), 409)
    return done(request, "ballots:documents", "added", row)


async def remove(request: Request) -> Response:
    """One less."""
    row = await election_of(request)
    try:
        await actions.remove(row, request.path_params["document"], actor=actor_of(request), now=clock.now())
    except Refused as refusal:
        return await _index(request, await election_of(request), refused(refusal.sentence), 409)
    return done(request, "ballots:documents", "removed", row)


async def draft(request: Request) -> Response:
    """A document for those who prepare the election; others cannot read it before the freeze."""
    return await _download(request, await election_of(request))


async def fetch(request: Request) -> Response:
    """A document, to be saved."""
    return await _download(request, await election(request))


async def _download(request: Request, row: Election) -> Response:
    document = await queries.numbered(row, request.path_params["number"])
    if document is None:
        raise HTTPException(404)
    try:
        return await download(document.file, document.name, store_for(settings_of(request)))
    except Missing:
        raise HTTPException(404) from None


_ALL = "/manage/elections/{uuid}/documents"

ROUTES = [
    Guarded("/elections/{uuid}/documents/{number:int}", fetch, name="ballots:document", act=policy.READ),
    Guarded(_ALL, index, name="ballots:documents", act=policy.MANAGE, place=place_of),
    Guarded(
        f"{_ALL}/add",
        add,
        name="ballots:document_add",
        act=policy.PREPARE,
        place=place_of,
        methods=BOTH,
        max_body_size=LARGEST_BODY,
    ),
    Guarded(f"{_ALL}/{{number:int}}", draft, name="ballots:document_draft", act=policy.MANAGE, place=place_of),
    Guarded(
        f"{_ALL}/{{document:int}}/remove",
        remove,
        name="ballots:document_remove",
        act=policy.PREPARE,
        place=place_of,
        methods=["POST"],
    ),
]
