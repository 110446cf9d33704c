"""Acts on invitations to roles."""

from app.accounts.roles import GRANTORS
from app.i18n import mark as _
from app.policy import Act, Role, roles

LIST = Act("invitation.list", _("See invitations to roles"), signed_in=True, roles=GRANTORS)
INVITE = Act(
    "invitation.send", _("Invite somebody to a role"), signed_in=True, roles=GRANTORS, proof=True, by_agent=False
)
AGAIN = Act("invitation.send_again", _("Send an invitation again"), signed_in=True, roles=GRANTORS, by_agent=False)
WITHDRAW = Act("invitation.withdraw", _("Withdraw an invitation"), signed_in=True, roles=GRANTORS, by_agent=False)
APPROVE = Act(
    "invitation.approve",
    _("Agree that somebody becomes an administrator"),
    signed_in=True,
    roles=roles(Role.ADMINISTRATOR),
    proof=True,
    by_agent=False,
)
OPEN = Act("invitation.open", _("Open the link of an invitation"))
SHOW = Act("invitation.read", _("Read an invitation to one's own address"), signed_in=True, by_agent=False)
ACCEPT = Act("invitation.accept", _("Accept an invitation"), signed_in=True, by_agent=False)
