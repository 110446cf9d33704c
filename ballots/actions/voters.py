"""What can be done with the voters' list of a draft: bring it from a file, or take everybody of a level and place."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import islice
from typing import BinaryIO

from tortoise.queryset import QuerySet

from app import audit
from app.accounts.models import Person
from app.audit import Actor
from app.i18n import gettext as _
from ballots.actions import Refused
from ballots.actions.preparing import drafting
from ballots.forms import voters as sheet
from ballots.forms.people import Population
from ballots.models import Election, Voter
from ballots.queries.voters import eligible

BATCH = 2000


class BadList(Exception):
    """A list with mistakes; nothing of it was saved."""

    def __init__(self, checked: sheet.Checked) -> None:
        super().__init__(f"{len(checked.mistakes) + checked.more} mistakes")
        self.checked = checked


@asynccontextmanager
async def listing(election: Election, version: int | None = None) -> AsyncIterator[Election]:
    """A draft whose list may still change: no codes were issued for it."""
    async with drafting(election, version) as row:
        if row.credentials_at is not None:
            raise Refused(
                _("The codes are issued for this list. Withdraw the credentials before you change it."), "credentials"
            )
        yield row


async def import_voters(election: Election, file: BinaryIO, *, actor: Actor, now: datetime) -> int:
    """Put the voters of a CSV file in place of the list, all of them or none (`BadList`); how many there are."""
    checked = await asyncio.to_thread(sheet.check, file)
    if checked.mistakes:
        raise BadList(checked)
    async with listing(election) as row:
        await Voter.filter(election_id=row.id).delete()
        found = sheet.rows(file)
        while batch := list(islice(found, BATCH)):
            await _insert(
                Voter(
                    election_id=row.id,
                    number=voter.number,
                    name=voter.name,
                    contact=voter.contact,
                    weight=1 if voter.weight is None else voter.weight,
                )
                for voter in batch
            )
        await Election.filter(id=row.id).update(voters_by="list", weighted=checked.weighted)
        details = {"voters": checked.voters, "weighted": checked.weighted}
        await audit.record(actor, "voters_imported", row.subject, now=now, details=details)
    return checked.voters


async def take_voters_by_level(election: Election, form: Population, *, actor: Actor, now: datetime) -> int:
    """Let everybody of a level and place vote; the list is taken now, and once more when codes are to be issued."""
    async with listing(election, form.version) as row:
        row.voters_by, row.level, row.place, row.weighted = "level", int(form.level), form.place, False
        await row.save(update_fields=["voters_by", "level", "place", "weighted"])
        return await snapshot(row, actor=actor, now=now)


async def snapshot(row: Election, *, actor: Actor, now: datetime) -> int:
    """Fill the list of an election by level with the accounts as they are, in the caller's transaction."""
    await Voter.filter(election_id=row.id).delete()
    count, last = 0, 0
    people = eligible(row.level, row.place)
    while found := await _after(people, last):
        await _insert(
            Voter(
                election_id=row.id,
                number=str(number),
                name=person.name,
                contact=person.email or person.phone or "",
                person_id=person.id,
            )
            for number, person in enumerate(found, count + 1)
        )
        count, last = count + len(found), found[-1].id
    details = {"voters": count, "level": row.level, "place": row.place}
    await audit.record(actor, "voters_taken", row.subject, now=now, details=details)
    return count


async def _after(people: QuerySet[Person], last: int) -> list[Person]:
    return await people.filter(id__gt=last).order_by("id").limit(BATCH).only("id", "name", "email", "phone")


async def _insert(voters: Iterable[Voter]) -> None:
    await Voter.bulk_create(list(voters), batch_size=BATCH)
