"""How fast the portal answers: home, the directory and one agency, beside a bare Starlette page in the same run.

    python benchmarks/web.py [--seconds 3] [--rounds 3] [--connections 16] [--postgres postgres://user@host:5432/postgres]

The floor is one PlainTextResponse served by uvicorn with the same options and as many processes: what no page of ours
can be faster than. Ours and the floor are measured by turns, so that a machine whose speed drifts disturbs both alike;
each figure is the median of the rounds. The load comes from a process of its own: `wrk` when it is installed, else a
small asyncio client (one process, so that a fast floor may be limited by it). It shares the machine with the server:
on two cores two web processes leave it no core of its own. Every request asks for gzip, as browsers do.

With --postgres a database of a random name is made, filled and dropped again; that address is an administrator's.
"""

import argparse
import asyncio
import json
import os
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit, urlunsplit
from urllib.request import urlopen

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

SAWTUNA = [sys.executable, "-c", "from app.cli import main; main()"]
PAGES = {"home": "/", "agencies": "/agencies", "one agency": "/agencies/water"}
MOST_REQUESTS = 200_000
"""No measurement of the asyncio client sends more."""
REPORT = """
done = function(summary, latency, requests)
  local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  io.write(string.format('{"requests": %d, "seconds": %f, "failed": %d, "p50": %f, "p95": %f, "p99": %f}\\n',
    summary.requests, summary.duration / 1e6, failed,
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3))
end
"""


