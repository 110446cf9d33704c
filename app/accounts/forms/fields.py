"""Fields that several forms have: addresses, numbers, names, passwords."""

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationInfo

from app.accounts import passwords
from app.accounts.contacts import Contact, Kind, phone_number
from app.accounts.rules import fold_email, password_problem
from app.forms import settings_in
from app.html import local_path
from app.i18n import gettext as _
from app.i18n import ngettext
from crypto.cli.lookalikes import skeleton

_ATOM = r"[^\W_](?:[\w!#$&'*+/^{|}~-]*[\w!#$&*+/^{|}~-])?|_"
_EMAIL = re.compile(rf"(?:{_ATOM})(?:\.(?:{_ATOM}))*@(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_][\w-]*\Z")
"""Atoms of RFC 5322 without the signs that mean something to mail programs (quotes, groups, encoded words, ports)."""

LONGEST_NEXT = 500

Password = Annotated[str, Field(min_length=1, max_length=200)]


def email_address(value: str) -> str:
    """A folded mail address, or a mistake in plain words."""
    folded = fold_email(value)
    if len(folded) > 254 or len(folded.partition("@")[0]) > 64 or not _EMAIL.match(folded):
        raise ValueError(_("Enter a mail address like name@example.org."))
    return folded


def _contact(value: object, info: ValidationInfo) -> Contact:
    """A mail address or, where short messages are sent, a mobile number; or a mistake in plain words."""
    settings = settings_in(info)
    text = value if isinstance(value, str) else ""
    if not text.strip():
        raise ValueError(_("Fill in this field."))
    if "@" in text or (settings is not None and not settings.sends_short_messages):
        return Contact(Kind.MAIL, email_address(text))
    number = phone_number(text, settings.phone_region if settings else "IQ")
    if number is None:
        raise ValueError(_("Enter a mail address like name@example.org, or a mobile number like 0770 123 4567."))
    return Contact(Kind.PHONE, number)


Reached = Annotated[Contact, BeforeValidator(_contact)]
"""One field for either: “email address or phone number”."""


def _local(value: object) -> str:
    """Where one wanted to go: a path of this portal, or nothing."""
    path = local_path(value if isinstance(value, str) else None, "")
    return path if len(path) <= LONGEST_NEXT else ""


Next = Annotated[str, BeforeValidator(_local)]


def person_name(value: str) -> str:
    """A name on one line that somebody can see."""
    name = " ".join(value.split())
    if not skeleton(name):
        raise ValueError(_("Fill in this field."))
    return name


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
