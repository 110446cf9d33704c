"""Checks of what happens after the close: encrypted tally, decryptions with both kinds of proof, result."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from crypto import decryption_proofs, tally
from crypto.election import Election
from crypto.encoding import sha256_hex
from crypto.errors import Malformed, ProtocolError, Rejected
from crypto.tally import Ciphertexts, PartialDecryption, SizedTally
from crypto.trustees import Single, Trustees
from crypto.verification.report import Failure, Outcome, Report


@dataclass(slots=True)
class Decrypted:
    """A PartialDecryption event: its height, its owner, the bytes of the decryption."""

    height: int
    owner: int
    data: bytes = field(repr=False)


def tally_sums(outcome: Outcome, expected: Ciphertexts, data: bytes) -> None:
    """The recorded tally is byte for byte the product of the last ballots, each raised to its weight."""
    with outcome.attempt("encrypted_tally"):
        if tally.to_json(expected) != data:
            raise Rejected("the encrypted tally is not the sum of the ballots")


def tally_counts(outcome: Outcome, sized: SizedTally, counted: int, weight: int) -> None:
    """`num_tallied` and `total_weight` are recomputed; belenios-tool does not compare them."""
    for name, found, expected in (
        ("num_tallied", sized.num_tallied, counted),
        ("total_weight", sized.total_weight, weight),
    ):
        with outcome.attempt(name):
            if found != expected:
                raise Rejected("%(found)s is recorded, %(expected)s is right", found=found, expected=expected)


def decryptions_owners(outcome: Outcome, trustees: Trustees, decrypted: list[Decrypted]) -> None:
    """Each owner is a trustee of the record and has decrypted once; a second time could replace the first."""
    seen: set[int] = set()
    for item in decrypted:
        with outcome.attempt(f"event[{item.height}]", "owner"):
            if item.owner not in trustees.keys:
                raise Rejected("there is no trustee %(owner)s", owner=item.owner)
            if item.owner in seen:
                raise Rejected("trustee %(owner)s has decrypted before", owner=item.owner)
            seen.add(item.owner)


def decryptions_proofs(
    outcome: Outcome, election: Election, trustees: Trustees, total: Ciphertexts, decrypted: list[Decrypted]
) -> dict[int, PartialDecryption]:
    """Every version-1 proof; the valid decryptions by owner.

    As in release 3.3, an invalid decryption by a member of a threshold group is no failure as long as enough valid ones
    are there (`result.counts` says when not); it is reported as a warning.
    """
    needed = {member.owner for member in trustees.members if isinstance(member, Single)}
    valid: dict[int, PartialDecryption] = {}
    for item in decrypted:
        key = trustees.keys.get(item.owner)
        if key is None or item.owner in valid:
            continue
        outcome.count += 1
        try:
            decryption = PartialDecryption.parse(election, item.data)
            decryption.verify(election, total, key)
        except ProtocolError as error:
            error.at(f"event[{item.height}]")
            if item.owner in needed:
                outcome.fail(error)
            else:
                outcome.warn(error)
        else:
            valid[item.owner] = decryption
    return valid


def decryptions_strong(
    outcome: Outcome,
    report: Report,
    election: Election,
    trustees: Trustees,
    total: Ciphertexts,
    valid: Mapping[int, tuple[PartialDecryption, str]],
    data: bytes | None,
) -> None:
    """The proofs beside the archive. Without them the report says "weak"; a wrong one is a failure.

    `valid` maps an owner to his decryption and the digest of its bytes.
    """
    if not valid:
        return
    report.decryption_proofs = "weak"
    if data is None:
        return
    try:
        found = decryption_proofs.parse_file(election, data)
    except ProtocolError as error:
        outcome.count += 1
        outcome.fail(error.at("decryption-proofs"))
        return
    for owner, entry in found.items():
        if owner not in valid or valid[owner][1] != entry.payload:
            outcome.warn(Failure("decryption-proofs", "trustee %(owner)s: no such decryption", {"owner": owner}))
            continue
        with outcome.attempt(f"decryption-proofs[{owner}]"):
            entry.verify(election, total, trustees.keys[owner], valid[owner][0])
    absent = [owner for owner in valid if owner not in found or found[owner].payload != valid[owner][1]]
    for owner in absent:
        outcome.warn(Failure("decryption-proofs", "trustee %(owner)s: no strong proof", {"owner": owner}))
    if not absent and not outcome.failed:
        report.decryption_proofs = "strong"


def result_counts(
    outcome: Outcome,
    election: Election,
    trustees: Trustees,
    total: Ciphertexts,
    valid: Mapping[int, PartialDecryption],
    data: bytes,
    weight: int,
) -> list[list[int]] | None:
    """Enough trustees have decrypted, and what comes out is what was published."""
    outcome.count += 1
    try:
        result = tally.parse_result(election, data)
        tally.check_result(tally.messages(total, tally.combine(trustees, valid)), result, weight)
    except ProtocolError as error:
        outcome.fail(error)
        return None
    return result


def parse_sized(outcome: Outcome, data: bytes) -> SizedTally | None:
    """The record that the EncryptedTally event points to."""
    try:
        return SizedTally.parse(data)
    except Malformed as error:
        outcome.count += 1
        outcome.fail(error.at("encrypted_tally"))
        return None


def digest(data: bytes) -> str:
    """What a partial decryption is called."""
    return sha256_hex(data)
