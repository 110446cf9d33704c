"""A whole election through the commands alone, in the order in which people type them."""

import json
from pathlib import Path

import pytest

from tests.crypto.cli.elections import Election
from tests.crypto.cli.shell import Shell, mode, unchanged

TOML = """
title = {ar = "أي مشروع أولًا؟", en = "Which project first?"}
description = "Municipal budget"
[[questions]]
question = "Which project should the municipality do first?"
answers = ["A library", "A park", "Street lighting"]
choose = 1
blank = true
[[questions]]
question = "Which evenings suit you?"
answers = ["Sunday", "Tuesday", "Thursday"]
min = 0
max = 2
"""

YAML = """
title: {ar: "أي مشروع أولًا؟", en: "Which project first?"}
description: Municipal budget
questions:
  - question: Which project should the municipality do first?
    answers: [A library, A park, Street lighting]
    choose: 1
    blank: true
  - question: Which evenings suit you?
    answers: [Sunday, Tuesday, Thursday]
    min: 0
    max: 2
"""

JSON = json.dumps(
    {
        "title": {"ar": "أي مشروع أولًا؟", "en": "Which project first?"},
        "description": "Municipal budget",
        "questions": [
            {
                "question": "Which project should the municipality do first?",
                "answers": ["A library", "A park", "Street lighting"],
                "choose": 1,
                "blank": True,
            },
            {
                "question": "Which evenings suit you?",
                "answers": ["Sunday", "Tuesday", "Thursday"],
                "min": 0,
                "max": 2,
            },
        ],
    }
)


@pytest.mark.parametrize(
    ("suffix", "questions", "group", "size", "threshold", "counting"),
    [
        pytest.param(".toml", TOML, "Ed25519", 3, 2, [3, 1], id="two-of-three-trustees-and-toml"),
        pytest.param(".yaml", YAML, "BELENIOS-2048", 3, 3, [2, 3, 1], id="every-trustee-needed-and-yaml"),
        pytest.param(".json", JSON, "Ed25519", 1, 1, [1], id="a-single-trustee-and-json"),
    ],
)
def test_an_election_from_the_questions_to_the_verified_result(
    sawtuna: Shell,
    tmp_path: Path,
    suffix: str,
    questions: str,
    group: str,
    size: int,
    threshold: int,
    counting: list[int],
) -> None:
    election = Election.describe(sawtuna, tmp_path / "e", questions, suffix=suffix, group=group)
    election.make_key(size, threshold, order=[3, 1, 2][:size] if size > 1 else [1])
    election.register()
    sawtuna(
        "credentials",
        "check",
        "--private",
        election.authority / "private_creds.json",
        "--public",
        election.authority / "public_creds.json",
        "--election",
        election.box,
    ).said("6 codes, all in the list and nothing else.")
    opened = election.open()

    election.vote(1, ["٢", "1، 3"])
    election.vote(2, ["blank", "none"])
    election.vote(3, ["3", "٣"])
    first = election.vote(4, ["1", "none"])
    again = election.vote(4, ["۲", "2"]).said("It replaces the ballot at position 4.")
    assert first.value("Tracker") != again.value("Tracker")
    ballot = election.root / "voter-5" / "ballot.json"
    sealed = election.vote(5, ["1", "1,2"], "--out", ballot)
    election.step("cast", ballot).said(sealed.value("Tracker"))

    running = election.report()
    assert running["verdict"] == "in progress"
    assert running["result"] is None
    election.count(*counting).said("VERIFIED", "The decryption proofs are strong.", "1 ballot replaced by a later one")

    report = election.report("--require-strong")
    assert report["verdict"] == "verified"
    assert report["result"] == [[1, 1, 2, 1], [2, 2, 2]]
    assert report["ballots"] == {"recorded": 6, "counted": 5, "replaced": 1, "weight": 5, "voters": 6}
    assert report["decryption_proofs"] == "strong"
    assert report["fingerprint"] == opened.value("Fingerprint of the election")
    assert report["credentials_fingerprint"] == opened.value("Fingerprint of the voters' credentials")


