"""What all parts share: the two ways in which a file can be missed, and folders that outlast a power cut."""

import os
import secrets
import shutil
import tempfile
from pathlib import Path

CHUNK = 1 << 20
"""Most bytes of a file that are in memory at once, pictures excepted."""


class Refused(Exception):
    """A file that is not taken; the reason is a sentence for whoever sent it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Missing(LookupError):
    """The content of a file is not in the store, although the database knows it."""


def sync_folder(folder: Path) -> None:
    """Make the names in a folder outlast a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def try_writing(folder: Path) -> None:
    """Raise OSError when nothing can be written into a folder."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(secrets.token_bytes(16))


def free_bytes(folder: Path) -> int:
    """Room left where a folder lies, or would lie."""
    there = next(path for path in (folder.resolve(), *folder.resolve().parents) if path.exists())
    return shutil.disk_usage(there).free
