"""Agencies from a file and into one: first looked at, then whole or not at all."""

from __future__ import annotations

import asyncio
import csv
import io
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from app.accounts import commands
from app.accounts.forms.imports import COLUMNS, read_sheet, safe_cell, write_sheet
from app.accounts.models import Agency
from app.accounts.web.imports import pack, unpack
from crypto.cli.console import Stop
from tests.app.agencies.tree import PATIENT, Tree
from tests.app.portal import fresh_database, opened, words

HEAD = "slug,parent,kind,name_ar,name_en"


def try_out(tree: Tree, text: str | bytes) -> tuple[int, str]:
    """What the page says to a file."""
    content = text if isinstance(text, bytes) else text.encode()
    answer = tree.admin.browser.post("/manage/agencies/import", files={"file": ("agencies.csv", content, "text/csv")})
    return answer.status_code, answer.text


def hidden(page: str, name: str) -> str:
    """A hidden field of a page."""
    return page.partition(f'name="{name}" value="')[2].partition('"')[0]


def go_on(tree: Tree, page: str) -> int:
    """Press the button that imports."""
    fields = {name: hidden(page, name) for name in ("seen", "packed")}
    return tree.admin.post("/manage/agencies/import", **fields).status_code


def slugs(tree: Tree) -> set[str]:
    async def read() -> set[str]:
        return {row.slug for row in await Agency.all()}

    return tree.portal.run(read)


def test_a_file_is_shown_line_by_line_before_it_is_imported(both: Tree) -> None:
    text = f"{HEAD}\nwater,,ministry,وزارة الماء,Ministry of Water\n"
    text += "wells,springs,office,الآبار,\nsprings,water,office,الينابيع,\n"
    status, page = try_out(both, text)
    assert status == 200
    shown = words(page)
    assert "New agencies 2 Changed 1 Left as they are 0" in shown
    assert slugs(both) == {"water", "mains", "roads"}, "nothing has happened yet"
    assert go_on(both, page) == 303
    assert slugs(both) == {"water", "mains", "roads", "wells", "springs"}
    assert both.agency("water").name == {"ar": "وزارة الماء", "en": "Ministry of Water"}
    assert both.agency("wells").parent_id == both.agency("springs").id  # type: ignore[attr-defined]  # Tortoise adds it
    assert both.steps("water") == ["renamed"]
    assert both.verbs() == ["imported_agencies"]
    assert {"/agencies/wells", "/agencies/water"} <= both.found()
    again = try_out(both, text)[1]
    assert "Everything in the file is so already" in again


def test_pressing_import_twice_imports_once(both: Tree) -> None:
    page = try_out(both, f"{HEAD}\nwells,,office,الآبار,\n")[1]
    fields = {name: hidden(page, name) for name in ("seen", "packed")}
    assert both.both_at_once(*[("/manage/agencies/import", fields)] * 2) == [303, 303]
    assert both.verbs() == ["imported_agencies"]


def test_what_changed_between_looking_and_importing_is_shown_once_more(tree: Tree) -> None:
    page = try_out(tree, f"{HEAD}\nmains,roads,office,الشبكات,\n")[1]
    tree.admin.post("/manage/agencies/mains/edit", version=1, phone="104")
    assert go_on(tree, page) == 409
    assert tree.verbs() == ["edited_agency"]


@pytest.mark.parametrize(
    ("lines", "line", "say"),
    [
        ("wells,,office,,", 2, "name_ar"),
        ("wells,,kingdom,الآبار,", 2, "kind"),
        ("Wells of,,office,الآبار,", 2, "slug"),
        ("wells,nobody,office,الآبار,", 2, "parent"),
        ("wells,,office,الآبار,\nwells,,office,الآبار,", 3, "line 3 already"),
        ("a,b,office,أ,\nb,a,office,ب,", 2, "cannot stand under itself"),
        ("water,mains,ministry,الماء,", 2, "cannot stand under itself"),
        ("wells,,office,الآبار,Wells,more", 2, "more cells"),
        ('wells,,office,"الآبار,', 2, "quotation mark"),
        ("import,,office,الآبار,", 2, "slug"),
    ],
)
def test_with_one_mistake_nothing_is_imported_and_its_line_is_named(
    tree: Tree, lines: str, line: int, say: str
) -> None:
    status, page = try_out(tree, f"{HEAD}\nsprings,,office,الينابيع,\n" + lines)
    assert status == 422
    table = page.partition("<tbody>")[2].partition("</tbody>")[0]
    assert f'<bdi dir="ltr">{line + 1}</bdi>' in table
    assert say in words(table)
    assert 'name="packed"' not in page
    assert slugs(tree) == {"water", "mains", "roads"}


@pytest.mark.parametrize(
    ("content", "say"),
    [
        (b"", "Choose a file"),
        ("slug;kind\nx;office".encode("utf-16"), "UTF-8"),
        ("مياه".encode("cp1256"), "UTF-8"),
        (b"slug,kind\nx,office\n", "This column is missing"),
        (b"slug,kind,name_ar,color\n", "no such column"),
        (b"slug,kind,name_ar,slug\n", "twice"),
        (b"slug,kind,name_ar\n", "Choose a file"),
    ],
)
def test_a_file_that_is_no_table_of_agencies_is_explained(tree: Tree, content: bytes, say: str) -> None:
    status, page = try_out(tree, content)
    assert status == 422
    assert say in words(page)


