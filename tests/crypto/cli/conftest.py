"""What the tests of the command line start from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crypto.cli.elections import Election
from tests.crypto.cli.shell import Shell, Warm


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    """The program, loaded once."""
    process = Warm(tmp_path_factory.mktemp("warm"))
    yield process
    process.close()


@pytest.fixture
def sawtuna(warm: Warm, tmp_path: Path) -> Iterator[Shell]:
    """The command, in a folder of the test's own; at the end no secret of that folder may have been printed."""
    shell = Shell(warm, tmp_path)
    yield shell
    shell.assert_kept_secrets()


@pytest.fixture(scope="session")
def prepared(warm: Warm, tmp_path_factory: pytest.TempPathFactory) -> Election:
    """An open election: two questions, six voters, any two of three trustees. To be copied, not used."""
    root = tmp_path_factory.mktemp("prepared")
    election = Election.describe(Shell(warm, root), root / "election")
    election.make_key(3, 2)
    election.register()
    election.open()
    return election


@pytest.fixture
def election(prepared: Election, sawtuna: Shell, tmp_path: Path) -> Election:
    """A copy of the open election."""
    return prepared.copy(sawtuna, tmp_path / "election")


@pytest.fixture(scope="session")
def added_up(prepared: Election, warm: Warm, tmp_path_factory: pytest.TempPathFactory) -> Election:
    """The election after two votes, closed and added up. To be copied."""
    root = tmp_path_factory.mktemp("added-up")
    election = prepared.copy(Shell(warm, root), root / "election")
    election.vote(1, ["2", "1,3"])
    election.vote(2, ["blank", "none"])
    election.step("close")
    election.step("tally")
    return election


@pytest.fixture
def counting(added_up: Election, sawtuna: Shell, tmp_path: Path) -> Election:
    """A copy of the election that waits for its trustees."""
    return added_up.copy(sawtuna, tmp_path / "election")
