"""The civil register, pure: a number with a birth date, and the only form in which the two may be kept.

Number and date exist in memory for the length of a comparison. They have no `repr`, so that no trace, log line or
exception shows them.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date

from app import ids
from app.i18n import latin_digits

EARLIEST = 1880
_YEAR_LAST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})")
_BETWEEN = re.compile(r"[\s-]+")


class Unreadable(ValueError):
    """Not a number, or not a date. Says never what was given."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody says of themselves: the number on the identity card, and the day they were born."""

    number: str = field(repr=False)
    born: date = field(repr=False)

    def hashed(self, key: bytes) -> str:
        """What is stored of both (64 hexadecimal digits): only the holder of the portal's key can compute it."""
        return ids.keyed_hash(key, "register", f"{self.number}|{self.born.isoformat()}")


def number_of(text: str, digits: int) -> str:
    """A national number as it is compared: Latin digits without gaps. Raises `Unreadable`."""
    number = _BETWEEN.sub("", latin_digits(_plain(text)))
    if not re.fullmatch(rf"[0-9]{{{digits}}}", number):
        raise Unreadable("number")
    return number


def date_of(text: str, today: date) -> date:
    """A birth date written 5/3/1985 or 1985-03-05, in Latin or Arabic digits. Raises `Unreadable`."""
    plain = latin_digits(_plain(text))
    if found := _YEAR_LAST.fullmatch(plain):
        day, month, year = found.groups()
    elif found := _YEAR_FIRST.fullmatch(plain):
        year, month, day = found.groups()
    else:
        raise Unreadable("date")
    return day_of(year, month, day, today)


def day_of(year: str, month: str, day: str, today: date) -> date:
    """A birth date from its three parts. Raises `Unreadable`."""
    parts = [latin_digits(_plain(part)) for part in (year, month, day)]
    if not all(re.fullmatch(r"[0-9]{1,4}", part) for part in parts):
        raise Unreadable("date")
    try:
        born = date(*(int(part) for part in parts))
    except ValueError:
        raise Unreadable("date") from None
    if not date(EARLIEST, 1, 1) <= born <= today:
        raise Unreadable("date")
    return born


def _plain(text: str) -> str:
    """Without the signs that turn text round, which come along when something is copied out of Arabic text."""
    return "".join(letter for letter in text if unicodedata.category(letter) != "Cf").strip()


def invented(digits: int) -> list[Claim]:
    """People whom only the demonstration's register holds, for visitors to try."""
    return [Claim(f"{'1' * (digits - 2)}{last}", date(1985, 3, last % 28 + 1)) for last in range(20, 100)]
