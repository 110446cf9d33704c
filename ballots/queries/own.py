"""What somebody has to do with elections: where they voted, where they may, what is kept about them.

Nowhere here stands a choice: nobody knows it. That somebody voted is known only where the election asks voters to sign
in, and until it is archived.
"""

from datetime import datetime

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from app.accounts.models import Person
from app.features import Held, Part
from app.i18n import either, format_datetime
from app.i18n import gettext as _
from app.policy import Who
from ballots.models import Credential, Voter
from ballots.rules import State
from ballots.words import state_says

MOST = 100


async def takes_part(person: Person) -> list[Part]:
    """Elections in which the account has voted, newest first."""
    rows = (
        await Credential.filter(used_by_id=person.id).select_related("election").order_by("-election__id").limit(MOST)
    )
    return [
        Part(
            either(row.election.title),
            f"/elections/{row.election.uuid}",
            _("You voted. %(state)s", state=state_says(row.election.state)),
        )
        for row in rows
    ]


async def waits(who: Who, now: datetime) -> list[Part]:
    """Votes that are open to somebody and in which, as far as the portal can know, nothing was cast yet."""
    person = await Person.get_or_none(id=who.person) if who.person is not None else None
    if person is None:
        return []
    done = {int(row["election_id"]) for row in await Credential.filter(used_by_id=person.id).values("election_id")}
    rows = (
        await entries(person)
        .filter(election__state__in=(State.READY, State.OPEN), election__is_test=False)
        .filter(election__opens_at__lte=now, election__closes_at__gt=now, election__paused_at=None)
        .select_related("election")
        .order_by("election__closes_at")
        .limit(MOST)
    )
    found: dict[int, Part] = {}
    for row in rows:
        election = row.election
        if election.id in done or election.id in found or election.closes_at is None:
            continue
        until = _("You may vote until %(moment)s", moment=format_datetime(election.closes_at))
        found[election.id] = Part(either(election.title), f"/elections/{election.uuid}", until)
    return list(found.values())


def entries(person: Person) -> QuerySet[Voter]:
    """The entries of voters' lists that mean somebody: by account, or by a confirmed contact that nobody voted with."""
    contacts = [contact for contact in (person.email, person.phone) if contact] if person.confirmed_at else []
    return (
        Voter.filter(Q(person_id=person.id) | Q(contact__in=contacts, person_id=None, bound=False))
        if contacts
        else Voter.filter(person_id=person.id)
    )


async def held(person: Person) -> list[Held]:
    """What is kept about somebody for elections."""
    listed = await entries(person).select_related("election").order_by("id").limit(1000)
    used = await Credential.filter(used_by_id=person.id).select_related("election").order_by("id").limit(1000)
    return [
        Held(
            _("Entries in voters' lists"),
            _("So that those who may vote can vote. A list goes when its election is archived."),
            [
                {
                    _("Election"): row.election.title,
                    _("Number in the list"): row.number,
                    _("Name"): row.name,
                    _("Contact"): row.contact,
                    _("Weight"): row.weight,
                    _("Reminded"): row.reminded_at,
                }
                for row in listed
            ],
        ),
        Held(
            _("Elections in which your account has voted"),
            _(
                "So that one account uses one voter's code only. How you voted is not kept: nobody can know it. "
                "The note goes when the election is archived."
            ),
            [{_("Election"): row.election.title} for row in used],
        ),
    ]
