"""The ClamAV daemon, which looks at files before they are taken."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from app.attachments.common import CHUNK, Refused
from app.i18n import gettext as _

SCAN_SECONDS = 60.0


def host_and_port(text: str, default: int) -> tuple[str, int]:
    """`host:port`, `host` or `[::1]:port`."""
    parts = urlsplit(f"//{text}")
    if not parts.hostname:
        raise ValueError(f"{text!r} is not host:port")
    return parts.hostname, parts.port or default


async def scan(path: Path, address: str) -> None:
    """Show a file to the ClamAV daemon (INSTREAM); quiet when it is clean. One that cannot be asked lets nothing in."""
    try:
        async with asyncio.timeout(SCAN_SECONDS), _daemon(address) as (reader, writer):
            writer.write(b"zINSTREAM\0")
            with path.open("rb") as file:
                while piece := await asyncio.to_thread(file.read, CHUNK):
                    writer.write(struct.pack(">I", len(piece)) + piece)
                    await writer.drain()
            writer.write(struct.pack(">I", 0))
            await writer.drain()
            answer = (await reader.readuntil(b"\0")).rstrip(b"\0").decode("utf-8", "replace")
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
        raise Refused(_("Files cannot be checked for viruses at this moment. Try again in a while.")) from error
    if answer.endswith(" FOUND"):
        raise Refused(_("The virus scanner found something in this file, so it was not taken."))
    if answer != "stream: OK":
        raise Refused(_("Files cannot be checked for viruses at this moment. Try again in a while."))


async def ping(address: str) -> None:
    """Return quietly when the daemon answers, else raise OSError."""
    async with asyncio.timeout(5), _daemon(address) as (reader, writer):
        writer.write(b"zPING\0")
        await writer.drain()
        if await reader.read(16) != b"PONG\0":
            raise OSError("what answers there is not ClamAV")


@asynccontextmanager
async def _daemon(address: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(*host_and_port(address, 3310))
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
