"""What is kept of a form that came too early, and for how long. Pure."""

from collections.abc import Mapping
from datetime import timedelta

from app.i18n import mark as _

UNBOUND = timedelta(days=2)
"""How long one waits in a browser in which nobody has signed in: others may use that browser."""
SENDING = timedelta(minutes=2)
"""How long one that is being sent cannot be sent by a second click."""
SENT = timedelta(days=1)
"""How long it is remembered that one was sent."""

MOST_KEPT = 200_000
"""Characters of a form that are kept; the limit of a body is not far above."""
LONGEST_PATH = 500
MOST_UNSENT = 30
"""Drafts that wait at the same time, of one person or in one browser."""

REFERENCE = "draft"
"""Name of the parameter by which a form says which draft it was."""

_SECRET = ("password", "code", "token", "secret", "credential", "national", "birth")


def is_kept(name: str) -> bool:
    """Whether what was entered into a field may wait in a table: no secrets, nothing of the civil register."""
    folded = name.casefold()
    return folded != REFERENCE and not any(word in folded for word in _SECRET)


def fits(values: dict[str, list[str]]) -> bool:
    """Whether a form is small enough to be kept."""
    return sum(len(name) + len(text) for name, texts in values.items() for text in texts) <= MOST_KEPT


_LABELS: Mapping[str, str] = {
    "name": _("Name"),
    "email": _("Email address"),
    "phone": _("Phone"),
    "language": _("Language"),
    "title": _("Title"),
    "subject": _("Subject"),
    "text": _("Text"),
    "body": _("Text"),
    "reason": _("Reason"),
    "note": _("Note"),
    "address": _("Address"),
    "place": _("Place"),
    "website": _("Website"),
    "summary": _("Summary"),
    "channel": _("Channel"),
    "rhythm": _("Rhythm"),
}


def label(name: str) -> str:
    """What a field is called, as far as forms agree on it: a message of the catalogue, or nothing.

    `title_ar` and `title_en` are called as `title` is.
    """
    return _LABELS.get(name.casefold().removesuffix("_ar").removesuffix("_en"), "")
