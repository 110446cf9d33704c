"""Who may do what. Pure: no database, no clock, no request.

An act names what it needs: to be signed in, a level of assurance, one of some roles, a fresh proof. `decide` compares
that with who asks and where. Every route carries an act (`app.access.Guarded`); docs/policy.md is made from them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

FRESH = timedelta(minutes=15)
"""How long a strong proof (password again, passkey, one-time password) opens sensitive acts."""


class Level(IntEnum):
    """How far it is proven who somebody is."""

    NONE = 0
    CONTACT = 1
    """An address or a number answered."""
    REGISTER = 2
    """Found in the civil register by number and birth date."""
    IN_PERSON = 3
    """Seen by an agent of a service centre."""


class Role(StrEnum):
    """What a membership makes of a person."""

    OFFICER = "officer"
    COORDINATOR = "coordinator"
    SUPERVISOR = "supervisor"
    MODERATOR = "moderator"
    CENTRE_AGENT = "centre_agent"
    OVERSIGHT = "oversight"
    ELECTION_ADMINISTRATOR = "election_administrator"
    OBSERVER = "observer"
    ADMINISTRATOR = "administrator"


REACHES_BELOW = frozenset({Role.COORDINATOR, Role.SUPERVISOR, Role.MODERATOR, Role.OVERSIGHT, Role.ADMINISTRATOR})
"""Roles that hold in the agencies below their own too; the others hold where they were given and nowhere else."""

PORTAL_WIDE = frozenset(
    {Role.ADMINISTRATOR, Role.ELECTION_ADMINISTRATOR, Role.OBSERVER, Role.OVERSIGHT, Role.MODERATOR}
)
"""Roles that may be given without an agency: they hold everywhere."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A membership in force. Without an agency it holds everywhere."""

    role: Role
    agency: int | None = None
    unit: int | None = None
    membership: int = 0
    stands_in_for: int | None = None


@dataclass(frozen=True, slots=True)
class Who:
    """Who asks. During a visit `person` is the citizen, `agent` the one who types, and no roles count."""

    person: int | None = None
    level: Level = Level.NONE
    grants: tuple[Grant, ...] = ()
    proven_at: datetime | None = None
    visit: int | None = None
    agent: int | None = None
    organization: int | None = None
    powers: frozenset[str] = frozenset()

    def holds(self, *roles: Role) -> bool:
        """Whether one of these roles is held anywhere."""
        return any(grant.role in roles for grant in self.grants)


NOBODY = Who()


@dataclass(frozen=True, slots=True)
class Place:
    """Where an act is to be done: an agency with those above it, nearest first, and perhaps a unit."""

    agencies: tuple[int, ...]
    unit: int | None = None


EVERYWHERE = Place(())
"""The portal as a whole: only roles that were given without an agency hold there."""


class Need(StrEnum):
    """What is missing."""

    SIGN_IN = "sign_in"
    LEVEL = "level"
    ROLE = "role"
    PROOF = "proof"
    SELF = "self"
    """Not by an agent for somebody else."""
    POWER = "power"
    """Not by this representative for the organization."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something that can be done, and what it takes."""

    name: str
    """`noun.verb`."""
    says: str
    """In plain words, a message of the catalogue."""
    signed_in: bool = False
    level: Level = Level.NONE
    roles: frozenset[Role] = frozenset()
    """One of them is needed; none means that no role is asked for."""
    proof: bool = False
    """A strong proof within `FRESH` is needed."""
    by_agent: bool = True
    power: str = ""
    """What a representative needs who acts for an organization."""

    def __post_init__(self) -> None:
        if (self.roles or self.level or self.proof or not self.by_agent) and not self.signed_in:
            raise ValueError(f"{self.name}: whoever needs more must be signed in")


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether, and why: the grant that allows it, or what is missing."""

    missing: Need | None = None
    because: Grant | None = None

    @property
    def allowed(self) -> bool:
        """Whether it may be done."""
        return self.missing is None


def decide(act: Act, who: Who, place: Place | None, now: datetime) -> Decision:
    """Whether `who` may do `act` at `place`. Without a place a role held anywhere is enough to look in."""
    because: Grant | None = None
    if act.signed_in and who.person is None:
        return Decision(Need.SIGN_IN)
    if not act.by_agent and who.visit is not None:
        return Decision(Need.SELF)
    if act.power and who.organization is not None and act.power not in who.powers:
        return Decision(Need.POWER)
    if act.roles:
        because = next((grant for grant in who.grants if grant.role in act.roles and covers(grant, place)), None)
        if because is None:
            return Decision(Need.ROLE)
    if who.level < act.level:
        return Decision(Need.LEVEL)
    if act.proof and (who.proven_at is None or now - who.proven_at > FRESH):
        return Decision(Need.PROOF)
    return Decision(because=because)


def covers(grant: Grant, place: Place | None) -> bool:
    """Whether a grant holds at a place."""
    if place is None or grant.agency is None:
        return True
    if grant.unit is not None and grant.unit != place.unit:
        return False
    if grant.role in REACHES_BELOW:
        return grant.agency in place.agencies
    return bool(place.agencies) and grant.agency == place.agencies[0]


def level_of(*, confirmed: bool, matched: bool, seen: bool) -> Level:
    """The level that proofs make; each stands on the one before it, except that being seen proves the most."""
    if seen:
        return Level.IN_PERSON
    if matched:
        return Level.REGISTER
    return Level.CONTACT if confirmed else Level.NONE


def roles(*which: Role) -> frozenset[Role]:
    """For reading aloud: `roles(Role.OFFICER, Role.SUPERVISOR)`."""
    return frozenset(which)


def acts_in(routes: Iterable[object]) -> list[Act]:
    """The acts of routes that carry one, each once, by name."""
    found = {act.name: act for route in routes if isinstance(act := getattr(route, "act", None), Act)}
    return [found[name] for name in sorted(found)]
