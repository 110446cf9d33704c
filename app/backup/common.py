"""What all parts of a backup share: its format, its errors, what is said of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FORMAT = 1
BATCH = 500
BATCH_BYTES = 4 << 20
CHUNK = 1 << 20
HEADING = "sawtuna-backup"
MEMBER = re.compile(
    r"format|manifest\.json|secret\.key|tables/[a-z0-9_]{1,63}\.jsonl|files/[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{64}",
    re.ASCII,
)
TABLE = re.compile(r"[a-z0-9_]{1,63}\Z")
MOST_MANIFEST = 256 << 20


class Failed(RuntimeError):
    """A backup or a restore that did not happen; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What an archive holds."""

    path: Path
    rows: Mapping[str, int]
    files: int
    files_in_bucket: bool
    """The contents are in the S3 store, which needs a backup of its own."""
    size: int
    """Bytes of the archive."""
    audit_entries: int
    audit_head: str
    audit_broken_at: int | None
    """Number of the first audit entry that does not fit to the one before, if any."""
    missing: tuple[str, ...] = ()
    """Contents that the database knows and the store has not, or has in a damaged form; they are not in the archive."""
    told: tuple[str, ...] = ()
    """What a restore has changed, in sentences for whoever restored."""
