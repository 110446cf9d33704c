"""The record of an election, byte for byte, at any moment: the archive, the proofs beside it, both in one file."""

import io
import re
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC
from email.utils import format_datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.access import Guarded
from ballots import board
from ballots.actions import counting, running
from ballots.models import Election
from ballots.policy import READ
from ballots.web.found import election

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})\Z")


async def archive(request: Request) -> Response:
    """`UUID.bel`. It only ever grows at its end, so a download that broke off goes on where it was."""
    row = await election(request)
    if request.path_params["file"] != row.uuid:
        raise HTTPException(404)
    size = row.archive_size
    headers = {
        "Accept-Ranges": "bytes",
        # Not packed on the way: a download goes on at a byte of the file, and its length is known from the start.
        "Content-Encoding": "identity",
        "Content-Disposition": f'attachment; filename="{row.uuid}.bel"',
        "Cache-Control": "no-cache",
        "Last-Modified": format_datetime(row.frozen_at.astimezone(UTC), usegmt=True) if row.frozen_at else "",
    }
    begin, end, status = 0, size, 200
    if asked := request.headers.get("range"):
        begin, end = _range(asked, size)
        status = 206
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - begin)
    body = board.archive(row, begin, end) if request.method != "HEAD" else _nothing()
    return StreamingResponse(body, status, headers, media_type="application/x-belenios")


def _range(asked: str, size: int) -> tuple[int, int]:
    """Begin and end (exclusive) of one range; 416 when there is nothing there."""
    found = _RANGE.match(asked.strip())
    if found is None or not (found[1] or found[2]):
        raise HTTPException(416, headers={"Content-Range": f"bytes */{size}"})
    if not found[1]:
        begin, end = max(size - int(found[2]), 0), size
    else:
        begin, end = int(found[1]), min(int(found[2]) + 1, size) if found[2] else size
    if begin >= end:
        raise HTTPException(416, headers={"Content-Range": f"bytes */{size}"})
    return begin, end


async def _nothing() -> AsyncIterator[bytes]:
    yield b""


async def record(request: Request) -> Response:
    """The election's record: exactly the bytes of which the fingerprint is the hash."""
    row = await election(request)
    return Response(row.record.encode(), media_type="application/json", headers={"Cache-Control": "no-cache"})


async def proofs(request: Request) -> Response:
    """The strong proofs of decryption."""
    row = await election(request)
    return Response(
        await counting.proofs_json(row), media_type="application/json", headers={"Cache-Control": "no-cache"}
    )


async def seals(request: Request) -> Response:
    """The seals that were opened for an audit: no ballot on the board may have one of them."""
    row = await election(request)
    return Response(await running.seals_json(row), media_type="application/json", headers={"Cache-Control": "no-cache"})


async def zipped(request: Request) -> Response:
    """Everything in one file, as `sawtuna verify` wants it: the archive and the folder beside it.

    Streamed, and not compressed: that would take more of the processor than verifying a ballot.
    """
    row = await election(request)
    headers = {"Content-Disposition": f'attachment; filename="{row.uuid}.zip"', "Cache-Control": "no-cache"}
    return StreamingResponse(_zip(row), headers=headers, media_type="application/zip")


class _Growing(io.RawIOBase):
    """Where the packer writes, and from which the answer is taken piece by piece."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.written = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]  # any buffer
        self.parts.append(piece)
        self.written += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self.written

    def take(self) -> bytes:
        """What has been written since the last time."""
        taken, self.parts = b"".join(self.parts), []
        return taken


async def _zip(row: Election) -> AsyncIterator[bytes]:
    out = _Growing()
    moment = (row.frozen_at or row.created_at).timetuple()[:6]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as packed:
        with packed.open(zipfile.ZipInfo(f"{row.uuid}.bel", moment), "w", force_zip64=True) as file:
            async for part in board.archive(row):
                file.write(part)
                yield out.take()
        packed.writestr(
            zipfile.ZipInfo(f"{row.uuid}.record/decryption-proofs.json", moment), await counting.proofs_json(row)
        )
        packed.writestr(zipfile.ZipInfo(f"{row.uuid}.record/audited-seals.json", moment), await running.seals_json(row))
    yield out.take()


ROUTES = [
    Guarded("/elections/{uuid}/election.json", record, name="ballots:record", act=READ),
    Guarded("/elections/{uuid}/decryption-proofs.json", proofs, name="ballots:proofs", act=READ),
    Guarded("/elections/{uuid}/audited-seals.json", seals, name="ballots:seals", act=READ),
    Guarded("/elections/{uuid}/record.zip", zipped, name="ballots:zip", act=READ),
    Guarded("/elections/{uuid}/{file:str}.bel", archive, name="ballots:archive", act=READ, methods=["GET", "HEAD"]),
]
