"""The form of a working calendar: two or more windows a weekday, days off one a line, a zone, a first day."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.accounts.calendars import (
    WEEKDAYS,
    Unusable,
    WorkingCalendar,
    read_days_off,
    spoken,
    write_days_off,
)
from app.forms import Entered, Form, Invalid, Number, read
from app.i18n import gettext as _
from app.i18n import latin_digits

WINDOWS = 4
"""Most windows of a weekday that the form can hold; it shows two, or as many as there are."""


class CalendarForm(Number, Form):
    """What stands beside the hours, which are read by `read_calendar`."""

    valid_from: str = ""
    zone: str = ""
    days_off: str = ""
    seen: int = 0


class NewCalendar:
    """A calendar that somebody entered, from which day it is to hold, and which row the page had shown as the last."""

    def __init__(self, calendar: WorkingCalendar, valid_from: date, seen: int) -> None:
        self.calendar, self.valid_from, self.seen = calendar, valid_from, seen


def read_calendar(data: Mapping[str, Any]) -> NewCalendar:
    """The form as a calendar, or `Invalid` with every mistake beside its field."""
    form = read(data, CalendarForm)
    typed = {name: str(value) for name, value in data.items() if isinstance(value, str)}
    errors: dict[str, list[str]] = {}
    hours: dict[str, list[list[str]]] = {}
    for day in WEEKDAYS:
        try:
            hours[day] = _windows(typed, day)
            if hours[day]:
                WorkingCalendar.parse("UTC", {day: hours[day]})
        except Unusable as wrong:
            errors[day] = [_hours_say(wrong)]
    valid_from = _day(form.valid_from, errors)
    try:
        days_off = read_days_off(form.days_off)
    except Unusable as wrong:
        errors["days_off"], days_off = [_days_off_say(wrong)], {}
    try:
        WorkingCalendar.parse(form.zone, {"sun": [["08:00", "15:00"]]})
    except Unusable:
        errors["zone"] = [_("Choose a time zone by its name, like Asia/Baghdad.")]
    if not errors and not any(hours.values()):
        errors["hours"] = [_("A calendar in which nobody ever works would stop every deadline. Enter hours.")]
    if errors or valid_from is None:
        raise Invalid(Entered(typed, errors))
    written = {day.isoformat(): name for day, name in days_off.items()}
    return NewCalendar(WorkingCalendar.parse(form.zone, hours, written), valid_from, form.seen)


def _windows(typed: Mapping[str, str], day: str) -> list[list[str]]:
    found = []
    for number in range(1, WINDOWS + 1):
        start = latin_digits(typed.get(f"{day}_{number}_from", "")).strip()
        end = latin_digits(typed.get(f"{day}_{number}_to", "")).strip()
        if bool(start) != bool(end):
            raise Unusable("hours", "half", day)
        if start:
            found.append([start, end])
    return found


def _day(text: str, errors: dict[str, list[str]]) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        errors["valid_from"] = [_("Enter a date as year-month-day, like 2026-03-21.")]
        return None


def _hours_say(wrong: Unusable) -> str:
    return {
        "clock": _("Write times like 08:00; the end of the day is 24:00."),
        "order": _("The end must be later than the beginning."),
        "overlap": _("The two times overlap."),
    }.get(wrong.why, _("Enter both the beginning and the end, or neither."))


def _days_off_say(wrong: Unusable) -> str:
    say = {
        "date": _("Line %(line)s: begin with the date as year-month-day, like 2026-03-21."),
        "twice": _("Line %(line)s: this date stands above already."),
        "name": _("Line %(line)s: write the Arabic name behind the date."),
        "parts": _("Line %(line)s: a line holds date, Arabic name and English name, and no more."),
        "long": _("Line %(line)s: the name is too long."),
    }.get(wrong.why)
    return say % {"line": wrong.where} if say else _("These are too many days off.")


def shown(calendar: WorkingCalendar, valid_from: date, seen: int) -> dict[str, str]:
    """A calendar as the fields of the form."""
    values = {
        "valid_from": valid_from.isoformat(),
        "zone": calendar.zone.key,
        "days_off": write_days_off(calendar.days_off),
        "seen": str(seen),
    }
    for day in WEEKDAYS:
        for number, window in enumerate(calendar.hours.get(day, ()), start=1):
            values[f"{day}_{number}_from"], values[f"{day}_{number}_to"] = spoken(window.start), spoken(window.end)
    return values


def rows_shown(values: Mapping[str, str]) -> int:
    """How many windows a weekday the form must show so that none is lost."""
    used = [number for day in WEEKDAYS for number in range(1, WINDOWS + 1) if values.get(f"{day}_{number}_from")]
    return max(2, *used, 2)
