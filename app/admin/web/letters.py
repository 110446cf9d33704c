"""Mail templates."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.access import Guarded
from app.accounts.queries.agencies import everywhere
from app.admin import actions, queries
from app.admin.forms import Letter as LetterForm
from app.admin.letters import LETTERS
from app.admin.models import MailTemplate
from app.admin.policy import CHANGE_LETTERS
from app.admin.web.common import actor
from app.forms import Entered, Invalid, parse
from app.html import see_other
from app.i18n import Reader, gettext, reading
from app.web import render


async def index(request: Request) -> Response:
    """Every mail, and whether its words are ours."""
    own = {row.key for row in await MailTemplate.all()}
    return render(request, "admin/letters.html", {"letters": LETTERS.values(), "own": own})


async def edit(request: Request) -> Response:
    """One mail in both languages, beside our words."""
    letter = LETTERS.get(request.path_params["key"])
    if letter is None:
        raise HTTPException(404)
    status = 200
    if request.method == "POST":
        try:
            form = await parse(request, LetterForm)
            await actions.change_letter(letter.key, form, actor=actor(request), now=clock.now())
            return see_other(request, "letters:index")
        except Invalid as invalid:
            entered, status = invalid.entered, 422
    else:
        row = await queries.letter_of(letter.key)
        values = {"version": str(row.version if row else 0)}
        for language in ("ar", "en"):
            values[f"subject_{language}"] = row.subject.get(language, "") if row else ""
            values[f"body_{language}"] = row.body.get(language, "") if row else ""
        entered = Entered(values)
    ours = {}
    for language in ("ar", "en"):
        with reading(Reader(language)):  # type: ignore[arg-type]  # one of the two
            ours[language] = (gettext(letter.subject), gettext(letter.body))
    context = {"letter": letter, "form": entered, "ours": ours}
    return render(request, "admin/letter.html", context, status=status)


ROUTES = [
    Guarded("/admin/mails", index, name="letters:index", act=CHANGE_LETTERS, place=everywhere),
    Guarded(
        "/admin/mails/{key}", edit, methods=["GET", "POST"], name="letters:edit", act=CHANGE_LETTERS, place=everywhere
    ),
]
