"""What each table is for, whether it is personal, how long it stays, what a deleted account leaves in it."""

from collections.abc import Mapping
from dataclasses import dataclass

NO = "no"
NOT_CONCERNED = "nothing in it is about a person"
GOES = "goes at once"


@dataclass(frozen=True, slots=True)
class Entry:
    """One table of the inventory."""

    purpose: str
    personal: str = NO
    kept: str = "as long as the portal"
    deletion: str = NOT_CONCERNED


INVENTORY: Mapping[str, Entry] = {
    "agency": Entry("Public bodies that take part, as a tree."),
    "agency_change": Entry(
        "The public history of an agency.", "who made the change, by number", deletion="stays, by number"
    ),
    "agency_document": Entry("Files that an agency shows on its page."),
    "announcement": Entry("Banners on every page.", "who made it, by number", deletion="stays, by number"),
    "audit_entry": Entry(
        "Who did what, when, on what, why; each entry hashes the one before.",
        "people by number only, never by name",
        "for ever",
        "stays, by number",
    ),
    "board_event": Entry("The public board of an election, byte for byte; sealed ballots and proofs."),
    "calendar": Entry("Working hours and days off of agencies.", "who made it, by number", deletion="stays, by number"),
    "cast_ballot": Entry("Where each sealed ballot lies on the board: tracker, seal, voter's code by its public half."),
    "ceremony": Entry(
        "Exchanges under way: challenges of passkeys, visits to another provider, second steps of signing in.",
        "yes, for minutes",
        "minutes",
        GOES,
    ),
    "ceremony_part": Entry("What trustees have published while they made their keys; nothing in it is secret."),
    "choice": Entry(
        "Settings changed while the portal runs.", "who changed it, by number", deletion="stays, by number"
    ),
    "code": Entry(
        "Codes sent to an address or a number, as keyed hashes.", "address or number", "a day after they expire", GOES
    ),
    "device": Entry(
        "Kinds of browsers from which a person has signed in, so that a new one is announced.",
        "yes",
        "with the account",
        GOES,
    ),
    "draft": Entry("Forms that could not be sent yet.", "what somebody typed", "days as chosen", GOES),
    "election": Entry(
        "Elections: texts, times, the frozen record, the result.",
        "name and mail address of who issues the voters' codes",
        deletion="stays: it belongs to the election, not to the account",
    ),
    "election_credential": Entry(
        "Public halves of voters' codes; where voters sign in, which account has used one. Never a choice.",
        "by number, until the election is archived",
        "the codes as long as the portal, who used them until the election is archived",
        "the account is taken out at once; the code stays, of nobody",
    ),
    "election_document": Entry("Files that voters are given to read."),
    "election_turnout": Entry("How many voters came in an hour; shown only where there are many."),
    "election_voter": Entry(
        "Voters' lists, for those who issue the codes: name, contact, weight. They never meet the codes.",
        "yes",
        "until the election is archived",
        "the account is taken out at once; the entry belongs to the election and goes with its archiving",
    ),
    "identity": Entry("Who somebody is at another provider.", "issuer and subject", "with the account", GOES),
    "invitation": Entry(
        "Offers of a role.", "mail address", "as long as the portal", "open ones are withdrawn, the address is blanked"
    ),
    "job": Entry("Work that follows from a change.", "arguments may name a person by number", "days as chosen", GOES),
    "link": Entry("Links by mail, as hashes.", "by number", "a week after they expire", GOES),
    "mail_template": Entry("Words of mails.", "who changed it, by number", deletion="stays, by number"),
    "membership": Entry(
        "Roles: who holds which, where, until when.", "by number", "as long as the portal", "ended; stays, by number"
    ),
    "message": Entry(
        "Mails and short messages on their way out; the text is forgotten once sent.",
        "address or number, subject",
        "days as chosen",
        "those that were sent go at once, the others once they are sent",
    ),
    "mute": Entry("Threads of which somebody does not want to hear.", "by number", "with the account", GOES),
    "notification": Entry("What a person was told.", "yes", "days as chosen", GOES),
    "organization": Entry(
        "Companies and associations.", "contact of the organization, founder by number", deletion="stays, by number"
    ),
    "page_text": Entry("Texts of pages.", "who changed it, by number", deletion="stays, by number"),
    "passkey": Entry("Public keys of passkeys.", "yes", "with the account", GOES),
    "person": Entry(
        "People with an account. Of the civil register only a keyed hash.",
        "name, address, number, level",
        "until the account is deleted; never confirmed ones for the days chosen",
        "everything is blanked but the number, the dates of creation and deletion, and the language",
    ),
    "recovery_code": Entry("Printed codes for a lost authenticator, as keyed hashes.", "by number", "until used", GOES),
    "register_batch": Entry("Imports of the civil register.", "who imported, by number", deletion="stays, by number"),
    "register_entry": Entry(
        "The civil register: keyed hashes of number and birth date, with the place.",
        "pseudonymous",
        "until a newer import replaces it",
        "stays: it belongs to the register, not to the account",
    ),
    "representative": Entry(
        "Who may act for an organization.",
        "by number; mail address of who is invited",
        deletion="ended; stays, by number",
    ),
    "schedule": Entry("When repeated jobs last ran."),
    "search_document": Entry(
        "What can be found, in one spelling.",
        "only what its source holds",
        "with its source",
        "what only its owner saw goes",
    ),
    "session": Entry(
        "Signed-in browsers; tokens as hashes.", "browser, times", "days as set, or until signed out", GOES
    ),
    "spoiled_seal": Entry("Seals that were opened for a check and can never be cast."),
    "stored_file": Entry(
        "Contents of attachments, under their hash.", "what is in the file", "with what it is attached to"
    ),
    "telling": Entry("How somebody wants to be told.", "yes", "with the account", GOES),
    "totp": Entry("Secrets of authenticator apps, sealed with the portal's key.", "yes", "with the account", GOES),
    "trustee": Entry(
        "Who holds a part of an election's key; links as hashes, parts of the count.",
        "name and mail address",
        deletion="stays: who held the key must stay answerable",
    ),
    "unit": Entry("Departments of agencies."),
    "visit": Entry(
        "What an agent of a service centre did for somebody present.",
        "citizen and agent by number, document noted",
        "as long as the portal",
        "the note is blanked; the rest stays, by number",
    ),
}
"""Table -> entry. A table that is missing here fails a test."""
