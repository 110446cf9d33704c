"""Every read of roles: who holds which, where, given by whom, and who stands in."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from tortoise.expressions import Q

from app.accounts.models import Agency, Membership, Person, Unit
from app.accounts.queries.agencies import lineage, reach
from app.accounts.queries.sessions import grant_of, in_force
from app.accounts.reasons import Held
from app.accounts.roles import Sight
from app.i18n import either
from app.policy import Place, Role

PER_PAGE = 50


async def place_at(agency: int | None, unit: int | None = None) -> Place:
    """An agency, perhaps a unit of it, as a place; without an agency the portal as a whole."""
    return Place(await lineage(agency) if agency is not None else (), unit)


@dataclass(frozen=True, slots=True)
class Row:
    """A membership with the place where it holds and the name of whoever gave it."""

    membership: Membership
    place: Place
    granted_by: str

    @property
    def role(self) -> Role:
        """Its role."""
        return Role(self.membership.role)


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of memberships."""

    rows: list[Row]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """Number of the last page."""
        return max(1, -(-self.total // PER_PAGE))


async def seen(sight: Sight) -> Q:
    """Rows with an agency and a unit that may be looked at."""
    if sight.everything:
        return Q()
    inside = await reach(list(sight.agencies)) if sight.agencies else set()
    return Q(agency_id__in=list(inside)) | Q(unit_id__in=list(sight.units))


async def memberships(
    sight: Sight, now: datetime, *, agency: int | None = None, role: str = "", past: bool = False, page: int = 1
) -> Listed:
    """Memberships within sight, of one agency and role if wanted: those that count or will, or those that are over."""
    lapsed = ~Q(ended_at=None) | Q(ends_at__lte=now)
    query = Membership.filter(await seen(sight), lapsed if past else _not_over(now))
    if agency is not None:
        query = query.filter(agency_id=agency)
    if role:
        query = query.filter(role=role)
    total = await query.count()
    page = min(max(1, page), max(1, -(-total // PER_PAGE)))
    found = (
        await query.order_by("-id")
        .offset((page - 1) * PER_PAGE)
        .limit(PER_PAGE)
        .select_related("person", "agency", "unit", "stands_in_for__person")
    )
    return Listed(await rows(found), total, page)


def _not_over(now: datetime) -> Q:
    return Q(ended_at=None) & (Q(ends_at=None) | Q(ends_at__gt=now))


async def rows(found: Iterable[Membership]) -> list[Row]:
    """Memberships as lists show them."""
    listed = list(found)
    chains = await lineages({row.agency_id for row in listed if row.agency_id is not None})  # type: ignore[attr-defined]  # Tortoise adds it
    names = await names_of(row.granted_by for row in listed)
    return [
        Row(
            row,
            Place(chains.get(row.agency_id, ()), row.unit_id),  # type: ignore[attr-defined]  # Tortoise adds them
            names.get(row.granted_by, ""),
        )
        for row in listed
    ]


async def lineages(agencies: Collection[int]) -> dict[int, tuple[int, ...]]:
    """`lineage` of several agencies."""
    return {agency: await lineage(agency) for agency in agencies}


async def names_of(actors: Iterable[str]) -> dict[str, str]:
    """`person:12` -> that person's name; other actors have none."""
    numbers = {
        int(number)
        for actor in actors
        for kind, _sign, number in [actor.partition(":")]
        if kind == "person" and number.isdecimal()
    }
    if not numbers:
        return {}
    return {f"person:{person.id}": person.name for person in await Person.filter(id__in=list(numbers))}


async def membership(number: int) -> Membership | None:
    """One membership with whom and what it concerns."""
    query = Membership.filter(id=number)
    return await query.select_related("person", "agency", "unit", "stands_in_for__person").first()


async def of_person(person: int, now: datetime) -> list[Row]:
    """The memberships of a person that count or will."""
    query = Membership.filter(_not_over(now), person_id=person).order_by("id")
    return await rows(await query.select_related("person", "agency", "unit", "stands_in_for__person"))


async def deputies(memberships: Collection[int], now: datetime) -> dict[int, list[Membership]]:
    """Who stands in for memberships, now or later."""
    found: dict[int, list[Membership]] = {}
    if memberships:
        query = Membership.filter(_not_over(now), stands_in_for_id__in=list(memberships)).order_by("starts_at")
        for row in await query.select_related("person"):
            found.setdefault(row.stands_in_for_id, []).append(row)  # type: ignore[attr-defined]  # Tortoise adds it
    return found


async def held(roles: Collection[Role], now: datetime) -> list[Held]:
    """Who holds these roles at this moment, as the pure rules see it."""
    if not roles:
        return []
    found = (
        await in_force(now)
        .filter(role__in=[str(role) for role in roles], person__deleted_at=None, person__blocked_at=None)
        .order_by("id")
        .values(
            "id",
            "role",
            "agency_id",
            "unit_id",
            "person_id",
            "stands_in_for_id",
            "stands_in_for__role",
            "stands_in_for__agency_id",
            "stands_in_for__unit_id",
        )
    )
    return [Held(grant_of(row), row["person_id"]) for row in found]


async def rows_by_number(numbers: Collection[int]) -> dict[int, Row]:
    """Memberships by number, as lists show them."""
    if not numbers:
        return {}
    query = Membership.filter(id__in=list(numbers))
    found = await rows(await query.select_related("person", "agency", "unit", "stands_in_for__person"))
    return {row.membership.id: row for row in found}


async def agencies(sight: Sight) -> list[tuple[int, str]]:
    """Agencies within sight, by name, to choose from."""
    query = Agency.filter(closed_at=None)
    if not sight.everything:
        inside = await reach(list(sight.agencies)) if sight.agencies else set()
        units = await Unit.filter(id__in=list(sight.units)).values_list("agency_id", flat=True) if sight.units else []
        query = query.filter(id__in=[*inside, *units])
    found = await query.values_list("id", "name")
    return sorted(((number, either(name)) for number, name in found), key=lambda option: option[1].casefold())


async def units(sight: Sight) -> dict[int, list[tuple[int, str]]]:
    """Units within sight by agency, to choose from."""
    found: dict[int, list[tuple[int, str]]] = {}
    for number, agency, name in (
        await Unit.filter(await _units_seen(sight), closed_at=None)
        .order_by("id")
        .values_list("id", "agency_id", "name")
    ):
        found.setdefault(agency, []).append((number, either(name)))
    return found


async def _units_seen(sight: Sight) -> Q:
    if sight.everything:
        return Q()
    inside = await reach(list(sight.agencies)) if sight.agencies else set()
    return Q(agency_id__in=list(inside)) | Q(id__in=list(sight.units))


async def administrators(now: datetime) -> int:
    """How many people administer the whole portal."""
    found = await held({Role.ADMINISTRATOR}, now)
    return len({one.person for one in found if one.grant.agency is None})
