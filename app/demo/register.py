"""Invented people in the civil register of the demonstration, for visitors to be matched with."""

from datetime import datetime

from app.accounts.models import RegisterBatch, RegisterEntry
from app.accounts.register import invented
from app.audit import SYSTEM

BATCH = "demonstration"


async def seed(key: bytes, digits: int, now: datetime) -> None:
    """Enter them, once."""
    if await RegisterBatch.filter(name=BATCH).exists():
        return
    claims = invented(digits)
    batch = await RegisterBatch.create(
        name=BATCH, rows=len(claims), started_at=now, finished_at=now, made_by=SYSTEM.text
    )
    await RegisterEntry.bulk_create(
        [RegisterEntry(entry_hash=claim.hashed(key), place="العاصمة", batch=batch) for claim in claims]
    )
