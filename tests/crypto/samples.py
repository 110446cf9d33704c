"""Small elections in memory, hostile values, and a second voter's device that is able to lie.

`Device` and `Edwards` share no code with `crypto` beyond the group's arithmetic or not even that: they are written from
PROTOCOL.md and RFC 8032, so that agreement with them means something.
"""

import base64
import copy
import hashlib
import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import HealthCheck, settings

from crypto import ballot, credentials, keygen
from crypto.election import Election, Homomorphic, election_json
from crypto.encoding import canonical
from crypto.groups import BELENIOS_2048, ED25519, RFC_3526_2048, Group, Point, Scalar, Secret
from crypto.keygen import Ceremony
from crypto.transcripts import VERSION_1
from crypto.trustees import Certificate, PublicKey, Trustees

UUID = "SawtunaTest1234"
ALL_GROUPS = [ED25519, BELENIOS_2048, RFC_3526_2048]

patient = settings(deadline=None, max_examples=60, derandomize=True, database=None)
brief = settings(
    deadline=None,
    max_examples=12,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)

ONE_OF_THREE = Homomorphic("Who?", ("A", "B", "C"), 1, 1, blank=False)
UP_TO_TWO = Homomorphic("Which?", ("A", "B", "C"), 0, 2, blank=False)
YES_NO = Homomorphic("Yes?", ("Yes", "No"), 1, 1, blank=False)
BLANK_ALLOWED = Homomorphic("Who, or nobody?", ("A", "B"), 1, 2, blank=True)


# Elections


@dataclass(frozen=True)
class Sample:
    """An election whose every secret is known."""

    election: Election
    trustees: Trustees
    private: dict[int, Secret]
    codes: list[str]
    keys: list[Secret]

    @property
    def device(self) -> "Device":
        """A device for this election."""
        return Device(self.election)

    def seal(self, voter: int, *choices: Sequence[int]) -> ballot.Sealed:
        """An honest ballot."""
        return ballot.seal(self.election, self.keys[voter], choices)


@dataclass(frozen=True)
class DoneCeremony:
    """A key generation with everything that was said in it."""

    ceremony: Ceremony
    seeds: list[str]
    certs: tuple[Certificate, ...]
    commitments: list[str]
    deals: list[dict[str, Any]]
    outputs: list[dict[str, Any]]
    block: dict[str, Any]


@cache
def done_ceremony(group: Group, size: int, threshold: int) -> DoneCeremony:
    """A threshold key made by honest trustees."""
    ceremony = Ceremony(VERSION_1, group, size, threshold)
    seeds = [keygen.new_seed(ceremony) for _ in range(size)]
    wire = [keygen.certificate(ceremony, index + 1, seed) for index, seed in enumerate(seeds)]
    certs = keygen.check_certificates(ceremony, wire)
    commitments = [keygen.commitment(ceremony, certs, seed) for seed in seeds]
    deals = [keygen.deal(ceremony, certs, seed, commitments) for seed in seeds]
    outputs = [
        keygen.finish(ceremony, certs, seed, keygen.regroup(deals, index + 1), commitments)
        for index, seed in enumerate(seeds)
    ]
    block = keygen.assemble(ceremony, wire, deals, outputs)
    return DoneCeremony(ceremony, seeds, certs, commitments, deals, outputs, block)


def committed(certs: Sequence[Certificate], dealt: dict[str, Any], index: int) -> str:
    """The commitment to a deal by trustee `index` (from 1), as whoever made the deal would have published it."""
    seen = hashlib.sha256(dump([cert.signed.to_json() for cert in certs])).hexdigest()
    text = f"sawtuna|coefexps|1|{seen}|{index}|{dealt['coefexps']['message']}"
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def small_election(
    group: Group = ED25519,
    questions: tuple[Homomorphic, ...] = (ONE_OF_THREE,),
    voters: int = 3,
    singles: int = 2,
    threshold: tuple[int, int] | None = None,
) -> Sample:
    """Single trustees first, then, if `threshold` is (t, n), one group of n of whom t can decrypt."""
    private = {owner: group.random() for owner in range(1, singles + 1)}
    pairs: list[list[Any]] = [["Single", PublicKey.make(VERSION_1, key).to_json()] for key in private.values()]
    if threshold is not None:
        made = done_ceremony(group, threshold[1], threshold[0])
        pairs.append(["Pedersen", made.block])
        for index, (seed, output) in enumerate(zip(made.seeds, made.outputs, strict=True)):
            public = group.parse_key(output["public_key"]["public_key"])
            private[singles + index + 1] = keygen.decryption_key(VERSION_1, group, seed, output["private_key"], public)
    trustees = Trustees.parse(VERSION_1, group, canonical(pairs))
    data = election_json(
        version=VERSION_1,
        group=group,
        uuid=UUID,
        name="A test",
        description="",
        public_key=trustees.combined_key(),
        questions=list(questions),
    )
    codes = [credentials.generate() for _ in range(voters)]
    keys = [credentials.signing_key(VERSION_1, group, UUID, code) for code in codes]
    return Sample(Election.parse(data), trustees, private, codes, keys)


