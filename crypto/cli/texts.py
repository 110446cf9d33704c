"""Words in the reader's language: English in the source, Arabic from `crypto/locale/ar.po`.

The catalogue is read from its source form, so that there is nothing to compile and nothing to forget. Numbers that are
read are in Arabic-Indic digits in Arabic; what is compared with a machine stays in Latin digits (design, numerals).
"""

import gettext
import io
import os
from functools import lru_cache
from importlib import resources
from typing import Literal

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

Language = Literal["ar", "en"]

_language: Language = "en"


def use(language: Language) -> None:
    """Speak this language from now on."""
    global _language  # noqa: PLW0603 - a command line speaks one language from start to end
    _language = language


def language() -> Language:
    """The language in use."""
    return _language


def from_environment(environment: dict[str, str] | None = None) -> Language:
    """Arabic when the locale says so, by the rules of gettext(1); else English."""
    env = dict(os.environ) if environment is None else environment
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := env.get(name):
            return "ar" if value.split(":")[0].lower().startswith("ar") else "en"
    return "en"


_packages = ["crypto"]


def speak_also_for(package: str) -> None:
    """Look texts up in `locale/ar.po` of this package, too; for whoever adds commands to the program."""
    _packages.append(package)
    _catalogue.cache_clear()


@lru_cache
def _catalogue(language: Language) -> gettext.NullTranslations:
    if language == "en":
        return gettext.NullTranslations()
    found: gettext.NullTranslations | None = None
    for package in _packages:
        compiled = io.BytesIO()
        with resources.files(package).joinpath("locale", f"{language}.po").open("rb") as file:
            write_mo(compiled, read_po(file, locale=language))
        compiled.seek(0)
        one = gettext.GNUTranslations(compiled)
        if found is None:
            found = one
        else:
            found.add_fallback(one)
    return found or gettext.NullTranslations()


def _(message: str, /, **params: object) -> str:
    """`message` in the reader's language, with its parameters filled in."""
    text = _catalogue(_language).gettext(message) if message else ""
    return text % params if params else text


def ngettext(singular: str, plural: str, number: int, /, **params: object) -> str:
    """The form that fits `number`, which fills `%(n)s`."""
    text = _catalogue(_language).ngettext(singular, plural, number)
    return text % {"n": count(number), **params}


def count(number: float) -> str:
    """A number that is read."""
    if _language == "ar":
        return _eastern(format_decimal(number, locale="ar_IQ", numbering_system="arab"))
    return str(format_decimal(number, locale="en"))


def percent(part: int, whole: int) -> str:
    """A share with one decimal; a dash when there is no whole."""
    if not whole:
        return "–"
    if _language == "ar":
        return _eastern(format_percent(part / whole, "#,##0.0%", locale="ar_IQ", numbering_system="arab"))
    return str(format_percent(part / whole, "#,##0.0%", locale="en"))


def _eastern(number: str) -> str:
    """Arabic-Indic digits and percent sign: of a numbering system, Babel takes only the separators."""
    return number.translate(str.maketrans("0123456789%", "٠١٢٣٤٥٦٧٨٩٪"))
