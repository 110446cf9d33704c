"""A person's own page, and how somebody reads."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import clock
from app.access import Guarded
from app.accounts.actions import details
from app.accounts.forms.details import Details
from app.accounts.forms.ways import Preferences
from app.accounts.models import Person
from app.accounts.policy.drafts import CORRECT
from app.accounts.policy.ways import OWN_PAGE, PUBLIC
from app.accounts.queries import drafts
from app.accounts.says import LEVELS
from app.features import Part
from app.forms import Entered, Invalid, parse
from app.html import local_path, path_of
from app.i18n import LANGUAGES, either
from app.i18n import gettext as _
from app.notices import queries as notices
from app.web import person_of, render, settings_of
from app.web import who as who_asks

MOST_WAITING = 10
LATEST = 3


async def show(request: Request) -> Response:
    """A person's own page: what waits, what one takes part in, what one wrote and was told, what one may settle."""
    person = person_of(request)
    return await _page(request, Entered({"name": person.name, "language": person.language}))


async def correct(request: Request) -> Response:
    """Correct one's own name and language."""
    if request.method != "POST":  # a link of the refused form, such as that to the other language
        return RedirectResponse(f"{path_of(request, 'accounts:show')}#details", 303)
    try:
        form = await parse(request, Details)
    except Invalid as invalid:
        return await _page(request, invalid.entered, status=422)
    await details.correct(person_of(request), form, now=clock.now())
    return RedirectResponse(f"{path_of(request, 'accounts:show')}?saved=details#details", 303)


async def _page(request: Request, form: Entered, *, status: int = 200) -> Response:
    person, who, now = person_of(request), who_asks(request), clock.now()
    features = request.app.state.features
    waits = [part for feature in features if feature.waits for part in await feature.waits(who)]
    parts = [part for feature in features if feature.takes_part for part in await feature.takes_part(person)]
    # What somebody is told is theirs alone: an agent of a service centre does not read it over their shoulder.
    alone = request.state.agent is None
    if alone:
        waits += [
            Part(either(row.title), path_of(request, "notices:open", notice=row.id), _("Notification"))
            for row in await notices.to_act(person.id, MOST_WAITING)
        ]
    written = await drafts.listed(person.id, now) if alone else []
    for draft in written[:MOST_WAITING]:
        title = _("Send it or throw it away: %(title)s", title=_(draft.title))
        waits.append(Part(title, path_of(request, "drafts:open", draft=draft.id), _("Draft")))
    context = {
        "person": person,
        "form": form,
        "waits": waits,
        "parts": parts,
        "drafts": written,
        "latest": await notices.latest(person.id, LATEST) if alone else [],
        "alone": alone,
        "level": _(LEVELS[who.level]),
        "saved": request.query_params.get("saved") == "details" and status == 200,
    }
    return render(request, "accounts/show.html", context, status=status)


async def preferences(request: Request) -> Response:
    """Language, digits and theme, for people without an account too."""
    form = await parse(request, Preferences)
    person: Person | None = request.state.agent or request.state.person
    if person is not None and form.lang in LANGUAGES:
        await Person.filter(id=person.id).update(language=form.lang)
    response = RedirectResponse(local_path(form.next, "/"), 303)
    for name, value, allowed in (
        ("lang", form.lang, LANGUAGES),
        ("numerals", form.numerals, ("arab", "latn")),
        ("theme", form.theme, ("light", "dark", "auto")),
    ):
        if value in allowed:
            response.set_cookie(
                name, value, max_age=31_536_000, secure=settings_of(request).is_secure, samesite="lax", httponly=True
            )
    return response


ROUTES = [
    Guarded("/account", show, name="accounts:show", act=OWN_PAGE),
    Guarded("/account/details", correct, methods=["GET", "POST"], name="accounts:correct", act=CORRECT),
    Guarded("/preferences", preferences, methods=["POST"], name="preferences", act=PUBLIC),
]
