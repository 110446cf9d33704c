"""Every text of the portal, taken from its sources and templates, to compare with the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

APP = Path(__file__).resolve().parents[2] / "app"
ROOMS = [APP, *(APP.parent / feature for feature in ("ballots", "complaints", "consultations"))]
CATALOGUE = APP / "locale" / "ar.po"

KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}
JINJA = {"extensions": "jinja2.ext.i18n", "silent": "false", "trimmed": "false", "encoding": "utf-8"}
_PLACEHOLDER = re.compile(r"%\((\w+)\)s|%(?!\(|%)\S")


@dataclass(frozen=True, slots=True)
class Text:
    """A text as the sources have it; `plural` is empty where there is only one form."""

    singular: str
    plural: str
    where: str


def in_sources() -> list[Text]:
    """Every text that the portal may show."""
    return [*_in(_all("*.py"), "python", {}), *_in(_all("*.html"), "jinja2", JINJA)]


def _all(pattern: str) -> list[Path]:
    return sorted(path for room in ROOMS for path in room.rglob(pattern))


def _in(paths: list[Path], method: str, options: dict[str, str]) -> Iterator[Text]:
    how = "jinja2.ext:babel_extract" if method == "jinja2" else "python"
    for path in paths:
        for line, message, _comments, _context in extract_from_file(how, path, KEYWORDS, options=options):
            singular, plural = (message, "") if isinstance(message, str) else (message[0], message[1])
            yield Text(singular, plural, f"{path.relative_to(APP.parent)}:{line}")


def catalogue() -> Catalog:
    """The Arabic catalogue as it lies on disk, obsolete messages included."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="ar")


def placeholders(text: str) -> set[str]:
    """What is filled in."""
    return {found.group(0) for found in _PLACEHOLDER.finditer(text)}
