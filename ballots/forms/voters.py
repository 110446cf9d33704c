"""The voters' list as a sheet: CSV of any spreadsheet, read a line at a time, every mistake with its line.

A list of a million lines is read twice from its file and never held whole: first to look for mistakes, then to be
saved. What has to be remembered of every line is a few numbers.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, TypeVar

from app.accounts.forms.fields import email_address
from app.i18n import gettext as _
from app.i18n import latin_digits
from ballots.rules import MOST_VOTERS
from crypto.cli.lookalikes import is_deceptive, skeleton
from crypto.credentials import MAX_WEIGHT
from crypto.tally import MAX_TOTAL_WEIGHT

NAMES: Mapping[str, tuple[str, ...]] = {
    "number": ("number", "id", "identifier", "voter", "الرقم", "رقم", "رقم الناخب", "المعرف"),
    "name": ("name", "full name", "voter name", "الاسم", "اسم الناخب", "الاسم الكامل"),
    "contact": (
        "contact",
        "email",
        "e-mail",
        "mail",
        "phone",
        "وسيلة الاتصال",
        "الاتصال",
        "البريد",
        "البريد الإلكتروني",
        "الهاتف",
    ),
    "weight": ("weight", "votes", "الوزن", "عدد الأصوات"),
}
"""Column -> what it may be called in the first line."""
MOST_BYTES = 256 << 20
MOST_MISTAKES = 500
NUMBER, NAME, CONTACT = 80, 300, 320

Read = TypeVar("Read")
_KNOWN = {other: name for name, others in NAMES.items() for other in others}
_FORMULA = re.compile(r"[=+\-@\t\r]")
_PLAIN = re.compile(r"[0-9A-Za-z./-]*\Z")
_ARABIC = re.compile(r"[\u0621-\u063a\u0641-\u064a ]*\Z")
_PHONE = re.compile(r"\+?[0-9][0-9 ()/.-]{3,38}\Z")
_KEPT_APART = str.maketrans("أإآٱى", "\ue000\ue001\ue002\ue003\ue004")
"""Letters that `skeleton` folds though readers tell them apart; names may differ by them."""


@dataclass(frozen=True, slots=True)
class Row:
    """A voter as the list has them."""

    number: str
    name: str
    contact: str
    weight: int | None


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong, in which line of the file, under which column."""

    line: int
    column: str
    say: str


@dataclass(slots=True)
class Checked:
    """What a list holds, or its mistakes."""

    voters: int = 0
    weighted: bool = False
    mistakes: list[Mistake] = field(default_factory=list)
    more: int = 0
    """Mistakes that are not listed."""

    def wrong(self, line: int, column: str, say: str) -> None:
        """Note a mistake; of very many only the number."""
        if len(self.mistakes) < MOST_MISTAKES:
            self.mistakes.append(Mistake(line, column, say))
        else:
            self.more += 1


class _Unreadable(Exception):
    """A line that is no CSV, or a file that is no text: where, and why."""

    def __init__(self, line: int, say: str) -> None:
        super().__init__(say)
        self.line = line
        self.say = say


def check(file: BinaryIO) -> Checked:
    """Read the whole list and tell what it holds, or everything that is wrong with it. Nothing of it is kept."""
    found = Checked()
    try:
        _check(file, found)
    except _Unreadable as error:
        found.wrong(error.line, "", error.say)
    if not found.voters and not found.mistakes:
        found.wrong(1, "", _("Choose a file with voters in it."))
    return found


def rows(file: BinaryIO) -> Iterator[Row]:
    """The voters of a list that was found to be in order."""
    read = _Reading(Checked())
    for line, cells in _lines(file):
        if not read.columns:
            read.head(cells)
        elif (row := read.row(line, cells)) is not None:
            yield row


def _check(file: BinaryIO, found: Checked) -> None:
    read, seen = _Reading(found), _Seen(found)
    for line, cells in _lines(file):
        if not read.columns:
            read.head(cells)
            if found.mistakes:
                return
            continue
        row = read.row(line, cells)
        if row is None:
            continue
        found.voters += 1
        if found.voters > MOST_VOTERS:
            found.wrong(line, "", _("The list is longer than an election can have voters."))
            return
        seen.look(line, row)
    found.weighted = seen.weighted is True


