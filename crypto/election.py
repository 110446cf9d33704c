"""What is voted on: an election's parameters and its questions (PROTOCOL.md section 3)."""

from dataclasses import dataclass, field
from typing import Any, Self

from crypto.encoding import array, canonical, election_uuid, members, parse_json, sha256_b64, text, whole_number
from crypto.errors import Malformed, within
from crypto.groups import Group, Point, named
from crypto.transcripts import Version1, of_version

MAX_ANSWERS = 10_000
"""Answers of all questions together: more than any ballot paper; a bound on what a hostile record can make us do."""

MAX_QUESTIONS = 1_000


@dataclass(frozen=True, slots=True)
class Homomorphic:
    """Choose from `min` to `max` of the answers, or vote blank where `blank` allows it."""

    question: str
    answers: tuple[str, ...]
    min: int
    max: int
    blank: bool
    extra: Any = None

    @classmethod
    def parse(cls, value: object, extra: Any = None) -> Self:
        """From the bare object of the wire."""
        fields = members(value, "answers", "min", "max", "question")
        with within("answers"):
            answers = tuple(text(answer) for answer in array(fields["answers"]))
            if not 1 <= len(answers) <= MAX_ANSWERS:
                raise Malformed("a question has from 1 to %(most)s answers", most=MAX_ANSWERS)
        with within("max"):
            high = whole_number(fields["max"], 0, len(answers))
        with within("min"):
            low = whole_number(fields["min"], 0, high)
        with within("blank"):
            blank = fields.get("blank", False)
            if not isinstance(blank, bool):
                raise Malformed("true or false was expected")
        return cls(text(fields["question"]), answers, low, high, blank, extra)

    @property
    def size(self) -> int:
        """How many ciphertexts an answer has: one an answer, one more, first, for the blank vote."""
        return len(self.answers) + self.blank

    def to_json(self) -> dict[str, Any]:
        """The wire's object; wrapped only where `extra` demands it."""
        value: dict[str, Any] = {"answers": list(self.answers)}
        if self.blank:
            value["blank"] = True
        value |= {"min": self.min, "max": self.max, "question": self.question}
        return value if self.extra is None else {"type": "Homomorphic", "value": value, "extra": self.extra}

    def check_choice(self, choice: list[int]) -> None:
        """Whether a voter may answer so: zeros and ones, the blank vote first; `Malformed` says what is wrong."""
        if len(choice) != self.size or any(type(mark) is not int or mark not in (0, 1) for mark in choice):
            raise Malformed("one mark an answer is needed, 0 or 1: %(expected)s in all", expected=self.size)
        marked = sum(choice[1:] if self.blank else choice)
        if self.blank and choice[0]:
            if marked:
                raise Malformed("a blank vote cannot choose an answer as well")
        elif not self.min <= marked <= self.max:
            raise Malformed(
                "from %(low)s to %(high)s answers can be chosen, not %(found)s",
                low=self.min,
                high=self.max,
                found=marked,
            )


@dataclass(frozen=True, slots=True)
class Ranked:
    """A question answered by a list of numbers, counted after a shuffle (`NonHomomorphic`)."""

    question: str
    answers: tuple[str, ...]
    extra: Any = None

    @classmethod
    def parse(cls, value: object, extra: Any = None) -> Self:
        """From the wrapped value of the wire."""
        fields = members(value, "answers", "question")
        with within("answers"):
            answers = tuple(text(answer) for answer in array(fields["answers"]))
        return cls(text(fields["question"]), answers, extra)


@dataclass(frozen=True, slots=True)
class Lists:
    """A question answered by one list and candidates of it (releases 3.0 and later)."""

    question: str
    answers: tuple[tuple[str, ...], ...]
    extra: Any = None

    @classmethod
    def parse(cls, value: object, extra: Any = None) -> Self:
        """From the wrapped value of the wire: per list its name, then its candidates."""
        fields = members(value, "answers", "question")
        with within("answers"):
            lists = tuple(tuple(text(name) for name in array(names)) for names in array(fields["answers"]))
            if not all(lists):
                raise Malformed("a list has at least a name")
        return cls(text(fields["question"]), lists, extra)


Question = Homomorphic | Ranked | Lists
_WRAPPED: dict[str, type[Homomorphic] | type[Ranked] | type[Lists]] = {
    "Homomorphic": Homomorphic,
    "NonHomomorphic": Ranked,
    "Lists": Lists,
}


def parse_question(value: object) -> Question:
    """A question of any kind the protocol has."""
    fields = members(value)
    if "type" not in fields:
        return Homomorphic.parse(fields)
    fields = members(value, "type", "value")
    kind = _WRAPPED.get(text(fields["type"]))
    if kind is None:
        raise Malformed("there is no kind of question “%(kind)s”", kind=fields["type"][:40])
    with within("value"):
        return kind.parse(fields["value"], fields.get("extra"))


@dataclass(frozen=True, slots=True)
class Election:
    """The parameters, and the fingerprint of the exact bytes they came in."""

    version: Version1
    group: Group
    uuid: str
    name: str
    description: str
    public_key: Point
    questions: tuple[Question, ...]
    fingerprint: str
    data: bytes = field(repr=False)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """From the bytes of the record, which need not be canonical and are never written anew."""
        fields = members(parse_json(data), "version", "group")
        with within("version"):
            version = of_version(whole_number(fields["version"]))
        with within("group"):
            group = named(fields["group"])
        fields = members(fields, "description", "name", "public_key", "questions", "uuid")
        with within("public_key"):
            key = group.parse_key(fields["public_key"])
        questions = []
        for index, value in enumerate(array(fields["questions"])[: MAX_QUESTIONS + 1]):
            with within("questions", index):
                questions.append(parse_question(value))
        if not questions:
            raise Malformed("an election has at least one question")
        if len(questions) > MAX_QUESTIONS or sum(len(question.answers) for question in questions) > MAX_ANSWERS:
            raise Malformed(
                "an election has at most %(most)s questions and %(answers)s answers",
                most=MAX_QUESTIONS,
                answers=MAX_ANSWERS,
            )
        with within("uuid"):
            uuid = election_uuid(fields["uuid"])
        return cls(
            version,
            group,
            uuid,
            text(fields["name"]),
            text(fields["description"]),
            key,
            tuple(questions),
            sha256_b64(data),
            data,
        )

    @property
    def homomorphic(self) -> tuple[Homomorphic, ...] | None:
        """The questions, when this version can verify and tally all of them."""
        questions = tuple(question for question in self.questions if isinstance(question, Homomorphic))
        return questions if len(questions) == len(self.questions) else None

    @property
    def shuffled(self) -> bool:
        """Whether ballots pass through a shuffle before they are decrypted."""
        return any(isinstance(question, Ranked) for question in self.questions)


def election_json(
    *,
    version: Version1,
    group: Group,
    uuid: str,
    name: str,
    description: str,
    public_key: Point,
    questions: list[Homomorphic],
    administrator: str | None = None,
    credential_authority: str | None = None,
) -> bytes:
    """The canonical bytes of a new election's parameters."""
    value: dict[str, Any] = {
        "version": version.number,
        "description": description,
        "name": name,
        "group": group.name,
        "public_key": str(public_key),
        "questions": [question.to_json() for question in questions],
        "uuid": uuid,
    }
    if administrator is not None:
        value["administrator"] = administrator
    if credential_authority is not None:
        value["credential_authority"] = credential_authority
    return canonical(value)
