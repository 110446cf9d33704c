"""Putting a ballot on the board, once; and keeping out for ever what was opened for an audit."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from nacl.signing import SigningKey
from tortoise.exceptions import IntegrityError
from tortoise.expressions import F
from tortoise.transactions import in_transaction

from app import jobs
from app.accounts.models import Person
from app.i18n import gettext as _
from ballots import board
from ballots.actions import Refused, running
from ballots.frozen import election_of
from ballots.models import BoardEvent, CastBallot, Credential, Election, SpoiledSeal, Turnout, Voter
from ballots.receipts import Receipt
from ballots.rules import RUNNING, SMALL, State
from crypto.ballot import Ballot, Envelope
from crypto.board import Kind
from crypto.election import Election as Parsed
from crypto.encoding import sha256_b64, sha256_hex
from crypto.errors import Malformed, ProtocolError
from crypto.seals import seal_code

SEND_RECEIPT = running.SEND_RECEIPT
MOST_BALLOTS = 30
"""Of one voter. Every ballot stays on the board for ever and is verified by everybody."""

_VERIFIERS = ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="verify")
"""As many ballots are verified at once as there are cores; others wait."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The receipt, and whether the ballot had been on the board before this request."""

    receipt: Receipt
    again: bool
    replaces: int | None


def _is_open(row: Election, now: datetime) -> None:
    if row.opens_at is None or row.closes_at is None or row.state in (State.DRAFT, State.CANCELLED):
        raise Refused(_("This election takes no ballots."), "not_open")
    if row.state is State.READY and now < row.opens_at:
        raise Refused(_("The vote has not begun yet."), "not_open")
    if row.is_paused:
        raise Refused(
            _("The vote is paused: no ballot is accepted until it goes on. The election’s page says why."), "paused"
        )
    if row.state not in RUNNING or now >= row.closes_at:
        raise Refused(_("The vote is closed: no ballot is accepted any more."), "closed")


async def cast(row: Election, text: str, *, person: Person | None, key: SigningKey, now: datetime) -> Accepted:
    """Check a ballot in every way the protocol knows, and append it in one transaction.

    The same ballot sent again by the same voter is answered with the same receipt: a connection that broke off loses
    and doubles nothing. `Refused` says why not, with a code for programs. What is cheap is checked first: whoever has
    no code of this election cannot make the portal verify proofs.
    """
    data = text.encode()
    tracker = sha256_b64(data)
    if (known := await _known(row, tracker, person, key)) is not None:
        return known
    _is_open(row, now)
    await _may_vote(row, person)
    if row.due(now) is not None:  # its time has come, and nobody has noticed yet
        await running.turn(row.id, now=now)
    election = election_of(row)
    try:
        envelope = Envelope.parse(data)
        digest = sha256_hex(envelope.credential.encode())
        if not await Credential.filter(election_id=row.id, digest=digest).exists():
            raise _unknown()
        ballot = await asyncio.get_running_loop().run_in_executor(_VERIFIERS, _verified, election, envelope, data)
    except Malformed as error:
        raise Refused(str(error), "malformed") from None
    except ProtocolError as error:
        raise Refused(str(error), "rejected") from None
    seal = seal_code(election, ballot)
    try:
        made, event = await _append(row, data, tracker, seal, digest, person, now)
    except IntegrityError:
        # The same ballot arrived twice at once, or its ciphertexts were taken from another ballot.
        if (known := await _known(row, tracker, person, key)) is not None:
            return known
        if await CastBallot.filter(election_id=row.id, seal=seal).exists():
            raise _duplicate() from None
        raise
    return Accepted(_receipt(row, made, event, key), again=False, replaces=made.replaces)


def _unknown() -> Refused:
    return Refused(_("This voter's code is not on the list of this election."), "unknown_credential")


def _duplicate() -> Refused:
    return Refused(_("This very ballot is on the board already."), "duplicate")


def _verified(election: Parsed, envelope: Envelope, data: bytes) -> Ballot:
    envelope.verify_signature(election)
    ballot = Ballot.parse(election, data)
    ballot.verify(election)
    return ballot


