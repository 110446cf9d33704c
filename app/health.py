"""For whoever watches the portal: is it alive, can it work, what is it doing."""

import hmac
import time

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from tortoise import connections

from app.access import Guarded
from app.accounts.policy.ways import PUBLIC
from app.limits import is_local
from app.models import Job
from app.settings import Settings


class Metrics:
    """Counters of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("http_requests", "Requests answered", ("method", "status"), registry=self.registry)
        self.seconds = Histogram("http_request_seconds", "Time to answer", registry=self.registry)
        self.waiting = Gauge("jobs_waiting", "Jobs not done yet", registry=self.registry)
        self.failed = Gauge("jobs_failed", "Jobs given up", registry=self.registry)


class Measure:
    """Count every request."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Time the request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._metrics.requests.labels(scope["method"], str(message["status"])).inc()
                self._metrics.seconds.observe(time.perf_counter() - began)
            await send(message)

        await self.app(scope, receive, answer)


async def alive(_request: Request) -> Response:
    """The process answers."""
    return JSONResponse({"status": "alive"}, headers={"Cache-Control": "no-store"})


async def ready(_request: Request) -> Response:
    """The database answers, too."""
    try:
        await connections.get("default").execute_query("SELECT 1")
    except Exception:  # noqa: BLE001 - whatever the driver raises, the answer is that the database does not answer
        return JSONResponse({"status": "the database does not answer"}, 503, {"Cache-Control": "no-store"})
    return JSONResponse({"status": "ready"}, headers={"Cache-Control": "no-store"})


async def metrics(request: Request) -> Response:
    """Counters for Prometheus; with the token, or from this machine when there is none."""
    settings: Settings = request.app.state.settings
    token = settings.metrics_token.get_secret_value()
    given = request.headers.get("authorization", "")
    direct = (
        "x-forwarded-for" not in request.headers and "forwarded" not in request.headers
    )  # a proxy's address is not its clients'
    local = direct and is_local(request.client.host if request.client else "")
    allowed = hmac.compare_digest(given.encode(), f"Bearer {token}".encode()) if token else local
    if not allowed:
        return PlainTextResponse("", 403)
    counters: Metrics = request.app.state.metrics
    counters.waiting.set(await Job.filter(finished_at=None, failed_at=None).count())
    counters.failed.set(await Job.filter(failed_at__not_isnull=True).count())
    return Response(generate_latest(counters.registry), media_type=CONTENT_TYPE_LATEST)


PATHS = frozenset({"/healthz", "/readyz", "/metrics"})

ROUTES = [
    Guarded("/healthz", alive, name="healthz", act=PUBLIC),
    Guarded("/readyz", ready, name="readyz", act=PUBLIC),
    Guarded("/metrics", metrics, name="metrics", act=PUBLIC),
]
