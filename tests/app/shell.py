"""The command as a shell runs it: its own process, a data folder, no setting that the test did not choose."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.app.portal import copy_tables, settings_for

PROGRAM = [str(Path(sys.executable).parent / "sawtuna")]


class Shell:
    """A shell with the settings of one portal."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        own = {"SAWTUNA_DATA_DIR": str(folder / "data"), "LANG": "en_GB.UTF-8", "SAWTUNA_LANG": "en"}
        self.environment = kept | own | {f"SAWTUNA_{name.upper()}": value for name, value in settings.items()}

    def run(self, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PROGRAM, *words],
            input=given,
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*PROGRAM, *words],
            env=self.environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def ready(folder: Path, **settings: str) -> Shell:
    """The shell of a portal that has its tables."""
    copy_tables(settings_for(folder / "data"))
    return Shell(folder, **settings)


def said(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout + done.stderr