def test_semicolons_and_the_mark_of_spreadsheets_are_fine(tree: Tree) -> None:
    text = "\ufeff" + f"{HEAD}\nwells,,office,الآبار,Wells\n".replace(",", ";")
    page = try_out(tree, text)[1]
    assert go_on(tree, page) == 303
    assert tree.agency("wells").name["en"] == "Wells"


def test_a_column_that_is_missing_changes_nothing(tree: Tree) -> None:
    tree.admin.post("/manage/agencies/mains/edit", version=1, phone="104", summary_en="Pipes")
    page = try_out(tree, "slug,kind,name_ar\nmains,directorate,جهة mains\n")[1]
    assert "Everything in the file is so already" in page
    page = try_out(tree, "slug,kind,name_ar,summary_ar\nmains,directorate,جهة mains,أنابيب\n")[1]
    go_on(tree, page)
    row = tree.agency("mains")
    assert (row.name["en"], row.phone) == ("Mains", "104")
    assert row.summary == {"ar": "أنابيب", "en": "Pipes"}


def test_a_closed_agency_and_a_given_up_address_are_not_brought_back_by_a_file(tree: Tree) -> None:
    tree.admin.post("/manage/agencies/roads/close", version=1, reason="x")
    tree.admin.post("/manage/agencies/mains/rename", version=1, name_ar="ش", slug="networks", kind="office", reason="x")
    status, page = try_out(tree, f"{HEAD}\nroads,,ministry,طرق,\nmains,,office,ش,\n")
    assert status == 422
    assert "This agency is closed" in page
    assert "links still lead to it" in page


def test_what_is_downloaded_can_be_imported_again_unchanged(both: Tree) -> None:
    both.admin.post("/manage/agencies/mains/edit", version=1, phone="+964 770", summary_en='He said "water", twice; ok')
    answer = both.portal.browser().get("/agencies.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    assert "'+964 770" in answer.text
    assert "Everything in the file is so already" in try_out(both, answer.content)[1]


@PATIENT
@given(st.lists(st.text(max_size=30), min_size=len(COLUMNS), max_size=len(COLUMNS)))
def test_no_cell_that_we_write_is_a_formula(row: list[str]) -> None:
    text = write_sheet([row])
    cells = list(csv.reader(io.StringIO(text.lstrip("\ufeff"), newline="")))[1]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert cells == [safe_cell(cell) for cell in row]


@PATIENT
@given(st.text())
def test_no_text_breaks_the_reading_of_a_file(text: str) -> None:
    sheet = read_sheet(f"{HEAD}\n{text}")
    assert sheet.lines or sheet.mistakes


@PATIENT
@given(st.text())
def test_a_file_travels_through_the_page_unchanged(text: str) -> None:
    assert unpack(pack(text)) == text


@pytest.mark.parametrize("packed", ["", "%%%", "AAAA", "eJw="])
def test_what_was_never_packed_is_refused(tree: Tree, packed: str) -> None:
    assert tree.admin.post("/manage/agencies/import", packed=packed, seen="x").status_code in {400, 413, 422}


def many(number: int) -> str:
    """A file with so many agencies under 25 ministries."""
    rows = [
        [f"a{n}", "" if n < 25 else f"a{n % 25}", "office", f"جهة رقم {n}", f"Office number {n}"] + [""] * 8
        for n in range(number)
    ]
    return write_sheet(rows)


def test_five_thousand_agencies_are_imported_within_seconds_and_the_directory_stays_quick(both: Tree) -> None:
    began = time.monotonic()
    page = try_out(both, many(5_000))[1]
    assert go_on(both, page) == 303
    assert time.monotonic() - began < 60, "it takes about four seconds on an idle machine"
    visitor = both.portal.browser(accept_language="en")
    directory = visitor.get("/agencies")
    assert len(directory.content) < 100_000
    assert "199 agencies belong to it" in words(directory.text)
    below = visitor.get("/agencies/a3?page=2").text
    assert "/agencies/a1278" in below
    found = visitor.get("/agencies?q=4711 numbers")
    assert "1 agency for" in words(found.text)
    assert both.admin.get("/manage/agencies?q=office").status_code == 200


def test_the_shell_imports_the_same_files(tmp_path: Path) -> None:
    with fresh_database("sqlite", tmp_path / "data") as settings:

        async def within(work: Coroutine[Any, Any, Any]) -> Any:
            async with opened(settings):
                return await work

        def shell(*arguments: str) -> tuple[int, str]:
            group = commands.application(lambda work: asyncio.run(within(work)))
            done = CliRunner().invoke(group, list(arguments))
            code = done.exception.code if isinstance(done.exception, Stop) else done.exit_code
            return code, done.output

        good, bad, out = tmp_path / "good.csv", tmp_path / "bad.csv", tmp_path / "out.csv"
        good.write_bytes(many(3).encode())
        bad.write_text(f"{HEAD}\nx,nobody,office,س,\n", encoding="utf-8")
        assert shell("import", str(tmp_path / "none.csv"))[0] == 2
        code, said = shell("import", str(bad))
        assert code == 1
        assert "2, parent" in said
        assert shell("import", "--dry-run", str(good))[0] == 0
        shell("export", str(out))
        assert out.read_text(encoding="utf-8").count("\n") == 1
        assert shell("import", str(good))[0] == 0
        assert shell("export", str(out))[0] == 0
        assert out.read_bytes() == good.read_bytes()
