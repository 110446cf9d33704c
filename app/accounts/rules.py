"""What holds for accounts. Pure: no database, no clock, no request."""

from datetime import timedelta

CONFIRM = "confirm"
RESET = "reset"

LIFETIME = {CONFIRM: timedelta(days=3), RESET: timedelta(hours=1)}
"""How long a link by mail may be used."""

COMMON = frozenset({"1234567890", "0123456789", "qwertyuiop", "password12", "password123", "11111111111", "0000000000"})


def fold_email(email: str) -> str:
    """One spelling an address: mail hosts ignore case, and so do people."""
    return email.strip().casefold()


def password_problem(password: str, email: str, least: int) -> str | None:
    """Which rule a new password breaks: `short`, `common`, `same`; None when it will do."""
    if len(password) < least:
        return "short"
    if password.casefold() in COMMON or len(set(password)) < 4:
        return "common"
    if fold_email(password) == fold_email(email):
        return "same"
    return None
