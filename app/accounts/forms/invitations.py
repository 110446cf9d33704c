"""The form of inviting somebody to a role."""

import re
from datetime import date

from pydantic import Field, field_validator

from app.accounts.forms.fields import email_address
from app.accounts.forms.roles import day
from app.accounts.roles import REASON_LENGTH
from app.forms import Form
from app.i18n import gettext as _
from app.policy import Role

PORTAL = "portal"
_PLACE = re.compile(r"([au])([1-9][0-9]{0,17})\Z", re.ASCII)


class Invite(Form):
    """An offer: to whom, which role, where, until when. `place` is `portal`, `a12` (an agency) or `u5` (a unit)."""

    email: str
    role: Role
    place: str
    until: date | None = None
    reason: str = Field("", max_length=REASON_LENGTH)

    _address = field_validator("email")(email_address)
    _until = field_validator("until", mode="before")(day)

    @field_validator("role", mode="before")
    @classmethod
    def _known(cls, value: object) -> object:
        if value not in set(Role):
            raise ValueError(_("Choose one of the options."))
        return value

    @field_validator("place")
    @classmethod
    def _somewhere(cls, value: str) -> str:
        if value != PORTAL and not _PLACE.match(value):
            raise ValueError(_("Choose one of the options."))
        return value

    @property
    def agency(self) -> int | None:
        """The agency that was chosen as such."""
        return _number(self.place, "a")

    @property
    def unit(self) -> int | None:
        """The unit that was chosen."""
        return _number(self.place, "u")


def _number(place: str, kind: str) -> int | None:
    found = _PLACE.match(place)
    return int(found[2]) if found and found[1] == kind else None