# A device that can lie


Pair = tuple[Point, Point]


@dataclass(frozen=True)
class Device:
    """Makes answers and ballots as PROTOCOL.md sections 5 and 6.1 say, for any plaintexts, true or not.

    Where a statement is false it does what an honest prover would do for the nearest true one.
    """

    election: Election
    credential_in_proofs: str | None = field(default=None)

    def number(self, value: int) -> Scalar:
        """A scalar."""
        return self.election.group.scalar(value)

    def power(self, base: Point, exponent: int) -> Point:
        """`base` raised to an integer."""
        return base ** self.number(exponent)

    def random(self) -> int:
        """A scalar as an integer."""
        return secrets.randbelow(self.election.group.order)

    def encrypt(self, plaintext: int, randomness: int) -> Pair:
        """(g^r, y^r g^m)."""
        g, y = self.election.group.generator, self.election.public_key
        return self.power(g, randomness), self.power(y, randomness) * self.power(g, plaintext)

    def disjunction(self, prefix: str, branches: Sequence[Pair], claimed: int, randomness: int) -> list[dict[str, str]]:
        """Proofs that one of `branches` encrypts 0, closed at `claimed`."""
        g, y, q = self.election.group.generator, self.election.public_key, self.election.group.order
        nonce = self.random()
        made = [(self.random(), self.random()) for _ in branches]
        texts = []
        for index, ((alpha, beta), (c, r)) in enumerate(zip(branches, made, strict=True)):
            if index == claimed:
                texts += [str(self.power(g, nonce)), str(self.power(y, nonce))]
            else:
                texts.append(str(self.power(g, r) * self.power(alpha, c)))
                texts.append(str(self.power(y, r) * self.power(beta, c)))
        total = int(hashlib.sha256((prefix + ",".join(texts)).encode()).hexdigest(), 16)
        c = (total - sum(c for index, (c, _) in enumerate(made) if index != claimed)) % q
        made[claimed] = (c, (nonce - randomness * c) % q)
        return [{"challenge": str(c), "response": str(r)} for c, r in made]

    def minus(self, pair: Pair, plaintext: int) -> Pair:
        """The encryption of m - `plaintext`."""
        return pair[0], pair[1] / self.power(self.election.group.generator, plaintext)

    def answer(
        self, number: int, credential: Point, plaintexts: Sequence[int], randomness: Sequence[int] | None = None
    ) -> dict[str, Any]:
        """The wire's answer to question `number`."""
        question = self.election.questions[number]
        assert isinstance(question, Homomorphic)
        rs = list(randomness) if randomness is not None else [self.random() for _ in plaintexts]
        pairs = [self.encrypt(m, r) for m, r in zip(plaintexts, rs, strict=True)]
        statement = f"{self.election.fingerprint}|{self.credential_in_proofs or credential}"
        individual = [
            self.disjunction(
                f"prove|{statement}|{pair[0]},{pair[1]}|", [pair, self.minus(pair, 1)], min(max(m, 0), 1), r
            )
            for pair, m, r in zip(pairs, plaintexts, rs, strict=True)
        ]
        bound = statement + "|" + ",".join(f"{alpha},{beta}" for alpha, beta in pairs)
        value: dict[str, Any] = {
            "choices": [{"alpha": str(alpha), "beta": str(beta)} for alpha, beta in pairs],
            "individual_proofs": individual,
        }
        rest = range(1 if question.blank else 0, len(pairs))
        total = self._product([pairs[index] for index in rest])
        chosen, r_total = sum(plaintexts[index] for index in rest), sum(rs[index] for index in rest)
        within = min(max(chosen, question.min), question.max) - question.min
        allowed = [self.minus(total, m) for m in range(question.min, question.max + 1)]
        if question.blank:
            is_blank = plaintexts[0] == 1
            value["overall_proof"] = self.disjunction(
                f"bproof1|{bound}|",
                [self.minus(pairs[0], 1), *allowed],
                0 if is_blank else 1 + within,
                rs[0] if is_blank else r_total,
            )
            value["blank_proof"] = self.disjunction(
                f"bproof0|{bound}|", [pairs[0], total], int(is_blank), r_total if is_blank else rs[0]
            )
        else:
            value["overall_proof"] = self.disjunction(f"prove|{bound}|{total[0]},{total[1]}|", allowed, within, r_total)
        return value

    def sign(self, key: Secret, answers: Sequence[Any], **changes: Any) -> bytes:
        """A ballot of any `answers`, signed; `changes` replaces outer fields before the signature is made."""
        q, g = self.election.group.order, self.election.group.generator
        secret = int(key.export())
        body = {
            "election_uuid": self.election.uuid,
            "election_hash": self.election.fingerprint,
            "credential": str(self.power(g, secret)),
            "answers": list(answers),
        } | changes
        digest = base64.b64encode(hashlib.sha256(dump(body)).digest()).decode().rstrip("=")
        nonce = self.random()
        text = f"sig|{digest}|{self.power(g, nonce)}"
        c = int(hashlib.sha256(text.encode()).hexdigest(), 16) % q
        proof = {"challenge": str(c), "response": str((nonce - secret * c) % q)}
        return dump(body | {"signature": {"hash": digest, "proof": proof}})

    def _product(self, pairs: Sequence[Pair]) -> Pair:
        alpha = beta = self.election.group.identity
        for a, b in pairs:
            alpha, beta = alpha * a, beta * b
        return alpha, beta


