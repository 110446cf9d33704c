"""What stands before every page: request ids, who is believed about addresses, forged requests, headers.

Pure ASGI, so that streams stay streams.
"""

import ipaddress
import re
import secrets
import time
from collections.abc import Iterable
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.health import PATHS
from app.settings import Settings

log = structlog.get_logger("http")

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}\Z")

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
    """Request ids, refusal of foreign hosts and forged requests, security headers, one log line a request."""

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
                await PlainTextResponse("There is no such page.", 404)(scope, receive, answer)
            elif foreign and scope["path"] not in PATHS:
                await PlainTextResponse("This host is not served here.", 421)(scope, receive, answer)
            elif is_forged(scope["method"], headers, self._origin):
                log.warning("forged_request", path=scope["path"], request_id=request_id)
                await PlainTextResponse("This request came from another site and was refused.", 403)(
                    scope, receive, answer
                )
            else:
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
