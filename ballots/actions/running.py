"""From the freeze to the close: what happens to an election by decision or by time."""

import asyncio
import tempfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import Q
from tortoise.transactions import in_transaction

from app import audit, jobs, mail
from app.audit import SYSTEM, Actor
from app.i18n import Reader, ngettext, reading
from app.i18n import gettext as _
from app.models import Job
from app.search import actions as search
from app.settings import Settings
from ballots import board
from ballots.actions import Outdated, Refused
from ballots.actions.ceremony import Parts, parts_of, trustees_json
from ballots.models import CeremonyPart, Credential, Election, ElectionDocument, SpoiledSeal, Trustee, Voter
from ballots.queries.documents import documents_of
from ballots.queries.finding import entry_of
from ballots.queries.preparation import preparation_of
from ballots.rules import RUNNING, Pause, Question, State, described, spoken
from crypto import seals
from crypto.ballot_box import foundation
from crypto.board import Kind
from crypto.credentials import PublicCredential, fingerprint
from crypto.election import election_json
from crypto.errors import ProtocolError, Rejected
from crypto.groups import named
from crypto.journal import Journal
from crypto.transcripts import VERSION_1
from crypto.trustees import Trustees
from crypto.verification import Verdict, verify_record

ADD_UP = "ballots.add_up"
TURN = "ballots.turn"
SEND_RECEIPT = "ballots.send_receipt"
PAUSE_BETWEEN_REMINDERS = timedelta(hours=24)
_LETTERS_AT_ONCE = 500


async def freeze(election: Election, *, actor: Actor, now: datetime) -> Election:
    """Put questions, keys and credentials into the record. From here on nothing of them changes.

    `election` is what was looked at: when anything in it has changed since, it is not frozen. What takes long, the
    verification of everything that goes into the record, comes before the lock.
    """
    if election.state is not State.DRAFT:
        raise Refused(_("This election is frozen already."), "frozen")
    seen = await _founded_on(election)
    if (await preparation_of(election)).missing(now):
        raise Refused(_("Something is still missing: look at the check list."), "incomplete")
    names = [trustee.name for trustee in await Trustee.filter(election_id=election.id).order_by("index")]
    parts = await parts_of(election.id)
    listed = await Credential.filter(election_id=election.id).values("public", "weight")
    documents = await documents_of(election)
    try:
        records = await asyncio.to_thread(_records, election, documents, names, parts, listed, int(now.timestamp()))
    except ProtocolError as error:
        raise Refused(str(error), "rejected") from None
    async with in_transaction() as connection:
        row = await board.locked(election.id, connection)
        if row.state is not State.DRAFT:
            raise Refused(_("This election is frozen already."), "frozen")
        if row.version != election.version or await _founded_on(row) != seen:
            raise Outdated
        row.record, row.trustees_record = records[0].decode(), records[1].decode()
        row.fingerprint, row.credentials_fingerprint = fingerprint(records[0]), fingerprint(records[2])
        row.state, row.frozen_at, row.archive_time = State.READY, now, int(now.timestamp())
        row.voters_number = len(listed)
        row.version += 1
        await row.save(using_db=connection)
        await board.append(row, Kind.SETUP, records, connection)
        found = {"fingerprint": row.fingerprint, "credentials": row.credentials_fingerprint}
        await audit.record(actor, "election_frozen", row.subject, now=now, details=found)
        if not row.is_test:
            await search.index(entry_of(row), now)
        return row


async def _founded_on(row: Election) -> list[object]:
    """What the record is made of beside the row itself, as far as it could change under our hands."""
    parts = await CeremonyPart.filter(election_id=row.id).order_by("id").values_list("id", flat=True)
    trustees = await Trustee.filter(election_id=row.id).order_by("id").values_list("id", "index", "name", "tested_at")
    credentials = await Credential.filter(election_id=row.id).order_by("-id").limit(1).values_list("id", flat=True)
    return [row.credentials_at, list(parts), list(trustees), list(credentials)]


