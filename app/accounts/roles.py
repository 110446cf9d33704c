"""Roles: what each is called, who may give it, how long an offer holds, who may stand in. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from app.i18n import mark as _
from app.policy import PORTAL_WIDE, Place, Role, Who, covers

WORDS: Mapping[Role, str] = {
    Role.OFFICER: _("Officer"),
    Role.COORDINATOR: _("Coordinator"),
    Role.SUPERVISOR: _("Supervisor"),
    Role.MODERATOR: _("Moderator"),
    Role.CENTRE_AGENT: _("Service-centre agent"),
    Role.OVERSIGHT: _("Oversight"),
    Role.ELECTION_ADMINISTRATOR: _("Election administrator"),
    Role.OBSERVER: _("Observer"),
    Role.ADMINISTRATOR: _("Administrator"),
}

SAYS: Mapping[Role, str] = {
    Role.OFFICER: _("Works on what people send to one agency, and answers them."),
    Role.COORDINATOR: _("Hands out the work of an agency and of those below it, and brings in officers."),
    Role.SUPERVISOR: _("Answers for an agency and those below it, and brings in officers and coordinators."),
    Role.MODERATOR: _("Hides what breaks the rules of discussion, and gives the reason in public."),
    Role.CENTRE_AGENT: _("Helps people who come in person, and acts for them while they are there."),
    Role.OVERSIGHT: _("Watches how agencies keep their deadlines and their rules, and decides on appeals."),
    Role.ELECTION_ADMINISTRATOR: _("Sets up elections and runs them. Cannot see how anybody votes."),
    Role.OBSERVER: _("Looks at elections and at their records, and changes nothing."),
    Role.ADMINISTRATOR: _("Runs the portal: agencies, roles, settings. Two administrators make a third."),
}

GRANTABLE: Mapping[Role, frozenset[Role]] = {
    Role.OFFICER: frozenset({Role.COORDINATOR, Role.SUPERVISOR, Role.ADMINISTRATOR}),
    Role.COORDINATOR: frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}),
    Role.SUPERVISOR: frozenset({Role.ADMINISTRATOR}),
    Role.MODERATOR: frozenset({Role.ADMINISTRATOR}),
    Role.CENTRE_AGENT: frozenset({Role.ADMINISTRATOR}),
    Role.OVERSIGHT: frozenset({Role.ADMINISTRATOR}),
    Role.ELECTION_ADMINISTRATOR: frozenset({Role.ADMINISTRATOR}),
    Role.OBSERVER: frozenset({Role.ADMINISTRATOR}),
    Role.ADMINISTRATOR: frozenset({Role.ADMINISTRATOR}),
}
"""Role -> those who may give it and take it away, where they hold theirs."""

GRANTORS = frozenset(role for grantors in GRANTABLE.values() for role in grantors)
NEEDS_A_SECOND = frozenset({Role.ADMINISTRATOR})
"""Roles whose offer is sent only when a second administrator has agreed."""
NEVER_HANDED_OVER = frozenset({Role.ADMINISTRATOR})
"""Roles for which nobody stands in."""

OFFER_HOLDS = timedelta(days=7)
LONGEST_LEAVE = timedelta(days=366)
REASON_LENGTH = 500


def may_grant(who: Who, role: Role, place: Place) -> bool:
    """Whether `who` may give `role` at `place`, and take it away there."""
    return any(grant.role in GRANTABLE[role] and covers(grant, place) for grant in who.grants)


def grantable(who: Who) -> list[Role]:
    """The roles that `who` may give somewhere."""
    return [role for role in Role if any(grant.role in GRANTABLE[role] for grant in who.grants)]


def fits_there(role: Role, agency: int | None) -> bool:
    """Whether a role can be held there: some hold in an agency only."""
    return agency is not None or role in PORTAL_WIDE


@dataclass(frozen=True, slots=True)
class Sight:
    """Whose memberships somebody may look at: all, or those of some agencies with all below, or of some units."""

    everything: bool
    agencies: frozenset[int] = frozenset()
    units: frozenset[int] = frozenset()


def sight(who: Who, roles: frozenset[Role]) -> Sight:
    """How far `who` sees by one of these roles."""
    held = [grant for grant in who.grants if grant.role in roles]
    return Sight(
        any(grant.agency is None for grant in held),
        frozenset(grant.agency for grant in held if grant.agency is not None and grant.unit is None),
        frozenset(grant.unit for grant in held if grant.unit is not None),
    )


def leave(first: date, last: date, zone: tzinfo, now: datetime) -> tuple[datetime, datetime]:
    """When standing in begins and ends: from the start of the first day, or now, to the end of the last."""
    starts = datetime.combine(first, time.min, zone)
    ends = datetime.combine(last + timedelta(days=1), time.min, zone)
    return max(starts, now), ends
