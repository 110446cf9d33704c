"""Every read of agencies."""

from dataclasses import dataclass, field

from app.accounts.models import Agency
from app.search.normal import fold


@dataclass(slots=True)
class Branch:
    """An agency and those below it."""

    agency: Agency
    children: list["Branch"] = field(default_factory=list)


async def agencies(search: str = "") -> list[Branch]:
    """All agencies as a tree; with `search` a flat list of those that match."""
    rows = await Agency.all().order_by("id")
    if search.strip():
        wanted = fold(search)
        return [Branch(row) for row in rows if wanted in row.search][:200]
    branches = {row.id: Branch(row) for row in rows}
    roots: list[Branch] = []
    for row in rows:
        parent = branches.get(row.parent_id)  # type: ignore[attr-defined]  # Tortoise adds it
        (parent.children if parent else roots).append(branches[row.id])
    return roots


async def agency(slug: str) -> Branch | None:
    """One agency with its parent and those below it."""
    row = await Agency.get_or_none(slug=slug).select_related("parent")
    if row is None:
        return None
    return Branch(row, [Branch(child) for child in await Agency.filter(parent_id=row.id).order_by("id")])