def _records(
    row: Election,
    documents: list[ElectionDocument],
    names: list[str],
    parts: Parts,
    listed: list[dict[str, object]],
    time: int,
) -> tuple[bytes, ...]:
    """The founding records, as every verifier will look at them: verified as an archive before they are accepted."""
    group = named(row.group)
    trustees = trustees_json(row, names, parts)
    credentials = [
        PublicCredential(group.parse_key(entry["public"]), int(str(entry["weight"])), row.weighted) for entry in listed
    ]
    credentials.sort(key=lambda entry: entry.point.sort_key())
    data = election_json(
        version=VERSION_1,
        group=group,
        uuid=row.uuid,
        name=spoken(row.title),
        description=described(row.description, [(one.title, one.digest) for one in documents]),
        public_key=Trustees.parse(VERSION_1, group, trustees).combined_key(),
        questions=[Question.of(value).in_record() for value in row.questions],
        administrator=None,
        credential_authority=row.authority_name or None,
    )
    _election, records = foundation(data, trustees, credentials)
    with tempfile.TemporaryDirectory(prefix="sawtuna-freeze-") as folder:
        path = Path(folder) / f"{row.uuid}.bel"
        Journal.create(path, time, records).close()
        report = verify_record(path, jobs=1)
    if report.verdict is not Verdict.IN_PROGRESS:
        failed = [failure.reason for outcome in report.outcomes.values() for failure in outcome.failures]
        raise Rejected("the verifier does not accept this record: %(reason)s", reason="; ".join(failed)[:500])
    return records


async def turn(election: int, *, now: datetime) -> State:
    """Open or close the election when its time has come; the state it is in then."""
    async with in_transaction() as connection:
        row = await board.locked(election, connection)
        while (state := row.due(now)) is not None:
            row.state = state
            if state is State.CLOSED:
                row.closed_at = now
                await board.append(row, Kind.END_BALLOTS, [], connection)
                begin = max(now, row.count_from or now)
                await jobs.enqueue(ADD_UP, now=now, run_at=begin, unique=f"{ADD_UP}:{row.id}", election=row.id)
            await row.save(update_fields=["state", "closed_at"], using_db=connection)
            await audit.record(
                SYSTEM, f"election_{'opened' if state is State.OPEN else 'closed'}", row.subject, now=now
            )
        return row.state


async def turn_all(now: datetime) -> None:
    """See to every election whose time has come."""
    is_due = Q(state=State.READY, opens_at__lte=now) | Q(state=State.OPEN, closes_at__lte=now, paused_at=None)
    for row in await Election.filter(is_due):
        if row.due(now) is not None:
            await turn(row.id, now=now)


async def extend(election: Election, closes_at: datetime, reason: str, *, actor: Actor, now: datetime) -> None:
    """Close later than was announced: possible until the close, and told to everybody. A paused vote has not closed."""
    async with in_transaction() as connection:
        row = await board.locked(election.id, connection)
        if row.state not in RUNNING or row.closes_at is None or (now >= row.closes_at and not row.is_paused):
            raise Refused(_("Only a vote that has not closed yet can be extended."), "closed")
        if closes_at <= row.closes_at:
            raise Refused(_("The new time must be later than the one that was announced."), "earlier")
        if closes_at <= now:
            raise Refused(_("The new time is over already. Choose a later one."), "earlier")
        details = {"from": row.closes_at.isoformat(), "to": closes_at.isoformat()}
        row.closes_at = closes_at
        await row.save(update_fields=["closes_at"], using_db=connection)
        await audit.record(actor, "election_extended", row.subject, now=now, reason=reason, details=details)


async def pause_restored(now: datetime) -> list[str]:
    """After a restore from a copy: votes that may have lost ballots stand still. Sentences for whoever restored it."""
    paused = 0
    for election in await Election.filter(state__in=list(RUNNING), opens_at__lte=now).order_by("id"):
        async with in_transaction() as connection:
            row = await board.locked(election.id, connection)
            if row.state in RUNNING:
                await pause(row, Pause.RESTORED, {}, connection, now)
                paused += 1
    if not paused:
        return []
    return [
        ngettext(
            "%(n)s vote is paused: ballots that came after this copy was made are not in it. If there were none, an "
            "administrator of elections resumes it by one press on its page.",
            "%(n)s votes are paused: ballots that came after this copy was made are not in it. If there were none, an "
            "administrator of elections resumes each by one press on its page.",
            paused,
        )
    ]


async def pause(
    row: Election, why: Pause, details: Mapping[str, object], connection: BaseDBAsyncClient, now: datetime
) -> None:
    """Let a vote stand still; everybody is told. `row` must be `board.locked`."""
    row.paused_at, row.paused_why = now, why
    await row.save(update_fields=["paused_at", "paused_why"], using_db=connection)
    await audit.record(SYSTEM, "election_paused", row.subject, now=now, details={"why": str(why), **details})


