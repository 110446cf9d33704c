"""Words by which agencies are found: in any order, each from its beginning, in one spelling. Pure."""

import re

from app.search.normal import fold

_WORD = re.compile(r"[^\W_]+")
_PLURAL = re.compile(r"(?:ies|(?<=[sxz])es|(?<=ch)es|(?<=sh)es|(?<![su])s)\Z")
_ARTICLE = re.compile(r"(?:[وبك]?ال|لل)(?=\w{3})")
LEAST_STEM = 3


def stem(word: str) -> str:
    """A folded word without English plural and without the Arabic article, as far as enough of it is left."""
    if word.isascii():
        bare = _PLURAL.sub("", word)
        return bare if len(bare) >= LEAST_STEM else word
    return _ARTICLE.sub("", word, count=1) if _ARTICLE.match(word) else word


def stems(text: str) -> list[str]:
    """What to look for when somebody types `text`."""
    return list(dict.fromkeys(stem(word) for word in _WORD.findall(fold(text))))


def searchable(*texts: str) -> str:
    """What is kept of texts so that `stems` finds them: their words, and those words without an article."""
    words = _WORD.findall(fold(" ".join(texts)))
    return " ".join(dict.fromkeys(form for word in words for form in (word, stem(word))))


def fits(kept: str, wanted: list[str]) -> bool:
    """Whether every wanted stem begins a word of what was kept."""
    return all(f" {one}" in f" {kept}" for one in wanted)
