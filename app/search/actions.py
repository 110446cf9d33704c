"""Keeping the index in step with what there is, in the transaction of each change."""

from datetime import datetime

from app.features import Entry
from app.i18n import LANGUAGES
from app.search.models import Document
from app.search.normal import fold


async def index(entry: Entry, now: datetime) -> None:
    """Make a thing findable, or bring what was known of it up to date."""
    texts = [*(entry.title.get(language, "") for language in LANGUAGES)]
    texts += [*(entry.excerpt.get(language, "") for language in LANGUAGES), entry.more]
    await Document.update_or_create(
        defaults={
            "title": dict(entry.title),
            "excerpt": dict(entry.excerpt),
            "url": entry.url,
            "seen_by": entry.seen_by,
            "words": fold(" ".join(texts)),
            "changed_at": now,
        },
        kind=entry.kind,
        key=entry.key,
    )


async def remove(kind: str, key: str) -> None:
    """Let a thing be found no more."""
    await Document.filter(kind=kind, key=key).delete()
