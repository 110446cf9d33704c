"""The demonstration's citizen can be reached by phone too."""

from datetime import datetime

from app.accounts.models import Person

NUMBER = "+9647700000001"


async def seed(_now: datetime) -> None:
    """Give the citizen a number."""
    await Person.filter(email="citizen@demo.example", phone=None).update(phone=NUMBER)
