"""Errors say where, what and with which numbers, and every message can be spelled."""

import ast
from pathlib import Path

import pytest

import crypto
from crypto.errors import Malformed, ProtocolError, Rejected, Unsupported, path_text, within

SOURCES = sorted(Path(crypto.__file__).parent.rglob("*.py"))


def test_a_position_grows_from_the_inside_out() -> None:
    with pytest.raises(Rejected) as caught, within("answers", 0), within("choices", 2), within("alpha"):
        raise Rejected("it is false")
    assert caught.value.where == "answers[0].choices[2].alpha"
    assert str(caught.value) == "answers[0].choices[2].alpha: it is false"


@pytest.mark.parametrize(
    ("place", "spelled"), [((), ""), (("a",), "a"), ((3,), "[3]"), ((0, 1), "[0][1]"), (("a", "b", 0), "a.b[0]")]
)
def test_a_position_is_spelled_as_a_path(place: tuple[str | int, ...], spelled: str) -> None:
    assert path_text(place) == spelled


def test_numbers_are_put_into_the_message() -> None:
    error = Malformed("%(found)s elements where %(expected)s belong", found=3, expected=2)
    assert str(error) == "3 elements where 2 belong"
    assert error.params == {"found": 3, "expected": 2}


def test_a_message_without_numbers_may_hold_a_percent_sign() -> None:
    assert str(Rejected("100 % of it")) == "100 % of it"


def test_hostile_text_in_a_number_cannot_break_the_message() -> None:
    assert str(Malformed("“%(key)s”", key="%s %(x)d {0}")) == "“%s %(x)d {0}”"


@pytest.mark.parametrize("hostile", ["\x1b[2J", "\r", "\n", "\x00", "\x9b", "\N{RIGHT-TO-LEFT OVERRIDE}", "\ud800"])
def test_text_from_a_record_cannot_move_the_cursor_or_turn_the_line_around(hostile: str) -> None:
    error = Malformed("the key “%(key)s” stands twice", key=f"a{hostile}b").at(f"c{hostile}d")
    assert hostile not in str(error)
    assert str(error).encode()
    assert "a\ufffd" in str(error)


def test_arabic_in_a_message_stays_as_it_is() -> None:
    assert str(Malformed("“%(key)s”", key="سلمى")) == "“سلمى”"


def test_what_cannot_be_judged_is_malformed_and_what_is_false_is_not() -> None:
    assert issubclass(Unsupported, Malformed)
    assert not issubclass(Rejected, Malformed)
    assert issubclass(Rejected, ProtocolError)


def test_other_errors_pass_through_unchanged() -> None:
    with pytest.raises(KeyError, match="x"), within("answers"):
        raise KeyError("x")


def _raised() -> list[tuple[str, str, list[str]]]:
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
                continue
            if node.func.id in ("Malformed", "Rejected", "Unsupported") and isinstance(node.args[0], ast.Constant):
                names = [keyword.arg for keyword in node.keywords if keyword.arg]
                found.append((f"{path.name}:{node.lineno}", node.args[0].value, names))
    return found


def test_every_message_in_the_library_fits_the_numbers_that_stand_beside_it() -> None:
    raised = _raised()
    assert len(raised) > 100
    for place, message, names in raised:
        if names:
            spelled = message % dict.fromkeys(names, "7")
            assert spelled.count("7") >= len(names), place
        else:
            assert "%(" not in message, place