def encrypt_plain(group: Group, recipient: Point, plain: bytes) -> str:
    """The envelope of PROTOCOL.md section 4 around any text: AES-256-GCM with a 32-byte IV."""
    shared = group.generator ** group.random()
    randomness = group.random()
    alpha = group.generator**randomness
    cipher = AESGCM(hashlib.sha256(f"key|{shared}".encode()).digest())
    data = cipher.encrypt(hashlib.sha256(f"iv|{alpha}".encode()).digest(), plain, None)
    beta = recipient**randomness * shared
    return dump({"algorithm": "AES-GCM", "alpha": str(alpha), "beta": str(beta), "data": data.hex()}).decode()


# JSON surgery


Path = tuple[str | int, ...]


def dump(value: object) -> bytes:
    """JSON without white space."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every leaf and where it stands."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path, value


def replaced(value: Any, path: Path, new: Any) -> Any:
    """A copy with another value at `path`."""
    result = copy.deepcopy(value)
    place = result
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = new
    return result


# Hostile values


def bad_scalars(group: Group) -> dict[str, Any]:
    """What is no scalar in any reading, however lenient."""
    return {
        "q": str(group.order),
        "q + 1": str(group.order + 1),
        "negative": "-1",
        "10^5 digits": "1" * 100_000,
        "10^5 hex digits": "0x" + "1" * 100_000,
        "empty": "",
        "space": " 1",
        "line end": "1\n",
        "exponent": "1e5",
        "Arabic digit": "٣",
        "underscore before": "_1",
        "number": 1,
        "null": None,
        "list": ["1"],
        "true": True,
    }


def odd_scalars() -> dict[str, str]:
    """Other spellings of small scalars, which belenios-tool takes inside answers."""
    return {
        "plus": "+1",
        "leading zero": "01",
        "many zeros": "0" * 500 + "1",
        "hex": "0x1",
        "octal": "0o1",
        "lines": "0_1_",
    }


def bad_points(group: Group) -> dict[str, Any]:
    """What is no element of the group in any spelling."""
    common = {"empty": "", "number": 1, "null": None, "list": [], "minus": "-" + str(group.generator)}
    if group is ED25519:
        return common | bad_ed25519_points()
    p = MODULUS[group]
    g = int(str(group.generator))
    return common | {
        "zero": "0",
        "order 2": str(p - 1),
        "mixed order": str(p - g),
        "p": str(p),
        "g + p": str(g + p),
        "10^5 digits": "1" * 100_000,
        "line end": f"{g}\n",
    }


def odd_points(group: Group) -> dict[str, str]:
    """Spellings of the generator's square that are not canonical."""
    square = str(group.generator * group.generator)
    if group is ED25519:
        return {"upper case": square.upper()}
    return {"leading zero": f"0{square}", "plus": f"+{square}", "hex": hex(int(square))}


BELENIOS_P = int(
    "20694785691422546401013643657505008064922989295751104097100884787057374219242717401922237254497684338129066633"
    "13807895840496005438963628979639303877390572280360597374942767137677761889858987273586504908116709931053586778"
    "09800307904916540637771737641986785272734744763418356000356983051931442845617019110007867373073335641239717328"
    "97913240474578834468260652327974647951137672658693582180046317922073668860052627186363386088796882120769432366"
    "14949100292344434637322214588410058642105024212036543356120132048111885240873107701415166620016231317716937218"
    "9248078507711827842317498073276598828825169183103125680162072880719"
)


