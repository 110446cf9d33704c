"""What can be wrong with a record: it cannot be read, or its mathematics do not hold.

A message is an English template, looked up in the catalogue of the reader's language by whoever shows it, and its
parameters. No parameter is ever a secret.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self


class ProtocolError(Exception):
    """The root of everything `crypto` raises on purpose; never raised itself."""

    def __init__(self, message: str, /, **params: object) -> None:
        super().__init__(message)
        self.message = message
        self.params = {key: visible(value) if isinstance(value, str) else value for key, value in params.items()}
        self.place: tuple[str | int, ...] = ()

    def at(self, *place: str | int) -> Self:
        """Put `place` (keys and indexes, outermost first) before what is already known of the position."""
        self.place = place + self.place
        return self

    @property
    def where(self) -> str:
        """The position in the manner of a path: `answers[0].choices[2].alpha`; empty when there is none."""
        return path_text(self.place)

    def __str__(self) -> str:
        text = self.message % self.params if self.params else self.message
        return f"{self.where}: {text}" if self.place else text


class Malformed(ProtocolError):
    """The bytes are not what the format demands: wrong shape, encoding, range or group membership."""


class Unsupported(Malformed):
    """Well formed as far as can be seen, but of a kind that this version cannot judge; no verdict is given."""


class Rejected(ProtocolError):
    """Everything could be read, and a claim in it is false."""


_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    """A text from a record, without what would move a terminal's cursor or turn the text around it."""
    return _INVISIBLE.sub("\ufffd", text)


def path_text(place: tuple[str | int, ...]) -> str:
    """Spell a position; indexes count from 0, as in JSON tools."""
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return visible(text)


@contextmanager
def within(*place: str | int) -> Iterator[None]:
    """Add `place` to every `ProtocolError` that leaves the block."""
    try:
        yield
    except ProtocolError as error:
        raise error.at(*place)  # noqa: B904 - the same error goes on, only its place grows
