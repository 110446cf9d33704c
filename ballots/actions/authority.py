"""What can be done with the credential authority: invite it, withdraw what it has issued."""

from datetime import datetime

from app import audit, ids
from app.audit import Actor
from app.i18n import gettext as _
from ballots import invitations
from ballots.actions import Refused
from ballots.actions.preparing import drafting
from ballots.actions.voters import listing, snapshot
from ballots.forms.people import Authority
from ballots.models import Credential, Election, Voter


async def invite_authority(election: Election, form: Authority, *, base_url: str, actor: Actor, now: datetime) -> None:
    """Send a fresh link to whoever issues the codes; one before it is void.

    Where everybody of a level votes, the list is taken at this moment, so that the codes are for those who are there.
    """
    async with listing(election) as row:
        if row.voters_by == "level":
            await snapshot(row, actor=actor, now=now)
        if not await Voter.filter(election_id=row.id).exists():
            raise Refused(_("Say first who may vote: the codes are made for the voters' list."), "voters")
        token = ids.token()
        if row.authority_email != form.email:
            await invitations.tell_authority(row, "replaced", now)
        row.authority_name, row.authority_email = form.name, form.email
        row.authority_token, row.delivered_by_portal = ids.token_hash(token), form.delivered_by_portal
        await row.save(update_fields=["authority_name", "authority_email", "authority_token", "delivered_by_portal"])
        await invitations.invite_authority(row, invitations.authority_link(base_url, row, token), now)
        details = {"by_portal": form.delivered_by_portal}
        await audit.record(actor, "authority_invited", row.subject, now=now, details=details)


async def withdraw_credentials(election: Election, *, actor: Actor, now: datetime) -> None:
    """Void the codes that were issued, so that voters and weights can change. Quiet when there are none."""
    async with drafting(election) as row:
        if row.credentials_at is None:
            return
        count = await Credential.filter(election_id=row.id).delete()
        await invitations.tell_authority(row, "withdrawn", now)
        await Election.filter(id=row.id).update(credentials_at=None, credentials_fingerprint="", authority_token=None)
        await audit.record(actor, "credentials_withdrawn", row.subject, now=now, details={"credentials": count})
