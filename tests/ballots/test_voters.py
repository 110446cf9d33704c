"""The voters' list: read strictly, every mistake with its line, all of it or nothing."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest

from app.audit import SYSTEM
from app.i18n import Reader, reading
from ballots.actions import Refused, voters
from ballots.forms.voters import MOST_MISTAKES, Checked, Row, check, rows
from ballots.models import Election, Voter
from tests.app.portal import DATABASES, Portal, fresh_portal, words
from tests.ballots.preparing import administrator, begin, row, steps

NOW = datetime(2027, 1, 1, 9, 0, tzinfo=UTC)


@pytest.fixture(params=DATABASES)
def portal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal(request.param, tmp_path) as running:
        yield running


def file(text: str | bytes) -> io.BytesIO:
    return io.BytesIO(text if isinstance(text, bytes) else text.encode())


def checked(text: str | bytes) -> Checked:
    with reading(Reader("en")):
        return check(file(text))


def where(text: str | bytes) -> list[tuple[int, str]]:
    return [(mistake.line, mistake.column) for mistake in checked(text).mistakes]


def test_a_list_of_a_spreadsheet_is_read_whatever_its_signs_are() -> None:
    expected = [Row("١٢", "زينب حسن", "z@example.org", 3), Row("13", "Omar; the elder", "+9647701234567", 1)]
    lists = (
        "number,name,contact,weight\r\n١٢,زينب حسن,Z@Example.org,٣\r\n13,Omar; the elder,+964 770 123 4567,1\r\n",
        (
            "\ufeffالرقم;الاسم;البريد الإلكتروني;الوزن\n١٢;زينب  حسن ;z@example.org;3\n"
            '13;"Omar; the elder";+964 (770) 1234567;1'
        ),
        "Weight\tContact\tName\tID\n3\tz@example.org\tزينب حسن\t١٢\n\n1\t'+9647701234567\tOmar; the elder\t13\n",
    )
    for text in lists:
        found = checked(text)
        assert not found.mistakes, text
        assert (found.voters, found.weighted) == (2, True)
        assert list(rows(file(text))) == expected


def test_contact_and_weight_may_be_left_out() -> None:
    assert list(rows(file("رقم_الناخب;اسم الناخب\n1;A\n"))) == [Row("1", "A", "", None)]
    assert not checked("number,name,contact\n1,A\n2,A,\n").weighted


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("", [(1, "")]),
        ("number,name\n", [(1, "")]),
        ("number,colour\n1,A\n", [(1, "colour"), (1, "name")]),
        ("number,name,name\n1,A,B\n", [(1, "name")]),
        ("1,A\n2,B\n", [(1, "1"), (1, "A"), (1, "number"), (1, "name")]),
        ("number,name\n1,A\n1,B\n", [(3, "number")]),
        ("number,name\n12,A\n١٢,B\n", [(3, "number")]),
        ("number,name\nA1,A\na1,B\n", [(3, "number")]),
        ("number,name\nA1,A\nА1,B\n", [(3, "number")]),
        ("number,name,contact\n1,A,x@example.org\n2,B,X@example.org\n", [(3, "contact")]),
        ("number,name,contact\n1,A,nobody\n", [(2, "contact")]),
        ("number,name\n1,\n,B\n", [(2, "name"), (3, "number")]),
        ("number,name\n1,A,B\n", [(2, "")]),
        ("number,name,weight\n1,A,2\n2,B,\n", [(3, "weight")]),
        ("number,name,weight\n1,A,-1\n2,B,0\n3,C,1.5\n4,D,1e3\n", [(line, "weight") for line in (2, 3, 4, 5)]),
        (f"number,name,weight\n1,A,{10**18}\n", [(2, "weight")]),
        ("number,name,weight\n1,A,2²\n", [(2, "weight")]),
        (f"number,name\n{'1' * 81},A\n2,{'ع' * 301}\n", [(2, "number"), (3, "name")]),
        ("number,name\n1,\u202eA\n2,\u200b\n", [(2, "name"), (3, "name")]),
        ("number,name\n1,علي حسن\n2,علی حسن\n", [(3, "name")]),
        ("number,name\n1,Maria\n2,Mаria\n", [(3, "name")]),
        ('number,name\n1,"A\n2,B\n', [(2, "")]),
        ("number,name\n1,زينب\n".encode("cp1256"), [(1, "")]),
        (b"number,name\n1,A\x00B\n", [(2, "name")]),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line(text: str | bytes, mistakes: list[tuple[int, str]]) -> None:
    assert where(text) == mistakes


def test_two_people_may_have_one_name_and_names_may_differ_by_a_hamza() -> None:
    assert not where("number,name\n1,علي حسن\n2,علي حسن\n3,أحمد علي\n4,احمد علي\n5,على حسن\n6,OMAR\n7,Omar\n")


def test_weights_that_no_result_could_hold_are_refused() -> None:
    half = 2**39
    assert not where(f"number,name,weight\n1,A,{half}\n2,B,{half}\n")
    assert where(f"number,name,weight\n1,A,{half}\n2,B,{half}\n3,C,1\n") == [(4, "weight")]


def test_of_very_many_mistakes_the_first_are_kept_and_all_are_counted() -> None:
    found = checked("number,name\n" + "1,\n" * 2000)
    assert len(found.mistakes) == MOST_MISTAKES
    assert len(found.mistakes) + found.more == 2000


def test_a_line_is_counted_in_the_file_also_after_a_cell_of_several_lines() -> None:
    assert where('number,name\n1,"A\nB"\n\n2,\n') == [(5, "name")]


def test_a_list_is_saved_whole_or_not_at_all_and_takes_the_place_of_the_one_before(portal: Portal) -> None:
    boss = administrator(portal)
    uuid = begin(boss)
    path = f"/manage/elections/{uuid}/voters"

    def bring(text: str) -> int:
        return boss.browser.post(f"{path}/file", files={"file": ("list.csv", text.encode())}).status_code

    async def there() -> list[tuple[str, str, int]]:
        found = await Voter.filter(election__uuid=uuid).order_by("id")
        return [(one.number, one.name, one.weight) for one in found]

    assert bring("number;name;weight\n1;زينب;2\n2;Omar;1\n") == 303
    assert row(portal, uuid).weighted
    assert bring("number;name\n1;زينب\n1;Omar\n") == 422
    assert portal.run(there) == [("1", "زينب", 2), ("2", "Omar", 1)]
    assert bring("number;name\n7;Nur\n") == 303
    assert portal.run(there) == [("7", "Nur", 1)]
    assert not row(portal, uuid).weighted
    assert boss.browser.post(f"{path}/file", data={"file": "text"}).status_code == 422
    assert boss.browser.post(f"{path}/file", files={"file": ("", b"")}).status_code == 422
    assert bring("\x00\x01\x02") == 422
    assert steps(portal, uuid) == ["election_created", "voters_imported", "voters_imported"]


def test_the_page_tells_every_mistake_in_arabic_and_saves_nothing(portal: Portal) -> None:
    boss = administrator(portal)
    uuid = begin(boss)
    answer = boss.browser.post(
        f"/manage/elections/{uuid}/voters/file?lang=ar",
        files={"file": ("list.csv", "الرقم,الاسم\n1,زينب\n1,عمر\n".encode())},
        headers={"accept-language": "ar"},
    )
    assert answer.status_code == 422
    assert "هذا الرقم" in words(answer.text)


def test_ten_thousand_voters_are_searched_and_paged(portal: Portal) -> None:
    boss = administrator(portal)
    uuid = begin(boss)
    path = f"/manage/elections/{uuid}/voters"
    text = "number,name,contact\n" + "".join(f"{n},ناخب {n},v{n}@example.org\n" for n in range(1, 10_001))
    assert boss.browser.post(f"{path}/file", files={"file": ("list.csv", text.encode())}).status_code == 303
    first = words(boss.get(path).text)
    assert "10,000 voters" in first
    assert "v50@example.org" in first
    assert "v51@example.org" not in first
    assert "v10000@example.org" in boss.get(f"{path}?page=200").text
    assert "v10000@example.org" in boss.get(f"{path}?page=9999").text
    assert "v7777@example.org" in boss.get(f"{path}?q=7777").text
    assert "v7777@example.org" in boss.get(f"{path}?q=V7777@").text
    assert "v7777@example.org" in boss.get(f"{path}?q=ناخب 7777").text
    assert "No voter fits" in boss.get(f"{path}?q=nobody").text
    found = steps(portal, uuid)
    assert found.count("voters_searched") == 4, "who looked for whom must be answerable"


def test_a_list_cannot_change_while_codes_are_out_for_it(portal: Portal) -> None:
    async def scene() -> None:
        there = await Election.create(
            uuid="1" * 14, title={"ar": "ا"}, description={}, questions=[], created_at=NOW, credentials_at=NOW
        )
        with pytest.raises(Refused) as why:
            await voters.import_voters(there, file("number,name\n1,A\n"), actor=SYSTEM, now=NOW)
        assert why.value.code == "credentials"
        with pytest.raises(voters.BadList):
            await voters.import_voters(there, file("number,name\n"), actor=SYSTEM, now=NOW)

    portal.run(scene)


def test_a_list_is_read_without_being_held() -> None:
    class Endless(io.RawIOBase):
        """A file that makes its lines as they are read."""

        def __init__(self) -> None:
            self._at = 0
            self._left = b""

        def readable(self) -> bool:
            return True

        def seekable(self) -> bool:
            return True

        def seek(self, offset: int, whence: int = 0) -> int:
            assert (offset, whence) == (0, 0)
            self._at, self._left = 0, b"number,name\n"
            return 0

        def tell(self) -> int:
            return 0

        def readinto(self, target: bytearray) -> int:  # type: ignore[override]
            while len(self._left) < len(target):
                self._at += 1
                self._left += f"{self._at},Voter {self._at}\n".encode()
            target[:] = self._left[: len(target)]
            self._left = self._left[len(target) :]
            return len(target)

    source = io.BufferedReader(Endless())
    assert [voter.number for voter in islice(rows(source), 3)] == ["1", "2", "3"]
