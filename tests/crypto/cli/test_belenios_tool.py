"""Our elections under the eyes of an independent program: belenios-tool 2.0, as Debian 12 ships it.

It knows the two groups modulo p, and no threshold of a release after it: every trustee is needed here.
"""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crypto.archive import Reader
from crypto.board import Kind, replay
from crypto.credentials import PublicCredential, list_json, public_list
from crypto.groups import named
from crypto.journal import Journal
from tests.crypto.cli.elections import Election
from tests.crypto.cli.shell import Shell, Warm

TOOL = shutil.which("belenios-tool")


def _release() -> str:
    if TOOL is None:
        return ""
    return subprocess.run([TOOL, "--version"], check=True, capture_output=True, text=True).stdout.split()[0]


pytestmark = pytest.mark.skipif(
    _release() != "2.0", reason="belenios-tool 2.0 is not installed, so nobody else looks at our elections here"
)

QUESTIONS = {
    "title": "تصويت / A vote",
    "questions": [
        {"question": "Which?", "answers": ["A", "B"], "blank": True},
        {"question": "Several?", "answers": ["C", "D"], "min": 0, "max": 2},
    ],
}
ONE_QUESTION = {"title": "تصويت / A vote", "questions": [{"question": "Which?", "answers": ["A", "B"], "blank": True}]}


def belenios(folder: Path, *words: str, code: int = 0) -> str:
    """Run `belenios-tool election WORDS` on the archive in `folder`; what it printed."""
    assert TOOL is not None
    done = subprocess.run(
        [TOOL, "election", *words, "--dir", str(folder)], check=False, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode == 0) == (code == 0), done
    return done.stdout if code == 0 else done.stderr


@dataclass
class Stages:
    """An election, and copies of its archive at three moments."""

    election: Election
    sealed: Path
    opened: Path
    added_up: Path
    finished: Path


def run(
    warm: Warm, root: Path, group: str, questions: object, voters: str, votes: list[tuple[int, list[str]]]
) -> Stages:
    """The whole election."""
    sawtuna = Shell(warm, root)
    election = Election.describe(sawtuna, root / "e", json.dumps(questions), suffix=".json", group=group)
    election.make_key(2, 2)
    election.register(voters)
    election.open()

    def keep(name: str) -> Path:
        folder = root / name
        folder.mkdir()
        shutil.copy(election.archive, folder)
        return folder

    for voter, choices in votes:
        election.vote(voter, choices)
    sealed = root / "sealed.json"
    election.vote(1, votes[0][1], "--out", sealed)
    opened = keep("opened")
    election.step("close")
    election.step("tally")
    added_up = keep("added-up")
    for trustee in (1, 2):
        election.decrypt(trustee)
    election.step("add", election.part(1), election.part(2))
    election.step("result")
    return Stages(election, sealed, opened, added_up, keep("finished"))


@pytest.fixture(scope="session")
def weighted(warm: Warm, tmp_path_factory: pytest.TempPathFactory) -> Stages:
    """BELENIOS-2048, with weights, a blank vote, a revote."""
    votes = [(1, ["2", "none"]), (2, ["blank", "1,2"]), (1, ["1", "2"]), (3, ["2", "1"])]
    return run(
        warm, tmp_path_factory.mktemp("weighted"), "BELENIOS-2048", QUESTIONS, "id,weight\n1,3\n2,1\n3,0\n", votes
    )


@pytest.fixture(scope="session")
def plain(warm: Warm, tmp_path_factory: pytest.TempPathFactory) -> Stages:
    """RFC-3526-2048, without weights."""
    votes = [(1, ["blank"]), (1, ["2"])]
    return run(warm, tmp_path_factory.mktemp("plain"), "RFC-3526-2048", ONE_QUESTION, "1\n2\n", votes)


def test_it_accepts_an_election_of_ours_with_weights_blank_votes_and_revotes(weighted: Stages) -> None:
    for folder in (weighted.opened, weighted.added_up, weighted.finished):
        belenios(folder, "verify")
    assert weighted.election.report()["result"] == [[1, 3, 0], [1, 4]]


@pytest.mark.slow
def test_it_accepts_an_election_of_ours_in_the_group_of_rfc_3526(plain: Stages) -> None:
    for folder in (plain.opened, plain.added_up, plain.finished):
        belenios(folder, "verify")
    assert plain.election.report()["result"] == [[0, 0, 1]]


def test_it_adds_up_the_same_tally(weighted: Stages, tmp_path: Path) -> None:
    shutil.copytree(weighted.opened, tmp_path / "copy")
    (archive,) = (tmp_path / "copy").glob("*.bel")
    with Journal.open(archive) as journal:
        journal.append(Kind.END_BALLOTS)
    tally = belenios(archive.parent, "compute-encrypted-tally").splitlines()[0].strip().encode()
    name = f"{hashlib.sha256(tally).hexdigest()}.data.json".encode()
    (finished,) = weighted.finished.glob("*.bel")
    assert name in finished.read_bytes()


