"""Every read of authenticator apps and printed codes."""

from datetime import datetime

from app import ids
from app.accounts import totps
from app.accounts.models import Ceremony, Person, RecoveryCode, Totp


async def is_on(person: Person) -> bool:
    """Whether signing in takes two steps."""
    return await Totp.filter(person_id=person.id, confirmed_at__not_isnull=True).exists()


async def totp_of(person: Person) -> Totp | None:
    """Somebody's app, confirmed or waiting."""
    return await Totp.get_or_none(person_id=person.id)


async def codes_left(person: Person) -> int:
    """Printed codes that were not used yet."""
    return await RecoveryCode.filter(person_id=person.id, used_at=None).count()


async def new_codes(person: Person, key: bytes, now: datetime) -> list[str]:
    """Codes that were made a moment ago and not put away yet; none when there are no such."""
    row = (
        await Ceremony.filter(person_id=person.id, kind=totps.PRINTED, used_at=None, expires_at__gt=now)
        .order_by("-expires_at")
        .first()
    )
    return totps.unseal(key, person.id, row.data["codes"]).split() if row else []


async def second_is_open(token: str, now: datetime) -> bool:
    """Whether a second step waits under this token."""
    return await Ceremony.filter(
        token_hash=ids.token_hash(token),
        kind=totps.SECOND,
        used_at=None,
        expires_at__gt=now,
        guesses__lt=totps.GUESSES,
    ).exists()


async def second_person(token: str, now: datetime) -> int | None:
    """Whose second step waits under this token."""
    row = (
        await Ceremony.filter(token_hash=ids.token_hash(token), kind=totps.SECOND, used_at=None, expires_at__gt=now)
        .first()
        .values("person_id")
    )
    return row["person_id"] if row else None
