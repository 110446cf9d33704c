"""One spelling for search, duplicates, slugs and block lists (shared/domain/complaints.md, “Arabic text”)."""

import unicodedata

_ALEF = str.maketrans("أإآٱىیةکؤئ", "ااااييهكوي")


def fold(text: str) -> str:
    """One spelling for search: hamza forms, ta marbuta, alef maqsura, vowels, tatweel, digits, case."""
    text = unicodedata.normalize("NFKC", text).translate(_ALEF)
    letters = (letter for letter in text if letter != "ـ" and not unicodedata.combining(letter))
    digits = (str(unicodedata.digit(letter)) if letter.isdigit() else letter for letter in letters)
    return " ".join("".join(digits).casefold().split())
