"""Showing where the words of a question stand in a text, however either is spelled. Pure."""

from itertools import groupby
from unicodedata import category

from markupsafe import Markup, escape

from app.search.normal import fold, stem
from app.search.queries import Question

ROOM = 240
"""Letters of an excerpt that are shown."""


def marked(text: str, question: Question) -> Markup:
    """A text with the words that were found in `<mark>`; everything else in it is escaped."""
    pieces = (
        Markup("<mark>{}</mark>").format(piece) if inside and _is_found(piece, question) else escape(piece)
        for inside, piece in _pieces(text)
    )
    return Markup("").join(pieces)


def around(text: str, question: Question, room: int = ROOM) -> str:
    """As much of a long text as there is room for, from a little before the first word that was found."""
    text = " ".join(text.split())
    if len(text) <= room:
        return text
    start = place = 0
    for inside, piece in _pieces(text):
        if inside and _is_found(piece, question):
            if place > room // 2:
                before = place - room // 4
                start = text.find(" ", before, place) + 1 or place
            break
        place += len(piece)
    part = text[start : start + room]
    if start + room < len(text):
        part = f"{(part.rpartition(' ')[0] or part).rstrip(' .,;:،؛')}…"
    return f"…{part}" if start else part


def _pieces(text: str) -> list[tuple[bool, str]]:
    """Words and what stands between them, in turn."""
    return [(inside, "".join(letters)) for inside, letters in groupby(text, _in_word)]


def _in_word(letter: str) -> bool:
    """Letters, digits, their vowels and the invisible signs between them."""
    kind = category(letter)
    return kind[0] in "LNM" or kind == "Cf"


def _is_found(word: str, question: Question) -> bool:
    folded = fold(word)
    return any(
        wanted in folded or wanted in stem(folded)
        if len(wanted) > 2
        else folded.startswith(wanted) and (len(wanted) == 2 or folded == wanted)
        for wanted in question.stems
    )
