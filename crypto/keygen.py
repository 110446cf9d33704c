"""Distributed key generation of threshold trustees (PROTOCOL.md section 4, steps 1 to 6; Gennaro et al. 2007).

One function a step. Nothing is kept between steps but a trustee's seed: keys and polynomial are derived from it. Step 3
is done twice, on purpose: first everybody publishes `commitment`, only when all are in does anybody publish `deal`;
so nobody can choose coefficients after seeing those of others (PROTOCOL.md section 10). The wire objects are Belenios'.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crypto import transcripts
from crypto.channel import Signed, receive, send
from crypto.encoding import BASE58, array, canonical, members, sha256_hex, text
from crypto.errors import Malformed, Rejected, within
from crypto.groups import Group, Point, Secret
from crypto.proofs import Proof
from crypto.transcripts import Version1
from crypto.trustees import Certificate, Pedersen, PublicKey, certificates_text, parse_coefexps, power_of_index

SEED_LENGTH = 44
"""base58 characters: 257 bits. belenios-tool's own seeds have 22."""


@dataclass(frozen=True, slots=True)
class Ceremony:
    """What every participant must agree on before anybody makes a key."""

    version: Version1
    group: Group
    size: int
    threshold: int

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= self.size:
            raise Malformed("the threshold lies between 1 and the number of trustees")
        if self.threshold == 1 and self.size > 1:
            raise Malformed("with a threshold of 1 every trustee could count alone; it is at least 2")


