"""Forms of the account pages."""

import re
from typing import Annotated

from pydantic import Field, field_validator

from app.accounts import passwords
from app.accounts.rules import fold_email, password_problem
from app.forms import Form
from app.i18n import gettext as _
from app.i18n import ngettext

_EMAIL = re.compile(r"[^@\s,;<>()\"\\]{1,64}@[^@\s,;<>()\"\\.]+(?:\.[^@\s,;<>()\"\\.]+)+\Z")

Password = Annotated[str, Field(min_length=1, max_length=200)]


def email_address(value: str) -> str:
    """A folded mail address, or a mistake in plain words."""
    folded = fold_email(value)
    if len(folded) > 320 or not _EMAIL.match(folded):
        raise ValueError(_("Enter a mail address like name@example.org."))
    return folded


def new_password(value: str, email: str = "") -> str:
    """A password that will do, or a mistake in plain words."""
    match password_problem(value, email, passwords.LEAST):
        case "short":
            least = passwords.LEAST
            raise ValueError(ngettext("Use at least %(n)s character.", "Use at least %(n)s characters.", least))
        case "common":
            raise ValueError(_("This password is among the first that anybody would try. Choose another."))
        case "same":
            raise ValueError(_("Do not use your mail address as your password."))
    return value


class SignUp(Form):
    """A new account."""

    name: str = Field(min_length=1, max_length=200)
    email: str
    password: Password

    _address = field_validator("email")(email_address)

    @field_validator("password")
    @classmethod
    def _strong(cls, value: str, info: object) -> str:
        data: dict[str, str] = getattr(info, "data", {})
        return new_password(value, data.get("email", ""))


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
    """A link from a mail."""

    token: str = Field(min_length=1, max_length=100)


class Preferences(Form):
    """How a person reads."""

    lang: str = ""
    numerals: str = ""
    theme: str = ""
    next: str = "/"
