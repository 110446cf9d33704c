"""Codes that a browser may still enter."""

from datetime import datetime

from app import ids
from app.accounts.codes import GUESSES
from app.accounts.models import Code


async def code_under(handle: str, purposes: frozenset[str], now: datetime, person: int | None = None) -> Code | None:
    """The code behind a browser's handle, as long as it can be tried; whether digits were ever sent shows nowhere."""
    query = Code.filter(
        handle=ids.token_hash(handle), purpose__in=purposes, expires_at__gt=now, guesses__lt=GUESSES, used_at=None
    )
    return await (query if person is None else query.filter(person_id=person)).first()
