"""The life of an election, from the draft to the verified result, on both databases."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.audit import SYSTEM
from app.models import Job
from app.settings import Settings
from ballots import board
from ballots.actions import Refused, casting, counting, running
from ballots.models import BoardEvent, CastBallot, Credential, SpoiledSeal, Trustee, Voter
from ballots.queries import public
from ballots.receipts import Receipt, signing_key
from ballots.rules import State
from crypto.seals import seal_code
from crypto.verification import Verdict, verify_record
from crypto.verification.record import proofs_path
from tests.app.portal import DATABASES, fresh_database, opened
from tests.ballots.elections import (
    AFTER,
    CLOSES,
    DURING,
    NOW,
    Made,
    ballot_of,
    closed,
    decrypted,
    drafted,
    part_of,
    ready,
    tallied,
    vote,
    with_credentials,
    with_keys,
)

LIBRARY, PARK, BLANK = [[0, 1, 0, 0]], [[0, 0, 1, 0]], [[1, 0, 0, 0]]


@pytest.fixture(params=DATABASES)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    with fresh_database(request.param, tmp_path) as made:
        yield made


def inside(settings: Settings, work: Callable[[], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with opened(settings):
            return await work()

    return asyncio.run(run())


async def archive_of(made: Made) -> bytes:
    row = await made.row()
    return b"".join([part async for part in board.archive(row)])


async def report_on(made: Made, folder: Path) -> Any:
    row = await made.row()
    path = folder / f"{made.uuid}.bel"
    path.write_bytes(await archive_of(made))
    proofs = proofs_path(path, made.uuid)
    proofs.parent.mkdir(exist_ok=True)
    proofs.write_bytes(await counting.proofs_json(row))
    report = await asyncio.to_thread(verify_record, path)
    report.require_strong()
    return report


@pytest.mark.parametrize(("trustees", "threshold"), [(3, 2), (3, 3), (1, 1)])
def test_an_election_runs_from_draft_to_a_result_that_the_verifier_accepts(
    settings: Settings, tmp_path: Path, trustees: int, threshold: int
) -> None:
    async def work() -> None:
        made = await tallied(settings, [LIBRARY, PARK, LIBRARY], trustees=trustees, threshold=threshold)
        row = await made.row()
        assert row.state is State.TALLIED
        assert row.result == [[0, 2, 1, 0]]
        report = await report_on(made, tmp_path)
        assert report.verdict is Verdict.VERIFIED
        assert report.decryption_proofs == "strong"
        assert report.result == [[0, 2, 1, 0]]
        assert (report.fingerprint, report.uuid) == (row.fingerprint, row.uuid)

    inside(settings, work)


def test_the_last_ballot_counts_and_names_the_one_it_replaces(settings: Settings) -> None:
    async def work() -> None:
        made = await ready()
        first = await vote(made, "1", LIBRARY)
        second = await vote(made, "1", PARK)
        assert first.replaces is None
        assert second.replaces == first.receipt.height
        await vote(made, "2", BLANK)
        await closed(made, settings)
        await decrypted(made, 1, 3)
        await counting.publish(made.id, now=AFTER)
        row = await made.row()
        assert row.result == [[1, 0, 1, 0]]
        assert row.counted == 2

    inside(settings, work)


def test_weights_count_as_often_as_the_list_says(settings: Settings) -> None:
    async def work() -> None:
        made = await ready(voters=[("1", "a", "", 3), ("2", "b", "", 0), ("3", "c", "", 10)])
        await vote(made, "1", LIBRARY)
        await vote(made, "2", PARK)
        await vote(made, "3", BLANK)
        await closed(made, settings)
        await decrypted(made, 1, 2)
        await counting.publish(made.id, now=AFTER)
        assert (await made.row()).result == [[10, 3, 0, 0]]

    inside(settings, work)


def test_an_election_without_a_single_ballot_has_a_result_too(settings: Settings, tmp_path: Path) -> None:
    async def work() -> None:
        made = await ready()
        assert await running.turn(made.id, now=DURING) is State.OPEN
        await closed(made, settings)
        await decrypted(made, 2, 3)
        await counting.publish(made.id, now=AFTER)
        assert (await made.row()).result == [[0, 0, 0, 0]]
        assert (await report_on(made, tmp_path)).verdict is Verdict.VERIFIED

    inside(settings, work)


def test_the_archive_can_be_fetched_in_any_pieces(settings: Settings) -> None:
    async def work() -> None:
        made = await ready()
        for number in ("1", "2", "3", "1"):
            await vote(made, number, LIBRARY)
        whole, row = await archive_of(made), await made.row()
        assert len(whole) == row.archive_size
        for begin in (0, 1, 511, 512, 1023, 1024, 5000, len(whole) - 1):
            for end in (begin + 1, begin + 700, len(whole)):
                pieces = [part async for part in board.archive(row, begin, min(end, len(whole)))]
                assert b"".join(pieces) == whole[begin:end], (begin, end)

    inside(settings, work)


def test_a_ballot_sent_again_is_answered_with_the_same_receipt(settings: Settings) -> None:
    async def work() -> None:
        made = await ready()
        row = await made.row()
        text, key = ballot_of(row, made.codes["1"], LIBRARY), signing_key(b"test")
        first = await casting.cast(row, text, person=None, key=key, now=DURING)
        again = await casting.cast(row, text, person=None, key=key, now=AFTER)
        assert (first.again, again.again) == (False, True)
        assert first.receipt == again.receipt
        assert await CastBallot.filter(election_id=made.id).count() == 1
        Receipt.parse(first.receipt.to_json()).verify(key.verify_key.encode().hex())

    inside(settings, work)


def test_a_rolled_back_revote_is_refused(settings: Settings) -> None:
    async def work() -> None:
        made = await ready()
        row, key = await made.row(), signing_key(b"test")
        earlier = ballot_of(row, made.codes["1"], LIBRARY)
        await casting.cast(row, earlier, person=None, key=key, now=DURING)
        later = await vote(made, "1", PARK)
        replayed = await casting.cast(row, earlier, person=None, key=key, now=DURING)
        assert replayed.again, "the first ballot keeps its place and does not come last again"
        last = await CastBallot.filter(election_id=made.id, replaced_by=None).values_list("height", flat=True)
        assert last == [later.receipt.height]

    inside(settings, work)


def test_what_was_opened_for_an_audit_can_never_be_cast_and_the_reverse(settings: Settings) -> None:
    async def work() -> None:
        from ballots.frozen import election_of  # noqa: PLC0415 - beside its only use
        from crypto.ballot import Ballot  # noqa: PLC0415 - beside its only use

        made = await ready()
        row, key = await made.row(), signing_key(b"test")
        text = ballot_of(row, made.codes["1"], LIBRARY)
        seal = seal_code(election_of(row), Ballot.parse(election_of(row), text.encode()))
        await casting.spoil(row, seal, now=DURING)
        await casting.spoil(row, seal, now=DURING)
        assert await SpoiledSeal.filter(election_id=made.id).count() == 1
        with pytest.raises(Refused) as refused:
            await casting.cast(row, text, person=None, key=key, now=DURING)
        assert refused.value.code == "spoiled"
        accepted = await vote(made, "2", LIBRARY)
        with pytest.raises(Refused) as refused:
            await casting.spoil(row, accepted.receipt.seal, now=DURING)
        assert refused.value.code == "cast"

    inside(settings, work)


@pytest.mark.parametrize(
    ("moment", "code"),
    [(NOW, "not_open"), (CLOSES, "closed"), (CLOSES + timedelta(days=9), "closed")],
    ids=["before", "at the close", "after"],
)
def test_ballots_outside_the_hours_are_refused(settings: Settings, moment: Any, code: str) -> None:
    async def work() -> None:
        made = await ready()
        with pytest.raises(Refused) as refused:
            await vote(made, "1", LIBRARY, now=moment)
        assert refused.value.code == code
        assert await CastBallot.filter(election_id=made.id).count() == 0

    inside(settings, work)


def test_a_code_that_is_on_no_list_is_refused(settings: Settings) -> None:
    async def work() -> None:
        made, other = await ready(), await ready()
        made.codes["9"] = other.codes["1"]
        with pytest.raises(Refused) as refused:
            await vote(made, "9", LIBRARY)
        assert refused.value.code == "unknown_credential"

    inside(settings, work)


def test_a_hundred_ballots_at_once_make_one_unbroken_chain(settings: Settings, tmp_path: Path) -> None:
    async def work() -> None:
        voters = [(str(n), f"v{n}", "", 1) for n in range(25)]
        made = await ready(voters=voters)
        row, key = await made.row(), signing_key(b"test")
        texts = [ballot_of(row, made.codes[str(n)], LIBRARY if n % 2 else PARK) for n in range(25) for _again in "ab"]
        done = await asyncio.gather(
            *(casting.cast(row, text, person=None, key=key, now=DURING) for text in [*texts, *texts])
        )
        assert sorted(one.receipt.height for one in done if not one.again) == list(range(1, 51))
        assert sum(one.again for one in done) == 50
        fresh = await made.row()
        assert (fresh.height, fresh.ballots) == (50, 50)
        assert await CastBallot.filter(election_id=made.id, replaced_by=None).count() == 25
        report = await report_on(made, tmp_path)
        assert report.verdict is Verdict.IN_PROGRESS
        assert report.recorded == 50

    inside(settings, work)


def test_a_close_while_ballots_arrive_ends_the_board_after_the_last_of_them(settings: Settings) -> None:
    """Some clocks are behind: what one process has closed, no other opens again."""

    async def work() -> None:
        voters = [(str(number), f"v{number}", "", 1) for number in range(16)]
        made = await ready(voters=voters)
        row, key, before = await made.row(), signing_key(b"test"), CLOSES - timedelta(seconds=1)
        texts = [ballot_of(row, made.codes[str(number)], LIBRARY) for number in range(16)]

        async def cast(text: str) -> str:
            try:
                await casting.cast(row, text, person=None, key=key, now=before)
            except Refused as refused:
                return refused.code
            return "accepted"

        async def close() -> str:
            await asyncio.sleep(0.03)
            return str(await running.turn(made.id, now=CLOSES))

        answers = await asyncio.gather(
            *(cast(text) for text in texts[:8]), close(), *(cast(text) for text in texts[8:])
        )
        assert set(answers) <= {"accepted", "closed", State.CLOSED}
        kinds = await BoardEvent.filter(election_id=made.id).order_by("height").values_list("kind", flat=True)
        assert kinds == ["Setup", *["Ballot"] * answers.count("accepted"), "EndBallots"]
        with pytest.raises(Refused) as refused:
            await vote(made, "15", PARK, now=before)
        assert refused.value.code == "closed"

    inside(settings, work)


def test_time_opens_and_closes_and_only_once(settings: Settings) -> None:
    async def work() -> None:
        made = await ready()
        assert await running.turn(made.id, now=NOW) is State.READY
        states = await asyncio.gather(*(running.turn(made.id, now=AFTER) for _ in range(5)))
        assert set(states) == {State.CLOSED}
        kinds = await BoardEvent.filter(election_id=made.id).order_by("height").values_list("kind", flat=True)
        assert kinds == ["Setup", "EndBallots"]

    inside(settings, work)


def test_the_count_begins_when_it_was_announced(settings: Settings) -> None:
    async def work() -> None:
        later = CLOSES + timedelta(hours=3)
        made = await ready(count_from=later)
        await running.turn(made.id, now=AFTER)
        job = await Job.get(name=running.ADD_UP)
        assert job.run_at == later
        assert (await made.row()).state is State.CLOSED

    inside(settings, work)


def test_nothing_is_tallied_twice_and_no_subset_is(settings: Settings) -> None:
    async def work() -> None:
        made = await ready()
        await vote(made, "1", LIBRARY)
        await counting.add_up(made.id, settings=settings, now=DURING)
        assert (await made.row()).state is State.OPEN, "an open election is not added up"
        await closed(made, settings)
        await asyncio.gather(*(counting.add_up(made.id, settings=settings, now=AFTER) for _ in range(3)))
        await decrypted(made, 1)
        assert (await made.row()).state is State.DECRYPTING, "one of two is not enough"
        await decrypted(made, 2)
        await asyncio.gather(*(counting.publish(made.id, now=AFTER) for _ in range(3)))
        kinds = await BoardEvent.filter(election_id=made.id).order_by("height").values_list("kind", flat=True)
        assert kinds.count("EncryptedTally") == 1
        assert kinds.count("Result") == 1
        assert kinds[-1] == "Result"

    inside(settings, work)


def test_a_part_of_the_count_that_is_wrong_or_somebody_elses_is_refused(settings: Settings) -> None:
    async def work() -> None:
        made = await ready()
        await vote(made, "1", LIBRARY)
        await closed(made, settings)
        first = await Trustee.get(election_id=made.id, index=1)
        second = await part_of(made, 2)
        with pytest.raises(Refused):
            await counting.decrypt(first, second, now=AFTER)
        broken = await part_of(made, 1)
        factor = broken["decryption"]["decryption_factors"][0]
        factor[0], factor[1] = factor[1], factor[0]
        with pytest.raises(Refused):
            await counting.decrypt(first, broken, now=AFTER)
        assert (await Trustee.get(id=first.id)).decrypted_at is None

    inside(settings, work)


def test_nothing_can_be_changed_once_frozen(settings: Settings) -> None:
    async def work() -> None:
        made = await ready()
        with pytest.raises(Refused):
            await running.freeze(await made.row(), actor=SYSTEM, now=NOW)
        with pytest.raises(Refused):
            await with_credentials(made)
        assert (await made.row()).state is State.READY

    inside(settings, work)


def test_an_election_that_lacks_something_is_not_frozen(settings: Settings) -> None:
    async def work() -> None:
        made = await drafted()
        for step in (None, with_keys, with_credentials):
            if step is not None:
                await step(made)
            if step is not with_credentials:
                with pytest.raises(Refused) as refused:
                    await running.freeze(await made.row(), actor=SYSTEM, now=NOW)
                assert refused.value.code == "incomplete"
        row = await running.freeze(await made.row(), actor=SYSTEM, now=NOW)
        assert row.state is State.READY
        assert len(row.fingerprint) == len(row.credentials_fingerprint) == 43

    inside(settings, work)


def test_an_extension_is_public_and_only_ever_later(settings: Settings) -> None:
    async def work() -> None:
        made = await ready()
        row = await made.row()
        with pytest.raises(Refused):
            await running.extend(row, CLOSES - timedelta(minutes=1), "storm", actor=SYSTEM, now=DURING)
        await running.extend(row, CLOSES + timedelta(hours=3), "storm", actor=SYSTEM, now=DURING)
        await vote(made, "1", LIBRARY, now=CLOSES + timedelta(hours=1))
        assert [(one.verb, one.reason) for one in await public.log(row)][1] == ("election_extended", "storm")
        with pytest.raises(Refused):
            await running.extend(row, CLOSES + timedelta(days=9), "late", actor=SYSTEM, now=CLOSES + timedelta(hours=4))

    inside(settings, work)


def test_an_archived_election_forgets_who_may_vote_and_keeps_the_record(settings: Settings, tmp_path: Path) -> None:
    async def work() -> None:
        made = await tallied(settings, [LIBRARY, PARK])
        before = await archive_of(made)
        await running.archive(await made.row(), actor=SYSTEM, now=AFTER)
        assert await Voter.filter(election_id=made.id).count() == 0
        assert await Credential.filter(election_id=made.id, used_by_id__isnull=False).count() == 0
        assert await archive_of(made) == before
        assert (await report_on(made, tmp_path)).verdict is Verdict.VERIFIED

    inside(settings, work)


def test_public_data_names_no_voter_and_no_moment_of_a_ballot(settings: Settings) -> None:
    async def work() -> None:
        made = await ready(voters=[("17", "Sawsan the voter", "s@example.org", 1)])
        await vote(made, "17", LIBRARY)
        row = await made.row()
        told = json.dumps(
            [
                await public.details(row),
                [one.to_json() for one in await public.items(row)],
                [str(one) for one in await public.log(row)],
            ],
            default=str,
            ensure_ascii=False,
        )
        assert "Sawsan" not in told
        assert "s@example.org" not in told
        assert DURING.isoformat()[:16] not in told
        assert await public.by_hour(row) == []

    inside(settings, work)
