"""Visits to a service centre: how long they last, what proves presence, when they may be disputed. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from app.i18n import mark as _

LASTS = timedelta(minutes=30)
DISPUTABLE = timedelta(days=90)
SHORTEST, LONGEST = 10, 2000
"""Characters of a dispute and of a decision."""

PURPOSE = "visit"
"""Of a code that proves that somebody is there."""
NEW = "visit-new"
"""Of one that was right, and whose holder has no account yet."""

BY_CODE, BY_IDENTITY = "code", "identity"

DOCUMENTS: Mapping[str, str] = {
    "card": _("National card"),
    "passport": _("Passport"),
    "licence": _("Driving licence"),
    "other": _("Another official document with a photograph"),
}
NOTED = 3
"""The last characters of a document's number; no more of it is noted."""


def note_of(document: str, end: str) -> str:
    """What is kept of an identity check."""
    return f"{document}:{end}"


def noted(note: str) -> tuple[str, str]:
    """Kind of the document, in words of the catalogue, and the end of its number."""
    document, _sign, end = note.partition(":")
    return DOCUMENTS.get(document, ""), end


def may_be_disputed(started_at: datetime, disputed_at: datetime | None, now: datetime) -> bool:
    """Whether the citizen may say that something in it was wrong."""
    return disputed_at is None and now < started_at + DISPUTABLE
