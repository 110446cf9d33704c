"""Little elections made through the library, and an attacker who takes them apart and writes them anew.

The attacker computes every hash, parent, height and header afresh: what is left for the verifier to find is the lie.
"""

import copy
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from crypto import credentials, decryption_proofs, keygen, tally
from crypto.answers import Answer
from crypto.archive import entry_bytes, first_entry
from crypto.ballot import Ballot, seal
from crypto.board import Kind
from crypto.election import Election, Homomorphic, election_json
from crypto.elgamal import encrypt, product
from crypto.errors import ProtocolError
from crypto.groups import Group, Secret, named
from crypto.proofs import prove_knowledge, prove_one_of
from crypto.tally import Ciphertexts, PartialDecryption
from crypto.transcripts import VERSION_1
from crypto.trustees import PublicKey, Trustees
from crypto.verification import Report, verify_record

TIMESTAMP = 1_790_000_000
UUID = "Sawtuna1234567"
OTHER_UUID = "AnotherE1ection"
CODES = tuple(f"{letter}aaaa-bbbbbb-ccccc-dddddd" for letter in "ABCDEFGHJK")


def canonical(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# Steps: the meaning of an archive, without its framing


@dataclass(frozen=True)
class Step:
    """One event and the records before it, the last of which is its payload. `lies` replace fields of the event."""

    kind: str
    records: tuple[bytes, ...] = ()
    lies: dict[str, Any] = field(default_factory=dict)

    @property
    def content(self) -> tuple[bytes, ...]:
        """The records that say something, without the index that only names others."""
        return self.records[:-1] if self.kind in INDEXED else self.records


INDEXED = {Kind.SETUP, Kind.ENCRYPTED_TALLY, Kind.PARTIAL_DECRYPTION, Kind.SHUFFLE}


def setup_step(election: bytes, trustees: bytes, public: bytes) -> Step:
    index = canonical({"election": sha(election), "trustees": sha(trustees), "credentials": sha(public)})
    return Step(Kind.SETUP, (election, trustees, public, index))


def ballot_step(ballot: bytes) -> Step:
    return Step(Kind.BALLOT, (ballot,))


def end_step() -> Step:
    return Step(Kind.END_BALLOTS)


def tally_step(encrypted: bytes, number: object, weight: object) -> Step:
    index = canonical({"num_tallied": number, "total_weight": weight, "encrypted_tally": sha(encrypted)})
    return Step(Kind.ENCRYPTED_TALLY, (encrypted, index))


def decryption_step(owner: object, decryption: bytes) -> Step:
    return Step(Kind.PARTIAL_DECRYPTION, (decryption, canonical({"owner": owner, "payload": sha(decryption)})))


def result_step(result: object) -> Step:
    return Step(Kind.RESULT, (canonical({"result": result}),))


def with_content(step: Step, place: int, data: bytes) -> Step:
    """The step with one of its records replaced, and the index record naming the new one."""
    records = list(step.records)
    before, records[place] = records[place], data
    if step.kind in INDEXED and place < len(records) - 1:
        records[-1] = records[-1].replace(sha(before).encode(), sha(data).encode())
    return replace(step, records=tuple(records))


# Framing


def archive_parts(steps: Iterable[Step], timestamp: int = TIMESTAMP) -> Iterator[bytes]:
    """A whole archive: header, names, heights and parents as the format demands, but for what a step lies about."""
    yield first_entry(timestamp)
    parent = None
    for height, step in enumerate(steps):
        for record in step.records:
            yield entry_bytes(f"{sha(record)}.data.json", record, timestamp)
        event: dict[str, Any] = {} if parent is None else {"parent": parent}
        event |= {"height": height, "type": str(step.kind)}
        if step.records:
            event["payload"] = sha(step.records[-1])
        event |= step.lies
        body = canonical({key: value for key, value in event.items() if value is not None})
        yield entry_bytes(f"{sha(body)}.event.json", body, timestamp)
        parent = sha(body)


def archive_bytes(steps: Iterable[Step], timestamp: int = TIMESTAMP) -> bytes:
    """`archive_parts` together."""
    return b"".join(archive_parts(steps, timestamp))


def entries_of(data: bytes) -> Iterator[tuple[str, bytes, int, int]]:
    """Name, body, beginning and end of every entry: a reader that trusts everything, for honest archives only."""
    at = 0
    while at < len(data):
        size = int(data[at + 124 : at + 135], 8)
        end = at + 512 + size + -size % 512
        yield data[at : at + 100].rstrip(b"\0").decode(), data[at + 512 : at + 512 + size], at, end
        at = end


def take_apart(path: Path) -> list[Step]:
    """The steps of an honest archive."""
    steps: list[Step] = []
    waiting: list[bytes] = []
    for name, body, _, _ in list(entries_of(path.read_bytes()))[1:]:
        if name.endswith(".data.json"):
            waiting.append(body)
        else:
            steps.append(Step(json.loads(body)["type"], tuple(waiting)))
            waiting = []
    return steps


def ends_of_events(data: bytes) -> list[int]:
    """The length of the archive after each event."""
    return [end for name, _, _, end in entries_of(data) if name.endswith(".event.json")]


def timestamp_of(path: Path) -> int:
    return int(json.loads(next(iter(entries_of(path.read_bytes())))[1])["timestamp"])


# Elections


@dataclass(frozen=True)
class Little:
    """A complete election and everybody's secrets."""

    election: Election
    trustees: Trustees
    secrets: dict[int, Secret]
    voters: tuple[Secret, ...]
    public: bytes
    ballots: tuple[bytes, ...]
    last: tuple[bytes, ...]
    total: Ciphertexts
    weight: int
    decryptions: dict[int, PartialDecryption]
    result: list[list[int]]

    @property
    def group(self) -> Group:
        return self.election.group

    @property
    def setup(self) -> Step:
        return setup_step(self.election.data, self.trustees.data, self.public)

    @property
    def casting(self) -> list[Step]:
        return [ballot_step(ballot) for ballot in self.ballots]

    @property
    def tallying(self) -> Step:
        return tally_step(tally.to_json(self.total), len(self.last), self.weight)

    def decrypting(self, *owners: int) -> list[Step]:
        return [decryption_step(owner, self.decryptions[owner].to_json()) for owner in owners or self.decryptions]

    @property
    def announcing(self) -> Step:
        return result_step(self.result)

    def steps(self, *owners: int) -> list[Step]:
        """The honest story, from the set-up to the result."""
        counting = [end_step(), self.tallying, *self.decrypting(*owners)]
        return [self.setup, *self.casting, *counting, self.announcing]

    def write(self, folder: Path, steps: Iterable[Step] | None = None) -> Path:
        """`UUID.bel` in `folder`, with these steps or the honest ones."""
        path = folder / f"{self.election.uuid}.bel"
        path.write_bytes(archive_bytes(self.steps() if steps is None else steps))
        return path

    def strong(self, *owners: int) -> list[decryption_proofs.StrongProofs]:
        return [
            decryption_proofs.prove(self.election, self.total, owner, self.secrets[owner], self.decryptions[owner])
            for owner in owners or self.decryptions
        ]

    def write_strong(self, folder: Path, data: bytes | None = None) -> Path:
        """The decryption proofs beside the archive: these bytes, or the honest ones of every owner."""
        path = folder / f"{self.election.uuid}.record" / "decryption-proofs.json"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(decryption_proofs.file_json(self.election, self.strong()) if data is None else data)
        return path


def threshold_group(group: Group, size: int, threshold: int) -> tuple[dict[str, Any], list[Secret]]:
    """A Pedersen block made by the six steps, and the trustees' decryption keys."""
    ceremony = keygen.Ceremony(VERSION_1, group, size, threshold)
    seeds = [keygen.new_seed(ceremony) for _ in range(size)]
    wire = [keygen.certificate(ceremony, index + 1, seed) for index, seed in enumerate(seeds)]
    certs = keygen.check_certificates(ceremony, wire)
    committed = [keygen.commitment(ceremony, certs, seed) for seed in seeds]
    deals = [keygen.deal(ceremony, certs, seed, committed) for seed in seeds]
    for index, dealt in enumerate(deals):
        keygen.check_deal(ceremony, certs, index + 1, dealt, committed[index])
    outputs = [
        keygen.finish(ceremony, certs, seed, keygen.regroup(deals, index + 1), committed)
        for index, seed in enumerate(seeds)
    ]
    block = keygen.assemble(ceremony, wire, deals, outputs)
    keys = [
        keygen.decryption_key(
            VERSION_1, group, seed, output["private_key"], group.parse_key(output["public_key"]["public_key"])
        )
        for seed, output in zip(seeds, outputs, strict=True)
    ]
    return block, keys


@cache
def threshold_block(group: Group, size: int, threshold: int) -> tuple[str, tuple[Secret, ...]]:
    """`threshold_group`, once a shape: a ceremony takes a while."""
    block, keys = threshold_group(group, size, threshold)
    return json.dumps(block), tuple(keys)


def make_trustees(
    group: Group, singles: int, threshold: tuple[int, int] | None
) -> tuple[list[list[Any]], dict[int, Secret]]:
    """`singles` trustees on their own, then perhaps t of n; the wire's pairs and the key of each owner."""
    pairs: list[list[Any]] = []
    keys: list[Secret] = []
    for number in range(singles):
        keys.append(group.random())
        pairs.append(["Single", PublicKey.make(VERSION_1, keys[-1], f"أمين {number + 1}").to_json()])
    if threshold is not None:
        block, secrets = threshold_block(group, threshold[1], threshold[0])
        pairs.append(["Pedersen", json.loads(block)])
        keys += secrets
    return pairs, dict(enumerate(keys, 1))


ONE_OF_TWO = Homomorphic("نعم أم لا؟", ("نعم", "لا"), 1, 1, blank=False)
UP_TO_TWO = Homomorphic("Which?", ("a", "b", "c"), 0, 2, blank=True)


def make_election(
    *,
    group_name: str = "Ed25519",
    uuid: str = UUID,
    singles: int = 2,
    threshold: tuple[int, int] | None = None,
    questions: Sequence[Homomorphic] = (ONE_OF_TWO,),
    weights: Sequence[int | None] = (None, None, None),
    votes: Sequence[tuple[int, list[list[int]]]] = ((0, [[1, 0]]), (1, [[0, 1]]), (2, [[1, 0]])),
    codes: Sequence[str] = CODES,
    key: Secret | None = None,
) -> Little:
    """Run an election: `votes` are (voter, choices) in the order of casting. `key` replaces the true public key."""
    group = named(group_name)
    pairs, secrets = make_trustees(group, singles, threshold)
    trustees = Trustees.parse(VERSION_1, group, canonical(pairs))
    data = election_json(
        version=VERSION_1,
        group=group,
        uuid=uuid,
        name="انتخاب صغير",
        description="A little election",
        public_key=trustees.combined_key() if key is None else group.generator**key,
        questions=list(questions),
    )
    election = Election.parse(data)
    voters = tuple(
        credentials.signing_key(VERSION_1, group, uuid, code) for code, _ in zip(codes, weights, strict=False)
    )
    entries = [(group.generator**voter, weight) for voter, weight in zip(voters, weights, strict=True)]
    public = credentials.list_json(credentials.public_list(entries))
    ballots = tuple(seal(election, voters[voter], choices).ballot.data for voter, choices in votes)
    return finish_election(election, trustees, secrets, voters, public, ballots, weights)


def finish_election(
    election: Election,
    trustees: Trustees,
    secrets: dict[int, Secret],
    voters: tuple[Secret, ...],
    public: bytes,
    ballots: tuple[bytes, ...],
    weights: Sequence[int | None],
) -> Little:
    """Count: everything after the casting, computed honestly."""
    group = election.group
    last: dict[str, bytes] = {}
    for ballot in ballots:
        last[json.loads(ballot)["credential"]] = ballot
    weight_of = {
        str(group.generator**voter): 1 if weight is None else weight
        for voter, weight in zip(voters, weights, strict=True)
    }
    total, weight = tally.empty(election), 0
    for credential, ballot in last.items():
        parsed = Ballot.parse_recorded(election, ballot)
        total = tally.add(total, [answer.choices for answer in parsed.homomorphic()], weight_of.get(credential, 1))
        weight += weight_of.get(credential, 1)
    decryptions = {owner: tally.decrypt(election, total, secret) for owner, secret in secrets.items()}
    points = tally.messages(total, tally.combine(trustees, decryptions))
    try:
        result = tally.counts(group, points, min(weight, 10_000))
    except ProtocolError:
        result = [[0] * len(row) for row in total]  # an election under a false key: nothing sensible comes out
    return Little(
        election, trustees, secrets, voters, public, ballots, tuple(last.values()), total, weight, decryptions, result
    )


@cache
def plain() -> Little:
    """Three voters, two trustees, one question; the smallest election that says anything."""
    return make_election()


@cache
def rich() -> Little:
    """Two questions (one with a blank vote), a single trustee and two of three, weights, a replaced ballot."""
    return make_election(
        singles=1,
        threshold=(2, 3),
        questions=(ONE_OF_TWO, UP_TO_TWO),
        weights=(1, 2, 0, 5),
        votes=(
            (0, [[1, 0], [0, 1, 1, 0]]),
            (1, [[0, 1], [1, 0, 0, 0]]),
            (2, [[1, 0], [0, 0, 0, 1]]),
            (0, [[0, 1], [0, 0, 0, 0]]),
        ),
    )


@cache
def group_of_three() -> Little:
    """One threshold group only: any two of three trustees can count."""
    return make_election(singles=0, threshold=(2, 3))


@cache
def modular() -> Little:
    """The plain election in the integers modulo a prime."""
    return make_election(group_name="BELENIOS-2048", singles=1, votes=((0, [[1, 0]]), (1, [[0, 1]])))


@cache
def another() -> Little:
    """Another election of the same voters and the same trustees' number."""
    return make_election(uuid=OTHER_UUID)


# Lies


def change(data: bytes, place: Sequence[Any], value: object | Callable[[Any], object]) -> bytes:
    """The JSON text with the value at `place` replaced; the place `"{}"` enters a text that is itself JSON."""

    def descend(node: Any, rest: Sequence[Any]) -> Any:
        if not rest:
            return value(node) if callable(value) else value
        if rest[0] == "{}":
            return canonical(descend(json.loads(node), rest[1:])).decode()
        node = copy.copy(node)
        node[rest[0]] = descend(node[rest[0]], rest[1:])
        return node

    return canonical(descend(json.loads(data), list(place)))


def leaves(data: bytes) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every place and value of a JSON text that is neither object nor list; also inside texts that are JSON."""

    def walk(node: Any, place: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
        if isinstance(node, dict):
            for key, value in node.items():
                yield from walk(value, (*place, key))
        elif isinstance(node, list):
            for index, value in enumerate(node):
                yield from walk(value, (*place, index))
        elif isinstance(node, str) and node.startswith("{"):
            yield from walk(json.loads(node), (*place, "{}"))
        else:
            yield place, node

    yield from walk(json.loads(data), ())


def elements(group: Group, data: bytes) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Every place of a record at which a group element stands."""
    for place, value in leaves(data):
        named_so = {"challenge", "response", "hash", "uuid", "name", "election_uuid"} & set(place)
        if isinstance(value, str) and not named_so:
            try:
                group.parse_point(value.partition(",")[0])
            except ProtocolError:
                continue
            yield place, value


def sign(election: Election, key: Secret, ballot: dict[str, Any]) -> bytes:
    """Sign whatever the ballot says, as a voter with a program of his own can."""
    body = {name: ballot[name] for name in ("election_uuid", "election_hash", "credential", "answers")}
    digest = credentials.sha256_b64(canonical(body))
    proof = prove_knowledge(key, lambda commitment: election.version.ballot_signature(digest, commitment))
    return canonical({**body, "signature": {"hash": digest, "proof": proof.to_json()}})


def resigned(election: Election, key: Secret, ballot: bytes, place: Sequence[Any], value: object) -> bytes:
    """A ballot changed at `place`, with a signature that covers the change."""
    return sign(election, key, json.loads(change(ballot, place, value)))


def sealed_with(election: Election, key: Secret, marks: Sequence[int], randomness: Sequence[Secret]) -> bytes:
    """A valid ballot for one question without blank votes, with randomness of the voter's own choosing."""
    question = election.questions[0]
    assert isinstance(question, Homomorphic)
    group, version, public = election.group, election.version, election.public_key
    statement = version.answers(election.fingerprint, group.generator**key)
    powers = [group.generator ** group.scalar(mark) for mark in marks]
    choices = [encrypt(public, power, r) for power, r in zip(powers, randomness, strict=True)]
    individual = []
    for choice, mark, r in zip(choices, marks, randomness, strict=True):
        branches = [choice, choice.minus(1)]
        individual.append(
            tuple(
                prove_one_of(
                    branches, mark, r, public, lambda points, c=choice: version.member(statement, str(c), points)
                )
            )
        )
    total = product(group, choices)
    bound = statement + "|" + ",".join(str(choice) for choice in choices)
    together = randomness[0]
    for r in randomness[1:]:
        together = Secret(group, (together + r).raw)
    overall = prove_one_of(
        [total.minus(value) for value in range(question.min, question.max + 1)],
        sum(marks) - question.min,
        together,
        public,
        lambda points: version.member(bound, str(total), points),
    )
    answer = Answer(tuple(choices), tuple(individual), tuple(overall), None)
    return sign(
        election,
        key,
        {
            "election_uuid": election.uuid,
            "election_hash": election.fingerprint,
            "credential": str(group.generator**key),
            "answers": [answer.to_json()],
        },
    )


# Reading reports


def judge(path: Path, **options: Any) -> Report:
    return verify_record(path, **options)


def failed(report: Report) -> set[str]:
    """The checks that failed."""
    return {name for name, outcome in report.outcomes.items() if outcome.failed}


def said(report: Report) -> str:
    """All failures as text, for an assertion's message."""
    lines = [f"{report.verdict}: {report.unreadable or report.unsupported or ''}"]
    for name, outcome in report.outcomes.items():
        lines += [f"{name}: {failure.place}: {failure.reason}" for failure in outcome.failures]
    return "\n".join(lines)
