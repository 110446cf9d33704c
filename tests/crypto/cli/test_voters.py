"""The voters' list: what spreadsheets write is understood, and every mistake is named with its line."""

import json
from pathlib import Path

import pytest

from tests.crypto.cli.elections import Election
from tests.crypto.cli.shell import Answer, Shell, unchanged


@pytest.fixture
def described(sawtuna: Shell, tmp_path: Path) -> Election:
    """An election that waits for its voters."""
    return Election.describe(sawtuna, tmp_path / "e")


def make(election: Election, content: str | bytes, *words: object, code: int = 0) -> Answer:
    """`credentials make` with this list."""
    file = election.root / "voters.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return election.sawtuna(
        "credentials", "make", file, "--election", election.box, "--out", election.authority, *words, code=code
    )


def refused(election: Election, content: str | bytes, *mistakes: str) -> Answer:
    """The list is refused with exactly these mistakes and nothing is written."""
    answer = make(election, content, code=2).said(*mistakes)
    number = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
    answer.said(f"{number} in the voters' list.")
    assert not election.authority.exists()
    return answer


def listed(election: Election) -> list[str]:
    """The public list."""
    return list(json.loads((election.authority / "public_creds.json").read_bytes()))


@pytest.mark.parametrize(
    ("content", "voters"),
    [
        ("id,name\n1,Ali\n2,Sara\n", ["1", "2"]),
        ("name,id\r\nAli,1\r\nSara,2\r\n", ["1", "2"]),
        ("1,Ali\n2,Sara\n", ["1", "2"]),
        ("1\n2\n", ["1", "2"]),
        ("\ufeffid;name\n1;Ali\n2;Sara\n", ["1", "2"]),
        ("ID\tFull name\n1\tAli\n2\tSara\n", ["1", "2"]),
        ("الرقم,الاسم\n١,علي\n٢,سارة\n", ["١", "٢"]),
        ("اسم الناخب;رقم الناخب\nعلي;١\nسارة;٢\n", ["١", "٢"]),
        ('id,name\n1,"Ali, the younger"\n"2","Sara ""S"" Ahmad"\n', ["1", "2"]),
        ('id,name\n"1,a","Ali\nsecond line"\n2,Sara\n', ["1,a", "2"]),
        ("id,name\n\n1,Ali\n,,\n2,Sara\n\n", ["1", "2"]),
        ("id,email,name\n1,a@example.org,Ali\n2,b@example.org,Sara\n", ["1", "2"]),
    ],
    ids=[
        "comma", "columns-in-another-order", "no-head", "one-column", "semicolon-and-bom", "tab", "arabic-head",
        "arabic-head-semicolon", "quoted-commas", "quoted-identifier-and-line-break", "empty-lines", "other-columns",
    ],
)  # fmt: skip
def test_lists_of_every_spreadsheet_are_understood(described: Election, content: str, voters: list[str]) -> None:
    make(described, content).said(f"{len(voters)} voters have a code.")
    assert list(described.codes) == voters
    assert len(listed(described)) == len(voters)


def test_everybody_gets_a_code_of_his_own_and_the_public_list_does_not_tell_whose(described: Election) -> None:
    make(described, "\n".join(f"voter {number}" for number in range(50)))
    assert len(set(described.codes.values())) == 50
    public = (described.authority / "public_creds.json").read_text("utf-8")
    assert "voter" not in public
    assert [code for code in described.codes.values() if code in public] == []
    assert len(set(listed(described))) == 50


