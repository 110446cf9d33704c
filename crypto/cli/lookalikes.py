"""Texts that a reader cannot tell apart, for lists in which two of them must not stand beside each other.

After Unicode Technical Standard 39, for the alphabets that meet in our lists: Arabic, Latin, and the Cyrillic and Greek
letters that look like Latin ones.
"""

import re
import unicodedata

_IGNORED = re.compile(
    "[\u00ad\u034f\u061c\u0640\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Unicode's Default_Ignorable_Code_Point, and the Arabic tatweel."""

_SAME = str.maketrans(
    "авеѕіјкмнорстухԁһԛԝαβεικνορτυχیىېکګڪہھەأإآٱ",
    "abesijkmhopctyxdhqwabeikvoptuxيييكككهههاااا",
)


def skeleton(text: str) -> str:
    """What is left of a text when width, case, invisible signs, the shape of digits and look-alike letters are gone."""
    plain = _IGNORED.sub("", unicodedata.normalize("NFKC", text)).casefold().translate(_SAME)
    digits = "".join(str(unicodedata.digit(letter)) if letter.isdecimal() else letter for letter in plain)
    return " ".join(digits.split())


def is_deceptive(text: str) -> bool:
    """Whether a text holds signs that move a cursor, turn the text around it, or show nothing at all."""
    hidden = any(
        unicodedata.category(letter) in {"Cc", "Cs"} or "\u202a" <= letter <= "\u202e" or "\u2066" <= letter <= "\u2069"
        for letter in text
    )
    return hidden or (bool(text.strip()) and not skeleton(text))
