"""Ctrl-C, a full disk, a reader who leaves: what is on the disk is sound, and a sentence says how to go on."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from crypto.ballot import seal
from crypto.cli.files import read_election
from crypto.credentials import signing_key
from tests.crypto.cli.elections import Election
from tests.crypto.cli.shell import PROGRAM, Shell, environment, snapshot, unchanged

BALLOTS = 120


class Running:
    """`sawtuna` as a process group of its own, which Ctrl-C reaches as a whole."""

    def __init__(self, *words: object, folder: Path, prepare: Callable[[], None] | None = None) -> None:
        self._process = subprocess.Popen(
            [PROGRAM, *map(str, words)],
            cwd=folder,
            env=environment(PYTHONUNBUFFERED="1"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=prepare,  # noqa: PLW1509 - limits are set in the new process
        )
        self.lines: list[str] = []

    def until(self, text: str, times: int = 1) -> None:
        """Wait until so many lines with `text` have been printed."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line)
            if sum(text in each for each in self.lines) >= times:
                return
        raise AssertionError(f"{text!r} was not printed: {self.lines}")

    def until_workers(self, number: int = 2) -> None:
        """Wait until so many helping processes have started."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
            started = [Path(f"/proc/{child}/cmdline").read_bytes() for child in children]
            if sum(b"spawn_main" in words for words in started) >= number:
                return
            time.sleep(0.02)
        raise AssertionError("no other process was started")

    def press_ctrl_c(self) -> None:
        """As the terminal does: to every process of the group."""
        os.killpg(self._process.pid, signal.SIGINT)

    def kill(self) -> None:
        """As a power cut does."""
        os.killpg(self._process.pid, signal.SIGKILL)

    def end(self) -> tuple[int, str, str]:
        """Exit code, everything printed, errors."""
        out, err = self._process.communicate(timeout=60)
        return self._process.returncode, "".join(self.lines) + out, err


@pytest.fixture
def ballots(election: Election) -> list[Path]:
    """Many sealed ballots of one voter, in files; sealing them one by one with the command would take a minute."""
    parsed = read_election(election.archive)
    key = signing_key(parsed.version, parsed.group, parsed.uuid, election.codes["1"])
    folder = election.root / "ballots"
    folder.mkdir()
    files = [folder / f"{number:03}.json" for number in range(BALLOTS)]
    for file in files:
        file.write_bytes(seal(parsed, key, [[0, 1, 0, 0], [0, 0, 0]]).ballot.data)
    return files


def test_ctrl_c_while_ballots_are_cast_keeps_exactly_those_that_were_confirmed(
    election: Election, ballots: list[Path]
) -> None:
    running = Running("election", "cast", election.archive, *ballots, folder=election.root)
    running.until("Ballot cast.", times=10)
    running.press_ctrl_c()
    code, out, err = running.end()
    assert code == 130
    assert "Traceback" not in err
    assert "Interrupted." in err
    confirmed = out.count("Ballot cast.")
    report = election.report()
    assert report["verdict"] == "in progress"
    assert 10 <= confirmed <= report["ballots"]["recorded"] <= confirmed + 1 < BALLOTS
    assert sorted(path.name for path in election.box.iterdir()) == sorted(
        [election.archive.name, "ceremony", "draft.json"]
    )
    again = election.step("cast", *ballots, code=1)
    assert again.out.count("Ballot cast.") == BALLOTS - report["ballots"]["recorded"]
    assert election.report()["ballots"]["recorded"] == BALLOTS


@pytest.mark.parametrize("moment", ["have made the key", "have a code", "ballots are in the box"])
def test_ctrl_c_during_a_demonstration_leaves_a_sound_archive(sawtuna: Shell, tmp_path: Path, moment: str) -> None:
    running = Running("demo", "election", "--voters", 60, "--out", "d", "--jobs", 1, folder=tmp_path)
    running.until(moment)
    time.sleep(0.1)
    running.press_ctrl_c()
    code, out, err = running.end()
    assert (code, "Traceback" in err) == (130, False), err
    assert "Interrupted." in err
    assert "VERIFIED" not in out
    for archive in (tmp_path / "d").glob("*.bel"):
        assert sawtuna.json("verify", archive, "--json")["verdict"] == "in progress"
    assert not (tmp_path / "d" / "expected.json").exists()


@pytest.mark.parametrize("later", [0.15, 0.6], ids=["while-they-start", "while-they-work"])
def test_ctrl_c_stops_several_processes_without_a_traceback(sawtuna: Shell, tmp_path: Path, later: float) -> None:
    running = Running("demo", "election", "--voters", 200, "--out", "d", "--jobs", 2, folder=tmp_path)
    running.until("have a code")
    running.until_workers()
    time.sleep(later)
    running.press_ctrl_c()
    code, _, err = running.end()
    assert "Traceback" not in err
    assert code == 130
    (archive,) = (tmp_path / "d").glob("*.bel")
    assert sawtuna.json("verify", archive, "--json")["verdict"] == "in progress"


@pytest.mark.parametrize("later", [0.15, 0.6], ids=["while-they-start", "while-they-work"])
def test_ctrl_c_during_a_verification_with_several_processes_is_quiet(
    sawtuna: Shell, tmp_path: Path, later: float
) -> None:
    sawtuna("demo", "election", "--voters", 120, "--out", "d", "--jobs", 1)
    with unchanged(tmp_path / "d"):
        running = Running("verify", "d", "--jobs", 2, folder=tmp_path)
        running.until_workers()
        time.sleep(later)
        running.press_ctrl_c()
        code, out, err = running.end()
    assert "Traceback" not in err
    assert (code, "VERIFIED" in out) in ((130, False), (0, True))  # a fast machine may have finished


def test_a_killed_writer_leaves_an_archive_with_which_one_can_go_on(election: Election, ballots: list[Path]) -> None:
    running = Running("election", "cast", election.archive, *ballots, folder=election.root)
    running.until("Ballot cast.", times=5)
    running.kill()
    _, out, _ = running.end()
    with election.archive.open("ab") as file:
        file.write(b"torn" * 100)  # what a power cut may leave
    answer = election.vote(2, ["2", "1"]).said("An interrupted program had left an unfinished entry", ".torn-1")
    assert answer.code == 0
    report = election.report()
    assert report["verdict"] == "in progress"
    assert report["ballots"]["recorded"] >= out.count("Ballot cast.") + 1


# A full disk


def _limit(size: int) -> Callable[[], None]:
    def prepare() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return prepare


FULL = "make room and run the same command again"


def test_a_full_disk_while_ballots_are_cast_loses_nothing_that_was_confirmed(
    election: Election, ballots: list[Path]
) -> None:
    limit = election.archive.stat().st_size + 20 * 6000
    running = Running("election", "cast", election.archive, *ballots, folder=election.root, prepare=_limit(limit))
    code, out, err = running.end()
    confirmed = out.count("Ballot cast.")
    assert 5 < confirmed < BALLOTS
    report = election.report()
    assert (report["verdict"], report["ballots"]["recorded"]) == ("in progress", confirmed)
    assert "Traceback" not in err
    assert code == 2
    assert FULL in err
    again = election.step("cast", *ballots, code=1)
    assert again.out.count("Ballot cast.") == BALLOTS - confirmed


@pytest.mark.parametrize("size", [100, 2_000])
def test_a_full_disk_never_leaves_half_a_file(counting: Election, size: int) -> None:
    root = counting.root
    commands = [
        ("election", "new", root / "questions.toml", "--out", root / "new"),
        ("credentials", "make", root / "voters.csv", "--election", counting.box, "--out", root / "o", "--letters"),
        ("trustee", "decrypt", counting.archive, "--key", counting.key(1), "--out", root / "part.json"),
    ]
    before = snapshot(root)
    for words in commands:
        code, _, err = Running(*words, folder=root, prepare=_limit(size)).end()
        assert "Traceback" not in err
        if code:
            assert code == 2
        for path, data in snapshot(root).items():
            assert path in before or not path.endswith(".new"), f"{path} was left behind"
            if path not in before and path.endswith(".json"):
                json.loads(data)
    assert {path: data for path, data in snapshot(root).items() if path in before} == before


def test_a_full_disk_while_a_key_is_made_leaves_no_useless_key(sawtuna: Shell, tmp_path: Path) -> None:
    election = Election.describe(sawtuna, tmp_path / "e")
    election.start(3, 2)
    words = ("trustee", "join", election.ceremony, "--key", election.key(1), "--name", "A")
    code, _, err = Running(*words, folder=tmp_path, prepare=_limit(50)).end()
    assert (code, "Traceback" in err) == (2, False)
    assert not election.key(1).exists()
    election.join(1).said("trustee 1.")


def test_output_to_a_full_device_is_an_error_and_no_traceback(counting: Election) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [PROGRAM, "verify", str(counting.archive)],
            env=environment(), stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert done.returncode == 2
    assert "full" in done.stderr


def test_a_reader_who_leaves_early_causes_no_noise(counting: Election) -> None:
    done = subprocess.run(
        ["bash", "-c", 'set -o pipefail; "$0" verify "$1" | head -c 1 >/dev/null', PROGRAM, str(counting.archive)],
        env=environment(), capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.returncode in (0, 141)


def test_a_closed_input_is_no_traceback(election: Election) -> None:
    done = subprocess.run(
        ["bash", "-c", '"$0" vote "$1" <&-', PROGRAM, str(election.archive)],
        env=environment(), capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert done.returncode == 2


def test_the_installed_command_and_the_module_are_the_same_program() -> None:
    installed = subprocess.run([PROGRAM, "--help"], env=environment(), capture_output=True, check=True)
    module = subprocess.run(
        [sys.executable, "-c", "from app.cli import main; main()", "--help"],
        env=environment(), capture_output=True, check=True,
    )  # fmt: skip
    assert installed.stdout == module.stdout
    assert installed.stderr == module.stderr == b""
