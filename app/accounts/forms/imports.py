"""Agencies as a sheet: CSV read line by line, every mistake with its line; and written so that no cell is a formula."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pydantic import Field, field_validator

from app.accounts.directory import KINDS, LONGEST_SLUG, is_slug
from app.accounts.forms.agencies import About, Named
from app.forms import Invalid, read
from app.i18n import gettext as _

COLUMNS = (
    "slug", "parent", "kind", "name_ar", "name_en", "summary_ar", "summary_en", "email", "phone", "website",
    "address_ar", "address_en", "place",
)  # fmt: skip
NEEDED = ("slug", "kind", "name_ar")
MOST_BYTES = 16 << 20
MOST_LINES = 20_000
MOST_MISTAKES = 500
_FORMULA = re.compile(r"[=+\-@\t\r]")


class Line(About, Named):
    """A line of the sheet as an agency. The slug is what it is known by."""

    slug: str = Field(min_length=1, max_length=LONGEST_SLUG)
    parent: str = Field("", max_length=LONGEST_SLUG)

    @field_validator("slug", "parent")
    @classmethod
    def _folded(cls, value: str) -> str:
        slug = value.casefold()
        if slug and not is_slug(slug):
            raise ValueError(_("Use small Latin letters, digits and single hyphens, like water-capital."))
        return slug

    @field_validator("kind")
    @classmethod
    def _listed(cls, value: str) -> str:
        if value not in KINDS:
            raise ValueError(_("Kind is one of: %(kinds)s.", kinds=", ".join(KINDS)))
        return value


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong, in which line of the file, under which column."""

    line: int
    column: str
    say: str


@dataclass(slots=True)
class Sheet:
    """What a file says: agencies by their line, the columns it has, and its mistakes."""

    lines: list[tuple[int, Line]] = field(default_factory=list)
    columns: tuple[str, ...] = ()
    mistakes: list[Mistake] = field(default_factory=list)

    def wrong(self, line: int, column: str, say: str) -> None:
        """Note a mistake; after many the rest is not worth reading."""
        if len(self.mistakes) < MOST_MISTAKES:
            self.mistakes.append(Mistake(line, column, say))


def decoded(content: bytes) -> str:
    """The text of a file, or `Invalid` beside the field `file`."""
    if len(content) > MOST_BYTES:
        raise Invalid.because({}, file=_("The file is larger than an import can be. Split it."))
    if not content.strip():
        raise Invalid.because({}, file=_("Choose a file with agencies in it."))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid.because(
            {}, file=_("The file is not in UTF-8. In a spreadsheet choose “CSV UTF-8” when you save it.")
        ) from None


def read_sheet(text: str) -> Sheet:
    """The lines of a CSV with comma, semicolon or tab, as the first line has it."""
    sheet = Sheet()
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    began, seen = 1, dict[str, int]()
    try:
        for cells in reader:
            line, began = began, reader.line_num + 1
            if not sheet.columns:
                sheet.columns = _columns(cells, sheet)
                if sheet.mistakes:
                    break
            elif any(cell.strip() for cell in cells):
                _read_line(line, cells, sheet, seen)
            if len(sheet.lines) > MOST_LINES:
                sheet.wrong(line, "", _("The file has too many lines. Split it."))
                break
    except csv.Error:
        sheet.wrong(began, "", _("This line cannot be read. Look for a quotation mark that is not closed."))
    if not sheet.lines and not sheet.mistakes:
        sheet.wrong(1, "", _("Choose a file with agencies in it."))
    return sheet


def _columns(cells: Sequence[str], sheet: Sheet) -> tuple[str, ...]:
    names = tuple(cell.strip().casefold() for cell in cells)
    for name in dict.fromkeys(names):
        if name not in COLUMNS:
            sheet.wrong(1, name, _("There is no such column. The columns are: %(names)s.", names=", ".join(COLUMNS)))
        elif names.count(name) > 1:
            sheet.wrong(1, name, _("This column stands there twice."))
    for name in NEEDED:
        if name not in names:
            sheet.wrong(1, name, _("This column is missing."))
    return names


def _read_line(line: int, cells: Sequence[str], sheet: Sheet, seen: dict[str, int]) -> None:
    if len(cells) > len(sheet.columns) and any(cell.strip() for cell in cells[len(sheet.columns) :]):
        sheet.wrong(line, "", _("This line has more cells than the first."))
        return
    values = dict(zip(sheet.columns, (_plain(cell) for cell in cells), strict=False))
    try:
        agency = read(values, Line)
    except Invalid as invalid:
        for column, sentences in invalid.entered.errors.items():
            sheet.wrong(line, column, " ".join(sentences))
        return
    if agency.slug in seen:
        sheet.wrong(line, "slug", _("This slug stands in line %(line)s already.", line=seen[agency.slug]))
        return
    seen[agency.slug] = line
    sheet.lines.append((line, agency))


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell


def safe_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def write_sheet(rows: Iterable[Sequence[str]]) -> str:
    """A CSV as `read_sheet` reads it; the mark in front tells spreadsheets that it is in UTF-8."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(COLUMNS)
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return "\ufeff" + target.getvalue()
