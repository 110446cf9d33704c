"""How much memory a verification takes as the record grows: peak of the largest process, and its ratio.

    python benchmarks/memory.py [--small 1000] [--large 50000]

The ballots are variations of one: a number is added where the format leaves room, so their signatures do not hold and
the verdict is "rejected". What is measured is reading, indexing and examining, which is what grows.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from crypto.ballot import seal
from crypto.ballot_box import found
from crypto.board import Kind
from crypto.credentials import PublicCredential
from crypto.election import Homomorphic, election_json
from crypto.encoding import canonical
from crypto.groups import ED25519
from crypto.journal import Journal
from crypto.transcripts import VERSION_1
from crypto.trustees import PublicKey


def main() -> None:
    """Build, measure, print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--small", type=int, default=1_000)
    options.add_argument("--large", type=int, default=50_000)
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        small = peak(build(Path(folder) / "small.bel", arguments.small))
        large = peak(build(Path(folder) / "large.bel", arguments.large))
    grown = arguments.large / arguments.small
    print(f"{arguments.small:>9,} ballots: {small / 1024:7.1f} MiB")
    print(f"{arguments.large:>9,} ballots: {large / 1024:7.1f} MiB")
    print(f"{grown:.0f} times the ballots, {large / small:.2f} times the memory")


def build(path: Path, ballots: int) -> Path:
    """A record with one real ballot and `ballots` variations of it."""
    private, voter = ED25519.random(), ED25519.random()
    key = PublicKey.make(VERSION_1, private)
    election = election_json(
        version=VERSION_1,
        group=ED25519,
        uuid="MemoryBenchmark1",
        name="memory",
        description="",
        public_key=key.point,
        questions=[Homomorphic("?", ("a", "b", "c", "d", "e"), 1, 1, blank=False)],
    )
    parsed = found(
        path,
        int(time.time()),
        election,
        canonical([["Single", key.to_json()]]),
        [PublicCredential(ED25519.generator**voter)],
    )
    data = seal(parsed, voter, [[1, 0, 0, 0, 0]]).ballot.data
    with Journal.open(path) as journal:
        for start in range(0, ballots, 1000):
            batch = range(start, min(start + 1000, ballots))
            changed = (data.replace(b'{"choices"', b'{"n":%d,"choices"' % number, 1) for number in batch)
            journal.append_many(Kind.BALLOT, [(item,) for item in changed])
    return path


def peak(path: Path) -> int:
    """KiB of the largest resident set while the record is verified."""
    command = [sys.executable, "-c", "from app.cli import main; main()", "verify", str(path), "--json", "--jobs", "1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss


if __name__ == "__main__":
    main()
