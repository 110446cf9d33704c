"""Correcting one's own details."""

from datetime import datetime

from tortoise.transactions import in_transaction

from app import audit
from app.accounts.forms.details import Details
from app.accounts.models import Person
from app.audit import Actor


async def correct(person: Person, details: Details, *, now: datetime) -> None:
    """Change name and language, and say in the trail which of them, not to what."""
    chosen = {"name": details.name, "language": details.language}
    changed = [field for field, value in chosen.items() if getattr(person, field) != value]
    if not changed:
        return
    async with in_transaction():
        await Person.filter(id=person.id).update(**chosen)
        await audit.record(
            Actor.person(person.id), "corrected_details", f"person:{person.id}", now=now, details={"changed": changed}
        )
