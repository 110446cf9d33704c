"""The browser's half of the protocol, run by node, for tests that set it against the Python half.

`Workers` sends messages to the very modules that a page loads as workers; `Page` is a trustee's page, with a shared
folder of `sawtuna trustee` in the place of the server.
"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from crypto.cli.ceremony import Folder
from crypto.cli.files import pretty

ROOT = Path(__file__).parents[2]
KINDS = ("certificates", "commitments", "shares", "keys")


def node() -> str:
    """The path of node, or a failure that says what is missing."""
    found = shutil.which("node")
    assert found is not None, "node is not installed, so what a voter's browser computes cannot be tested"
    assert (ROOT / "static/vendor/js/noble.js").exists(), "the vendored scripts are missing: run .build/hook.py"
    return found


class Refused(Exception):
    """A worker's answer {failed}."""

    def __init__(self, failed: dict[str, Any]) -> None:
        super().__init__(f"{failed['where']}: {failed['message']}")
        self.name = failed["name"]
        self.code = failed["code"]
        self.place = failed["place"]


class Workers:
    """The workers of the trustee and the observer, in one process that is kept for a session."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [node(), Path(__file__).with_name("workers.js")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._last = 0

    def ask(self, worker: str, deed: str, **message: object) -> Any:
        """The value of {done}; `Refused` for {failed}. A `Path` is sent as the bytes of its file."""
        self._last += 1
        values = {key: {"file": str(value)} if isinstance(value, Path) else value for key, value in message.items()}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"worker": worker, "id": self._last, "do": deed, **values}) + "\n")
        self._process.stdin.flush()
        while line := self._process.stdout.readline():
            answer = json.loads(line)
            assert answer["id"] == self._last
            if "failed" in answer:
                raise Refused(answer["failed"])
            if "done" in answer:
                return answer["done"]
        raise AssertionError("node has ended")

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


class Page:
    """A trustee's page."""

    def __init__(self, workers: Workers, folder: Folder, index: int, key: Path) -> None:
        self.workers = workers
        self.folder = folder
        self.index = index
        self.key = key

    def state(self) -> dict[str, Any]:
        """What GET ceremony answers."""
        folder = self.folder
        published = {
            kind: {
                str(index): dict(folder.read(kind, index))
                for index in range(1, folder.size + 1)
                if folder.has(kind, index)
            }
            for kind in KINDS
        }
        return {
            "uuid": folder.uuid,
            "group": folder.group.name,
            "size": folder.size,
            "threshold": folder.threshold,
            "index": self.index,
            "name": f"Browser {self.index}",
            "state": "keys",
            "published": published,
            "public_key": None,
        }

    def advance(self) -> Any:
        """Look at the ceremony once: the key file is saved, then what is next is published."""
        key = json.loads(self.key.read_bytes()) if self.key.exists() else None
        answer = self.workers.ask("trustee", "advance", state=self.state(), keyFile=key, name=None)
        self.key.parent.mkdir(parents=True, exist_ok=True)
        self.key.write_text(answer["text"], "utf-8")
        if answer["publish"] is not None:
            target = self.folder.path / answer["publish"]["kind"] / f"{self.index}.json"
            target.write_bytes(pretty(answer["publish"]["body"]))
        return answer
