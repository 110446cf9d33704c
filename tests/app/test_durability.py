"""Two servers on one database, under load and under kill -9: what was acknowledged is there."""

import asyncio
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from app import audit, db
from app.accounts.models import Link, Person
from app.main import FEATURES, worker
from app.models import Job, Message
from app.settings import Settings
from tests.app.portal import DATABASES, fresh_database, opened, running, sign_up
from tests.app.servers import free_port, serving

pytestmark = pytest.mark.slow


@pytest.fixture(params=DATABASES)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    with fresh_database(request.param, tmp_path) as chosen:
        yield chosen


async def hammer(ports: list[int], names: list[str], acknowledged: set[str], answers: dict[int, int]) -> None:
    """Sign up under all these names, eight at a time; note whom the portal said yes to."""
    waiting = list(enumerate(names))

    async def visitor() -> None:
        async with httpx2.AsyncClient(timeout=30) as client:
            while waiting:
                number, name = waiting.pop()
                try:
                    answer = await client.post(
                        f"http://127.0.0.1:{ports[number % len(ports)]}/account/sign-up",
                        data={"name": name, "contact": f"{name}@example.org"},
                        headers={
                            "sec-fetch-site": "same-origin",
                            "x-forwarded-for": f"198.{18 + number // 65536}.{number // 256 % 256}.{number % 256}",
                        },
                    )
                except httpx2.HTTPError:
                    waiting.clear()
                    return
                answers[answer.status_code] = answers.get(answer.status_code, 0) + 1
                if answer.status_code == 303:
                    acknowledged.add(f"{name}@example.org")

    await asyncio.gather(*(visitor() for _visitor in range(8)))


async def look(settings: Settings) -> tuple[set[str], int, int, int]:
    """Whose accounts are there, and how many links, mails and entries of the trail."""
    async with opened(settings):
        await Job.filter(finished_at=None).update(taken_until=None)  # whoever had taken them is dead
        await worker(settings).drain(10_000)
        people = {person.email for person in await Person.all()}
        found = await audit.verify()
        assert found.broken_at is None
        return people, await Link.all().count(), await Message.all().count(), found.entries


def test_two_servers_on_one_database_lose_nothing_and_fail_nobody(settings: Settings) -> None:
    ports = [free_port(), free_port()]
    servers = [serving(settings, port) for port in ports]
    acknowledged: set[str] = set()
    answers: dict[int, int] = {}
    try:
        asyncio.run(hammer(ports, [f"z{number}" for number in range(160)], acknowledged, answers))
    finally:
        for server in servers:
            server.send_signal(signal.SIGTERM)
        ended = [server.wait(20) for server in servers]
    assert answers == {303: 160}
    assert all(code in {0, -signal.SIGTERM} for code in ended)
    people, links, mails, entries = asyncio.run(look(settings))
    assert people == acknowledged
    assert (links, mails, entries) == (160, 160, 160)


def test_what_was_acknowledged_is_there_after_kill_9(settings: Settings) -> None:
    acknowledged: set[str] = set()
    for life in range(3):
        port = free_port()
        server = serving(settings, port)
        answers: dict[int, int] = {}

        async def live(number: int, at: int, process: subprocess.Popen[bytes], said: dict[int, int]) -> None:
            work = asyncio.create_task(
                hammer([at], [f"life{number}-z{index}" for index in range(2000)], acknowledged, said)
            )
            enough = len(acknowledged) + 12 + 5 * number
            for _wait in range(1500):
                await asyncio.sleep(0.01)
                if len(acknowledged) >= enough:
                    break
            process.kill()
            await work

        asyncio.run(live(life, port, server, answers))
        server.wait(10)
        assert set(answers) <= {303}
    assert len(acknowledged) >= 36
    asyncio.run(db.migrate(settings, FEATURES))
    people, links, mails, entries = asyncio.run(look(settings))
    assert acknowledged <= people
    assert links == mails == entries == len(people), "half a sign-up is none"

    async def jobs_left() -> int:
        async with opened(settings):
            return await Job.filter(failed_at__not_isnull=True).count()

    assert asyncio.run(jobs_left()) == 0


def test_a_portal_works_again_after_somebody_else_has_held_the_database_for_too_long(tmp_path: Path) -> None:
    # Tortoise's own transaction keeps the connection's lock when BEGIN fails: every later request waits for ever.
    with fresh_database("sqlite", tmp_path) as settings, running(settings) as portal:
        browser = portal.browser()
        browser._transport.raise_server_exceptions = False  # type: ignore[attr-defined]  # as a server would
        holder = sqlite3.connect(settings.sqlite_path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        try:
            refused = sign_up(browser, "z@example.org")
            assert refused.status_code in {500, 503}
        finally:
            holder.execute("ROLLBACK")
            holder.close()

        async def again() -> int:
            transport = httpx2.ASGITransport(app=portal.app)
            async with (
                asyncio.timeout(10),
                httpx2.AsyncClient(transport=transport, base_url=settings.base_url) as client,
            ):
                return (await client.get("/agencies")).status_code

        assert portal.run(again) == 200
