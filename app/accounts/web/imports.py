"""Import of agencies from a file: first what would happen, line by line, then the same button does it."""

import asyncio
import base64
import binascii
import zlib

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.access import Guarded
from app.accounts.actions import imports as actions
from app.accounts.actions.tree import Outdated
from app.accounts.forms.imports import COLUMNS, MOST_BYTES, Sheet, decoded, read_sheet
from app.accounts.policy.agencies import IMPORT
from app.accounts.queries.agencies import everywhere
from app.accounts.web.managing import actor_of, done
from app.forms import Entered, Invalid
from app.i18n import gettext as _
from app.web import render

SHOWN = 100
"""Lines of each kind on the page; the counts are of all."""


async def imports(request: Request) -> Response:
    """Choose a file; see what it would do; do it."""
    if request.method != "POST":
        return _page(request, Entered())
    async with request.form(max_files=1, max_fields=10) as data:
        packed, seen, upload = data.get("packed"), data.get("seen"), data.get("file")
        content = await upload.read(MOST_BYTES + 1) if isinstance(upload, UploadFile) else b""
    try:
        if isinstance(packed, str) and isinstance(seen, str):
            return await _apply(request, packed, seen)
        text = decoded(content)
    except Invalid as invalid:
        return _page(request, invalid.entered, 422)
    sheet = await asyncio.to_thread(read_sheet, text)
    plan = await actions.plan(sheet)
    return _page(request, Entered(), 422 if plan.mistakes else 200, plan=plan, packed=pack(text))


async def _apply(request: Request, packed: str, seen: str) -> Response:
    text = unpack(packed)
    sheet: Sheet = await asyncio.to_thread(read_sheet, text)
    try:
        await actions.apply(sheet, seen, actor=actor_of(request), now=clock.now())
    except actions.Wrong as wrong:
        return _page(request, Entered(), 422, plan=wrong.plan, packed=packed)
    except Outdated:
        plan = await actions.plan(sheet)
        if not plan.does_nothing:  # else it was done already, by a second press of the button
            return _page(request, Entered(), 409, plan=plan, packed=packed)
    return done(request, "agencies:manage", "imported")


def _page(
    request: Request, form: Entered, status: int = 200, *, plan: actions.Plan | None = None, packed: str = ""
) -> Response:
    context = {
        "form": form,
        "plan": plan,
        "packed": packed,
        "most": SHOWN,
        "columns": COLUMNS,
        "outdated": status == 409,
    }
    return render(request, "agencies/import.html", context, status=status)


def pack(text: str) -> str:
    """The file, small enough to travel in the page: nothing needs to be kept between looking and doing."""
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def unpack(packed: str) -> str:
    """Back again; 400 for what was never packed, and no more of it than an import may be."""
    try:
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(base64.b64decode(packed, validate=True), MOST_BYTES + 1)
        text = content.decode()
    except (binascii.Error, zlib.error, ValueError):
        raise HTTPException(400, _("Choose the file once more.")) from None
    if len(content) > MOST_BYTES or not unpacker.eof:
        raise HTTPException(413)
    return text


ROUTES = [
    Guarded(
        "/manage/agencies/import",
        imports,
        name="agencies:import",
        act=IMPORT,
        place=everywhere,
        methods=["GET", "POST"],
        max_body_size=MOST_BYTES + (2 << 20),
    ),
]
