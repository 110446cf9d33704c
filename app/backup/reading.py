"""Reading an archive: every member, every hash, every count."""

import gzip
import hashlib
import json
import os
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from app.backup.common import CHUNK, FORMAT, HEADING, MEMBER, MOST_MANIFEST, TABLE, Failed
from app.i18n import gettext as _


def _damaged(path: Path) -> Failed:
    return Failed(_("%(path)s is damaged or is no backup; nothing was changed. Take another copy of it.", path=path))


def read_archive(path: Path, into: Path | None = None) -> dict[str, Any]:
    """Read an archive from its first byte to its last; with `into` unpack it there. Returns the manifest."""
    hashes: dict[str, str] = {}
    counts: dict[str, int] = {}
    manifest: Any = None
    try:
        with gzip.open(path) as packed:
            with tarfile.open(fileobj=packed, mode="r|") as archive:
                for number, found in enumerate(archive):
                    member = tarfile.data_filter(found, str(into or path.parent))
                    if not member.isreg() or not MEMBER.fullmatch(member.name) or member.name in hashes:
                        raise _damaged(path)
                    source = archive.extractfile(member)
                    if source is None or (number == 0) != (member.name == "format"):
                        raise _damaged(path)
                    if member.name == "format":
                        _check_format(source.read(100), path)
                        continue
                    if member.name == "manifest.json":
                        manifest = json.loads(source.read(MOST_MANIFEST))
                        continue
                    with _sink(into, member.name) as sink:
                        hashes[member.name], counts[member.name] = _copy(source, sink)
            while packed.read(CHUNK):
                pass  # to the end, where gzip keeps its own check
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, ValueError, KeyError) as error:
        raise _damaged(path) from error
    except FileNotFoundError as error:
        raise Failed(_("There is no file %(path)s.", path=path)) from error
    try:
        _check_manifest(manifest, hashes, counts)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(path) from error
    return dict(manifest)


@contextmanager
def _sink(into: Path | None, name: str) -> Iterator[IO[bytes] | None]:
    if into is None:
        yield None
        return
    target = into / name
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _copy(source: IO[bytes], sink: IO[bytes] | None) -> tuple[str, int]:
    """SHA-256 and the number of lines."""
    digest, lines = hashlib.sha256(), 0
    while piece := source.read(CHUNK):
        digest.update(piece)
        lines += piece.count(b"\n")
        if sink is not None:
            sink.write(piece)
    return digest.hexdigest(), lines


def _check_format(text: bytes, path: Path) -> None:
    heading, _space, version = text.decode("utf-8", "replace").strip().partition(" ")
    if heading != HEADING or not version.isdigit():
        raise _damaged(path)
    if int(version) != FORMAT:
        raise Failed(
            _(
                "This backup has format %(theirs)s and this program reads format %(ours)s; use the one that made it.",
                theirs=version,
                ours=FORMAT,
            )
        )


def _check_manifest(manifest: Any, hashes: Mapping[str, str], counts: Mapping[str, int]) -> None:
    """Everything the manifest names is there and as it says, and nothing else is; raises ValueError and its kin."""
    expected = {name: digest for name, digest in manifest["sha256"].items() if name != "format"}
    if manifest["format"] != FORMAT or expected != hashes:
        raise ValueError("members")
    for name, table in manifest["tables"].items():
        if not TABLE.match(name) or counts[f"tables/{name}.jsonl"] != table["rows"]:
            raise ValueError(name)
        if not all(TABLE.match(column) for column in table["columns"]):
            raise ValueError(name)
        if table["generated"] is not None and table["generated"] not in table["columns"]:
            raise ValueError(name)
    contents = [name for name in hashes if name.startswith("files/")]
    if len(contents) != manifest["files"] or any(hashes[name] != name.rpartition("/")[2] for name in contents):
        raise ValueError("files")
