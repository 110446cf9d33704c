"""A person's own data: look, download, delete."""

import json
from collections.abc import Sequence
from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app import audit, clock
from app.access import Guarded
from app.accounts.actions import data as actions
from app.accounts.policy.data import DELETE_OWN_ACCOUNT, READ_OWN_DATA
from app.accounts.web.cookies import cookie_name
from app.audit import Actor
from app.features import Held
from app.forms import Entered, Invalid
from app.i18n import gettext as _
from app.i18n import latin_digits, reader
from app.limits import Rule
from app.policy import NOBODY
from app.web import person_of, private, render, settings_of, spend

DOWNLOADS = Rule("own-data", "20/hour")


async def show(request: Request) -> Response:
    """What is kept, in groups, with the reasons."""
    return private(render(request, "data/show.html", {"held": await _held(request)}))


async def download(request: Request) -> Response:
    """The same as a file: JSON for programs, HTML to read without the portal."""
    person, now = person_of(request), clock.now()
    await spend(request, (DOWNLOADS, str(person.id)))
    held = await _held(request)
    kind = request.path_params["kind"]
    if kind not in {"json", "html"}:
        raise HTTPException(404)
    await audit.record(Actor.person(person.id), "downloaded_data", f"person:{person.id}", now=now)
    day = latin_digits(now.date().isoformat())
    if kind == "json":
        body = {
            "portal": settings_of(request).base_url,
            "made_at": now.isoformat(),
            "language": reader().language,
            "data": [{"title": part.title, "why": part.why, "rows": [dict(row) for row in part.rows]} for part in held],
        }
        answer = Response(json.dumps(body, ensure_ascii=False, indent=2, default=_plain), media_type="application/json")
    else:
        answer = render(request, "data/download.html", {"held": held, "made_at": now})
    answer.headers["Content-Disposition"] = f'attachment; filename="sawtuna-{day}.{kind}"'
    return private(answer)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


async def delete(request: Request) -> Response:
    """Delete the account, after the person has said so in so many words."""
    if request.method != "POST":
        return private(render(request, "data/delete.html", {"form": Entered()}))
    form = await request.form()
    try:
        if form.get("sure") != "yes":
            raise Invalid.because({}, sure=_("Tick this to say that you mean it."))
        stays = await actions.delete(person_of(request), request.app.state.features, now=clock.now())
    except Invalid as invalid:
        return private(render(request, "data/delete.html", {"form": invalid.entered}, status=422))
    settings = settings_of(request)
    request.state.person, request.state.who = None, NOBODY  # the page that follows is nobody's any more
    answer = private(render(request, "data/deleted.html", {"stays": stays}))
    answer.delete_cookie(cookie_name(settings), secure=settings.is_secure, httponly=True, samesite="lax")
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


async def _held(request: Request) -> Sequence[Held]:
    person = person_of(request)
    return [
        part
        for feature in request.app.state.features
        if feature.holds is not None
        for part in await feature.holds(person)
    ]


ROUTES = [
    Guarded("/account/data", show, name="data:show", act=READ_OWN_DATA),
    Guarded("/account/data/download.{kind}", download, name="data:download", act=READ_OWN_DATA),
    Guarded("/account/delete", delete, methods=["GET", "POST"], name="data:delete", act=DELETE_OWN_ACCOUNT),
]
