"""Every read of agencies: where each stands in the tree, how it is found, what it was called before."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from tortoise.expressions import Q
from tortoise.functions import Count
from tortoise.queryset import QuerySet

from app.accounts.models import Agency, AgencyChange
from app.accounts.queries.columns import column
from app.accounts.words import fits, searchable, stems
from app.policy import EVERYWHERE, Place

DEEPEST = 20
"""Levels of the tree; more would be a loop, which no action makes."""
PER_PAGE = 50
MOST_SHOWN_BELOW = 20
"""Agencies below one that are listed under it in the directory; more stand on its own page."""
MOST_FOUND = 1_000


@dataclass(slots=True)
class Branch:
    """An agency, how many stand directly below it, and those of them that are shown with it."""

    agency: Agency
    below: int = 0
    children: list["Branch"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of a list."""

    branches: list[Branch]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """Number of the last page."""
        return max(1, -(-self.total // PER_PAGE))


async def lineage(agency: int) -> tuple[int, ...]:
    """An agency and those above it, nearest first; empty when there is no such agency."""
    above: list[int] = []
    next_id: int | None = agency
    while next_id is not None and len(above) < DEEPEST:
        rows = await column(Agency.filter(id=next_id), "parent_id")
        if not rows:
            break
        above.append(next_id)
        next_id = rows[0]
    return tuple(above)


async def place_of(request: Request) -> Place:
    """The place of a route whose path names an agency by `slug`; a slug that was given up leads to its successor."""
    slug = request.path_params["slug"]
    found = await column(Agency.filter(slug=slug), "id")
    if found:
        return Place(await lineage(found[0]))
    later = await successor(slug)
    if later is None:
        raise HTTPException(404)
    raise moved(request.url.path.replace(f"/{slug}", f"/{later.slug}", 1))


async def everywhere(_request: Request) -> Place:
    """The place of acts on the tree as a whole: only roles that were given without an agency hold there."""
    return EVERYWHERE


def moved(path: str) -> HTTPException:
    """To be raised: what was asked for stands at another path. Kept by nobody, since a merger may be taken back."""
    return HTTPException(301, headers={"Location": path, "Cache-Control": "no-cache"})


async def successor(slug: str) -> Agency | None:
    """The agency that once had this slug."""
    change = await AgencyChange.filter(old_slug=slug).order_by("-id").select_related("agency").first()
    return change.agency if change else None


async def merged_into(agency: Agency) -> Agency:
    """The agency in which this one lives on; itself when it was never merged."""
    for _step in range(DEEPEST):
        next_id = agency.merged_into_id  # type: ignore[attr-defined]  # Tortoise adds it
        if next_id is None:
            break
        agency = await Agency.get(id=next_id)
    return agency


async def above(agency: Agency) -> list[Agency]:
    """The agencies above one, the highest first."""
    order = (await lineage(agency.id))[1:]
    rows = {row.id: row for row in await Agency.filter(id__in=order)} if order else {}
    return [rows[number] for number in reversed(order)]


def _open() -> QuerySet[Agency]:
    return Agency.filter(closed_at=None)


async def directory(page: int = 1) -> Listed:
    """The highest agencies, each with those directly below it when they are few."""
    return await below(None, page, deep=True)


async def below(parent: int | None, page: int = 1, *, deep: bool = False) -> Listed:
    """The agencies directly below one (or below none), in the order in which they were entered."""
    query = _open().filter(parent_id=parent)
    total = await query.count()
    page = min(max(1, page), max(1, -(-total // PER_PAGE)))
    rows = await query.order_by("id").offset((page - 1) * PER_PAGE).limit(PER_PAGE)
    branches = await counted(rows)
    if deep:
        few = {branch.agency.id: branch for branch in branches if 0 < branch.below <= MOST_SHOWN_BELOW}
        children = await _open().filter(parent_id__in=list(few)).order_by("id") if few else []
        for child in await counted(children):
            few[child.agency.parent_id].children.append(child)  # type: ignore[attr-defined]  # Tortoise adds it
    return Listed(branches, total, page)


async def counted(rows: Sequence[Agency]) -> list[Branch]:
    """Agencies with the number of those directly below each."""
    if not rows:
        return []
    counts = (
        await _open()
        .filter(parent_id__in=[row.id for row in rows])
        .annotate(n=Count("id"))
        .group_by("parent_id")
        .values_list("parent_id", "n")
    )
    many = dict(counts)
    return [Branch(row, many.get(row.id, 0)) for row in rows]


async def small() -> bool:
    """Whether the whole directory fits into one view, so that nothing needs to be folded."""
    return await _open().count() <= PER_PAGE


async def search(text: str, page: int = 1, *, within: Sequence[int] | None = None) -> Listed:
    """Agencies that hold every word of `text`, those first whose name does. `within`: only these and those below."""
    wanted = stems(text)
    query = _open()
    for one in wanted:
        query = query.filter(Q(search__startswith=one) | Q(search__contains=f" {one}"))
    rows = await query.order_by("id").limit(MOST_FOUND).values("id", "name", "parent_id")
    if within is not None:
        inside = await reach(within)
        rows = [row for row in rows if row["id"] in inside]

    def rank(row: dict[str, object]) -> tuple[bool, bool, int]:
        name = row["name"]
        assert isinstance(name, dict)
        number = row["id"]
        assert isinstance(number, int)
        return (not fits(searchable(*name.values()), wanted), row["parent_id"] is not None, number)

    order = [row["id"] for row in sorted(rows, key=rank)]
    page = min(max(1, page), max(1, -(-len(order) // PER_PAGE)))
    shown = order[(page - 1) * PER_PAGE : page * PER_PAGE]
    found = {row.id: row for row in await Agency.filter(id__in=shown).select_related("parent")} if shown else {}
    return Listed(await counted([found[number] for number in shown]), len(order), page)


async def reach(roots: Sequence[int]) -> set[int]:
    """These agencies and all below them."""
    known, fresh = set(roots), list(roots)
    while fresh:
        rows = await column(Agency.filter(parent_id__in=fresh), "id")
        fresh = [row for row in rows if row not in known]
        known.update(fresh)
    return known


async def height(agency: int) -> int:
    """Levels of the tree from an agency downwards, itself included."""
    levels, row = 0, [agency]
    while row and levels <= DEEPEST:
        levels += 1
        row = await column(Agency.filter(parent_id__in=row), "id")
    return levels


@dataclass(frozen=True, slots=True)
class Step:
    """A step in the history of an agency, with the other agency it tells of."""

    verb: str
    at: datetime
    old_name: dict[str, str] | None
    other: Agency | None
    reason: str


async def history(agency: int) -> list[Step]:
    """What became of an agency, the newest first."""
    rows = await AgencyChange.filter(agency_id=agency).order_by("-at", "-id").limit(100)
    others = {row.other_id for row in rows if row.other_id is not None}
    named = {row.id: row for row in await Agency.filter(id__in=list(others))} if others else {}
    return [
        Step(row.verb, row.at, row.old_name, named.get(row.other_id) if row.other_id else None, row.reason)
        for row in rows
    ]
