"""The browser's half of the protocol and Python's are one: each takes what the other makes, and nothing else."""

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from crypto import credentials, seals
from crypto.ballot import Ballot
from crypto.election import Election, Homomorphic, election_json
from crypto.errors import Malformed, ProtocolError, Rejected, Unsupported
from crypto.groups import Group
from crypto.transcripts import VERSION_1
from tests.crypto import vectors
from tests.crypto.samples import ALL_GROUPS, UUID, Sample, dump, leaves, replaced, small_election

DRIVER = Path(__file__).with_name("booth.mjs")
HOSTILE = "من تختار؟ </script><img src=x onerror=alert(1)> \u202etxt.exe \u0001\t\"'\\ \u2028 🗳 %(x)s {{x}}"
QUESTIONS = (
    Homomorphic("Who?", ("A", "B", "C"), 1, 1, blank=False),
    Homomorphic(HOSTILE, (HOSTILE, "سلمى", "", "é"), 1, 3, blank=True),
    Homomorphic("كم؟", ("نعم", "لا"), 0, 2, blank=True),
    Homomorphic("None needed", ("A", "B"), 0, 1, blank=False),
)
VOTES = {
    "the least": [[1, 0, 0], [0, 1, 0, 0, 0], [0, 0, 0], [0, 0]],
    "the most": [[0, 0, 1], [0, 1, 0, 1, 1], [0, 1, 1], [0, 1]],
    "blank": [[0, 1, 0], [1, 0, 0, 0, 0], [1, 0, 0], [1, 0]],
}


