"""The pages that people with roles go to. A door is shown where its page exists and the visitor's roles open it."""

from app.i18n import mark as _

DOORS: tuple[tuple[str, str, str, str], ...] = (
    ("agencies:manage", _("Agencies"), _("Contact, units, working days and documents of your agencies."), "house"),
    ("roles:index", _("Roles"), _("Who holds which role, since when, and who gave it."), "people"),
    (
        "invitations:index",
        _("Invitations"),
        _("Offer somebody a role, and see what became of earlier offers."),
        "reply",
    ),
    ("roles:who", _("Who can do this?"), _("Every act, the roles that open it, and the people who hold them."), "key"),
    ("centre:index", _("Service centre"), _("Act for somebody who is with you."), "person"),
    (
        "centre:disputes",
        _("Disputed visits"),
        _("What citizens say about service centres, and your decision."),
        "scales",
    ),
    ("ballots:manage", _("Elections"), _("Prepare elections, and see how those that run are going."), "ballot"),
    ("register:index", _("Civil register"), _("Import the lists against which people are matched."), "list"),
    ("organizations:waiting", _("Organizations"), _("Companies and associations that wait for a decision."), "seal"),
    ("admin:hub", _("Administration"), _("People, texts, mails, jobs, settings and the audit trail."), "scales"),
    ("audit:index", _("Audit trail"), _("Who did what, when, and why."), "list"),
)
"""Name of the route, what it is called, what is there, icon."""
