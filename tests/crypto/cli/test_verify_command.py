"""`sawtuna verify`: the exit code that scripts rely on, the findings as JSON, and what a person reads."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from crypto.ballot_box import found
from crypto.credentials import PublicCredential
from crypto.election import Homomorphic, election_json
from crypto.encoding import canonical
from crypto.groups import named
from crypto.transcripts import VERSION_1
from crypto.trustees import PublicKey
from tests.crypto.cli.elections import Election
from tests.crypto.cli.shell import VECTORS, Shell, unchanged

CHECKS = [
    "archive.entries", "archive.chain", "archive.records", "archive.order", "election.parameters", "trustees.proofs",
    "trustees.distinct", "election.key", "credentials.list", "ballots.form", "ballots.election", "ballots.credentials",
    "ballots.unique", "ballots.signatures", "ballots.proofs", "ballots.audits", "tally.sums", "tally.counts",
    "decryptions.owners", "decryptions.proofs", "decryptions.strong", "result.counts", "previous.kept",
]  # fmt: skip

OLD_THRESHOLDS = {"belenios2048-2.0-threshold", "ed25519-2.5.1-threshold"}
"""Made before trustees signed everything; Belenios 3.3.0 refuses them too."""

NOT_YET = {
    "belenios2048-3.3.0-rfc3526-mixnet",
    "ed25519-3.3.0-lists",
    "ed25519-3.3.0-mixnet",
    "ed25519-3.3.0-mixnet--bad-shuffle",
}
"""Ranked questions and lists whose readable part is sound."""


def exit_code(folder: Path) -> int:
    """What README.md and meta.json of the vectors say that a sound verifier must answer."""
    if folder.name in NOT_YET:
        return 2
    if folder.name in OLD_THRESHOLDS:
        return 1
    return int(json.loads((folder / "meta.json").read_bytes()).get("sound_verifier", "accept") == "reject")


ELECTIONS = sorted(path.parent for path in VECTORS.glob("*/*.bel"))
TAMPERED = sorted(path.parent for path in VECTORS.glob("tampered/*/*.bel"))


def test_no_vector_is_left_out() -> None:
    assert len(ELECTIONS) == 16
    assert len(TAMPERED) == 33


@pytest.mark.parametrize("folder", ELECTIONS, ids=lambda folder: folder.name)
def test_elections_of_another_program_get_the_verdict_they_deserve(sawtuna: Shell, folder: Path) -> None:
    code = exit_code(folder)
    report = sawtuna.json("verify", folder, "--json", code=code)
    assert report["verdict"] == ["verified", "rejected", "unsupported"][code]
    expected = json.loads((folder / "result.json").read_bytes())["result"]
    if code:
        assert report["result"] is None
    else:
        assert report["result"] == [[int(count) for count in row] for row in expected]
        assert report["decryption_proofs"] == "weak"


@pytest.mark.parametrize("folder", TAMPERED, ids=lambda folder: folder.name)
def test_copies_that_were_tampered_with_are_found(sawtuna: Shell, folder: Path) -> None:
    code = exit_code(folder)
    answer = sawtuna("verify", folder, code=code)
    assert ("VERIFIED" in answer.out) == (code == 0)
    assert ("REJECTED" in answer.out) == (code == 1)
    assert ("✘" in answer.out) == (code == 1)
    assert ("┃ Votes" in answer.out) == (code == 0), "numbers of a record that was not verified are no result"


# The findings as JSON


@pytest.fixture(scope="session")
def finished(added_up: Election, warm: Any, tmp_path_factory: pytest.TempPathFactory) -> Election:
    """The election with its result. To be copied."""
    root = tmp_path_factory.mktemp("finished")
    election = added_up.copy(Shell(warm, root), root / "election")
    for trustee in (1, 2):
        election.decrypt(trustee)
        election.step("add", election.part(trustee))
    election.step("result")
    return election


@pytest.fixture
def done(finished: Election, sawtuna: Shell, tmp_path: Path) -> Election:
    """A copy of the finished election."""
    return finished.copy(sawtuna, tmp_path / "election")


def test_the_findings_have_the_promised_shape(done: Election) -> None:
    report = done.report()
    assert report["verdict"] == "verified"
    assert [check["id"] for check in report["checks"]] == CHECKS
    for check in report["checks"]:
        assert set(check) == {"id", "status", "count", "failures"}
        assert check["failures"] == []
        if check["id"] in ("ballots.audits", "previous.kept"):
            assert (check["status"], check["count"]) == ("skipped", 0)
        else:
            assert check["status"] == "passed"
            assert check["count"] > 0
    assert report["result"] == [[1, 0, 1, 0], [1, 0, 1]]
    assert report["ballots"] == {"recorded": 2, "counted": 2, "replaced": 0, "weight": 2, "voters": 6}
    assert report["decryption_proofs"] == "strong"
    assert report["uuid"] == done.uuid
    assert report["phase"] == "Result"
    assert "reason" not in report


def test_the_findings_are_alone_on_the_output_and_end_with_a_line(done: Election, sawtuna: Shell) -> None:
    answer = sawtuna("verify", done.archive, "--json")
    assert answer.err == ""
    assert answer.out.endswith("}\n")
    json.loads(answer.out)


def test_failures_are_listed_with_place_and_reason(sawtuna: Shell) -> None:
    report = sawtuna.json("verify", VECTORS / "tampered/ed25519-3.3.0-basic--wrong-result", "--json", code=1)
    failed = [check for check in report["checks"] if check["status"] == "failed"]
    assert [check["id"] for check in failed] == ["result.counts"]
    for failure in failed[0]["failures"]:
        assert set(failure) == {"place", "reason"}
        assert failure["place"]
        assert failure["reason"]
    assert report["result"] is None


def test_the_findings_are_the_same_in_every_language(sawtuna: Shell) -> None:
    folder = VECTORS / "tampered/ed25519-3.3.0-basic--bad-signature"
    words = ("verify", folder, "--json")
    assert sawtuna(*words, "--lang", "ar", code=1).out == sawtuna(*words, code=1).out


def test_reading_a_record_changes_nothing(done: Election, sawtuna: Shell) -> None:
    with unchanged(done.root):
        sawtuna("verify", done.archive)
        sawtuna("verify", done.box, "--json")


def test_at_every_step_of_an_election_what_is_there_is_checked(election: Election) -> None:
    phases = []

    def look() -> None:
        report = election.report()
        assert report["result"] is None or report["phase"] == "Result"
        phases.append((report["phase"], report["verdict"]))

    look()
    election.vote(1, ["1", "none"])
    look()
    election.step("close")
    look()
    election.step("tally")
    look()
    for trustee in (1, 2):
        election.decrypt(trustee)
        election.step("add", election.part(trustee))
        look()
    election.step("result")
    look()
    assert phases == [
        ("Setup", "in progress"),
        ("Ballot", "in progress"),
        ("EndBallots", "in progress"),
        ("EncryptedTally", "in progress"),
        ("PartialDecryption", "in progress"),
        ("PartialDecryption", "in progress"),
        ("Result", "verified"),
    ]


# What a person reads


def test_a_person_sees_the_result_the_turnout_and_the_verdict(done: Election, sawtuna: Shell) -> None:
    answer = sawtuna("verify", done.archive)
    answer.said("VERIFIED", "2 ballots counted", "6 voters on the list", "turnout 33.3%", "A park", "50.0%")
    arabic = sawtuna("verify", done.archive, "--lang", "ar")
    arabic.said("٣٣٫٣", "A park")
    assert "VERIFIED" not in arabic.out


def test_every_check_is_explained_in_a_sentence(done: Election, sawtuna: Shell) -> None:
    out = sawtuna("verify", done.archive).out
    for check in CHECKS[:-1]:
        (line,) = [line for line in out.splitlines() if f" {check} " in line]
        assert len(line.split()) > 6


def test_output_to_a_narrow_terminal_loses_nothing(done: Election, sawtuna: Shell) -> None:
    out = sawtuna("verify", done.archive, around={"COLUMNS": "30"}).out
    assert done.report()["fingerprint"] in out
    assert "A library" in out.replace("\n", " ") or "library" in out


def test_the_strong_proofs_can_be_demanded(done: Election, sawtuna: Shell) -> None:
    sawtuna("verify", done.archive, "--require-strong").said("VERIFIED")
    shutil.rmtree(done.box / f"{done.uuid}.record")
    sawtuna("verify", done.archive).said("The decryption proofs are weak")
    answer = sawtuna("verify", done.archive, "--require-strong", code=1).said(
        "REJECTED", "the strong proofs are missing"
    )
    assert "┃ Votes" not in answer.out


def test_a_strong_proof_that_is_damaged_is_a_rejection_not_a_weakness(done: Election, sawtuna: Shell) -> None:
    file = done.box / f"{done.uuid}.record" / "decryption-proofs.json"
    text = file.read_text()
    place = text.rindex('"response":"') + 15
    file.write_text(text[:place] + ("1" if text[place] != "1" else "2") + text[place + 1 :])
    sawtuna("verify", done.archive, code=1).said("REJECTED", "decryptions.strong")


def hostile(tmp_path: Path, text: str) -> Path:
    """An archive whose texts all say `text`."""
    group = named("Ed25519")
    key, voter = group.random(), group.random()
    trustees = canonical([["Single", PublicKey.make(VERSION_1, key, text).to_json()]])
    data = election_json(
        version=VERSION_1, group=group, uuid="11111111111111", name=text, description=text,
        public_key=group.generator**key, questions=[Homomorphic(text, (text, "B"), 1, 1, blank=False)],
    )  # fmt: skip
    path = tmp_path / "11111111111111.bel"
    found(path, 1_800_000_000, data, trustees, [PublicCredential(group.generator**voter)])
    return path


def test_markup_in_an_election_is_shown_as_it_is(sawtuna: Shell, tmp_path: Path) -> None:
    text = "[bold]x[/] [link=file:///etc/passwd]y[/link] %(n)s \\[z]"
    archive = hostile(tmp_path, text)
    sawtuna("verify", archive).said(f"Election record  {text}")
    words = ("vote", archive, "--choose", 3, "--credential-file", tmp_path / "none")
    sawtuna(*words, code=2).said(text, f"{text}: answers are named by their numbers")


def test_an_election_cannot_write_on_the_terminal_of_who_checks_it(sawtuna: Shell, tmp_path: Path) -> None:
    archive = hostile(tmp_path, "x\x1b[2J\x1b[1;32mVERIFIED: this result follows from these ballots.\r\x07")
    answer = sawtuna("verify", archive)
    assert [letter for letter in answer.out if ord(letter) < 32 and letter != "\n"] == []


# An older copy


def test_an_older_copy_must_be_the_beginning_of_the_newer_one(done: Election, added_up: Election) -> None:
    report = done.report("--previous", added_up.archive)
    (kept,) = [check for check in report["checks"] if check["id"] == "previous.kept"]
    assert (report["verdict"], kept["status"]) == ("verified", "passed")
    same = done.report("--previous", done.archive)
    assert same["verdict"] == "verified"


def test_a_ballot_that_vanished_since_the_older_copy_is_found(
    election: Election, sawtuna: Shell, tmp_path: Path
) -> None:
    election.vote(1, ["1", "none"])
    short = tmp_path / "short.bel"
    shutil.copy(election.archive, short)
    election.vote(2, ["2", "none"])
    older = tmp_path / "older.bel"
    shutil.copy(election.archive, older)
    answer = sawtuna("verify", short, "--previous", older, code=1).said("REJECTED", "previous.kept")
    answer.said(f"ends at byte {short.stat().st_size}")


def test_an_older_copy_with_another_ballot_is_found(election: Election, sawtuna: Shell, tmp_path: Path) -> None:
    older = tmp_path / "older"
    shutil.copytree(election.box, older)
    election.vote(1, ["1", "none"])
    sawtuna(
        "vote", older, "--choose", 1, "--choose", "none", "--credential-file", election.code(2)
    )  # somebody else went on with the copy
    answer = sawtuna("verify", election.archive, "--previous", older, code=1)
    answer.said("previous.kept", "the records differ from byte ")


@pytest.mark.parametrize("content", [b"", b"not an archive" * 100])
def test_an_older_copy_that_is_no_archive_leads_to_no_verdict(
    done: Election, sawtuna: Shell, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "older.bel").write_bytes(content)
    answer = sawtuna("verify", done.archive, "--previous", tmp_path / "older.bel", code=2)
    assert "VERIFIED" not in answer.out


# What is no archive at all


@pytest.mark.parametrize("content", [b"", b"\n", b"{}", b"BELENIOS", bytes(512), bytes(10_240), b"PK\x03\x04" * 200])
def test_a_file_that_is_no_archive_is_unreadable(sawtuna: Shell, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.bel").write_bytes(content)
    sawtuna("verify", "x.bel", code=2).said("UNREADABLE")
    report = sawtuna.json("verify", "x.bel", "--json", code=2)
    assert (report["verdict"], report["result"]) == ("unreadable", None)
    assert report["reason"]


def test_random_bytes_are_unreadable(sawtuna: Shell, tmp_path: Path) -> None:
    for length in (1, 511, 512, 513, 5_000, 300_000):
        (tmp_path / "x.bel").write_bytes(os.urandom(length))
        sawtuna("verify", "x.bel", code=2).said("UNREADABLE")


def test_things_that_are_no_files_get_a_sentence(sawtuna: Shell, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    sawtuna("verify", "empty", code=2).said("The folder empty holds no election archive")
    sawtuna("verify", "missing.bel", code=2).said("There is no file missing.bel")
    sawtuna("verify", "/dev/null", code=2)


def test_with_json_even_a_missing_file_is_answered_in_json(sawtuna: Shell) -> None:
    answer = sawtuna("verify", "missing.bel", "--json", code=2)
    assert json.loads(answer.out)["verdict"] == "unreadable"


@pytest.mark.parametrize("cut", [1, 511, 512, 5_000])
def test_a_record_that_breaks_off_is_never_verified(done: Election, sawtuna: Shell, cut: int) -> None:
    done.archive.write_bytes(done.archive.read_bytes()[:-cut])
    answer = sawtuna("verify", done.archive, code=(0, 1, 2))
    assert "VERIFIED" not in answer.out
    assert "┃ Votes" not in answer.out


# Several processes


@pytest.mark.slow
def test_several_processes_find_the_same_as_one(sawtuna: Shell, tmp_path: Path) -> None:
    sawtuna("demo", "election", "--voters", 120, "--seed", 1, "--answers", 2, "--out", "d", "--jobs", 2)
    (archive,) = (tmp_path / "d").glob("*.bel")
    alone = sawtuna.json("verify", archive, "--json", "--jobs", 1)
    assert alone["ballots"]["recorded"] > 100
    assert sawtuna.json("verify", archive, "--json", "--jobs", 2) == alone
    data = bytearray(archive.read_bytes())
    for _ in range(3):
        data[data.index(b'"overall_proof":[{"challenge":"', len(data) // 3) + 40] ^= 1
    archive.write_bytes(data)
    broken = sawtuna.json("verify", archive, "--json", "--jobs", 1, code=1)
    assert sawtuna.json("verify", archive, "--json", "--jobs", 2, code=1) == broken
