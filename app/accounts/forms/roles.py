"""Forms of ending a role and of handing it over."""

from datetime import date
from typing import Any

from pydantic import Field, field_validator

from app.accounts.forms.fields import email_address
from app.accounts.roles import REASON_LENGTH
from app.forms import Form
from app.i18n import gettext as _
from app.i18n import latin_digits


def day(value: Any) -> date | None:
    """A day as a date field sends it, None for an empty one, or a mistake in plain words."""
    if value is None or isinstance(value, date):
        return value
    text = latin_digits(str(value)).strip()
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.min
    if not 2000 <= found.year <= 2200:  # beyond, no zone can tell the time
        raise ValueError(_("Enter a day like 2027-03-31."))
    return found


class End(Form):
    """Why a role ends."""

    reason: str = Field(min_length=1, max_length=REASON_LENGTH)


class HandOver(Form):
    """Who stands in, and on which days."""

    email: str
    first: date | None = None
    last: date | None = None

    _address = field_validator("email")(email_address)
    _first = field_validator("first", mode="before")(day)
    _last = field_validator("last", mode="before")(day)

    @field_validator("first", "last")
    @classmethod
    def _given(cls, value: date | None) -> date:
        if value is None:
            raise ValueError(_("Fill in this field."))
        return value

    @property
    def days(self) -> tuple[date, date]:
        """First and last day, which the form has asked for."""
        assert self.first is not None
        assert self.last is not None
        return self.first, self.last
