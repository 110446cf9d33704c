"""Elections for those who prepare and watch them: whose one sees, how far each is, what has happened in it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.accounts.models import Agency, Person
from app.accounts.queries.columns import column
from app.accounts.queries.roles import place_at
from app.models import AuditEntry
from app.policy import REACHES_BELOW, Act, Place, Who, covers
from ballots.models import CeremonyPart, Election, Trustee
from ballots.policy import MANAGE, PREPARE
from ballots.rules import State, holds, is_invited, parts

PER_PAGE = 20
MOST_AGENCIES = 300

PREPARING, RUNNING, OVER = "preparing", "running", "over"
GROUPS: Mapping[str, tuple[State, ...]] = {
    PREPARING: (State.DRAFT,),
    RUNNING: (State.READY, State.OPEN, State.CLOSED, State.DECRYPTING),
    OVER: (State.TALLIED, State.ARCHIVED, State.CANCELLED),
}
"""How the list is divided."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of elections, and how many stand in each group."""

    rows: Sequence[Election]
    counts: Mapping[str, int]
    group: str
    page: int

    @property
    def pages(self) -> int:
        """Number of the last page."""
        return max(1, -(-self.counts[self.group] // PER_PAGE))


async def election_of(request: Request) -> Election:
    """The election of the path, with its agency, or 404."""
    row = await Election.get_or_none(uuid=request.path_params["uuid"]).select_related("agency")
    if row is None:
        raise HTTPException(404)
    return row


async def place_of(request: Request) -> Place:
    """Where the election of the path is: at its agency, or in the portal as a whole."""
    found = await column(Election.filter(uuid=request.path_params["uuid"]), "agency_id")
    if not found:
        raise HTTPException(404)
    return await place_at(found[0])


async def place_of_row(row: Election) -> Place:
    """The same, of a row."""
    return await place_at(row.agency_id)  # type: ignore[attr-defined]  # Tortoise adds it


async def listed(who: Who, group: str, page: int) -> Listed:
    """The elections that somebody may look at, the newest first."""
    seen = await _agencies_seen(who, MANAGE)
    query = Election.all() if seen is None else Election.filter(agency_id__in=seen)
    counts = {name: await query.filter(state__in=states).count() for name, states in GROUPS.items()}
    if group not in GROUPS:
        group = next((name for name in GROUPS if counts[name]), PREPARING)
    number = min(max(1, page), max(1, -(-counts[group] // PER_PAGE)))
    rows = (
        await query.filter(state__in=GROUPS[group])
        .select_related("agency")
        .order_by("-id")
        .offset((number - 1) * PER_PAGE)
        .limit(PER_PAGE)
    )
    return Listed(rows, counts, group, number)


async def _agencies_seen(who: Who, act: Act) -> list[int] | None:
    """The agencies with elections at which an act is open to somebody; None when it is everywhere."""
    grants = [grant for grant in who.grants if grant.role in act.roles]
    if any(grant.agency is None for grant in grants):
        return None
    with_elections = {number for number in await column(Election.all().distinct(), "agency_id") if number is not None}
    found = []
    for number in with_elections:
        place = await place_at(number)
        if any(covers(grant, place) for grant in grants):
            found.append(number)
    return found


async def agencies_for_new(who: Who) -> tuple[bool, list[Agency]]:
    """Whether somebody may begin an election of the whole portal, and at which agencies."""
    own = {grant.agency for grant in who.grants if grant.role in PREPARE.roles and grant.role not in REACHES_BELOW}
    whole = None in own
    query = Agency.filter(closed_at=None) if whole else Agency.filter(closed_at=None, id__in=[*own])
    return whole, await query.order_by("id").limit(MOST_AGENCIES)


@dataclass(frozen=True, slots=True)
class Keyholder:
    """A trustee, and how far they are: `not_invited`, `invited`, `keys`, `made`, `tested`, `lost`, `decrypted`."""

    trustee: Trustee
    state: str
    done: int
    steps: int


@dataclass(frozen=True, slots=True)
class Ceremony:
    """The trustees, and whether a result is possible with those who still have their keys."""

    keyholders: Sequence[Keyholder]
    threshold: int
    begun: bool
    lost: int

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.keyholders)

    @property
    def holds(self) -> bool:
        """Whether enough are left."""
        return holds(self.threshold, self.size, self.lost)

    @property
    def not_invited(self) -> int:
        """How many have no link yet."""
        return sum(one.state == "not_invited" for one in self.keyholders)

    @property
    def decrypted(self) -> int:
        """How many have opened their part of the result."""
        return sum(one.trustee.decrypted_at is not None for one in self.keyholders)


async def ceremony(row: Election) -> Ceremony:
    """How far the trustees are."""
    trustees = await Trustee.filter(election_id=row.id).order_by("index")
    published: dict[int, int] = {}
    for index in await column(CeremonyPart.filter(election_id=row.id), "index"):
        published[index] = published.get(index, 0) + 1
    steps = len(parts(len(trustees), row.threshold))
    found = [_keyholder(trustee, published.get(trustee.index, 0), steps) for trustee in trustees]
    return Ceremony(found, row.threshold, bool(published), sum(one.lost_at is not None for one in trustees))


def _keyholder(trustee: Trustee, done: int, steps: int) -> Keyholder:
    if trustee.decrypted_at is not None:
        state = "decrypted"
    elif trustee.lost_at is not None:
        state = "lost"
    elif trustee.tested_at is not None:
        state = "tested"
    elif done == steps:
        state = "made"
    elif done:
        state = "keys"
    else:
        state = "invited" if is_invited(trustee.token_hash) else "not_invited"
    return Keyholder(trustee, state, done, steps)


@dataclass(frozen=True, slots=True)
class Step:
    """An entry of the log: when, who, what, why."""

    at: datetime
    actor: str
    name: str
    verb: str
    reason: str
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Log:
    """One page of the log, the newest first."""

    rows: Sequence[Step]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """Number of the last page."""
        return max(1, -(-self.total // PER_PAGE))


async def log(row: Election, page: int) -> Log:
    """What the audit trail says of an election."""
    query = AuditEntry.filter(object=row.subject)
    total = await query.count()
    number = min(max(1, page), max(1, -(-total // PER_PAGE)))
    entries = await query.order_by("-number").offset((number - 1) * PER_PAGE).limit(PER_PAGE)
    people = {int(entry.actor[7:]) for entry in entries if entry.actor.startswith("person:")}
    names = dict(await Person.filter(id__in=people).values_list("id", "name")) if people else {}
    trustees = {f"trustee:{one.index}": one.name for one in await Trustee.filter(election_id=row.id)}
    steps = [
        Step(
            entry.at,
            entry.actor,
            trustees.get(entry.actor) or names.get(_number(entry.actor), ""),
            entry.verb,
            entry.reason,
            json.loads(entry.details),
        )
        for entry in entries
    ]
    return Log(steps, total, number)


def _number(actor: str) -> int:
    kind, _colon, number = actor.partition(":")
    return int(number) if kind == "person" and number.isdecimal() else 0
