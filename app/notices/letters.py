"""Words of the mails and short messages that tell of notifications, in the language of who reads them."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.accounts.models import Person
from app.i18n import Reader, either, gettext, ngettext, reading
from app.notices import links
from app.notices.models import Notification
from app.notices.rules import MOST_IN_DIGEST
from app.settings import Settings

LONGEST_SHORT_MESSAGE = 300


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent. Without `unsubscribe` it is something of which nobody can have no mail."""

    subject: str
    body: str
    short: str
    unsubscribe: str | None = None


def reader_of(person: Person) -> Reader:
    """How a person reads."""
    return Reader("en" if person.language == "en" else "ar")


def of_one(row: Notification, person: Person, settings: Settings, *, stoppable: bool) -> Letter:
    """A letter about one thing."""
    stop = links.unsubscribe(settings, person.id, row.thread) if stoppable else None
    with reading(reader_of(person)):
        title = _line(either(row.title))
        parts = [title, either(row.text).strip(), _address(row, settings)]
        if stop is not None:
            words = (
                gettext("No more mails about this: %(link)s", link=stop)
                if row.thread
                else gettext("No more mails: %(link)s", link=stop)
            )
            parts.append(words + "\n" + _how(settings))
    short = f"{title[: LONGEST_SHORT_MESSAGE - 100]}\n{_address(row, settings)}"
    return Letter(title, "\n\n".join(part for part in parts if part), short, stop)


def of_many(rows: Sequence[Notification], person: Person, settings: Settings) -> Letter:
    """The daily letter: what waits for the person first, then what there is to know, one thread after the other."""
    stop = links.unsubscribe(settings, person.id)
    shown = sorted(rows[:MOST_IN_DIGEST], key=lambda row: (not row.must_act, row.thread, row.id))
    with reading(reader_of(person)):
        subject = ngettext("%(n)s new notification", "%(n)s new notifications", len(rows))
        parts: list[str] = []
        for must_act, heading in ((True, gettext("This waits for you:")), (False, gettext("This is new:"))):
            told = [row for row in shown if row.must_act is must_act]
            if told:
                parts.append(heading)
            for row in told:
                lines = [f"• {_line(either(row.title))}", _line(either(row.text)), _address(row, settings)]
                parts.append("\n  ".join(line for line in lines if line))
        centre = f"{settings.base_url}/account/notices"
        if left := len(rows) - len(shown):
            more = ngettext("%(n)s more stands here: %(link)s", "%(n)s more stand here: %(link)s", left, link=centre)
            parts.append(more)
        parts.append(gettext("No more mails: %(link)s", link=stop) + "\n" + _how(settings))
    return Letter(subject, "\n\n".join(parts), f"{subject}\n{centre}", stop)


def _how(settings: Settings) -> str:
    return gettext(
        "Where and when we tell you is yours to choose: %(link)s", link=f"{settings.base_url}/account/notices/settings"
    )


def _address(row: Notification, settings: Settings) -> str:
    return f"{settings.base_url}/account/notices/{row.id}"


def _line(text: str) -> str:
    """One line, so that a title cannot pass for more than a title."""
    return " ".join(text.split())
