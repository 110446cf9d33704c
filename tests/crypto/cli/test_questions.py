"""The questions file: what is understood, and every mistake named with its place before anything is written."""

import json
from typing import Any

import pytest

from tests.crypto.cli.shell import Answer, Shell, unchanged


def describe(sawtuna: Shell, content: str | bytes, suffix: str, *words: object, code: int = 0) -> Answer:
    """`election new` with this file."""
    file = sawtuna.folder / f"questions{suffix}"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return sawtuna("election", "new", file, "--out", "e", *words, code=code)


def draft(sawtuna: Shell) -> dict[str, Any]:
    """What was written."""
    return dict(json.loads((sawtuna.folder / "e" / "draft.json").read_bytes()))


def refused(sawtuna: Shell, content: str | bytes, suffix: str, *mistakes: str) -> None:
    """The file is refused with exactly these mistakes, each on a line of its own, and nothing is written."""
    file = sawtuna.folder / f"questions{suffix}"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with unchanged(sawtuna.folder):
        answer = sawtuna("election", "new", file, "--out", "e", code=2).said(*mistakes)
    number = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
    answer.said(f"{number} in the questions file.")
    assert not (sawtuna.folder / "e").exists()


SAME = {
    ".toml": """
title = "Which project?"
group = "BELENIOS-2048"
administrator = "سعاد"
credential_authority = "Yusuf"
[[questions]]
question = {ar = "أيّها؟", en = "Which?"}
answers = [{ar = "مكتبة", en = "Library"}, {en = "Park", ar = "حديقة"}, 2027]
""",
    ".yaml": """
title: Which project?
group: BELENIOS-2048
administrator: سعاد
credential_authority: Yusuf
questions:
  - question: {ar: "أيّها؟", en: "Which?"}
    answers: [{ar: مكتبة, en: Library}, {en: Park, ar: حديقة}, 2027]
    min: 1
    max: 1
""",
    ".yml": """
name: "  Which project?  "
description: ""
group: BELENIOS-2048
administrator: سعاد
credential_authority: Yusuf
questions:
  - question: "أيّها؟ / Which?"
    answers: ["مكتبة / Library", "حديقة / Park", "2027"]
    choose: 1
    blank: false
""",
    ".json": """\ufeff{"title": "Which project?", "group": "BELENIOS-2048", "administrator": "سعاد",
"credential_authority": "Yusuf", "questions": [{"question": "أيّها؟ / Which?",
"answers": ["مكتبة / Library", "حديقة / Park", "2027"], "max": 1}]}""",
}


@pytest.mark.parametrize("suffix", SAME)
def test_the_same_vote_can_be_described_in_every_format(sawtuna: Shell, suffix: str) -> None:
    describe(sawtuna, SAME[suffix], suffix).said("e/draft.json", "Next: sawtuna trustee start e")
    written = draft(sawtuna)
    del written["uuid"]
    assert written == {
        "format": "sawtuna draft 1",
        "version": 1,
        "group": "BELENIOS-2048",
        "name": "Which project?",
        "description": "",
        "questions": [
            {"answers": ["مكتبة / Library", "حديقة / Park", "2027"], "min": 1, "max": 1, "question": "أيّها؟ / Which?"}
        ],
        "administrator": "سعاد",
        "credential_authority": "Yusuf",
    }


def test_every_vote_gets_an_identifier_of_its_own(sawtuna: Shell) -> None:
    seen = set()
    for folder in ("a", "b", "c"):
        (sawtuna.folder / "q.json").write_text(SAME[".json"], "utf-8")
        answer = sawtuna("election", "new", "q.json", "--out", folder)
        seen.add(answer.value("Identifier"))
        assert json.loads((sawtuna.folder / folder / "draft.json").read_bytes())["uuid"] == answer.value("Identifier")
    assert len(seen) == 3


def question(**changes: Any) -> str:
    """A JSON file with one question, changed."""
    base: dict[str, Any] = {"question": "Which?", "answers": ["A", "B", "C"]}
    base |= changes
    return json.dumps(
        {"title": "T", "questions": [{key: value for key, value in base.items() if value is not ...}]},
        ensure_ascii=False,
    )


