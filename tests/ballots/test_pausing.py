"""A board that has gone back, after a restore from an old copy: the vote pauses, and nobody's ballot is lost unseen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import SigningKey
from tortoise.exceptions import OperationalError

from app import audit
from app.audit import SYSTEM
from app.backup import Failed, backup, restore
from app.i18n import Reader, reading
from app.main import FEATURES
from app.settings import Settings
from ballots.actions import Refused, casting, evidence, running
from ballots.models import BoardEvent, CastBallot, Election
from ballots.queries import public
from ballots.receipts import Receipt, signing_key
from ballots.rules import Pause, State
from crypto.verification import Verdict
from tests.app.database import fresh, migrate
from tests.app.portal import DATABASES, fresh_database, release
from tests.ballots.elections import AFTER, CLOSES, DURING, NOW, Made, ballot_of, closed, ready, vote
from tests.ballots.test_elections import inside, report_on

LIBRARY, PARK = [[0, 1, 0, 0]], [[0, 0, 1, 0]]
KEY = signing_key(b"test")
MINUTE = timedelta(minutes=1)


@pytest.fixture(params=DATABASES)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    with fresh_database(request.param, tmp_path) as made:
        yield made


async def paused_one(now: datetime = DURING) -> Made:
    """An open vote with a ballot on its board, in a portal that was restored."""
    made = await ready()
    await vote(made, "1", LIBRARY)
    await running.pause_restored(now)
    return made


async def code_of(work: Awaitable[object]) -> str:
    with pytest.raises(Refused) as refused:
        await work
    return refused.value.code


async def lost(made: Made) -> tuple[str, Receipt]:
    """A ballot that the portal has taken, and that its board has lost since, with its receipt."""
    before = await made.row()
    text = ballot_of(before, made.codes["2"], PARK)
    receipt = (await casting.cast(before, text, person=None, key=KEY, now=DURING)).receipt
    await CastBallot.filter(election_id=made.id, height=receipt.height).delete()
    await BoardEvent.filter(election_id=made.id, height=receipt.height).delete()
    columns = ("height", "head", "archive_size", "ballots")
    await Election.filter(id=made.id).update(**{name: getattr(before, name) for name in columns})
    return text, receipt


async def log_of(made: Made) -> list[str]:
    return [entry.verb for entry in await public.log(await made.row())]


def in_portal(work: Callable[[], Awaitable[Any]]) -> Any:
    """Work of a command, which opens and closes databases of its own."""

    async def run() -> Any:
        try:
            with reading(Reader("en")):
                return await work()
        finally:
            release()

    return asyncio.run(run())


@pytest.mark.parametrize("kind", DATABASES)
def test_an_older_backup_pauses_the_open_votes_and_the_lost_ballot_is_cast_again(tmp_path: Path, kind: str) -> None:
    copy = tmp_path / "portal.sawtuna"
    with fresh(kind, tmp_path / "old") as old, fresh(kind, tmp_path / "new") as new:
        migrate(old)

        async def before() -> tuple[Made, Made]:
            later = await ready(opens=CLOSES, closes=CLOSES + timedelta(days=1))
            made = await ready()
            await vote(made, "1", LIBRARY)
            return made, later

        made, later = inside(old, before)
        in_portal(lambda: backup(old, FEATURES, copy, DURING))
        text = ballot_of(inside(old, made.row), made.codes["2"], PARK)

        async def cast(now: datetime) -> casting.Accepted:
            return await casting.cast(await made.row(), text, person=None, key=KEY, now=now)

        receipt = inside(old, lambda: cast(DURING)).receipt
        told = in_portal(lambda: restore(new, FEATURES, copy, DURING)).told
        assert len(told) == 1
        assert "1 vote is paused" in told[0]
        assert "by one press" in told[0]

        async def after() -> None:
            row = await made.row()
            assert (row.paused_at, row.paused_why) == (DURING, Pause.RESTORED)
            assert not (await later.row()).is_paused, "no ballot of it can be missing"
            assert await code_of(cast(DURING)) == "paused"
            assert not await evidence.show(row, receipt.to_json(), key=KEY, now=DURING)
            assert (await log_of(made))[-2:] == ["election_paused", "receipt_missing"]
            await running.resume(row, "The others vote again", actor=SYSTEM, now=DURING + MINUTE)
            again = await cast(DURING + MINUTE)
            assert not again.again
            assert again.receipt == receipt, "the same bytes at the same place"
            assert (await audit.verify()).broken_at is None
            report = await report_on(made, tmp_path)
            assert (report.verdict, report.recorded) == (Verdict.IN_PROGRESS, 2)

        inside(new, after)


def test_a_copy_of_a_portal_without_open_votes_says_nothing(settings: Settings) -> None:
    async def work() -> None:
        await ready(opens=AFTER + MINUTE, closes=AFTER + timedelta(days=1))
        over = await ready()
        await closed(over, settings)
        assert await running.pause_restored(AFTER) == []
        assert (await over.row()).paused_at is None

    inside(settings, work)


def test_when_the_votes_cannot_be_paused_the_restore_says_what_to_do(tmp_path: Path) -> None:
    async def fail(_now: datetime) -> list[str]:
        raise OperationalError("disk full")

    copy = tmp_path / "portal.sawtuna"
    with fresh("sqlite", tmp_path / "old") as old, fresh("sqlite", tmp_path / "new") as new:
        migrate(old)
        in_portal(lambda: backup(old, FEATURES, copy, NOW))
        features = [replace(feature, restored=fail) for feature in FEATURES]
        with pytest.raises(Failed, match="Do not start the portal"):
            in_portal(lambda: restore(new, features, copy, DURING))


def test_a_paused_vote_takes_no_ballot_and_time_does_not_close_it(settings: Settings) -> None:
    async def work() -> None:
        made = await paused_one()
        row = await made.row()
        assert await code_of(vote(made, "2", PARK)) == "paused"
        assert await code_of(casting.spoil(row, "A" * 43, now=DURING)) == "paused"
        assert await running.turn(made.id, now=AFTER) is State.OPEN
        await running.turn_all(AFTER)
        found = await public.find(made.uuid, AFTER)
        assert found is not None
        assert (found.state, found.height) == (State.OPEN, row.height)
        assert (await public.pulse(row, AFTER)).state is State.OPEN
        assert (await public.details(found))["paused"] is True
        assert await code_of(vote(made, "2", PARK, now=AFTER)) == "paused"

    inside(settings, work)


def test_nobody_is_reminded_of_a_vote_that_is_paused(settings: Settings) -> None:
    async def work() -> None:
        made = await ready(sign_in=True)
        await running.pause_restored(DURING)
        reminded = running.remind(await made.row(), actor=SYSTEM, now=DURING, settings=settings)
        assert await code_of(reminded) == "paused"

    inside(settings, work)


def test_a_ballot_on_the_board_is_answered_with_its_receipt_while_the_vote_is_paused(settings: Settings) -> None:
    async def work() -> None:
        made = await ready()
        row = await made.row()
        text = ballot_of(row, made.codes["1"], LIBRARY)
        first = await casting.cast(row, text, person=None, key=KEY, now=DURING)
        await running.pause_restored(DURING)
        again = await casting.cast(await made.row(), text, person=None, key=KEY, now=DURING)
        assert (again.again, again.receipt) == (True, first.receipt)

    inside(settings, work)


def test_after_the_closing_time_a_vote_is_extended_before_it_goes_on(settings: Settings, tmp_path: Path) -> None:
    async def work() -> None:
        made = await paused_one()
        row = await made.row()
        assert await code_of(running.resume(row, "go on", actor=SYSTEM, now=AFTER)) == "over"
        past = running.extend(row, CLOSES + timedelta(seconds=1), "once more", actor=SYSTEM, now=AFTER)
        assert await code_of(past) == "earlier"
        await running.extend(row, AFTER + timedelta(days=1), "once more", actor=SYSTEM, now=AFTER)
        assert (await made.row()).is_paused
        await running.resume(row, "go on", actor=SYSTEM, now=AFTER)
        assert await code_of(running.resume(row, "go on", actor=SYSTEM, now=AFTER)) == "not_paused"
        await vote(made, "2", PARK, now=AFTER)
        assert await running.turn(made.id, now=AFTER + timedelta(days=2)) is State.CLOSED
        assert (await report_on(made, tmp_path)).verdict is Verdict.IN_PROGRESS
        told = [entry.verb for entry in await public.log(await made.row())]
        assert told[-4:] == ["election_paused", "election_extended", "election_resumed", "election_closed"]

    inside(settings, work)


def test_a_genuine_receipt_without_its_ballot_pauses_the_vote_once(settings: Settings) -> None:
    async def work() -> None:
        made = await ready()
        await vote(made, "1", LIBRARY)
        text, receipt = await lost(made)
        row = await made.row()
        assert not await evidence.show(row, receipt.to_json(), key=KEY, now=DURING)
        found = await made.row()
        assert (found.paused_at, found.paused_why, found.height) == (DURING, Pause.RECEIPT, row.height)
        assert (await public.log(found))[-1].details["height"] == receipt.height
        assert not await evidence.show(found, receipt.to_json(), key=KEY, now=DURING)
        assert (await log_of(made)).count("receipt_missing") == 0, "the log has it already"
        await running.resume(found, "They vote again", actor=SYSTEM, now=DURING)
        other = Receipt(made.uuid, "B" * 43, 9, "b" * 64, "B" * 43).signed(KEY)
        for _again in range(2):
            assert not await evidence.show(await made.row(), other.to_json(), key=KEY, now=DURING)
        assert not (await made.row()).is_paused, "whoever resumed it knew"
        assert (await log_of(made)).count("receipt_missing") == 1
        back = await casting.cast(await made.row(), text, person=None, key=KEY, now=DURING)
        assert back.receipt == receipt
        assert await evidence.show(await made.row(), receipt.to_json(), key=KEY, now=DURING)

    inside(settings, work)


def test_another_event_at_the_height_of_a_receipt_proves_it_too(settings: Settings) -> None:
    async def work() -> None:
        made = await ready()
        _text, receipt = await lost(made)
        await vote(made, "3", LIBRARY)
        row = await made.row()
        assert row.height == receipt.height
        assert not await evidence.show(row, receipt.to_json(), key=KEY, now=DURING)
        assert (await made.row()).paused_why is Pause.RECEIPT

    inside(settings, work)


def test_a_later_restore_can_pause_by_receipt_again(settings: Settings) -> None:
    async def work() -> None:
        made = await ready()
        _text, receipt = await lost(made)
        await evidence.show(await made.row(), receipt.to_json(), key=KEY, now=DURING)
        await running.resume(await made.row(), "known", actor=SYSTEM, now=DURING)
        await running.pause_restored(DURING)
        await running.resume(await made.row(), "nothing is missing", actor=SYSTEM, now=DURING)
        await evidence.show(await made.row(), receipt.to_json(), key=KEY, now=DURING)
        row = await made.row()
        assert (row.is_paused, row.paused_why) == (True, Pause.RECEIPT)

    inside(settings, work)


def test_once_a_vote_is_closed_a_missing_ballot_is_only_told(settings: Settings) -> None:
    async def work() -> None:
        made = await ready()
        await vote(made, "1", LIBRARY)
        _text, receipt = await lost(made)
        await closed(made, settings)
        before = await made.row()
        assert not await evidence.show(before, receipt.to_json(), key=KEY, now=AFTER)
        row = await made.row()
        assert (row.state, row.paused_at, row.head) == (State.DECRYPTING, None, before.head)
        assert (await log_of(made))[-1] == "receipt_missing"

    inside(settings, work)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"height": 8}, "rejected"),
        ({"event": "b" * 64}, "rejected"),
        ({"signature": "AAAA"}, "rejected"),
        ({"signature": "ص"}, "rejected"),
        ({"height": 0}, "malformed"),
        ({"format": "sawtuna receipt 2"}, "malformed"),
    ],
)
def test_a_receipt_that_was_changed_changes_nothing(settings: Settings, change: dict[str, Any], code: str) -> None:
    async def work() -> None:
        made = await ready()
        value = Receipt(made.uuid, "A" * 43, 7, "a" * 64, "A" * 43).signed(KEY).to_json()
        assert await code_of(evidence.show(await made.row(), value | change, key=KEY, now=DURING)) == code
        assert (await made.row()).paused_at is None
        assert await log_of(made) == ["election_frozen"]

    inside(settings, work)


def test_a_receipt_of_another_portal_or_another_vote_changes_nothing(settings: Settings) -> None:
    async def work() -> None:
        made, other = await ready(), await ready()
        foreign = Receipt(made.uuid, "A" * 43, 7, "a" * 64, "A" * 43).signed(SigningKey.generate())
        elsewhere = Receipt(other.uuid, "A" * 43, 7, "a" * 64, "A" * 43).signed(KEY)
        row = await made.row()
        assert await code_of(evidence.show(row, foreign.to_json(), key=KEY, now=DURING)) == "rejected"
        assert await code_of(evidence.show(row, elsewhere.to_json(), key=KEY, now=DURING)) == "other_election"
        assert await code_of(evidence.show(row, "no receipt", key=KEY, now=DURING)) == "malformed"
        assert (await made.row()).paused_at is None
        assert (await other.row()).paused_at is None

    inside(settings, work)
