"""A signed ballot (PROTOCOL.md section 5).

`Ballot.parse` is for casting: it takes canonical bytes only. `Ballot.parse_recorded` is for verifying what others have
accepted: belenios-tool does not demand canonical JSON inside `answers`, and a verifier that did would come to another
result than the tool. Both demand the canonical outer form, and membership of every element.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from crypto.answers import Answer, ListsAnswer, RankedAnswer, encrypt_answer, parse_answer
from crypto.election import Election, Homomorphic
from crypto.encoding import array, canonical, members, parse_json, sha256_b64, sha256_hex, text
from crypto.errors import Malformed, Rejected, Unsupported, within
from crypto.groups import Point, Scalar, Secret
from crypto.proofs import Proof, prove_knowledge, verify_knowledge


@dataclass(frozen=True, slots=True)
class Envelope:
    """The outside of a ballot, read without any arithmetic: enough to sort, count and look up."""

    election_uuid: str
    election_hash: str
    credential: str
    answers: list[Any] = field(repr=False)
    signature: dict[str, Any] = field(repr=False)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """From bytes whose outer form is canonical."""
        fields = members(parse_json(data), "election_uuid", "election_hash", "credential", "answers", "signature")
        envelope = cls(
            text(fields["election_uuid"]),
            text(fields["election_hash"]),
            text(fields["credential"]),
            array(fields["answers"]),
            dict(members(fields["signature"], "hash", "proof")),
        )
        proof = members(envelope.signature["proof"], "challenge", "response")
        signature = {
            "hash": text(envelope.signature["hash"]),
            "proof": {key: text(proof[key]) for key in ("challenge", "response")},
        }
        if canonical({**envelope.body(), "signature": signature}) != data:
            raise Malformed("the ballot is not in canonical form")
        return envelope

    def body(self) -> dict[str, Any]:
        """What is signed, keys in order."""
        return {
            "election_uuid": self.election_uuid,
            "election_hash": self.election_hash,
            "credential": self.credential,
            "answers": self.answers,
        }

    def verify_signature(self, election: Election) -> None:
        """That the holder of the credential signed this: the cheapest check, before any of the answers is looked at."""
        with within("credential"):
            credential = election.group.parse_key(self.credential)
        with within("signature"):
            proof = Proof.parse(election.group, self.signature["proof"])
        digest = sha256_b64(canonical(self.body()))
        if self.signature["hash"] != digest:
            raise Rejected("the signature covers another content")
        verify_knowledge(proof, credential, lambda point: election.version.ballot_signature(digest, point))


@dataclass(frozen=True, slots=True)
class Ballot:
    """A ballot whose every element and scalar is in range; nothing is proven yet."""

    election_uuid: str
    election_hash: str
    credential: Point
    answers: tuple[Answer | RankedAnswer | ListsAnswer, ...]
    hash: str
    proof: Proof
    body_hash: str
    data: bytes = field(repr=False)

    @classmethod
    def parse_recorded(cls, election: Election, data: bytes) -> Self:
        """From the bytes of a record."""
        envelope = Envelope.parse(data)
        group = election.group
        with within("credential"):
            credential = group.parse_key(envelope.credential)
        with within("answers"):
            array(envelope.answers, len(election.questions))
        answers = []
        for index, (question, value) in enumerate(zip(election.questions, envelope.answers, strict=True)):
            with within("answers", index):
                answers.append(parse_answer(group, question, value))
        with within("signature"):
            proof = Proof.parse(group, envelope.signature["proof"])
        return cls(
            envelope.election_uuid,
            envelope.election_hash,
            credential,
            tuple(answers),
            envelope.signature["hash"],
            proof,
            sha256_b64(canonical(envelope.body())),
            data,
        )

    @classmethod
    def parse(cls, election: Election, data: bytes) -> Self:
        """From the bytes a voter sends: canonical to the last digit, and no two ciphertexts with the same alpha."""
        ballot = cls.parse_recorded(election, data)
        if ballot.to_bytes() != data:
            raise Malformed("the ballot is not in canonical form")
        alphas = [choice.alpha for answer in ballot.homomorphic() for choice in answer.choices]
        if len(set(alphas)) != len(alphas):
            raise Malformed("the same random value was used twice in this ballot")
        return ballot

    @property
    def tracker(self) -> str:
        """What the voter keeps: base64, 43 characters."""
        return sha256_b64(self.data)

    @property
    def digest(self) -> str:
        """The same as hexadecimal: the name of its record in the archive."""
        return sha256_hex(self.data)

    def homomorphic(self) -> tuple[Answer, ...]:
        """The answers, when this version can verify all of them."""
        answers = tuple(answer for answer in self.answers if isinstance(answer, Answer))
        if len(answers) != len(self.answers):
            raise Unsupported("this ballot has ranked questions, which this version cannot verify yet")
        return answers

    def to_bytes(self) -> bytes:
        """Canonical JSON, from the parsed values."""
        body = _body(self.election_uuid, self.election_hash, self.credential, self.homomorphic())
        return canonical({**body, "signature": {"hash": self.hash, "proof": self.proof.to_json()}})

    def verify_election(self, election: Election) -> None:
        """That it was made for this election and no other."""
        if self.election_uuid != election.uuid:
            raise Rejected("the ballot belongs to election %(uuid)s", uuid=self.election_uuid[:64])
        if self.election_hash != election.fingerprint:
            raise Rejected("the ballot names another fingerprint of the election")

    def verify_signature(self, election: Election) -> None:
        """That the holder of the credential signed exactly this."""
        if self.hash != self.body_hash:
            raise Rejected("the signature covers another content")
        verify_knowledge(
            self.proof, self.credential, lambda commitment: election.version.ballot_signature(self.hash, commitment)
        )

    def verify_answers(self, election: Election) -> None:
        """That every homomorphic answer is an allowed choice."""
        statement = election.version.answers(election.fingerprint, self.credential)
        for index, (question, answer) in enumerate(zip(election.questions, self.answers, strict=True)):
            if isinstance(question, Homomorphic) and isinstance(answer, Answer):
                with within("answers", index):
                    answer.verify(election.version, question, election.public_key, statement)

    def verify(self, election: Election) -> None:
        """Everything that can be said of a ballot alone."""
        self.verify_election(election)
        self.verify_signature(election)
        self.verify_answers(election)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A ballot as its maker knows it: with the randomness that opens it. Cast it and forget `randomness`, or audit."""

    ballot: Ballot
    randomness: tuple[tuple[Secret, ...], ...] = field(repr=False)


