"""Acts on roles: look, end, hand over, and ask who may do what."""

from app.accounts.roles import GRANTORS
from app.i18n import mark as _
from app.policy import Act, Role, roles

MANAGE = Act("portal.manage", _("Reach the pages for those who hold a role"), signed_in=True, roles=frozenset(Role))
OWN = Act("role.read_own", _("See one's own roles and what they open"), signed_in=True, by_agent=False)
LIST = Act("role.list", _("See who holds which role"), signed_in=True, roles=GRANTORS)
END = Act("role.end", _("End somebody's role"), signed_in=True, roles=GRANTORS, proof=True, by_agent=False)
HAND_OVER = Act(
    "role.hand_over", _("Hand one's own role over during leave"), signed_in=True, proof=True, by_agent=False
)
RESIGN = Act("role.resign", _("Give up one's own role"), signed_in=True, proof=True, by_agent=False)
TAKE_BACK = Act("role.take_back", _("Take back a role that was handed over"), signed_in=True, by_agent=False)
WHO = Act(
    "role.who",
    _("Ask who can do something"),
    signed_in=True,
    roles=roles(Role.ADMINISTRATOR, Role.OVERSIGHT),
    by_agent=False,
)
PERSON = Act(
    "role.person",
    _("Ask what a person can do, and why"),
    signed_in=True,
    roles=roles(Role.ADMINISTRATOR, Role.OVERSIGHT),
    by_agent=False,
)
