"""Who can do something, and what somebody can do and why. Pure: the same `decide` that guards every route."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.policy import Act, Grant, Need, Place, Who, covers, decide


@dataclass(frozen=True, slots=True)
class Held:
    """A role in force and whose it is."""

    grant: Grant
    person: int


def holders(act: Act, place: Place | None, held: Iterable[Held]) -> list[Held]:
    """The roles that open `act` at `place`, those given higher up included. None when the act asks for no role."""
    return [one for one in held if one.grant.role in act.roles and covers(one.grant, place)]


@dataclass(frozen=True, slots=True)
class Reason:
    """Whether somebody may do something; every grant that opens it, or what is missing."""

    act: Act
    missing: Need | None
    grants: tuple[Grant, ...]

    @property
    def allowed(self) -> bool:
        """Whether it may be done, where it is asked after a fresh proof."""
        return self.missing is None


def reason(act: Act, who: Who, place: Place | None, now: datetime) -> Reason:
    """Why `who` may do `act` at `place`, or what is missing; that it was not proven just now does not count."""
    decision = decide(act, replace(who, proven_at=now), place, now)
    opened = tuple(grant for grant in who.grants if grant.role in act.roles and covers(grant, place))
    return Reason(act, decision.missing, opened)


def noun(act: Act) -> str:
    """What an act is done with, the first half of its name."""
    return act.name.partition(".")[0]


def by_noun(acts: Iterable[Act]) -> list[tuple[str, list[Act]]]:
    """Acts grouped by noun, both in alphabetical order of their names."""
    groups: dict[str, list[Act]] = {}
    for act in sorted(acts, key=lambda one: one.name):
        groups.setdefault(noun(act), []).append(act)
    return sorted(groups.items())


def grouped(found: Sequence[Reason]) -> list[tuple[str, list[Reason]]]:
    """Reasons grouped by noun."""
    known = {one.act.name: one for one in found}
    return [(name, [known[act.name] for act in acts]) for name, acts in by_noun(one.act for one in found)]
