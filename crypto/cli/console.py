"""What every command shares: speaking, failing in plain words, progress."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from crypto.cli.texts import _
from crypto.errors import ProtocolError, Unsupported, visible

BROKEN_PIPE = 141
"""What a shell makes of SIGPIPE; neither "rejected" nor "unreadable"."""


class _Console(Console):
    """A console whose reader may leave early, as `head` does."""

    def on_broken_pipe(self) -> None:
        """End in silence, with an exit code that is no verdict."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(BROKEN_PIPE)


out = _Console(highlight=False)
err = _Console(stderr=True, highlight=False)


def plain(text: str) -> str:
    """A text as it is: no markup of ours, no sign in it that would move the cursor or turn what stands around it."""
    return escape("\n".join(visible(line) for line in text.split("\n")))


class Stop(Exception):
    """End the command with a sentence and an exit code."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


def stop(message: str, code: int = 1) -> NoReturn:
    """End the command: 1 when something was refused, 2 when it could not be read or was not understood."""
    raise Stop(message, code)


def sentence(error: ProtocolError) -> str:
    """An error of the library in the reader's language, with its place."""
    text = _(error.message, **error.params)
    return f"{error.where}: {text}" if error.where else text


def complain(message: str) -> None:
    """An error, on standard error."""
    err.print(f"[bold red]✘ {plain(_('Error'))}[/]  {plain(message)}", soft_wrap=True)


def warn(message: str) -> None:
    """Something to heed, on standard error."""
    err.print(f"[yellow]![/] {plain(message)}", soft_wrap=True)


def done(message: str) -> None:
    """Something that was achieved."""
    out.print(f"[green]✔[/] {plain(message)}", soft_wrap=True)


def say(message: str = "") -> None:
    """Plain text."""
    out.print(plain(message), soft_wrap=True)


def fact(name: str, value: str) -> None:
    """A name and a value that is to be copied or compared; the value on a line of its own stays whole."""
    out.print(f"  {plain(name)}: [bold]{plain(value)}[/]", soft_wrap=True)


@contextmanager
def progress(*, quiet: bool = False) -> Iterator["Bars"]:
    """Progress bars on standard error while the block runs; none when it is not a terminal or `quiet`."""
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=quiet or not err.is_terminal,
    )
    with bars:
        yield Bars(bars)


class Bars:
    """Bars by name, made when first used."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def show(self, name: str, finished: int, total: int) -> None:
        """Move the bar called `name`."""
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task(name, total=total)
        self._bars.update(self._tasks[name], completed=finished, total=total)


def exit_code(error: ProtocolError) -> int:
    """2 for what could not be judged, 1 for what was refused."""
    return 2 if isinstance(error, Unsupported) else 1


def is_interactive() -> bool:
    """Whether a person sits at the keyboard."""
    return sys.stdin is not None and sys.stdin.isatty()