def new_seed(ceremony: Ceremony) -> str:
    """A trustee's whole secret: 44 random base58 characters.

    Seeds whose derived keys would be biased by the reduction mod q are thrown away.
    """
    # For BELENIOS-2048 a third of all hashes is refused; for Ed25519 hardly any, for RFC-3526-2048 none (q > 2^256).
    bound = (2**256 // ceremony.group.order or 1) * ceremony.group.order
    while True:
        seed = "".join(secrets.choice(BASE58) for _ in range(SEED_LENGTH))
        digests = (hashlib.sha256(f"{prefix}|{seed}".encode()).digest() for prefix in ("sk", "dk"))
        if all(int.from_bytes(digest) < bound for digest in digests):
            return seed


def certificate(ceremony: Ceremony, index: int, seed: str) -> dict[str, Any]:
    """Step 1: the trustee's public keys for the ceremony. `index` counts from 1."""
    version, group = ceremony.version, ceremony.group
    signing_key = version.signing_key(group, seed)
    context = {"group": group.name, "size": ceremony.size, "threshold": ceremony.threshold, "index": index}
    message = {
        "context": context,
        "verification": str(group.generator**signing_key),
        "encryption": str(group.generator ** version.channel_key(group, seed)),
    }
    return Signed.make(version, signing_key, canonical(message).decode()).to_json()


def check_certificates(ceremony: Ceremony, certs: Sequence[object]) -> tuple[Certificate, ...]:
    """Step 2: all certificates, in order, each signed by itself and all different."""
    parsed = []
    for index, value in enumerate(array(list(certs), ceremony.size)):
        with within("certs", index):
            cert = Certificate.parse(ceremony.group, value, ceremony.size, ceremony.threshold, index + 1)
            cert.verify(ceremony.version)
            parsed.append(cert)
    keys = [point for cert in parsed for point in (cert.verification, cert.encryption)]
    if len(set(keys)) != len(keys):
        raise Rejected("two trustees have the same key")
    return tuple(parsed)


def _seen(certs: Sequence[Certificate]) -> str:
    return sha256_hex(canonical([cert.signed.to_json() for cert in certs]))


def _polynomial(ceremony: Ceremony, certs: Sequence[Certificate], seed: str) -> tuple[Secret, ...]:
    """Coefficients a0, …, a(t-1), from the seed and all certificates: another ceremony, another polynomial."""
    context = f"sawtuna|polynomial|1|{ceremony.group.name}|{ceremony.size}|{ceremony.threshold}|{_seen(certs)}"
    return tuple(ceremony.group.expand(f"{context}|{k}", seed) for k in range(ceremony.threshold))


def _coefexps_message(polynomial: Sequence[Secret]) -> str:
    group = polynomial[0].group
    return canonical({"coefexps": [str(group.generator**a) for a in polynomial]}).decode()


def commitment(ceremony: Ceremony, certs: Sequence[Certificate], seed: str) -> str:
    """Before step 3: what fixes the trustee's polynomial without showing anything of it (hex)."""
    message = _coefexps_message(_polynomial(ceremony, certs, seed))
    return transcripts.coefexps_commitment(_seen(certs), _own_index(ceremony, certs, seed) + 1, message)


def deal(ceremony: Ceremony, certs: Sequence[Certificate], seed: str, commitments: Sequence[str]) -> dict[str, Any]:
    """Step 3: a share of the trustee's polynomial for everybody.

    Refused before all `commitments` are known, in order, the trustee's own among them.
    """
    version, group = ceremony.version, ceremony.group
    signing_key = version.signing_key(group, seed)
    own = _own_index(ceremony, certs, seed)
    array(list(commitments), ceremony.size)
    if commitments[own] != commitment(ceremony, certs, seed):
        raise Rejected("this is not what the trustee had committed to").at("commitments", own)
    polynomial = _polynomial(ceremony, certs, seed)
    points = [group.generator**coefficient for coefficient in polynomial]
    coefexps = Signed.make(version, signing_key, _coefexps_message(polynomial))
    message = certificates_text(version, (cert.signed for cert in certs), points)
    kept = {"polynomial": [coefficient.export() for coefficient in polynomial]}
    return {
        "polynomial": send(version, signing_key, certs[own].encryption, kept),
        "secrets": [
            send(version, signing_key, cert.encryption, {"secret": _evaluate(polynomial, index + 1).export()})
            for index, cert in enumerate(certs)
        ],
        "coefexps": coefexps.to_json(),
        "signature": Signed.make(version, signing_key, message).signature.to_json(),
    }


def _check_revealed(
    ceremony: Ceremony, certs: Sequence[Certificate], index: int, values: tuple[object, object], committed: str
) -> tuple[Point, ...]:
    """The coefexps of trustee `index` (from 1), from (coefexps, signature): signed, of the right degree, committed."""
    version, group, author = ceremony.version, ceremony.group, certs[index - 1].verification
    signed = Signed.parse(group, values[0])
    signed.verify(version, author)
    coefexps = parse_coefexps(group, signed, ceremony.threshold)
    if transcripts.coefexps_commitment(_seen(certs), index, signed.message) != committed:
        raise Rejected("this is not what the trustee had committed to")
    message = certificates_text(version, (cert.signed for cert in certs), coefexps)
    Signed(message, Proof.parse(group, values[1])).verify(version, author)
    return coefexps


def check_deal(ceremony: Ceremony, certs: Sequence[Certificate], index: int, dealt: object, committed: str) -> None:
    """What anybody can check of trustee `index`'s (from 1) step 3: signatures, degree, and its commitment."""
    fields = members(dealt, "polynomial", "secrets", "coefexps", "signature")
    array(fields["secrets"], ceremony.size)
    with within("coefexps"):
        _check_revealed(ceremony, certs, index, (fields["coefexps"], fields["signature"]), committed)


def regroup(deals: Sequence[object], index: int) -> dict[str, Any]:
    """Step 4: everything that trustee `index` (from 1) needs from all deals, in order."""
    parsed = [members(dealt, "polynomial", "secrets", "coefexps", "signature") for dealt in deals]
    return {
        "polynomial": parsed[index - 1]["polynomial"],
        "secrets": [array(dealt["secrets"], len(parsed))[index - 1] for dealt in parsed],
        "coefexps": [dealt["coefexps"] for dealt in parsed],
        "signatures": [dealt["signature"] for dealt in parsed],
    }


def finish(
    ceremony: Ceremony, certs: Sequence[Certificate], seed: str, received: object, commitments: Sequence[str]
) -> dict[str, Any]:
    """Step 5: check every share received, add them up, answer with the trustee's verification key.

    A wrong share, or one that is not what its author had committed to, is refused with his place, `secrets[i]`.
    """
    version, group, size = ceremony.version, ceremony.group, ceremony.size
    own = _own_index(ceremony, certs, seed)
    signing_key, channel_key = version.signing_key(group, seed), version.channel_key(group, seed)
    fields = members(received, "secrets", "coefexps", "signatures")
    shares, revealed = array(fields["secrets"], size), array(fields["coefexps"], size)
    signatures = array(fields["signatures"], size)
    array(list(commitments), size)
    total: Secret | None = None
    for index in range(size):
        with within("secrets", index):
            values = (revealed[index], signatures[index])
            coefexps = _check_revealed(ceremony, certs, index + 1, values, commitments[index])
            content = receive(version, channel_key, certs[index].verification, shares[index])
            secret = group.parse_secret(members(content, "secret")["secret"])
            if group.generator**secret != power_of_index(coefexps, own + 1):
                raise Rejected("the share does not lie on the trustee's published polynomial")
            total = secret if total is None else Secret(group, (total + secret).raw)
    if total is None:
        raise Malformed("no shares were received")
    key = PublicKey.make(version, total)
    signature = Signed.make(version, signing_key, str(key.point)).signature
    public = PublicKey(key.point, key.possession, signature)
    private = send(version, signing_key, certs[own].encryption, {"decryption_key": total.export()})
    return {"private_key": private, "public_key": public.to_json()}


def assemble(
    ceremony: Ceremony,
    certs: Sequence[object],
    deals: Sequence[object],
    outputs: Sequence[object],
    names: Sequence[str | None] = (),
) -> dict[str, Any]:
    """Step 6: the `Pedersen` object of the record, verified whole. Names are added to the verification keys."""
    keys = []
    for index, output in enumerate(outputs):
        public = members(output, "public_key")["public_key"]
        key = dict(members(public, "pok", "public_key", "signature"))
        if index < len(names) and names[index]:
            key["name"] = names[index]
        keys.append(key)
    block = {
        "threshold": ceremony.threshold,
        "certs": list(certs),
        "coefexps": [members(dealt, "coefexps")["coefexps"] for dealt in deals],
        "signatures": [members(dealt, "signature")["signature"] for dealt in deals],
        "verification_keys": keys,
    }
    Pedersen.parse(ceremony.group, block, 1).verify(ceremony.version)
    return block


def decryption_key(version: Version1, group: Group, seed: str, private_key: object, verification_key: Any) -> Secret:
    """A threshold trustee's decryption key, from his seed and the `private_key` text of step 5."""
    signing_key = version.signing_key(group, seed)
    channel_key = version.channel_key(group, seed)
    content = receive(version, channel_key, group.generator**signing_key, text(private_key))
    # Release 2.0 wrote the key unreduced; every later one, and this one, writes it in [0, q).
    secret = group.parse_secret(members(content, "decryption_key")["decryption_key"])
    if group.generator**secret != verification_key:
        raise Rejected("the private key does not belong to the trustee's public key")
    return secret


def _own_index(ceremony: Ceremony, certs: Sequence[Certificate], seed: str) -> int:
    own = ceremony.group.generator ** ceremony.version.signing_key(ceremony.group, seed)
    for index, cert in enumerate(certs):
        if cert.verification == own:
            return index
    raise Rejected("this key takes no part in the ceremony")


def _evaluate(polynomial: Sequence[Secret], at: int) -> Secret:
    group = polynomial[0].group
    step = group.scalar(at)
    value = polynomial[-1]
    for coefficient in reversed(polynomial[:-1]):
        value = Secret(group, (value * step + coefficient).raw)
    return value
