"""Forms of identities of other providers."""

from pydantic import Field

from app.forms import Number


class Unlink(Number):
    """Which identity is to open the account no more."""

    identity: int = Field(ge=1, lt=1 << 63)
