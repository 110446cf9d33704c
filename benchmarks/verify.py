"""How fast a record is verified: ours beside belenios-tool, and beside the bare group operations of libsodium.

    python benchmarks/verify.py [--voters 300] [--runs 3]

Prints CPU seconds per 1,000 ballots and ratios, each the median of runs taken in turn (ours, peer, ours, peer, …), so
that a machine whose speed drifts disturbs both alike. One question of 5 answers, pick 1, three trustees of whom all are
needed, because belenios-tool 2.0 knows no threshold of ours. Ed25519 is unknown to 2.0; there the floor is the time of
the scalar multiplications that any verifier without precomputation or multi-scalar multiplication must make.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from crypto.groups import ED25519

ANSWERS = 5


def main() -> None:
    """Measure both groups."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--voters", type=int, default=300)
    options.add_argument("--runs", type=int, default=3)
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for group in ("BELENIOS-2048", "Ed25519"):
            measure(Path(folder) / group, group, arguments.voters, arguments.runs)


def measure(folder: Path, group: str, voters: int, runs: int) -> None:
    """Make an election, verify it by turns with each program, print medians and ratios."""
    sawtuna = [sys.executable, "-c", "from app.cli import main; main()"]
    demo = [
        "demo",
        "election",
        "--group",
        group,
        "--voters",
        str(voters),
        "--threshold",
        "3",
        "--answers",
        str(ANSWERS),
    ]
    subprocess.run([*sawtuna, *demo, "--seed", "1", "--out", str(folder)], check=True, capture_output=True)
    archive = next(folder.glob("*.bel"))
    ballots = sum(1 for _ in _events(archive, b'"type":"Ballot"'))
    ours = [*sawtuna, "verify", str(archive), "--json"]
    peer = _peer(folder, group)
    times: dict[str, list[float]] = {"one process": [], "two processes": [], "belenios-tool": [], "floor": []}
    walls: dict[str, list[float]] = {name: [] for name in times}
    for _run in range(runs):
        for name, command in (("one process", [*ours, "--jobs", "1"]), ("two processes", [*ours, "--jobs", "2"])):
            cpu, wall = timed(command)
            times[name].append(cpu)
            walls[name].append(wall)
        if peer is not None:
            cpu, wall = timed(peer)
            times["belenios-tool"].append(cpu)
            walls["belenios-tool"].append(wall)
        if group == "Ed25519":
            spent = floor(ballots)
            times["floor"].append(spent)
            walls["floor"].append(spent)
    print(f"{group}: {ballots} ballots, {ANSWERS} answers, median of {runs}")
    base = statistics.median(times["one process"])
    for name, values in times.items():
        if values:
            cpu, wall = statistics.median(values), statistics.median(walls[name])
            per_thousand = cpu / ballots * 1000
            print(
                f"  {name:14} {per_thousand:7.2f} CPU s / 1,000 ballots   {wall / ballots * 1000:7.2f} wall s", end=""
            )
            print(f"   ours(one)/this = {base / cpu:.2f}" if name in ("belenios-tool", "floor") else "")


def timed(command: list[str]) -> tuple[float, float]:
    """CPU (children included) and wall seconds of a command."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - began


def _peer(folder: Path, group: str) -> list[str] | None:
    if group == "Ed25519" or shutil.which("belenios-tool") is None:
        print(f"{group}: belenios-tool is not installed or does not know the group; measured without it")
        return None
    alone = folder / "peer"
    alone.mkdir()
    shutil.copy(next(folder.glob("*.bel")), alone)
    return ["belenios-tool", "election", "verify", "--dir", str(alone)]


def _events(archive: Path, mark: bytes) -> list[int]:
    data = archive.read_bytes()
    found, place = [], data.find(mark)
    while place >= 0:
        found.append(place)
        place = data.find(mark, place + 1)
    return found


def floor(ballots: int) -> float:
    """Seconds for the multiplications in the proofs of `ballots` ballots: 1 by g and 3 by others a branch."""
    branches = 2 * ANSWERS + 1
    scalar, point = ED25519.random().reveal(), ED25519.generator ** ED25519.random()
    began = time.process_time()
    for _ in range(ballots * branches):
        ED25519.generator**scalar
        for _factor in range(3):
            point**scalar
    return time.process_time() - began


if __name__ == "__main__":
    main()
