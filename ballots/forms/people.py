"""Forms of those who hold a part of an election: trustees and the credential authority."""

from typing import Literal

from pydantic import Field, field_validator

from app.accounts.forms.fields import email_address, person_name
from app.forms import Form, Number
from app.i18n import gettext as _
from ballots.forms.drafts import YES, Seen, visible
from ballots.rules import MOST_TRUSTEES

NAME = 120


def _name(value: str) -> str:
    return visible(person_name(value))


class Invited(Form):
    """A trustee: the name stands in the public record."""

    name: str = Field(min_length=1, max_length=NAME)
    email: str = Field(min_length=1, max_length=320)
    language: Literal["ar", "en"] = "ar"

    _name = field_validator("name")(_name)
    _email = field_validator("email")(email_address)


class Threshold(Seen, Number):
    """How many trustees are needed for the result."""

    threshold: int = Field(ge=1, le=MOST_TRUSTEES)


class Authority(Form):
    """Who issues the voters' codes. `by_portal`: the portal may send them by its own mail."""

    name: str = Field(min_length=1, max_length=NAME)
    email: str = Field(min_length=1, max_length=320)
    by_portal: str = ""

    _name = field_validator("name")(_name)
    _email = field_validator("email")(email_address)

    @property
    def delivered_by_portal(self) -> bool:
        """As it is stored."""
        return self.by_portal == YES


class Population(Seen):
    """Who may vote, by level of proof and place; no place means everywhere."""

    level: Literal["1", "2", "3"] = "2"
    place: str = Field("", max_length=40)

    @field_validator("place")
    @classmethod
    def _line(cls, value: str) -> str:
        return " ".join(value.split())

    @field_validator("level", mode="before")
    @classmethod
    def _known(cls, value: object) -> object:
        if value not in {"1", "2", "3"}:
            raise ValueError(_("Choose one of the options."))
        return value
