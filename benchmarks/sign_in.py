"""How many people a portal lets in, beside the bare cost of checking a password in the same run.

    python benchmarks/sign_in.py [--seconds 4] [--rounds 3] [--connections 8] [--postgres postgres://user@host/postgres]

Signing in is meant to be slow: one Argon2id verification takes some tens of milliseconds of a core and 64 MiB, so that
a stolen table of passwords is worth little. The floor is that verification alone, in as many threads as the portal
uses, without web, database or audit trail: no portal lets people in faster. Ours and the floor are measured by turns,
so that a machine whose speed drifts disturbs both alike; each figure is the median of the rounds.

Everybody signs in with an account of their own from an address of their own, as the limits of attempts want it; the
client that types for them shares the machine with the portal.
"""

import argparse
import asyncio
import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from argon2 import PasswordHasher
from web import SAWTUNA, Measured, _database, _free_port, _middle, _server  # beside this file

from app import db
from app.accounts.models import Person
from app.main import FEATURES
from app.settings import Settings

PASSWORD = "four words and a river"
THREADS = 4
"""As in app/accounts/passwords.py."""


def main() -> None:
    """Measure every database."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=float, default=4)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--connections", type=int, default=8)
    options.add_argument("--people", type=int, default=2_000)
    options.add_argument("--postgres", default="", help="an administrator's address; without it SQLite only")
    arguments = options.parse_args()
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start, {arguments.connections} connections, ",
        end="",
    )
    print(f"{arguments.rounds} rounds of {arguments.seconds:g} s")
    stored = PasswordHasher().hash(PASSWORD)
    alone = [_seconds_of(stored) for _time in range(11)]
    print(f"one verification alone: {statistics.median(alone) * 1_000:.1f} ms\n")
    print(f"{'database':11}{'':12}{'a second':>10}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}  ours/floor")
    for database in ("SQLite", "PostgreSQL") if arguments.postgres else ("SQLite",):
        with tempfile.TemporaryDirectory() as folder, _database(database, arguments.postgres) as url:
            _measure(Path(folder), database, url, stored, arguments)
    if not arguments.postgres:
        print("\nPostgreSQL was not measured: no --postgres was given.")


def _seconds_of(stored: str) -> float:
    began = time.perf_counter()
    PasswordHasher().verify(stored, PASSWORD)
    return time.perf_counter() - began


def _measure(folder: Path, name: str, url: str, stored: str, arguments: argparse.Namespace) -> None:
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    settings = Settings(_env_file=None, data_dir=folder / "data", database_url=url)  # type: ignore[call-arg]
    asyncio.run(_fill(settings, stored, arguments.people))
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SAWTUNA_")} | {
        "SAWTUNA_DATA_DIR": str(folder / "data"),
        "SAWTUNA_DATABASE_URL": url,
        "SAWTUNA_BASE_URL": address,
        "SAWTUNA_WORKER_IN_WEB": "false",
        "SAWTUNA_TRUSTED_PROXIES": '["127.0.0.1"]',
    }
    people = itertools.cycle(range(arguments.people))
    ours: list[Measured] = []
    floor: list[Measured] = []
    with _server([*SAWTUNA, "serve", "--port", str(port)], folder, environment, f"{address}/readyz"):
        asyncio.run(_let_in(address, 1, arguments.connections, people))  # templates and statements are ready
        for _round in range(arguments.rounds):
            floor.append(_verify(stored, arguments.seconds))
            ours.append(asyncio.run(_let_in(address, arguments.seconds, arguments.connections, people)))
    bare, found = _middle(floor), _middle(ours)
    for kind, one in (("floor", bare), ("sign in", found)):
        ratio = f"rate {one.rate / bare.rate:.3f}" if one is found else "1"
        print(
            f"{name:11}{kind:12}{one.rate:>10.1f}{one.p50:>9.1f}{one.p95:>9.1f}{one.p99:>9.1f}  {ratio}"
            f"{f'  {one.failed} FAILED' if one.failed else ''}",
            flush=True,
        )


async def _fill(settings: Settings, stored: str, people: int) -> None:
    """Accounts that may sign in."""
    await db.migrate(settings, FEATURES)
    now = datetime.now(UTC)
    async with db.opened(settings, FEATURES):
        await Person.bulk_create(
            Person(email=f"p{number}@example.org", name="P", password=stored, created_at=now, confirmed_at=now)
            for number in range(people)
        )


def _verify(stored: str, seconds: float) -> Measured:
    """The floor."""
    until = time.perf_counter() + seconds

    def work(_thread: int) -> list[float]:
        times: list[float] = []
        while time.perf_counter() < until:
            times.append(_seconds_of(stored) * 1_000)
        return times

    began = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as threads:
        times = list(itertools.chain.from_iterable(threads.map(work, range(THREADS))))
    return _measured(times, time.perf_counter() - began, 0)


async def _let_in(address: str, seconds: float, connections: int, people: Iterator[int]) -> Measured:
    """Sign people in on some connections at once until the time is used up."""
    parts = urlsplit(address)
    times: list[float] = []
    failed = 0
    began = time.perf_counter()

    async def one() -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        while time.perf_counter() - began < seconds:
            number = next(people)
            email = f"p{number}@example.org"
            body = urlencode({"contact": email, "password": PASSWORD})
            head = (
                f"POST /account/sign-in HTTP/1.1\r\nHost: {parts.netloc}\r\nSec-Fetch-Site: same-origin\r\n"
                f"X-Forwarded-For: 198.18.{number >> 8 & 255}.{number & 255}\r\n"
                f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            asked = time.perf_counter()
            writer.write(f"{head}{body}".encode())
            answer = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = answer.partition(b"content-length:")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length or b"0"))
            failed += not answer.startswith(b"http/1.1 303")
            times.append((time.perf_counter() - asked) * 1_000)
        writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    return _measured(times, time.perf_counter() - began, failed)


def _measured(times: list[float], seconds: float, failed: int) -> Measured:
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return Measured(len(times) / seconds, cuts[49], cuts[94], cuts[98], failed)


if __name__ == "__main__":
    main()
