"""Pages: Jinja with the reader's language, whole or one block of it for htmx."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from types import CodeType
from typing import Any
from urllib.parse import urlencode

from jinja2 import BytecodeCache, ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined, pass_context
from jinja2.bccache import Bucket
from jinja2.runtime import Context
from jinja2_fragments import render_block
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import i18n
from app.clock import now
from app.policy import NOBODY
from app.settings import Settings

MOST_PATHS = 5_000

STATIC = Path(__file__).resolve().parent.parent / "static"


class _Compiled(BytecodeCache):
    """Templates as they were compiled, once a process, however many portals are made in it."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """What was compiled from this very source."""
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Remember it."""
        self._code[bucket.key, bucket.checksum] = bucket.code


_COMPILED = _Compiled()


class Pages:
    """Renders templates of the kernel and of the features."""

    def __init__(self, settings: Settings, packages: Mapping[str, str] | None = None) -> None:
        loaders = {name: PackageLoader(package) for name, package in (packages or {}).items()}
        self._settings = settings
        self.environment = Environment(
            loader=ChoiceLoader([PackageLoader("app"), PrefixLoader(loaders)]),
            autoescape=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=settings.environment == "development",
            bytecode_cache=_COMPILED,
        )
        install = self.environment.install_gettext_callables  # type: ignore[attr-defined]  # added by the extension
        install(i18n.raw_gettext, i18n.raw_ngettext, newstyle=True)
        self.environment.globals.update(static=static, url=url, has_route=has_route, settings=settings)
        self.environment.filters.update(
            number=_for_reader(i18n.format_number),
            percent=_for_reader(i18n.format_percent),
            share=_for_reader(i18n.format_share),
            date=_for_reader(i18n.format_date),
            datetime=_for_reader(i18n.format_datetime),
            last_day=_for_reader(lambda value: i18n.format_date(value - timedelta(microseconds=1))),
            day=_for_reader(i18n.format_day),
            clock=_for_reader(i18n.format_clock),
            ago=_for_reader(lambda value: i18n.format_ago(value, now())),
            t=_for_reader(i18n.either),
            said=_for_reader(_marked),
        )
        self.environment.tests.update(elsewhere=_for_reader(lambda value: i18n.said(value).is_other))

    def render(
        self,
        request: Request,
        template: str,
        context: Mapping[str, Any] | None = None,
        *,
        block: str | None = None,
        status: int = 200,
    ) -> Response:
        """The page, or only `block` of it when htmx asks for a part."""
        who = i18n.reader()
        here = local_path(_with_query(request), "/")
        own = request.url.path.startswith("/account")
        values = {
            "here": here,
            "in_language": {
                language: local_path(_with_query(request, lang=language), "/") for language in i18n.LANGUAGES
            },
            "sign_in_url": path_of(request, "accounts:sign_in") + ("" if own else f"?{urlencode({'next': here})}"),
            "request": request,
            "lang": who.language,
            "direction": who.direction,
            "numerals": who.numerals,
            "theme": request.scope.get("theme"),
            "user": getattr(request.state, "person", None),
            "who": getattr(request.state, "who", NOBODY),
            "agent": getattr(request.state, "agent", None),
            "visit": getattr(request.state, "visit", None),
            "unread": getattr(request.state, "unread", 0),
            "banners": getattr(request.state, "banners", []),
            "organization": getattr(request.state, "organization", None),
            "nav_here": _route_name(request),
            "request_id": request.scope.get("request_id"),
            **(context or {}),
        }
        part = block if block and wants_part(request) else None
        text = (
            render_block(self.environment, template, part, values)
            if part
            else self.environment.get_template(template).render(values)
        )
        response = HTMLResponse(text, status)
        response.headers["Vary"] = "HX-Request, HX-Request-Type, Cookie, Accept-Language"
        if values["user"] is not None or request.scope.get("personal"):
            response.headers["Cache-Control"] = "no-store"
        else:
            response.headers["Cache-Control"] = "private, no-cache"
        return response


def _marked(value: Mapping[str, str] | str | None) -> str:
    """A text in both languages for a page; one that is there in the other language only says so to screen readers."""
    found = i18n.said(value)
    if not found.is_other:
        return found.text
    return Markup('<span lang="{}" dir="{}">{}</span>').format(found.language, found.direction, found.text)


def _for_reader(function: Callable[[Any], Any]) -> Callable[[Context, Any], Any]:
    """A filter that depends on who reads: without the context Jinja would compute it once, for whoever reads first."""

    @pass_context
    def filtered(_context: Context, value: Any) -> Any:
        return function(value)

    return filtered


def wants_part(request: Request) -> bool:
    """Whether htmx 4 asks for a part of the page, and not for a whole one or for its history."""
    headers = request.headers
    return (
        headers.get("hx-request") == "true"
        and headers.get("hx-request-type") != "full"
        and headers.get("hx-history-restore-request") != "true"
    )


def see_other(request: Request, name: str, **params: Any) -> Response:
    """After a change: go and look."""
    return RedirectResponse(request.url_for(name, **params).path, 303)


def local_path(value: str | None, fallback: str) -> str:
    """A path on this portal that came from outside; anything that could lead elsewhere becomes `fallback`."""
    if not value or not value.startswith("/") or value.startswith(("//", "/\\")):
        return fallback
    return fallback if any(ord(letter) < 33 or letter == "\\" for letter in value) else value


@pass_context
def url(context: Context, name: str, /, **params: Any) -> str:
    """Path of a named route."""
    return path_of(context["request"], name, **params)


@pass_context
def has_route(context: Context, name: str) -> bool:
    """Whether the portal has a page of this name: features are there or not."""
    return any(getattr(route, "name", None) == name for route in context["request"].app.routes)


def path_of(request: Request, name: str, **params: Any) -> str:
    """Path of a named route; found once, since a page has dozens of links."""
    known: dict[object, str] = request.app.state.paths
    key = (name, *sorted(params.items()))
    if key not in known:
        if len(known) > MOST_PATHS:
            known.clear()
        known[key] = request.url_for(name, **params).path
    return known[key]


def _with_query(request: Request, **params: str) -> str:
    """Path and query of this page, with some parameters set."""
    target = request.url.include_query_params(**params) if params else request.url
    return target.path + (f"?{target.query}" if target.query else "")


def is_current(name: str, version: str) -> bool:
    """Whether this is the version of a static file that we would name today."""
    path = STATIC / name
    return path.is_file() and _version(path, path.stat().st_mtime_ns) == version


@lru_cache(maxsize=512)
def _version(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def static(name: str) -> Markup:
    """Address of a static file, with a version that changes with its content, so that it may be kept for ever.

    `static("css")` is the bundle when it has been built, else the sources.
    """
    if name == "css":
        name = "vendor/css/bundle.css" if (STATIC / "vendor/css/bundle.css").exists() else "css/index.css"
    path = STATIC / name
    version = _version(path, path.stat().st_mtime_ns)
    return Markup("/static/{}?v={}").format(name, version)


def _route_name(request: Request) -> str | None:
    name = getattr(request.scope.get("route"), "name", None)
    return name if isinstance(name, str) else None
