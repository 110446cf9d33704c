"""Fields that several forms have: addresses, names, passwords."""

import re
from typing import Annotated

from pydantic import Field

from app.accounts import passwords
from app.accounts.rules import fold_email, password_problem
from app.i18n import gettext as _
from app.i18n import ngettext
from crypto.cli.lookalikes import skeleton

_ATOM = r"[^\W_](?:[\w!#$&'*+/^{|}~-]*[\w!#$&*+/^{|}~-])?|_"
_EMAIL = re.compile(rf"(?:{_ATOM})(?:\.(?:{_ATOM}))*@(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_][\w-]*\Z")
"""Atoms of RFC 5322 without the signs that mean something to mail programs (quotes, groups, encoded words, ports)."""

Password = Annotated[str, Field(min_length=1, max_length=200)]


def email_address(value: str) -> str:
    """A folded mail address, or a mistake in plain words."""
    folded = fold_email(value)
    if len(folded) > 254 or len(folded.partition("@")[0]) > 64 or not _EMAIL.match(folded):
        raise ValueError(_("Enter a mail address like name@example.org."))
    return folded


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
