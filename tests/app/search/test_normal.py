"""One spelling: what people write differently and mean alike is the same, and nothing breaks it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.normal import fold, forms, searchable, spaced, stem, words

ANYTHING = st.text(max_size=60)
AWKWARD = st.text(
    st.sampled_from("اأإآٱىيةهكیکؤئءَُِّْـٔٓ\u200c\u200f\u202e\ufeff٣۳²①½ßİıΐﷺﻻعربabc \n\t\x00\x1f가각ㄱ각́é🌊️👨‍👩‍👧"),
    max_size=30,
)
EITHER = ANYTHING | AWKWARD

ALIKE = [
    ("hamza above", "أحمد", "احمد"),
    ("hamza below", "إسلام", "اسلام"),
    ("madda", "آمنة", "امنه"),
    ("alef wasla", "ٱلعراق", "العراق"),
    ("hamza as a mark of its own", "ا\u0654حمد", "احمد"),
    ("madda as a mark of its own", "ا\u0653منه", "امنه"),
    ("ta marbuta", "مدرسة", "مدرسه"),
    ("alef maqsura", "مستشفى", "مستشفي"),
    ("Persian ya", "نوعیة", "نوعية"),
    ("Persian kaf", "کتاب", "كتاب"),
    ("harakat", "مُدِيرِيَّةُ", "مديرية"),
    ("tanwin and shadda", "حقًّا", "حقا"),
    ("tatweel", "صــوتـنا", "صوتنا"),
    ("Arabic-Indic digits", "٢٠٢٦", "2026"),
    ("Persian digits", "۲۰۲۶", "2026"),
    ("letters by their form", "ﻻ ﺎﻟﻌﺮاق", "لا العراق"),
    ("case", "SouTHern", "southern"),
    ("sharp s", "Straße", "STRASSE"),
    ("wide letters", "Ｗａｔｅｒ", "water"),
    ("a superscript", "m²", "m2"),
    ("spaces", "  ماء \t\n العاصمة ", "ماء العاصمة"),
    ("a space that does not break", "ماء\u00a0العاصمة", "ماء العاصمة"),
    ("zero-width signs", "مي\u200cخواهم\u200d\ufeff", "ميخواهم"),
    ("signs of direction", "\u202bماء\u202c\u2067\u2069\u200f\u061c", "ماء"),
]


@pytest.mark.parametrize(("one", "other"), [pair[1:] for pair in ALIKE], ids=[pair[0] for pair in ALIKE])
def test_what_is_meant_alike_is_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_letters_that_differ_in_meaning_stay_apart() -> None:
    assert len({fold(letter) for letter in "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"}) == 28
    assert fold("ء") == "ء"


@given(EITHER)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(EITHER)
def test_what_is_folded_is_composed_and_holds_no_marks_and_nothing_invisible(text: str) -> None:
    folded = fold(text)
    assert unicodedata.is_normalized("NFKC", folded)
    assert not {unicodedata.category(letter) for letter in folded} & {"Mn", "Me", "Cf", "Cc", "Cs"}
    assert not {letter for letter in folded if letter.isdecimal()} - set("0123456789")
    assert folded == " ".join(folded.split())
    folded.encode()


@given(EITHER)
def test_composed_or_taken_apart_a_text_is_the_same(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


@given(st.text(st.sampled_from("ابتحدرسعقكلمنهوي"), min_size=1, max_size=12), st.data())
def test_vowels_and_tatweel_anywhere_change_nothing(word: str, data: st.DataObject) -> None:
    decorated = "".join(letter + data.draw(st.text(st.sampled_from("ًٌٍَُِّْٰـ"), max_size=2)) for letter in word)
    assert fold(decorated) == word


@pytest.mark.parametrize("code", [0xD800, 0xDFFF, 0x0, 0x10FFFF, 0xFDFA, 0xFE0F])
def test_nothing_that_can_be_typed_breaks_it(code: int) -> None:
    fold(f"a{chr(code)}b").encode()


@given(EITHER)
def test_words_are_letters_and_digits_only(text: str) -> None:
    assert all(word and all(letter.isalnum() for letter in word) for word in words(text))


@pytest.mark.parametrize(
    ("word", "bare"),
    [
        ("buses", "bus"),
        ("bus", "bus"),
        ("companies", "company"),
        ("roads", "road"),
        ("classes", "class"),
        ("branches", "branch"),
        ("status", "status"),
        ("gas", "gas"),
        ("الحافلات", "حافلات"),
        ("والحافلات", "حافلات"),
        ("بالحافلات", "حافلات"),
        ("للحافلات", "حافلات"),
        ("الم", "الم"),
        ("والد", "والد"),
    ],
)
def test_a_word_loses_its_article_and_its_plural(word: str, bare: str) -> None:
    assert stem(word) == bare
    assert bare in forms(word)


@given(
    st.lists(st.sampled_from(["buses", "companies", "الحافلات", "ماء", "water", "والطرق", "x"]) | EITHER, max_size=5)
)
def test_every_word_of_a_text_is_found_in_it(texts: list[str]) -> None:
    kept = searchable(*texts)
    assert all(f" {word} " in kept and stem(word) in kept for text in texts for word in words(text))
    assert all(f"\n{spaced(text)}\n" in kept for text in texts)
