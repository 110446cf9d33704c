"""Everything in one archive, and back again, onto SQLite or PostgreSQL whichever it came from.

    format                      "sawtuna-backup 1"
    tables/<table>.jsonl        one row a line: columns by name, in the order in which they can be loaded
    files/aa/bb/<digest>        contents of the local store
    secret.key                  only when asked for
    manifest.json               versions, migrations, columns and their kinds, row counts, SHA-256 of every member

The rows are one snapshot. An archive from an earlier version is loaded into the tables of its time, which are then
migrated. Nothing is changed before the whole archive has been read and found sound.
"""

from app.backup.common import Failed, Summary
from app.backup.pending import pending_migrations
from app.backup.restoring import restore
from app.backup.writing import backup

__all__ = ["Failed", "Summary", "backup", "pending_migrations", "restore"]
