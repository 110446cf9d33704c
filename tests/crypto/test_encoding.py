"""What the readers of text take and refuse (PROTOCOL.md sections 0 and 2)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.encoding import (
    MAX_DIGITS,
    SMALL_NUMBER,
    array,
    big_number,
    big_number_json,
    canonical,
    decimal,
    election_uuid,
    hex_digest,
    hex_to_b64,
    lenient_integer,
    members,
    parse_json,
    sha256_b64,
    sha256_hex,
    text,
    whole_number,
)
from crypto.errors import Malformed, ProtocolError
from tests.crypto.samples import dump, patient

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_the_digest_of_abc_is_the_one_in_the_standard() -> None:
    assert sha256_hex(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_b64(b"abc") == "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0"


def test_both_spellings_of_a_digest_name_the_same_bytes() -> None:
    assert hex_to_b64(sha256_hex(b"abc")) == sha256_b64(b"abc")


def test_canonical_json_keeps_the_order_of_keys_and_leaves_arabic_as_it_is() -> None:
    assert canonical({"b": [1, "صوت"], "a": None}) == '{"b":[1,"صوت"],"a":null}'.encode()


@patient
@given(json_values)
def test_whatever_is_written_can_be_read_again(value: Any) -> None:
    assert parse_json(canonical(value)) == value


@patient
@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:0123456789eE.-\\u+nult d8', max_size=60).map(str.encode))
def test_bytes_of_any_kind_are_read_or_refused_with_a_reason(data: bytes) -> None:
    try:
        value = parse_json(data)
    except Malformed as error:
        assert str(error).encode()  # noqa: PT017 - most inputs raise nothing and that is right too
    else:
        canonical(value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" ",
        b"{",
        b"[1,]",
        b"[1] x",
        b"[1][2]",
        b"'a'",
        b"{a:1}",
        b"01",
        b"+1",
        b".5",
        b"0x1",
        b"\xef\xbb\xbf[]",
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b'"\n"',
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"[" * 200_000,
        b"[" * 200_000 + b"]" * 200_000,
        b'{"a":' * 100_000,
        b"1" * 100_000,
    ],
    ids=lambda data: repr(data[:12]),
)
def test_what_is_not_json_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        parse_json(data)


@pytest.mark.parametrize("data", [b'{"a":1,"a":1}', b'[{"x":{"a":1,"b":2,"a":3}}]', b'{"a":1,"\\u0061":2}'])
def test_a_key_that_stands_twice_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed, match="“a” stands twice"):
        parse_json(data)


@pytest.mark.parametrize("data", [rb'"\ud800"', rb'["\udfff\ud800"]', rb'{"\ud800":1}'])
def test_half_of_a_surrogate_pair_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        parse_json(data)


def test_a_whole_surrogate_pair_is_one_character() -> None:
    assert parse_json(rb'"\ud83d\uddf3"') == "\N{BALLOT BOX WITH BALLOT}"


def test_the_reason_for_refusing_a_repeated_key_can_be_printed_whatever_the_key() -> None:
    with pytest.raises(Malformed) as caught:
        parse_json(rb'{"\ud800":1,"\ud800":2}')
    assert str(caught.value).encode()


@pytest.mark.parametrize("data", [b"1e400", b"[-1e999]", b'{"a":1E+10000}'])
def test_a_number_beyond_every_machine_is_refused_and_does_not_become_infinity(data: bytes) -> None:
    with pytest.raises(Malformed):
        parse_json(data)


def test_an_object_must_have_the_keys_that_are_asked_for() -> None:
    assert members({"a": 1, "b": 2}, "a") == {"a": 1, "b": 2}
    with pytest.raises(Malformed, match="the key “c” is missing"):
        members({"a": 1}, "a", "c")


@pytest.mark.parametrize("value", [[], "a", 1, None, True])
def test_an_object_is_nothing_else(value: object) -> None:
    with pytest.raises(Malformed):
        members(value)


@pytest.mark.parametrize("value", [{}, "ab", 1, None, (1, 2)])
def test_a_list_is_nothing_else(value: object) -> None:
    with pytest.raises(Malformed):
        array(value)


def test_a_list_of_another_length_says_both_lengths() -> None:
    with pytest.raises(Malformed, match="3 elements where 2 belong"):
        array([1, 2, 3], 2)


@pytest.mark.parametrize("value", [1, None, ["a"], b"a"])
def test_a_text_is_nothing_else(value: object) -> None:
    with pytest.raises(Malformed):
        text(value)


@pytest.mark.parametrize("value", [-1, 8, True, False, 1.0, "1", None, 10**30])
def test_a_whole_number_out_of_range_or_of_another_kind_is_refused(value: object) -> None:
    with pytest.raises(Malformed):
        whole_number(value, 0, 7)


@pytest.mark.parametrize(
    "value", ["", "-1", "+1", "01", "00", "1 ", " 1", "1\n", "1.0", "1e3", "0x1", "٣", "²", 1, None]
)
def test_an_integer_has_one_spelling(value: object) -> None:
    with pytest.raises(Malformed):
        decimal(value)


def test_an_integer_of_a_hundred_thousand_digits_is_refused_unread() -> None:
    assert decimal("9" * MAX_DIGITS) == 10**MAX_DIGITS - 1
    for value in ("9" * (MAX_DIGITS + 1), "9" * 100_000):
        with pytest.raises(Malformed):
            decimal(value)
        with pytest.raises(Malformed):
            lenient_integer(value)


@patient
@given(st.integers(0, 10**100))
def test_every_integer_that_is_written_is_read(number: int) -> None:
    assert decimal(str(number)) == number


@patient
@given(st.integers(0, 2**300))
def test_an_integer_inside_an_answer_may_be_spelled_in_every_way_of_belenios_tool(number: int) -> None:
    spellings = [f"{number}", f"+{number}", f"000{number}", hex(number), hex(number).upper(), oct(number), bin(number)]
    assert {lenient_integer(spelling) for spelling in spellings} == {number}


@pytest.mark.parametrize(
    "value", ["-1", "-0", "", "+", "0x", "0xg", "0o8", "0b2", "_1", "0x_1", "++1", "1 ", "1\n", "٣", 5, None]
)
def test_no_reading_is_so_lenient_as_to_take_a_sign_below_zero_or_no_digits(value: object) -> None:
    with pytest.raises(Malformed):
        lenient_integer(value)


@pytest.mark.parametrize(
    ("number", "written"),
    [(0, 0), (SMALL_NUMBER, 1073741823), (SMALL_NUMBER + 1, "1073741824"), (4_000_000_031, "4000000031")],
)
def test_a_weight_is_a_number_up_to_two_to_the_thirtieth_and_a_text_above(number: int, written: int | str) -> None:
    assert big_number_json(number) == written
    assert big_number(written) == number


@pytest.mark.parametrize("value", ["1", "1073741823", 1073741824, -1, "-1", "01073741824", 1.0, True, None])
def test_a_weight_in_the_other_spelling_is_refused(value: object) -> None:
    with pytest.raises(Malformed):
        big_number(value)


@pytest.mark.parametrize("value", ["a" * 63, "a" * 65, "A" * 64, "g" * 64, "a" * 64 + "\n", 5, None])
def test_a_digest_has_sixty_four_lower_case_digits(value: object) -> None:
    assert hex_digest("0123456789abcdef" * 4)
    with pytest.raises(Malformed):
        hex_digest(value)


@pytest.mark.parametrize(
    "value", ["", "A" * 13, "A" * 65, "0" * 14, "AAAAAAAAAAAAAl", "../../../etc/pa", "A" * 14 + "\n", "А" * 14, None]
)
def test_an_election_identifier_that_could_name_a_path_or_be_misread_is_refused(value: object) -> None:
    assert election_uuid("9T7KpVLHfgryFv") == "9T7KpVLHfgryFv"
    with pytest.raises(Malformed):
        election_uuid(value)


def test_every_refusal_is_an_error_of_the_protocol() -> None:
    with pytest.raises(ProtocolError):
        parse_json(dump({"a": 1})[:-1])
    assert json.loads(dump({"a": 1})) == {"a": 1}
