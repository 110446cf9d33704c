"""Where contents are kept, once each, under the hash of what they say: a folder of this machine, or a bucket."""

import asyncio
import importlib
import os
import re
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Protocol

from app.attachments.common import CHUNK, Missing, sync_folder, try_writing
from app.settings import Settings

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


class Store(Protocol):
    """Where contents are kept, by their SHA-256 (64 hexadecimal digits)."""

    @property
    def incoming(self) -> Path:
        """Folder for files on their way in; `put` takes them from there."""

    async def put(self, digest: str, source: Path) -> None:
        """Keep a file of `incoming` for good; nothing changes when its content is there already."""

    async def read(self, digest: str) -> AsyncIterator[bytes]:
        """The content in pieces, or `Missing` before the first of them."""

    async def remove(self, digest: str) -> None:
        """Forget a content; quiet when there is none."""

    async def reach(self) -> None:
        """Return quietly when the store can be used, else raise."""


class LocalStore:
    """Contents in a folder of this machine, as `aa/bb/digest`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def incoming(self) -> Path:
        """On the same file system, so that a file moves in by its name alone."""
        return self.folder / ".incoming"

    def path(self, digest: str) -> Path:
        """Where a content lies, or would."""
        if not _DIGEST.match(digest):
            raise ValueError("not a digest")
        return self.folder / digest[:2] / digest[2:4] / digest

    async def put(self, digest: str, source: Path) -> None:
        """Flush to disk, then rename: after a power cut a content is there as a whole or not at all."""
        await asyncio.to_thread(self._put, self.path(digest), source)

    def _put(self, target: Path, source: Path) -> None:
        if target.exists() and target.stat().st_size == source.stat().st_size:
            source.unlink()
            return
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with source.open("rb") as file:
            os.fsync(file.fileno())
        source.replace(target)
        for folder in (target.parent, target.parent.parent, self.folder):
            sync_folder(folder)

    async def read(self, digest: str) -> AsyncIterator[bytes]:
        """From the disk."""
        try:
            file = await asyncio.to_thread(self.path(digest).open, "rb")
        except FileNotFoundError as error:
            raise Missing(digest) from error

        async def pieces() -> AsyncIterator[bytes]:
            with file:
                while piece := await asyncio.to_thread(file.read, CHUNK):
                    yield piece

        return pieces()

    async def remove(self, digest: str) -> None:
        """Delete the file."""
        await asyncio.to_thread(self.path(digest).unlink, missing_ok=True)

    async def reach(self) -> None:
        """Write a file and delete it."""
        await asyncio.to_thread(try_writing, self.incoming)


class S3Store:
    """Contents in a bucket, by `boto3` (the extra `s3`), which works in threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: Any = None
        self._making = threading.Lock()

    @property
    def incoming(self) -> Path:
        """In the data folder: uploads pass through this machine."""
        return self._settings.data_dir / "incoming"

    def _bucket(self) -> Any:
        """The client; made in a thread, because it reads many files the first time."""
        with self._making:
            if self._client is None:
                # By name, so that the portal starts without the package when files stay on this machine.
                boto3 = importlib.import_module("boto3")
                configuration = importlib.import_module("botocore.config").Config(
                    connect_timeout=5,
                    read_timeout=30,
                    retries={"max_attempts": 3, "mode": "standard"},
                    # Several S3-compatible stores refuse the checksums that newer versions send unasked.
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                )
                self._client = boto3.session.Session().client(
                    "s3",
                    endpoint_url=self._settings.s3_endpoint,
                    aws_access_key_id=self._settings.s3_key,
                    aws_secret_access_key=self._settings.s3_secret.get_secret_value(),
                    region_name="us-east-1",
                    config=configuration,
                )
            return self._client

    def _size(self, digest: str) -> int | None:
        client = self._bucket()
        try:
            return int(client.head_object(Bucket=self._settings.s3_bucket, Key=digest)["ContentLength"])
        except client.exceptions.ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return None
            raise

    async def put(self, digest: str, source: Path) -> None:
        """Send the file unless the bucket has it."""
        await asyncio.to_thread(self._put, digest, source)

    def _put(self, digest: str, source: Path) -> None:
        if self._size(digest) != source.stat().st_size:
            with source.open("rb") as file:
                self._bucket().put_object(
                    Bucket=self._settings.s3_bucket, Key=digest, Body=file, ContentType="application/octet-stream"
                )
        source.unlink()

    async def read(self, digest: str) -> AsyncIterator[bytes]:
        """As it comes from the bucket."""
        body = await asyncio.to_thread(self._get, digest)

        async def pieces() -> AsyncIterator[bytes]:
            try:
                while piece := await asyncio.to_thread(body.read, CHUNK):
                    yield piece
            finally:
                body.close()

        return pieces()

    def _get(self, digest: str) -> Any:
        client = self._bucket()
        try:
            return client.get_object(Bucket=self._settings.s3_bucket, Key=digest)["Body"]
        except client.exceptions.NoSuchKey as error:
            raise Missing(digest) from error

    async def remove(self, digest: str) -> None:
        """Delete the object."""
        await asyncio.to_thread(lambda: self._bucket().delete_object(Bucket=self._settings.s3_bucket, Key=digest))

    async def reach(self) -> None:
        """Ask for the bucket."""
        await asyncio.to_thread(lambda: self._bucket().head_bucket(Bucket=self._settings.s3_bucket))


def store_for(settings: Settings) -> Store:
    """The bucket when one is set, else the folder."""
    return S3Store(settings) if settings.s3_endpoint else LocalStore(settings.files_dir)
