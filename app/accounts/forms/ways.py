"""Forms of signing up and in."""

from pydantic import Field, field_validator

from app.accounts.forms.fields import Password, email_address, new_password, person_name
from app.forms import Form


class SignUp(Form):
    """A wish for an account. The password is chosen under the link in the mail, by whoever holds the address."""

    name: str = Field(min_length=1, max_length=200)
    email: str

    _address = field_validator("email")(email_address)
    _name = field_validator("name")(person_name)


class SignIn(Form):
    """Mail address and password."""

    email: str = Field(min_length=1, max_length=320)
    password: Password
    next: str = ""


class ResetRequest(Form):
    """Whose password is to be set anew."""

    email: str

    _address = field_validator("email")(email_address)


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