@pytest.mark.parametrize(
    ("content", "mistakes"),
    [
        ("", ["The list is empty."]),
        (" \n,\n", ["The list is empty."]),
        ("id,name\n", ["The list is empty."]),
        ("id,name\n,Ali\n2,Sara\n", ["Line 2: the identifier is missing."]),
        ("id,name\n1,Ali\n2,Sara\n1,Ali again\n", ["Line 4: “1” cannot be told from line 2."]),
        ("id,weight\n1,2\n2,\n", ["Some voters have a weight and some have none; give it to all or to none."]),
        ("id,weight\n1,two\n", ["Line 2: the weight “two” is not a whole number."]),
        ("id,weight\n1,-1\n", ["Line 2: the weight “-1” is not a whole number."]),
        ("id,weight\n1,1.5\n", ["Line 2: the weight “1.5” is not a whole number."]),
        ('id,weight\n1,"1,5"\n', ["Line 2: the weight “1,5” is not a whole number."]),
        ("id,weight\n1,1e3\n", ["Line 2: the weight “1e3” is not a whole number."]),
        ("id,weight\n1,1000000000000000000\n", ["Line 2: the weight “1000000000000000000” is not a whole number."]),
        ('id,name\n1,"Ali\n', ["The list cannot be read"]),
        ('id,name\n1,"Ali" x\n', ["The list cannot be read"]),
        ("id,weight\n,1\n2,x\n2,1\n", ["Line 2: ", "Line 3: ", "Line 4: "]),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(described: Election, content: str, mistakes: list[str]) -> None:
    refused(described, content, *mistakes)


def test_lines_are_counted_as_the_spreadsheet_counts_them(described: Election) -> None:
    refused(described, 'id,name\n1,"Ali\nsecond line"\n2,Sara\n2,Sara\n', "Line 5: “2” cannot be told from line 4.")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("voter1", "VOTER1"),
        ("12", "١٢"),
        ("12", "۱۲"),
        ("12", "１２"),
        ("ali", "al\u200bi"),
        ("ali", "\u200fali\u200e"),
        ("ali", "a\u00adli"),
        ("سعاد", "سـعـاد"),
        ("سعاد", "سعاد\u061c"),
        ("caf\u00e9", "cafe\u0301"),
        ("ﷲ", "الله"),
        ("a b", "a  b"),
        ("a b", "a\u00a0b"),
        ("fi1", "ﬁ1"),
    ],
)
def test_two_voters_whom_a_reader_cannot_tell_apart_are_refused(described: Election, first: str, second: str) -> None:
    refused(described, f"id,name\n{first},Ali\n{second},Sara\n", "Line 3: ").said("cannot be told from line 2.")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("paypal", "p\u0430ypal"),  # Cyrillic а
        ("كريم", "کریم"),  # Persian kaf and yeh
        ("a\u180fb", "ab"),  # invisible: Mongolian selector, variation selector, tag, Hangul filler
        ("a\ufe0fb", "ab"),
        ("a\U000e0061b", "ab"),
        ("a\u3164b", "ab"),
    ],
)
def test_letters_of_another_alphabet_and_rare_invisible_signs_deceive_nobody(
    described: Election, first: str, second: str
) -> None:
    refused(described, f"id,name\n{first},Ali\n{second},Sara\n", "Line 3: ").said("cannot be told from line 2.")


def test_different_voters_are_not_mistaken_for_each_other(described: Election) -> None:
    voters = ["1", "11", "١٢", "ali", "ali2", "علي", "علی رضا", "a b", "ab", "a-b", "0", "00"]
    make(described, "\n".join(voters))
    assert list(described.codes) == voters


def test_weights_stand_beside_the_credentials(described: Election) -> None:
    make(described, "id;name;weight\nA;Ali;٣\nB;Sara;0\nC;Nur;000000000000000007\n")
    assert sorted(entry.partition(",")[2] for entry in listed(described)) == ["0", "3", "7"]


def test_without_weights_none_is_written(described: Election) -> None:
    make(described, "id;name;weight\nA;Ali;\nB;Sara;\n")
    assert [entry for entry in listed(described) if "," in entry] == []


@pytest.mark.parametrize("encoding", ["cp1256", "utf-16"])
def test_a_list_that_is_not_utf_8_is_explained(described: Election, encoding: str) -> None:
    refused(described, "الرقم,الاسم\n1,علي\n".encode(encoding), "The list is not in UTF-8").said("CSV UTF-8")


def test_only_twenty_mistakes_are_listed_but_all_are_counted(described: Election) -> None:
    answer = make(described, "id,weight\n" + "".join(f"{n},x\n" for n in range(100)), code=2)
    answer.said("Line 21: ", "100 mistakes in the voters' list.")
    assert "Line 22: " not in answer.err


def test_a_misspelt_head_line_is_not_taken_for_a_voter(described: Election) -> None:
    refused(described, "number,name\n1,Ali\n2,Sara\n", "id")


def test_a_column_that_stands_twice_is_refused(described: Election) -> None:
    refused(described, "id,voter,name\n1,9,Ali\n2,8,Sara\n", "id")


def test_formulas_and_markup_in_names_stay_text(described: Election) -> None:
    make(described, 'id,name\n1,"=HYPERLINK(""x"")"\n2,[red]Sara[/]\n', "--letters").said("2 voters have a code.")
    with unchanged(described.authority):
        described.sawtuna("election", "open", described.box, "--credentials", described.authority, code=2)
