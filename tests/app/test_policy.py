"""Policies: pure, written down, on every route, and never surprising."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Mount

from app import policy_doc
from app.access import Guarded
from app.accounts.reasons import Held, holders, noun, reason
from app.accounts.roles import (
    GRANTABLE,
    NEEDS_A_SECOND,
    SAYS,
    WORDS,
    fits_there,
    grantable,
    leave,
    may_grant,
    sight,
)
from app.accounts.says import LEVELS, NOUNS
from app.main import create_app
from app.policy import (
    EVERYWHERE,
    FRESH,
    NOBODY,
    PORTAL_WIDE,
    REACHES_BELOW,
    Act,
    Grant,
    Level,
    Need,
    Place,
    Role,
    Who,
    acts_in,
    covers,
    decide,
    level_of,
)
from tests.app.portal import settings_for

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "policy.md"

# Every route


def test_every_route_carries_an_act_and_no_page_is_reached_around_it(tmp_path: Path) -> None:
    for route in create_app(settings_for(tmp_path)).routes:
        if isinstance(route, Mount) and route.name == "static":
            continue
        assert isinstance(route, Guarded), f"{getattr(route, 'path', route)} has no policy: make it a Guarded route"


def test_an_act_has_one_meaning_wherever_it_stands() -> None:
    meanings: dict[str, Act] = {}
    for route in policy_doc.routes():
        if isinstance(route, Guarded):
            known = meanings.setdefault(route.act.name, route.act)
            assert known == route.act, f"two different acts are called {route.act.name}"


def test_every_act_is_named_noun_and_verb_and_its_noun_has_a_word() -> None:
    for act in acts_in(policy_doc.routes()):
        assert act.name.count(".") == 1, act.name
        assert noun(act) in NOUNS, f"add a word for “{noun(act)}” ({act.name}) to app/accounts/says.py"
        assert act.says


def test_no_word_is_kept_for_a_noun_that_is_gone() -> None:
    assert set(NOUNS) == {noun(act) for act in acts_in(policy_doc.routes())}


def test_the_document_of_the_policies_is_what_the_routes_say() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == policy_doc.text(policy_doc.routes()), (
        "run `python -m app.policy_doc`"
    )


def test_the_document_names_every_act_and_every_address() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for route in policy_doc.routes():
        assert isinstance(route, Guarded)
        assert f"| `{route.act.name}` |" in text
        assert f"`{route.path}`" in text


@pytest.mark.parametrize("role", Role)
def test_every_role_has_words_a_sentence_and_somebody_who_gives_it(role: Role) -> None:
    assert WORDS[role]
    assert SAYS[role].endswith(".")
    assert GRANTABLE[role]


def test_every_level_has_words() -> None:
    assert set(LEVELS) == set(Level)


def test_only_administrators_give_what_reaches_far() -> None:
    for role in Role:
        if role not in {Role.OFFICER, Role.COORDINATOR}:
            assert GRANTABLE[role] == {Role.ADMINISTRATOR}
    assert set(NEEDS_A_SECOND) == {Role.ADMINISTRATOR}


# Examples that a reader can check by hand

MINISTRY, DIRECTORATE, OTHER = 1, 2, 3
BELOW = Place((DIRECTORATE, MINISTRY))


@pytest.mark.parametrize(
    ("role", "at", "holds"),
    [
        (Role.OFFICER, MINISTRY, False),
        (Role.OFFICER, DIRECTORATE, True),
        (Role.SUPERVISOR, MINISTRY, True),
        (Role.SUPERVISOR, OTHER, False),
        (Role.ADMINISTRATOR, None, True),
    ],
)
def test_a_role_holds_where_it_was_given_and_some_also_below(role: Role, at: int | None, holds: bool) -> None:
    assert covers(Grant(role, at), BELOW) is holds


def test_a_role_in_one_unit_holds_in_no_other() -> None:
    grant = Grant(Role.COORDINATOR, DIRECTORATE, 7)
    assert covers(grant, Place((DIRECTORATE,), 7))
    assert not covers(grant, Place((DIRECTORATE,), 8))
    assert not covers(grant, Place((DIRECTORATE,)))


def test_what_is_missing_is_asked_for_in_an_order_that_tells_nothing_too_early() -> None:
    act = Act("x.y", "", signed_in=True, level=Level.REGISTER, roles=frozenset({Role.OFFICER}), proof=True)
    officer = Grant(Role.OFFICER, DIRECTORATE)
    assert decide(act, NOBODY, BELOW, NOW).missing is Need.SIGN_IN
    assert decide(act, Who(1), BELOW, NOW).missing is Need.ROLE
    assert decide(act, Who(1, Level.CONTACT, (officer,)), BELOW, NOW).missing is Need.LEVEL
    assert decide(act, Who(1, Level.REGISTER, (officer,)), BELOW, NOW).missing is Need.PROOF
    fresh = Who(1, Level.REGISTER, (officer,), NOW)
    assert decide(act, fresh, BELOW, NOW).because == officer
    assert decide(act, fresh, BELOW, NOW + FRESH).allowed
    assert decide(act, fresh, BELOW, NOW + FRESH + timedelta(seconds=1)).missing is Need.PROOF


def test_an_act_that_asks_for_more_must_ask_for_signing_in() -> None:
    with pytest.raises(ValueError, match="must be signed in"):
        Act("x.y", "", roles=frozenset({Role.OFFICER}))


def test_a_leave_lasts_to_the_end_of_its_last_day() -> None:
    starts, ends = leave(NOW.date(), NOW.date(), UTC, NOW)
    assert (starts, ends) == (NOW, datetime(2027, 3, 2, tzinfo=UTC))
    later, _ends = leave(NOW.date() + timedelta(days=1), NOW.date() + timedelta(days=2), UTC, NOW)
    assert later == datetime(2027, 3, 2, tzinfo=UTC)


# Properties

AGENCIES = st.integers(1, 6)
GRANTS = st.builds(
    Grant,
    role=st.sampled_from(Role),
    agency=st.none() | AGENCIES,
    unit=st.none() | st.integers(1, 3),
    membership=st.integers(1, 1000),
    stands_in_for=st.none() | st.integers(1, 1000),
)
WHO = st.builds(
    Who,
    person=st.none() | st.integers(1, 9),
    level=st.sampled_from(Level),
    grants=st.lists(GRANTS, max_size=4).map(tuple),
    proven_at=st.none() | st.timedeltas(timedelta(), 2 * FRESH).map(lambda ago: NOW - ago),
    visit=st.none() | st.just(1),
    organization=st.none() | st.just(1),
    powers=st.frozensets(st.sampled_from(["sign", "read"])),
)
PLACES = st.builds(
    Place, agencies=st.lists(AGENCIES, max_size=4, unique=True).map(tuple), unit=st.none() | st.integers(1, 3)
)
ACTS = st.builds(
    Act,
    name=st.just("x.y"),
    says=st.just(""),
    signed_in=st.just(True),
    level=st.sampled_from(Level),
    roles=st.frozensets(st.sampled_from(Role)),
    proof=st.booleans(),
    by_agent=st.booleans(),
    power=st.sampled_from(["", "sign"]),
)


@given(ACTS, WHO, st.none() | PLACES, st.lists(GRANTS, max_size=3))
def test_more_roles_never_allow_less(act: Act, who: Who, place: Place | None, more: list[Grant]) -> None:
    richer = Who(**{**_fields(who), "grants": (*more, *who.grants)})
    assert decide(act, richer, place, NOW).allowed or not decide(act, who, place, NOW).allowed


@given(ACTS, WHO, st.none() | PLACES, st.sampled_from(Level))
def test_more_proof_never_allows_less(act: Act, who: Who, place: Place | None, level: Level) -> None:
    surer = Who(**{**_fields(who), "level": max(level, who.level), "proven_at": NOW, "powers": frozenset({"sign"})})
    assert decide(act, surer, place, NOW).allowed or not decide(act, who, place, NOW).allowed


@given(ACTS, WHO, PLACES)
def test_what_is_allowed_at_a_place_is_worth_looking_in_for_without_one(act: Act, who: Who, place: Place) -> None:
    assert decide(act, who, None, NOW).allowed or not decide(act, who, place, NOW).allowed


@given(ACTS, st.none() | PLACES)
def test_nobody_does_what_needs_signing_in(act: Act, place: Place | None) -> None:
    assert decide(act, NOBODY, place, NOW).missing is Need.SIGN_IN


@given(ACTS, WHO, st.none() | PLACES)
def test_a_decision_names_the_role_that_allows_it_and_that_role_is_held_and_wanted(
    act: Act, who: Who, place: Place | None
) -> None:
    decision = decide(act, who, place, NOW)
    if decision.allowed and act.roles:
        assert decision.because in who.grants
        assert decision.because is not None
        assert decision.because.role in act.roles
        assert covers(decision.because, place)
    else:
        assert decision.because is None


@given(GRANTS, PLACES, st.integers(1, 1000))
def test_a_deputy_has_exactly_the_places_of_the_original(grant: Grant, place: Place, original: int) -> None:
    deputy = Grant(grant.role, grant.agency, grant.unit, grant.membership + 1, original)
    assert covers(deputy, place) == covers(grant, place)
    assert covers(deputy, None) == covers(grant, None)


@given(GRANTS, PLACES)
def test_a_role_of_an_agency_never_holds_outside_it_and_what_is_below(grant: Grant, place: Place) -> None:
    if grant.agency is not None and covers(grant, place):
        assert grant.agency in place.agencies
        assert grant.role in REACHES_BELOW or place.agencies[0] == grant.agency


@given(st.lists(GRANTS, max_size=5), st.sampled_from(Role), PLACES)
def test_nobody_gives_a_role_where_their_own_does_not_hold(grants: list[Grant], role: Role, place: Place) -> None:
    who = Who(1, grants=tuple(grants))
    if may_grant(who, role, place):
        assert any(grant.role in GRANTABLE[role] and covers(grant, place) for grant in grants)
        assert role in grantable(who)
        assert reason(Act("x.y", "", signed_in=True, roles=GRANTABLE[role]), who, place, NOW).allowed
    if all(grant.agency is not None for grant in grants):
        assert not may_grant(who, role, EVERYWHERE), "only a role without an agency gives one without an agency"


@given(st.lists(GRANTS, max_size=5))
def test_nobody_gives_a_higher_role_than_their_own(grants: list[Grant]) -> None:
    rank = {Role.OFFICER: 1, Role.COORDINATOR: 2, Role.SUPERVISOR: 3, Role.ADMINISTRATOR: 9}
    own = max((rank.get(grant.role, 0) for grant in grants), default=0)
    for role in grantable(Who(1, grants=tuple(grants))):
        assert rank.get(role, 5) < own or role is Role.ADMINISTRATOR


@given(WHO, ACTS, st.none() | PLACES)
def test_the_answer_to_why_is_the_decision_after_a_fresh_proof(who: Who, act: Act, place: Place | None) -> None:
    told = reason(act, who, place, NOW)
    proven = Who(**{**_fields(who), "proven_at": NOW})
    assert told.allowed == decide(act, proven, place, NOW).allowed
    if told.allowed and act.roles:
        assert told.grants, "whoever is allowed by a role is told by which"


@given(st.lists(GRANTS, max_size=6), ACTS, PLACES)
def test_who_can_do_something_are_those_whom_the_portal_would_let(grants: list[Grant], act: Act, place: Place) -> None:
    held = [Held(grant, person) for person, grant in enumerate(grants)]
    found = {one.person for one in holders(act, place, held)}
    for person, grant in enumerate(grants):
        who = Who(person, Level.IN_PERSON, (grant,), NOW)
        assert (person in found) == bool(act.roles and decide(act, who, place, NOW).allowed)


@given(st.lists(GRANTS, max_size=4))
def test_sight_without_an_agency_is_sight_of_everything(grants: list[Grant]) -> None:
    seen = sight(Who(1, grants=tuple(grants)), frozenset(Role))
    assert seen.everything == any(grant.agency is None for grant in grants)
    assert all(any(grant.agency == agency for grant in grants) for agency in seen.agencies)


@given(st.booleans(), st.booleans(), st.booleans())
def test_levels_stand_on_each_other(confirmed: bool, matched: bool, seen: bool) -> None:
    level = level_of(confirmed=confirmed, matched=matched, seen=seen)
    assert level_of(confirmed=True, matched=matched, seen=seen) >= level
    assert level_of(confirmed=confirmed, matched=True, seen=seen) >= level
    assert (level == Level.IN_PERSON) == seen


def test_roles_without_an_agency_are_only_those_that_may_hold_everywhere() -> None:
    for role in Role:
        assert fits_there(role, 1)
        assert fits_there(role, None) == (role in PORTAL_WIDE)


def _fields(who: Who) -> dict[str, object]:
    return {name: getattr(who, name) for name in Who.__slots__}
