"""Servers of their own process on a test's database."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from app.settings import Settings

PROGRAM = str(Path(sys.executable).parent / "sawtuna")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serving(settings: Settings, port: int) -> subprocess.Popen[bytes]:
    """A server process on this database."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "SAWTUNA_DATA_DIR": str(settings.data_dir),
        "SAWTUNA_DATABASE_URL": settings.database_url,
        "SAWTUNA_WORKER_IN_WEB": "true",
        "SAWTUNA_BASE_URL": f"http://127.0.0.1:{port}",
        # Everybody says through this “proxy” which network they come from, so that limits do not stop the test.
        "SAWTUNA_TRUSTED_PROXIES": '["127.0.0.0/8"]',
    }
    with (settings.data_dir / f"server-{port}.log").open("wb") as file:
        server = subprocess.Popen(
            [PROGRAM, "serve", "--port", str(port)],
            env=environment,
            cwd=settings.data_dir,
            stdout=subprocess.DEVNULL,
            stderr=file,
        )
    for _try in range(600):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.2):
            return server
        assert server.poll() is None, (settings.data_dir / f"server-{port}.log").read_text()
        time.sleep(0.1)
    raise AssertionError("the server does not listen")