def _arctangent_of_inverse(n: int, bits: int) -> int:
    total = term = (1 << bits) // n
    divisor, sign = 1, 1
    while term:
        term //= n * n
        divisor, sign = divisor + 2, -sign
        total += sign * (term // divisor)
    return total


def _rfc_3526_p() -> int:
    """2^2048 - 2^1984 - 1 + 2^64 * ([2^1918 pi] + 124476), as RFC 3526 section 3 defines it; pi after Machin."""
    guard = 64
    bits = 1918 + guard
    pi = 16 * _arctangent_of_inverse(5, bits) - 4 * _arctangent_of_inverse(239, bits)
    return 2**2048 - 2**1984 - 1 + 2**64 * ((pi >> guard) + 124476)


MODULUS = {BELENIOS_2048: BELENIOS_P, RFC_3526_2048: _rfc_3526_p()}


# Ed25519 in plain integers (RFC 8032), slow and independent


@dataclass(frozen=True)
class Edwards:
    """A point of the whole curve, of any order."""

    x: int
    y: int

    P = 2**255 - 19
    D = -121665 * pow(121666, -1, 2**255 - 19) % (2**255 - 19)

    def __add__(self, other: "Edwards") -> "Edwards":
        p, k = self.P, self.D * self.x * other.x * self.y * other.y
        x = (self.x * other.y + self.y * other.x) * pow(1 + k, -1, p) % p
        y = (self.y * other.y + self.x * other.x) * pow(1 - k, -1, p) % p
        return Edwards(x, y)

    def times(self, n: int) -> "Edwards":
        """n times the point."""
        result, power = Edwards(0, 1), self
        while n:
            if n & 1:
                result = result + power
            power, n = power + power, n >> 1
        return result

    @classmethod
    def at(cls, y: int, sign: int) -> "Edwards | None":
        """The point with this y, if there is one."""
        p = cls.P
        square = (y * y - 1) * pow(cls.D * y * y + 1, -1, p) % p
        x = pow(square, (p + 3) // 8, p)
        if (x * x - square) % p:
            x = x * pow(2, (p - 1) // 4, p) % p
        if (x * x - square) % p:
            return None
        return cls(-x % p if x % 2 != sign else x, y)

    def __str__(self) -> str:
        return f"{self.y | (self.x & 1) << 255:064x}"


def edwards_base() -> Edwards:
    """The base point: y = 4/5, x even."""
    base = Edwards.at(4 * pow(5, -1, Edwards.P) % Edwards.P, 0)
    assert base is not None
    return base


@cache
def edwards_torsion() -> Edwards:
    """A point of order 8."""
    y = 2
    while True:
        point = Edwards.at(y, 0)
        torsion = point.times(ED25519.order) if point else Edwards(0, 1)
        if torsion.times(4) != Edwards(0, 1):
            return torsion
        y += 1


@cache
def bad_ed25519_points() -> dict[str, str]:
    """Small order, mixed order, off the curve, and non-canonical encodings of good points."""
    p, torsion = Edwards.P, edwards_torsion()
    good = edwards_base().times(31337)
    off_curve = next(y for y in range(2, 100) if Edwards.at(y, 0) is None)
    points = {f"order {8 // _gcd8(k)} ({k})": str(torsion.times(k)) for k in range(1, 8)}
    points |= {f"mixed order ({k})": str(good + torsion.times(k)) for k in range(1, 8)}
    return points | {
        "off the curve": f"{off_curve:064x}",
        "identity as y = p + 1": f"{p + 1:064x}",
        "identity with the sign bit": f"{1 | 1 << 255:064x}",
        "y = p": f"{p:064x}",
        "y = p, sign bit": f"{p | 1 << 255:064x}",
        "order 2 with the sign bit": f"{(p - 1) | 1 << 255:064x}",
        "all ones": "f" * 64,
        "too short": str(good)[1:],
        "too long": str(good) + "0",
        "line end": f"{good}\n",
        "space": f" {str(good)[1:]}",
        "no hex": "g" * 64,
        "0x": f"0x{str(good)[2:]}",
        "RFC 8032 order of bytes": bytes.fromhex(str(good))[::-1].hex(),
    }


def _gcd8(k: int) -> int:
    return next(d for d in (8, 4, 2, 1) if k % d == 0)