@pytest.mark.parametrize(
    ("content", "mistakes"),
    [
        (question(choise=1), ["questions 1, choise: this is not known here"]),
        (question(question=""), ["questions 1, question: the text is empty"]),
        (question(question="  \t"), ["questions 1, question: the text is empty"]),
        (question(question=...), ["questions 1, question: a text is missing here"]),
        (question(answers=["A", " ", "C"]), ["questions 1, answers 2: the text is empty"]),
        (question(answers=["A", None, "C"]), ["questions 1, answers 2: a text is missing here"]),
        (question(answers=["A", "B", "A"]), ["questions 1, answers: “A” stands twice"]),
        (question(answers=["A", "B", " A "]), ["questions 1, answers: “A” stands twice"]),
        (question(answers=[]), ["questions 1, answers: a list of answers is needed"]),
        (question(answers=...), ["questions 1, answers: a list of answers is needed"]),
        (question(answers="A, B"), ["questions 1, answers: a list of answers is needed"]),
        (question(min=2, max=1), ["questions 1: min is larger than max"]),
        (question(choose=4), ["questions 1: more answers can be chosen than there are"]),
        (question(max=4), ["questions 1: more answers can be chosen than there are"]),
        (question(min=4, max=4), ["questions 1: more answers can be chosen than there are"]),
        (question(choose=1, max=2), ["questions 1: give either choose, or min and max"]),
        (question(min=-1), ["questions 1, min: a whole number is needed"]),
        (question(blank="yes"), ["questions 1, blank: true or false is needed"]),
        (question(question={"ar": "أ", "fr": "F"}), ["questions 1, question: a text is missing here"]),
        (question(question={"ar": "أ", "en": ""}), ["questions 1, question.en: the text is empty"]),
        (question(question={"ar": "أ", "en": False}), ["questions 1, question.en: YAML reads a bare yes"]),
        (question(type="Lists", value={}), ["questions 1: ranked questions and lists cannot be run"]),
        (json.dumps({"title": "T"}), ["questions: at least one question is needed"]),
        (json.dumps({"title": "T", "questions": {}}), ["questions: at least one question is needed"]),
        (json.dumps({"title": "T", "questions": ["A?"]}), ["questions 1: a question has a text"]),
        (json.dumps([]), ["The file should hold a title and questions."]),
        ("", ["The file cannot be read"]),
        ('{"title": ', ["The file cannot be read"]),
        ("[" * 100_000, ["The file cannot be read"]),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(sawtuna: Shell, content: str, mistakes: list[str]) -> None:
    refused(sawtuna, content, ".json", *mistakes)


@pytest.mark.parametrize("key", ["choose", "max"])
@pytest.mark.parametrize("value", ["one", 1.5, True, None])
def test_one_wrong_number_is_one_mistake_under_the_name_that_was_written(
    sawtuna: Shell, key: str, value: object
) -> None:
    refused(sawtuna, question(**{key: value}), ".json", f"questions 1, {key}: a whole number is needed")


def test_all_mistakes_are_named_at_once(sawtuna: Shell) -> None:
    content = """
titel = "T"
[[questions]]
question = "Which?"
answers = ["A", "A"]
[[questions]]
answers = ["A", "B"]
min = 3
max = 2
colour = "red"
"""
    refused(
        sawtuna,
        content,
        ".toml",
        "titel: this is not known here",
        "title: a text is missing here",
        "questions 1, answers: “A” stands twice",
        "questions 2, colour: this is not known here",
        "questions 2, question: a text is missing here",
        "questions 2: min is larger than max",
    )


def test_a_bare_yes_or_no_in_yaml_is_explained(sawtuna: Shell) -> None:
    content = "title: T\nquestions:\n- question: Open the library in the evening?\n  answers: [yes, no]\n"
    mistake = "YAML reads a bare yes, no, on or off as a truth value; put it in quotes"
    refused(sawtuna, content, ".yaml", f"questions 1, answers 1: {mistake}", f"questions 1, answers 2: {mistake}")
    describe(sawtuna, content.replace("[yes, no]", "['yes', \"no\"]"), ".yaml")
    assert draft(sawtuna)["questions"][0]["answers"] == ["yes", "no"]


@pytest.mark.parametrize(
    ("content", "suffix", "line"),
    [
        ('title = "T\n', ".toml", "line 1"),
        ('title = "T"\ntitle = "U"\n', ".toml", "line 2"),
        ("title: T\nquestions: [\n", ".yaml", "line 3"),
        ("title: T\n\tquestions: x\n", ".yaml", "line 2"),
        ('{"title": "T",\n "questions": [}', ".json", "line 2"),
    ],
)
def test_a_file_that_breaks_its_format_is_refused_with_the_line(
    sawtuna: Shell, content: str, suffix: str, line: str
) -> None:
    refused(sawtuna, content, suffix, "The file cannot be read: ")
    sawtuna("election", "new", f"questions{suffix}", "--out", "e", code=2).said(line)


@pytest.mark.parametrize("suffix", [".json", ".yaml"])
def test_a_key_that_stands_twice_is_not_silently_lost(sawtuna: Shell, suffix: str) -> None:
    one = '{"question": "Which?", "answers": ["A", "B"]}'
    content = f'{{"title": "T", "questions": [{one}],\n "questions": [{one.replace("A", "C")}]}}'
    refused(sawtuna, content, suffix, "questions")


def test_yaml_cannot_run_anything_nor_grow_without_bound(sawtuna: Shell) -> None:
    refused(sawtuna, "title: !!python/object/apply:os.mkdir [x]\n", ".yaml", "The file cannot be read")
    assert not (sawtuna.folder / "x").exists()
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
    answer = sawtuna.folder / "bomb.yaml"
    answer.write_text(bomb + "title: *a59\n")
    with unchanged(sawtuna.folder):
        sawtuna("election", "new", answer, "--out", "e", code=2).said("title: a text is missing here")


@pytest.mark.parametrize("encoding", ["cp1256", "utf-16"])
def test_a_file_that_is_not_utf_8_is_explained(sawtuna: Shell, encoding: str) -> None:
    refused(sawtuna, SAME[".toml"].encode(encoding), ".toml", "The file is not in UTF-8")


def test_a_byte_order_mark_does_no_harm(sawtuna: Shell) -> None:
    describe(sawtuna, b"\xef\xbb\xbf" + SAME[".toml"].encode(), ".toml")
    assert draft(sawtuna)["name"] == "Which project?"


@pytest.mark.parametrize(
    "text", ["A\u0000B", "A\u001b[2JB", "A\rB", "\u200b", "A\u202eB", "A\ud800B"],
    ids=["nul", "escape-sequence", "carriage-return", "only-invisible", "direction-override", "half-a-letter"],
)  # fmt: skip
def test_texts_that_deceive_a_reader_or_a_terminal_are_refused(sawtuna: Shell, text: str) -> None:
    content = json.dumps({"title": "T", "questions": [{"question": text, "answers": ["A", "B"]}]})
    refused(sawtuna, content, ".json", "questions 1, question")


def test_answers_that_look_the_same_are_refused(sawtuna: Shell) -> None:
    refused(sawtuna, question(answers=["مكتبة", "مكتبة\u200f"]), ".json", "questions 1, answers")
    refused(sawtuna, question(answers=["caf\u00e9", "cafe\u0301"]), ".json", "questions 1, answers")


def test_hostile_texts_stay_texts(sawtuna: Shell) -> None:
    hostile = "[red]A[/] <b>B</b> $(touch x) %(n)s {0} [[x]"
    content = json.dumps({"title": hostile, "questions": [{"question": hostile, "answers": [hostile, "B"]}]})
    describe(sawtuna, content, ".json")
    written = draft(sawtuna)
    assert written["name"] == written["questions"][0]["question"] == written["questions"][0]["answers"][0] == hostile


def test_the_group_in_the_file_and_the_option_must_not_contradict_each_other(sawtuna: Shell) -> None:
    describe(sawtuna, SAME[".toml"], ".toml", "--group", "RFC-3526-2048", code=2).said("BELENIOS-2048")


@pytest.mark.parametrize("group", ["Ed25519", "BELENIOS-2048", "RFC-3526-2048"])
def test_the_group_can_be_chosen(sawtuna: Shell, group: str) -> None:
    describe(sawtuna, question(), ".json", "--group", group)
    assert draft(sawtuna)["group"] == group
