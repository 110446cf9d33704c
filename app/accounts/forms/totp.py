"""Forms of an authenticator app and of printed codes."""

from pydantic import Field

from app.forms import Form


class Confirmed(Form):
    """The first code of an app."""

    code: str = Field(min_length=1, max_length=40)


class Second(Form):
    """A code from the app, or one that was printed."""

    code: str = Field("", max_length=40)
    paper: str = Field("", max_length=40)
