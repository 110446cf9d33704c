"""A person at a terminal: reads what the program asks, and types."""

import fcntl
import os
import pty
import select
import subprocess
import termios
import time
from pathlib import Path
from typing import Self

from tests.crypto.cli.shell import PROGRAM, environment


class Terminal:
    """`sawtuna` in a pseudo-terminal of its own."""

    def __init__(self, *words: object, folder: Path) -> None:
        self.shown = ""
        self._read = 0
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(
            [PROGRAM, *map(str, words)],
            cwd=folder,
            env=environment(TERM="dumb", COLUMNS="200"),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - getpass needs its terminal
        )
        os.close(slave)

    def sees(self, text: str, seconds: float = 20) -> str:
        """Wait until `text` is on the screen after what was seen before; all that came with it."""
        end = time.monotonic() + seconds
        while (found := self.shown.find(text, self._read)) < 0:
            if not self._more(end - time.monotonic()):
                raise AssertionError(f"{text!r} does not appear after:\n{self.shown}")
        start, self._read = self._read, found + len(text)
        return self.shown[start : self._read]

    def types(self, line: str) -> None:
        """A line and the Enter key."""
        os.write(self._master, line.encode() + b"\n")

    def presses(self, key: bytes) -> None:
        """A key, after the moment that a person needs to read."""
        time.sleep(0.2)  # Python misses a signal that comes between the prompt and the reading
        os.write(self._master, key)

    def ends(self, code: int = 0) -> str:
        """Wait for the end of the program; everything it showed."""
        while self._more(20):
            pass
        assert self._process.wait(20) == code, self.shown
        assert "Traceback" not in self.shown
        return self.shown

    def _more(self, seconds: float) -> bool:
        if not select.select([self._master], [], [], max(seconds, 0))[0]:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:  # the other end is closed
            return False
        self.shown += data.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._master)
