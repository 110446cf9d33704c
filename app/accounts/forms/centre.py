"""Forms of the service centre."""

import re
from typing import Literal

from pydantic import Field, field_validator

from app.accounts.forms.fields import Reached, person_name
from app.accounts.forms.register import ClaimForm
from app.accounts.visits import DOCUMENTS, LONGEST, NOTED, SHORTEST
from app.forms import Form
from app.i18n import gettext as _
from app.i18n import latin_digits


class Begin(Form):
    """Whom an agent is to act for, where, and how that person proves to be there."""

    contact: Reached
    agency: str = Field("", max_length=20)
    method: Literal["code", "identity"] = "code"


class Identity(ClaimForm):
    """A document that the agent has looked at; number and birth date when the account is not matched yet."""

    document: str
    document_end: str

    @field_validator("document")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in DOCUMENTS:
            raise ValueError(_("Choose one of the options."))
        return value

    @field_validator("document_end")
    @classmethod
    def _short(cls, value: str) -> str:
        end = latin_digits(value).upper()
        if not re.fullmatch(rf"[^\W_]{{{NOTED}}}", end):
            raise ValueError(_("Enter the last three characters only, letters or digits."))
        return end


class NewPerson(Form):
    """The name of somebody who has no account yet."""

    name: str = Field(min_length=1, max_length=200)

    _name = field_validator("name")(person_name)


class Words(Form):
    """A dispute, or the decision on one."""

    text: str = Field(min_length=SHORTEST, max_length=LONGEST)