def seal(election: Election, signing_key: Secret, choices: Sequence[Sequence[int]]) -> Sealed:
    """Encrypt and sign a voter's choices, one list of marks a question."""
    questions = election.homomorphic
    if questions is None:
        raise Unsupported("this election has ranked questions, on which this version cannot vote yet")
    if len(choices) != len(questions):
        raise Malformed("%(found)s elements where %(expected)s belong", found=len(choices), expected=len(questions))
    credential = election.group.generator**signing_key
    statement = election.version.answers(election.fingerprint, credential)
    made = []
    for index, (question, choice) in enumerate(zip(questions, choices, strict=True)):
        with within("answers", index):
            made.append(encrypt_answer(election.version, question, election.public_key, statement, choice))
    body = _body(election.uuid, election.fingerprint, credential, [answer for answer, _ in made])
    body_hash = sha256_b64(canonical(body))
    proof = prove_knowledge(signing_key, lambda commitment: election.version.ballot_signature(body_hash, commitment))
    data = canonical({**body, "signature": {"hash": body_hash, "proof": proof.to_json()}})
    ballot = Ballot(
        election.uuid,
        election.fingerprint,
        credential,
        tuple(answer for answer, _ in made),
        body_hash,
        proof,
        body_hash,
        data,
    )
    return Sealed(ballot, tuple(randomness for _, randomness in made))


def _body(uuid: str, fingerprint: str, credential: Point, answers: Sequence[Answer]) -> dict[str, Any]:
    return {
        "election_uuid": uuid,
        "election_hash": fingerprint,
        "credential": str(credential),
        "answers": [answer.to_json() for answer in answers],
    }


def revealed(sealed: Sealed) -> list[list[Scalar]]:
    """The randomness of an audited ballot, made public on purpose; such a ballot must never be cast."""
    return [[value.reveal() for value in values] for values in sealed.randomness]
