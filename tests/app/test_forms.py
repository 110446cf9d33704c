"""Forms: read once, forgiving about how people type, and clear about what is wrong."""

import io
from typing import Literal

import pytest
from pydantic import Field
from starlette.datastructures import FormData, UploadFile

from app.accounts.forms.ways import Confirm, Preferences, Reset, ResetRequest, SignIn, SignUp
from app.forms import Entered, Form, Invalid, Number, read
from app.i18n import Reader, reading


class Everything(Number):
    """A form with one field of every kind."""

    title: str = Field("", max_length=5)
    least: str = Field("long enough", min_length=3)
    count: int = Field(1, ge=1, le=10)
    choice: Literal["for", "against"] = "for"


def mistakes(data: dict[str, str], form: type[Form], language: Literal["ar", "en"] = "en") -> dict[str, list[str]]:
    with reading(Reader(language)), pytest.raises(Invalid) as caught:
        read(data, form)
    return dict(caught.value.entered.errors)


def account(**changed: str) -> dict[str, str]:
    """What somebody enters who asks for an account and then confirms it."""
    return {"name": "زينب", "contact": "z@example.org", "token": "t", "password": "three words in a row", **changed}


def test_every_mistake_is_told_at_once_beside_its_field() -> None:
    assert set(mistakes({"name": " ", "contact": "nobody"}, SignUp)) == {"name", "contact"}
    assert set(mistakes({"name": " ", "password": "short"}, Confirm)) == {"name", "password", "token"}


@pytest.mark.parametrize(
    ("data", "field", "said"),
    [
        ({"title": "sixsix"}, "title", "At most 5 characters fit."),
        ({"least": "ab"}, "least", "At least 3 characters are needed."),
        ({"count": "many"}, "count", "Enter a whole number."),
        ({"count": "1.5"}, "count", "Enter a whole number."),
        ({"count": ""}, "count", "Enter a whole number."),
        ({"count": "0"}, "count", "The number is outside what is possible here."),
        ({"count": "11"}, "count", "The number is outside what is possible here."),
        ({"choice": "maybe"}, "choice", "Choose one of the options."),
    ],
)
def test_a_mistake_is_told_in_plain_words(data: dict[str, str], field: str, said: str) -> None:
    assert mistakes(data, Everything) == {field: [said]}


def test_an_absurdly_large_number_is_outside_what_is_possible() -> None:
    assert mistakes({"count": "9" * 5000}, Everything)["count"]


@pytest.mark.parametrize("form", [Confirm, Reset])
def test_mistakes_are_told_in_arabic_with_arabic_digits(form: type[Form]) -> None:
    found = mistakes({"password": "short", "token": "x"}, form, "ar")
    assert any("١٠" in sentence for sentence in found["password"])
    for sentences in found.values():
        for sentence in sentences:
            assert not any("a" <= letter.lower() <= "z" for letter in sentence.replace("name@example.org", ""))


@pytest.mark.parametrize("typed", ["7", "٧", "۷", " ٧ ", "+7"])
def test_a_number_may_be_typed_in_any_digits(typed: str) -> None:
    assert read({"count": typed}, Everything).count == 7


def test_a_form_that_was_refused_keeps_what_was_typed_but_never_a_password() -> None:
    with pytest.raises(Invalid) as caught:
        read(account(name="", email="z@example.org", password="my secret words"), Confirm)
    entered = caught.value.entered
    assert entered.value("token") == "t"
    assert "my secret words" not in repr(entered)
    assert "my secret words" not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_text_loses_spaces_around_it_and_signs_nobody_sees() -> None:
    form = read(account(name="  \u202eزينب\u202c\u2066\u2069 \x00\x08 الخالدي\u00ad\ufeff "), SignUp)
    assert form.name == "زينب الخالدي"


def test_text_that_turns_other_text_round_is_refused_as_empty() -> None:
    assert "name" in mistakes(account(name="\u202e\u2066"), SignUp)


