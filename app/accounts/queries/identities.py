"""Which identities of other providers open an account."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from app.accounts.models import Identity, Person


@dataclass(frozen=True, slots=True)
class Linked:
    """One identity, without the name that the provider has for it."""

    id: int
    host: str
    since: datetime
    is_current: bool


async def identities_of(person: Person, issuer: str) -> list[Linked]:
    """Oldest first; `is_current` for those of the provider that the settings name."""
    rows = await Identity.filter(person_id=person.id).order_by("id")
    return [Linked(row.id, urlsplit(row.issuer).hostname or "", row.created_at, row.issuer == issuer) for row in rows]
