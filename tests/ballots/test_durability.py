"""Two servers, a crowd of voters, and kill -9: one unbroken chain, nothing lost, nothing doubled."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app import clock
from app.settings import Settings
from ballots import board
from ballots.models import CastBallot, Election
from crypto.verification import Verdict, verify_record
from tests.app.portal import DATABASES, fresh_database, opened
from tests.app.servers import free_port, serving
from tests.ballots.elections import Made, ballot_of, ready

pytestmark = pytest.mark.slow
CHOICES = ([[0, 1, 0, 0]], [[0, 0, 1, 0]], [[1, 0, 0, 0]])


@pytest.fixture(params=DATABASES)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    with fresh_database(request.param, tmp_path) as chosen:
        yield chosen


async def prepared(settings: Settings, voters: int) -> tuple[Made, list[str]]:
    """An open election and one sealed ballot a voter."""
    now = clock.now()
    async with opened(settings):
        made = await ready(
            now=now - timedelta(hours=2),
            opens=now - timedelta(hours=1),
            closes=now + timedelta(hours=5),
            voters=[(str(n), f"v{n}", "", 1) for n in range(voters)],
        )
        row = await made.row()
        return made, [ballot_of(row, made.codes[str(n)], CHOICES[n % 3]) for n in range(voters)]


async def send(ports: Sequence[int], uuid: str, texts: Sequence[str], receipts: dict[str, Any]) -> list[int]:
    """Cast all these, eight at a time; whoever gets no answer stops there."""
    waiting, answers = list(enumerate(texts)), []

    async def voter() -> None:
        async with httpx2.AsyncClient(timeout=30) as client:
            while waiting:
                number, text = waiting.pop()
                try:
                    answer = await client.post(
                        f"http://127.0.0.1:{ports[number % len(ports)]}/api/elections/{uuid}/ballots",
                        json={"ballot": text},
                        headers={"x-forwarded-for": f"198.18.{number // 250}.{number % 250}"},
                    )
                except httpx2.HTTPError:
                    waiting.clear()
                    return
                answers.append(answer.status_code)
                if answer.status_code in {200, 201}:
                    receipt = answer.json()["receipt"]
                    assert receipts.setdefault(text, receipt) == receipt, "the same ballot has one receipt"

    await asyncio.gather(*(voter() for _voter in range(8)))
    return answers


async def found(settings: Settings, made: Made, folder: Path) -> tuple[Election, set[str], Any]:
    """The board as it is, and what the verifier says of it."""
    async with opened(settings):
        row = await made.row()
        path = folder / f"{row.uuid}.bel"
        path.write_bytes(b"".join([part async for part in board.archive(row)]))
        trackers = {one.tracker for one in await CastBallot.filter(election_id=row.id)}
    return row, trackers, verify_record(path)


def test_two_servers_keep_one_unbroken_chain(settings: Settings, tmp_path: Path) -> None:
    made, texts = asyncio.run(prepared(settings, 60))
    ports = [free_port(), free_port()]
    servers = [serving(settings, port) for port in ports]
    receipts: dict[str, Any] = {}
    try:
        answers = asyncio.run(send(ports, made.uuid, texts, receipts))
    finally:
        for server in servers:
            server.send_signal(signal.SIGTERM)
        for server in servers:
            server.wait(20)
    assert answers == [201] * 60
    row, trackers, report = asyncio.run(found(settings, made, tmp_path))
    assert sorted(receipt["height"] for receipt in receipts.values()) == list(range(1, 61))
    assert {receipt["tracker"] for receipt in receipts.values()} == trackers
    assert (row.height, report.verdict, report.recorded) == (60, Verdict.IN_PROGRESS, 60)


def test_a_server_killed_between_accepting_and_answering_loses_and_doubles_nothing(
    settings: Settings, tmp_path: Path
) -> None:
    made, texts = asyncio.run(prepared(settings, 60))
    receipts: dict[str, Any] = {}
    for life in range(3):
        port = free_port()
        server = serving(settings, port)

        async def live(enough: int, at: int) -> None:
            work = asyncio.create_task(send([at], made.uuid, texts, receipts))
            for _wait in range(1500):
                await asyncio.sleep(0.01)
                if len(receipts) >= enough or work.done():
                    break
            server.kill()  # noqa: B023 - awaited within this turn of the loop
            await work

        asyncio.run(live(8 + 12 * life, port))
        server.wait(10)
    assert len(receipts) >= 8
    port = free_port()
    server = serving(settings, port)
    try:
        answers = asyncio.run(send([port], made.uuid, texts, receipts))
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)
    assert set(answers) <= {200, 201}
    assert len(receipts) == 60
    row, trackers, report = asyncio.run(found(settings, made, tmp_path))
    assert {receipt["tracker"] for receipt in receipts.values()} == trackers
    assert (row.height, row.ballots, report.recorded) == (60, 60, 60)
    assert report.verdict is Verdict.IN_PROGRESS