def browser(*elections: dict[str, Any]) -> list[dict[str, Any]]:
    """Run booth.mjs; a missing node is a failure, for half of the protocol would go untested."""
    node = shutil.which("node")
    if node is None:
        pytest.fail(
            "These tests run the browser's code and need Node.js 20 or later; on Debian: apt-get install nodejs"
        )
    done = subprocess.run(
        [node, str(DRIVER)], input=dump({"elections": elections}), capture_output=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr.decode()
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def text(sample: Sample) -> str:
    """The election record as it is served."""
    return sample.election.data.decode()


@cache
def voted(group: Group) -> tuple[Sample, dict[str, Any]]:
    """One election a group: the browser casts every vote of `VOTES`, audits one, and verifies three of Python's."""
    sample = small_election(group, QUESTIONS)
    votes: list[dict[str, Any]] = [
        {"marks": marks, "credential": code} for marks, code in zip(VOTES.values(), sample.codes, strict=True)
    ]
    votes.append({"marks": VOTES["blank"], "credential": None})
    ours = [sample.seal(index, *marks).ballot.data.decode() for index, marks in enumerate(VOTES.values())]
    spoiled = [ours[0].replace('"response":"', '"response":"1', 1), ours[1].replace(UUID, UUID[:-1] + "5", 1)]
    (answer,) = browser({"election": text(sample), "votes": votes, "ballots": ours + spoiled})
    return sample, answer | {"ours": ours}


@pytest.fixture(params=ALL_GROUPS, ids=lambda group: group.name)
def both(request: pytest.FixtureRequest) -> tuple[Sample, dict[str, Any]]:
    """An election of each group, and what the browser did in it."""
    return voted(request.param)


def test_ballots_cast_in_the_browser_are_accepted(both: tuple[Sample, dict[str, Any]]) -> None:
    sample, answer = both
    assert answer["fingerprint"] == sample.election.fingerprint
    for made, code in zip(answer["made"], sample.codes, strict=False):
        ballot = Ballot.parse(sample.election, made["ballot"].encode())
        ballot.verify(sample.election)
        assert ballot.tracker == made["tracker"]
        key = credentials.signing_key(VERSION_1, sample.election.group, UUID, code)
        assert ballot.credential == sample.election.group.generator**key
        assert seals.seal_code(sample.election, ballot) == made["sealCode"]


def test_every_change_of_a_ballot_cast_in_the_browser_is_refused() -> None:
    sample, answer = voted(ALL_GROUPS[0])
    value = json.loads(answer["made"][0]["ballot"])
    for path, leaf in leaves(value):
        other = dump(replaced(value, path, leaf[:-1] + ("1" if leaf[-1] != "1" else "2")))
        with pytest.raises(ProtocolError):
            Ballot.parse(sample.election, other).verify(sample.election)


def test_ballots_sealed_by_python_are_verified_by_the_browser(both: tuple[Sample, dict[str, Any]]) -> None:
    sample, answer = both
    for data, verdict, again in zip(answer["ours"], answer["verified"][:3], answer["recomputed"][:3], strict=True):
        ballot = Ballot.parse(sample.election, data.encode())
        code = seals.seal_code(sample.election, ballot)
        assert verdict == {"tracker": ballot.tracker, "sealCode": code}
        assert again == {"sealCode": code}
    assert [verdict["refused"] in ("Rejected", "Malformed") for verdict in answer["verified"][3:]] == [True, True]


def test_titles_of_any_letters_reach_the_voter_unchanged(both: tuple[Sample, dict[str, Any]]) -> None:
    _, answer = both
    assert answer["titles"] == [[question.question, *question.answers] for question in QUESTIONS]


def test_an_audit_made_in_the_browser_shows_what_was_sealed(both: tuple[Sample, dict[str, Any]]) -> None:
    sample, answer = both
    made = answer["made"][-1]
    assert seals.verify(sample.election, made["audit"]) == VOTES["blank"]
    assert seals.SealAudit.parse(sample.election, made["audit"]).code == made["sealCode"]


def test_both_halves_refuse_the_same_altered_audits() -> None:
    sample, answer = voted(ALL_GROUPS[0])
    value = answer["made"][-1]["audit"]
    order = sample.election.group.order
    identity = str(sample.election.group.identity)
    swapped = dict(value, randomness=[value["randomness"][0][::-1], *value["randomness"][1:]])
    altered = [
        swapped,
        dict(value, format="sawtuna seal audit 2"),
        dict(value, election_hash="x"),
        dict(value, election_uuid="SawtunaTest1235"),
        dict(value, marks=value["marks"][:-1]),
        dict(value, choices=[*value["choices"], value["choices"][0]]),
        {key: value[key] for key in value if key != "randomness"},
        replaced(value, ("marks", 0), [1, 0, 0]),
        replaced(value, ("marks", 0), [1, 1, 1]),
        replaced(value, ("marks", 0, 1), True),
        replaced(value, ("randomness", 0), value["randomness"][0][1:]),
        replaced(value, ("randomness", 0, 0), "0" + value["randomness"][0][0]),
        replaced(value, ("randomness", 0, 0), str(int(value["randomness"][0][0]) + order)),
        replaced(value, ("choices", 0, 0, "alpha"), value["choices"][0][0]["alpha"].upper()),
        replaced(value, ("choices", 0, 0, "beta"), identity),
    ]
    (verdicts,) = browser({"election": text(sample), "audits": [value, *altered]})
    assert verdicts["audited"][0]["marks"] == VOTES["blank"]
    for index, (other, verdict) in enumerate(zip(altered, verdicts["audited"][1:], strict=True)):
        assert "refused" in verdict, index
        with pytest.raises((Malformed, Rejected)):
            seals.verify(sample.election, other)


def test_an_audit_of_a_choice_that_the_question_does_not_allow_is_refused() -> None:
    sample, _ = voted(ALL_GROUPS[0])
    election, group = sample.election, sample.election.group
    randomness = [[group.random().reveal() for _ in range(question.size)] for question in QUESTIONS]
    marks = [[1, 1, 0], *VOTES["blank"][1:]]
    choices = [
        [
            {
                "alpha": str(group.generator**r),
                "beta": str(election.public_key**r * group.generator ** group.scalar(mark)),
            }
            for r, mark in zip(row, marked, strict=True)
        ]
        for row, marked in zip(randomness, marks, strict=True)
    ]
    value = {
        "format": seals.FORMAT,
        "election_uuid": election.uuid,
        "election_hash": election.fingerprint,
        "choices": choices,
        "marks": marks,
        "randomness": [[str(r) for r in row] for row in randomness],
    }
    with pytest.raises(Rejected, match="from 1 to 1"):
        seals.verify(election, value)
    (verdicts,) = browser({"election": text(sample), "audits": [value]})
    assert "refused" in verdicts["audited"][0]


def test_an_election_whose_record_is_not_canonical_is_read_alike() -> None:
    """The fingerprint is of the bytes: indented, escaped and with further keys."""
    sample = small_election()
    value = json.loads(sample.election.data) | {"administrator": "إدارة", "language": "ar"}
    data = json.dumps(value, indent=2).encode()
    election = Election.parse(data)
    code = sample.codes[0]
    votes = [{"marks": [[0, 1, 0]], "credential": f" {code.replace('-', ' ')}\n"}]
    (answer,) = browser({"election": data.decode(), "votes": votes})
    assert answer["fingerprint"] == election.fingerprint
    ballot = Ballot.parse(election, answer["made"][0]["ballot"].encode())
    ballot.verify(election)


def test_a_long_ballot_is_one_ballot_in_both() -> None:
    sample = small_election()
    questions = [Homomorphic(f"{number}?", tuple("ABCDEFGHIJ"), 0, 10, blank=bool(number % 2)) for number in range(5)]
    data = election_json(
        version=VERSION_1,
        group=sample.election.group,
        uuid=UUID,
        name="Long",
        description="",
        public_key=sample.election.public_key,
        questions=questions,
    )
    election = Election.parse(data)
    marks = [[0] * question.blank + [1, 0] * 5 for question in questions]
    (answer,) = browser({"election": data.decode(), "votes": [{"marks": marks, "credential": sample.codes[0]}]})
    Ballot.parse(election, answer["made"][0]["ballot"].encode()).verify(election)


def test_ranked_ballots_have_no_seal_code() -> None:
    vector = vectors.load("ed25519-3.3.0-mixnet")
    election = Election.parse(vector.election)
    with pytest.raises(Unsupported):
        seals.seal_code(election, Ballot.parse_recorded(election, vector.ballots[0]))
    value = {"format": seals.FORMAT, "election_uuid": election.uuid, "election_hash": election.fingerprint}
    with pytest.raises(Unsupported):
        seals.verify(election, value | {"choices": [], "marks": [], "randomness": []})
