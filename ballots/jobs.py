"""Work of elections that happens by time or follows from a change: shallow, each calls an action."""

from collections.abc import Mapping
from datetime import timedelta

from app import clock
from app.accounts.models import Person
from app.features import JobHandler
from app.settings import Settings
from ballots.actions import casting, ceremony, counting, letters, running

SCHEDULES: Mapping[str, timedelta] = {running.TURN: timedelta(seconds=20)}


async def turn() -> None:
    """Open and close what is due."""
    await running.turn_all(clock.now())


async def publish(election: int) -> None:
    """Publish a result that the verifier accepts."""
    await counting.publish(election, now=clock.now())


async def call_trustees(election: int, after: str) -> None:
    """Write to trustees for whom the others wait."""
    await ceremony.call(election, after, now=clock.now())


def jobs_with(settings: Settings) -> Mapping[str, JobHandler]:
    """Jobs that write letters with addresses of the portal."""

    async def add_up(election: int) -> None:
        await counting.add_up(election, settings=settings, now=clock.now())

    async def send_receipt(ballot: int, person: int) -> None:
        found = await Person.get_or_none(id=person)
        if found is not None:
            await letters.receipt(ballot, found, settings=settings, now=clock.now())

    return {running.ADD_UP: add_up, casting.SEND_RECEIPT: send_receipt}
