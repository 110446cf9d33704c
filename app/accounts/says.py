"""Words for what policies speak of: the nouns of acts, the levels of assurance."""

from collections.abc import Mapping

from app.i18n import mark as _
from app.policy import Level

LEVELS: Mapping[Level, str] = {
    Level.NONE: _("No proof of who one is"),
    Level.CONTACT: _("A confirmed address or number"),
    Level.REGISTER: _("Found in the civil register"),
    Level.IN_PERSON: _("Seen in person at a service centre"),
}

NOUNS: Mapping[str, str] = {
    "account": _("One's own account"),
    "agency": _("Agencies"),
    "announcements": _("Announcements"),
    "anything": _("What is public"),
    "audit": _("The audit trail"),
    "codes": _("Codes by mail or short message"),
    "contacts": _("Mail address and number"),
    "data": _("One's own data"),
    "draft": _("Drafts"),
    "election": _("Elections"),
    "invitation": _("Invitations to roles"),
    "jobs": _("Jobs and mails"),
    "letters": _("Mail templates"),
    "level": _("Levels of proof"),
    "notices": _("Notifications"),
    "oidc": _("Identities of other providers"),
    "organization": _("Companies and associations"),
    "passkey": _("Passkeys"),
    "people": _("People"),
    "portal": _("The portal as a whole"),
    "proof": _("Fresh proofs"),
    "register": _("Civil register"),
    "role": _("Roles"),
    "second_factor": _("The second step of signing in"),
    "session": _("Signed-in devices"),
    "settings": _("Settings"),
    "texts": _("Texts of pages"),
    "visit": _("Visits to a service centre"),
}
"""The first half of an act's name -> what it is called. A test asks for a word for each."""
