"""The portal, composed: kernel, features, middleware."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from tortoise.exceptions import OperationalError

from app import clock, db, errors, health, jobs, logs, mail, pages
from app.accounts.feature import FEATURE as ACCOUNTS
from app.accounts.models import Person
from app.accounts.queries import sessions
from app.accounts.web.cookies import cookie_name
from app.admin import choices
from app.admin.banners import Banners
from app.admin.feature import FEATURE as ADMIN
from app.admin.texts import PAGES_CHANGED
from app.features import Feature, JobHandler
from app.html import STATIC, Pages, is_current
from app.i18n import LANGUAGES, Reader, negotiate, reading
from app.jobs import Worker
from app.limits import Limiter
from app.notices import queries as notices
from app.notices.feature import FEATURE as NOTICES
from app.policy import NOBODY
from app.search.feature import FEATURE as SEARCH
from app.security import Explained, Guard, TrustedProxies
from app.settings import Settings
from app.short_messages import gateway_of
from ballots.feature import FEATURE as BALLOTS

KERNEL = Feature(
    name="kernel",
    routes=[*pages.ROUTES, *health.ROUTES],
    models="app.models",
    jobs={PAGES_CHANGED: pages.make_findable},
    schedules={PAGES_CHANGED: timedelta(days=1)},
    documents=pages.documents,
)

FEATURES: tuple[Feature, ...] = (KERNEL, ACCOUNTS, NOTICES, SEARCH, ADMIN, BALLOTS)
"""Every feature of the portal, explicitly."""

BODY_LIMIT = 1 << 20
"""Bytes of a request without attachments."""


def create_app(settings: Settings | None = None) -> Starlette:
    """The portal for these settings, or for those of the environment."""
    chosen = settings or Settings()
    logs.configure(chosen)
    metrics = health.Metrics()
    application = Starlette(
        routes=[
            *(route for feature in FEATURES for route in feature.routes),
            Mount("/static", _Static(directory=STATIC), name="static"),
        ],
        middleware=[
            Middleware(TrustedProxies, trusted=chosen.trusted_proxies),
            Middleware(health.Measure, metrics=metrics),
            Middleware(Guard, settings=chosen),
            Middleware(Faults),
            Middleware(WhoReads, settings=chosen),
            Middleware(Faults),  # once more, where the reader's language is known
            Middleware(Compressed),
            Middleware(Explained, most=BODY_LIMIT),
        ],
        exception_handlers={HTTPException: errors.on_http_exception, Exception: errors.on_fault},
        lifespan=_lifespan,
    )
    application.router.redirect_slashes = False  # it would send people to whatever host the request named
    application.state.settings = chosen
    application.state.features = FEATURES
    application.state.pages = Pages(chosen, {f.name: f.templates for f in FEATURES if f.templates})
    application.state.limiter = Limiter(chosen)
    application.state.metrics = metrics
    application.state.banners = Banners()
    application.state.paths = {}
    return application


def worker(settings: Settings) -> Worker:
    """A worker that knows every job of every feature."""
    outbox = mail.Outbox(settings, gateway_of(settings))

    async def send_message(message: int) -> None:
        await outbox.send(message, clock.now())

    async def clean() -> None:
        kept = await choices.all_chosen()
        now = clock.now()
        await jobs.clean(now, jobs_days=kept["keep_jobs"], mails_days=kept["keep_mails"])

    handlers: dict[str, JobHandler] = {mail.SEND: send_message, "kernel.clean": clean}
    schedules: dict[str, timedelta] = {"kernel.clean": timedelta(days=1)}
    for feature in FEATURES:
        handlers |= feature.jobs
        if feature.jobs_with is not None:
            handlers |= feature.jobs_with(settings)
        schedules |= feature.schedules
    long = frozenset(name for feature in FEATURES for name in feature.long_jobs)
    return Worker(handlers, schedules, clock.now, long)


@contextlib.asynccontextmanager
async def _lifespan(application: Starlette) -> AsyncIterator[None]:
    settings: Settings = application.state.settings
    async with db.opened(settings, FEATURES):
        try:
            await Person.exists()
        except OperationalError as error:
            raise db.Broken("the database has no tables yet, or cannot be reached: run `sawtuna migrate`") from error
        if settings.environment == "production" and await Person.filter(email__endswith="@demo.example").exists():
            raise db.Broken("this database holds the demonstration's accounts, whose password everybody knows")
        stopping = asyncio.Event()
        task = asyncio.create_task(worker(settings).run(stopping)) if settings.worker_in_web else None
        try:
            yield
        finally:
            stopping.set()
            if task is not None:
                with contextlib.suppress(TimeoutError):  # its lease lets another worker go on with the job
                    await asyncio.wait_for(task, 10)
            await application.state.limiter.close()


class WhoReads:
    """Find out who is asking and how they read: session, `?lang=`, cookies, Accept-Language, in this order."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._settings = settings
        self._zone = ZoneInfo(settings.time_zone)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Set the reader for the length of the request."""
        if scope["type"] != "http" or scope["path"].startswith("/static/"):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        state = request.state
        state.person = state.session = state.agent = state.visit = state.organization = None
        state.who = NOBODY
        token = request.cookies.get(cookie_name(self._settings))
        asked = request.query_params.get("lang", "")
        kept = request.cookies.get("lang", "")
        language = next((choice for choice in LANGUAGES if choice == asked), None)
        chosen = language or next((choice for choice in LANGUAGES if choice == kept), None)
        if chosen is None:
            chosen = negotiate(request.headers.get("accept-language", ""), self._settings.default_language)
        numerals = "latn" if request.cookies.get("numerals") == "latn" else "arab"
        theme = request.cookies.get("theme", "")
        scope["theme"] = theme if theme in {"light", "dark"} else None

        async def answer(message: dict[str, object]) -> None:
            if language and message["type"] == "http.response.start" and _is_page(message):
                cookie = f"lang={language}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly"
                cookie += "; Secure" if self._settings.is_secure else ""
                headers = message["headers"]
                assert isinstance(headers, list)
                headers.append((b"set-cookie", cookie.encode()))
            await send(message)

        with reading(Reader(chosen, numerals, self._zone)):  # type: ignore[arg-type]  # one of the two
            if token and scope["path"] not in health.PATHS and "refused" not in scope:
                signed = await sessions.signed_in(token, clock.now())
                # During a visit the agent reads, and the citizen's choices stay as they are.
                person = (signed.agent or signed.person) if signed is not None else None
                if signed is not None:
                    state.person, state.session, state.who = signed.person, signed.session, signed.who
                    state.agent, state.visit, state.organization = signed.agent, signed.visit, signed.organization
                    if scope["method"] == "GET" and signed.agent is None:
                        state.unread = await notices.unread(signed.person.id)
                if person is not None and language is None:
                    chosen = "en" if person.language == "en" else "ar"
                elif person is not None and language != person.language:
                    await Person.filter(id=person.id).update(language=language)
        if scope["path"] not in health.PATHS:
            state.banners = await scope["app"].state.banners.current(clock.now())
        with reading(Reader(chosen, numerals, self._zone)):  # type: ignore[arg-type]  # one of the two
            await self.app(scope, receive, answer)  # type: ignore[arg-type]  # a mutable message


def _is_page(message: dict[str, object]) -> bool:
    headers = message["headers"]
    assert isinstance(headers, list)
    return any(name == b"content-type" and value.startswith(b"text/html") for name, value in headers)


class Faults:
    """Turn what nobody foresaw into the error page, inside everything that adds headers and counts."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Go on; answer with 500, or 503 when the database is away, if nothing was answered yet."""
        started = False

        async def answer(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, answer)
        except Exception as error:
            if started or scope["type"] != "http":
                raise
            request = Request(scope, receive)
            request.state.person = None
            response = await errors.on_fault(request, error)
            await response(scope, receive, answer)


class Compressed:
    """Compress pages, except those of signed-in people: secrets and what a stranger chose do not mix (BREACH)."""

    def __init__(self, app: ASGIApp) -> None:
        self.plain = app
        self.packed = GZipMiddleware(app, minimum_size=700)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Go on, one way or the other."""
        person = scope.get("state", {}).get("person")
        await (self.plain if person is not None else self.packed)(scope, receive, send)


class _Static(StaticFiles):
    """Static files: kept for ever under an address with a version, else checked each time."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("v", [""])[0]
        # While machines are upgraded one after the other, an old file may be asked for under a new version.
        current = response.status_code in {200, 304} and is_current(path, asked)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if current else "no-cache"
        return response


def route_names() -> list[str]:
    """Names of all routes, for tests."""
    return [route.name for feature in FEATURES for route in feature.routes if isinstance(route, Route)]
