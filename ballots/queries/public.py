"""What anybody may see of elections. Drafts and their preparation are in `preparation`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tortoise.expressions import Q

from app.models import AuditEntry
from ballots import board
from ballots.actions import running
from ballots.models import BoardEvent, CastBallot, Election, SpoiledSeal, Trustee, Turnout
from ballots.queries.documents import documents_of
from ballots.receipts import CODE, plain
from ballots.rules import PUBLIC, SMALL, Question, State, due, holds

PAGE = 50
MOST_ITEMS = 500
SEEN = (
    "credentials_mailed",
    "election_frozen",
    "election_opened",
    "election_closed",
    "election_extended",
    "election_paused",
    "election_resumed",
    "receipt_missing",
    "election_added_up",
    "trustee_key_lost",
    "trustee_decrypted",
    "election_result",
    "election_archived",
    "election_cancelled",
)
"""What the public event log of an election tells."""


async def find(uuid: str, now: datetime) -> Election | None:
    """A published election as it is now: what time alone brings about is seen to first."""
    row = await Election.get_or_none(uuid=uuid, frozen_at__isnull=False)
    if row is not None and row.due(now) is not None:
        await running.turn(row.id, now=now)
        row = await Election.get(id=row.id)
    return row


@dataclass(frozen=True, slots=True)
class Pulse:
    """What changes while a vote runs, without the texts that stay."""

    state: State
    height: int


async def pulse(row: Election, now: datetime) -> Pulse:
    """The state and the height as they are now."""
    found = await Election.filter(id=row.id).values("state", "height", "opens_at", "closes_at", "paused_at")
    state, height = State(found[0]["state"]), int(found[0]["height"])
    if due(state, found[0]["opens_at"], found[0]["closes_at"], now, found[0]["paused_at"]) is not None:
        return Pulse(await running.turn(row.id, now=now), height)
    return Pulse(state, height)


async def listed(now: datetime, *, after: int = 0, limit: int = PAGE) -> list[Election]:
    """Published elections, newest first; test elections are not among them."""
    await running.turn_all(now)
    query = Election.filter(frozen_at__isnull=False, is_test=False, state__in=list(PUBLIC))
    if after:
        query = query.filter(id__lt=after)
    return await query.order_by("-id").limit(limit)


@dataclass(frozen=True, slots=True)
class Item:
    """One event of the board, with what is known of its ballot."""

    height: int
    kind: str
    digest: str
    payload: str | None
    tracker: str | None = None
    seal: str | None = None
    replaces: int | None = None
    replaced_by: int | None = None

    def to_json(self) -> dict[str, Any]:
        """For the API."""
        value: dict[str, Any] = {name: getattr(self, name) for name in ("height", "kind", "digest", "payload")}
        if self.tracker is not None:
            value |= {name: getattr(self, name) for name in ("tracker", "seal", "replaces", "replaced_by")}
        return value


async def items(row: Election, *, after: int = -1, limit: int = PAGE) -> list[Item]:
    """A page of the board by height."""
    rows = (
        await BoardEvent.filter(election_id=row.id, height__gt=after)
        .order_by("height")
        .limit(min(limit, MOST_ITEMS))
        .values("height", "kind", "digest", "payload")
    )
    return await _with_ballots(row, rows)


async def page(row: Election, number: int) -> list[Item]:
    """The n-th page of the board, newest first."""
    top = row.height - (number - 1) * PAGE
    rows = (
        await BoardEvent.filter(election_id=row.id, height__lte=top)
        .order_by("-height")
        .limit(PAGE)
        .values("height", "kind", "digest", "payload")
    )
    return await _with_ballots(row, rows)


async def _with_ballots(row: Election, rows: list[dict[str, Any]]) -> list[Item]:
    heights = [one["height"] for one in rows]
    cast = {one.height: one for one in await CastBallot.filter(election_id=row.id, height__in=heights)}
    found = []
    for one in rows:
        ballot = cast.get(one["height"])
        more = (ballot.tracker, ballot.seal, ballot.replaces, ballot.replaced_by) if ballot is not None else ()
        found.append(Item(one["height"], one["kind"], one["digest"], one["payload"], *more))
    return found


async def ballot(row: Election, code: str) -> tuple[CastBallot, BoardEvent] | None:
    """A ballot by its tracker or by its seal, as it was copied: with spaces, or in the form of addresses."""
    wanted = plain(code)
    if not CODE.match(wanted):
        return None
    made = await CastBallot.filter(Q(tracker=wanted) | Q(seal=wanted), election_id=row.id).first()
    if made is None:
        return None
    return made, await BoardEvent.get(election_id=row.id, height=made.height)


async def at_height(row: Election, height: int | None) -> CastBallot | None:
    """The ballot at a position of the board."""
    return await CastBallot.get_or_none(election_id=row.id, height=height) if height is not None else None


async def is_spoiled(row: Election, code: str) -> bool:
    """Whether a seal was opened for an audit."""
    wanted = plain(code)
    return bool(CODE.match(wanted)) and await SpoiledSeal.filter(election_id=row.id, seal=wanted).exists()


def text_of(event: BoardEvent) -> str:
    """A ballot as it was cast."""
    return board.records_in(bytes(event.chunk))[0].decode()


async def details(row: Election) -> dict[str, Any]:
    """Everything public about an election, for the API and its pages."""
    trustees = await Trustee.filter(election_id=row.id).order_by("index")
    questions = [Question.of(value) for value in row.questions]
    voted = await CastBallot.filter(election_id=row.id, replaced_by=None).count()
    return {
        "uuid": row.uuid,
        "state": str(row.state),
        "paused": row.is_paused,
        "test": row.is_test,
        "title": row.title,
        "description": row.description,
        "contact": row.contact,
        "group": row.group,
        "opens_at": _moment(row.opens_at),
        "closes_at": _moment(row.closes_at),
        "count_from": _moment(row.count_from),
        "fingerprint": row.fingerprint,
        "credentials_fingerprint": row.credentials_fingerprint,
        "ballots": row.ballots,
        "voted": voted,
        "voters": row.voters_number,
        "sign_in": row.sign_in,
        "weighted": row.weighted,
        "threshold": row.threshold,
        "trustees": [
            {
                "index": trustee.index,
                "name": trustee.name,
                "decrypted": trustee.decrypted_at is not None,
                "key_lost": trustee.lost_at is not None,
            }
            for trustee in trustees
        ],
        "questions": [question.to_json() for question in questions],
        "documents": [
            {
                "title": one.title,
                "name": one.name,
                "size": one.file.size,
                "media_type": one.file.media_type,
                "sha256": one.digest,
                "link": f"/elections/{row.uuid}/documents/{number}",
            }
            for number, one in enumerate(await documents_of(row), 1)
        ],
        "result": row.result,
        "counted": row.counted if row.state in (State.DECRYPTING, State.TALLIED, State.ARCHIVED) else None,
        "board": {"size": row.height + 1, "head": row.head, "bytes": row.archive_size},
        "links": {
            "page": f"/elections/{row.uuid}",
            "record": f"/elections/{row.uuid}/election.json",
            "archive": f"/elections/{row.uuid}/{row.uuid}.bel",
            "decryption_proofs": f"/elections/{row.uuid}/decryption-proofs.json",
            "zip": f"/elections/{row.uuid}/record.zip",
            "board": f"/api/elections/{row.uuid}/board",
            "events": f"/api/elections/{row.uuid}/events",
        },
    }


def _moment(value: datetime | None) -> str | None:
    return value.isoformat() if value is not None else None


async def by_hour(row: Election) -> list[Turnout]:
    """How many voted in each hour; nothing in a small election, where it could tell who."""
    if row.voters_number < SMALL:
        return []
    return await Turnout.filter(election_id=row.id).order_by("hour")


@dataclass(frozen=True, slots=True)
class Told:
    """An entry of the public log of an election."""

    at: datetime
    verb: str
    reason: str
    details: dict[str, Any]
    trustee: int | None = None


async def log(row: Election) -> list[Told]:
    """What has happened to the election, oldest first. A ballot is no event here: its time would be public."""
    entries = await AuditEntry.filter(object=row.subject, verb__in=SEEN).order_by("number")
    found = []
    for entry in entries:
        details = json.loads(entry.details)
        by = entry.actor.removeprefix("trustee:") if entry.actor.startswith("trustee:") else details.get("trustee")
        found.append(Told(entry.at, entry.verb, entry.reason, details, int(by) if by is not None else None))
    return found


@dataclass(frozen=True, slots=True)
class Figures:
    """How many may vote, how many have, how many ballots stand on the board, how many of them were replaced."""

    voters: int
    voted: int
    ballots: int

    @property
    def replaced(self) -> int:
        """Ballots in whose place a later one stands."""
        return self.ballots - self.voted

    @property
    def share(self) -> float:
        """Turnout, in 0..1."""
        return self.voted / self.voters if self.voters else 0.0


async def figures(row: Election) -> Figures:
    """The figures of an election."""
    voted = await CastBallot.filter(election_id=row.id, replaced_by=None).count()
    return Figures(row.voters_number, voted, row.ballots)


@dataclass(frozen=True, slots=True)
class Holders:
    """The trustees, and whether a result is possible with those who still have their keys."""

    trustees: Sequence[Trustee]
    threshold: int

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.trustees)

    @property
    def lost(self) -> int:
        """How many keys are reported lost."""
        return sum(one.lost_at is not None for one in self.trustees)

    @property
    def left(self) -> int:
        """How many trustees still have theirs."""
        return self.size - self.lost

    @property
    def holds(self) -> bool:
        """Whether enough are left."""
        return holds(self.threshold, self.size, self.lost)

    @property
    def decrypted(self) -> int:
        """How many have opened their part of the sum."""
        return sum(one.decrypted_at is not None for one in self.trustees)

    @property
    def names(self) -> dict[int, str]:
        """Name by number."""
        return {one.index: one.name for one in self.trustees}


async def holders(row: Election) -> Holders:
    """Who holds the key."""
    return Holders(await Trustee.filter(election_id=row.id).order_by("index"), row.threshold)
