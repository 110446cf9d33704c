"""Attachments: streamed to disk, looked at, kept once under the hash of their content, never shown by the browser.

What a file is, its content says: its name and the browser's word must only agree. Pictures are decoded and written
anew, so that place, time and device do not travel with them and nothing hides behind the picture.
"""

from app.attachments.common import Missing, Refused, free_bytes, sync_folder, try_writing
from app.attachments.downloads import clean_name, disposition, download
from app.attachments.receiving import accept
from app.attachments.scanning import host_and_port, ping, scan
from app.attachments.stores import LocalStore, S3Store, Store, store_for
from app.attachments.types import EXTENSIONS, detect

__all__ = [
    "EXTENSIONS",
    "LocalStore",
    "Missing",
    "Refused",
    "S3Store",
    "Store",
    "accept",
    "clean_name",
    "detect",
    "disposition",
    "download",
    "free_bytes",
    "host_and_port",
    "ping",
    "scan",
    "store_for",
    "sync_folder",
    "try_writing",
]
