"""Words by which agencies are found: in any order, each from its beginning, in one spelling. Pure."""

from app.search.normal import stem, words


def stems(text: str) -> list[str]:
    """What to look for when somebody types `text`."""
    return list(dict.fromkeys(stem(word) for word in words(text)))


def searchable(*texts: str) -> str:
    """What is kept of texts so that `stems` finds them: their words, and those words without an article."""
    found = words(" ".join(texts))
    return " ".join(dict.fromkeys(form for word in found for form in (word, stem(word))))


def fits(kept: str, wanted: list[str]) -> bool:
    """Whether every wanted stem begins a word of what was kept."""
    return all(f" {one}" in f" {kept}" for one in wanted)
