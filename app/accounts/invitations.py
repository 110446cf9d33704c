"""Where an invitation stands. Pure: no database, no clock, no request."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from app.accounts.roles import NEEDS_A_SECOND


class State(StrEnum):
    """Where an invitation stands."""

    WAITING = "waiting"
    """For the consent of a second administrator; nothing was sent."""
    OPEN = "open"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Offer(Protocol):
    """What an invitation is made of, as far as its state goes."""

    role: str
    approved_at: datetime | None
    accepted_at: datetime | None
    withdrawn_at: datetime | None
    expires_at: datetime


def state(offer: Offer, now: datetime) -> State:
    """Where an invitation stands at this moment."""
    if offer.accepted_at is not None:
        return State.ACCEPTED
    if offer.withdrawn_at is not None:
        return State.WITHDRAWN
    if offer.expires_at <= now:
        return State.EXPIRED
    if offer.role in NEEDS_A_SECOND and offer.approved_at is None:
        return State.WAITING
    return State.OPEN
