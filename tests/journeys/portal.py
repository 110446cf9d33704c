"""A portal as an operator runs it: its own process, its own data folder, a port of this machine."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

SAWTUNA = [sys.executable, "-c", "from app.cli import main; main()"]
PATIENCE = 60
"""Seconds within which a portal must answer, on a busy machine too."""


@dataclass(frozen=True, slots=True)
class Portal:
    """A running portal with the demonstration in it."""

    address: str
    log: Path

    def faults(self) -> list[str]:
        """Lines of its log that tell of something unforeseen."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [line for line in lines if "fault" in line or "Traceback" in line or "job_failed" in line]


@contextmanager
def running(folder: Path, **more: str) -> Iterator[Portal]:
    """Migrate, fill, serve; and stop the process in the end. `more` are settings by the names of their variables."""
    port = _free_port()
    address = f"http://localhost:{port}"  # a name, since browsers make no passkeys for bare addresses
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SAWTUNA_")} | {
        "SAWTUNA_DATA_DIR": str(folder / "data"),
        "SAWTUNA_DEMO": "true",
        "SAWTUNA_BASE_URL": address,
        # Each visitor of a test comes from an address of its own, or the limits per address would stop the tests.
        "SAWTUNA_TRUSTED_PROXIES": '["127.0.0.1"]',
        "PYTHONWARNINGS": "error",
        **more,
    }
    _fill(folder, environment)
    log = folder / "portal.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*SAWTUNA, "serve", "--port", str(port)], cwd=folder, env=environment, stdout=file, stderr=file
        )
        try:
            _wait(process, f"{address}/readyz", log)
            yield Portal(address, log)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _fill(folder: Path, environment: Mapping[str, str]) -> None:
    """The demonstration's data: made once a run and copied, since it takes a processor for half a minute."""
    shared = folder.parent.parent if "PYTEST_XDIST_WORKER" in os.environ else folder.parent
    made, making = shared / "demonstration", shared / "demonstration-being-made"
    with (shared / "demonstration.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            making.mkdir()
            own = {**environment, "SAWTUNA_DATA_DIR": str(making)}
            for command in ("migrate", "seed-demo"):
                subprocess.run([*SAWTUNA, command], cwd=folder, env=own, check=True, capture_output=True)
            making.rename(made)
    shutil.copytree(made, folder / "data")


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            with urlopen(address, timeout=5):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise AssertionError(f"The portal did not start:\n{log.read_text(encoding='utf-8')}")