def _lines(file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    """Lines that hold something, with the number at which each begins."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    began = 1
    try:
        first = text.readline(1 << 16)
        separator = max(",;\t", key=first.count)
        text.seek(0)
        reader = csv.reader(text, delimiter=separator, strict=True)
        for cells in reader:
            line, began = began, reader.line_num + 1
            if any(cell.strip() for cell in cells):
                yield line, cells
    except UnicodeDecodeError:
        say = _("The file is not in UTF-8. In a spreadsheet choose “CSV UTF-8” when you save it.")
        raise _Unreadable(began, say) from None
    except csv.Error:
        say = _("This line cannot be read. Look for a quotation mark that is not closed.")
        raise _Unreadable(began, say) from None
    finally:
        text.detach()  # the file stays open: it is read again


class _Reading:
    """Turns cells into voters."""

    def __init__(self, found: Checked) -> None:
        self.columns: dict[str, int] = {}
        self._width = 0
        self._found = found

    def head(self, cells: Sequence[str]) -> None:
        """Learn the columns from the first line."""
        names = [_KNOWN.get(_folded(cell)) for cell in cells]
        self._width = len(cells)
        for place, (name, cell) in enumerate(zip(names, cells, strict=True)):
            if name is None and cell.strip():
                say = _("There is no such column. The columns are: number, name, contact, weight.")
                self._found.wrong(1, cell.strip()[:40], say)
            elif name in self.columns:
                self._found.wrong(1, cell.strip(), _("This column stands there twice."))
            elif name is not None:
                self.columns[name] = place
        for name in ("number", "name"):
            if name not in self.columns:
                self._found.wrong(1, name, _("This column is missing."))

    def row(self, line: int, cells: Sequence[str]) -> Row | None:
        """A voter, or the mistakes of the line."""
        before = len(self._found.mistakes) + self._found.more
        if len(cells) > self._width and any(cell.strip() for cell in cells[self._width :]):
            self._found.wrong(line, "", _("This line has more cells than the first."))
            return None
        number = self._text(line, cells, "number", NUMBER)
        name = self._text(line, cells, "name", NAME)
        contact = self._read(line, "contact", self._cell(cells, "contact"), _contact) or ""
        weight = self._read(line, "weight", self._cell(cells, "weight"), _weight)
        if len(self._found.mistakes) + self._found.more > before:
            return None
        return Row(number, name, contact, weight)

    def _cell(self, cells: Sequence[str], column: str) -> str:
        place = self.columns.get(column, len(cells))
        if place >= len(cells):
            return ""
        cell = cells[place]
        if not cell.isascii():
            cell = unicodedata.normalize("NFC", cell)
        cell = " ".join(cell.split())
        return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell

    def _text(self, line: int, cells: Sequence[str], column: str, most: int) -> str:
        text = self._cell(cells, column)
        if not text:
            self._found.wrong(line, column, _("Here something is missing."))
        elif len(text) > most:
            self._found.wrong(line, column, _("This is longer than %(most)s characters.", most=most))
        elif not (_PLAIN.match(text) or _ARABIC.match(text)) and is_deceptive(text):
            self._found.wrong(line, column, _("There are invisible signs in this text. Type it anew."))
        return text

    def _read(self, line: int, column: str, text: str, how: Callable[[str], Read]) -> Read | None:
        try:
            return how(text)
        except ValueError as error:
            self._found.wrong(line, column, str(error))
            return None


class _Seen:
    """What stood in earlier lines, as 64-bit hashes: two of a million fall together once in thirty million lists."""

    def __init__(self, found: Checked) -> None:
        self._found = found
        self._numbers: dict[int, int] = {}
        self._contacts: dict[int, int] = {}
        self._names: dict[int, tuple[int, int]] = {}
        self.weighted: bool | None = None
        self._total = 0

    def look(self, line: int, row: Row) -> None:
        """Compare a voter with those before."""
        number = row.number.casefold() if _PLAIN.match(row.number) else skeleton(row.number)
        if (other := self._numbers.setdefault(hash(number), line)) != line:
            self._found.wrong(line, "number", _("This number stands in line %(line)s already.", line=other))
        if row.contact and (other := self._contacts.setdefault(hash(row.contact), line)) != line:
            self._found.wrong(line, "contact", _("This address stands in line %(line)s already.", line=other))
        # Two people may have one name; one name written with other signs that look the same is a trap for readers.
        looks = row.name if _ARABIC.match(row.name) else skeleton(row.name.translate(_KEPT_APART))
        if _ARABIC.match(looks):
            looks = looks.translate(_KEPT_APART)
        spelled = hash(row.name.casefold())
        known, there = self._names.setdefault(hash(looks), (spelled, line))
        if known != spelled:
            say = _("This name looks like that in line %(line)s but is written with other letters.", line=there)
            self._found.wrong(line, "name", say)
        has = row.weight is not None
        within, self._total = self._total <= MAX_TOTAL_WEIGHT, self._total + (row.weight or 1)
        if within and self._total > MAX_TOTAL_WEIGHT:
            self._found.wrong(line, "weight", _("All weights together are more than a result can hold."))
        if self.weighted is None:
            self.weighted = has
        elif self.weighted != has:
            self._found.wrong(line, "weight", _("Give a weight to all voters, or to none."))


def _folded(cell: str) -> str:
    return " ".join(unicodedata.normalize("NFC", cell).replace("_", " ").casefold().split())


def _contact(text: str) -> str:
    if not text:
        return ""
    if "@" in text:
        return email_address(text)
    number = latin_digits(text)
    if not _PHONE.match(number):
        raise ValueError(_("Enter a mail address like name@example.org, or a number that can be dialled."))
    return re.sub(r"[^+0-9]", "", number)


def _weight(text: str) -> int | None:
    if not text:
        return None
    digits = latin_digits(text)
    if not re.fullmatch(r"[0-9]{1,18}", digits, re.ASCII) or not 1 <= int(digits) <= MAX_WEIGHT:
        raise ValueError(_("A weight is a whole number, 1 or more."))
    return int(digits)
