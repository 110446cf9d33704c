"""Two languages: a catalogue without gaps, numbers and dates as people in Iraq read them."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Message

from app import clock, demo
from app.i18n import (
    Reader,
    either,
    format_ago,
    format_date,
    format_datetime,
    format_number,
    format_percent,
    gettext,
    latin_digits,
    negotiate,
    ngettext,
    reader,
    reading,
)
from tests.app.messages import Text, catalogue, in_sources, placeholders
from tests.app.portal import fresh_portal, words

ARABIC = Reader("ar")
LATIN = Reader("ar", "latn")
ENGLISH = Reader("en")


@pytest.fixture(scope="module")
def texts() -> list[Text]:
    return in_sources()


@pytest.fixture(scope="module")
def messages() -> dict[str, Message]:
    return {_single(message): message for message in catalogue() if message.id}


def _single(message: Message) -> str:
    identifier: Any = message.id
    return str(identifier[0] if isinstance(identifier, tuple) else identifier)


def _forms(message: Message) -> list[str]:
    text: Any = message.string
    return [str(form) for form in text] if isinstance(text, (tuple, list)) else [str(text)]


def test_the_texts_of_the_portal_are_found_at_all(texts: list[Text]) -> None:
    assert len(texts) > 300
    assert any(text.where.startswith("app/errors.py") for text in texts)
    assert any(text.where.startswith("app/templates/home.html") for text in texts)


def test_no_text_is_missing_in_arabic(texts: list[Text], messages: dict[str, Message]) -> None:
    missing = sorted({f"{text.where}: {text.singular}" for text in texts if text.singular not in messages})
    assert not missing


def test_no_text_has_an_empty_translation(messages: dict[str, Message]) -> None:
    assert not [name for name, message in messages.items() if not all(_forms(message))]


def test_no_translation_is_only_a_guess(messages: dict[str, Message]) -> None:
    assert not [name for name, message in messages.items() if message.fuzzy]


def test_no_translation_is_left_over(texts: list[Text], messages: dict[str, Message]) -> None:
    used = {text.singular for text in texts}
    assert not sorted(set(messages) - used)
    assert not catalogue().obsolete


def test_what_has_a_plural_in_the_sources_has_one_in_the_catalogue(
    texts: list[Text], messages: dict[str, Message]
) -> None:
    for text in texts:
        message = messages.get(text.singular) if text.plural else None
        if message is not None:
            assert message.id == (text.singular, text.plural), text.where


def test_arabic_counts_in_six_ways(messages: dict[str, Message]) -> None:
    assert catalogue().num_plurals == 6
    for message in messages.values():
        if message.pluralizable:
            assert len(_forms(message)) == 6, message.id


@pytest.mark.parametrize(
    ("number", "form"),
    [(0, 0), (1, 1), (2, 2), (3, 3), (10, 3), (11, 4), (99, 4), (100, 5), (102, 5), (103, 3), (111, 4), (200, 5)],
)
def test_the_rule_for_arabic_plurals_is_that_of_the_grammar(number: int, form: int) -> None:
    expression = catalogue().plural_expr
    python = expression.replace("&&", " and ").replace("||", " or ")
    answer = None
    for part in python.strip("()").split(":"):
        condition, _mark, value = part.partition("?")
        if not value or eval(condition, {"n": number}):
            answer = int(value or condition)
            break
    assert answer == form


def test_what_is_filled_in_is_the_same_in_both_languages(texts: list[Text], messages: dict[str, Message]) -> None:
    for text in texts:
        expected = placeholders(text.singular) | placeholders(text.plural)
        for form in _forms(messages[text.singular]) if text.singular in messages else []:
            surplus = placeholders(form) - expected
            assert not surplus, f"{text.where}: {form}"
            if not text.plural:
                assert placeholders(form) == expected, f"{text.where}: {form}"


def test_the_forms_for_many_say_how_many(texts: list[Text], messages: dict[str, Message]) -> None:
    for text in texts:
        if text.plural and text.singular in messages and placeholders(text.plural):
            for form in _forms(messages[text.singular])[3:]:
                assert placeholders(form) == placeholders(text.plural), f"{text.where}: {form}"


def test_arabic_texts_are_arabic(messages: dict[str, Message]) -> None:
    for name, message in messages.items():
        for form in _forms(message) if name != "Python %(version)s" else []:
            assert any("\u0600" <= letter <= "\u06ff" for letter in form), name


@pytest.mark.parametrize("number", [0, 1, 2, 3, 10, 11, 100, 1000])
def test_a_mistake_in_a_form_can_be_counted_in_both_languages(number: int) -> None:
    for who in (ARABIC, LATIN, ENGLISH):
        with reading(who):
            said = ngettext("At most %(n)s character fits.", "At most %(n)s characters fit.", number)
            assert "%" not in said
            if number > 2:
                assert format_number(number) in said


def test_english_readers_get_the_text_of_the_source() -> None:
    with reading(ENGLISH):
        assert gettext("Sign in") == "Sign in"
    with reading(ARABIC):
        assert gettext("Sign in") != "Sign in"


def test_a_text_that_nobody_translated_is_shown_as_it_is() -> None:
    with reading(ARABIC):
        assert gettext("A text that is in no catalogue") == "A text that is in no catalogue"


def test_an_empty_text_stays_empty_and_does_not_show_the_catalogue_s_head() -> None:
    with reading(ARABIC):
        assert gettext("") == ""


def test_the_reader_before_comes_back_after_a_mail_in_another_language() -> None:
    with reading(ARABIC):
        with reading(ENGLISH):
            assert reader() == ENGLISH
        assert reader() == ARABIC


def test_numbers_in_arabic_are_arabic_indic_unless_the_reader_chose_otherwise() -> None:
    with reading(ARABIC):
        assert format_number(1234567) == "١٬٢٣٤٬٥٦٧"
    with reading(LATIN):
        assert format_number(1234567) == "1,234,567"
    with reading(ENGLISH):
        assert format_number(1234567) == "1,234,567"


def test_english_pages_never_have_arabic_digits_whatever_the_cookie_says() -> None:
    with reading(Reader("en", "arab")):
        assert format_number(1234) == "1,234"
        assert format_percent(0.5) == "50%"


def test_shares_are_written_with_the_sign_of_the_digits() -> None:
    with reading(ARABIC):
        assert "٤٢" in format_percent(0.42)
        assert "٪" in format_percent(0.42)
    with reading(LATIN):
        assert "42" in format_percent(0.42)
        assert "%" in format_percent(0.42)


@pytest.mark.parametrize(
    ("month", "name"),
    [
        (1, "كانون الثاني"), (2, "شباط"), (3, "آذار"), (4, "نيسان"), (5, "أيار"), (6, "حزيران"), (7, "تموز"),
        (8, "آب"), (9, "أيلول"), (10, "تشرين الأول"), (11, "تشرين الثاني"), (12, "كانون الأول"),
    ],
)  # fmt: skip
def test_months_have_the_names_that_are_used_in_iraq(month: int, name: str) -> None:
    with reading(ARABIC):
        assert format_date(date(2026, month, 5)).replace("\u200f", "") == f"٥ {name} ٢٠٢٦"


def test_english_dates_are_written_out_the_british_way() -> None:
    with reading(ENGLISH):
        assert format_date(date(2026, 11, 5)) == "5 November 2026"


def test_a_day_is_the_day_of_the_reader_s_zone() -> None:
    late = datetime(2026, 11, 5, 22, 30, tzinfo=UTC)
    with reading(ENGLISH):
        assert format_date(late) == "6 November 2026"
        assert format_datetime(late) == "6 November 2026, 01:30"
    with reading(Reader("en", "latn", ZoneInfo("UTC"))):
        assert format_date(late) == "5 November 2026"
    with reading(ARABIC):
        assert format_datetime(late) == "٦ تشرين الثاني ٢٠٢٦، ٠١:٣٠"


def test_how_long_ago_is_said_in_the_reader_s_language_and_digits() -> None:
    now = datetime(2026, 11, 5, tzinfo=UTC)
    with reading(ENGLISH):
        assert format_ago(now - timedelta(days=3), now) == "3 days ago"
        assert format_ago(now + timedelta(hours=5), now) == "in 5 hours"
    with reading(ARABIC):
        assert "٣" in format_ago(now - timedelta(days=3), now)


def test_arabic_and_persian_digits_are_read_as_numbers() -> None:
    assert latin_digits("٠١٢٣٤٥٦٧٨٩") == "0123456789"
    assert latin_digits("۰۱۲۳۴۵۶۷۸۹") == "0123456789"
    assert latin_digits("رقم ٧") == "رقم 7"


def test_content_in_both_languages_is_shown_in_the_reader_s() -> None:
    both = {"ar": "وزارة", "en": "Ministry"}
    with reading(ARABIC):
        assert either(both) == "وزارة"
    with reading(ENGLISH):
        assert either(both) == "Ministry"


def test_content_in_one_language_is_shown_in_that_one() -> None:
    with reading(ENGLISH):
        assert either({"ar": "وزارة", "en": ""}) == "وزارة"
        assert either({"ar": "وزارة"}) == "وزارة"
    with reading(ARABIC):
        assert either({"en": "Ministry"}) == "Ministry"
        assert either({}) == ""
        assert either(None) == ""
        assert either("as it is") == "as it is"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "ar"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("ar-IQ,ar;q=0.9,en;q=0.8", "ar"),
        ("en;q=0.8,ar;q=0.9", "ar"),
        ("fr,de;q=0.9", "ar"),
        ("fr,en;q=0.5", "en"),
        ("EN-us", "en"),
        ("en;q=0", "ar"),
        ("*", "ar"),
        ("*;q=0.5", "ar"),
        ("en;q=nonsense", "ar"),
        (",,;;q=,=", "ar"),
        ("en;q=0.1,ar;q=0.1", "en"),
        ("ar;q=0.9, en; q=0.1", "ar"),
        ("en ;q=0.1, ar ;q=0.9", "ar"),
        ("en; q=0", "ar"),
        ("enm, ar;q=0.5", "ar"),
    ],
)
def test_the_browser_s_wish_decides_the_language(header: str, expected: str) -> None:
    assert negotiate(header, "ar") == expected


def test_a_very_long_wish_does_not_take_long() -> None:
    assert negotiate("fr;q=0.1," * 100_000, "en") == "en"


def test_what_is_there_in_one_language_only_says_so_on_the_page(tmp_path: Path) -> None:
    with fresh_portal("sqlite", tmp_path) as portal:
        portal.run(demo.seed, clock.now())
        page = portal.browser(accept_language="en").get("/agencies/marshes").text
        assert '<span lang="ar" dir="rtl">مكتب شؤون الأهوار</span>' in page
        assert "Some of this page is in Arabic only" in words(page)
        own = portal.browser(accept_language="ar").get("/agencies/marshes").text
        assert "<span lang=" not in own
        whole = portal.browser(accept_language="en").get("/agencies/water").text
        assert "in Arabic only" not in words(whole)
