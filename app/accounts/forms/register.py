"""Forms of the civil register. What was typed is never given back: neither to the page nor in an exception."""

from datetime import date

from pydantic import Field

from app.accounts.register import Claim, Unreadable, day_of, number_of
from app.forms import Entered, Form, Invalid
from app.i18n import format_number
from app.i18n import gettext as _

FIELDS = ("national_number", "birth_day", "birth_month", "birth_year")


class ClaimForm(Form):
    """The number on the identity card and the birth date, in three fields."""

    national_number: str = Field("", max_length=60, repr=False)
    birth_day: str = Field("", max_length=20, repr=False)
    birth_month: str = Field("", max_length=20, repr=False)
    birth_year: str = Field("", max_length=20, repr=False)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was entered."""
        return not any((self.national_number, self.birth_day, self.birth_month, self.birth_year))

    def claim(self, digits: int, today: date) -> Claim:
        """Number and date, or every mistake beside its field."""
        errors: dict[str, list[str]] = {}
        number, born = "", today
        try:
            number = number_of(self.national_number, digits)
        except Unreadable:
            errors["national_number"] = [_("Enter the %(digits)s digits of the number.", digits=format_number(digits))]
        try:
            born = day_of(self.birth_year, self.birth_month, self.birth_day, today)
        except Unreadable:
            errors["birth_day"] = [_("Enter day, month and year of birth, such as 5, 3 and 1985.")]
        if errors:
            raise Invalid(Entered({}, errors))
        return Claim(number, born)


def without_secrets(invalid: Invalid) -> Invalid:
    """The same mistakes without number and date, which are typed anew."""
    kept = {name: value for name, value in invalid.entered.values.items() if name not in FIELDS}
    return Invalid(Entered(kept, invalid.entered.errors))


class ImportForm(Form):
    """How an import is to be called, and whether it takes the place of those before it."""

    name: str = Field("", max_length=40)
    replace: str = ""
