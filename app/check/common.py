"""What was found, and how long anything is waited for."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "problem"]

PATIENCE = 5.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    level: Level
    title: str
    advice: str = ""
    """What to do; empty when all is well."""


def reason(error: Exception) -> str:
    """What an error says, or at least what it is."""
    return str(error) or type(error).__name__
