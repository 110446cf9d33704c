"""Forms of codes and of contacts."""

from typing import Literal

from pydantic import Field, field_validator

from app.accounts.codes import DIGITS, typed_digits
from app.accounts.forms.fields import Next, Reached
from app.forms import Form
from app.i18n import gettext as _


class Enter(Form):
    """A code from a mail or a short message."""

    code: str = Field(min_length=1, max_length=40)

    @field_validator("code")
    @classmethod
    def _six(cls, value: str) -> str:
        digits = typed_digits(value)
        if len(digits) != DIGITS:
            raise ValueError(_("Enter the six digits of the code."))
        return digits


class NewContact(Form):
    """An address or a number at which one wants to be reached."""

    contact: Reached
    next: Next = ""


class OldContact(Form):
    """Which of the two to remove."""

    kind: Literal["mail", "phone"]
