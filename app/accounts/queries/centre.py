"""Every read of service centres and of what was done in them."""

from dataclasses import dataclass
from datetime import datetime

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from app.accounts.models import Agency, Visit
from app.accounts.queries.agencies import lineage, reach
from app.accounts.queries.sessions import in_force
from app.features import Part
from app.i18n import gettext as _
from app.i18n import ngettext
from app.policy import Place, Role, Who

PER_PAGE = 20
JUDGES = (Role.OVERSIGHT, Role.SUPERVISOR)
MOST_TOLD = 50
"""Judges who are told of one dispute."""


@dataclass(frozen=True, slots=True)
class Told:
    """A visit with the words that tell of it: where, and by whom."""

    visit: Visit
    agency: Agency | None
    agent: str

    @property
    def acts(self) -> list[tuple[str, datetime]]:
        """What was done, by the name of the act, and when."""
        return [(act["what"], datetime.fromisoformat(act["when"])) for act in self.visit.acts]


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of visits."""

    rows: list[Told]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """Number of the last page."""
        return max(1, -(-self.total // PER_PAGE))


async def centres(now: datetime) -> list[Agency]:
    """The agencies with agents who can see somebody in person."""
    held = await in_force(now).filter(role=Role.CENTRE_AGENT).values("agency_id")
    places = {row["agency_id"] for row in held if row["agency_id"] is not None}
    return await Agency.filter(id__in=list(places), closed_at=None).order_by("id") if places else []


async def of_agent(who: Who) -> list[Agency]:
    """Where somebody is an agent."""
    places = [grant.agency for grant in who.grants if grant.role == Role.CENTRE_AGENT and grant.agency is not None]
    return await Agency.filter(id__in=places, closed_at=None).order_by("id") if places else []


async def since(agent: int, moment: datetime, page: int) -> Listed:
    """An agent's own visits since a moment, the newest first."""
    return await _page(Visit.filter(agent_id=agent, started_at__gte=moment), page)


async def of_citizen(person: int, page: int) -> Listed:
    """What was done for somebody, the newest first."""
    return await _page(Visit.filter(citizen_id=person), page)


async def disputes(who: Who, page: int) -> Listed:
    """Disputed visits on which `who` may decide: whoever has waited longest comes first."""
    return await _page((await _judged(who)).filter(decided_at=None), page, "disputed_at")


async def decided(who: Who) -> list[Told]:
    """The last decisions within the reach of `who`."""
    rows = await (await _judged(who)).filter(decided_at__not_isnull=True).order_by("-decided_at").limit(PER_PAGE)
    return await _told(rows)


async def waits(who: Who) -> list[Part]:
    """Disputes that wait for `who`, as a line of the own page."""
    if not any(grant.role in JUDGES for grant in who.grants):
        return []
    count = await (await _judged(who)).filter(decided_at=None).count()
    if not count:
        return []
    state = ngettext("%(n)s waits for a decision", "%(n)s wait for a decision", count)
    return [Part(_("Disputed visits"), "/centre/disputes", state)]


async def _judged(who: Who) -> QuerySet[Visit]:
    """Disputed visits within the reach of somebody's roles; never those in which they took part."""
    mine = Q(agent_id=who.person) | Q(citizen_id=who.person)
    disputed = Visit.filter(disputed_at__not_isnull=True).exclude(mine)
    grants = [grant for grant in who.grants if grant.role in JUDGES and grant.unit is None]
    if any(grant.agency is None for grant in grants):
        return disputed
    roots = [grant.agency for grant in grants if grant.agency is not None]
    return disputed.filter(agency_id__in=list(await reach(roots)) or [0])


async def told(visit: int) -> Told | None:
    """One visit."""
    rows = await _told(await Visit.filter(id=visit))
    return rows[0] if rows else None


async def place_of(visit: Visit) -> Place:
    """Where it took place, as policies see it."""
    return Place(await lineage(visit.agency_id))


async def judges_of(visit: Visit, now: datetime) -> list[int]:
    """Who may decide on a dispute about a visit, and took no part in it."""
    above = list(await lineage(visit.agency_id))
    held = in_force(now).filter(Q(agency_id=None) | Q(agency_id__in=above), role__in=list(JUDGES), unit_id=None)
    rows = await held.order_by("person_id").values("person_id")
    people = dict.fromkeys(row["person_id"] for row in rows)
    parties = {visit.agent_id, visit.citizen_id}  # type: ignore[attr-defined]  # Tortoise adds them
    return [person for person in people if person not in parties][:MOST_TOLD]


async def _page(query: QuerySet[Visit], page: int, order: str = "-id") -> Listed:
    total = await query.count()
    page = min(max(1, page), max(1, -(-total // PER_PAGE)))
    rows = await query.order_by(order).offset((page - 1) * PER_PAGE).limit(PER_PAGE)
    return Listed(await _told(rows), total, page)


async def _told(rows: list[Visit]) -> list[Told]:
    if rows:
        await Visit.fetch_for_list(rows, "agent")
    agencies = {one.id: one for one in await Agency.filter(id__in=[row.agency_id for row in rows])} if rows else {}
    return [Told(row, agencies.get(row.agency_id), row.agent.name) for row in rows]
