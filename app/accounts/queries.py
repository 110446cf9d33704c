"""Every read of accounts and agencies."""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime

from app import ids
from app.accounts.models import Agency, Link, Person, Session


async def person_of(token: str, now: datetime) -> Person | None:
    """The person signed in with a session's token."""
    if not ids.TOKEN.match(token):
        return None
    session = (
        await Session.filter(token_hash=ids.token_hash(token), expires_at__gt=now).select_related("person").first()
    )
    return session.person if session else None


async def person_under(token: str, purpose: str, now: datetime) -> Person | None:
    """The person whose link from a mail can still be used; None when it cannot."""
    query = Link.filter(token_hash=ids.token_hash(token), purpose=purpose, used_at=None, expires_at__gt=now)
    link = await query.select_related("person").first()
    return link.person if link else None


@dataclass(slots=True)
class Branch:
    """An agency and those below it."""

    agency: Agency
    children: list["Branch"] = field(default_factory=list)


async def agencies(search: str = "") -> list[Branch]:
    """All agencies as a tree; with `search` a flat list of those that match."""
    rows = await Agency.all().order_by("id")
    if search.strip():
        wanted = fold(search)
        return [Branch(row) for row in rows if wanted in row.search][:200]
    branches = {row.id: Branch(row) for row in rows}
    roots: list[Branch] = []
    for row in rows:
        parent = branches.get(row.parent_id)  # type: ignore[attr-defined]  # Tortoise adds it
        (parent.children if parent else roots).append(branches[row.id])
    return roots


async def agency(slug: str) -> Branch | None:
    """One agency with its parent and those below it."""
    row = await Agency.get_or_none(slug=slug).select_related("parent")
    if row is None:
        return None
    return Branch(row, [Branch(child) for child in await Agency.filter(parent_id=row.id).order_by("id")])


_ALEF = str.maketrans("أإآٱىیةکؤئ", "ااااييهكوي")


def fold(text: str) -> str:
    """One spelling for search: hamza forms, ta marbuta, alef maqsura, vowels, tatweel, digits, case."""
    text = unicodedata.normalize("NFKC", text).translate(_ALEF)
    letters = (letter for letter in text if letter != "ـ" and not unicodedata.combining(letter))
    digits = (str(unicodedata.digit(letter)) if letter.isdigit() else letter for letter in letters)
    return " ".join("".join(digits).casefold().split())
