"""The form by which people choose how they are told."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from app.forms import Number
from app.i18n import gettext as _
from app.notices.rules import DIGEST_HOUR, Channel, Rhythm, lies_in


class Choice(Number):
    """Where, how often, and when not."""

    channel: Channel
    rhythm: Rhythm
    digest_hour: int = Field(DIGEST_HOUR, ge=0, le=23)
    quiet_from: int | None = Field(None, ge=0, le=23)
    quiet_until: int | None = Field(None, ge=0, le=23, validate_default=True)

    @field_validator("quiet_from", "quiet_until", mode="before")
    @classmethod
    def _empty(cls, value: Any) -> Any:
        return value or None

    @field_validator("quiet_until")
    @classmethod
    def _whole(cls, value: int | None, info: ValidationInfo) -> int | None:
        if "quiet_from" not in info.data:
            return value  # which has a mistake of its own
        start = info.data["quiet_from"]
        if (start is None) != (value is None):
            raise ValueError(_("Choose both hours, or neither."))
        if value is not None and value == start:
            raise ValueError(_("Choose another hour than that at which it begins."))
        if info.data.get("rhythm") == Rhythm.DAILY and lies_in(info.data.get("digest_hour"), start, value):
            raise ValueError(_("The hour of the daily message lies in this time. Move one of the two."))
        return value

    def typed(self) -> Mapping[str, str]:
        """The values as they were typed, to show the form again."""
        return {name: "" if value is None else str(value) for name, value in self.model_dump().items()}
