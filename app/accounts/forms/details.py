"""The form by which people correct their own details."""

from typing import Literal

from pydantic import Field, field_validator

from app.accounts.forms.fields import person_name
from app.forms import Form


class Details(Form):
    """How somebody is addressed, and in which language."""

    name: str = Field(min_length=1, max_length=200)
    language: Literal["ar", "en"]

    _name = field_validator("name")(person_name)
