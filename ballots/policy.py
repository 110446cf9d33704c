"""Acts of elections."""

from app.i18n import mark as _
from app.policy import Act, Place, Role, Who, covers, roles

_ADMINISTRATORS = roles(Role.ELECTION_ADMINISTRATOR)
_WHO_LOOK = roles(Role.ELECTION_ADMINISTRATOR, Role.OBSERVER, Role.OVERSIGHT)

READ = Act("election.read", _("Look at elections, their boards and their results"))
VOTE = Act("election.vote", _("Hand in a sealed ballot"))
"""Whether somebody must be signed in is a matter of the election: `ballots.actions.casting` sees to it."""
TRUSTEE = Act("election.hold_key", _("Take part as a trustee, by the link in the invitation"))
AUTHORITY = Act("election.issue_credentials", _("Issue voters' codes, by the link in the invitation"))
MANAGE = Act(
    "election.manage", _("Look at elections that are being prepared"), signed_in=True, roles=_WHO_LOOK, by_agent=False
)
PREPARE = Act("election.prepare", _("Prepare an election"), signed_in=True, roles=_ADMINISTRATORS, by_agent=False)
DECIDE = Act(
    "election.decide",
    _("Freeze, extend, resume, cancel or archive an election"),
    signed_in=True,
    roles=_ADMINISTRATORS,
    proof=True,
    by_agent=False,
)


def may_prepare_at(who: Who, place: Place) -> bool:
    """Whether somebody may begin an election there."""
    return any(grant.role in _ADMINISTRATORS and covers(grant, place) for grant in who.grants)
