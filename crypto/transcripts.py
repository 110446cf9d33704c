"""What is hashed into every challenge, spelled once for prover and verifier.

Each function answers with the challenge of one kind of proof, named as in PROTOCOL.md. The spelling belongs to the
protocol version that an election names; `of_version` is the only place that decides which ones are known.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from crypto.encoding import sha256_hex
from crypto.errors import Unsupported
from crypto.groups import Group, Point, Scalar, Secret


@dataclass(frozen=True, slots=True)
class Version1:
    """Belenios crypto version 1, releases 2.0 to 3.3."""

    number: int = 1

    def possession(self, key: Point, commitment: Point) -> Scalar:
        """A trustee's proof that he knows his private key (section 4, `pok`)."""
        return key.group.challenge(f"pok|{key.group.name}|{key}|", commitment)

    def signed_message(self, message: str, commitment: Point) -> Scalar:
        """A trustee's signature on a message of the key generation (section 4, `sigmsg`)."""
        return commitment.group.challenge(f"sigmsg|{message}|", commitment)

    def ballot_signature(self, ballot_hash: str, commitment: Point) -> Scalar:
        """The voter's signature on his ballot (section 5); `ballot_hash` is base64 and covers the credential."""
        return commitment.group.challenge(f"sig|{ballot_hash}|", commitment)

    def answers(self, election_hash: str, credential: Point) -> str:
        """S of section 6: what ties every answer to one election and one credential."""
        return f"{election_hash}|{credential}"

    def member(self, statement: str, ciphertext: str, commitments: Sequence[Point]) -> Scalar:
        """A plaintext lies in a list of values (section 6.1); `statement` is S or S'."""
        return commitments[0].group.challenge(f"prove|{statement}|{ciphertext}|", *commitments)

    def blank(self, statement: str, commitments: Sequence[Point]) -> Scalar:
        """Either not blank or nothing else is chosen (section 6.1, `bproof0`)."""
        return commitments[0].group.challenge(f"bproof0|{statement}|", *commitments)

    def blank_overall(self, statement: str, commitments: Sequence[Point]) -> Scalar:
        """Either blank or the number of choices is allowed (section 6.1, `bproof1`)."""
        return commitments[0].group.challenge(f"bproof1|{statement}|", *commitments)

    def decryption(self, election_hash: str, key: Point, by_generator: Point, by_alpha: Point) -> Scalar:
        """A trustee's decryption factor (section 8). Neither alpha nor the factor is in it: see `strong_decryption`."""
        return key.group.challenge(f"decrypt|{election_hash}|{key}|", by_generator, by_alpha)

    def signing_key(self, group: Group, seed: str) -> Secret:
        """A threshold trustee's signing key (section 4, `sk|`)."""
        return group.derive(hashlib.sha256(f"sk|{seed}".encode()).digest())

    def channel_key(self, group: Group, seed: str) -> Secret:
        """A threshold trustee's key for messages from the others (section 4, `dk|`)."""
        return group.derive(hashlib.sha256(f"dk|{seed}".encode()).digest())

    def credential_key(self, group: Group, uuid: str, credential: str) -> Secret:
        """A voter's signing key from his private credential with its dashes (section 2, releases 2.4 and later)."""
        digests = [hashlib.sha256(f"derive_credential|{uuid}|{half}|{credential}".encode()).digest() for half in (0, 1)]
        return group.derive(b"".join(digests))

    def certificates(self, certs_and_coefexps: str) -> str:
        """The text a threshold trustee signs after seeing all certificates (section 4, `certs_sig`)."""
        return f"certs_sig|{certs_and_coefexps}"


VERSION_1 = Version1()


def of_version(number: int) -> Version1:
    """The transcripts of an election's `version`, or `Unsupported`."""
    if number != VERSION_1.number:
        raise Unsupported("protocol version %(version)s is not known here", version=number)
    return VERSION_1


def strong_decryption(
    group: Group, election_hash: str, owner: int, question: int, answer: int, points: Sequence[Point]
) -> Scalar:
    """Ours, beside version 1 (docs/record.md): binds a decryption factor to everything it is a statement about.

    `points` is key, alpha, factor, g^w, alpha^w. SHA-512, read as a big-endian integer, mod q.
    """
    head = f"sawtuna|decryption-proof|1|{group.name}|{election_hash}|{owner}|{question}|{answer}|"
    message = head + ",".join(str(point) for point in points)
    return group.scalar(int.from_bytes(hashlib.sha512(message.encode()).digest()))


def coefexps_commitment(certificates: str, index: int, message: str) -> str:
    """Ours: what threshold trustee `index` publishes before anyone reveals `coefexps` (hex).

    `certificates` is the hash of all certificates, so that it belongs to one ceremony and one place in it.
    """
    return sha256_hex(f"sawtuna|coefexps|1|{certificates}|{index}|{message}".encode())


def key_commitment(public_key_json: bytes) -> str:
    """Ours: what a single trustee may publish before anyone reveals a public key (hex)."""
    return sha256_hex(b"sawtuna|trustee-key|1|" + public_key_json)