async def _bare(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("ok")


floor = Starlette(routes=[Route("/", _bare)])
"""The bare page; uvicorn loads it from here."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement; times in milliseconds."""

    rate: float
    p50: float
    p95: float
    p99: float
    failed: int


def main() -> None:
    """Measure every database with one and two processes."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=float, default=3)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--connections", type=int, default=16)
    options.add_argument("--postgres", default="", help="an administrator's address; without it SQLite only")
    options.add_argument("--client", nargs=2, metavar=("ADDRESS", "SECONDS"), help=argparse.SUPPRESS)
    arguments = options.parse_args()
    if arguments.client:
        address, seconds = arguments.client
        print(json.dumps(asyncio.run(_load(address, float(seconds), arguments.connections))))
        return
    print(f"{os.cpu_count()} cores, load by {'wrk' if shutil.which('wrk') else 'an asyncio client'}, ", end="")
    print(f"{arguments.connections} connections, {arguments.rounds} rounds of {arguments.seconds:g} s\n")
    print(
        f"{'database':11}{'processes':>10}  {'page':11}{'req/s':>9}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}  ours/floor"
    )
    for database in ("SQLite", "PostgreSQL") if arguments.postgres else ("SQLite",):
        for processes in (1, 2):
            with tempfile.TemporaryDirectory() as folder, _database(database, arguments.postgres) as url:
                _measure(Path(folder), database, url, processes, arguments)
    if not arguments.postgres:
        print("\nPostgreSQL was not measured: no --postgres was given.")


def _measure(folder: Path, name: str, url: str, processes: int, arguments: argparse.Namespace) -> None:
    ports = [_free_port(), _free_port()]
    ours, bare = (f"http://127.0.0.1:{port}" for port in ports)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SAWTUNA_")} | {
        "SAWTUNA_DATA_DIR": str(folder / "data"),
        "SAWTUNA_DATABASE_URL": url,
        "SAWTUNA_BASE_URL": ours,
        "SAWTUNA_WORKER_IN_WEB": "false",
        "SAWTUNA_DEMO": "true",
    }
    for command in ("migrate", "seed-demo"):
        subprocess.run([*SAWTUNA, command], cwd=folder, env=environment, check=True, capture_output=True)
    serve = [*SAWTUNA, "serve", "--port", str(ports[0]), "--processes", str(processes)]
    here = str(Path(__file__).resolve().parent)
    uvicorn = [sys.executable, "-m", "uvicorn", "web:floor", "--app-dir", here, "--port", str(ports[1])]
    uvicorn += ["--workers", str(processes), "--no-access-log", "--log-level", "warning"]
    targets = {"floor": f"{bare}/"} | {page: ours + path for page, path in PAGES.items()}
    results: dict[str, list[Measured]] = {page: [] for page in targets}
    with _server(serve, folder, environment, f"{ours}/readyz"), _server(uvicorn, folder, environment, f"{bare}/"):
        for target in targets.values():
            _ask(folder, target, 0.5, arguments.connections)  # every process has its templates and statements ready
        for _round in range(arguments.rounds):
            for page, target in targets.items():
                results[page].append(_ask(folder, target, arguments.seconds, arguments.connections))
    middle = {page: _middle(measured) for page, measured in results.items()}
    for page, found in middle.items():
        ratio = f"rate {found.rate / middle['floor'].rate:.3f}, p95 x{found.p95 / middle['floor'].p95:.1f}"
        print(
            f"{name:11}{processes:>10}  {page:11}{found.rate:>9.0f}{found.p50:>9.2f}{found.p95:>9.2f}{found.p99:>9.2f}"
            f"  {'1' if page == 'floor' else ratio}{f'  {found.failed} FAILED' if found.failed else ''}",
            flush=True,
        )


def _middle(measured: list[Measured]) -> Measured:
    def median(name: str) -> float:
        return statistics.median(getattr(one, name) for one in measured)

    failed = sum(one.failed for one in measured)
    return Measured(median("rate"), median("p50"), median("p95"), median("p99"), failed)


def _ask(folder: Path, address: str, seconds: float, connections: int) -> Measured:
    """Load from a process of its own."""
    if wrk := shutil.which("wrk"):
        script = folder / "report.lua"
        script.write_text(REPORT, encoding="ascii")
        command = [wrk, "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "-s", str(script)]
        command += ["-H", "Accept-Encoding: gzip", address]
    else:
        command = [sys.executable, __file__, "--connections", str(connections), "--client", address, str(seconds)]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=seconds + 60).stdout
    found = json.loads(said.strip().splitlines()[-1])
    rate = found["requests"] / found["seconds"]
    return Measured(rate, found["p50"], found["p95"], found["p99"], found["failed"])


async def _load(address: str, seconds: float, connections: int) -> dict[str, float]:
    """Ask on some connections at once until the time or the count is used up."""
    parts = urlsplit(address)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    request = f"GET {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept-Encoding: gzip\r\n\r\n".encode()
    times: list[float] = []
    failed = 0
    began = time.perf_counter()

    async def one() -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection(host, port)
        while time.perf_counter() - began < seconds and len(times) < MOST_REQUESTS:
            asked = time.perf_counter()
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length))
            failed += not head.startswith(b"http/1.1 200")
            times.append((time.perf_counter() - asked) * 1000)
        writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    spent = time.perf_counter() - began
    cuts = statistics.quantiles(times, n=100)
    return {
        "requests": len(times),
        "seconds": spent,
        "failed": failed,
        "p50": cuts[49],
        "p95": cuts[94],
        "p99": cuts[98],
    }


@contextmanager
def _database(name: str, administrator: str) -> Iterator[str]:
    """Address of an empty database, gone afterwards; empty for SQLite."""
    if name == "SQLite":
        yield ""
        return
    database = f"sawtuna_benchmark_{secrets.token_hex(6)}"
    parts = urlsplit(administrator)
    asyncio.run(_command(administrator, f'CREATE DATABASE "{database}"'))
    try:
        yield urlunsplit(parts._replace(path=f"/{database}"))
    finally:
        asyncio.run(_command(administrator, f'DROP DATABASE "{database}" WITH (FORCE)'))


async def _command(address: str, statement: str) -> None:
    import asyncpg  # noqa: PLC0415 - only where PostgreSQL is measured

    connection = await asyncpg.connect(address)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@contextmanager
def _server(command: list[str], folder: Path, environment: dict[str, str], address: str) -> Iterator[None]:
    """A server until the end of the block; its log goes to a file, as it would."""
    log = folder / f"log-{secrets.token_hex(4)}"
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=file, stderr=file)
        try:
            _wait(process, address, log)
            yield
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        try:
            with urlopen(address, timeout=5):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise SystemExit(f"A server did not start:\n{log.read_text(encoding='utf-8')}")


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
