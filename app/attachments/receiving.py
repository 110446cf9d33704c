"""The way in: streamed to disk, looked at, put into the store."""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from starlette.datastructures import UploadFile

from app.attachments.common import CHUNK, Refused
from app.attachments.pictures import KINDS, redraw
from app.attachments.scanning import scan
from app.attachments.stores import Store
from app.attachments.types import detect, promised
from app.i18n import format_number
from app.i18n import gettext as _
from app.models import StoredFile
from app.settings import Settings


async def accept(upload: UploadFile, *, settings: Settings, store: Store, now: datetime) -> StoredFile:
    """Take a file in, or raise `Refused`.

    The content is in the store before its row is in the database: a rolled back transaction leaves a content without
    a row, which can be cleaned up, and never a row without a content.
    """
    expected = promised(upload.filename or "")
    async with _temporary(store.incoming) as path:
        await _receive(upload, path, settings.max_upload_mb)
        media_type = await asyncio.to_thread(detect, path)
        if media_type is None:
            raise Refused(_("Files of this type are not taken. Send a picture, a PDF, a text or an office document."))
        if expected is not None and media_type != expected:
            raise Refused(_("The name of this file says one thing and its content another. Save it again and send it."))
        if settings.clamav:
            await scan(path, settings.clamav)
        if picture := KINDS.get(media_type):
            async with _temporary(store.incoming) as clean:
                await asyncio.to_thread(redraw, path, clean, picture)
                return await _keep(clean, media_type, store, now)
        return await _keep(path, media_type, store, now)


async def _keep(path: Path, media_type: str, store: Store, now: datetime) -> StoredFile:
    digest, size = await asyncio.to_thread(_digest, path)
    await store.put(digest, path)
    defaults = {"size": size, "media_type": media_type, "stored_at": now}
    row, _made = await StoredFile.get_or_create(digest=digest, defaults=defaults)
    return row


async def _receive(upload: UploadFile, path: Path, most_mb: int) -> None:
    most, size = most_mb << 20, 0
    too_large = _("The file is too large: at most %(size)s MB can be sent.", size=format_number(most_mb))
    if upload.size is not None and upload.size > most:
        raise Refused(too_large)
    await upload.seek(0)
    with path.open("wb") as file:
        while piece := await upload.read(CHUNK):
            size += len(piece)
            if size > most:
                raise Refused(too_large)
            await asyncio.to_thread(file.write, piece)
    if size == 0:
        raise Refused(_("The file is empty."))


@asynccontextmanager
async def _temporary(folder: Path) -> AsyncIterator[Path]:
    """A new file that only we can read, gone after the block unless it was moved away."""

    def make() -> Path:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder)
        os.close(handle)
        return Path(name)

    path = await asyncio.to_thread(make)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _digest(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
