"""How people prove who they are, and what that is worth. Pure: no database, no clock, no request."""

from app.i18n import mark as _

PASSWORD = "password"  # noqa: S105 - the name of a way in
CODE = "code"
OIDC = "oidc"
PASSKEY = "passkey"
TOTP = "totp"
PAPER = "paper"

STRONG = frozenset({PASSWORD, PASSKEY, TOTP, PAPER})
"""Whoever has just signed in by one of these has given a strong proof, good for sensitive acts."""

_WORDS = {
    PASSWORD: _("Password"),
    CODE: _("Code from a message"),
    OIDC: _("Identity provider"),
    PASSKEY: _("Passkey"),
    f"{PASSWORD}+{TOTP}": _("Password and authenticator app"),
    f"{CODE}+{TOTP}": _("Message and authenticator app"),
    f"{OIDC}+{TOTP}": _("Identity provider and authenticator app"),
    f"{PASSWORD}+{PAPER}": _("Password and printed code"),
    f"{CODE}+{PAPER}": _("Message and printed code"),
    f"{OIDC}+{PAPER}": _("Identity provider and printed code"),
}


def both(first: str, second: str) -> str:
    """The name of a sign-in with two factors."""
    return f"{first}+{second}"


def is_strong(method: str) -> bool:
    """Whether a sign-in by `method` is itself a proof of who sits there."""
    return not STRONG.isdisjoint(method.split("+"))


def words(method: str) -> str:
    """The message that names a way of signing in, in the catalogue's language."""
    return _WORDS.get(method) or _WORDS.get(method.partition("+")[0]) or _("Another way")
