"""Forms of agencies: what an agency says of itself, how it is called, why it changes."""

import re
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from app.accounts.directory import KINDS, LONGEST_SLUG, is_slug
from app.accounts.forms.fields import email_address
from app.forms import Form
from app.i18n import gettext as _
from app.i18n import latin_digits
from crypto.cli.lookalikes import skeleton

NAME = 200
SUMMARY = 600
REASON = 500
_PHONE = re.compile(r"\+?\d[\d ()/-]{1,38}\Z")
_HOST = re.compile(r"[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)+\Z")


def one_line(value: str) -> str:
    """A text on one line."""
    return " ".join(value.split())


def seen_name(value: str) -> str:
    """A name on one line that somebody can see."""
    name = one_line(value)
    if not skeleton(name):
        raise ValueError(_("Fill in this field."))
    return name


def optional_name(value: str) -> str:
    """The same, or nothing."""
    return seen_name(value) if value.strip() else ""


def optional_email(value: str) -> str:
    """A mail address, or nothing."""
    return email_address(value) if value.strip() else ""


def optional_phone(value: str) -> str:
    """A number to dial, with Latin digits, or nothing."""
    number = one_line(latin_digits(value))
    if number and not _PHONE.match(number):
        raise ValueError(_("Enter a number that can be dialled, like +964 770 000 0000 or 104."))
    return number


def optional_website(value: str) -> str:
    """An address of the web, or nothing. Without `https://` it is put in front."""
    text = value.strip()
    if not text:
        return ""
    if "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        host, right = parts.hostname or "", parts.port is None or parts.port > 0
    except ValueError:
        host, right = "", False
    clean = parts.scheme in {"http", "https"} and not parts.username and not re.search(r"[\s\"<>\\]", text)
    if not (right and clean and _HOST.match(host)):
        raise ValueError(_("Enter the address of a website, like https://example.org."))
    return text


def optional_slug(value: str) -> str:
    """The last part of an agency's address, or nothing, so that it is made of the name."""
    slug = value.strip().casefold()
    if slug and not is_slug(slug):
        raise ValueError(_("Use small Latin letters, digits and single hyphens, like water-capital."))
    return slug


def known_kind(value: str) -> str:
    """One of the kinds."""
    if value not in KINDS:
        raise ValueError(_("Choose one of the options."))
    return value


def both(arabic: str, english: str) -> dict[str, str]:
    """A text as it is stored: without the languages that are missing."""
    return {language: text for language, text in (("ar", arabic), ("en", english)) if text}


class About(Form):
    """What an agency says of itself."""

    summary_ar: str = Field("", max_length=SUMMARY)
    summary_en: str = Field("", max_length=SUMMARY)
    email: str = Field("", max_length=320)
    phone: str = Field("", max_length=40)
    website: str = Field("", max_length=300)
    address_ar: str = Field("", max_length=300)
    address_en: str = Field("", max_length=300)

    _email = field_validator("email")(optional_email)
    _phone = field_validator("phone")(optional_phone)
    _website = field_validator("website")(optional_website)
    _lines = field_validator("summary_ar", "summary_en", "address_ar", "address_en")(one_line)

    @property
    def summary(self) -> dict[str, str]:
        """As it is stored."""
        return both(self.summary_ar, self.summary_en)

    @property
    def address(self) -> dict[str, str]:
        """As it is stored."""
        return both(self.address_ar, self.address_en)

    def contact(self) -> dict[str, Any]:
        """The columns of it."""
        return {
            "summary": self.summary,
            "email": self.email,
            "phone": self.phone,
            "website": self.website,
            "address": self.address,
        }


class Named(Form):
    """How an agency is called, and what it is."""

    name_ar: str = Field(min_length=1, max_length=NAME)
    name_en: str = Field("", max_length=NAME)
    slug: str = Field("", max_length=LONGEST_SLUG)
    kind: str
    place: str = Field("", max_length=40)

    _arabic = field_validator("name_ar")(seen_name)
    _english = field_validator("name_en")(optional_name)
    _slug = field_validator("slug")(optional_slug)
    _kind = field_validator("kind")(known_kind)
    _place = field_validator("place")(one_line)

    @property
    def name(self) -> dict[str, str]:
        """As it is stored."""
        return both(self.name_ar, self.name_en)


class Founding(About, Named):
    """A new agency."""

    parent: str = Field("", max_length=LONGEST_SLUG)


class Seen(Form):
    """The state of an agency that the page showed."""

    version: int = 0


class Edited(About, Seen):
    """What an agency says of itself, anew."""


class Reasoned(Seen):
    """A step that everybody can read of, and why."""

    reason: str = Field(min_length=1, max_length=REASON)

    _line = field_validator("reason")(one_line)


class Renaming(Named, Reasoned):
    """Another name, another address or another kind."""


class Moving(Reasoned):
    """Another place in the tree; no slug is the top."""

    under: str = Field("", max_length=LONGEST_SLUG)


class Merging(Reasoned):
    """Into which agency, in the state that the page showed."""

    into: str = Field(min_length=1, max_length=LONGEST_SLUG)
    into_version: int = 0


class UnitNamed(Form):
    """A unit: its name, and where mails for it go."""

    name_ar: str = Field(min_length=1, max_length=NAME)
    name_en: str = Field("", max_length=NAME)
    email: str = Field("", max_length=320)

    _arabic = field_validator("name_ar")(seen_name)
    _english = field_validator("name_en")(optional_name)
    _email = field_validator("email")(optional_email)

    @property
    def name(self) -> dict[str, str]:
        """As it is stored."""
        return both(self.name_ar, self.name_en)


class DocumentTitled(Form):
    """The title of a document in both languages."""

    title_ar: str = Field(min_length=1, max_length=NAME)
    title_en: str = Field("", max_length=NAME)

    _arabic = field_validator("title_ar")(seen_name)
    _english = field_validator("title_en")(optional_name)

    @property
    def title(self) -> dict[str, str]:
        """As it is stored."""
        return both(self.title_ar, self.title_en)
