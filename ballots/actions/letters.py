"""Mails of elections that nobody asks for by a button."""

import json
from datetime import datetime

from app import mail
from app.accounts.models import Person
from app.i18n import Reader, reading
from app.i18n import gettext as _
from app.settings import Settings
from ballots.actions.casting import receipt_of
from ballots.models import CastBallot, Election
from ballots.receipts import in_address, signing_key
from ballots.rules import spoken


async def receipt(ballot: int, person: Person, *, settings: Settings, now: datetime) -> None:
    """The receipt by mail: where the ballot stands, and how to look whether it is still there."""
    made = await CastBallot.get_or_none(id=ballot)
    if made is None or not person.email:
        return
    row = await Election.get(id=made.election_id)  # type: ignore[attr-defined]  # Tortoise adds it
    signed = await receipt_of(row, made, signing_key(settings.key))
    with reading(Reader("en" if person.language == "en" else "ar")):
        await mail.post(
            person.email,
            _("Your ballot is on the board"),
            _(
                "%(name)s,\n\nyour sealed ballot in “%(title)s” was accepted.\n\nTracker: %(tracker)s\n"
                "Position on the board: %(height)s\n\nLook whether it is still there, at any time:\n%(url)s\n\n"
                "You may vote again until the close; only the last ballot counts. This letter does not show your "
                "choice.\n\nThe receipt, signed by the portal:\n%(receipt)s",
                name=person.name,
                title=row.title.get(person.language) or spoken(row.title),
                tracker=made.tracker,
                height=made.height,
                url=f"{settings.base_url}/elections/{row.uuid}/board?code={in_address(made.tracker)}",
                receipt=json.dumps(signed.to_json()),
            ),
            language=person.language,
            now=now,
        )
