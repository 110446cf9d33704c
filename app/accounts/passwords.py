"""Passwords: Argon2id off the event loop, the same time whether there is an account or not."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST = 10
"""Characters. Length is what counts; no rules about kinds of characters."""

_hasher = PasswordHasher()
_nobody = _hasher.hash(secrets.token_urlsafe())
_slots = asyncio.Semaphore(4)
_QUEUE = 40
_waiting = 0


class Busy(Exception):
    """More passwords are waiting to be checked than can be in reasonable time."""


@contextlib.asynccontextmanager
async def _turn() -> AsyncIterator[None]:
    """One of four at a time, and a queue that ends: each takes 64 MiB and 40 ms of a core."""
    global _waiting  # noqa: PLW0603 - the length of this process' queue
    if _waiting >= _QUEUE:
        raise Busy
    _waiting += 1
    try:
        async with _slots:
            yield
    finally:
        _waiting -= 1


async def hashed(password: str) -> str:
    """Argon2id, about 40 ms and 64 MiB, in a thread."""
    async with _turn():
        return await asyncio.to_thread(_hasher.hash, password)


async def fits(stored: str | None, password: str) -> bool:
    """Whether `password` is the one; without a stored hash it takes as long and answers no."""
    async with _turn():
        return await asyncio.to_thread(_fits, stored or _nobody, password) and bool(stored)


def _fits(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether the parameters have become stronger since."""
    return _hasher.check_needs_rehash(stored)
