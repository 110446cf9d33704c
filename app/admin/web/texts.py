"""Texts of pages."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.access import Guarded
from app.accounts.queries.agencies import everywhere
from app.admin import actions, queries
from app.admin.forms import Text
from app.admin.models import PageText
from app.admin.policy import CHANGE_TEXTS
from app.admin.texts import TEXTS, rendered
from app.admin.web.common import actor
from app.forms import Entered, Invalid, parse
from app.html import see_other
from app.web import render


async def index(request: Request) -> Response:
    """Every text, and whether it is ours or the operator's."""
    own = {row.key: row for row in await PageText.all()}
    return render(request, "admin/texts.html", {"texts": TEXTS, "own": own})


async def edit(request: Request) -> Response:
    """One text in both languages, with a preview."""
    key = request.path_params["key"]
    if key not in TEXTS:
        raise HTTPException(404)
    if request.method != "POST":
        row = await queries.text_of(key)
        values = {"ar": "", "en": "", "version": "0"}
        if row is not None:
            values = {"ar": row.text.get("ar", ""), "en": row.text.get("en", ""), "version": str(row.version)}
        return _form(request, key, Entered(values))
    try:
        form = await parse(request, Text)
    except Invalid as invalid:
        return _form(request, key, invalid.entered, 422)
    if "preview" in (await request.form()):
        values = {"ar": form.ar, "en": form.en, "version": str(form.version)}
        return _form(request, key, Entered(values), preview=True)
    await actions.change_text(key, form, actor=actor(request), now=clock.now())
    return see_other(request, "texts:index")


def _form(request: Request, key: str, form: Entered, status: int = 200, *, preview: bool = False) -> Response:
    shown = {language: rendered(form.value(language)) for language in ("ar", "en")} if preview else None
    context = {"key": key, "title": TEXTS[key], "form": form, "preview": shown}
    return render(request, "admin/text.html", context, status=status)


ROUTES = [
    Guarded("/admin/texts", index, name="texts:index", act=CHANGE_TEXTS, place=everywhere),
    Guarded("/admin/texts/{key}", edit, methods=["GET", "POST"], name="texts:edit", act=CHANGE_TEXTS, place=everywhere),
]
