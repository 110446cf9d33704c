"""Elections as things that can be found by the search."""

from collections.abc import AsyncIterator

from app.features import Entry
from ballots.models import Election

KIND = "election"


def entry_of(row: Election) -> Entry:
    """An election as a thing that can be found, by its questions and answers too."""
    asked = [part for question in row.questions for part in (question["question"], *question["answers"])]
    return Entry(
        KIND,
        row.uuid,
        row.title,
        f"/elections/{row.uuid}",
        row.description,
        " ".join(text for part in asked for text in part.values()),
    )


async def documents() -> AsyncIterator[Entry]:
    """Every election that can be found."""
    after = 0
    while rows := await Election.filter(frozen_at__isnull=False, is_test=False, id__gt=after).order_by("id").limit(200):
        for row in rows:
            yield entry_of(row)
        after = rows[-1].id
