"""The form of proving again who one is."""

from pydantic import Field

from app.forms import Form


class Again(Form):
    """The password or a code from the app, whichever was filled in."""

    password: str = Field("", max_length=200)
    code: str = Field("", max_length=40)
    next: str = ""
