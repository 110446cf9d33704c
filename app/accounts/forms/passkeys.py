"""Forms of passkeys: what a person types, and what the browser's script sends as JSON."""

from typing import Any

from pydantic import Field, field_validator

from app.accounts.forms.fields import person_name
from app.forms import Form


class Named(Form):
    """What a passkey is called."""

    name: str = Field(min_length=1, max_length=100)

    _name = field_validator("name")(person_name)


class Made(Named):
    """A passkey that the browser has made, in answer to a challenge."""

    token: str = Field(min_length=43, max_length=43)
    credential: dict[str, Any]


class Shown(Form):
    """An answer to a challenge by a passkey that there is."""

    token: str = Field(min_length=43, max_length=43)
    credential: dict[str, Any]
    next: str = ""
