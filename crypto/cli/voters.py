"""The voters' list: a CSV file of any spreadsheet, read strictly, every mistake with its line."""

import csv
import io
import re
import unicodedata
from dataclasses import dataclass

from crypto.cli.lookalikes import is_deceptive, skeleton
from crypto.cli.texts import _
from crypto.credentials import MAX_WEIGHT

_COLUMNS = {
    "id": "id", "identifier": "id", "voter": "id", "الرقم": "id", "رقم الناخب": "id", "المعرف": "id",
    "name": "name", "full name": "name", "الاسم": "name", "اسم الناخب": "name",
    "weight": "weight", "votes": "weight", "الوزن": "weight", "عدد الأصوات": "weight",
}  # fmt: skip


class BadVoters(Exception):
    """Everything that is wrong with the list, a sentence each."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Voter:
    """One line: the identifier that the authority knows the voter by, a name for the letter, a weight."""

    id: str
    name: str
    weight: int | None


def parse(data: bytes) -> list[Voter]:
    """The voters of a CSV file, or `BadVoters`.

    With a head line (`id`, `name`, `weight`, or the same in Arabic) the columns may come in any order; without one the
    first column is the identifier, the second the name, the third the weight. Comma, semicolon or tab.
    """
    try:
        content = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadVoters([_("The list is not in UTF-8. In the spreadsheet choose “CSV UTF-8” when saving.")]) from error
    first = content.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        reader = csv.reader(io.StringIO(content), delimiter=delimiter, strict=True)
        rows = ((reader.line_num, [cell.strip() for cell in row]) for row in reader)
        lines = [(number, cells) for number, cells in rows if any(cells)]
    except csv.Error as error:
        raise BadVoters([_("The list cannot be read: %(why)s", why=str(error))]) from error
    if not lines:
        raise BadVoters([_("The list is empty.")])
    head = [_COLUMNS.get(cell.casefold()) for cell in lines[0][1]]
    for kind in {kind for kind in head if kind and head.count(kind) > 1}:
        raise BadVoters([_("The head line has two columns for “%(kind)s”.", kind=kind)])
    if any(head) and "id" not in head:
        raise BadVoters([_("The head line has no column “id” for the voters' identifiers.")])
    if "id" in head:
        order = {kind: place for place, kind in enumerate(head) if kind}
        lines = lines[1:]
    else:
        order = {"id": 0, "name": 1, "weight": 2}
    return _rows(lines, order)


def _rows(lines: list[tuple[int, list[str]]], order: dict[str, int]) -> list[Voter]:
    errors: list[str] = []
    voters: list[Voter] = []
    seen: dict[str, int] = {}
    for number, cells in lines:

        def cell(kind: str, cells: list[str] = cells) -> str:
            place = order.get(kind, len(cells))
            return cells[place] if place < len(cells) else ""

        identifier, weight = cell("id"), cell("weight")
        if not identifier:
            errors.append(_("Line %(line)s: the identifier is missing.", line=number))
            continue
        if is_deceptive(f"{identifier} {cell('name')}".replace("\n", " ")):
            errors.append(_("Line %(line)s: there are invisible signs in the text.", line=number))
            continue
        key = skeleton(identifier)
        if key in seen:
            errors.append(
                _(
                    "Line %(line)s: “%(voter)s” cannot be told from line %(other)s.",
                    line=number,
                    voter=identifier,
                    other=seen[key],
                )
            )
        seen[key] = number
        digits = "".join(str(unicodedata.digit(letter)) if letter.isdecimal() else letter for letter in weight)
        if weight and not (re.fullmatch("[0-9]{1,18}", digits) and int(digits) <= MAX_WEIGHT):
            errors.append(
                _("Line %(line)s: the weight “%(weight)s” is not a whole number.", line=number, weight=weight)
            )
            continue
        voters.append(Voter(identifier, cell("name") or identifier, int(digits) if weight else None))
    if any(voter.weight is not None for voter in voters) and any(voter.weight is None for voter in voters):
        errors.append(_("Some voters have a weight and some have none; give it to all or to none."))
    if errors:
        raise BadVoters(errors)
    if not voters:
        raise BadVoters([_("The list is empty.")])
    return voters
