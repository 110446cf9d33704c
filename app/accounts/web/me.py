"""A person's own page, and how somebody reads."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.access import Guarded
from app.accounts.forms.ways import Preferences
from app.accounts.models import Person
from app.accounts.policy.ways import OWN_PAGE, PUBLIC
from app.forms import parse
from app.html import local_path
from app.i18n import LANGUAGES
from app.web import person_of, render, settings_of


async def show(request: Request) -> Response:
    """A person's own page."""
    person = person_of(request)
    parts = [
        part
        for feature in request.app.state.features
        if feature.takes_part
        for part in await feature.takes_part(person)
    ]
    return render(request, "accounts/show.html", {"person": person, "parts": parts})


async def preferences(request: Request) -> Response:
    """Language, digits and theme, for people without an account too."""
    form = await parse(request, Preferences)
    person: Person | None = request.state.person
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
    Guarded("/preferences", preferences, methods=["POST"], name="preferences", act=PUBLIC),
]
