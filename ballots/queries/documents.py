"""The documents of an election, in the order in which they were added."""

from ballots.models import Election, ElectionDocument
from ballots.rules import MOST_DOCUMENTS


async def documents_of(row: Election) -> list[ElectionDocument]:
    """All of them, with their files."""
    return await ElectionDocument.filter(election_id=row.id).order_by("id").select_related("file")


async def numbered(row: Election, number: int) -> ElectionDocument | None:
    """The n-th, counted from 1, as its public address names it; once the election is frozen that never changes."""
    if not 1 <= number <= MOST_DOCUMENTS:
        return None
    query = ElectionDocument.filter(election_id=row.id).order_by("id").offset(number - 1)
    return await query.first().select_related("file")