async def resume(election: Election, reason: str, *, actor: Actor, now: datetime) -> None:
    """Take ballots again on the board as it is. Whoever finds a ballot missing must have time to vote again."""
    async with in_transaction() as connection:
        row = await board.locked(election.id, connection)
        if not row.is_paused:
            raise Refused(_("This vote is not paused."), "not_paused")
        if row.closes_at is None or now >= row.closes_at:
            raise Refused(
                _("The closing time is over. Extend the vote first, so that people have time to vote again."), "over"
            )
        row.paused_at = None
        await row.save(update_fields=["paused_at"], using_db=connection)
        await audit.record(actor, "election_resumed", row.subject, now=now, reason=reason)


async def remind(election: Election, *, actor: Actor, now: datetime, settings: Settings) -> int:
    """Write to those who have not voted, once a day at most. How many letters; who got one is not told to anybody.

    In small transactions that hold no lock of the election, or nobody could vote meanwhile.
    """
    if not election.sign_in:
        raise Refused(_("In this election nobody knows who has voted, so nobody can be reminded."), "unknown")
    if await turn(election.id, now=now) is not State.OPEN:
        raise Refused(_("Reminders are possible while the vote is open."), "not_open")
    if await Election.filter(id=election.id, paused_at__isnull=False).exists():
        raise Refused(_("The vote is paused: whoever was reminded now could not vote."), "paused")
    sent, after = 0, 0
    while True:
        waiting = (
            await Voter.filter(election_id=election.id, id__gt=after, bound=False)
            .filter(Q(reminded_at=None) | Q(reminded_at__lt=now - PAUSE_BETWEEN_REMINDERS))
            .order_by("id")
            .limit(_LETTERS_AT_ONCE)
            .select_related("person")
        )
        if not waiting:
            break
        after = waiting[-1].id
        async with in_transaction():
            for voter in waiting:
                sent += await _remind_one(election, voter, settings, now)
    await audit.record(actor, "election_reminded", election.subject, now=now, details={"letters": sent})
    return sent


async def _remind_one(row: Election, voter: Voter, settings: Settings, now: datetime) -> int:
    person = voter.person
    address = (person.email if person is not None else "") or (voter.contact if "@" in voter.contact else "")
    still = Voter.filter(id=voter.id, bound=False).filter(
        Q(reminded_at=None) | Q(reminded_at__lt=now - PAUSE_BETWEEN_REMINDERS)
    )
    if not address or not await still.update(reminded_at=now):
        return 0  # voted a moment ago, or reminded by somebody else
    language = person.language if person is not None else "ar"
    with reading(Reader("en" if language == "en" else "ar")):
        await mail.post(
            address,
            _("A vote in which you may take part closes soon"),
            _(
                "%(name)s,\n\nyou may vote on “%(title)s”, and no ballot of yours is there yet:\n%(url)s\n\n"
                "Whether you vote is up to you. Nobody sees who got this letter.",
                name=voter.name,
                title=row.title.get(language) or spoken(row.title),
                url=f"{settings.base_url}/elections/{row.uuid}",
            ),
            language=language,
            now=now,
        )
    return 1


async def archive(election: Election, *, actor: Actor, now: datetime) -> None:
    """Put a counted election away: the record stays for ever, the voters' list and who used which code are deleted."""
    async with in_transaction() as connection:
        row = await board.locked(election.id, connection)
        if row.state is not State.TALLIED:
            raise Refused(_("Only an election with a result can be archived."), "not_tallied")
        row.state = State.ARCHIVED
        await row.save(update_fields=["state"], using_db=connection)
        await Voter.filter(election_id=row.id).using_db(connection).delete()
        await Credential.filter(election_id=row.id).using_db(connection).update(used_by_id=None)
        await Job.filter(unique_key__startswith=f"{SEND_RECEIPT}:{row.id}:").using_db(connection).delete()
        await audit.record(actor, "election_archived", row.subject, now=now)


async def report_lost_key(trustee: Trustee, *, actor: Actor, now: datetime) -> None:
    """Note that a trustee's key is gone; the pages then say whether the threshold still holds."""
    async with in_transaction() as connection:
        row = await board.locked(trustee.election_id, connection)  # type: ignore[attr-defined]  # Tortoise adds it
        if (await Trustee.get(id=trustee.id)).decrypted_at is not None:
            raise Refused(_("This trustee has decrypted already; the key is not needed any more."), "decrypted")
        await Trustee.filter(id=trustee.id, lost_at=None).update(lost_at=now)
        await audit.record(actor, "trustee_key_lost", row.subject, now=now, details={"trustee": trustee.index})


async def seals_json(row: Election) -> bytes:
    """`audited-seals.json`: every seal that was opened for an audit, for the record."""
    listed = await SpoiledSeal.filter(election_id=row.id).values_list("seal", flat=True)
    return seals.list_json(str(seal) for seal in listed)
