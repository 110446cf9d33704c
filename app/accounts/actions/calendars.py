"""What can be done with working calendars: set one from a day on, or go back to that of the level above."""

from datetime import date, datetime

from app import audit
from app.accounts.actions.tree import Outdated, tree_change
from app.accounts.calendars import WorkingCalendar
from app.accounts.models import Agency, Calendar
from app.audit import Actor
from app.forms import Invalid
from app.i18n import gettext as _


async def put(
    agency: Agency | None,
    calendar: WorkingCalendar | None,
    valid_from: date,
    seen: int,
    *,
    actor: Actor,
    today: date,
    now: datetime,
) -> Calendar:
    """A calendar from a day on, for an agency or the portal. None: that of the level above, from that day on.

    `seen` is the row that the page showed as the last one: whoever was slower does not undo what they never saw.
    Days that have passed stay as they were, because deadlines were counted by them.
    """
    if valid_from < today:
        raise Invalid.because({}, valid_from=_("Days that have passed stay as they were. Choose today or a later day."))
    number = agency.id if agency else None
    async with tree_change():
        if agency is not None and not await Agency.filter(id=agency.id, closed_at=None).exists():
            raise Invalid.because({}, form=_("This agency is closed."))
        last = await Calendar.filter(agency_id=number).order_by("-id").first()
        if (last.id if last else 0) != seen:
            raise Outdated
        zone, hours, days_off = calendar.stored() if calendar else ("UTC", {}, {})
        row = await Calendar.create(
            agency_id=number,
            valid_from=valid_from,
            zone=zone,
            hours=hours,
            days_off=days_off,
            made_at=now,
            made_by=actor.text,
        )
        target = f"agency:{number}" if number else "portal"
        details = {"calendar": row.id, "from": valid_from.isoformat(), "own": calendar is not None}
        await audit.record(actor, "set_calendar", target, now=now, details=details)
    return row
