"""Forms: parsed once at the edge into a typed value, or refused with every mistake beside its field."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.i18n import gettext as _
from app.i18n import latin_digits, ngettext
from app.settings import Settings

_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x00AD, 0xFEFF])


class Form(BaseModel):
    """Base of all forms: unknown fields are ignored, texts trimmed and freed of signs that turn other text round."""

    model_config = ConfigDict(str_strip_whitespace=True, frozen=True, extra="ignore")

    @field_validator("*", mode="before")
    @classmethod
    def _clean(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        value = unicodedata.normalize("NFC", value.replace("\r\n", "\n")).translate(_TURNING)
        return "".join(
            letter for letter in value if letter in "\n\t" or unicodedata.category(letter) not in {"Cc", "Cs"}
        )


class Number(Form):
    """Mixin for forms with numbers: Arabic digits are as good as Latin ones."""

    @field_validator("*", mode="before")
    @classmethod
    def _latin(cls, value: Any) -> Any:
        return latin_digits(value) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Entered:
    """What a template needs to show a form again: the values as typed, the mistakes by field."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, list[str]] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """What was typed into a field."""
        return self.values.get(name, "")


class Invalid(Exception):
    """A form with mistakes."""

    def __init__(self, entered: Entered) -> None:
        super().__init__(", ".join(entered.errors))
        self.entered = entered

    @classmethod
    def because(cls, values: Mapping[str, str], **errors: str) -> "Invalid":
        """Mistakes that only the action could find."""
        return cls(Entered(values, {name: [text] for name, text in errors.items()}))


F = TypeVar("F", bound=Form)


async def parse(request: Request, form: type[F]) -> F:
    """The request's form as a typed value, or `Invalid`."""
    _kind, options = parse_options_header(request.headers.get("content-type", ""))
    if options.get(b"charset", b"utf-8").lower() not in {b"utf-8", b"utf8"}:
        raise HTTPException(400)  # browsers send UTF-8; others only to make us run slow or odd decoders
    return read(await request.form(max_files=20, max_fields=200), form, request.app.state.settings)


def read(data: FormData | Mapping[str, Any], form: type[F], settings: Settings | None = None) -> F:
    """Field values as a typed value, or `Invalid`. A field may depend on the settings (`settings_in`)."""
    values = {name: value for name, value in data.items() if not isinstance(value, UploadFile)}
    try:
        return form.model_validate(values, context={"settings": settings})
    except ValidationError as error:
        errors: dict[str, list[str]] = {}
        for item in error.errors(include_url=False):
            name = str(item["loc"][0]) if item["loc"] else "form"
            errors.setdefault(name, []).append(sentence(item))
        kept = {name: str(value) for name, value in values.items() if "password" not in name}
        raise Invalid(Entered(kept, errors)) from None  # the cause would hold what was typed, passwords too


def settings_in(info: ValidationInfo) -> Settings | None:
    """The portal's settings, for a validator; None where a form is read without them."""
    found = (info.context or {}).get("settings")
    return found if isinstance(found, Settings) else None


def sentence(item: Any) -> str:
    """A mistake in plain words, saying what to do."""
    context: dict[str, Any] = item.get("ctx") or {}
    kind = item["type"]
    if kind == "missing" or (kind == "string_too_short" and context.get("min_length") == 1):
        return _("Fill in this field.")
    if kind == "string_too_short":
        least = context["min_length"]
        return ngettext("At least %(n)s character is needed.", "At least %(n)s characters are needed.", least)
    if kind == "string_too_long":
        most = context["max_length"]
        return ngettext("At most %(n)s character fits.", "At most %(n)s characters fit.", most)
    if kind in {"int_parsing", "int_type", "int_from_float"}:
        return _("Enter a whole number.")
    if kind in {"greater_than_equal", "less_than_equal"}:
        return _("The number is outside what is possible here.")
    if kind in {"literal_error", "enum"}:
        return _("Choose one of the options.")
    if kind == "value_error":
        return str(context.get("error", item["msg"]))
    return _("This is not in the form that is needed.")
