"""Marking: what was found is seen in the text, and what people wrote stays text."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from app.search.marking import around, marked
from app.search.queries import Question


@pytest.mark.parametrize(
    ("text", "typed", "shown"),
    [
        ("Public Bus Company", "buses", "Public <mark>Bus</mark> Company"),
        ("خطوط الحافِلات، في المدن", "حافلات", "خطوط <mark>الحافِلات</mark>، في المدن"),
        ("مديـــرية أحمد", "مديرية احمد", "<mark>مديـــرية</mark> <mark>أحمد</mark>"),
        ("المادة ١٢", "12", "المادة <mark>١٢</mark>"),
        ("Companies & banks", "company", "<mark>Companies</mark> &amp; banks"),
        ("<b>bus</b>", "bus", "&lt;b&gt;<mark>bus</mark>&lt;/b&gt;"),
        ("IT with it", "it", "<mark>IT</mark> with <mark>it</mark>"),
        ("5 of 51", "5", "<mark>5</mark> of 51"),
        ("nothing", "b", "nothing"),
        ("nothing", "", "nothing"),
    ],
)
def test_words_are_marked_however_they_are_spelled(text: str, typed: str, shown: str) -> None:
    assert marked(text, Question.of(typed)) == shown


@given(st.text(max_size=80), st.text(max_size=20))
def test_without_the_marks_it_is_the_text_that_was_written(text: str, typed: str) -> None:
    shown = marked(text, Question.of(typed))
    assert re.sub("</?mark>", "", shown) == escape(text)


@given(st.text(st.sampled_from("<>&\"' abmrk/"), max_size=60), st.sampled_from(["mark", "a", "lt", "amp", "<mark>"]))
def test_nothing_that_was_written_becomes_markup(text: str, typed: str) -> None:
    assert set(re.findall("<[^>]*>", marked(text, Question.of(typed)))) <= {"<mark>", "</mark>"}
    assert unescape(re.sub("</?mark>", "", marked(text, Question.of(typed)))) == text


def test_a_long_text_is_shown_around_what_was_found() -> None:
    long = "word " * 100 + "the buses come " + "later " * 100
    part = around(long, Question.of("bus"))
    assert part.startswith("…word")
    assert part.endswith("later…")
    assert "the buses come" in part
    assert len(part) < 250
    assert around(long, Question.of("word")).startswith("word word")
    assert around("short  text", Question.of("x")) == "short text"


@given(st.text(max_size=400), st.text(max_size=10))
def test_any_text_can_be_shortened(text: str, typed: str) -> None:
    assert len(around(text, Question.of(typed), 50)) <= 52
