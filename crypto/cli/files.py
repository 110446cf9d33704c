"""Files that the commands read and write; private ones are 0600 and never overwritten."""

import json
import os
from pathlib import Path
from typing import Any

from crypto.archive import MAX_SMALL, Reader
from crypto.board import Kind, replay
from crypto.cli.console import stop
from crypto.cli.texts import _
from crypto.election import Election
from crypto.encoding import parse_json
from crypto.errors import Malformed
from crypto.journal import write_whole


def read(path: Path) -> bytes:
    """The bytes of a file of bounded size; a sentence when it cannot be read."""
    try:
        if path.stat().st_size > MAX_SMALL:
            stop(_("%(path)s is too large to be what is expected here.", path=path), 2)
        return path.read_bytes()
    except FileNotFoundError:
        stop(_("There is no file %(path)s.", path=path), 2)
    except IsADirectoryError:
        stop(_("%(path)s is a folder, a file was expected.", path=path), 2)
    except PermissionError:
        stop(_("The file %(path)s may not be read by you.", path=path), 2)


def read_json(path: Path) -> Any:
    """A JSON file, strictly."""
    data = read(path)
    try:
        return parse_json(data)
    except Malformed as error:
        stop(
            _(
                "%(path)s is damaged or not of the kind expected: %(why)s",
                path=path,
                why=_(error.message, **error.params),
            ),
            2,
        )


def write_private(path: Path, data: bytes) -> None:
    """A new file that only its owner can read; durable on return, refused when there is one already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        stop(
            _(
                "%(path)s exists already. A private file is never overwritten: move it away or choose another name.",
                path=path,
            )
        )
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink()
        raise


def rewrite_private(path: Path, data: bytes) -> None:
    """Replace one's own private file by a newer state of it, in one step."""
    write_whole(path, data, 0o600)


def write_new(path: Path, data: bytes) -> None:
    """A new public file; refused when there is one already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        stop(_("%(path)s exists already. Move it away or choose another name.", path=path))
    write_whole(path, data)


def pretty(value: object) -> bytes:
    """JSON for people: indented, unescaped, one final newline."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def archive_path(path: Path) -> Path:
    """The archive meant by a path: the file itself, or the only `.bel` in a folder."""
    if not path.exists():
        stop(_("There is no file %(path)s.", path=path), 2)
    if not path.is_dir():
        return path
    found = sorted(path.glob("*.bel"))
    if len(found) != 1:
        stop(
            _("The folder %(path)s holds no election archive (a file UUID.bel).", path=path)
            if not found
            else _("The folder %(path)s holds several archives; name one of them.", path=path),
            2,
        )
    return found[0]


def read_election(path: Path) -> Election:
    """The election of an archive, without judging the rest."""
    with Reader.open(archive_path(path)) as reader:
        step = next(iter(replay(reader)), None)
        if step is None or step.event.kind is not Kind.SETUP or step.data_errors:
            raise Malformed("the archive holds no election")
        return Election.parse(reader.read(step.data[0]))
