"""Checks of what an election is founded on: parameters, trustees, the list of credentials."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from crypto.credentials import PublicCredential
from crypto.election import Election, Lists, Ranked
from crypto.errors import Malformed, ProtocolError, Rejected, Unsupported
from crypto.groups import Group
from crypto.scratch import Scratch
from crypto.trustees import Pedersen, Single, Trustees
from crypto.verification.report import Failure, Outcome, Report


def election_parameters(outcome: Outcome, data: bytes) -> Election | None:
    """The parameters can be read, every question has possible answers, the key is one. `Unsupported` is raised."""
    outcome.count += 1
    try:
        return Election.parse(data)
    except Unsupported:
        raise
    except ProtocolError as error:
        outcome.fail(error.at("election"))
        return None


def unsupported_questions(election: Election) -> Failure | None:
    """Why no verdict can be given on this record, if none can."""
    if any(isinstance(question, Ranked) for question in election.questions):
        return Failure("election.questions", "this record has ranked questions, which this version cannot verify yet")
    if any(isinstance(question, Lists) for question in election.questions):
        return Failure("election.questions", "this record has questions on lists, which this version cannot verify yet")
    return None


def trustees_proofs(outcome: Outcome, election: Election, data: bytes) -> Trustees | None:
    """Every key is proven; every threshold group's certificates, polynomials and signatures hold."""
    try:
        trustees = Trustees.parse(election.version, election.group, data)
    except ProtocolError as error:
        outcome.count += 1
        outcome.fail(error.at("trustees"))
        return None
    for index, member in enumerate(trustees.members):
        with outcome.attempt("trustees", index):
            if isinstance(member, Single):
                member.key.verify(election.version)
            else:
                member.verify(election.version)
    return trustees


def trustees_distinct(outcome: Outcome, trustees: Trustees) -> None:
    """A key that stands twice is a copy, and takes part without anybody who knows its private half."""
    with outcome.attempt("trustees"):
        trustees.verify_distinct()


def election_key(outcome: Outcome, election: Election, trustees: Trustees) -> None:
    """The key ballots are encrypted to is the product of the trustees' keys, and nothing else."""
    with outcome.attempt("election", "public_key"):
        if trustees.combined_key() != election.public_key:
            raise Rejected("the election's key is not the product of the trustees' keys")


def credentials_list(outcome: Outcome, report: Report, scratch: Scratch, group: Group, file: BinaryIO) -> None:
    """Every entry is an element other than the identity, none stands twice, all have weights or none has.

    Streams: the list of a large election is larger than memory should be.
    """
    weighted: bool | None = None
    previous: bytes | int | None = None
    sorted_so_far = True
    index = -1
    try:
        for index, value in enumerate(_strings(file)):
            with outcome.attempt("credentials", index):
                entry = PublicCredential.parse(group, value)
                weighted = entry.weighted if weighted is None else weighted
                if weighted != entry.weighted:
                    raise Rejected("either every credential has a weight or none has")
                if not scratch.add_credential(str(entry.point), entry.weight):
                    raise Rejected("this credential stands twice")
                key = entry.point.sort_key()
                sorted_so_far &= previous is None or previous < key  # type: ignore[operator]  # one type a group
                previous = key
    except ProtocolError as error:
        outcome.count += 1
        outcome.fail(error.at("credentials", index + 1))
    if not sorted_so_far:
        outcome.warn(Failure("credentials", "the list is not sorted; its order may tell who is who"))
    if index < 0 and not outcome.failed:
        outcome.count += 1
        outcome.warn(Failure("credentials", "the list is empty: nobody can vote"))
    report.voters = index + 1


_SPACE = re.compile(rb"[ \t\r\n]*")
_TOKEN = re.compile(rb'([\[\],])|"([0-9A-Za-z,_+]{0,1400})"')
_LONGEST = 1500


def _strings(file: BinaryIO) -> Iterator[str]:
    """The strings of a JSON array of plain strings, one at a time, in bounded memory."""
    expected, finished = b"[", False
    for mark, value in _tokens(file):
        if finished or (mark or b'"') not in expected:
            raise Malformed("a list of texts was expected")
        if mark is None:
            yield value.decode()
            expected = b",]"
        elif mark == b"[":
            expected = b'"]'
        elif mark == b",":
            expected = b'"'
        else:
            finished = True
    if not finished:
        raise Malformed("the list does not end")


def _tokens(file: BinaryIO) -> Iterator[tuple[bytes | None, bytes]]:
    """Brackets and commas, or texts."""
    buffer, place, ended = b"", 0, False
    while True:
        if (space := _SPACE.match(buffer, place)) is not None:
            place = space.end()
        if not ended and len(buffer) - place < _LONGEST:
            chunk = file.read(1 << 16)
            ended = not chunk
            buffer, place = buffer[place:] + chunk, 0
            continue
        if place == len(buffer):
            return
        match = _TOKEN.match(buffer, place)
        if match is None:
            raise Malformed("a list of texts was expected")
        place = match.end()
        yield match[1], match[2] or b""


def threshold_warnings(trustees: Trustees) -> list[Failure]:
    """What a reader of the set-up should know: a group in which a single lost key stops the count."""
    return [
        Failure(f"trustees[{index}]", "every trustee of this group is needed: one lost key and nothing can be counted")
        for index, member in enumerate(trustees.members)
        if isinstance(member, Pedersen) and member.threshold == len(member.certs)
    ]
