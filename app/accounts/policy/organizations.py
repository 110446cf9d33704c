"""Acts of companies and associations."""

from app.i18n import mark as _
from app.policy import Act, Level, Role, roles

WRITE_FOUNDING = Act("organization.write", _("Fill in the form of a company or an association"))
FOUND = Act(
    "organization.found", _("Register a company or an association"), signed_in=True, level=Level.CONTACT, by_agent=False
)
READ_OWN = Act("organization.read", _("See the organizations one acts for"), signed_in=True, by_agent=False)
ACT_FOR = Act("organization.act", _("Begin and stop acting for an organization"), signed_in=True, by_agent=False)
MANAGE = Act(
    "organization.manage",
    _("Decide who may act for an organization"),
    signed_in=True,
    level=Level.CONTACT,
    by_agent=False,
    proof=True,
)
DECIDE = Act(
    "organization.decide",
    _("Confirm or refuse a company or an association"),
    signed_in=True,
    roles=roles(Role.ADMINISTRATOR),
)
