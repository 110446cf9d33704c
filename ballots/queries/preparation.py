"""What an election that is being prepared has, and what it lacks."""

from ballots.models import CeremonyPart, Credential, Election, Trustee, Voter
from ballots.rules import Preparation, Question


async def preparation_of(row: Election) -> Preparation:
    """Everything that decides whether the election can be frozen."""
    return Preparation(
        title=row.title,
        group=row.group,
        questions=[Question.of(value) for value in row.questions],
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        voters=await Voter.filter(election_id=row.id).count(),
        trustees=await Trustee.filter(election_id=row.id).count(),
        threshold=row.threshold,
        keys=await CeremonyPart.filter(election_id=row.id, kind="keys").count(),
        tests=await Trustee.filter(election_id=row.id, tested_at__isnull=False).count(),
        authority=row.authority_token is not None or row.credentials_at is not None,
        credentials=await Credential.filter(election_id=row.id).count() if row.credentials_at else None,
    )
