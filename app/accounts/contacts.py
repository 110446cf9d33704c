"""Mail addresses and phone numbers as ways to reach somebody. Pure: no database, no clock, no request."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import phonenumbers

from app.accounts.rules import fold_email
from app.i18n import latin_digits

_NUMBER = re.compile(r"[+(\d][\d\s().+/-]{3,38}\Z")
_INVISIBLE = dict.fromkeys([0x200E, 0x200F])
"""Marks of direction that come along when a number is copied."""
_REACHED = frozenset({phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE})


class Kind(StrEnum):
    """How somebody is reached."""

    MAIL = "mail"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Contact:
    """A folded mail address, or a number in E.164."""

    kind: Kind
    value: str

    @classmethod
    def of(cls, value: str) -> "Contact":
        """A contact from how it is stored."""
        return cls(Kind.MAIL if "@" in value else Kind.PHONE, value)

    @property
    def column(self) -> str:
        """Name of the column of a person that holds it."""
        return "email" if self.kind is Kind.MAIL else "phone"

    @property
    def where(self) -> dict[str, Any]:
        """Finds the person who has it."""
        return {self.column: self.value}

    @property
    def shown(self) -> str:
        """As people read it, from left to right."""
        return self.value if self.kind is Kind.MAIL else shown_number(self.value)


def phone_number(text: str, region: str) -> str | None:
    """E.164 of a mobile number as it was typed, with Arabic digits too; None when it is none."""
    typed = latin_digits(text.translate(_INVISIBLE)).strip()
    if not _NUMBER.match(typed):
        return None
    try:
        found = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(found) or phonenumbers.number_type(found) not in _REACHED:
        return None
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)


def shown_number(number: str) -> str:
    """A number in groups, with the code of its country."""
    try:
        found = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def meant(text: str, region: str) -> Contact | None:
    """Whom somebody means who signs in; None when it cannot be anybody."""
    if "@" in text:
        return Contact(Kind.MAIL, fold_email(text))
    number = phone_number(text, region)
    return Contact(Kind.PHONE, number) if number else None
