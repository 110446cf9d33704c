"""The file in which an administrator describes a vote: TOML, YAML or JSON, read once, with every mistake named.

title = "Which project first?"            # or {ar = "…", en = "…"}
description = "Municipal budget 2027"
[[questions]]
question = "Which project should the municipality do first?"
answers = ["A library", "A park", "Street lighting"]
choose = 1                                 # or min = 1, max = 2
blank = true                               # optional: allow a blank ballot
"""

import json
import tomllib
from dataclasses import dataclass
from typing import Any

import yaml

from crypto.cli.lookalikes import is_deceptive, skeleton
from crypto.cli.texts import _
from crypto.election import MAX_ANSWERS, Homomorphic

_KNOWN = {"title", "name", "description", "group", "questions", "administrator", "credential_authority", "language"}
_KNOWN_QUESTION = {"question", "answers", "choose", "min", "max", "blank"}
_OTHER_KINDS = {"type", "value", "extra"}


class BadQuestions(Exception):
    """Everything that is wrong with the file, a sentence each."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Description:
    """What is voted on, before there are keys."""

    name: str
    description: str
    group: str | None
    questions: tuple[Homomorphic, ...]
    administrator: str | None
    credential_authority: str | None


def _unique(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(_("“%(key)s” stands twice", key=key))
        found[key] = value
    return found


class _Strict(yaml.SafeLoader):
    """YAML without equal keys, which plain YAML loses in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        self.flatten_mapping(node)
        keys = [self.construct_object(key, deep=True) for key, _value in node.value]
        _unique([(str(key), None) for key in keys])
        return super().construct_mapping(node, deep)


def load(data: bytes, suffix: str) -> Any:
    """The value in a file, by its ending: `.toml`, `.yaml`, `.yml`, else JSON."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadQuestions([_("The file is not in UTF-8. Save it as “UTF-8” and try again.")]) from error
    try:
        if suffix == ".toml":
            return tomllib.loads(text)
        if suffix in {".yaml", ".yml"}:
            return yaml.load(text, _Strict)  # noqa: S506 - a safe loader that refuses equal keys as well
        return json.loads(text, object_pairs_hook=_unique)
    except (tomllib.TOMLDecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadQuestions([_("The file cannot be read: %(why)s", why=str(error))]) from error


def parse(value: Any) -> Description:
    """A description, or `BadQuestions` with every mistake."""
    reader = _Reader()
    description = reader.description(value)
    if reader.errors or description is None:
        raise BadQuestions(reader.errors)
    return description


class _Reader:
    """Collects mistakes while it reads."""

    def __init__(self) -> None:
        self.errors: list[str] = []

    def wrong(self, place: str, message: str) -> None:
        self.errors.append(f"{place}: {message}")

    def description(self, value: Any) -> Description | None:
        if not isinstance(value, dict):
            self.errors.append(_("The file should hold a title and questions."))
            return None
        for key in sorted(set(map(str, value)) - _KNOWN):
            self.wrong(key, _("this is not known here; is it a typing error?"))
        name = self.text(value.get("title", value.get("name")), "title")
        description = self.text(value.get("description", ""), "description", empty=True)
        items = value.get("questions")
        questions: list[Homomorphic] = []
        if not isinstance(items, list) or not items:
            self.wrong("questions", _("at least one question is needed"))
        else:
            for index, item in enumerate(items, 1):
                question = self.question(item, f"questions {index}")
                if question is not None:
                    questions.append(question)
        group = self.optional(value, "group")
        administrator = self.optional(value, "administrator")
        authority = self.optional(value, "credential_authority")
        return Description(name, description, group, tuple(questions), administrator, authority)

    def optional(self, value: dict[str, Any], key: str) -> str | None:
        return self.text(value[key], key) if value.get(key) is not None else None

    def text(self, value: Any, place: str, *, empty: bool = False) -> str:
        if isinstance(value, dict) and value and set(value) <= {"ar", "en"}:
            return " / ".join(self.text(value[key], f"{place}.{key}") for key in ("ar", "en") if key in value)
        if isinstance(value, bool):
            self.wrong(place, _("YAML reads a bare yes, no, on or off as a truth value; put it in quotes"))
        elif isinstance(value, int | float):
            return str(value)
        elif not isinstance(value, str):
            self.wrong(place, _("a text is missing here"))
        elif not value.strip() and not empty:
            self.wrong(place, _("the text is empty"))
        elif is_deceptive(value.replace("\n", " ")):
            self.wrong(place, _("there are invisible signs in the text"))
        else:
            return value.strip()
        return ""

    def number(self, value: dict[str, Any], key: str, place: str) -> int | None:
        """A whole number under `key`; None when there is none or it is wrong."""
        number = value.get(key)
        if isinstance(number, int) and not isinstance(number, bool) and number >= 0:
            return number
        if key in value:
            self.wrong(f"{place}, {key}", _("a whole number is needed"))
        return None

    def question(self, value: Any, place: str) -> Homomorphic | None:
        if not isinstance(value, dict):
            self.wrong(place, _("a question has a text (question) and answers"))
            return None
        if set(value) & _OTHER_KINDS:
            self.wrong(place, _("ranked questions and lists cannot be run by this version yet"))
            return None
        for key in sorted(set(map(str, value)) - _KNOWN_QUESTION):
            self.wrong(f"{place}, {key}", _("this is not known here; is it a typing error?"))
        text = self.text(value.get("question"), f"{place}, question")
        items = value.get("answers")
        if not isinstance(items, list) or not 1 <= len(items) <= MAX_ANSWERS:
            self.wrong(f"{place}, answers", _("a list of answers is needed"))
            return None
        answers = tuple(self.text(item, f"{place}, answers {index}") for index, item in enumerate(items, 1))
        seen: set[str] = set()
        for answer in answers:
            if answer and skeleton(answer) in seen:
                self.wrong(f"{place}, answers", _("“%(answer)s” stands twice", answer=answer))
            seen.add(skeleton(answer))
        blank = value.get("blank", False)
        if not isinstance(blank, bool):
            self.wrong(f"{place}, blank", _("true or false is needed"))
            blank = False
        if "choose" in value and ("min" in value or "max" in value):
            self.wrong(place, _("give either choose, or min and max"))
        low, high = self.limits(value, place, len(answers))
        return Homomorphic(text, answers, low, high, blank)

    def limits(self, value: dict[str, Any], place: str, answers: int) -> tuple[int, int]:
        """How few and how many answers may be chosen; 1 and 1 when nothing is said."""
        exactly, low, high = (self.number(value, key, place) for key in ("choose", "min", "max"))
        if any(key in value and number is None for key, number in (("choose", exactly), ("min", low), ("max", high))):
            return 0, 0
        low = low if low is not None else exactly if exactly is not None else min(1, high if high is not None else 1)
        high = high if high is not None else exactly if exactly is not None else max(low, 1)
        if low > high:
            self.wrong(place, _("min is larger than max"))
        elif high > answers:
            self.wrong(place, _("more answers can be chosen than there are"))
        return low, high
