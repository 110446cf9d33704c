"""The seal code: what a voter compares before he gives his credential, and the audit that opens such a seal.

The booth in the browser encrypts first and signs last, so its audit file has no signed ballot in it: `crypto.audits` is
the other form, of the command line, which signs at once. docs/record.md describes both.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from crypto.answers import Answer, open_answer
from crypto.ballot import Ballot
from crypto.election import Election, Homomorphic
from crypto.elgamal import Ciphertext
from crypto.encoding import array, canonical, members, parse_json, sha256_b64, text, whole_number
from crypto.errors import Malformed, Rejected, Unsupported, within
from crypto.groups import Scalar

FORMAT = "sawtuna seal audit 1"
LIST_FORMAT = "sawtuna audited seals 1"

_CODE = re.compile(r"[A-Za-z0-9+/]{43}\Z")


def seal_code(election: Election, ballot: Ballot) -> str:
    """The code that was shown before this ballot was cast: base64, 43 characters."""
    return code_of(election, [answer.choices for answer in ballot.homomorphic()])


def code_of(election: Election, choices: Sequence[Sequence[Ciphertext]]) -> str:
    """The code of ciphertexts, one list a question; neither proofs nor signature are in it."""
    value = {
        "election_hash": election.fingerprint,
        "choices": [[ciphertext.to_json() for ciphertext in row] for row in choices],
    }
    return sha256_b64(canonical(value))


@dataclass(frozen=True, slots=True)
class SealAudit:
    """An opened seal: ciphertexts, the marks said to be in them, and the random values that show it."""

    code: str
    choices: tuple[tuple[Ciphertext, ...], ...]
    marks: tuple[tuple[int, ...], ...]
    randomness: tuple[tuple[Scalar, ...], ...] = field(repr=False)

    @classmethod
    def parse(cls, election: Election, value: object) -> Self:
        """From the file's JSON; `Rejected` when it is about another election."""
        fields = members(value, "format", "election_uuid", "election_hash", "choices", "marks", "randomness")
        if fields["format"] != FORMAT:
            raise Malformed("this is not the audit of a ballot")
        if text(fields["election_uuid"]) != election.uuid:
            raise Rejected("the ballot belongs to election %(uuid)s", uuid=fields["election_uuid"][:64])
        if text(fields["election_hash"]) != election.fingerprint:
            raise Rejected("the ballot names another fingerprint of the election")
        group = election.group
        choices, marks, randomness = [], [], []
        for index, question in enumerate(_questions(election)):
            with within("choices"):
                row = array(array(fields["choices"], len(election.questions))[index], question.size)
            read = []
            for place, item in enumerate(row):
                with within("choices", index, place):
                    read.append(Ciphertext.parse(group, item))
            choices.append(tuple(read))
            with within("marks"):
                row = array(array(fields["marks"], len(election.questions))[index], question.size)
                marks.append(tuple(whole_number(mark, 0, 1) for mark in row))
            with within("randomness"):
                row = array(array(fields["randomness"], len(election.questions))[index], question.size)
                randomness.append(tuple(group.parse_scalar(item) for item in row))
        return cls(code_of(election, choices), tuple(choices), tuple(marks), tuple(randomness))

    def verify(self, election: Election) -> list[list[int]]:
        """What the seal holds, after every check; `Rejected` when it is not what the file says."""
        opened = []
        rows = zip(_questions(election), self.choices, self.marks, self.randomness, strict=True)
        for index, (question, choices, marks, randomness) in enumerate(rows):
            with within("choices", index):
                held = open_answer(question, election.public_key, Answer(choices, (), (), None), randomness)
            if held != list(marks):
                raise Rejected("the ciphertexts hold other marks than the file says").at("marks", index)
            opened.append(held)
        return opened


def verify(election: Election, value: object) -> list[list[int]]:
    """The marks in an audit file, one list a question, the blank vote first; `Malformed` or `Rejected` otherwise."""
    return SealAudit.parse(election, value).verify(election)


def is_seal_audit(value: Any) -> bool:
    """Whether a file's JSON says that it is of this format and not of `crypto.audits`."""
    return isinstance(value, dict) and value.get("format") == FORMAT


def list_json(codes: Iterable[str]) -> bytes:
    """The whole file of the seals that were opened for an audit: canonical JSON with a final newline."""
    return canonical({"format": LIST_FORMAT, "seals": sorted(codes)}) + b"\n"


def parse_list(data: bytes) -> frozenset[str]:
    """The seal codes of such a file."""
    fields = members(parse_json(data), "format", "seals")
    if fields["format"] != LIST_FORMAT:
        raise Malformed("this is not a list of audited seals")
    codes = array(fields["seals"])
    for index, code in enumerate(codes):
        with within("seals", index):
            if not _CODE.match(text(code)):
                raise Malformed("a seal code of 43 characters was expected")
    return frozenset(codes)


def list_path(archive: Path, uuid: str) -> Path:
    """Where the opened seals are listed, beside the archive."""
    return archive.parent / f"{uuid}.record" / "audited-seals.json"


def _questions(election: Election) -> tuple[Homomorphic, ...]:
    questions = election.homomorphic
    if questions is None:
        raise Unsupported("this election has ranked questions, on which this version cannot vote yet")
    return questions
