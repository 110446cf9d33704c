"""A shell in which tests type `sawtuna ...`, as users do; see `Shell`.

sawtuna("election", "close", archive)                       must succeed
sawtuna("election", "close", archive, code=1).said("closed already")
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
VECTORS = ROOT / "tests" / "vectors"

PROGRAM = Path(sys.executable).with_name("sawtuna")
"""The installed command, for tests that need a process group, a terminal or a signal of their own."""

Code = int | tuple[int, ...]
"""How a command must end; several where either will do."""

SECRETS = ("*.key.json", "private_creds.json")
"""The names of files whose content nobody but their owner may see."""


def environment(**changes: str) -> dict[str, str]:
    """What a command finds around it: a plain terminal of 100 columns, English, nothing of the developer's own."""
    kept = {
        name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH") if name in os.environ
    }
    return kept | {"LANG": "C.UTF-8", "COLUMNS": "100"} | changes


@dataclass(frozen=True)
class Answer:
    """What a command left: its exit code and what it wrote."""

    words: tuple[str, ...]
    code: int
    out: str
    err: str

    def said(self, *sentences: str) -> Self:
        """Each of these stands in what the user reads."""
        for sentence in sentences:
            assert sentence in self.out + self.err, f"{sentence!r} was not said by {self}"
        return self

    def value(self, name: str) -> str:
        """A fact that was printed as `name: value`."""
        for line in self.out.splitlines():
            label, colon, value = line.partition(": ")
            if colon and label.strip() == name:
                return value
        raise AssertionError(f"{name!r} was not printed by {self}")

    def __str__(self) -> str:
        return f"sawtuna {' '.join(self.words)}\n-> {self.code}\n{self.out}\n{self.err}"


class Warm:
    """The process of `warm.py`, kept for a session."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crypto.cli.warm"],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, words: tuple[str, ...], folder: Path, stdin: bytes, around: dict[str, str]) -> tuple[int, str, str]:
        """Exit code, output, errors."""
        files = {name: self._scratch / name for name in ("stdin", "stdout", "stderr")}
        files["stdin"].write_bytes(stdin)
        order = {"words": words, "folder": str(folder), "environment": around}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order | {name: str(path) for name, path in files.items()}) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        return code, files["stdout"].read_text("utf-8"), files["stderr"].read_text("utf-8")

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


class Shell:
    """`sawtuna` in a folder. Every command must end with the expected code and without a traceback."""

    def __init__(self, warm: Warm, folder: Path) -> None:
        self.folder = folder
        self._warm = warm
        self._answers: list[Answer] = []

    def __call__(
        self,
        *words: object,
        code: Code = 0,
        stdin: str | bytes = b"",
        folder: Path | None = None,
        around: Mapping[str, str] | None = None,
    ) -> Answer:
        """Run the command with these words; `code` is how it must end, or several when either will do."""
        typed = tuple(str(word) for word in words)
        given = stdin.encode() if isinstance(stdin, str) else stdin
        answer = Answer(typed, *self._warm.run(typed, folder or self.folder, given, environment(**(around or {}))))
        self._answers.append(answer)
        assert "Traceback" not in answer.err, answer
        assert answer.code in (code if isinstance(code, tuple) else (code,)), answer
        if answer.code:
            assert (answer.err + answer.out).strip(), f"no reason was given by {answer}"
        return answer

    def json(self, *words: object, code: Code = 0) -> Any:
        """What a command with `--json` printed."""
        return json.loads(self(*words, code=code).out)

    def assert_kept_secrets(self) -> None:
        """No code, seed or key of any private file below the folder was ever printed."""
        printed = "\n".join(answer.out + answer.err for answer in self._answers)
        for secret in secrets_below(self.folder):
            assert secret not in printed, "a secret of a private file was printed"


def secrets_below(folder: Path) -> set[str]:
    """Every voter's code, seed and private key in the private files below `folder`."""
    found: set[str] = set()
    for pattern in SECRETS:
        for path in folder.rglob(pattern):
            try:
                value = json.loads(path.read_bytes())
            except ValueError:
                continue  # a test has damaged it
            if path.name == "private_creds.json":
                found |= set(value.values())
            elif isinstance(value, dict):
                found |= {str(value[name]) for name in ("seed", "private_key") if value.get(name)}
    return found


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file below `folder`, by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@contextmanager
def unchanged(folder: Path) -> Iterator[None]:
    """Whatever happens inside must leave every file below `folder` as it was, to the byte, and add none."""
    before = snapshot(folder)
    yield
    assert snapshot(folder) == before, "a refused command has changed something"


def mode(path: Path) -> int:
    """The permissions of a file."""
    return path.stat().st_mode & 0o777
