"""Words by which agencies are found: in any order, each from its beginning, in one spelling. Pure."""

from app.search.normal import stem, words

_AND = "و"
_LONG_ENOUGH = 4
"""Letters; in a shorter word the first is more often a part of it."""


def stems(text: str) -> list[str]:
    """What to look for when somebody types `text`."""
    return list(dict.fromkeys(stem(word) for word in words(text)))


def searchable(*texts: str) -> str:
    """What is kept of texts so that `stems` finds them: their words, also without an article or a joined “and”."""
    found = words(" ".join(texts))
    return " ".join(dict.fromkeys(form for word in found for form in _beginnings(word)))


def _beginnings(word: str) -> tuple[str, ...]:
    if word.startswith(_AND) and len(word) > _LONG_ENOUGH:
        return word, stem(word), word.removeprefix(_AND)
    return word, stem(word)


def fits(kept: str, wanted: list[str]) -> bool:
    """Whether every wanted stem begins a word of what was kept."""
    return all(f" {one}" in f" {kept}" for one in wanted)
