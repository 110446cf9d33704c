"""Every read of drafts: only for the person or the browser they belong to."""

from datetime import datetime

from tortoise.expressions import Q

from app import ids
from app.accounts.models import Draft

MOST_LISTED = 50


async def find(reference: str, *, person: int | None, browser: str, now: datetime) -> Draft | None:
    """A draft by its token or number. `browser` is the hash of the browser's cookie, or empty."""
    if ids.TOKEN.match(reference):
        which = Q(token_hash=ids.token_hash(reference))
    elif reference.isascii() and reference.isdigit() and len(reference) < 19:
        which = Q(id=int(reference))
    else:
        return None
    whose = Q()
    if person is not None:
        whose |= Q(person_id=person)
    if browser:
        whose |= Q(person_id=None, browser_hash=browser)
    if person is None and not browser:
        return None
    return await Draft.filter(which, whose, expires_at__gt=now).first()


async def listed(person: int, now: datetime) -> list[Draft]:
    """What waits to be sent, the newest first."""
    waiting = Draft.filter(person_id=person, sent_at=None, expires_at__gt=now)
    return await waiting.order_by("-saved_at", "-id").limit(MOST_LISTED)
