"""The letters that bring voters their codes: printed one a page, safe to open, with a QR code that holds the code."""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import segno

from tests.crypto.cli.elections import Election
from tests.crypto.cli.shell import Shell, mode

CHROMIUM = shutil.which("chromium")
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--no-pdf-header-footer",
)  # fmt: skip

LONG_NAME = "الأستاذة الدكتورة سعاد عبد الرحمن عبد الحسين الكاظمي البغدادي، المديرة العامة للمكتبات العامة والمحفوظات"
LONG_TITLE = {
    "ar": "التصويت السنوي لأهالي قضاء الكرخ على أولويات مشاريع البلدية للسنة المالية القادمة والموازنة التشاركية",
    "en": "Yearly vote of the residents of the district on the priorities of municipal works and participatory budget",
}


def letters(sawtuna: Shell, root: Path, voters: str, title: object = "T", *words: object) -> tuple[Election, str]:
    """An election with letters for these voters, and the letters."""
    content = json.dumps({"title": title, "questions": [{"question": "Which?", "answers": ["A", "B"]}]})
    election = Election.describe(sawtuna, root, content, suffix=".json")
    election.register(voters, "--letters", *words).said("Letters to print: ")
    return election, (election.authority / "letters-0001.html").read_text("utf-8")


def pages_of(file: Path, folder: Path) -> int:
    """How many pages a browser prints."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed, so it is not tested how letters are printed")
    pdf = folder / "letters.pdf"
    subprocess.run(
        [CHROMIUM, *QUIET, f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={pdf}", file.as_uri()],
        check=True,
        capture_output=True,
        timeout=60,
    )
    if pdfinfo := shutil.which("pdfinfo"):
        told = subprocess.run([pdfinfo, pdf], check=True, capture_output=True, text=True).stdout
        return int(re.search(r"^Pages:\s+(\d+)$", told, re.MULTILINE)[1])  # type: ignore[index]
    return len(re.findall(rb"/Type\s*/Page(?![a-zA-Z])", pdf.read_bytes()))


def test_every_voter_gets_one_page_however_long_the_names(sawtuna: Shell, tmp_path: Path) -> None:
    voters = "id,name\n" + "".join(f'{n},"{LONG_NAME} {n}"\n' for n in range(3))
    url = "https://" + "voting-portal.ministry-of-municipalities.example/elections/" + "x" * 60
    election, _ = letters(sawtuna, tmp_path / "e", voters, LONG_TITLE, "--url", url)
    assert pages_of(election.authority / "letters-0001.html", tmp_path) == 3


def test_a_telephone_reads_the_code_from_the_printed_page(sawtuna: Shell, tmp_path: Path) -> None:
    if shutil.which("zbarimg") is None or shutil.which("pdftoppm") is None:
        pytest.skip("zbarimg or pdftoppm is not installed, so the printed code is not read back")
    url = "https://vote.example/election"
    election, _ = letters(sawtuna, tmp_path / "e", f"id,name\n1,{LONG_NAME}\n", LONG_TITLE, "--url", url)
    assert pages_of(election.authority / "letters-0001.html", tmp_path) == 1
    subprocess.run(["pdftoppm", "-r", "150", "-png", tmp_path / "letters.pdf", tmp_path / "page"], check=True)
    (image,) = tmp_path.glob("page-*.png")
    told = subprocess.run(["zbarimg", "--quiet", "--raw", image], check=True, capture_output=True, text=True).stdout
    assert told.strip() == f"{url}#{election.codes['1']}"


def test_every_letter_has_name_code_and_title_of_its_voter(sawtuna: Shell, tmp_path: Path) -> None:
    voters = f"id,name\n1,{LONG_NAME}\n2,Yusuf Hanna\n3,نور الدين\n"
    election, page = letters(sawtuna, tmp_path / "e", voters, LONG_TITLE)
    articles = page.split("<article")[1:]
    assert len(articles) == 3
    for article, name, code in zip(
        articles, [LONG_NAME, "Yusuf Hanna", "نور الدين"], election.codes.values(), strict=True
    ):
        plain = html.unescape(article)
        assert name in plain
        assert LONG_TITLE["ar"] in plain
        assert LONG_TITLE["en"] in plain
        assert election.uuid in plain
        assert [other for other in election.codes.values() if other in plain] == [code]


def test_a_letter_speaks_arabic_first_and_english_beside_it(sawtuna: Shell, tmp_path: Path) -> None:
    _, page = letters(sawtuna, tmp_path / "e", "1,Ali\n")
    assert '<html lang="ar" dir="rtl">' in page
    assert page.index("هذا الرمز سرّ") < page.index("This code is secret")


def drawn(page: str) -> list[set[tuple[int, int]]]:
    """The dark modules of every QR code, read from the strokes of its SVG."""
    codes = []
    for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        dark: set[tuple[int, int]] = set()
        path = re.search(r'<path[^>]*stroke="#000"[^>]*d="([^"]*)"|<path[^>]*d="([^"]*)"[^>]*stroke="#000"', svg)
        assert path is not None
        x, y = 0.0, 0.0
        for verb, numbers in re.findall(r"([Mmh])([-0-9. ]+)", path[1] or path[2]):
            values = [float(value) for value in re.findall(r"-?\d*\.?\d+", numbers)]
            if verb == "h":
                dark |= {(int(y), column) for column in range(int(x), int(x + values[0]))}
                x += values[0]
            else:
                x, y = (values[0], values[1]) if verb == "M" else (x + values[0], y + values[1])
        codes.append(dark)
    return codes


def modules(content: str, border: int = 2) -> set[tuple[int, int]]:
    """The dark modules that the content ought to have."""
    matrix = segno.make(content, error="q", micro=False).matrix
    return {
        (row + border, column + border)
        for row, line in enumerate(matrix)
        for column, module in enumerate(line)
        if module & 1
    }


@pytest.mark.parametrize("url", ["", "https://vote.example/e/1"])
def test_the_qr_code_of_a_letter_holds_the_code_of_its_voter(sawtuna: Shell, tmp_path: Path, url: str) -> None:
    words = ("--url", url) if url else ()
    election, page = letters(sawtuna, tmp_path / "e", "1,Ali\n2,Sara\n3,Nur\n", "T", *words)
    contents = [f"{url}#{code}" if url else code for code in election.codes.values()]
    assert drawn(page) == [modules(content) for content in contents]


def test_the_code_in_a_web_address_is_behind_the_sign_that_browsers_do_not_send(sawtuna: Shell, tmp_path: Path) -> None:
    election, page = letters(sawtuna, tmp_path / "e", "1,Ali\n", "T", "--url", "https://vote.example/?a=1&b=2")
    assert "https://vote.example/?a=1&amp;b=2" in page
    code = election.codes["1"]
    assert drawn(page) == [modules(f"https://vote.example/?a=1&b=2#{code}")]


@pytest.mark.parametrize("address", ["javascript:alert(1)", "vote.example", "https://vote.example/#x", "https://a b"])
def test_an_address_that_a_voter_should_not_open_is_refused(sawtuna: Shell, tmp_path: Path, address: str) -> None:
    election = Election.describe(sawtuna, tmp_path / "e")
    (tmp_path / "v.csv").write_text("1,Ali\n")
    sawtuna(
        "credentials", "make", "v.csv", "--election", election.box, "--out", "o", "--letters", "--url", address, code=2
    ).said("--url")


def test_hostile_names_and_titles_are_escaped(sawtuna: Shell, tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script><img src=x onerror=alert(1)> & \" ' {{ 7*7 }} {% raw %} </title></style>"
    quoted = hostile.replace('"', '""')
    election, page = letters(sawtuna, tmp_path / "e", f'id,name\n1,"{quoted}"\n', hostile)
    assert "<script" not in page
    assert "<img" not in page
    assert page.count("</title>") == page.count("</style>") == 1
    assert html.unescape(page).count(hostile) == 3  # the tab's title, the heading, the name
    assert election.codes["1"] in page


def test_a_letter_asks_nothing_of_the_network(sawtuna: Shell, tmp_path: Path) -> None:
    _, page = letters(sawtuna, tmp_path / "e", "1,Ali\n")
    assert re.findall(r"(?:src|href|action)\s*=|url\(|@import|<script|<link|<iframe", page) == []
    namespaces = set(re.findall(r"https?://[^\s\"'<>]+", page))
    assert namespaces <= {"http://www.w3.org/2000/svg"}


def test_letters_can_be_written_again_later_with_the_same_codes(sawtuna: Shell, tmp_path: Path) -> None:
    election, page = letters(sawtuna, tmp_path / "e", "1,Ali\n2,Sara\n", LONG_TITLE, "--url", "https://vote.example")
    sawtuna(
        "credentials", "letters", election.root / "voters.csv", "--private", election.authority / "private_creds.json",
        "--election", election.box, "--out", "again", "--url", "https://vote.example",
    )  # fmt: skip
    assert (tmp_path / "again" / "letters-0001.html").read_text("utf-8") == page
    assert mode(tmp_path / "again" / "letters-0001.html") == 0o600


def test_letters_for_many_voters_are_split_into_files_that_a_browser_can_print(sawtuna: Shell, tmp_path: Path) -> None:
    voters = "\n".join(f"voter {number}" for number in range(1, 502))
    election, first = letters(sawtuna, tmp_path / "e", voters)
    second = (election.authority / "letters-0002.html").read_text("utf-8")
    assert (first.count("<article"), second.count("<article")) == (500, 1)
    assert mode(election.authority / "letters-0002.html") == 0o600
    assert "voter 501" in second
