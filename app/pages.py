"""Pages that belong to no feature: home, help, transparency, accessibility, privacy, patterns, mailbox."""

from collections.abc import AsyncIterator
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app import clock
from app.access import Guarded
from app.accounts.policy.ways import PUBLIC
from app.admin import queries
from app.admin.texts import TEXTS, rendered
from app.features import Entry
from app.html import Pages, static
from app.i18n import LANGUAGES, said
from app.limits import is_local
from app.models import Message
from app.search.actions import renew
from app.search.texts import chapters, replaced
from app.settings import Settings


async def home(request: Request) -> Response:
    """The first page: what do you want to do."""
    context: dict[str, Any] = {"doors": {}, "closing_soon": [], "changes": [], "punctuality": []}
    for feature in request.app.state.features:
        if feature.home is not None:
            for name, value in (await feature.home(request)).items():
                context[name] = {**context[name], **value} if isinstance(value, dict) else context[name] + value
    return _render(request, "home.html", context)


def page(template: str) -> Any:
    """An endpoint for a page of text, ours or what an administrator has put in its place."""

    async def show(request: Request) -> Response:
        own = await queries.text_of(template.removesuffix(".html"))
        text = said(own.text) if own is not None else None
        if own is not None and text is not None and text.text:
            context = {
                "title": TEXTS[own.key],
                "text": rendered(text.text),
                "language": text.language,
                "changed_at": own.changed_at,
            }
            return _render(request, "admin/own_text.html", context)
        return _render(request, template)

    return show


async def documents() -> AsyncIterator[Entry]:
    """The pages of text as things that can be found, ours by their chapters."""
    for key, title in TEXTS.items():
        own = await queries.text_of(key)
        if own is not None and any(own.text.values()):
            plain = {language: str(rendered(text).striptags()) for language, text in own.text.items()}
            yield replaced(f"/{key}", title, plain)
            continue
        for entry in chapters(f"{key}.html", f"/{key}"):
            yield entry


async def make_findable() -> None:
    """The job: what the pages of text say now is found, after an upgrade and after somebody has replaced one."""
    await renew("page", documents, clock.now())


async def patterns(request: Request) -> Response:
    """Every component and state, in both directions."""
    return _render(request, "patterns.html", {"directions": LANGUAGES})


async def mailbox(request: Request) -> Response:
    """What would have been sent; only in development."""
    settings: Settings = request.app.state.settings
    host = request.url.hostname
    if settings.environment != "development" or settings.smtp_url or not is_local(host) or not is_local(settings.host):
        raise HTTPException(404)  # whoever reads these mails can take any account
    messages = await Message.all().order_by("-id").limit(50)
    response = _render(request, "mailbox.html", {"messages": messages})
    response.headers["Cache-Control"] = "no-store"
    return response


async def manifest(request: Request) -> Response:
    """What makes the portal installable."""
    settings: Settings = request.app.state.settings
    icon = {"src": str(static("img/icon.svg")), "sizes": "any", "type": "image/svg+xml"}
    body = {
        "name": f"{settings.operator_name_ar} · {settings.operator_name_en}",
        "short_name": settings.operator_name_ar,
        "lang": "ar",
        "dir": "rtl",
        "start_url": "/",
        "display": "standalone",
        "background_color": "#f6f7f5",
        "theme_color": "#073b43",
        "icons": [icon, {**icon, "purpose": "maskable"}],
    }
    return JSONResponse(body, headers={"Cache-Control": "public, max-age=3600"}, media_type="application/manifest+json")


def _render(request: Request, template: str, context: dict[str, Any] | None = None) -> Response:
    pages: Pages = request.app.state.pages
    return pages.render(request, template, context)


ROUTES = [
    Guarded("/", home, name="home", act=PUBLIC),
    Guarded("/help", page("help.html"), name="help", act=PUBLIC),
    Guarded("/transparency", page("transparency.html"), name="transparency", act=PUBLIC),
    Guarded("/accessibility", page("accessibility.html"), name="accessibility", act=PUBLIC),
    Guarded("/privacy", page("privacy.html"), name="privacy", act=PUBLIC),
    Guarded("/patterns", patterns, name="patterns", act=PUBLIC),
    Guarded("/mailbox", mailbox, name="mailbox", act=PUBLIC),
    Guarded("/manifest.webmanifest", manifest, name="manifest", act=PUBLIC),
]
