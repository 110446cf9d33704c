"""Voters' codes: derivation as in belenios-tool, kindness to typing, severity to lists."""

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.credentials import (
    MAX_WEIGHT,
    PublicCredential,
    fingerprint,
    generate,
    list_json,
    normalise,
    parse_private,
    parse_public_list,
    private_json,
    public_list,
    signing_key,
)
from crypto.election import Election
from crypto.encoding import canonical, parse_json
from crypto.errors import Malformed, ProtocolError, Rejected
from crypto.groups import ED25519, Group
from crypto.transcripts import VERSION_1
from tests.crypto import vectors
from tests.crypto.samples import ALL_GROUPS, UUID, bad_points, patient

MODERN = [name for name in vectors.names() if "-2.0-" not in name]
POINTS = [ED25519.generator ** ED25519.scalar(n) for n in range(1, 6)]
CODE = "aXfme-maUqnW-kfv5x-RxPjCg"


# Against belenios-tool


@pytest.mark.parametrize("name", MODERN)
def test_private_codes_lead_to_the_public_list_of_belenios_tool(name: str) -> None:
    vector = vectors.load(name)
    election = Election.parse(vector.election)
    announced = dict(reversed(entry.rsplit(",", 1)) for entry in vector.file("public_creds_with_ids.json"))
    keys = []
    for voter, code in vector.private_credentials.items():
        point = election.group.generator ** signing_key(election.version, election.group, election.uuid, code)
        public, _, weight = announced[voter].partition(",")
        assert str(point) == public
        keys.append((point, int(weight) if weight else None))
    made = list_json(public_list(keys))
    assert made == vector.credentials
    assert fingerprint(made) == vector.metadata["public_credentials_fingerprint"]


@pytest.mark.parametrize("name", vectors.names())
def test_the_public_lists_of_every_release_are_read_and_written_alike(name: str) -> None:
    vector = vectors.load(name)
    group = Election.parse(vector.election).group
    entries = parse_public_list(group, parse_json(vector.credentials))
    assert list_json(entries) == vector.credentials
    assert len(entries) == vector.metadata["voters"]


@pytest.mark.parametrize("name", vectors.names("*-2.0-*"))
def test_codes_of_releases_before_2_4_are_refused_with_the_form_that_is_expected(name: str) -> None:
    for code in vectors.load(name).private_credentials.values():
        with pytest.raises(Malformed, match="XXXXX-XXXXXX-XXXXX-XXXXXX"):
            signing_key(VERSION_1, ED25519, UUID, code)


# Codes


def test_a_new_code_has_the_printed_form_and_is_new() -> None:
    codes = [generate() for _ in range(200)]
    assert len(set(codes)) == len(codes)
    for code in codes:
        assert re.fullmatch(r"[1-9A-HJ-NP-Za-km-z]{5}-\w{6}-\w{5}-\w{6}", code)
        assert normalise(code) == code


def test_a_code_opens_one_election_only() -> None:
    keys = {signing_key(VERSION_1, ED25519, uuid, CODE).export() for uuid in ("A" * 14, "B" * 14)}
    assert len(keys) == 2


@pytest.mark.parametrize(
    "code", ["", CODE[:-1], CODE + "a", CODE.replace("-", ""), CODE + "\n", " " + CODE, "0" + CODE[1:]]
)
def test_a_code_in_another_form_makes_no_key(code: str) -> None:
    with pytest.raises(Malformed):
        signing_key(VERSION_1, ED25519, UUID, code)


SEPARATORS = ["", " ", "-", "\t", "\n", "\r\n", "\N{NO-BREAK SPACE}", "\N{HYPHEN}", "\N{NON-BREAKING HYPHEN}"]
SEPARATORS += ["\N{FIGURE DASH}", "\N{EN DASH}", "\N{EM DASH}", "\N{LEFT-TO-RIGHT MARK}", "\N{RIGHT-TO-LEFT MARK}"]
SEPARATORS += ["\N{LEFT-TO-RIGHT ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}", " - "]


@patient
@given(st.lists(st.sampled_from(SEPARATORS), min_size=23, max_size=23))
def test_blanks_dashes_and_marks_of_direction_may_stand_anywhere_in_a_typed_code(between: list[str]) -> None:
    letters = CODE.replace("-", "")
    typed = between[0] + "".join(letter + mark for letter, mark in zip(letters, between[1:], strict=True))
    assert normalise(typed) == CODE


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        (CODE.replace("a", "0", 1), "has no 0"),
        (CODE.replace("a", "O", 1), "has no 0"),
        (CODE.replace("a", "l", 1), "has no 0"),
        (CODE.replace("a", "I", 1), "has no 0"),
        (CODE.replace("a", "\N{CYRILLIC SMALL LETTER A}", 1), "only Latin letters"),
        (CODE.replace("a", "\N{FULLWIDTH LATIN SMALL LETTER A}", 1), "only Latin letters"),
        (CODE.replace("5", "\N{ARABIC-INDIC DIGIT FIVE}"), "only Latin letters"),
        (CODE.replace("-", "_"), "only Latin letters"),
        (CODE[:-1], "this one has 21"),
        (CODE + "a", "this one has 23"),
        ("", "this one has 0"),
        ("   ", "this one has 0"),
        ("AAAAA-AAAAA-AAAAA", "this one has 15"),
    ],
)
def test_a_mistyped_code_is_answered_with_the_kind_of_mistake(typed: str, hint: str) -> None:
    with pytest.raises(Malformed, match=hint):
        normalise(typed)


