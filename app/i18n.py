"""Two languages: texts from `app/locale/ar.po`, dates and numbers by Babel.

The reader's choice lives in a context variable for the length of a request, so that templates and errors need not be
handed a locale. Numbers that are read are in Arabic-Indic digits in Arabic unless the reader chose otherwise.
"""

import gettext as gettext_module
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from importlib import resources
from typing import Literal
from zoneinfo import ZoneInfo

from babel import dates, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

Language = Literal["ar", "en"]
Numerals = Literal["arab", "latn"]
LANGUAGES: tuple[Language, ...] = ("ar", "en")


_BAGHDAD = ZoneInfo("Asia/Baghdad")


@dataclass(frozen=True, slots=True)
class Reader:
    """How a person reads: language, digits, zone."""

    language: Language = "ar"
    numerals: Numerals = "arab"
    zone: ZoneInfo = _BAGHDAD

    @property
    def direction(self) -> str:
        """Value of `dir`."""
        return "rtl" if self.language == "ar" else "ltr"

    @property
    def locale(self) -> str:
        """Babel's locale: months of Iraq, British dates."""
        return "ar_IQ" if self.language == "ar" else "en_GB"

    @property
    def digits(self) -> str:
        """Babel's numbering system."""
        return self.numerals if self.language == "ar" else "latn"


_reader: ContextVar[Reader] = ContextVar("reader", default=Reader())  # noqa: B039 - frozen


def reader() -> Reader:
    """The reader of this moment."""
    return _reader.get()


@contextmanager
def reading(who: Reader) -> Iterator[None]:
    """Speak to `who` inside the block."""
    token = _reader.set(who)
    try:
        yield
    finally:
        _reader.reset(token)


@lru_cache
def _catalogue(language: Language) -> gettext_module.NullTranslations:
    if language == "en":
        return gettext_module.NullTranslations()
    compiled = io.BytesIO()
    with resources.files("app").joinpath("locale", f"{language}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return gettext_module.GNUTranslations(compiled)


def gettext(message: str, /, **params: object) -> str:
    """`message` in the reader's language."""
    text = _catalogue(_reader.get().language).gettext(message) if message else ""
    return text % params if params else text


def ngettext(singular: str, plural: str, number: int, /, **params: object) -> str:
    """The form that fits `number`; `%(n)s` is filled with it, in the reader's digits."""
    text = _catalogue(_reader.get().language).ngettext(singular, plural, number)
    return text % {"n": format_number(number), "num": format_number(number), **params}


_ = gettext


def mark(message: str) -> str:
    """Mark a text for the catalogue that is translated where it is shown (imported as `_`)."""
    return message


def in_both(say: Callable[[], str]) -> dict[str, str]:
    """What `say` says to a reader of either language, for texts that are stored."""
    told: dict[str, str] = {}
    for language in LANGUAGES:
        with reading(Reader(language)):
            told[language] = say()
    return told


def raw_gettext(message: str) -> str:
    """For Jinja, which fills parameters in itself."""
    return _catalogue(_reader.get().language).gettext(message) if message else ""


def raw_ngettext(singular: str, plural: str, number: int) -> str:
    """For Jinja, which fills parameters in itself."""
    return _catalogue(_reader.get().language).ngettext(singular, plural, number)


def format_number(number: float) -> str:
    """A number that is read."""
    who = _reader.get()
    return _digits(numbers.format_decimal(number, locale=who.locale, numbering_system=who.digits), who)


def format_percent(share: float) -> str:
    """A share in 0..1 as whole percent."""
    who = _reader.get()
    text = numbers.format_percent(share, locale=who.locale, numbering_system=who.digits)
    return _digits(text, who).replace("%", "٪" if who.digits == "arab" else "%")


def format_share(share: float) -> str:
    """A share in 0..1 as percent with one decimal place, for figures that are compared with each other."""
    who = _reader.get()
    text = numbers.format_percent(share, "#,##0.0%", locale=who.locale, numbering_system=who.digits)
    return _digits(text, who).replace("%", "٪" if who.digits == "arab" else "%")


def format_date(value: date | datetime) -> str:
    """The day, written out."""
    who = _reader.get()
    if isinstance(value, datetime):
        value = value.astimezone(who.zone).date()
    return _digits(dates.format_date(value, "long", locale=who.locale), who)


def format_datetime(value: datetime) -> str:
    """Day and time in the reader's zone."""
    who = _reader.get()
    return _digits(dates.format_datetime(value, "d MMMM y، HH:mm" if who.language == "ar" else "d MMMM y, HH:mm",
                                         tzinfo=who.zone, locale=who.locale), who)  # fmt: skip


def format_day(value: date) -> str:
    """The day with its weekday and without its year."""
    who = _reader.get()
    pattern = "EEEE، d MMMM" if who.language == "ar" else "EEEE d MMMM"
    return _digits(dates.format_date(value, pattern, locale=who.locale), who)


def format_clock(text: str) -> str:
    """A time of the wall clock, such as 08:30, in the reader's digits."""
    return _digits(text, _reader.get())


def weekday_name(number: int) -> str:
    """The name of a weekday; Monday is 0."""
    return str(dates.get_day_names("wide", locale=_reader.get().locale)[number])


def format_hour(hour: int) -> str:
    """A full hour of the day."""
    return _digits(f"{hour:02d}:00", _reader.get())


def format_ago(value: datetime, now: datetime) -> str:
    """How long ago, or how soon."""
    who = _reader.get()
    return _digits(dates.format_timedelta(value - now, add_direction=True, locale=who.locale), who)


_TO_LATIN = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
_TO_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def _digits(text: str, who: Reader) -> str:
    return text.translate(_TO_ARABIC if who.digits == "arab" else _TO_LATIN)


def latin_digits(text: str) -> str:
    """What a person typed, with digits that programs read."""
    return text.translate(_TO_LATIN)


def either(value: Mapping[str, str] | str | None) -> str:
    """A value in both languages in the reader's, else in the one there is."""
    if value is None or isinstance(value, str):
        return value or ""
    return value.get(_reader.get().language) or value.get("ar") or value.get("en") or ""


@dataclass(frozen=True, slots=True)
class Said:
    """A text that somebody wrote, in the language in which there is one."""

    text: str
    language: Language

    @property
    def direction(self) -> str:
        """Value of `dir`."""
        return "rtl" if self.language == "ar" else "ltr"

    @property
    def is_other(self) -> bool:
        """Whether the reader meets a language that is not the one chosen."""
        return bool(self.text) and self.language != _reader.get().language


def said(value: Mapping[str, str] | str | None) -> Said:
    """A value in both languages in the reader's, else in the one there is; and which that was."""
    own = _reader.get().language
    if isinstance(value, str):
        return Said(value, own)
    for language in (own, *LANGUAGES):
        if text := (value or {}).get(language):
            return Said(text, language)
    return Said("", own)


def negotiate(accept: str, default: Language) -> Language:
    """The language an Accept-Language header asks for, as far as there is one of ours."""
    wanted: list[tuple[float, str]] = []
    for part in accept.split(",")[:20]:
        tag, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            name, _equals, quality = parameter.partition("=")
            if name.strip() == "q":
                try:
                    weight = float(quality)
                except ValueError:
                    weight = 0.0
        wanted.append((weight, tag.partition("-")[0]))
    for weight, tag in sorted(wanted, key=lambda item: -item[0]):
        if weight > 0 and tag in LANGUAGES:
            return tag
    return default
