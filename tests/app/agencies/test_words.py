"""Finding agencies by words, and addresses made of names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.directory import is_slug, suggested_slug
from app.accounts.words import fits, searchable, stems
from tests.app.agencies.tree import PATIENT

BUSES = searchable("الشركة العامة للحافلات", "Public Bus Company", "خطوط الحافلات في المدن", "City bus lines")


@pytest.mark.parametrize(
    "typed",
    ["buses", "Bus", "company public", "comp", "الحافلات", "حافلات", "شركه", "للحافلات", "  BUS  lines ", "companies"],
)
def test_an_agency_is_found_by_beginnings_of_words_in_any_order(typed: str) -> None:
    assert fits(BUSES, stems(typed))


@pytest.mark.parametrize("typed", ["train", "ublic", "bus water", "ات"])
def test_what_begins_no_word_finds_nothing(typed: str) -> None:
    assert not fits(BUSES, stems(typed))


@PATIENT
@given(st.text(max_size=40))
def test_every_text_finds_itself(text: str) -> None:
    assert fits(searchable(text), stems(text))


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ({"ar": "وزارة المياه", "en": "Ministry of Water"}, "ministry-water"),
        ({"ar": "وزارة المياه"}, "wzarh-myah"),
        ({"ar": "؟؟"}, "agency"),
        ({"ar": "جديد", "en": "New"}, "new-2"),
        ({"ar": "قهوة", "en": "Café de l’Été"}, "cafe-de-lete"),
    ],
)
def test_an_address_is_made_of_the_name(name: dict[str, str], slug: str) -> None:
    assert suggested_slug(name) == slug


@PATIENT
@given(st.text(max_size=200), st.text(max_size=200), st.sets(st.sampled_from(["a", "agency", "agency-2"])))
def test_every_name_gives_an_address_that_is_free(arabic: str, english: str, taken: set[str]) -> None:
    slug = suggested_slug({"ar": arabic, "en": english}, taken)
    assert is_slug(slug)
    assert slug not in taken
