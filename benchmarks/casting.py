"""How many ballots the portal accepts over HTTP with full verification, beside the cost of the verification alone.

    python benchmarks/casting.py [--ballots 300] [--connections 8] [--postgres postgres://user@host:5432/postgres]

One question of five answers, Ed25519. The ballots are sealed beforehand and cast once each, as from many addresses. The
floor is `Ballot.parse` and `verify` of the same ballots in one process without any server, in the same run. Voters and
server share the machine: on two cores two web processes leave the client no core of its own.
"""

import argparse
import asyncio
import concurrent.futures
import os
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
from web import SAWTUNA, _database, _free_port, _server

from app import clock, db
from app.main import FEATURES
from app.settings import Settings
from ballots.demo import everybody
from ballots.demo.everybody import Made
from crypto.ballot import Ballot, seal
from crypto.credentials import signing_key
from crypto.election import Election
from crypto.transcripts import VERSION_1

QUESTION = {
    "question": {"en": "Which one?"},
    "answers": [{"en": f"Answer {number}"} for number in range(1, 6)],
    "min": 1,
    "max": 1,
    "blank": False,
}


def main() -> None:
    """Measure every database with one and two processes."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--ballots", type=int, default=300)
    options.add_argument("--connections", type=int, default=8)
    options.add_argument("--postgres", default="", help="an administrator's address; without it SQLite only")
    arguments = options.parse_args()
    print(f"{os.cpu_count()} cores, {arguments.ballots} ballots of 5 answers, {arguments.connections} voters at once\n")
    print(
        f"{'database':11}{'processes':>10}{'ballots/s':>11}{'p50 ms':>9}{'p95 ms':>9}   verification alone   ours/floor"
    )
    for database in ("SQLite", "PostgreSQL") if arguments.postgres else ("SQLite",):
        for processes in (1, 2):
            with tempfile.TemporaryDirectory() as folder, _database(database, arguments.postgres) as url:
                _measure(Path(folder), database, url, processes, arguments)
    if not arguments.postgres:
        print("\nPostgreSQL was not measured: no --postgres was given.")


def _measure(folder: Path, name: str, url: str, processes: int, arguments: argparse.Namespace) -> None:
    settings = Settings(_env_file=None, data_dir=folder / "data", database_url=url, worker_in_web=False)
    record, made = asyncio.run(_prepare(settings, arguments.ballots))
    election = Election.parse(record)
    with concurrent.futures.ProcessPoolExecutor() as pool:
        texts = list(pool.map(_seal, [record] * arguments.ballots, made.codes.values(), chunksize=20))
    began = time.perf_counter()
    for text in texts:
        Ballot.parse(election, text.encode()).verify(election)
    floor = len(texts) / (time.perf_counter() - began)
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SAWTUNA_")} | {
        "SAWTUNA_DATA_DIR": str(folder / "data"),
        "SAWTUNA_DATABASE_URL": url,
        "SAWTUNA_BASE_URL": address,
        "SAWTUNA_WORKER_IN_WEB": "false",
        "SAWTUNA_TRUSTED_PROXIES": '["127.0.0.1"]',
    }
    serve = [*SAWTUNA, "serve", "--port", str(port), "--processes", str(processes)]
    with _server(serve, folder, environment, f"{address}/readyz"):
        began = time.perf_counter()
        times = asyncio.run(_cast(address, made.uuid, texts, arguments.connections))
        rate = len(times) / (time.perf_counter() - began)
    times.sort()
    p50, p95 = statistics.median(times), times[int(len(times) * 0.95)]
    print(
        f"{name:11}{processes:>10}{rate:>11.1f}{p50:>9.1f}{p95:>9.1f}{floor:>15.1f}/s{rate / floor:>17.2f}", flush=True
    )


async def _prepare(settings: Settings, voters: int) -> tuple[bytes, Made]:
    await db.migrate(settings, FEATURES)
    now = clock.now()
    async with db.opened(settings, FEATURES):
        made = await everybody.ready(
            title={"en": "Benchmark"},
            questions=[QUESTION],
            voters=[(str(number), f"Voter {number}", "", 1) for number in range(voters)],
            opens=now - timedelta(hours=1),
            closes=now + timedelta(hours=5),
            now=now - timedelta(hours=2),
        )
        return (await made.row()).record.encode(), made


def _seal(record: bytes, code: str) -> str:
    election = Election.parse(record)
    return seal(
        election, signing_key(VERSION_1, election.group, election.uuid, code), [[1, 0, 0, 0, 0]]
    ).ballot.data.decode()


async def _cast(address: str, uuid: str, texts: list[str], connections: int) -> list[float]:
    waiting, times = list(enumerate(texts)), []

    async def voter() -> None:
        async with httpx2.AsyncClient(timeout=60) as client:
            while waiting:
                number, text = waiting.pop()
                headers = {"x-forwarded-for": f"198.18.{number // 250}.{number % 250}"}
                asked = time.perf_counter()
                answer: Any = await client.post(
                    f"{address}/api/elections/{uuid}/ballots", json={"ballot": text}, headers=headers
                )
                if answer.status_code != 201:
                    sys.exit(f"a ballot was not accepted: {answer.status_code} {answer.text}")
                times.append((time.perf_counter() - asked) * 1000)

    await asyncio.gather(*(voter() for _voter in range(connections)))
    return times


if __name__ == "__main__":
    main()
