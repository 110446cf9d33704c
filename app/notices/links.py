"""The link by which mails are stopped without signing in: whoever holds a mail may use it, nobody else can make it."""

import hmac
from urllib.parse import urlencode

from app import ids
from app.settings import Settings

_PATH = "/unsubscribe"
LONGEST_THREAD = 120


def _mark(settings: Settings, person: int, thread: str) -> str:
    return ids.keyed_hash(settings.key, "unsubscribe", f"{person}|{thread}")


def unsubscribe(settings: Settings, person: int, thread: str = "") -> str:
    """Address that stops mails about a thread, or all of them."""
    query = urlencode({"p": person, "t": thread, "k": _mark(settings, person, thread)})
    return f"{settings.base_url}{_PATH}?{query}"


def holds(settings: Settings, person: str, thread: str, mark: str) -> int | None:
    """The person whose mails such a link stops; None when we did not make it."""
    if not (person.isascii() and person.isdigit() and len(person) < 19) or len(thread) > LONGEST_THREAD:
        return None
    made = _mark(settings, int(person), thread)
    return int(person) if hmac.compare_digest(made.encode(), mark.encode()) else None
