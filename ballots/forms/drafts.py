"""Forms of a draft: what it is called and when it runs, its questions, a copy, an end."""

from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from app.accounts.forms.agencies import both, one_line, optional_email
from app.forms import Form, settings_in
from app.i18n import format_number, latin_digits, reader
from app.i18n import gettext as _
from ballots.rules import BETWEEN, LONGEST_TEXT, LONGEST_TITLE, MOST_ANSWERS, SHORTEST_VOTE, Question
from crypto.cli.lookalikes import is_deceptive, skeleton

DESCRIPTION = 4000
REASON = 500
YES = "yes"


def _moment(value: Any, info: ValidationInfo) -> datetime | None:
    """A moment as a browser gives it, in the portal's zone; None for an empty field."""
    if value is None or isinstance(value, datetime):
        return value
    text = latin_digits(str(value)).strip()
    if not text:
        return None
    settings = settings_in(info)
    zone = ZoneInfo(settings.time_zone) if settings else reader().zone
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None or not 2000 <= found.year <= 2200:  # beyond, no zone can tell the time
            raise ValueError
    except ValueError:
        raise ValueError(_("Enter day and time, such as 2026-12-31T18:00.")) from None
    return found.replace(tzinfo=zone).astimezone(UTC)


Moment = Annotated[datetime | None, BeforeValidator(_moment)]


class Seen(Form):
    """The state of the draft that the page showed."""

    version: int = 0


