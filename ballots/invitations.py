"""Mails to trustees and to the credential authority, each in the language of whoever reads it.

A link holds its token behind the `#`: a browser does not send it, so that it stands in no log.
"""

from collections.abc import Callable
from datetime import datetime

from app import mail
from app.accounts.models import Person
from app.i18n import Reader, either, gettext, reader, reading
from ballots.models import Election, Trustee
from ballots.rules import is_invited

Words = Callable[[], tuple[str, str]]


def trustee_link(base_url: str, election: Election, token: str) -> str:
    """The page that always shows a trustee the next step."""
    return f"{base_url}/elections/{election.uuid}/trustee#{token}"


def authority_link(base_url: str, election: Election, token: str) -> str:
    """The page on which the voters' codes are made."""
    return f"{base_url}/elections/{election.uuid}/credentials#{token}"


async def invite_trustee(election: Election, trustee: Trustee, link: str, now: datetime) -> None:
    """Send a trustee the link."""

    def words() -> tuple[str, str]:
        subject = gettext("You are a trustee of an election")
        body = gettext(
            "You are asked to be a trustee of this election:\n%(title)s\n\n"
            "With the other trustees you keep the key that opens the result, so that nobody can open a single ballot "
            "alone. This link always shows you the next step:\n\n%(link)s\n\n"
            "It is meant for you only: do not pass it on. Keep the key file that the page gives you until the result "
            "is published.",
            title=either(election.title),
            link=link,
        )
        return subject, body

    await _post(trustee.email, trustee.language, words, now)


async def tell_trustees(election: Election, what: str, now: datetime) -> None:
    """Tell everybody who has been invited what has happened; the link stays the same."""
    for trustee in await Trustee.filter(election_id=election.id).order_by("index"):
        if is_invited(trustee.token_hash):
            await _post(trustee.email, trustee.language, lambda: _told(what, election), now)


async def call_trustee(election: Election, trustee: Trustee, now: datetime) -> None:
    """Tell a trustee for whom the others wait."""
    await _post(trustee.email, trustee.language, lambda: _told("turn", election), now)


async def tell_removed(election: Election, trustee: Trustee, now: datetime) -> None:
    """Tell a trustee that the link leads nowhere any more."""
    if is_invited(trustee.token_hash):
        await _post(trustee.email, trustee.language, lambda: _told("removed", election), now)


async def invite_authority(election: Election, link: str, now: datetime) -> None:
    """Send the credential authority the link."""

    def words() -> tuple[str, str]:
        subject = gettext("You issue the voters' codes of an election")
        body = gettext(
            "You are asked to issue the voters' codes of this election:\n%(title)s\n\n"
            "Open this link on a computer that you trust. The codes are made there, and only their public part is "
            "sent back:\n\n%(link)s\n\n"
            "It is meant for you only: whoever has it sees the list of voters.",
            title=either(election.title),
            link=link,
        )
        return subject, body

    await _post(election.authority_email, await language_of(election.authority_email), words, now)


async def tell_authority(election: Election, what: str, now: datetime) -> None:
    """Tell the credential authority what has happened."""
    if election.authority_token:
        language = await language_of(election.authority_email)
        await _post(election.authority_email, language, lambda: _told(what, election), now)


async def tell_all(election: Election, what: str, now: datetime) -> None:
    """Tell everybody who was invited."""
    await tell_trustees(election, what, now)
    await tell_authority(election, what, now)


async def language_of(email: str) -> str:
    """The language of the account with an address, else that of whoever sends."""
    known = await Person.get_or_none(email=email)
    return known.language if known else reader().language


def _told(what: str, election: Election) -> tuple[str, str]:
    title = either(election.title)
    match what:
        case "turn":
            return gettext("The other trustees wait for you"), gettext(
                "The key of this election is made in steps, and the next one is yours:\n%(title)s\n\n"
                "Open the link from your invitation, with your key file at hand. It takes a minute.",
                title=title,
            )
        case "anew":
            return gettext("The keys of an election are made anew"), gettext(
                "The trustees of this election change, or their number:\n%(title)s\n\n"
                "The keys made so far are void. Open the link of your invitation again and make a new key. "
                "The old key file is of no use any more.",
                title=title,
            )
        case "withdrawn":
            return gettext("The voters' codes of an election are withdrawn"), gettext(
                "The codes that were issued for this election are void:\n%(title)s\n\n"
                "Do not send them to anybody. You will get a new link when codes are to be issued again.",
                title=title,
            )
        case "replaced":
            return gettext("Somebody else issues the codes of an election"), gettext(
                "You no longer issue the voters' codes of this election:\n%(title)s\n\n"
                "Your link leads nowhere any more.",
                title=title,
            )
        case "removed":
            return gettext("You are no trustee of an election any more"), gettext(
                "You are no longer needed as a trustee of this election:\n%(title)s\n\n"
                "Your link leads nowhere any more, and you may delete your key file.",
                title=title,
            )
        case "cancelled":
            return gettext("An election is cancelled"), gettext(
                "This election is not held:\n%(title)s\n\nThere is nothing left for you to do. Thank you.", title=title
            )
    raise LookupError(what)


async def _post(recipient: str, language: str, words: Words, now: datetime) -> None:
    with reading(Reader("en" if language == "en" else "ar", zone=reader().zone)):
        subject, body = words()
    await mail.post(recipient, subject, body, language=language, now=now)
