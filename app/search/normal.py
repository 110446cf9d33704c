"""One spelling for search, duplicates, slugs and block lists (shared/domain/complaints.md, “Arabic text”).

`fold` spells a text in one way. `words`, `stem` and `searchable` are what the index and a question have in common: a
question is found when the stem of each of its words stands somewhere in the text.
"""

import re
import unicodedata
from functools import lru_cache

_ONE_SPELLING = {
    "ا": "أإآٱٲٳ",
    "ه": "ةۃہھەۀ",
    "ي": "ىیئ",
    "ك": "کڪ",
    "و": "ؤ",
}
_HIGH_HAMZA, _TATWEEL = "\u0674", "\u0640"


class _Letters(dict[int, str]):
    """What becomes of each letter; worked out when it is first met, for `str.translate`."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        category = unicodedata.category(letter)
        if category in {"Mn", "Me", "Cf", "Cs"}:  # vowels and other marks; zero-width and bidi signs; half letters
            spelled = ""
        elif category == "Cc":
            spelled = " "
        elif (digit := unicodedata.decimal(letter, None)) is not None:
            spelled = str(digit)
        else:
            spelled = letter
        self[code] = spelled
        return spelled


_LETTERS = _Letters(
    {ord(letter): one for one, many in _ONE_SPELLING.items() for letter in many}
    | {ord(letter): "" for letter in (_HIGH_HAMZA, _TATWEEL)}
)

_ARTICLES = ("وال", "بال", "فال", "كال", "لل", "ال")
_PLURALS = (("ies", "y"), ("ses", "s"), ("xes", "x"), ("zes", "z"), ("ches", "ch"), ("shes", "sh"), ("s", ""))
_NO_PLURALS = ("ss", "us", "is")
SHORTEST_STEM = 3
"""Letters that must be left; fewer would be found everywhere, and an index of three letters at a time needs three."""

LONGEST_NAME = 120
_WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """One spelling: hamza forms, ta marbuta, alef maqsura, vowels, tatweel, digits, case, width, spaces, invisibles."""
    while (folded := _folded(text)) != text:  # taking a mark away may let its neighbours join (Hangul)
        text = folded
    return text


def _folded(text: str) -> str:
    # Composing comes first, so that an alef with its hamza is one letter that we know.
    composed = unicodedata.normalize("NFKC", text).translate(_LETTERS).casefold()
    return " ".join(unicodedata.normalize("NFKC", composed).translate(_LETTERS).split())


def words(text: str) -> list[str]:
    """The words of a text in one spelling: letters and digits, nothing else."""
    return _WORD.findall(fold(text))


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A word of `words` without its article (“الحافلات”) or the ending of its plural (“buses”)."""
    if word.isascii():
        if not word.endswith(_NO_PLURALS):
            for ending, instead in _PLURALS:
                if word.endswith(ending):
                    shorter = word.removesuffix(ending) + instead
                    return shorter if len(shorter) >= SHORTEST_STEM else word
        return word
    for article in _ARTICLES:
        if word.startswith(article) and len(word) - len(article) >= SHORTEST_STEM:
            return word.removeprefix(article)
    return word


def forms(word: str) -> list[str]:
    """A word as it was typed and as it may stand elsewhere by itself: with and without article or plural."""
    shorter = stem(word)
    return list(dict.fromkeys((word, shorter, f"{shorter}s" if word.isascii() else f"ال{shorter}")))


def spaced(text: str) -> str:
    """The words of a text, each between spaces."""
    return f" {' '.join(found)} " if (found := words(text)) else " "


def named(text: str) -> str:
    """A title as it is looked up whole."""
    return " ".join(words(text))[:LONGEST_NAME]


def searchable(*texts: str) -> str:
    """Texts as they are searched: a line each, and behind them those stems that do not stand in a word anyway."""
    stems = {shorter: None for text in texts for word in words(text) if (shorter := stem(word)) not in word}
    return "\n".join(["", *(spaced(text) for text in texts), f" {' '.join(stems)} " if stems else " ", ""])