def _wrong_result(stages: Stages, archive: Path) -> None:
    shutil.copy(next(stages.added_up.glob("*.bel")), archive)
    with Journal.open(archive) as journal:
        for trustee in (1, 2):
            part = json.loads(stages.election.part(trustee).read_bytes())
            data = json.dumps(part["decryption"], separators=(",", ":")).encode()
            owned = {"owner": trustee, "payload": hashlib.sha256(data).hexdigest()}
            journal.append(Kind.PARTIAL_DECRYPTION, data, json.dumps(owned, separators=(",", ":")).encode())
        journal.append(Kind.RESULT, b'{"result":[[1,2,1],[1,4]]}')


def _ballot_with_a_broken_proof(stages: Stages, archive: Path) -> None:
    ballot = json.loads(stages.sealed.read_bytes())
    ballot["answers"][0]["individual_proofs"][0].reverse()
    shutil.copy(next(stages.opened.glob("*.bel")), archive)
    with Journal.open(archive) as journal:
        journal.append(Kind.BALLOT, json.dumps(ballot, separators=(",", ":")).encode())


def _one_bit(stages: Stages, archive: Path) -> None:
    data = bytearray(next(stages.finished.glob("*.bel")).read_bytes())
    data[len(data) // 2] ^= 1
    archive.write_bytes(data)


def _a_ballot_less(stages: Stages, archive: Path) -> None:
    """The first ballot left out and everything after it chained anew, with the tally of all."""
    with Reader.open(next(stages.finished.glob("*.bel"))) as reader, Journal.create(archive, reader.timestamp) as new:
        for step in replay(reader):
            if step.event.height != 2:
                new.append(step.event.kind, *(reader.read(entry) for entry in step.data))


@pytest.mark.parametrize("tamper", [_wrong_result, _ballot_with_a_broken_proof, _one_bit, _a_ballot_less])
def test_both_programs_refuse_a_record_of_ours_that_was_tampered_with(
    weighted: Stages, sawtuna: Shell, tmp_path: Path, tamper: Callable[[Stages, Path], None]
) -> None:
    folder = tmp_path / "tampered"
    folder.mkdir()
    archive = folder / f"{weighted.election.uuid}.bel"
    tamper(weighted, archive)
    belenios(folder, "verify", code=1)
    sawtuna("verify", folder, code=1).said("REJECTED")


def test_we_accept_a_count_made_with_it(weighted: Stages, sawtuna: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(weighted.added_up, folder)
    (archive,) = folder.glob("*.bel")
    for trustee in (1, 2):
        key = json.loads(weighted.election.key(trustee).read_bytes())["private_key"]
        (tmp_path / "private").write_text(json.dumps(key))
        lines = belenios(folder, "decrypt", "--privkey", str(tmp_path / "private"), "--trustee-id", str(trustee))
        decryption, owned = lines.splitlines()
        with Journal.open(archive) as journal:
            journal.append(Kind.PARTIAL_DECRYPTION, decryption.encode(), owned.encode())
    result = belenios(folder, "compute-result").splitlines()[0]
    with Journal.open(archive) as journal:
        journal.append(Kind.RESULT, result.encode())
    belenios(folder, "verify")
    report = sawtuna.json("verify", folder, "--json")
    assert report["result"] == weighted.election.report()["result"]
    assert report["decryption_proofs"] == "weak"
    sawtuna("verify", folder, "--require-strong", code=1).said("the strong proofs are missing")


def test_we_accept_a_ballot_made_with_it(sawtuna: Shell, tmp_path: Path) -> None:
    """Release 2.0 derives the key from the code by PBKDF2, so the list of voters is made here in its way."""
    election = Election.describe(sawtuna, tmp_path / "e", json.dumps(QUESTIONS), suffix=".json", group="BELENIOS-2048")
    election.make_key(1, 1)
    group = named("BELENIOS-2048")
    code = b"7Y3BL5WPD2kDSKm"
    secret = int.from_bytes(hashlib.pbkdf2_hmac("sha256", code, election.uuid.encode(), 1000, 32)) % group.order
    voter: list[PublicCredential] = public_list([(group.generator ** group.parse_secret(str(secret)), None)])
    election.authority.mkdir()
    (election.authority / "public_creds.json").write_bytes(list_json(voter))
    election.open()
    (tmp_path / "code").write_bytes(code)
    (tmp_path / "choice").write_text("[[0,0,1],[1,0]]")
    ballot: Any = belenios(
        election.box, "generate-ballot", "--privcred", str(tmp_path / "code"), "--ballot", str(tmp_path / "choice")
    )
    (tmp_path / "ballot.json").write_text(ballot.strip())
    election.step("cast", tmp_path / "ballot.json").said("Ballot cast.")
    belenios(election.box, "verify")
    election.count(1).said("VERIFIED")
    assert election.report()["result"] == [[0, 0, 1], [1, 0]]
    belenios(election.box, "verify")
