"""`python -m app.locale.extract` brings every text of the portal into ar.po; `--check` only says what is wrong."""

import sys
from collections.abc import Sequence
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_file

from crypto.locale.extract import complaints, read, rewritten

APP = Path(__file__).resolve().parent.parent
ROOMS = [APP, *(APP.parent / feature for feature in ("ballots", "complaints", "consultations"))]
ARABIC = APP / "locale" / "ar.po"
_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}
_TEMPLATES = {"extensions": "jinja2.ext.i18n", "silent": "false", "trimmed": "false", "encoding": "utf-8"}


def gather() -> Catalog:
    """Every text that the portal may show."""
    found = Catalog(locale="ar")
    for pattern, method, options in (("*.py", "python", {}), ("*.html", "jinja2.ext:babel_extract", _TEMPLATES)):
        for path in sorted(path for room in ROOMS for path in room.rglob(pattern)):
            place = str(path.relative_to(APP.parent))
            for _line, message, _comments, _context in extract_from_file(method, path, _KEYWORDS, options=options):
                found.add(message, locations=[(place, 0)])
    return found


def main(arguments: Sequence[str]) -> int:
    """Run as a program; the exit code."""
    source, translated = gather(), read(ARABIC)
    if "--check" not in arguments:
        header = ARABIC.read_text("utf-8").partition("\n\n")[0]
        ARABIC.write_text(rewritten(source, translated, header), "utf-8")
        return 0
    found = complaints(source, translated)
    for line in found:
        print(line)  # noqa: T201 - a program for people who change texts
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
