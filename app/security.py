"""What stands before every page: request ids, who is believed about addresses, forged requests, headers.

Pure ASGI, so that streams stay streams.
"""

import asyncio
import contextlib
import ipaddress
import re
import secrets
import time
from collections.abc import Iterable
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import problem
from app.health import PATHS
from app.i18n import gettext as _
from app.settings import Settings

log = structlog.get_logger("http")

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}\Z")

DRAINED = 32 << 20
DRAIN_SECONDS = 10

POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)


class TrustedProxies:
    """Take scheme, host and client address from the headers of proxies that the operator named, and of nobody else."""

    def __init__(self, app: ASGIApp, trusted: Iterable[str]) -> None:
        self.app = app
        self._trusted = [ipaddress.ip_network(entry, strict=False) for entry in trusted]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Rewrite the scope, then go on."""
        if (
            scope["type"] in {"http", "websocket"}
            and self._trusted
            and self._is_trusted((scope.get("client") or ("",))[0])
        ):
            headers = Headers(scope=scope)
            if (scheme := headers.get("x-forwarded-proto", "").strip()) in {"http", "https"}:
                scope["scheme"] = scheme
            told = ",".join(headers.getlist("x-forwarded-for"))
            chain = [_without_port(part.strip()) for part in told.split(",") if part.strip()]
            client = next((address for address in reversed(chain) if not self._is_trusted(address)), None)
            if client and _is_address(client):
                scope["client"] = (client, 0)
        await self.app(scope, receive, send)

    def _is_trusted(self, address: str) -> bool:
        if not _is_address(address):
            return False
        found = ipaddress.ip_address(address)
        found = getattr(found, "ipv4_mapped", None) or found  # as a socket that listens on IPv6 gives IPv4 addresses
        return any(found in network for network in self._trusted)


def _without_port(text: str) -> str:
    """An address as some proxies write it, `192.0.2.1:4711` or `[2001:db8::1]:4711`."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


class Guard:
    """Request ids, security headers, one log line a request; foreign hosts and forged requests are marked `refused`.

    `Explained`, further in, answers a marked request in the reader's language and lets nothing else see it.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._secure = settings.is_secure
        self._hsts = "max-age=63072000" + ("; includeSubDomains" if settings.hsts_subdomains else "")
        own = urlsplit(settings.base_url)
        self._hosts = {own.netloc.lower()} if settings.environment == "production" else None
        self._origin = f"{own.scheme}://{own.netloc.lower()}" if settings.environment == "production" else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check, go on, and put headers on what comes back."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.match(given) else secrets.token_hex(8)
        scope["request_id"] = request_id
        began, status = time.monotonic(), 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._headers(MutableHeaders(scope=message), request_id)
            await send(message)

        try:
            host = headers.get("host", "").lower().removesuffix(":443" if self._secure else ":80")
            foreign = self._hosts is not None and host not in self._hosts
            if "\0" in scope["path"]:
                scope["refused"] = 404
            elif foreign and scope["path"] not in PATHS:
                scope["refused"] = 421
            elif is_forged(scope["method"], headers, self._origin):
                log.warning("forged_request", path=scope["path"], request_id=request_id)
                scope["refused"] = 403
            await self.app(scope, receive, answer)
        finally:
            spent = round((time.monotonic() - began) * 1000, 1)
            log.info(
                "request", method=scope["method"], path=scope["path"], status=status, ms=spent, request_id=request_id
            )

    def _headers(self, headers: MutableHeaders, request_id: str) -> None:
        headers.setdefault("Content-Security-Policy", POLICY)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()")
        headers["X-Request-ID"] = request_id
        if self._secure:
            headers.setdefault("Strict-Transport-Security", self._hsts)


class Explained:
    """Answer what was refused on the way in, and bodies that are too large, with a page like any other error."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app = RequestBodyLimitMiddleware(app, most)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Go on, unless the guard has refused the request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = scope.get("refused")
        if status is None:
            status = await self._go_on(scope, receive, send)
        if status is not None:
            request = Request(scope)
            request.state.person = None
            own = _("This request came from another site and was refused.") if status == 403 else None
            await problem(request, status, own)(scope, receive, send)

    async def _go_on(self, scope: Scope, receive: Receive, send: Send) -> int | None:
        """413 when the limit, and not an endpoint, has answered so; what it said is dropped."""
        too_large = False

        async def answer(message: Message) -> None:
            nonlocal too_large
            if message["type"] == "http.response.start" and message["status"] == 413:
                too_large = Headers(raw=message["headers"]).get("content-type", "").startswith("text/plain")
            if not too_large:
                await send(message)

        await self.app(scope, receive, answer)
        if not too_large:
            return None
        await _drain(receive)
        return 413


async def _drain(receive: Receive) -> None:
    """Take in some of a body that nobody wants: a browser whose upload is cut off shows no answer at all."""
    left = DRAINED
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if message["type"] == "http.disconnect" or not message.get("more_body"):
                    return


def is_forged(method: str, headers: Headers, own_origin: str | None = None) -> bool:
    """Whether a browser sent this on behalf of another site.

    Fetch metadata where the browser has it, else Origin: compared with the portal's own in production, with Host in
    development. A client that sends neither and no cookie is a program.
    """
    if method in SAFE:
        return False
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = headers.get("origin")
    if origin is None:
        return "cookie" in headers
    if own_origin is not None:
        return origin.lower() != own_origin
    host = urlsplit(origin).netloc.lower()
    return not host or host != headers.get("host", "").lower()
