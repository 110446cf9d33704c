"""Records of elections that are not over: sound so far, and no more is claimed."""

from pathlib import Path

import pytest

from crypto.verification import Report, Status, Verdict
from tests.crypto.records import archive_bytes, ends_of_events, entries_of, failed, judge, modular, plain, rich, said

CASES = [(make, count) for make in (plain, rich, modular) for count in range(1, len(make().steps()))]


def cut(folder: Path, data: bytes) -> Report:
    path = folder / "cut.bel"
    path.write_bytes(data)
    return judge(path)


@pytest.mark.parametrize(
    ("make", "count"), CASES, ids=[f"{make.__name__}-{count}-{make().steps()[count - 1].kind}" for make, count in CASES]
)
def test_a_record_cut_after_any_event_is_in_progress_and_names_its_phase(make, count, tmp_path: Path) -> None:
    little = make()
    steps = little.steps()[:count]
    report = cut(tmp_path, archive_bytes(steps))
    assert report.verdict is Verdict.IN_PROGRESS, said(report)
    assert report.verdict.exit_code == 0
    assert report.phase == steps[-1].kind
    assert report.result is None
    assert report.recorded == sum(step.kind == "Ballot" for step in steps)
    assert (report.uuid, report.name) == (little.election.uuid, little.election.name)


@pytest.mark.parametrize("make", [plain, rich, modular])
def test_only_the_last_event_makes_it_verified(make, tmp_path: Path) -> None:
    report = cut(tmp_path, archive_bytes(make().steps()))
    assert (report.verdict, report.phase, report.result) == (Verdict.VERIFIED, "Result", make().result)


def test_the_phases_of_an_election_have_these_names(tmp_path: Path) -> None:
    data = archive_bytes(plain().steps())
    phases = [cut(tmp_path, data[:end]).phase for end in ends_of_events(data)]
    assert phases == [
        "Setup",
        "Ballot",
        "Ballot",
        "Ballot",
        "EndBallots",
        "EncryptedTally",
        "PartialDecryption",
        "PartialDecryption",
        "Result",
    ]


def test_what_has_not_happened_yet_is_skipped_and_not_called_passed(tmp_path: Path) -> None:
    report = cut(tmp_path, archive_bytes(plain().steps()[:2]))
    skipped = {name for name, outcome in report.outcomes.items() if outcome.status is Status.SKIPPED}
    assert skipped == {
        "ballots.audits",
        "tally.sums",
        "tally.counts",
        "decryptions.owners",
        "decryptions.proofs",
        "decryptions.strong",
        "result.counts",
        "previous.kept",
    }
    before_any_ballot = cut(tmp_path, archive_bytes(plain().steps()[:1]))
    assert {name for name in before_any_ballot.outcomes if name.startswith("ballots.")} <= {
        name for name, outcome in before_any_ballot.outcomes.items() if outcome.status is Status.SKIPPED
    }


def test_a_bad_ballot_is_refused_while_the_election_still_runs(tmp_path: Path) -> None:
    steps = plain().steps()[:3]
    good = steps[2].records[0]
    steps[2] = type(steps[2])("Ballot", (good.replace(b'"challenge":"', b'"challenge":"1', 1),))
    report = cut(tmp_path, archive_bytes(steps))
    assert report.verdict is Verdict.REJECTED
    assert report.verdict.exit_code == 1


def test_a_record_cut_anywhere_else_is_refused(tmp_path: Path) -> None:
    data = archive_bytes(plain().steps())
    ends = set(ends_of_events(data))
    lengths = {end for _, _, _, end in entries_of(data)} - ends - {1024}
    lengths |= {end - 1 for end in ends} | {end + 1 for end in ends if end < len(data)}
    lengths |= {end + 512 for end in ends if end < len(data)}
    for length in sorted(lengths):
        report = cut(tmp_path, data[:length])
        assert "archive.entries" in failed(report), (length, said(report))
        assert report.verdict.exit_code == 1


def test_progress_is_told_from_nothing_to_everything(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    path = rich().write(tmp_path)
    judge(path, progress=lambda *step: told.append(step))
    reading = [done for stage, done, _ in told if stage == "reading"]
    assert reading == sorted(reading)
    assert reading[-1] == path.stat().st_size
    assert ("ballots", 4, 4) in told
    assert {stage for stage, _, _ in told} == {"reading", "ballots"}
