"""What pages ask of a request: who, settings, templates, limits."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app import ids
from app.accounts.models import Person
from app.html import Pages
from app.limits import Limiter, Rule
from app.policy import Who
from app.settings import Settings


def render(
    request: Request,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    block: str | None = None,
    status: int = 200,
) -> Response:
    """The page, or only `block` of it when htmx asks for a part."""
    pages: Pages = request.app.state.pages
    return pages.render(request, template, context, block=block, status=status)


def settings_of(request: Request) -> Settings:
    """The portal's settings."""
    settings: Settings = request.app.state.settings
    return settings


def who(request: Request) -> Who:
    """Who asks, as far as policies need to know."""
    found: Who = request.state.who
    return found


def person_of(request: Request) -> Person:
    """The signed-in person, on a route whose act needs one."""
    person: Person | None = request.state.person
    if person is None:
        raise LookupError("nobody is signed in: the act of this route must ask for it")
    return person


def private(response: Response) -> Response:
    """A page that is kept nowhere."""
    response.headers["Cache-Control"] = "no-store"
    return response


def pseudonym(request: Request, value: str) -> str:
    """A key for counting that is no mail address or number, since counts may lie in a shared store."""
    return ids.keyed_hash(settings_of(request).key, "limit", value)


async def spend(request: Request, *rules: tuple[Rule, str]) -> None:
    """Count an attempt; 429 when there were too many."""
    limiter: Limiter = request.app.state.limiter
    await limiter.spend(rules)
