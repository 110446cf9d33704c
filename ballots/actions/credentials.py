"""The public halves of voters' codes, as the credential authority brings them. The private halves never come here."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from tortoise.transactions import in_transaction

from app import audit, mail
from app.audit import Actor
from app.i18n import Reader, reading
from app.i18n import gettext as _
from app.models import AuditEntry
from ballots import board
from ballots.actions import Refused
from ballots.models import Credential, Election, Voter
from ballots.rules import State, spoken
from crypto.credentials import fingerprint, list_json, parse_public_list, public_list, signing_key
from crypto.encoding import sha256_hex
from crypto.errors import ProtocolError
from crypto.groups import Group, named
from crypto.transcripts import VERSION_1

AUTHORITY = Actor("credential_authority")
MAILED = "credentials_mailed"
_BATCH = 2000
MOST_MAILS = 20_000
"""Above this a mail house serves better: the mails of an election go out together or not at all."""


def _may_issue(row: Election) -> None:
    if row.state is not State.DRAFT:
        raise Refused(_("The election is frozen: voters' codes cannot change."), "frozen")
    if row.credentials_at is not None:
        raise Refused(_("Voters' codes have been issued already."), "conflict")


def _same_link(row: Election, seen: Election) -> None:
    """That the link by which the election was found is still the authority's."""
    if row.authority_token != seen.authority_token or row.group != seen.group:
        raise Refused(_("This link is not valid any more. Use the newest one, or ask the administrator."), "link")


async def issue(election: Election, entries: Sequence[object], *, now: datetime) -> None:
    """Take the public list: one credential a voter, sorted, each weight as often as in the voters' list.

    `election` is as it was found by the authority's link, which must still be its link under the lock.
    """
    _may_issue(election)
    try:
        parsed = await asyncio.to_thread(parse_public_list, named(election.group), list(entries))
    except ProtocolError as error:
        raise Refused(str(error), "malformed") from None
    async with in_transaction() as connection:
        row = await board.locked(election.id, connection)
        _may_issue(row)
        _same_link(row, election)
        weights = Counter(await Voter.filter(election_id=row.id).values_list("weight", flat=True))
        if Counter(entry.weight for entry in parsed) != weights:
            raise Refused(_("There must be one code for each voter, with the weights of the list."), "numbers")
        if parsed and parsed[0].weighted != row.weighted:
            raise Refused(_("Either every code has a weight or none has, as in the voters' list."), "weights")
        weighed = [(entry.point, entry.weight if entry.weighted else None) for entry in parsed]
        if [str(entry) for entry in public_list(weighed)] != [str(entry) for entry in parsed]:
            raise Refused(_("The list must be sorted: its order would tell who is who."), "order")
        for start in range(0, len(parsed), _BATCH):
            await Credential.bulk_create(
                [
                    Credential(
                        election_id=row.id,
                        digest=sha256_hex(str(entry.point).encode()),
                        public=str(entry.point),
                        weight=entry.weight,
                    )
                    for entry in parsed[start : start + _BATCH]
                ],
                using_db=connection,
            )
        await (
            Election.filter(id=row.id)
            .using_db(connection)
            .update(credentials_at=now, credentials_fingerprint=fingerprint(list_json(parsed)))
        )
        await audit.record(AUTHORITY, "credentials_issued", row.subject, now=now, details={"number": len(parsed)})


async def mail_codes(election: Election, codes: Mapping[str, object], *, base_url: str, now: datetime) -> int:
    """Send voters their codes by the portal's own mail, once; how many were sent.

    `codes` are the private codes by voters' numbers. They stand nowhere afterwards but in the outbox, until its mails
    are cleaned away; no error, log or audit entry repeats any of them. Only where the administrator has allowed it,
    since a portal that has seen the codes could vote with them.
    """
    async with in_transaction() as connection:
        row = await board.locked(election.id, connection)
        _same_link(row, election)
        _check_may_mail(row)
        if await was_mailed(row):
            raise Refused(_("The codes have been sent by mail already."), "conflict")
        if not 0 < len(codes) <= MOST_MAILS:
            raise Refused(_("The portal does not send so many codes. Give the table to a mail house."), "numbers")
        voters = {voter.number: voter for voter in await Voter.filter(election_id=row.id)}
        if not all(number in voters and _is_mail(voters[number].contact) for number in codes):
            raise Refused(_("One of these voters is not on the list, or has no mail address there."), "voters")
        digests = await asyncio.to_thread(_digests, named(row.group), row.uuid, codes)
        weights = dict(await Credential.filter(election_id=row.id).values_list("digest", "weight"))
        if len(set(digests.values())) != len(digests) or any(
            weights.get(digest) != voters[number].weight for number, digest in digests.items()
        ):
            raise Refused(_("These are not the codes that were issued for this election."), "codes")
        for number, code in codes.items():
            await _send_code(row, voters[number], str(code), base_url, now)
        row.delivered_by_portal = True
        await row.save(update_fields=["delivered_by_portal"], using_db=connection)
        await audit.record(AUTHORITY, MAILED, row.subject, now=now, details={"letters": len(codes)})
    return len(codes)


async def was_mailed(row: Election) -> bool:
    """Whether the portal has sent the codes that hold now."""
    if row.credentials_at is None:
        return False
    return await AuditEntry.exists(verb=MAILED, object=row.subject, at__gte=row.credentials_at)


def _check_may_mail(row: Election) -> None:
    if not row.delivered_by_portal:
        raise Refused(_("The administrator has not allowed that the portal sends the codes."), "not_allowed")
    if row.credentials_at is None:
        raise Refused(_("Hand in the public list first."), "not_yet")
    if row.state not in (State.DRAFT, State.READY, State.OPEN):
        raise Refused(_("The vote is over: nobody needs a code any more."), "closed")


def _is_mail(contact: str) -> bool:
    name, _sign, host = contact.rpartition("@")
    return bool(name and host) and not any(letter.isspace() for letter in contact)


def _digests(group: Group, uuid: str, codes: Mapping[str, object]) -> dict[str, str]:
    """How the public half of each code is stored, by the voter's number."""
    found = {}
    for number, code in codes.items():
        try:
            key = signing_key(VERSION_1, group, uuid, code if isinstance(code, str) else "")
        except ProtocolError:
            # without the cause: its text may come from what was sent
            raise Refused(_("These are not the codes that were issued for this election."), "codes") from None
        found[number] = sha256_hex(str(group.generator**key).encode())
    return found


async def _send_code(row: Election, voter: Voter, code: str, base_url: str, now: datetime) -> None:
    """One letter in both languages, since nobody has told which one the voter reads."""
    parts = []
    for language in ("ar", "en"):
        with reading(Reader(language)):
            subject = _("Your code for the vote")
            body = _(
                "%(name)s,\n\nthis is your code for the vote “%(title)s”:\n\n%(code)s\n\n"
                "It is secret: whoever knows it can vote in your name. Do not pass this mail on. "
                "You need the code at the end, when your ballot is sealed.\n\nVote here:\n%(url)s",
                name=voter.name,
                title=row.title.get(language) or spoken(row.title),
                code=code,
                url=f"{base_url}/booth/{language}?election={row.uuid}#{code}",
            )
        parts.append((subject, body))
    subject = " / ".join(part[0] for part in parts)
    await mail.post(voter.contact, subject, "\n\n———\n\n".join(part[1] for part in parts), language="ar", now=now)
