"""The civil register as a file: CSV with number, birth date and perhaps a place, read a line at a time.

As spreadsheets write it: with or without a byte order mark, separated by commas, semicolons or tabs, headed in Arabic
or English, dates either way round, digits of either kind. A mistake is told by its line; what stood there is not.
"""

import csv
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import IO

from app.accounts.register import Claim, Unreadable, date_of, number_of
from app.i18n import gettext as _
from app.search.normal import fold

LONGEST = 4_096
"""Bytes of a line; a file without line ends is not read into memory."""
MOST_NAMED = 50
"""Mistakes that are named one by one."""
SEPARATORS = ";\t,،"
PLACE_LENGTH = 40

_HEADINGS = {
    "number": ("number", "national number", "national id", "id", "رقم", "الرقم", "الرقم الوطني", "رقم الهوية"),
    "born": (
        "birth date",
        "birthdate",
        "date of birth",
        "born",
        "تاريخ الميلاد",
        "تاريخ الولادة",
        "المواليد",
        "الميلاد",
    ),
    "place": ("place", "governorate", "district", "المكان", "المحافظة", "محل القيد", "مكان القيد", "القضاء"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line that could be read."""

    claim: Claim
    place: str


@dataclass(frozen=True, slots=True)
class Mistake:
    """One line that could not be read, and what is wrong with it."""

    line: int
    says: str


class Unusable(ValueError):
    """The file as a whole is not what was asked for."""


def read(file: IO[bytes], *, digits: int, today: date) -> Iterator[Row | Mistake]:
    """Every line of a file from its beginning, in constant memory. Raises `Unusable` when its head does not fit."""
    file.seek(0)
    lines = _lines(file)
    number, head = next(lines, (1, ""))
    while head is not None and not head.strip():  # empty lines above the head
        following = next(lines, None)
        if following is None:
            raise Unusable(_("The file is empty."))
        number, head = following
    if head is None:
        raise Unusable(_("The first line cannot be read. Save the file as CSV in UTF-8."))
    separator = max(SEPARATORS, key=head.count)
    columns = _columns(_cells(head, separator) or [])
    for number, line in lines:
        if line is None:
            yield Mistake(number, _("The line is too long, or not in UTF-8."))
        elif line.strip():
            yield _row(number, _cells(line, separator), columns, digits, today)


def _lines(file: IO[bytes]) -> Iterator[tuple[int, str | None]]:
    """Lines by number; None for what is no text."""
    number = 0
    while raw := file.readline(LONGEST + 1):
        number += 1
        whole = raw.endswith(b"\n") or len(raw) <= LONGEST
        while not raw.endswith(b"\n") and len(raw) > LONGEST:  # go on behind a line that is too long
            raw = file.readline(LONGEST + 1)
        try:
            text = raw.decode("utf-8-sig" if number == 1 else "utf-8") if whole else None
        except UnicodeDecodeError:
            text = None
        yield number, text


def _cells(line: str, separator: str) -> list[str] | None:
    try:
        return next(csv.reader([line], delimiter=separator, strict=True), [])
    except csv.Error:
        return None


def _columns(head: list[str]) -> dict[str, int]:
    """Where each column stands."""
    folded = [fold(" ".join(cell.replace("_", " ").replace("-", " ").split())) for cell in head]
    found: dict[str, int] = {}
    for name, headings in _HEADINGS.items():
        known = {fold(heading) for heading in headings}
        places = [position for position, cell in enumerate(folded) if cell in known]
        if places:
            found[name] = places[0]
    if "number" not in found or "born" not in found:
        raise Unusable(_("The first line must name the columns: number, birth_date and perhaps place."))
    return found


def _row(number: int, cells: list[str] | None, columns: dict[str, int], digits: int, today: date) -> Row | Mistake:
    if cells is None:
        return Mistake(number, _("The quotation marks do not match."))
    if len(cells) <= max(columns["number"], columns["born"]):
        return Mistake(number, _("A column is missing."))
    try:
        claim = Claim(number_of(cells[columns["number"]], digits), date_of(cells[columns["born"]], today))
    except Unreadable as error:
        if error.args == ("number",):
            return Mistake(number, _("The number does not have %(digits)s digits.", digits=digits))
        return Mistake(number, _("The birth date is not a date, such as 1985-03-05 or 5/3/1985."))
    column = columns.get("place", len(cells))
    place = _place(cells[column]) if column < len(cells) else ""
    if len(place) > PLACE_LENGTH:
        return Mistake(number, _("The place is longer than %(most)s characters.", most=PLACE_LENGTH))
    return Row(claim, place)


def _place(text: str) -> str:
    kept = "".join(letter for letter in text if unicodedata.category(letter) not in {"Cc", "Cf", "Cs"})
    return " ".join(unicodedata.normalize("NFC", kept).split())