def test_line_breaks_of_browsers_become_plain_ones() -> None:
    assert read({"least": "one\r\ntwo"}, Everything).least == "one\ntwo"


def test_two_ways_of_writing_the_same_letters_are_one() -> None:
    assert read(account(password="cafe\u0301 au lait"), Confirm).password == "café au lait"


def test_a_name_has_one_line() -> None:
    assert "\n" not in read(account(name="Zainab\nAdministrator of the portal"), SignUp).name


@pytest.mark.parametrize("name", ["\u200b", "\u2060\u200b", "\u3164", "\u115f"])
def test_a_name_that_nobody_can_see_is_refused(name: str) -> None:
    assert "name" in mistakes(account(name=name), SignUp)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Zainab@Example.ORG", "zainab@example.org"),
        ("  z@example.org  ", "z@example.org"),
        ("z+tag@sub.example.org", "z+tag@sub.example.org"),
        ("زينب@مثال.عراق", "زينب@مثال.عراق"),
    ],
)
def test_a_mail_address_has_one_spelling(typed: str, kept: str) -> None:
    assert read(account(contact=typed), SignUp).contact.value == kept


@pytest.mark.parametrize(
    "typed",
    [
        "", "z", "z@", "@example.org", "z@example", "z z@example.org", "z@example..org", "z@.example.org",
        "a@b.org, c@d.org", "a@b.org;c@d.org", "<a@b.org>", "a@b@c.org", '"a"@b.org', "a@b.org\nBcc: c@d.org",
        "a" * 65 + "@example.org", "a@" + "b" * 320 + ".org",
    ],
)  # fmt: skip
def test_what_is_no_mail_address_is_refused(typed: str) -> None:
    assert "contact" in mistakes(account(contact=typed), SignUp)
    assert "contact" in mistakes(account(contact=typed), ResetRequest)


@pytest.mark.parametrize("typed", ["x:victim@example.org", "=?utf-8?q?victim?=@example.org", "a[b]@example.org"])
def test_an_address_that_mail_programs_read_differently_is_refused(typed: str) -> None:
    assert "contact" in mistakes(account(contact=typed), SignUp)


@pytest.mark.parametrize("typed", ["short", "nine char", "1234567890", "PASSWORD123", "aaaaaaaaaaaaaa", "ababababab"])
def test_a_password_that_anybody_would_try_is_refused(typed: str) -> None:
    assert "password" in mistakes(account(password=typed), Confirm)
    assert "password" in mistakes(account(password=typed), Reset)


@pytest.mark.parametrize("typed", ["three words in a row", "كلمات عربية كثيرة", "🔑🌴🌊🏛️ keys and palms"])
def test_any_long_password_will_do(typed: str) -> None:
    assert read(account(password=typed), Confirm).password == typed


def test_a_password_has_an_end() -> None:
    assert "password" in mistakes(account(password="abcde" * 41), Confirm)


def test_fields_that_a_form_does_not_have_are_ignored() -> None:
    assert not hasattr(read(account(is_admin="1", confirmed_at="2026-01-01"), SignUp), "is_admin")


def test_a_file_in_place_of_a_text_is_a_missing_text() -> None:
    data = FormData([("contact", UploadFile(io.BytesIO(b"x"), filename="x.txt")), ("password", "whatever it is")])
    with pytest.raises(Invalid) as caught:
        read(data, SignIn)
    assert caught.value.entered.errors["contact"] == ["املأ هذا الحقل."]


def test_a_field_that_comes_twice_counts_once() -> None:
    data = FormData([("lang", "ar"), ("lang", "en")])
    assert read(data, Preferences).lang in {"ar", "en"}


def test_a_mistake_that_only_the_action_finds_has_the_same_shape() -> None:
    invalid = Invalid.because({"email": "z@example.org"}, form="Not right.")
    assert invalid.entered == Entered({"email": "z@example.org"}, {"form": ["Not right."]})
