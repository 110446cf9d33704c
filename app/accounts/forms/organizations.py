"""Forms of companies and associations."""

from typing import Literal

from pydantic import Field, field_validator

from app.accounts.forms.fields import email_address
from app.accounts.powers import POWERS
from app.forms import Form, Number
from app.i18n import gettext as _


class Founding(Number):
    """A company or an association, as its register knows it."""

    kind: Literal["company", "association"]
    name_ar: str = Field(min_length=2, max_length=200)
    name_en: str = Field("", max_length=200)
    number: str = Field(min_length=2, max_length=40)
    email: str = Field("", max_length=320)
    phone: str = Field("", max_length=40)
    address: str = Field("", max_length=300)

    @field_validator("number")
    @classmethod
    def _plain(cls, value: str) -> str:
        number = "".join(value.upper().split())
        if not all(letter.isalnum() or letter in "-/." for letter in number):
            raise ValueError(_("Enter the number as the register writes it: digits, letters, - and /."))
        return number

    @field_validator("email")
    @classmethod
    def _address(cls, value: str) -> str:
        return email_address(value) if value else ""


class Invite(Form):
    """Somebody who is to act for the organization, and in what."""

    email: str
    powers: list[str] = Field(default_factory=list)

    _address = field_validator("email")(email_address)

    @field_validator("powers", mode="before")
    @classmethod
    def _several(cls, value: object) -> list[str]:
        chosen = value if isinstance(value, list) else [value]
        return [str(power) for power in chosen if power]

    @field_validator("powers")
    @classmethod
    def _known(cls, value: list[str]) -> list[str]:
        if not value:
            raise ValueError(_("Choose at least one power."))
        if not set(value) <= set(POWERS):
            raise ValueError(_("Choose one of the options."))
        return sorted(set(value))


class Decision(Form):
    """What an administrator decides about an organization."""

    verdict: Literal["confirmed", "refused"]
    reason: str = Field("", max_length=500)