async def _append(
    row: Election, data: bytes, tracker: str, seal: str, digest: str, person: Person | None, now: datetime
) -> tuple[CastBallot, str]:
    """Everything that must hold at the same moment, under the election's lock; the ballot and its event's digest."""
    async with in_transaction() as connection:
        held = await board.locked(row.id, connection)
        _is_open(held, now)
        credential = await Credential.filter(election_id=row.id, digest=digest).using_db(connection).first()
        if credential is None:
            raise _unknown()
        if await SpoiledSeal.filter(election_id=row.id, seal=seal).using_db(connection).exists():
            raise Refused(_("This ballot was opened for an audit and can never be cast."), "spoiled")
        mine = CastBallot.filter(election_id=row.id, credential=digest).using_db(connection)
        if await mine.count() >= MOST_BALLOTS:
            raise Refused(
                _(
                    "You have voted %(most)s times, which is as often as possible. Your last ballot counts.",
                    most=MOST_BALLOTS,
                ),
                "too_often",
            )
        if person is not None and held.sign_in:
            await _bind(held.id, credential, person)
        before = await mine.filter(replaced_by=None).first()
        event = await board.append(held, Kind.BALLOT, [data], connection)
        made = await CastBallot.create(
            election_id=row.id,
            height=event.height,
            tracker=tracker,
            seal=seal,
            credential=digest,
            replaces=before.height if before else None,
            using_db=connection,
        )
        if before is not None:
            before.replaced_by = event.height
            await before.save(update_fields=["replaced_by"], using_db=connection)
        elif held.voters_number >= SMALL:
            await _count(row.id, now)
        held.ballots += 1
        await held.save(update_fields=["ballots"], using_db=connection)
        if person is not None and person.email and held.sign_in:
            # Where nobody signs in, nothing may tell that this account and this ballot belong together.
            unique = f"{SEND_RECEIPT}:{row.id}:{made.id}"
            await jobs.enqueue(SEND_RECEIPT, now=now, unique=unique, ballot=made.id, person=person.id)
        return made, event.digest


async def _known(row: Election, tracker: str, person: Person | None, key: SigningKey) -> Accepted | None:
    made = await CastBallot.filter(election_id=row.id, tracker=tracker).first()
    if made is None:
        return None
    if row.sign_in:
        if person is None:  # whose session has ended since: the same voter may be asking
            raise _sign_in()
        mine = await Credential.filter(election_id=row.id, digest=made.credential, used_by_id=person.id).exists()
        if not mine:
            raise _duplicate()
    event = await BoardEvent.filter(election_id=row.id, height=made.height).values("digest")
    return Accepted(_receipt(row, made, event[0]["digest"], key), again=True, replaces=made.replaces)


def _receipt(row: Election, made: CastBallot, event: str, key: SigningKey) -> Receipt:
    return Receipt(row.uuid, made.tracker, made.height, event, made.seal).signed(key)


async def receipt_of(row: Election, made: CastBallot, key: SigningKey) -> Receipt:
    """The receipt of a ballot on the board: the same whenever it is asked for."""
    event = await BoardEvent.filter(election_id=row.id, height=made.height).values("digest")
    return _receipt(row, made, event[0]["digest"], key)


async def _may_vote(row: Election, person: Person | None) -> None:
    """Where one signs in, only accounts of the voters' list cast: a code that was stolen is of no use by itself."""
    if not row.sign_in:
        return
    if person is None:
        raise _sign_in()
    if await voter_entry(row.id, person) is None:
        raise _no_voter()


def _sign_in() -> Refused:
    return Refused(_("Sign in, so that your ballot can be accepted."), "sign_in")


def _no_voter() -> Refused:
    return Refused(_("Your account is not on the list of voters of this election."), "not_voter")


async def voter_entry(election: int, person: Person) -> Voter | None:
    """A person's entry in the voters' list, by account or by a contact that the account has proven.

    An entry with which an account has voted stays with that account, even when the account is deleted.
    """
    entry = await Voter.filter(election_id=election, person_id=person.id).first()
    contacts = [contact for contact in (person.email, person.phone) if contact]
    if entry is None and contacts:
        entry = await Voter.filter(election_id=election, contact__in=contacts, person_id=None, bound=False).first()
    return entry


async def _bind(election: int, credential: Credential, person: Person) -> None:
    """Code, account and entry of the list belong together from the first ballot on."""
    entry = await voter_entry(election, person)
    if entry is None:
        raise _no_voter()
    owner: int | None = credential.used_by_id  # type: ignore[attr-defined]  # Tortoise adds it
    if credential.bound and owner != person.id:
        raise Refused(_("This voter's code was used with another account before."), "other_account")
    if not credential.bound:
        if await Credential.filter(election_id=election, used_by_id=person.id).exists():
            raise Refused(
                _("Your account has voted with another voter's code before. Use that one."), "other_credential"
            )
        await Credential.filter(id=credential.id).update(used_by_id=person.id, bound=True)
    if not entry.bound:
        await Voter.filter(id=entry.id).update(person_id=person.id, bound=True)


async def _count(election: int, now: datetime) -> None:
    hour = now.replace(minute=0, second=0, microsecond=0)
    if not await Turnout.filter(election_id=election, hour=hour).update(voters=F("voters") + 1):
        await Turnout.create(election_id=election, hour=hour, voters=1)


async def spoil(row: Election, seal: str, *, now: datetime) -> None:
    """Never let a seal be cast; asked for before its randomness is shown.

    A ballot that is on the board cannot be opened: that would prove to anybody how its voter voted.
    """
    _is_open(row, now)
    async with in_transaction() as connection:
        await board.locked(row.id, connection)
        if await CastBallot.filter(election_id=row.id, seal=seal).using_db(connection).exists():
            raise Refused(_("This ballot is on the board: it cannot be opened any more."), "cast")
        if not await SpoiledSeal.filter(election_id=row.id, seal=seal).using_db(connection).exists():
            await SpoiledSeal.create(election_id=row.id, seal=seal, using_db=connection)
