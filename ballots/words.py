"""What states, events and steps of an election are called, for everybody."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.i18n import format_datetime, format_number, gettext
from app.i18n import mark as _
from ballots.models import Election
from ballots.rules import Pause, State
from crypto.board import Kind

STATES: Mapping[State, tuple[str, str, str]] = {
    State.DRAFT: (_("Being prepared"), "note", ""),
    State.READY: (_("Not open yet"), "calendar", ""),
    State.OPEN: (_("Open for votes"), "ballot", "brand"),
    State.CLOSED: (_("Closed, being added up"), "clock", "warn"),
    State.DECRYPTING: (_("Closed, being counted"), "clock", "warn"),
    State.TALLIED: (_("Counted and published"), "tick", "good"),
    State.ARCHIVED: (_("Counted and archived"), "tick", "good"),
    State.CANCELLED: (_("Cancelled"), "cross", "harm"),
}
"""State -> words, icon and kind of its chip."""

PAUSED = (_("Paused"), "clock", "warn")
"""The same of a vote that stands still."""

KINDS: Mapping[str, str] = {
    str(Kind.SETUP): _("The election's record, frozen"),
    str(Kind.BALLOT): _("A sealed ballot"),
    str(Kind.END_BALLOTS): _("The board was closed to ballots"),
    str(Kind.ENCRYPTED_TALLY): _("The ballots added up, still sealed"),
    str(Kind.PARTIAL_DECRYPTION): _("A trustee's part of the count"),
    str(Kind.RESULT): _("The result"),
}
"""Kind of an event of the board -> words."""


def state_says(state: State) -> str:
    """A state in words."""
    return gettext(STATES[state][0])


def chip_of(row: Election) -> tuple[str, str, str]:
    """Words, icon and kind of the chip of an election as it is."""
    return PAUSED if row.is_paused else STATES[row.state]


def kind_says(kind: str) -> str:
    """An event of the board in words."""
    return gettext(KINDS[kind]) if kind in KINDS else kind


def told(verb: str, details: Mapping[str, Any], trustees: Mapping[int, str], trustee: int | None) -> str:
    """An entry of the public log in words."""
    name = trustees.get(trustee or 0, "")
    match verb:
        case "election_frozen":
            return gettext("Questions, keys and voters' codes were frozen and published")
        case "credentials_mailed":
            return gettext("The portal sent the voters' codes by its own mail")
        case "election_opened":
            return gettext("The vote opened")
        case "election_closed":
            return gettext("The vote closed")
        case "election_extended":
            return gettext("The vote was extended: it closes later than announced before")
        case "election_paused":
            return _paused(details)
        case "election_resumed":
            return gettext("The vote goes on")
        case "receipt_missing":
            return gettext(
                "The portal has signed a receipt for a ballot at number %(height)s of the board, and it is not there",
                height=details.get("height", ""),
            )
        case "election_added_up":
            return gettext(
                "The sealed ballots were added up without opening any: %(ballots)s",
                ballots=format_number(int(details.get("ballots", 0))),
            )
        case "trustee_key_lost":
            return gettext("The trustee %(name)s reported a lost key", name=name)
        case "trustee_decrypted":
            return gettext("The trustee %(name)s opened a part of the sum", name=name)
        case "election_result":
            return gettext("The whole record was verified, and the result published")
        case "election_archived":
            return gettext("The election was archived: its record stays, the list of voters was deleted")
        case "election_cancelled":
            return gettext("The election was cancelled")
    raise LookupError(verb)


def _paused(details: Mapping[str, Any]) -> str:
    if details.get("why") == Pause.RESTORED:
        return gettext(
            "The vote was paused: the portal was restored from a copy, and ballots that came after it may be missing"
        )
    return gettext(
        "The vote was paused: the portal has signed a receipt for a ballot at number %(height)s of the board, and it "
        "is not there",
        height=details.get("height", ""),
    )


def extended_to(details: Mapping[str, Any]) -> str:
    """From when to when, of an extension."""
    before, after = (datetime.fromisoformat(str(details[name])) for name in ("from", "to"))
    return gettext("Before: %(before)s. Now: %(after)s.", before=format_datetime(before), after=format_datetime(after))