class Basics(Seen):
    """What an election is called, whom to ask, when it runs."""

    title_ar: str = Field("", max_length=LONGEST_TITLE)
    title_en: str = Field("", max_length=LONGEST_TITLE, validate_default=True)
    description_ar: str = Field("", max_length=DESCRIPTION)
    description_en: str = Field("", max_length=DESCRIPTION)
    contact: str = Field("", max_length=320)
    opens_at: Moment = None
    closes_at: Moment = None
    count_from: Moment = None
    sign_in: str = ""
    is_test: str = ""

    _contact = field_validator("contact")(optional_email)

    @field_validator("title_ar", "title_en")
    @classmethod
    def _line(cls, value: str) -> str:
        return visible(one_line(value))

    @field_validator("title_en")
    @classmethod
    def _either(cls, value: str, info: ValidationInfo) -> str:
        if not value and not info.data.get("title_ar", "-"):
            raise ValueError(_("Give the election a title, in Arabic or in English."))
        return value

    @field_validator("closes_at")
    @classmethod
    def _after(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        opens = info.data.get("opens_at")
        if value is not None and opens is not None and value - opens < SHORTEST_VOTE:
            raise ValueError(_("The vote must close after it opens, five minutes later at least."))
        return value

    @field_validator("count_from")
    @classmethod
    def _later(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        closes = info.data.get("closes_at")
        if value is not None and (closes is None or value < closes):
            raise ValueError(_("The count begins after the close. Leave this empty to begin at once."))
        return value

    @property
    def title(self) -> dict[str, str]:
        """As it is stored."""
        return both(self.title_ar, self.title_en)

    @property
    def description(self) -> dict[str, str]:
        """As it is stored."""
        return both(self.description_ar, self.description_en)

    def columns(self) -> dict[str, Any]:
        """The columns of it."""
        return {
            "title": self.title,
            "description": self.description,
            "contact": self.contact,
            "opens_at": self.opens_at,
            "closes_at": self.closes_at,
            "count_from": self.count_from,
            "sign_in": self.sign_in == YES,
            "is_test": self.is_test == YES,
        }


class New(Basics):
    """A new election, and whose it is: the number of an agency, or 0 for the whole portal."""

    agency: str = Field("0", pattern=r"^[0-9]{1,18}$")

    @property
    def agency_id(self) -> int | None:
        """The number of the agency; None for the whole portal."""
        return int(self.agency) or None


def visible(text: str) -> str:
    """A text that shows something, if there is any."""
    if is_deceptive(text):
        raise ValueError(_("There are invisible signs in this text. Type it anew."))
    return text


def lines(text: str) -> list[str]:
    """Answers, one a line; lines at the end that are empty count for nothing."""
    found = [one_line(line) for line in text.split("\n")]
    while found and not found[-1]:
        found.pop()
    return found


class Asked(Seen):
    """A question. Answers stand one a line in each language, in the same order."""

    question_ar: str = Field("", max_length=LONGEST_TEXT)
    question_en: str = Field("", max_length=LONGEST_TEXT, validate_default=True)
    answers_ar: str = Field("", max_length=MOST_ANSWERS * (LONGEST_TEXT + 1))
    answers_en: str = Field("", max_length=MOST_ANSWERS * (LONGEST_TEXT + 1), validate_default=True)
    min: int = Field(1, ge=0, le=MOST_ANSWERS)
    max: int = Field(1, ge=1, le=MOST_ANSWERS, validate_default=True)
    blank: str = ""
    shuffle: str = ""

    @field_validator("min", "max", mode="before")
    @classmethod
    def _latin(cls, value: Any) -> Any:
        return latin_digits(value) if isinstance(value, str) else value

    @field_validator("question_ar", "question_en")
    @classmethod
    def _line(cls, value: str) -> str:
        if BETWEEN in value:
            raise ValueError(
                _("A slash between spaces separates the two languages in the record. Write it without the spaces.")
            )
        return visible(one_line(value))

    @field_validator("question_en")
    @classmethod
    def _either(cls, value: str, info: ValidationInfo) -> str:
        if not value and not info.data.get("question_ar", "-"):
            raise ValueError(_("Write the question, in Arabic or in English."))
        return value

    @field_validator("answers_ar", "answers_en")
    @classmethod
    def _answers(cls, value: str) -> str:
        found = lines(value)
        seen: dict[str, int] = {}
        if len(found) > MOST_ANSWERS:
            raise ValueError(_("At most %(most)s answers fit.", most=format_number(MOST_ANSWERS)))
        for number, text in enumerate(found, 1):
            where = format_number(number)
            if not text:
                raise ValueError(_("Line %(line)s is empty. Write one answer a line.", line=where))
            if len(text) > LONGEST_TEXT:
                most = format_number(LONGEST_TEXT)
                raise ValueError(_("Line %(line)s is longer than %(most)s characters.", line=where, most=most))
            if is_deceptive(text):
                raise ValueError(_("There are invisible signs in line %(line)s. Type it anew.", line=where))
            if BETWEEN in text:
                raise ValueError(
                    _(
                        "A slash between spaces separates the two languages in the record. Write the one in line "
                        "%(line)s without the spaces.",
                        line=where,
                    )
                )
            if (key := skeleton(text)) in seen:
                other = format_number(seen[key])
                raise ValueError(
                    _("Line %(line)s cannot be told from line %(other)s. Make them differ.", line=where, other=other)
                )
            seen[key] = number
        return "\n".join(found)

    @field_validator("answers_en")
    @classmethod
    def _as_many(cls, value: str, info: ValidationInfo) -> str:
        if "answers_ar" not in info.data:
            return value
        arabic, english = lines(info.data["answers_ar"]), lines(value)
        if not arabic and not english:
            raise ValueError(_("Write the answers, one a line, in Arabic or in English."))
        if arabic and english and len(arabic) != len(english):
            raise ValueError(
                _(
                    "There are %(arabic)s answers in Arabic and %(english)s in English. Give each of them in both.",
                    arabic=format_number(len(arabic)),
                    english=format_number(len(english)),
                )
            )
        return value

    @field_validator("max")
    @classmethod
    def _within(cls, value: int, info: ValidationInfo) -> int:
        if value < info.data.get("min", 0):
            raise ValueError(_("The largest number of choices is smaller than the least."))
        given = max(len(lines(info.data.get(name, ""))) for name in ("answers_ar", "answers_en"))
        if given and value > given:
            raise ValueError(_("There are only %(n)s answers to choose from.", n=format_number(given)))
        return value

    @property
    def answers(self) -> tuple[dict[str, str], ...]:
        """As they are stored."""
        arabic, english = lines(self.answers_ar), lines(self.answers_en)
        count = max(len(arabic), len(english))
        arabic, english = arabic or [""] * count, english or [""] * count
        return tuple(both(*pair) for pair in zip(arabic, english, strict=True))

    @property
    def asked(self) -> Question:
        """The question that was entered."""
        return Question(
            both(self.question_ar, self.question_en),
            self.answers,
            self.min,
            self.max,
            self.blank == YES,
            self.shuffle == YES,
        )


class Copying(Form):
    """A copy: for a trial, or to be held."""

    as_test: str = ""


class Cancelling(Form):
    """Why an election is not held. Everybody may read it."""

    reason: str = Field(min_length=3, max_length=REASON)

    _line = field_validator("reason")(one_line)


class Resuming(Form):
    """Why a paused vote goes on. Everybody may read it."""

    reason: str = Field(min_length=3, max_length=REASON)

    _line = field_validator("reason")(one_line)


class Extending(Form):
    """A later closing time, and why. Everybody may read it."""

    closes_at: Moment
    reason: str = Field(min_length=3, max_length=REASON)

    _line = field_validator("reason")(one_line)

    @field_validator("closes_at")
    @classmethod
    def _given(cls, value: datetime | None) -> datetime | None:
        if value is None:
            raise ValueError(_("Fill in this field."))
        return value
