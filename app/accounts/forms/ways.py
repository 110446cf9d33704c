"""Forms of signing up and in."""

from pydantic import Field, field_validator

from app.accounts.forms.fields import Next, Password, Reached, new_password, person_name
from app.forms import Form


class SignUp(Form):
    """A wish for an account. The password is chosen later, by whoever holds the address or number."""

    name: str = Field(min_length=1, max_length=200)
    contact: Reached
    next: Next = ""

    _name = field_validator("name")(person_name)


class SignIn(Form):
    """Mail address or phone number, and password."""

    contact: str = Field(min_length=1, max_length=320)
    password: Password
    next: Next = ""


class ResetRequest(Form):
    """Whose password is to be set anew."""

    contact: Reached
    next: Next = ""


class Reset(Form):
    """A new password, under a link from a mail."""

    token: str = Field(min_length=1, max_length=100)
    password: Password

    @field_validator("password")
    @classmethod
    def _strong(cls, value: str) -> str:
        return new_password(value)


class Confirm(Form):
    """A link from a mail, and what the account's holder chooses."""

    token: str = Field(min_length=1, max_length=100)
    name: str = Field(min_length=1, max_length=200)
    password: Password

    _name = field_validator("name")(person_name)

    @field_validator("password")
    @classmethod
    def _strong(cls, value: str) -> str:
        return new_password(value)


class Preferences(Form):
    """How a person reads."""

    lang: str = ""
    numerals: str = ""
    theme: str = ""
    next: str = "/"