@patient
@given(st.text(max_size=40) | st.integers(0, 24).map(lambda at: CODE[:at] + "0" + CODE[at + 1 :]))
def test_what_was_typed_is_never_repeated_in_an_error(typed: str) -> None:
    try:
        code = normalise(typed)
    except Malformed as error:
        shown = f"{error} {error.params}"
        assert CODE[6:12] not in shown
        assert CODE[-6:] not in shown
    else:
        signing_key(VERSION_1, ED25519, UUID, code)


# The private file


def test_the_private_file_is_read_as_it_is_written() -> None:
    codes = {"سلمى": generate(), "voter,2": generate()}
    data = private_json(codes)
    assert parse_private(parse_json(data)) == codes
    assert data.count(b"\n") == len(codes) + 2


@pytest.mark.parametrize("value", [[], None, {"a": 1}, {"a": "short"}, {"a": CODE + "\n"}, {"a": None}, {"a": [CODE]}])
def test_a_private_file_with_anything_but_codes_is_refused(value: object) -> None:
    with pytest.raises(Malformed):
        parse_private(value)


def test_a_wrong_code_in_the_private_file_is_named_by_its_voter_and_not_repeated() -> None:
    with pytest.raises(Malformed, match="voter-7") as caught:
        parse_private({"voter-7": "secret-but-wrong"})
    assert "secret-but-wrong" not in f"{caught.value} {caught.value.params}"


# The public list


@pytest.mark.parametrize("group", ALL_GROUPS, ids=lambda group: group.name)
def test_the_public_list_comes_in_one_order_whatever_the_order_of_the_voters(group: Group) -> None:
    points = [group.generator ** group.scalar(n) for n in range(1, 30)]
    shuffled = list(points)
    Random(7).shuffle(shuffled)
    made = public_list([(point, None) for point in shuffled])
    assert made == public_list([(point, None) for point in points])
    assert list_json(made) == list_json(parse_public_list(group, parse_json(list_json(made))))


def test_weights_stand_for_all_voters_as_soon_as_one_has_one() -> None:
    entries = public_list([(POINTS[0], None), (POINTS[1], 5), (POINTS[2], 0)])
    assert all(entry.weighted for entry in entries)
    assert sorted(entry.weight for entry in entries) == [0, 1, 5]
    assert all("," in str(entry) for entry in entries)
    assert not any("," in str(entry) for entry in public_list([(point, None) for point in POINTS]))


def test_a_credential_that_stands_twice_is_refused_whatever_the_weights() -> None:
    for weights in ((None, None), (1, 1), (1, 2)):
        with pytest.raises(Rejected, match="twice"):
            public_list([(POINTS[0], weights[0]), (POINTS[1], 1), (POINTS[0], weights[1])])


def test_a_recorded_list_with_a_credential_twice_is_refused() -> None:
    one, other = str(POINTS[0]), str(POINTS[1])
    for value in ([one, other, one], [f"{one},1", f"{other},1", f"{one},2"], [f"{one},0", f"{one},0"]):
        with pytest.raises(Rejected, match="twice"):
            parse_public_list(ED25519, value)


def test_a_recorded_list_where_only_some_have_weights_is_refused() -> None:
    with pytest.raises(Malformed):
        parse_public_list(ED25519, [str(POINTS[0]), f"{POINTS[1]},1"])


def test_no_weight_weighs_one_and_zero_weighs_nothing() -> None:
    assert PublicCredential.parse(ED25519, str(POINTS[0])).weight == 1
    assert PublicCredential.parse(ED25519, f"{POINTS[0]},0").weight == 0
    assert PublicCredential.parse(ED25519, f"{POINTS[0]},{MAX_WEIGHT}").weight == MAX_WEIGHT


@pytest.mark.parametrize(
    "weight", ["", "-1", "+1", "01", "1.5", "1e3", " 1", "1 ", "1\n", "0x1", "٣", "1,1", "9" * 19, "9" * 99_999]
)
def test_a_weight_in_any_other_spelling_is_refused(weight: str) -> None:
    with pytest.raises(Malformed):
        PublicCredential.parse(ED25519, f"{POINTS[0]},{weight}")


@pytest.mark.parametrize("weight", [-1, MAX_WEIGHT + 1])
def test_a_list_whose_weights_nobody_could_read_again_is_not_made(weight: int) -> None:
    with pytest.raises(ProtocolError):
        public_list([(POINTS[0], weight)])


@pytest.mark.parametrize(
    ("group", "name"),
    [(group, name) for group in ALL_GROUPS for name in bad_points(group)],
    ids=lambda item: getattr(item, "name", item),
)
def test_a_credential_outside_the_group_is_refused_with_its_place(group: Group, name: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_public_list(group, [str(group.generator), bad_points(group)[name]])
    assert caught.value.where == "[1]"


def test_the_neutral_element_as_credential_is_refused_for_anybody_could_vote_with_it() -> None:
    with pytest.raises(Malformed, match="neutral"):
        parse_public_list(ED25519, [str(ED25519.identity)])


@pytest.mark.parametrize("value", [{}, None, "x", [None], [1], [[str(POINTS[0])]]])
def test_a_list_of_anything_but_texts_is_refused(value: object) -> None:
    with pytest.raises(Malformed):
        parse_public_list(ED25519, value)


def test_two_lists_have_two_fingerprints() -> None:
    lists = [canonical([str(point)]) for point in POINTS]
    assert len({fingerprint(data) for data in lists}) == len(lists)