def test_private_files_can_be_read_by_their_owner_alone(election: Election) -> None:
    election.sawtuna(
        "credentials",
        "letters",
        election.root / "voters.csv",
        "--private",
        election.authority / "private_creds.json",
        "--election",
        election.box,
        "--out",
        election.root / "letters",
    )
    election.vote(1, ["1", "none"], "--audit")
    (audit,) = (election.root / "voter-1").glob("audit-*.json")
    private = [election.key(trustee) for trustee in (1, 2, 3)]
    private += [election.authority / "private_creds.json", election.root / "letters" / "letters-0001.html", audit]
    assert {str(path): oct(mode(path)) for path in private} == {str(path): "0o600" for path in private}


def test_the_archive_may_be_named_by_its_folder(election: Election, sawtuna: Shell) -> None:
    sawtuna("vote", election.box, "--choose", 1, "--choose", "none", "--credential-file", election.code(1))
    sawtuna("election", "close", election.box)
    sawtuna("election", "tally", election.box)
    for trustee in (1, 2):
        sawtuna("trustee", "decrypt", election.box, "--key", election.key(trustee))
    sawtuna("election", "add", election.box, election.box / "decryption-1.json", election.box / "decryption-2.json")
    sawtuna("election", "result", election.box).said("VERIFIED")
    assert sawtuna.json("verify", election.box, "--json")["result"] == [[0, 1, 0, 0], [0, 0, 0]]


def test_weights_are_counted_and_added_up(sawtuna: Shell, tmp_path: Path) -> None:
    election = Election.describe(sawtuna, tmp_path / "e")
    election.make_key(1, 1)
    election.register("الاسم;الوزن;الرقم\nسعاد;٣;أ\nيوسف;1;ب\nليلى;0;ج\nنور;4000000000;د\n")
    election.open()
    for voter, choices in {"أ": ["1", "1"], "ب": ["2", "1,2"], "ج": ["3", "3"]}.items():
        code = election.root / f"voter-{voter}" / "code.txt"
        words = [word for choice in choices for word in ("--choose", choice)]
        sawtuna("vote", election.archive, *words, "--credential-file", code)
    election.count(1)
    report = election.report()
    assert report["result"] == [[0, 3, 1, 0], [4, 1, 0]]
    assert report["ballots"] == {"recorded": 3, "counted": 3, "replaced": 0, "weight": 4, "voters": 4}


def test_an_election_in_which_nobody_votes_has_a_result_of_zeros(election: Election) -> None:
    election.count(2, 3).said("VERIFIED", "turnout 0.0%")
    assert election.report()["result"] == [[0, 0, 0, 0], [0, 0, 0]]


def test_any_two_of_three_trustees_count_the_same(counting: Election, sawtuna: Shell, tmp_path: Path) -> None:
    for trustee in (1, 2, 3):
        counting.decrypt(trustee)
    results = []
    for pair in [(1, 2), (3, 1), (2, 3), (3, 2, 1)]:
        copy = counting.copy(sawtuna, tmp_path / "-".join(map(str, pair)))
        copy.step("add", *(copy.part(trustee) for trustee in pair))
        copy.step("result")
        results.append(copy.report()["result"])
    assert results == [[[1, 0, 1, 0], [1, 0, 1]]] * 4


def test_a_trustee_can_check_a_key_file_at_any_time(election: Election, sawtuna: Shell) -> None:
    with unchanged(election.root):
        answer = sawtuna("trustee", "check", "--key", election.key(2)).said("Trustee 2", "is whole and decrypts")
    assert answer.value("Election") == election.uuid


def test_every_command_explains_itself(sawtuna: Shell) -> None:
    for words in (
        "", "verify", "vote", "audit-ballot", "election", "election new", "election open", "election cast",
        "election close", "election tally", "election add", "election result", "trustee", "trustee start",
        "trustee join", "trustee check", "trustee decrypt", "credentials", "credentials make", "credentials letters",
        "credentials check", "demo", "demo election",
    ):  # fmt: skip
        answer = sawtuna(*words.split(), "--help")
        assert f"sawtuna {words}".strip() in answer.out


def test_the_help_shows_a_questions_file_that_works(sawtuna: Shell, tmp_path: Path) -> None:
    lines = sawtuna("election", "new", "--help").out.splitlines()
    start = next(number for number, line in enumerate(lines) if line.strip().startswith("title ="))
    end = next(number for number, line in enumerate(lines) if line.strip().startswith("blank ="))
    (tmp_path / "questions.toml").write_text("\n".join(line.strip() for line in lines[start : end + 1]), "utf-8")
    sawtuna("election", "new", "questions.toml", "--out", "e").said("The election is described")
