"""What can be done with trustees while an election is prepared: add, remove, invite, the threshold, start anew.

Invitations go out when the list is complete, because the first key of the ceremony fixes number and threshold.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from tortoise.transactions import in_transaction

from app import audit, ids
from app.audit import Actor
from app.forms import Invalid
from app.i18n import gettext as _
from ballots import board, invitations
from ballots.actions import Refused
from ballots.actions.preparing import drafting, has_ceremony, nobodys_token
from ballots.forms.people import Invited, Threshold
from ballots.models import CeremonyPart, Election, Trustee
from ballots.rules import ENDED, MOST_TRUSTEES, State, is_invited, needed, sound_threshold
from crypto.cli.lookalikes import skeleton

OVER = ENDED | {State.CANCELLED}
"""When no trustee has anything to do any more."""


@asynccontextmanager
async def gathering(election: Election, version: int | None = None) -> AsyncIterator[Election]:
    """A draft whose trustees may still change: none of them has begun."""
    async with drafting(election, version) as row:
        if await has_ceremony(row.id):
            raise Refused(
                _("The trustees have begun to make their keys. Start the ceremony anew to change them."), "ceremony"
            )
        yield row


async def add_trustee(election: Election, form: Invited, *, actor: Actor, now: datetime) -> Trustee:
    """Add a trustee at the end; the invitation follows with `invite_trustees`."""
    values = {name: str(value) for name, value in form.model_dump().items()}
    async with gathering(election) as row:
        there = await Trustee.filter(election_id=row.id).order_by("index")
        if form.email in {trustee.email for trustee in there}:
            raise Invalid.because(values, email=_("This address belongs to a trustee already."))
        if skeleton(form.name) in {skeleton(trustee.name) for trustee in there}:
            raise Invalid.because(values, name=_("There is a trustee of this name already."))
        if len(there) >= MOST_TRUSTEES:
            raise Refused(_("An election cannot have more trustees."))
        trustee = await Trustee.create(
            election_id=row.id,
            index=len(there) + 1,
            name=form.name,
            email=form.email,
            language=form.language,
            token_hash=nobodys_token(),
        )
        await _suggest(row, len(there), len(there) + 1)
        await audit.record(actor, "trustee_added", row.subject, now=now, details={"trustee": trustee.index})
    return trustee


async def remove_trustee(election: Election, trustee: int, *, actor: Actor, now: datetime) -> None:
    """Take a trustee out, by the row's id; those behind move up. Quiet when there is none any more."""
    async with gathering(election) as row:
        there = await Trustee.filter(election_id=row.id).order_by("index")
        gone = next((one for one in there if one.id == trustee), None)
        if gone is None:
            return
        await Trustee.filter(id=gone.id).delete()
        for one in there[gone.index :]:
            await Trustee.filter(id=one.id).update(index=one.index - 1)
        await _suggest(row, len(there), len(there) - 1)
        await invitations.tell_removed(row, gone, now)
        await audit.record(actor, "trustee_removed", row.subject, now=now, details={"trustee": gone.index})


async def _suggest(row: Election, before: int, after: int) -> None:
    """Keep to the suggested threshold while it is the one, and to one that is possible."""
    chosen = row.threshold not in (0, needed(before)) and sound_threshold(row.threshold, after)
    if not chosen:
        await Election.filter(id=row.id).update(threshold=needed(after))


async def set_threshold(election: Election, form: Threshold, *, actor: Actor, now: datetime) -> None:
    """How many trustees are needed for the result."""
    async with gathering(election, form.version) as row:
        size = await Trustee.filter(election_id=row.id).count()
        if not sound_threshold(form.threshold, size):
            raise Invalid.because(
                {"threshold": str(form.threshold)},
                threshold=_(
                    "Choose two or more, and not more than there are trustees. One alone must never be enough."
                ),
            )
        await Election.filter(id=row.id).update(threshold=form.threshold)
        details = {"threshold": form.threshold, "trustees": size}
        await audit.record(actor, "threshold_set", row.subject, now=now, details=details)


async def invite_trustees(election: Election, *, base_url: str, actor: Actor, now: datetime) -> int:
    """Send a link to everybody who has none; how many that were."""
    async with drafting(election) as row:
        waiting = [one for one in await Trustee.filter(election_id=row.id).order_by("index") if not _has_link(one)]
        for trustee in waiting:
            await _invite(row, trustee, base_url, now)
        if waiting:
            details = {"trustees": [trustee.index for trustee in waiting]}
            await audit.record(actor, "trustees_invited", row.subject, now=now, details=details)
    return len(waiting)


def _has_link(trustee: Trustee) -> bool:
    return is_invited(trustee.token_hash)


async def send_invitation_again(
    election: Election, trustee: int, *, base_url: str, actor: Actor, now: datetime
) -> None:
    """Send a fresh link; the one before it is void. What the trustee has published stays.

    Possible until the result: a mail may be lost as well on the day of the count.
    """
    async with in_transaction() as connection:
        row = await board.locked(election.id, connection)
        if row.state in OVER:
            raise Refused(_("Nothing is left to do for the trustees of this election."), "over")
        found = await Trustee.get_or_none(id=trustee, election_id=row.id)
        if found is None:
            return  # another administrator has just removed this one
        await _invite(row, found, base_url, now)
        details = {"trustee": found.index}
        await audit.record(actor, "trustee_invited_again", row.subject, now=now, details=details)


async def _invite(row: Election, trustee: Trustee, base_url: str, now: datetime) -> None:
    token = ids.token()
    await Trustee.filter(id=trustee.id).update(token_hash=ids.token_hash(token))
    await invitations.invite_trustee(row, trustee, invitations.trustee_link(base_url, row, token), now)


async def restart_ceremony(election: Election, *, actor: Actor, now: datetime) -> None:
    """Throw away everything the trustees have published, and tell them; their links stay."""
    async with drafting(election) as row:
        if not await CeremonyPart.filter(election_id=row.id).delete():
            return
        await Trustee.filter(election_id=row.id).update(test=None, test_answer="", tested_at=None, lost_at=None)
        await invitations.tell_trustees(row, "anew", now)
        await audit.record(actor, "ceremony_restarted", row.subject, now=now)
