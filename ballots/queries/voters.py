"""Voters: who may vote by level and place, and the list of an election, page by page. For its administrators only."""

from collections.abc import Sequence
from dataclasses import dataclass

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from app.accounts.models import Person
from app.accounts.queries.columns import column
from app.i18n import latin_digits
from app.policy import Level
from ballots.models import Election, Voter

PER_PAGE = 50
MOST_PLACES = 500


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of the list, and how many fit in all."""

    rows: Sequence[Voter]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """Number of the last page."""
        return max(1, -(-self.total // PER_PAGE))


def eligible(level: int, place: str) -> QuerySet[Person]:
    """The open accounts of a level or a higher one, in a place or everywhere (`app.policy.level_of`)."""
    proofs = Q(seen_at__not_isnull=True)
    if level <= Level.REGISTER:
        proofs |= Q(matched_at__not_isnull=True)
    if level <= Level.CONTACT:
        proofs |= Q(confirmed_at__not_isnull=True)
    people = Person.filter(proofs, deleted_at=None, blocked_at=None)
    return people.filter(place=place) if place else people


async def places() -> list[str]:
    """Every place that the civil register has given to somebody."""
    found = await column(Person.exclude(place="").distinct().order_by("place").limit(MOST_PLACES), "place")
    return [str(place) for place in found]


async def listed(election: Election, search: str, page: int) -> Listed:
    """Voters by a part of the name or of the contact, or by number, in the order of the list."""
    query = Voter.filter(election_id=election.id)
    if words := search.strip():
        plain = latin_digits(words)
        query = query.filter(
            Q(number__in=[words, plain]) | Q(name__icontains=words) | Q(contact__icontains=plain.casefold())
        )
    total = await query.count()
    number = min(max(1, page), max(1, -(-total // PER_PAGE)))
    rows = await query.order_by("id").offset((number - 1) * PER_PAGE).limit(PER_PAGE)
    return Listed(rows, total, number)
