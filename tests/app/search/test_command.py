"""`sawtuna reindex`, run as a shell runs it."""

from __future__ import annotations

import fcntl
from pathlib import Path

from tests.app.shell import ready


def test_the_command_builds_the_index_once_at_a_time(tmp_path: Path) -> None:
    shell = ready(tmp_path)
    built = shell.run("reindex")
    assert built.returncode == 0
    assert "Things that can be found" in built.stdout
    with (tmp_path / "data" / "reindex.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = shell.run("reindex")
    assert refused.returncode != 0
    assert "already" in refused.stderr + refused.stdout
