"""Forms of administration."""

from datetime import datetime
from typing import Literal

from pydantic import Field, field_validator, model_validator

from app.forms import Form, Number
from app.i18n import gettext as _


class Text(Form):
    """A text of a page in both languages; empty means ours."""

    ar: str = Field("", max_length=60_000)
    en: str = Field("", max_length=60_000)
    version: int = 0


class Letter(Form):
    """A mail in both languages; empty means ours."""

    subject_ar: str = Field("", max_length=200)
    subject_en: str = Field("", max_length=200)
    body_ar: str = Field("", max_length=10_000)
    body_en: str = Field("", max_length=10_000)
    version: int = 0


class Announcement(Form):
    """A banner."""

    ar: str = Field(min_length=1, max_length=500)
    en: str = Field("", max_length=500)
    kind: Literal["info", "warn"] = "info"
    url: str = Field("", max_length=500)
    starts: str = ""
    ends: str

    @field_validator("url")
    @classmethod
    def _local(cls, value: str) -> str:
        if value and not (value.startswith("/") and not value.startswith("//")):
            raise ValueError(_("Enter a path of this portal that begins with /."))
        return value

    @field_validator("starts", "ends")
    @classmethod
    def _moment(cls, value: str) -> str:
        if value:
            try:
                datetime.fromisoformat(value)
            except ValueError:
                raise ValueError(_("Enter day and time, such as 2026-12-31T18:00.")) from None
        return value

    @model_validator(mode="after")
    def _has_end(self) -> "Announcement":
        if not self.ends:
            raise ValueError(_("Say when it ends."))
        return self


class Choices(Number):
    """Values as typed; each is checked against its own limits by the action."""

    model_config = Number.model_config | {"extra": "allow"}


class Reason(Form):
    """Why something is done, for the audit trail and whoever asks later."""

    reason: str = Field(min_length=3, max_length=500)
