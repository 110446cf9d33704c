"""What an agency is: its kinds, the form of its address, an address made of its name. Pure."""

import re
import unicodedata
from collections.abc import Container, Mapping

from app.search.normal import fold

KINDS = (
    "ministry",
    "directorate",
    "department",
    "governorate",
    "municipality",
    "company",
    "commission",
    "oversight",
    "office",
    "body",
)
"""What kinds of public bodies there are; `body` is any other."""

LONGEST_SLUG = 80
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
RESERVED = frozenset({"new", "import", "export"})
"""Words that stand where a slug would, in addresses of the management pages."""

_SMALL = frozenset({"of", "the", "and", "for", "a", "in"})
_LETTERS = {
    "ا": "a", "ب": "b", "ت": "t", "ث": "th", "ج": "j", "ح": "h", "خ": "kh", "د": "d", "ذ": "dh", "ر": "r", "ز": "z",
    "س": "s", "ش": "sh", "ص": "s", "ض": "d", "ط": "t", "ظ": "z", "ع": "a", "غ": "gh", "ف": "f", "ق": "q", "ك": "k",
    "ل": "l", "م": "m", "ن": "n", "ه": "h", "و": "w", "ي": "y", "ء": "",
    "پ": "p", "چ": "ch", "ژ": "zh", "گ": "g", "ڤ": "v",
}  # fmt: skip


def is_slug(text: str) -> bool:
    """Whether a text can be the last part of an agency's address."""
    return len(text) <= LONGEST_SLUG and SLUG.match(text) is not None and text not in RESERVED


def suggested_slug(name: Mapping[str, str], taken: Container[str] = frozenset()) -> str:
    """An address made of a name: of the English one, else of the letters of the Arabic one; numbered when taken."""
    words = _latin(name.get("en", "")) or _latin(_transliterated(name.get("ar", "")))
    kept = [word for word in words if word not in _SMALL] or words or ["agency"]
    base = ""
    for word in kept:
        longer = f"{base}-{word}" if base else word
        if len(longer) > 60:
            break
        base = longer
    base = base or kept[0][:60]
    slug, number = base, 1
    while slug in taken or slug in RESERVED:
        number += 1
        slug = f"{base}-{number}"
    return slug


def _latin(text: str) -> list[str]:
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return re.findall(r"[a-z0-9]+", bare.replace("'", "").replace("’", "").casefold())


def _transliterated(text: str) -> str:
    words = [re.sub(r"\Aال(?=\w{2})", "", word) for word in fold(text).split()]
    return " ".join("".join(_LETTERS.get(letter, letter) for letter in word) for word in words)
