"""How often something may be tried, per address and per account."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import structlog
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError
from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.settings import Settings

log = structlog.get_logger("limits")


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `times` for one key, e.g. `10/minute`."""

    name: str
    times: str

    @property
    def item(self) -> RateLimitItem:
        """For the limiter."""
        return parse(self.times)


class Limiter:
    """Counts attempts; in memory, or in Redis when several machines must count together."""

    def __init__(self, settings: Settings) -> None:
        storage: Storage = (
            RedisStorage(f"async+{settings.redis_url}", implementation="redispy", wrap_exceptions=True)
            if settings.redis_url
            else MemoryStorage()
        )
        self._windows = MovingWindowRateLimiter(storage)
        self._spare = MovingWindowRateLimiter(MemoryStorage())

    async def spend(self, rules: Iterable[tuple[Rule, str]]) -> None:
        """Count one attempt under each rule and key, before it is made; 429 when any is used up."""
        for rule, key in rules:
            if not await self._hit(rule, key):
                wait = rule.item.get_expiry()
                raise HTTPException(429, headers={"Retry-After": str(wait)})

    async def _hit(self, rule: Rule, key: str) -> bool:
        """Count here while Redis is away: people can still sign in, and guesses are still counted, by process."""
        try:
            return await self._windows.hit(rule.item, rule.name, key)
        except StorageError as error:
            log.warning("limits_without_redis", error=type(error.storage_error).__name__)
            return await self._spare.hit(rule.item, rule.name, key)

    async def close(self) -> None:
        """Let go of the connections to Redis, where there are any."""
        storage = self._windows.storage
        if isinstance(storage, RedisStorage):
            bridge: Any = storage.bridge  # its declared type does not say that it has a connection
            await bridge.get_connection().aclose()


def address(request: Request) -> str:
    """The key of a client's network: the address, or the /64 of an IPv6 one."""
    host = request.client.host if request.client else ""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host or "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network(f"{found}/64", strict=False))
    return str(found)


def is_local(host: str | None) -> bool:
    """Whether a host name or address means this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
