"""Every read of passkeys."""

from starlette.exceptions import HTTPException

from app.accounts.models import Passkey, Person
from app.accounts.passkeys import short


async def passkeys_of(person: Person) -> list[Passkey]:
    """Somebody's passkeys, the newest first; there are never many."""
    return await Passkey.filter(person_id=person.id).order_by("-created_at", "credential_id")


async def passkey(person: Person, handle: str) -> Passkey:
    """One of them by the short name in an address, or 404."""
    found = next((one for one in await passkeys_of(person) if short(one.credential_id) == handle), None)
    if found is None:
        raise HTTPException(404)
    return found
