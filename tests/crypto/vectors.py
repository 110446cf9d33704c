"""The elections in tests/vectors, made by belenios-tool, read without any code of ours (tests/vectors/README.md)."""

import json
import tarfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent / "vectors"


@dataclass(frozen=True)
class Vector:
    """One folder: its archive by kind of record, and the files beside it."""

    name: str
    path: Path
    archive: Path
    election: bytes
    trustees: bytes
    credentials: bytes
    ballots: tuple[bytes, ...]
    sized_tally: bytes | None
    encrypted_tally: bytes | None
    decryptions: tuple[tuple[int, bytes], ...]
    result: bytes | None
    records: dict[str, bytes] = field(repr=False)

    def file(self, name: str) -> Any:
        """A JSON file of the folder."""
        return json.loads((self.path / name).read_bytes())

    def lines(self, name: str) -> list[Any]:
        """A file of one JSON a line."""
        return [json.loads(line) for line in (self.path / name).read_bytes().splitlines()]

    @property
    def metadata(self) -> dict[str, Any]:
        """Group, tool, fingerprint, verdicts."""
        return self.file("meta.json")

    @property
    def votes(self) -> list[dict[str, Any]]:
        """Voter, credential, choice, tracker, in casting order."""
        return self.file("votes.json")

    @property
    def private_credentials(self) -> dict[str, str]:
        """Voter's id -> private credential."""
        return self.file("private_creds.json")

    @property
    def trustees_private(self) -> dict[str, list[dict[str, Any]]]:
        """`single` and, with a threshold, `pedersen`."""
        return self.file("trustees_private.json")


def names(pattern: str = "*") -> list[str]:
    """Folders of complete elections that match a glob."""
    return sorted(path.name for path in ROOT.glob(pattern) if (path / "votes.json").exists())


def tampered_names(pattern: str = "*") -> list[str]:
    """Folders of tampered copies that match a glob."""
    return sorted(path.name for path in (ROOT / "tampered").glob(pattern))


def homomorphic_names(pattern: str = "*") -> list[str]:
    """Complete elections without ranked questions or lists."""
    return [name for name in names(pattern) if "mixnet" not in name and "lists" not in name]


@cache
def load(name: str) -> Vector:
    """A complete election."""
    return _read(name, ROOT / name)


@cache
def load_tampered(name: str) -> Vector:
    """A tampered copy whose framing an ordinary tar still reads."""
    return _read(name, ROOT / "tampered" / name)


def _read(name: str, path: Path) -> Vector:
    (archive,) = path.glob("*.bel")
    records: dict[str, bytes] = {}
    events: list[dict[str, Any]] = []
    with tarfile.open(archive) as tar:
        for member in tar:
            body = tar.extractfile(member)
            assert body is not None
            content = body.read()
            records[member.name.partition(".")[0]] = content
            if member.name.endswith(".event.json"):
                events.append(json.loads(content))
    by_kind: dict[str, list[bytes]] = {}
    for event in events:
        by_kind.setdefault(event["type"], []).append(records[event["payload"]] if "payload" in event else b"")
    setup = json.loads(by_kind["Setup"][0])
    sized = by_kind.get("EncryptedTally", [None])[-1]
    owned = [json.loads(payload) for payload in by_kind.get("PartialDecryption", [])]
    return Vector(
        name=name,
        path=path,
        archive=archive,
        election=records[setup["election"]],
        trustees=records[setup["trustees"]],
        credentials=records[setup["credentials"]],
        ballots=tuple(by_kind.get("Ballot", [])),
        sized_tally=sized,
        encrypted_tally=records[json.loads(sized)["encrypted_tally"]] if sized else None,
        decryptions=tuple((item["owner"], records[item["payload"]]) for item in owned),
        result=by_kind.get("Result", [None])[-1],
        records=records,
    )
