"""Voting without a terminal: what can be typed, what is sealed, and the audit that shows it."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.crypto.cli.elections import Election
from tests.crypto.cli.shell import Shell, mode, unchanged

LABELS = ["Blank ballot", "A library", "A park", "Street lighting", "Sunday", "Tuesday", "Thursday"]


def marked(out: str) -> list[str]:
    """The answers that an opened ballot holds."""
    shown = [line.strip() for line in out.splitlines() if line.strip().startswith(("[x] ", "[ ] "))]
    assert [line[4:] for line in shown] == LABELS
    return [line[4:] for line in shown if line.startswith("[x]")]


def audit_of(election: Election, voter: int) -> Path:
    """The file that an audit left."""
    (path,) = election.code(voter).parent.glob("audit-*.json")
    return path


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["2", "none"], ["A park"]),
        (["٢", "٣"], ["A park", "Thursday"]),
        (["۳", "۱،۲"], ["Street lighting", "Sunday", "Tuesday"]),
        (["blank", "1,3"], ["Blank ballot", "Sunday", "Thursday"]),
        (["بيضاء", "لا شيء"], ["Blank ballot"]),
        ([" BLANK ", " 3 , 1 "], ["Blank ballot", "Sunday", "Thursday"]),
        (["1", "١، ٢"], ["A library", "Sunday", "Tuesday"]),
    ],
    ids=["latin", "arabic-indic", "persian", "blank", "arabic-words", "spaces-and-capitals", "arabic-comma"],
)
def test_what_is_typed_is_what_is_sealed(election: Election, typed: list[str], expected: list[str]) -> None:
    assert marked(election.vote(1, typed, "--audit").out) == expected


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (["0", "none"], "1 to 3"),
        (["4", "none"], "1 to 3"),
        (["-1", "none"], "1 to 3"),
        (["two", "none"], "1 to 3"),
        (["1.5", "none"], "1 to 3"),
        (["²", "none"], "1 to 3"),
        (["9" * 5000, "none"], "1 to 3"),
        (["none", "none"], "1"),
        (["", "none"], "1"),
        (["1,2", "none"], "1"),
        (["blank,1", "none"], "1 to 3"),
        (["1", "blank"], "no blank vote"),
        (["1", "1,2,3"], "2"),
        (["1"], "2 questions"),
        (["1", "1", "1"], "2 questions"),
    ],
)
def test_an_impossible_choice_is_refused_before_anything_is_sealed(
    election: Election, typed: list[str], sentence: str
) -> None:
    with unchanged(election.root):
        answer = election.vote(1, typed, code=2).said(sentence)
    assert "Tracker" not in answer.out


def test_a_question_is_named_when_its_answer_is_impossible(election: Election) -> None:
    election.vote(1, ["1", "7"], code=2).said("Which evenings suit you?", "1 to 3")


def test_a_code_may_be_typed_without_dashes_and_with_spaces_around(election: Election) -> None:
    plain = election.codes["1"]
    for number, typed in enumerate([plain.replace("-", ""), f"\ufeff {plain} \r\n", plain.replace("-", " – ")], 1):
        election.code(1).write_text(typed, "utf-8")
        election.vote(1, ["1", "none"]).said(f"at position {number}.")


def test_a_code_may_come_from_the_input(election: Election, sawtuna: Shell) -> None:
    words = ("vote", election.archive, "--choose", 1, "--choose", 1, "--credential-file", "-")
    sawtuna(*words, stdin=election.codes["1"] + "\n").said("Your ballot is in the box")
    sawtuna(*words, stdin="", code=1).said("22 letters and digits")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("aXfme-maUqnW-kfv5x-RxPjCg", "not on the list of this election"),
        ("aXfme-maUqnW-kfv5x-RxPjC", "22 letters and digits; this one has 21"),
        ("0Xfme-maUqnW-kfv5x-RxPjCg", "no 0 (zero)"),
        ("رمز-ي", "only Latin letters and digits"),
        ("", "22 letters and digits; this one has 0"),
    ],
)
def test_a_wrong_code_is_explained_and_not_repeated(election: Election, typed: str, sentence: str) -> None:
    election.code(1).write_text(typed + "\n", "utf-8")
    with unchanged(election.root):
        answer = election.vote(1, ["1", "none"], code=1).said(sentence)
    assert not typed or typed not in answer.out + answer.err


def test_without_a_terminal_the_program_says_what_it_needs_instead_of_asking(
    election: Election, sawtuna: Shell
) -> None:
    with unchanged(election.root):
        sawtuna("vote", election.archive, code=2).said("--choose")
        sawtuna("vote", election.archive, "--choose", 1, "--choose", 1, code=2).said("--credential-file")
        sawtuna("vote", election.archive, "--credential-file", election.code(1), code=2).said("--choose")


def test_a_sealed_ballot_in_a_file_is_not_in_the_box_yet(election: Election) -> None:
    archive = election.archive.read_bytes()
    election.vote(1, ["1", "none"], "--out", "ballot.json").said("Not cast yet")
    assert election.archive.read_bytes() == archive
    with unchanged(election.root):
        election.vote(1, ["1", "none"], "--out", "ballot.json", code=1).said("exists already")


def test_a_voter_may_change_the_vote_as_often_as_wished_and_the_last_one_counts(election: Election) -> None:
    election.vote(1, ["1", "1"]).said("at position 1.")
    election.vote(2, ["blank", "none"]).said("at position 2.")
    election.vote(1, ["2", "2"]).said("at position 3.", "replaces the ballot at position 1.")
    election.vote(1, ["3", "3"]).said("at position 4.", "replaces the ballot at position 3.")
    election.count(1, 2)
    assert election.report()["result"] == [[1, 0, 0, 1], [0, 0, 1]]


def test_ballots_from_files_go_in_one_by_one_and_a_bad_one_does_not_stop_the_others(
    election: Election, tmp_path: Path
) -> None:
    files = []
    for voter in (1, 2, 3):
        files.append(tmp_path / f"{voter}.json")
        election.vote(voter, [str(voter), "none"], "--out", files[-1])
    bad = tmp_path / "bad.json"
    bad.write_bytes(files[0].read_bytes().replace(b'"challenge":"', b'"challenge":"1', 1))
    answer = election.step("cast", files[0], bad, tmp_path / "missing.json", files[1], files[2], files[0], code=1)
    answer.said("3 ballots were not accepted.", f"{bad}: ", "missing.json", "this very ballot is in the box already")
    assert answer.out.count("Ballot cast.") == 3
    assert election.report()["ballots"]["recorded"] == 3


@pytest.fixture
def audited(election: Election) -> tuple[Election, Path, str]:
    """The election, the file of an audit, and the tracker that was shown."""
    answer = election.vote(1, ["2", "1,3"], "--audit")
    return election, audit_of(election, 1), answer.value("Tracker")


def test_an_audit_shows_the_choice_and_casts_nothing(election: Election) -> None:
    archive = election.archive.read_bytes()
    answer = election.vote(1, ["2", "1,3"], "--audit").said("spoiled", "audit-ballot", "randomness")
    assert marked(answer.out) == ["A park", "Sunday", "Thursday"]
    assert election.archive.read_bytes() == archive
    assert mode(audit_of(election, 1)) == 0o600


def test_another_program_can_check_the_audit(audited: tuple[Election, Path, str], sawtuna: Shell) -> None:
    election, file, tracker = audited
    with unchanged(election.root):
        answer = sawtuna("audit-ballot", file, "--election", election.archive, "--tracker", tracker)
        shown = sawtuna("audit-ballot", file, "--election", election.box, "--show-randomness")
    assert answer.value("Tracker") == tracker
    assert marked(answer.out) == marked(shown.out) == ["A park", "Sunday", "Thursday"]
    assert "randomness" not in answer.out
    values = [value for row in json.loads(file.read_bytes())["randomness"] for value in row]
    assert [value for value in values if value not in shown.out] == []


def test_an_audit_of_another_ballot_is_refused(audited: tuple[Election, Path, str], sawtuna: Shell) -> None:
    election, file, tracker = audited
    other = tracker[:-1] + ("A" if tracker[-1] != "A" else "B")
    answer = sawtuna("audit-ballot", file, "--election", election.archive, "--tracker", other, code=1)
    answer.said("its tracker is not the one you gave")
    assert "[x]" not in answer.out


def _other_randomness(audit: dict[str, Any]) -> None:
    audit["randomness"][0][1], audit["randomness"][0][2] = audit["randomness"][0][2], audit["randomness"][0][1]


def _randomness_missing(audit: dict[str, Any]) -> None:
    audit["randomness"][0].pop()


def _question_missing(audit: dict[str, Any]) -> None:
    audit["randomness"].pop()


def _other_ballot(audit: dict[str, Any]) -> None:
    ballot = json.loads(audit["ballot"])
    ballot["answers"][0]["choices"].reverse()
    audit["ballot"] = json.dumps(ballot, separators=(",", ":"))


@pytest.mark.parametrize("alter", [_other_randomness, _randomness_missing, _question_missing, _other_ballot])
def test_an_altered_audit_is_refused(audited: tuple[Election, Path, str], sawtuna: Shell, alter: Any) -> None:
    election, file, _ = audited
    audit = json.loads(file.read_bytes())
    alter(audit)
    file.write_text(json.dumps(audit))
    answer = sawtuna("audit-ballot", file, "--election", election.archive, code=1)
    assert "[x]" not in answer.out


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"format":"sawtuna audit 2"}', b"\xff\xfe", b"null"])
def test_a_file_that_is_no_audit_cannot_be_read(election: Election, sawtuna: Shell, content: bytes) -> None:
    file = election.root / "audit.json"
    file.write_bytes(content)
    sawtuna("audit-ballot", file, "--election", election.archive, code=2)


def test_an_audit_belongs_to_one_election(audited: tuple[Election, Path, str], sawtuna: Shell, tmp_path: Path) -> None:
    other = Election.describe(sawtuna, tmp_path / "other")
    other.make_key(1, 1)
    other.register()
    other.open()
    sawtuna("audit-ballot", audited[1], "--election", other.archive, code=1).said("election")


def test_an_audited_ballot_can_never_be_cast(audited: tuple[Election, Path, str]) -> None:
    election, file, _ = audited
    ballot = election.root / "ballot.json"
    ballot.write_text(json.loads(file.read_bytes())["ballot"])
    with unchanged(election.root):
        election.step("cast", ballot, code=1).said("opened for an audit and can never be cast")
    election.vote(1, ["2", "1,3"]).said("at position 1.")


def test_several_audits_are_kept_apart_and_all_of_them_stay_spoiled(election: Election) -> None:
    for _ in range(3):
        election.vote(1, ["1", "none"], "--audit")
    files = sorted(election.code(1).parent.glob("audit-*.json"))
    assert len(files) == 3
    ballots = []
    for file in files:
        ballots.append(file.with_suffix(".ballot"))
        ballots[-1].write_text(json.loads(file.read_bytes())["ballot"])
    election.step("cast", *ballots, code=1).said("3 ballots were not accepted.")


def test_a_ballot_to_audit_is_not_silently_left_out_of_the_file_that_was_asked_for(election: Election) -> None:
    answer = election.vote(1, ["1", "none"], "--audit", "--out", "ballot.json", code=2)
    answer.said("--audit", "--out")


@pytest.fixture
def opened_seal(audited: tuple[Election, Path, str]) -> tuple[Election, Path, str]:
    """The same audit as the booth in the browser would have written it, and its seal code."""
    election, file, _ = audited
    audit = json.loads(file.read_bytes())
    ballot = json.loads(audit["ballot"])
    choices = [answer["choices"] for answer in ballot["answers"]]
    value = {
        "format": "sawtuna seal audit 1",
        "election_uuid": ballot["election_uuid"],
        "election_hash": ballot["election_hash"],
        "choices": choices,
        "marks": [[0, 0, 1, 0], [1, 0, 1]],
        "randomness": audit["randomness"],
    }
    hashed = json.dumps({"election_hash": ballot["election_hash"], "choices": choices}, separators=(",", ":"))
    code = base64.b64encode(hashlib.sha256(hashed.encode()).digest()).decode().rstrip("=")
    seal = election.root / "seal.json"
    seal.write_text(json.dumps(value))
    return election, seal, code


def test_an_audit_made_in_the_booth_is_checked_by_the_same_command(
    opened_seal: tuple[Election, Path, str], sawtuna: Shell
) -> None:
    election, file, code = opened_seal
    with unchanged(election.root):
        answer = sawtuna("audit-ballot", file, "--election", election.archive, "--seal", f" {code}\n")
        shown = sawtuna("audit-ballot", file, "--election", election.box, "--show-randomness")
    assert answer.value("Seal code") == code
    assert marked(answer.out) == marked(shown.out) == ["A park", "Sunday", "Thursday"]
    assert "randomness" not in answer.out
    assert json.loads(file.read_bytes())["randomness"][0][0] in shown.out


def test_an_audit_made_in_the_booth_is_compared_by_its_seal_code(
    opened_seal: tuple[Election, Path, str], audited: tuple[Election, Path, str], sawtuna: Shell
) -> None:
    election, file, code = opened_seal
    _, signed, tracker = audited
    other = ("A" if code[0] != "A" else "B") + code[1:]
    for arguments, sentence in (
        ((file, "--seal", other), "its seal code is not the one you gave"),
        ((file, "--tracker", tracker), "has no tracker"),
        ((signed, "--seal", code), "compare its tracker"),
    ):
        answer = sawtuna("audit-ballot", *arguments, "--election", election.archive, code=1).said(sentence)
        assert "[x]" not in answer.out


@pytest.mark.parametrize(
    ("key", "change", "code"),
    [
        ("marks", lambda rows: [rows[0], [1, 1, 0]], 1),
        ("randomness", lambda rows: [rows[0][::-1], rows[1]], 1),
        ("choices", lambda rows: [rows[0][::-1], rows[1]], 1),
        ("election_hash", lambda text: text[::-1], 1),
        ("marks", lambda rows: rows[:1], 2),
        ("marks", lambda rows: [rows[0], [1, 0, 2]], 2),
        ("randomness", lambda rows: [rows[0], ["1", "1", "01"]], 2),
    ],
    ids=["other-marks", "other-randomness", "other-choices", "other-election", "short", "two", "leading-zero"],
)
def test_an_altered_audit_of_the_booth_is_refused(
    opened_seal: tuple[Election, Path, str], sawtuna: Shell, key: str, change: Any, code: int
) -> None:
    election, file, _ = opened_seal
    value = json.loads(file.read_bytes())
    value[key] = change(value[key])
    file.write_text(json.dumps(value))
    answer = sawtuna("audit-ballot", file, "--election", election.archive, code=code)
    assert "[x]" not in answer.out
