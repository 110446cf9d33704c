"""Settings that may be changed while the portal runs, by category; the rest are variables of the environment."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.admin.models import Choice
from app.i18n import mark as _


@dataclass(frozen=True, slots=True)
class Definition:
    """A number that an administrator may choose."""

    key: str
    category: str
    says: str
    why: str
    default: int
    least: int
    most: int


RETENTION = _("How long things are kept")

DEFINITIONS: Mapping[str, Definition] = {
    definition.key: definition
    for definition in (
        Definition(
            "keep_notifications",
            RETENTION,
            _("Days for notifications that were read"),
            _("Unread ones stay twice as long."),
            365,
            30,
            3650,
        ),
        Definition(
            "keep_mails",
            RETENTION,
            _("Days for the list of mails that were sent"),
            _("What was in a mail is forgotten as soon as it was handed over."),
            30,
            7,
            365,
        ),
        Definition("keep_jobs", RETENTION, _("Days for jobs that were done"), _("Failed ones stay."), 7, 1, 90),
        Definition(
            "keep_drafts",
            RETENTION,
            _("Days for drafts that were never sent"),
            _("Their writers see the date beside each draft."),
            30,
            1,
            365,
        ),
        Definition(
            "keep_unconfirmed",
            RETENTION,
            _("Days for accounts that were never confirmed"),
            _("Their address is free for a new try afterwards."),
            14,
            4,
            90,
        ),
    )
}
"""Key -> what may be chosen."""


async def chosen(key: str) -> int:
    """The value in force."""
    definition = DEFINITIONS[key]
    row = await Choice.get_or_none(key=key)
    return row.value if row is not None and isinstance(row.value, int) else definition.default


async def all_chosen() -> dict[str, int]:
    """Every value in force."""
    rows = {row.key: row.value for row in await Choice.all()}
    return {
        key: value if isinstance(value := rows.get(key), int) else definition.default
        for key, definition in DEFINITIONS.items()
    }
