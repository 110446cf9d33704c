"""Seals that were opened for an audit, listed beside the record: no ballot of it may have one."""

import json
from pathlib import Path

import pytest

from crypto import seals
from crypto.ballot import Ballot
from crypto.verification import Report, Status, Verdict
from tests.crypto import vectors
from tests.crypto.records import Little, canonical, failed, judge, plain, rich, said

NOBODYS = "A" * 43


def code(little: Little, ballot: int) -> str:
    return seals.seal_code(little.election, Ballot.parse_recorded(little.election, little.ballots[ballot]))


def beside(little: Little, folder: Path, data: bytes, **options: int) -> Report:
    """The verdict on the honest record with this file beside it."""
    path = little.write(folder)
    target = seals.list_path(path, little.election.uuid)
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(data)
    return judge(path, **options)


@pytest.mark.parametrize("make", [plain, rich])
@pytest.mark.parametrize("codes", [[], [NOBODYS], ["z" * 43, NOBODYS]], ids=["none", "one", "two"])
def test_a_record_none_of_whose_seals_was_opened_is_verified(make, codes: list[str], tmp_path: Path) -> None:
    report = beside(make(), tmp_path, seals.list_json(codes))
    assert report.verdict is Verdict.VERIFIED, said(report)
    assert report["ballots.audits"].status is Status.PASSED
    assert report["ballots.audits"].count == len(make().ballots)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_ballot_whose_seal_was_opened_is_refused_and_named(jobs: int, tmp_path: Path) -> None:
    little = plain()
    report = beside(little, tmp_path, seals.list_json([NOBODYS, code(little, 1)]), jobs=jobs)
    assert report.verdict is Verdict.REJECTED
    assert report.result is None
    assert failed(report) == {"ballots.audits"}, said(report)
    (failure,) = report["ballots.audits"].failures
    tracker = Ballot.parse_recorded(little.election, little.ballots[1]).tracker
    assert failure.place == f"event[2] #{tracker}"
    assert "opened for an audit" in failure.reason


def test_a_replaced_ballot_must_not_have_been_opened_either(tmp_path: Path) -> None:
    """Who opened it knows how the voter voted first; that it is not counted does not make it whole."""
    little = rich()
    assert little.ballots[0] not in little.last
    assert failed(beside(little, tmp_path, seals.list_json([code(little, 0)]))) == {"ballots.audits"}


def test_without_a_list_of_opened_seals_the_check_is_skipped(tmp_path: Path) -> None:
    report = judge(plain().write(tmp_path))
    assert report.verdict is Verdict.VERIFIED
    assert report["ballots.audits"].status is Status.SKIPPED


GOOD = seals.list_json([NOBODYS])
MALFORMED = {
    "nothing": (b"", "audited-seals", "this is not JSON"),
    "no JSON": (b"<html>", "audited-seals", "this is not JSON"),
    "a list": (b"[]", "audited-seals", "an object was expected"),
    "the list of the command's audits": (
        b'{"format":"sawtuna audited ballots 1","ballots":[]}',
        "audited-seals",
        "the key “seals” is missing",
    ),
    "another format": (GOOD.replace(b"seals 1", b"seals 2"), "audited-seals", "not a list of audited seals"),
    "no list": (b'{"format":"sawtuna audited seals 1","seals":{}}', "audited-seals", "a list was expected"),
    "a number": (canonical(json.loads(GOOD) | {"seals": [NOBODYS, 1]}), "audited-seals.seals[1]", "a text"),
    "a code cut off": (GOOD.replace(b"AAA", b"AA", 1), "audited-seals.seals[0]", "a seal code of 43 characters"),
    "a code of another alphabet": (GOOD.replace(b"A", b"-", 1), "audited-seals.seals[0]", "a seal code of 43"),
    "a code with a line after it": (GOOD.replace(b'A"', b'\\n"'), "audited-seals.seals[0]", "a seal code of 43"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_list_that_cannot_be_read_is_refused_in_a_clear_sentence(name: str, tmp_path: Path) -> None:
    data, place, reason = MALFORMED[name]
    report = beside(plain(), tmp_path, data)
    assert report.verdict is Verdict.REJECTED
    assert failed(report) == {"ballots.audits"}, said(report)
    (failure,) = report["ballots.audits"].failures
    assert failure.place == place
    assert reason in failure.reason


def test_a_list_beside_ranked_questions_is_passed_over(tmp_path: Path) -> None:
    """Ranked ballots have no seal code."""
    vector = vectors.load("ed25519-3.3.0-mixnet")
    path = tmp_path / vector.archive.name
    path.write_bytes(vector.archive.read_bytes())
    target = seals.list_path(path, path.stem)
    target.parent.mkdir()
    target.write_bytes(GOOD)
    report = judge(path)
    assert (report.verdict, report.uuid) == (Verdict.UNSUPPORTED, path.stem), said(report)
    assert report["ballots.audits"].status is Status.SKIPPED
