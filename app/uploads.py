"""A form with a file: fields and file are looked at together, so that every mistake is told at once."""

from typing import NamedTuple, TypeVar

from starlette.datastructures import UploadFile
from starlette.requests import Request

from app import clock
from app.attachments import Refused, accept, store_for
from app.forms import Entered, Form, Invalid, parse
from app.i18n import gettext as _
from app.models import StoredFile
from app.web import settings_of

LARGEST_BODY = 201 << 20
"""Bytes of a request with a file; how large the file may be, the setting `max_upload_mb` (at most 200) says."""

_Form = TypeVar("_Form", bound=Form)


class Uploaded(NamedTuple):
    """A file that was taken in, and the name that it had where it came from."""

    file: StoredFile
    name: str


async def parse_with_file(request: Request, kind: type[_Form]) -> tuple[_Form, Uploaded]:
    """The form of the request and the file in its field `file`; `Invalid` with everything that is wrong with either."""
    async with request.form(max_files=1, max_fields=20) as data:
        return await _look_at(request, kind, data.get("file"))


async def _look_at(request: Request, kind: type[_Form], upload: object) -> tuple[_Form, Uploaded]:
    errors: dict[str, list[str]] = {}
    form: _Form | None = None
    typed: dict[str, str] = {}
    try:
        form = await parse(request, kind)
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
    return form, Uploaded(file, upload.filename)
