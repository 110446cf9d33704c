"""A receipt as evidence: what the portal has signed must stand on its board, or the board has gone back."""

from datetime import datetime

from nacl.signing import SigningKey
from tortoise.transactions import in_transaction

from app import audit
from app.audit import SYSTEM
from app.i18n import gettext as _
from app.models import AuditEntry
from ballots import board
from ballots.actions import Refused, running
from ballots.models import BoardEvent, Election
from ballots.receipts import Receipt
from ballots.rules import RUNNING, Pause
from crypto.errors import Malformed, Rejected

MISSING = "receipt_missing"
MOST_TOLD = 100
"""Receipts without their ballots in the log of one election; more of them say nothing new."""


async def show(row: Election, value: object, *, key: SigningKey, now: datetime) -> bool:
    """Whether the ballot of a receipt (its JSON) stands where the portal has signed that it stands.

    If not, ballots were lost, and a vote that still runs is paused. `Refused` for what the portal has not signed.
    """
    receipt = _parsed(row, value, key)
    if await BoardEvent.filter(election_id=row.id, height=receipt.height, digest=receipt.event).exists():
        return True
    await _missing(row.id, receipt, now)
    return False


def _parsed(row: Election, value: object, key: SigningKey) -> Receipt:
    try:
        receipt = Receipt.parse(value)
        receipt.verify(key.verify_key.encode().hex())
    except Malformed:
        raise Refused(_("This is not a receipt, or it is damaged."), "malformed") from None
    except Rejected:
        raise Refused(
            _("This portal has not signed this receipt: somebody has changed it, or made it up."), "rejected"
        ) from None
    if receipt.election_uuid != row.uuid:
        raise Refused(_("This receipt is of another election."), "other_election")
    return receipt


async def _missing(election: int, receipt: Receipt, now: datetime) -> None:
    """Pause the vote, once after each restore: whoever resumed it knew, and others hold receipts of the same loss."""
    async with in_transaction() as connection:
        row = await board.locked(election, connection)
        lost = {"height": receipt.height, "event": receipt.event}
        if row.state in RUNNING and row.paused_why is not Pause.RECEIPT:
            if not row.is_paused:
                await running.pause(row, Pause.RECEIPT, lost, connection, now)
                return
            row.paused_why = Pause.RECEIPT
            await row.save(update_fields=["paused_why"], using_db=connection)
        told = AuditEntry.filter(object=row.subject, verb__in=(MISSING, "election_paused")).using_db(connection)
        if await told.count() < MOST_TOLD and not await told.filter(details__contains=receipt.event).exists():
            await audit.record(SYSTEM, MISSING, row.subject, now=now, details=lost)
