"""Reads of agencies for a sheet."""

from app.accounts.models import Agency


async def sheet_rows() -> list[list[str]]:
    """The open agencies as lines of a sheet, those above before those below."""
    rows = await Agency.filter(closed_at=None).order_by("id")
    slug_of = {row.id: row.slug for row in rows}
    below: dict[int | None, list[Agency]] = {}
    for row in rows:
        parent: int | None = row.parent_id  # type: ignore[attr-defined]  # Tortoise adds it
        below.setdefault(parent if parent in slug_of else None, []).append(row)
    order, level = list[Agency](), below.get(None, [])
    while level:
        order += level
        level = [child for row in level for child in below.get(row.id, [])]
    return [
        [
            row.slug,
            slug_of.get(row.parent_id, ""),  # type: ignore[attr-defined]  # Tortoise adds it
            row.kind,
            row.name.get("ar", ""),
            row.name.get("en", ""),
            row.summary.get("ar", ""),
            row.summary.get("en", ""),
            row.email,
            row.phone,
            row.website,
            row.address.get("ar", ""),
            row.address.get("en", ""),
            row.place,
        ]
        for row in order
    ]
