"""Acts of a service centre: what its agents do, what the citizen sees of it, who decides on disputes."""

from app.acting import END as ENDING
from app.i18n import mark as _
from app.policy import Act, Role, roles

_AGENT = roles(Role.CENTRE_AGENT)
_JUDGES = roles(Role.OVERSIGHT, Role.SUPERVISOR)

DESK = Act("visit.read", _("See one's own visits as an agent"), signed_in=True, roles=_AGENT, by_agent=False)
BEGIN = Act(
    "visit.begin",
    _("Begin to act for somebody who is present"),
    signed_in=True,
    roles=_AGENT,
    proof=True,
    by_agent=False,
)
END = Act(ENDING, _("End a visit"), signed_in=True)
OWN = Act("visit.own", _("See what was done for oneself in a service centre"), signed_in=True, by_agent=False)
DISPUTE = Act("visit.dispute", _("Dispute what was done in a service centre"), signed_in=True, by_agent=False)
DISPUTES = Act("visit.disputes", _("See disputed visits"), signed_in=True, roles=_JUDGES, by_agent=False)
DECIDE = Act("visit.decide", _("Decide on a disputed visit"), signed_in=True, roles=_JUDGES, by_agent=False)
