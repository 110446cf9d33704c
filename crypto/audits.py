"""Benaloh's challenge: a sealed ballot is opened instead of cast, and can never be cast afterwards.

Benaloh 2006, "Simple verifiable elections". The tracker is fixed before the voter chooses between cast and audit, so a
device that seals something else is found out in half of the audits.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from crypto.answers import open_answer
from crypto.ballot import Ballot, Sealed, revealed
from crypto.election import Election
from crypto.encoding import array, canonical, hex_digest, members, parse_json, text
from crypto.errors import Malformed, Rejected, Unsupported, within
from crypto.groups import Scalar
from crypto.journal import write_whole

_FORMAT = "sawtuna audit 1"
_SPOILED_FORMAT = "sawtuna audited ballots 1"


@dataclass(frozen=True, slots=True)
class Audit:
    """An opened ballot: its bytes, and the randomness (decimal, per question, per ciphertext) that explains them."""

    ballot: bytes = field(repr=False)
    randomness: tuple[tuple[str, ...], ...] = field(repr=False)

    @classmethod
    def of(cls, sealed: Sealed) -> Self:
        """Open a sealed ballot."""
        return cls(sealed.ballot.data, tuple(tuple(str(value) for value in row) for row in revealed(sealed)))

    @classmethod
    def parse(cls, value: object) -> Self:
        """From the file's JSON."""
        fields = members(value, "format", "ballot", "randomness")
        if fields["format"] != _FORMAT:
            raise Malformed("this is not the audit of a ballot")
        rows = tuple(tuple(text(item) for item in array(row)) for row in array(fields["randomness"]))
        return cls(text(fields["ballot"]).encode(), rows)

    def to_json(self) -> dict[str, Any]:
        """The file's JSON."""
        return {
            "format": _FORMAT,
            "ballot": self.ballot.decode(),
            "randomness": [list(row) for row in self.randomness],
        }

    def verify(self, election: Election) -> list[list[int]]:
        """What the ballot holds, after every check; `Rejected` when it is not what its randomness says."""
        ballot = Ballot.parse(election, self.ballot)
        ballot.verify(election)
        questions = election.homomorphic
        if questions is None:
            raise Unsupported("this election has ranked questions, on which this version cannot vote yet")
        if len(self.randomness) != len(questions):
            raise Rejected("the number of random values is not the number of ciphertexts")
        opened = []
        for index, (question, answer, row) in enumerate(
            zip(questions, ballot.homomorphic(), self.randomness, strict=True)
        ):
            with within("answers", index):
                scalars: Sequence[Scalar] = [election.group.parse_scalar(value) for value in row]
                opened.append(open_answer(question, election.public_key, answer, scalars))
        return opened


def spoiled_path(archive: Path, uuid: str) -> Path:
    """Where the ballots that were audited are listed."""
    return archive.parent / f"{uuid}.record" / "audited.json"


def spoiled(archive: Path, uuid: str) -> set[str]:
    """Digests (hex) of ballots that were opened and must not be cast."""
    try:
        data = spoiled_path(archive, uuid).read_bytes()
    except FileNotFoundError:
        return set()
    fields = members(parse_json(data), "format", "ballots")
    if fields["format"] != _SPOILED_FORMAT:
        raise Malformed("this is not a list of audited ballots")
    return {hex_digest(item) for item in array(fields["ballots"])}


def spoil(archive: Path, uuid: str, digest: str) -> None:
    """Never let the ballot be cast; done before its randomness is shown. `BallotBox.spoil` is the way in.

    Call it with the archive's lock held: the list is read and written again.
    """
    ballots = spoiled(archive, uuid) | {digest}
    path = spoiled_path(archive, uuid)
    path.parent.mkdir(exist_ok=True)
    write_whole(path, canonical({"format": _SPOILED_FORMAT, "ballots": sorted(ballots)}) + b"\n")
