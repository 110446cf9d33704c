"""The civil register, for administrators: what was imported, and a new file."""

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.access import Guarded
from app.accounts.actions import register
from app.accounts.forms.register import ImportForm
from app.accounts.policy.register import IMPORT
from app.accounts.queries import register as queries
from app.accounts.queries.agencies import everywhere
from app.accounts.web import numbers
from app.accounts.web.levels import today
from app.acting import actor_of
from app.forms import Entered, Invalid, parse
from app.html import see_other
from app.i18n import gettext as _
from app.web import private, render, settings_of

PER_PAGE = 20
LARGEST = 48 << 20
"""Bytes of an uploaded register: a million lines. What is larger is imported by the command."""


async def index(request: Request) -> Response:
    """Imports with counts and dates; and the form for a new one."""
    if request.method != "POST":
        return await _page(request, Entered())
    settings, now = settings_of(request), clock.now()
    try:
        form = await parse(request, ImportForm)
        upload = (await request.form()).get("file")
        if not isinstance(upload, UploadFile) or not upload.filename:
            raise Invalid.because({"name": form.name, "replace": form.replace}, file=_("Choose a file."))
        await register.bring_in(
            upload.file,
            name=form.name,
            replace=form.replace == "yes",
            key=settings.key,
            digits=settings.national_number_digits,
            today=today(request),
            actor=actor_of(request),
            now=now,
        )
    except Invalid as invalid:
        return await _page(request, invalid.entered, status=422)
    except register.Refused as refused:
        values = {"name": form.name, "replace": form.replace}
        return await _page(request, Entered(values, {"file": [refused.says]}), refused=refused, status=422)
    finally:
        await request.close()  # the file, which lies in a temporary one when it is large
    return see_other(request, "register:index")


async def _page(
    request: Request, form: Entered, *, refused: register.Refused | None = None, status: int = 200
) -> Response:
    page = numbers.page(request)
    rows, total = await queries.batches(page, PER_PAGE)
    context = {
        "form": form,
        "refused": refused,
        "batches": rows,
        "page": page,
        "pages_count": max(1, -(-total // PER_PAGE)),
        "matched": await queries.matched(),
        "megabytes": LARGEST >> 20,
    }
    return private(render(request, "accounts/register.html", context, status=status))


ROUTES = [
    Guarded(
        "/admin/register",
        index,
        methods=["GET", "POST"],
        name="register:index",
        act=IMPORT,
        place=everywhere,
        max_body_size=LARGEST,
    )
]
