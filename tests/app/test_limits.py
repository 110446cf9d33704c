"""Limits of attempts: counted in one process, and in Redis by several processes together."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from starlette.exceptions import HTTPException

from app.limits import Limiter, Rule
from app.settings import Settings
from tests.app.portal import settings_for

REDIS = "redis://127.0.0.1:6379/15"


@pytest.fixture(params=["memory", "redis"])
def counted(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """A portal that counts in memory, or in a Redis that answers."""
    if request.param == "memory":
        return settings_for(tmp_path)
    return shared(tmp_path)


def shared(folder: Path) -> Settings:
    """A portal that counts in Redis."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", 6379), timeout=2):
        return settings_for(folder, redis_url=REDIS)
    pytest.skip("Redis does not answer at 127.0.0.1:6379, so limits were counted in one process only.")


@contextlib.asynccontextmanager
async def limiters(settings: Settings, number: int) -> AsyncIterator[list[Limiter]]:
    """As many as there are web processes."""
    made = [Limiter(settings) for _number in range(number)]
    try:
        yield made
    finally:
        for limiter in made:
            await limiter.close()


@contextlib.asynccontextmanager
async def rule(times: str) -> AsyncIterator[Rule]:
    """A rule that nobody else uses; its counts are gone afterwards."""
    made = Rule(f"test-{secrets.token_hex(8)}", times)
    try:
        yield made
    finally:
        with contextlib.suppress(OSError):
            async with Redis.from_url(REDIS) as server:
                async for key in server.scan_iter(f"*{made.name}*"):
                    await server.delete(key)


async def passes(limiter: Limiter, chosen: Rule, key: str = "somebody") -> bool:
    """Whether one more attempt is let through."""
    try:
        await limiter.spend([(chosen, key)])
    except HTTPException as refusal:
        if refusal.status_code != 429:
            raise
        return False
    return True


async def parallel(settings: Settings, processes: int, times: str, attempts: int) -> tuple[int, bool]:
    """How many of the attempts passed that were made at the same moment, and whether a last one would."""
    async with limiters(settings, processes) as made, rule(times) as chosen:
        tries = [passes(made[number % processes], chosen) for number in range(attempts)]
        return sum(await asyncio.gather(*tries)), await passes(made[0], chosen)


@pytest.mark.parametrize(("times", "passed"), [("100/hour", 100), ("101/hour", 100), ("30/hour", 30)])
def test_a_hundred_attempts_at_the_same_moment_are_a_hundred(counted: Settings, times: str, passed: int) -> None:
    assert asyncio.run(parallel(counted, 1, times, 100)) == (passed, times == "101/hour")


def test_two_processes_count_together(tmp_path: Path) -> None:
    settings = shared(tmp_path)

    async def run() -> list[bool]:
        async with limiters(settings, 2) as (first, second), rule("3/hour") as chosen:
            return [await passes(limiter, chosen) for limiter in (first, second, first, second, first)]

    assert asyncio.run(run()) == [True, True, True, False, False]
    assert asyncio.run(parallel(settings, 2, "100/hour", 100)) == (100, False)
    assert asyncio.run(parallel(settings, 2, "30/hour", 100)) == (30, False)


def test_what_one_uses_up_is_left_to_another(counted: Settings) -> None:
    async def run() -> list[bool]:
        async with limiters(counted, 1) as (limiter,), rule("1/hour") as chosen, rule("1/hour") as other:
            tries = [(chosen, "a"), (chosen, "a"), (chosen, "b"), (other, "a")]
            return [await passes(limiter, tried, key) for tried, key in tries]

    assert asyncio.run(run()) == [True, False, True, True]


def test_attempts_come_back_with_time(counted: Settings) -> None:
    async def run() -> list[bool]:
        async with limiters(counted, 1) as (limiter,), rule("1/second") as chosen:
            found = [await passes(limiter, chosen), await passes(limiter, chosen)]
            await asyncio.sleep(1.1)
            return [*found, await passes(limiter, chosen)]

    assert asyncio.run(run()) == [True, False, True]


def test_who_is_refused_is_told_when_to_come_back(counted: Settings) -> None:
    async def run() -> None:
        async with limiters(counted, 1) as (limiter,), rule("1/minute") as chosen:
            await limiter.spend([(chosen, "a")])
            await limiter.spend([(chosen, "a")])

    with pytest.raises(HTTPException) as refused:
        asyncio.run(run())
    assert refused.value.status_code == 429
    assert refused.value.headers == {"Retry-After": "60"}


def test_while_redis_is_away_attempts_are_counted_here(tmp_path: Path) -> None:
    limiter = Limiter(settings_for(tmp_path, redis_url="redis://127.0.0.1:1/0"))

    async def attempts() -> int:
        refused = 0
        for _attempt in range(5):
            try:
                await limiter.spend([(Rule("away", "3/minute"), "somebody")])
            except HTTPException:
                refused += 1
        return refused

    assert asyncio.run(attempts()) == 2
