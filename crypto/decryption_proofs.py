"""Strong proofs of correct decryption, kept beside the archive (docs/record.md, format version 1).

Version 1's own challenge hashes neither the ciphertext nor the factor: a trustee who works with the last voter can
shift a count and still pass. Here the transcript binds election, trustee, key, position, alpha, factor and both
commitments.
One file an election, `UUID.record/decryption-proofs.json`:

    {"version":1,"uuid":UUID,"election_hash":FP,"decryptions":[{"owner":n,"payload":HEX,"proofs":[[proof,…],…]},…]}

`payload` is the digest of the partial decryption that the proofs are about; owners ascend.
"""

from dataclasses import dataclass
from typing import Any, Self

from crypto.election import Election
from crypto.encoding import array, canonical, hex_digest, members, parse_json, sha256_hex, whole_number
from crypto.errors import Malformed, Rejected, Unsupported, within
from crypto.groups import Point, Secret
from crypto.proofs import Proof, prove_equal_logarithms, verify_equal_logarithms
from crypto.tally import Ciphertexts, PartialDecryption
from crypto.transcripts import strong_decryption

FORMAT = 1


@dataclass(frozen=True, slots=True)
class StrongProofs:
    """The proofs of one trustee, in the shape of the tally."""

    owner: int
    payload: str
    proofs: tuple[tuple[Proof, ...], ...]

    @classmethod
    def parse(cls, election: Election, value: object) -> Self:
        """One entry of the file."""
        fields = members(value, "owner", "payload", "proofs")
        with within("owner"):
            owner = whole_number(fields["owner"], 1)
        with within("payload"):
            payload = hex_digest(fields["payload"])
        rows = []
        with within("proofs"):
            for index, row in enumerate(array(fields["proofs"])):
                with within(index):
                    rows.append(tuple(Proof.parse(election.group, proof) for proof in array(row)))
        return cls(owner, payload, tuple(rows))

    def to_json(self) -> dict[str, Any]:
        """Its object, keys in order."""
        proofs = [[proof.to_json() for proof in row] for row in self.proofs]
        return {"owner": self.owner, "payload": self.payload, "proofs": proofs}

    def verify(self, election: Election, total: Ciphertexts, key: Point, decryption: PartialDecryption) -> None:
        """That every factor of `decryption` is alpha raised to the private half of `key`.

        Whether `payload` names this decryption is for the caller to compare.
        """
        if [len(row) for row in self.proofs] != [len(row) for row in total]:
            raise Rejected("there is not one proof an answer")
        for question, (row, factors, proofs) in enumerate(zip(total, decryption.factors, self.proofs, strict=True)):
            for answer, (ciphertext, factor, proof) in enumerate(zip(row, factors, proofs, strict=True)):
                with within("proofs", question, answer):
                    verify_equal_logarithms(
                        proof,
                        key,
                        ciphertext.alpha,
                        factor,
                        _transcript(election, self.owner, question, answer, (key, ciphertext.alpha, factor)),
                    )


def prove(
    election: Election, total: Ciphertexts, owner: int, private: Secret, decryption: PartialDecryption
) -> StrongProofs:
    """The strong proofs for a partial decryption made with `private`."""
    key = election.group.generator**private
    rows = []
    for question, (row, factors) in enumerate(zip(total, decryption.factors, strict=True)):
        proofs = []
        for answer, (ciphertext, factor) in enumerate(zip(row, factors, strict=True)):
            transcript = _transcript(election, owner, question, answer, (key, ciphertext.alpha, factor))
            proofs.append(prove_equal_logarithms(private, ciphertext.alpha, transcript))
        rows.append(tuple(proofs))
    return StrongProofs(owner, sha256_hex(decryption.to_json()), tuple(rows))


def file_json(election: Election, proofs: list[StrongProofs]) -> bytes:
    """The whole file, canonical JSON with a final newline."""
    value = {
        "version": FORMAT,
        "uuid": election.uuid,
        "election_hash": election.fingerprint,
        "decryptions": [entry.to_json() for entry in sorted(proofs, key=lambda entry: entry.owner)],
    }
    return canonical(value) + b"\n"


def parse_file(election: Election, data: bytes) -> dict[int, StrongProofs]:
    """Read the file; it must belong to `election` and name every owner once."""
    fields = members(parse_json(data), "version", "uuid", "election_hash", "decryptions")
    if whole_number(fields["version"]) != FORMAT:
        raise Unsupported("decryption proofs of format %(version)s are not known here", version=fields["version"])
    if fields["uuid"] != election.uuid or fields["election_hash"] != election.fingerprint:
        raise Rejected("the decryption proofs belong to another election")
    found: dict[int, StrongProofs] = {}
    for index, value in enumerate(array(fields["decryptions"])):
        with within("decryptions", index):
            entry = StrongProofs.parse(election, value)
            if entry.owner in found:
                raise Malformed("trustee %(owner)s stands twice", owner=entry.owner)
            found[entry.owner] = entry
    return found


def _transcript(election: Election, owner: int, question: int, answer: int, points: tuple[Point, ...]) -> Any:
    return lambda a, b: strong_decryption(
        election.group, election.fingerprint, owner, question, answer, (*points, a, b)
    )
