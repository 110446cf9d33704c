"""`--previous`: an archive only grows. An observer who kept an older copy finds out when it did not."""

from pathlib import Path

import pytest

from crypto.verification import Report, Status, Verdict
from tests.crypto.records import (
    Little,
    another,
    archive_bytes,
    ballot_step,
    ends_of_events,
    failed,
    finish_election,
    judge,
    plain,
    said,
)

L = plain()
WHOLE = archive_bytes(L.steps())
ENDS = ends_of_events(WHOLE)


def compared(folder: Path, now: bytes, before: bytes) -> Report:
    path, previous = folder / "now.bel", folder / "before.bel"
    path.write_bytes(now)
    previous.write_bytes(before)
    return judge(path, previous=previous)


def lost(report: Report) -> str:
    """The record is refused because of what vanished, and this is what is said of it."""
    assert report.verdict is Verdict.REJECTED, said(report)
    assert failed(report) == {"previous.kept"}, said(report)
    assert report.result is None
    (failure,) = report["previous.kept"].failures
    assert failure.place == "previous"
    return failure.reason


def test_the_same_file_has_lost_nothing(tmp_path: Path) -> None:
    report = compared(tmp_path, WHOLE, WHOLE)
    assert report.verdict is Verdict.VERIFIED
    assert report["previous.kept"].status is Status.PASSED


def test_a_file_compared_with_itself_has_lost_nothing(tmp_path: Path) -> None:
    path = L.write(tmp_path)
    assert judge(path, previous=path)["previous.kept"].status is Status.PASSED


@pytest.mark.parametrize("kept", range(len(ENDS)))
def test_a_file_that_has_grown_since_has_lost_nothing(kept: int, tmp_path: Path) -> None:
    report = compared(tmp_path, WHOLE, WHOLE[: ENDS[kept]])
    assert report.verdict is Verdict.VERIFIED, said(report)
    assert report["previous.kept"].status is Status.PASSED


def test_a_file_that_grows_from_an_empty_archive_has_lost_nothing(tmp_path: Path) -> None:
    assert compared(tmp_path, WHOLE[: ENDS[0]], WHOLE[:1024]).verdict is Verdict.IN_PROGRESS


def test_an_older_copy_that_broke_off_is_no_reason_to_refuse_the_newer_one(tmp_path: Path) -> None:
    assert compared(tmp_path, WHOLE, WHOLE[: ENDS[2] - 100]).verdict is Verdict.VERIFIED


@pytest.mark.parametrize("kept", range(len(ENDS) - 1))
def test_a_dropped_tail_is_refused_and_its_place_is_told(kept: int, tmp_path: Path) -> None:
    """A server that restores an old backup loses the ballots of that day; the record itself looks in order."""
    reason = lost(compared(tmp_path, WHOLE[: ENDS[kept]], WHOLE))
    assert str(ENDS[kept]) in reason
    assert str(len(WHOLE)) in reason


def test_an_altered_beginning_is_refused_at_the_first_byte_that_differs(tmp_path: Path) -> None:
    """Another list of credentials, rebuilt throughout: nothing but the older copy can tell."""
    other = finish_election(L.election, L.trustees, L.secrets, L.voters, b"[%s]" % L.public[1:-1], L.ballots, (1, 1, 1))
    longer = other.public[:-1] + b"\n]"
    steps = [L.setup, *L.steps()[1:]]
    steps[0] = type(L.setup)(L.setup.kind, L.setup.records)
    assert archive_bytes(steps) == WHOLE
    rebuilt = archive_bytes(
        [
            type(L.setup)("Setup", (*L.setup.records[:2], longer, _index(L, longer))),
            *L.steps()[1:],
        ]
    )
    position = next(at for at, (one, two) in enumerate(zip(rebuilt, WHOLE, strict=False)) if one != two)
    reason = lost(compared(tmp_path, rebuilt, WHOLE))
    assert f"byte {position} " in reason


def _index(little: Little, public: bytes) -> bytes:
    from tests.crypto.records import setup_step  # noqa: PLC0415

    return setup_step(little.election.data, little.trustees.data, public).records[-1]


def test_a_ballot_left_out_of_a_record_rebuilt_and_counted_anew_is_missed(tmp_path: Path) -> None:
    without = finish_election(L.election, L.trustees, L.secrets, L.voters, L.public, L.ballots[:2], (1, 1, 1))
    alone = archive_bytes(without.steps())
    (tmp_path / "alone").mkdir()
    path = tmp_path / "alone" / "now.bel"
    path.write_bytes(alone)
    assert judge(path).verdict is Verdict.VERIFIED, "on its own the record is sound"
    lost(compared(tmp_path, alone, WHOLE[: ENDS[3]]))


def test_two_ballots_whose_order_was_exchanged_are_noticed(tmp_path: Path) -> None:
    first, second, third = L.casting
    exchanged = [L.setup, second, first, third, *L.steps()[4:]]
    lost(compared(tmp_path, archive_bytes(exchanged), WHOLE[: ENDS[3]]))


def test_another_election_is_not_the_continuation_of_this_one(tmp_path: Path) -> None:
    lost(compared(tmp_path, archive_bytes(another().steps()), WHOLE))


def test_another_election_that_happens_to_be_shorter_or_longer_is_no_continuation_either(tmp_path: Path) -> None:
    lost(compared(tmp_path, archive_bytes(another().steps()), WHOLE[: ENDS[0]]))
    lost(compared(tmp_path, archive_bytes(another().steps()[:1]), WHOLE))


def test_an_archive_begun_anew_at_another_time_is_no_continuation(tmp_path: Path) -> None:
    lost(compared(tmp_path, archive_bytes(L.steps(), 1_800_000_000), WHOLE[:1024]))


def test_what_is_wrong_with_the_newer_record_is_told_besides(tmp_path: Path) -> None:
    steps = [*L.steps()[:2], ballot_step(b"{}"), *L.steps()[2:]]
    report = compared(tmp_path, archive_bytes(steps), WHOLE)
    assert {"ballots.form", "previous.kept"} <= failed(report), said(report)


def test_an_older_copy_that_is_no_archive_is_not_silently_passed_over(tmp_path: Path) -> None:
    for older in (b"", b"something else", bytes(2048)):
        report = compared(tmp_path, WHOLE, older)
        assert report.verdict is not Verdict.VERIFIED
        assert report.verdict.exit_code != 0


def test_an_older_copy_that_is_not_there_is_the_callers_business(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        judge(L.write(tmp_path), previous=tmp_path / "absent.bel")


def test_a_newer_file_emptied_since_is_refused(tmp_path: Path) -> None:
    for now in (b"", WHOLE[:100]):
        assert compared(tmp_path, now, WHOLE).verdict.exit_code != 0


def test_files_larger_than_what_is_compared_at_once_are_compared_to_the_end(tmp_path: Path) -> None:
    large = [ballot_step(b'"%d%s"' % (n, b"x" * 400_000)) for n in range(8)]
    now = archive_bytes([L.setup, *large])
    changed = bytearray(now)
    changed[3_000_001] ^= 1
    report = compared(tmp_path, now, bytes(changed))
    assert "previous.kept" in failed(report)
    (failure,) = report["previous.kept"].failures
    assert "byte 3000001 " in failure.reason
