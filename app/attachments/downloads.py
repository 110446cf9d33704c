"""The way out: something to be saved, never shown by the browser."""

import asyncio
import re
import unicodedata
from urllib.parse import quote

from starlette.responses import FileResponse, Response, StreamingResponse

from app.attachments.common import Missing
from app.attachments.stores import LocalStore, Store
from app.models import StoredFile


async def download(file: StoredFile, name: str, store: Store) -> Response:
    """The file as something to be saved: the browser neither shows it nor guesses what it is.

    The local store answers Range requests; the bucket is passed through as it comes.
    """
    headers = {
        "Content-Disposition": disposition(name),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-store",
    }
    if isinstance(store, LocalStore):
        path = store.path(file.digest)
        try:
            found = await asyncio.to_thread(path.stat)
        except FileNotFoundError as error:
            raise Missing(file.digest) from error
        etag = {"ETag": f'"{file.digest}"'}
        return FileResponse(path, headers={**headers, **etag}, media_type=file.media_type, stat_result=found)
    headers["Content-Length"] = str(file.size)
    return StreamingResponse(await store.read(file.digest), headers=headers, media_type=file.media_type)


def clean_name(name: str) -> str:
    """A file name for a person to see: without folders, control and bidirectional signs, at most 120 letters."""
    last = unicodedata.normalize("NFC", name.replace("\\", "/")).rpartition("/")[2]
    # Cf holds the signs that turn text round: with them `exe.gpj` reads as a picture.
    kept = "".join(letter for letter in last if unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Zl", "Zp"})
    kept = " ".join(re.sub(r'["<>|:*?%]', "", kept).split()).strip(". ")
    stem, dot, ending = kept.rpartition(".")
    kept = f"{stem[: 119 - len(ending)]}{dot}{ending}" if dot and len(ending) < 10 else kept[:120]
    return kept or "file"


def disposition(name: str) -> str:
    """A Content-Disposition after RFC 6266, with the name in ASCII for old programs and in UTF-8 (RFC 8187)."""
    cleaned = clean_name(name)
    ascii_name = cleaned.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(cleaned, safe='')}"
