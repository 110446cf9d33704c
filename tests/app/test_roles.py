"""Roles: listed where one may look, ended with a reason, handed over during leave, and explained."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app import audit, clock, demo
from app.accounts.actions import roles as actions
from app.accounts.actions.data import delete
from app.accounts.models import Membership, Person
from app.accounts.queries.roles import administrators
from app.accounts.queries.sessions import grants_of
from app.admin.actions import block
from app.audit import Actor
from app.forms import Invalid
from app.models import AuditEntry
from app.notices.models import Notification
from app.policy import Grant, Role
from tests.app.people import Someone, give, make_agency, make_person, someone
from tests.app.portal import DATABASES, Portal, fresh_portal, words


@pytest.fixture(params=DATABASES)
def portal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal(request.param, tmp_path) as running:
        yield running


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Portal]:
    """A portal on SQLite, where the database makes no difference."""
    with fresh_portal("sqlite", tmp_path) as running:
        yield running


def told(portal: Portal, person: int) -> list[str]:
    """What a person was told, in English."""

    async def read() -> list[str]:
        rows = await Notification.filter(person_id=person).order_by("id")
        return [f"{row.title['en']}: {row.text['en']}" for row in rows]

    return portal.run(read)


def trail(portal: Portal) -> list[tuple[str, str, str, str]]:
    """Actor, verb, object and reason of every entry about roles."""

    async def read() -> list[tuple[str, str, str, str]]:
        assert (await audit.verify()).broken_at is None
        rows = await AuditEntry.filter(verb__not="signed_in").order_by("number")
        return [(row.actor, row.verb, row.object, row.reason) for row in rows]

    return portal.run(read)


def grants(portal: Portal, person: int) -> tuple[Grant, ...]:
    """What somebody holds at this moment."""
    return portal.run(grants_of, person, clock.now())


# Looking


def test_an_administrator_sees_every_role_and_a_coordinator_those_of_the_own_agencies(small: Portal) -> None:
    water = small.run(make_agency, "water")
    capital = small.run(make_agency, "capital", water)
    buses = small.run(make_agency, "buses")
    admin = someone(small, "admin@example.org", Role.ADMINISTRATOR)
    coordinator = someone(small, "coordinator@example.org", Role.COORDINATOR, water)
    someone(small, "below@example.org", Role.OFFICER, capital)
    someone(small, "driver@example.org", Role.OFFICER, buses)

    everything = words(admin.get("/roles").text)
    assert all(name in everything for name in ("Admin", "Coordinator", "Below", "Driver"))
    own = words(coordinator.get("/roles").text)
    assert "Below" in own
    assert "Driver" not in own
    assert "Driver" not in coordinator.get(f"/roles?agency={buses}").text, "asking for it does not help"


def test_the_list_is_narrowed_by_agency_role_and_state(small: Portal) -> None:
    water, buses = small.run(make_agency, "water"), small.run(make_agency, "buses")
    admin = someone(small, "admin@example.org", Role.ADMINISTRATOR)
    driver = someone(small, "driver@example.org", Role.OFFICER, buses)
    someone(small, "mariam@example.org", Role.OFFICER, water)
    someone(small, "sami@example.org", Role.SUPERVISOR, water)

    assert "Driver" not in admin.get(f"/roles?agency={water}").text
    supervisors = admin.get("/roles?role=supervisor").text
    assert "Sami" in supervisors
    assert "Mariam" not in supervisors
    admin.post(f"/roles/{driver.membership}/end", reason="moved away")
    assert "Driver" not in admin.get("/roles").text
    assert "Driver" in admin.get("/roles?state=past").text
    assert admin.get("/roles?role=king&agency=x&page=999&state=never").status_code == 200


def test_long_lists_come_in_pages(small: Portal) -> None:
    admin = someone(small, "admin@example.org", Role.ADMINISTRATOR)

    async def many() -> None:
        for number in range(55):
            await give(await make_person(f"observer{number}@example.org"), Role.OBSERVER)

    small.run(many)
    assert "Observer54" in admin.get("/roles").text
    assert "Observer54" not in admin.get("/roles?page=2").text
    assert "Observer0" in admin.get("/roles?page=2").text
    assert 'href="/roles?' in admin.get("/roles?role=observer").text


def test_people_without_a_role_see_no_list_and_no_entry_in_the_menu(small: Portal) -> None:
    citizen = someone(small, "citizen@example.org")
    assert citizen.get("/roles").status_code == 403
    assert citizen.get("/manage").status_code == 403
    assert 'href="/manage"' not in citizen.get("/").text
    officer = someone(small, "officer@example.org", Role.OFFICER, small.run(make_agency, "water"))
    assert 'href="/manage"' in officer.get("/").text
    assert 'href="/invitations"' not in officer.get("/manage").text, "only what the own role opens is listed"
    assert officer.get("/roles").status_code == 403


# Ending


def test_a_role_is_ended_with_a_reason_that_the_person_reads(portal: Portal) -> None:
    water = portal.run(make_agency, "water")
    admin = someone(portal, "admin@example.org", Role.ADMINISTRATOR)
    officer = someone(portal, "officer@example.org", Role.OFFICER, water)
    path = f"/roles/{officer.membership}/end"
    assert "Officer" in admin.get(path).text

    refused = admin.post(path, reason="")
    assert refused.status_code == 422
    assert grants(portal, officer.id)
    ended = admin.post(path, reason="left the ministry")
    assert ended.headers["location"] == "/roles"
    assert grants(portal, officer.id) == ()
    assert told(portal, officer.id) == ["A role of yours has ended: Officer, Water. Reason: left the ministry"]
    entry = (f"person:{admin.id}", "ended_role", f"membership:{officer.membership}", "left the ministry")
    assert entry in trail(portal)
    assert admin.post(path, reason="twice").status_code == 303, "a double click does no harm"
    assert len(told(portal, officer.id)) == 1
    assert "ended already" in admin.get(path).text


def test_ending_a_role_asks_for_a_fresh_proof(small: Portal) -> None:
    water = small.run(make_agency, "water")
    admin = someone(small, "admin@example.org", Role.ADMINISTRATOR, proven=False)
    officer = someone(small, "officer@example.org", Role.OFFICER, water)
    sent = admin.post(f"/roles/{officer.membership}/end", reason="left")
    assert sent.status_code == 303
    assert "/roles/" not in sent.headers["location"].partition("?")[0]
    assert grants(small, officer.id)


@pytest.mark.parametrize(
    ("by", "whose", "may"),
    [
        (Role.COORDINATOR, Role.OFFICER, True),
        (Role.COORDINATOR, Role.COORDINATOR, False),
        (Role.COORDINATOR, Role.SUPERVISOR, False),
        (Role.SUPERVISOR, Role.COORDINATOR, True),
        (Role.SUPERVISOR, Role.SUPERVISOR, False),
        (Role.SUPERVISOR, Role.MODERATOR, False),
        (Role.ADMINISTRATOR, Role.SUPERVISOR, True),
    ],
)
def test_whoever_may_give_a_role_may_end_it_and_nobody_else(small: Portal, by: Role, whose: Role, may: bool) -> None:
    water = small.run(make_agency, "water")
    capital = small.run(make_agency, "capital", water)
    other = small.run(make_agency, "other")
    actor = someone(small, "actor@example.org", by, water)
    below = someone(small, "below@example.org", whose, capital)
    foreign = someone(small, "foreign@example.org", whose, other)
    assert actor.post(f"/roles/{below.membership}/end", reason="because").status_code == (303 if may else 403)
    assert bool(grants(small, below.id)) is not may
    assert actor.post(f"/roles/{foreign.membership}/end", reason="because").status_code == 403
    assert grants(small, foreign.id)


def test_a_role_of_ones_own_can_be_given_up_and_nobody_elses(small: Portal) -> None:
    water = small.run(make_agency, "water")
    officer = someone(small, "officer@example.org", Role.OFFICER, water)
    other = someone(small, "other@example.org", Role.OFFICER, water)
    assert "resign" in officer.get("/roles/mine").text
    assert officer.get(f"/roles/{officer.membership}/resign").status_code == 200
    assert other.post(f"/roles/{officer.membership}/resign", reason="in your name").status_code == 404
    assert officer.post(f"/roles/{officer.membership}/resign", reason="").status_code == 422
    assert grants(small, officer.id)
    assert officer.post(f"/roles/{officer.membership}/resign", reason="I move away").status_code == 303
    assert officer.post(f"/roles/{officer.membership}/resign", reason="once more").status_code == 303
    assert not grants(small, officer.id)
    admin = someone(small, "admin@example.org", Role.ADMINISTRATOR)
    refused = admin.post(f"/roles/{admin.membership}/resign", reason="I am tired")
    assert refused.status_code == 422
    assert "last administrator" in refused.text


def test_the_last_administrator_of_the_portal_cannot_be_ended(portal: Portal) -> None:
    admin = someone(portal, "admin@example.org", Role.ADMINISTRATOR)
    soon = clock.now() + timedelta(days=3)
    portal.run(give, portal.run(make_person, "temporary@example.org"), Role.ADMINISTRATOR, ends=soon)
    someone(portal, "local@example.org", Role.ADMINISTRATOR, portal.run(make_agency, "water"))
    refused = admin.post(f"/roles/{admin.membership}/end", reason="I am tired")
    assert refused.status_code == 422
    assert "last administrator" in refused.text
    assert "I am tired" in refused.text
    assert grants(portal, admin.id)


def test_a_blocked_administrator_does_not_count_as_another_one(small: Portal) -> None:
    admin = someone(small, "admin@example.org", Role.ADMINISTRATOR)
    blocked = someone(small, "blocked@example.org", Role.ADMINISTRATOR)

    async def block() -> None:
        await Person.filter(id=blocked.id).update(blocked_at=clock.now())

    small.run(block)
    assert admin.post(f"/roles/{admin.membership}/end", reason="leaving").status_code == 422


async def _ends(one: Someone, other: Someone) -> object:
    return await actions.end(other.membership, "race", by=one.id, now=clock.now())


async def _blocks(one: Someone, other: Someone) -> object:
    return await block(other.id, "race", actor=Actor.person(one.id), now=clock.now())


async def _goes(one: Someone, _other: Someone) -> object:
    return await delete(await Person.get(id=one.id), features=(), now=clock.now())


@pytest.mark.parametrize(
    "does", [_ends, _blocks, _goes], ids=["end each other", "block each other", "delete themselves"]
)
def test_two_administrators_at_the_same_moment_never_leave_the_portal_without_one(
    portal: Portal, does: Callable[[Someone, Someone], Awaitable[object]]
) -> None:
    for attempt in range(4):
        first = someone(portal, f"first{attempt}@example.org", Role.ADMINISTRATOR)
        second = someone(portal, f"second{attempt}@example.org", Role.ADMINISTRATOR)

        async def both(one: Someone = first, other: Someone = second) -> list[Any]:
            return await asyncio.gather(does(one, other), does(other, one), return_exceptions=True)

        answers = portal.run(both)
        assert sum(isinstance(answer, Invalid) for answer in answers) == 1, answers
        assert portal.run(administrators, clock.now()) == 1

        async def tidy() -> None:
            await Membership.all().update(ended_at=clock.now())

        portal.run(tidy)


def test_the_demonstration_has_an_account_for_every_role(small: Portal) -> None:
    async def fill() -> set[str]:
        await demo.seed(clock.now())
        return {row.role for row in await Membership.all()}

    assert small.run(fill) == set(Role)


# Handing over


def leave(colleague: str, *, first: int = 0, last: int = 5) -> dict[str, str]:
    """The form of handing over, in days from today."""
    today = clock.now().astimezone(ZoneInfo("Asia/Baghdad")).date()
    return {
        "email": colleague,
        "first": (today + timedelta(days=first)).isoformat(),
        "last": (today + timedelta(days=last)).isoformat(),
    }


@pytest.fixture
def office(small: Portal) -> tuple[Portal, int, Someone, Someone]:
    """An agency with an officer who goes on leave, and a colleague with another role."""
    water = small.run(make_agency, "water")
    holder = someone(small, "holder@example.org", Role.OFFICER, water)
    colleague = someone(small, "colleague@example.org", Role.MODERATOR, water)
    return small, water, holder, colleague


def test_a_role_is_handed_over_to_a_colleague_during_leave(portal: Portal) -> None:
    water = portal.run(make_agency, "water")
    holder = someone(portal, "holder@example.org", Role.OFFICER, water)
    colleague = someone(portal, "colleague@example.org", Role.MODERATOR, water)
    admin = someone(portal, "admin@example.org", Role.ADMINISTRATOR)
    sent = holder.post(f"/roles/{holder.membership}/hand-over", **leave(" Colleague@Example.org "))
    assert sent.headers["location"] == "/roles/mine"
    held = [grant for grant in grants(portal, colleague.id) if grant.stands_in_for]
    assert [(grant.role, grant.agency, grant.stands_in_for) for grant in held] == [
        (Role.OFFICER, water, holder.membership)
    ]
    assert grants(portal, holder.id), "whoever is on leave keeps the role"
    assert "Colleague" in holder.get("/roles/mine").text
    assert "stands in for Holder" in words(admin.get("/roles").text)
    assert "of Holder, for whom this account stands in: Water" in words(colleague.get("/roles/mine").text)
    assert told(portal, colleague.id)[0].startswith("You stand in for a colleague: Officer, Water, from ")
    assert [row[1] for row in trail(portal)] == ["handed_over_role"]


def test_standing_in_begins_and_ends_by_itself(office: tuple[Portal, int, Someone, Someone]) -> None:
    portal, _water, holder, colleague = office
    holder.post(f"/roles/{holder.membership}/hand-over", **leave(colleague.email, first=2, last=4))

    def deputises(days: float) -> bool:
        found = portal.run(grants_of, colleague.id, clock.now() + timedelta(days=days))
        return any(grant.stands_in_for for grant in found)

    assert [deputises(day) for day in (0, 3, 6)] == [False, True, False]


def test_standing_in_ends_with_the_role_that_it_stands_in_for(office: tuple[Portal, int, Someone, Someone]) -> None:
    portal, _water, holder, colleague = office
    admin = someone(portal, "admin@example.org", Role.ADMINISTRATOR)
    holder.post(f"/roles/{holder.membership}/hand-over", **leave(colleague.email))
    admin.post(f"/roles/{holder.membership}/end", reason="left")
    assert [grant.role for grant in grants(portal, colleague.id)] == [Role.MODERATOR]
    assert told(portal, colleague.id)[-1] == "A role of yours has ended: Officer, Water. Reason: left"


@pytest.mark.parametrize("how", [{"ended_at": -1}, {"ends_at": -1}], ids=["ended", "lapsed"])
def test_a_deputy_counts_only_while_the_original_does(
    office: tuple[Portal, int, Someone, Someone], how: dict[str, int]
) -> None:
    portal, _water, holder, colleague = office
    holder.post(f"/roles/{holder.membership}/hand-over", **leave(colleague.email))

    async def change() -> None:
        times = {name: clock.now() + timedelta(days=days) for name, days in how.items()}
        await Membership.filter(id=holder.membership).update(**times)

    portal.run(change)
    assert [grant.role for grant in grants(portal, colleague.id)] == [Role.MODERATOR]


def test_a_deputy_follows_the_original_to_another_agency(office: tuple[Portal, int, Someone, Someone]) -> None:
    portal, _water, holder, colleague = office
    merged = portal.run(make_agency, "merged")
    holder.post(f"/roles/{holder.membership}/hand-over", **leave(colleague.email))

    async def move() -> None:
        await Membership.filter(id=holder.membership).update(agency_id=merged)

    portal.run(move)
    assert [grant.agency for grant in grants(portal, colleague.id) if grant.stands_in_for] == [merged]


def test_the_holder_takes_the_role_back(office: tuple[Portal, int, Someone, Someone]) -> None:
    portal, _water, holder, colleague = office
    holder.post(f"/roles/{holder.membership}/hand-over", **leave(colleague.email))
    assert colleague.post(f"/roles/{holder.membership}/take-back").status_code == 303
    assert len(grants(portal, colleague.id)) == 2, "only the holder takes it back"
    holder.post(f"/roles/{holder.membership}/take-back")
    holder.post(f"/roles/{holder.membership}/take-back")
    assert len(grants(portal, colleague.id)) == 1
    assert told(portal, colleague.id)[-1].startswith("You do not stand in any more")
    assert grants(portal, holder.id)


def test_what_was_handed_over_is_not_handed_on(office: tuple[Portal, int, Someone, Someone]) -> None:
    portal, water, holder, colleague = office
    someone(portal, "third@example.org", Role.OFFICER, water)
    holder.post(f"/roles/{holder.membership}/hand-over", **leave(colleague.email))
    deputy = next(grant.membership for grant in grants(portal, colleague.id) if grant.stands_in_for)
    refused = colleague.post(f"/roles/{deputy}/hand-over", **leave("third@example.org"))
    assert refused.status_code == 422
    assert "Only they can hand this role over" in refused.text


def test_nobody_stands_in_for_an_administrator(small: Portal) -> None:
    admin = someone(small, "admin@example.org", Role.ADMINISTRATOR)
    someone(small, "second@example.org", Role.ADMINISTRATOR)
    refused = admin.post(f"/roles/{admin.membership}/hand-over", **leave("second@example.org"))
    assert refused.status_code == 422
    assert "/hand-over" not in admin.get("/roles/mine").text


def test_a_stranger_and_an_unknown_address_are_refused_in_the_same_words(
    office: tuple[Portal, int, Someone, Someone],
) -> None:
    portal, _water, holder, _colleague = office
    someone(portal, "stranger@example.org", Role.OFFICER, portal.run(make_agency, "buses"))
    someone(portal, "citizen@example.org")
    answers = {
        words(holder.post(f"/roles/{holder.membership}/hand-over", **leave(email)).text).replace(email, "")
        for email in ("stranger@example.org", "citizen@example.org", "nobody@example.org", holder.email)
    }
    assert len(answers) == 1
    assert "No colleague of the same agency" in answers.pop()


@pytest.mark.parametrize(
    ("first", "last", "says"),
    [
        (5, 3, "lies before the first"),
        (-5, -3, "This day is over"),
        (0, 400, "for a year at most"),
    ],
    ids=["backwards", "past", "for ever"],
)
def test_the_days_of_a_leave_must_make_sense(
    office: tuple[Portal, int, Someone, Someone], first: int, last: int, says: str
) -> None:
    _portal, _water, holder, colleague = office
    path = f"/roles/{holder.membership}/hand-over"
    refused = holder.post(path, **leave(colleague.email, first=first, last=last))
    assert refused.status_code == 422
    assert says in words(refused.text)
    for day in ("", "tomorrow", "0001-01-01", "9999-12-31", "2027-02-30"):
        assert holder.post(path, email=colleague.email, first=day, last=day).status_code == 422


def test_a_role_is_not_handed_over_beyond_its_own_end_or_twice(office: tuple[Portal, int, Someone, Someone]) -> None:
    portal, _water, holder, colleague = office
    path = f"/roles/{holder.membership}/hand-over"

    async def limit() -> None:
        await Membership.filter(id=holder.membership).update(ends_at=clock.now() + timedelta(days=10))

    portal.run(limit)
    assert "Your own role ends on" in holder.post(path, **leave(colleague.email, last=20)).text
    assert holder.post(path, **leave(colleague.email, first=1, last=3)).status_code == 303
    again = holder.post(path, **leave(colleague.email, first=3, last=5))
    assert "on some of these days already" in again.text
    assert holder.post(path, **leave(colleague.email, first=4, last=5)).status_code == 303


def test_a_role_of_somebody_else_is_not_handed_over(office: tuple[Portal, int, Someone, Someone]) -> None:
    _portal, _water, holder, colleague = office
    path = f"/roles/{holder.membership}/hand-over"
    assert colleague.get(path).status_code == 404
    assert colleague.post(path, **leave(holder.email)).status_code == 404


def test_a_double_click_hands_over_once(portal: Portal) -> None:
    water = portal.run(make_agency, "water")
    holder = someone(portal, "holder@example.org", Role.OFFICER, water)
    colleague = someone(portal, "colleague@example.org", Role.MODERATOR, water)
    today = clock.now().date()

    async def both() -> list[Any]:
        zone, now = clock.now().tzinfo, clock.now()
        assert zone is not None
        work = [
            actions.hand_over(holder.membership, colleague.email, today, today, by=holder.id, zone=zone, now=now)
            for _time in range(4)
        ]
        return await asyncio.gather(*work, return_exceptions=True)

    answers = portal.run(both)
    assert sum(isinstance(answer, Membership) for answer in answers) == 1
    assert len([grant for grant in grants(portal, colleague.id) if grant.stands_in_for]) == 1


# Asking


def test_the_portal_says_who_can_do_something_those_above_included(small: Portal) -> None:
    water = small.run(make_agency, "water")
    capital = small.run(make_agency, "capital", water)
    buses = small.run(make_agency, "buses")
    admin = someone(small, "admin@example.org", Role.ADMINISTRATOR)
    someone(small, "minister@example.org", Role.SUPERVISOR, water)
    someone(small, "driver@example.org", Role.SUPERVISOR, buses)
    someone(small, "clerk@example.org", Role.OFFICER, capital)
    page = words(admin.get(f"/roles/who?act=role.end&agency={capital}").text)
    assert "Minister" in page
    assert "Admin" in page
    assert "Driver" not in page
    assert "Clerk" not in page
    assert "Driver" in words(admin.get("/roles/who?act=role.end").text), "without an agency: anywhere"
    assert "Everybody may do this" in words(admin.get("/roles/who?act=anything.read").text)
    assert admin.get("/roles/who?act=nothing.at_all&agency=77").status_code == 200


def test_the_portal_says_what_a_person_can_do_and_why(small: Portal) -> None:
    water = small.run(make_agency, "water")
    oversight = someone(small, "oversight@example.org", Role.OVERSIGHT)
    officer = someone(small, "officer@example.org", Role.OFFICER, water)
    deputy = someone(small, "deputy@example.org", Role.MODERATOR, water)
    coordinator = someone(small, "coordinator@example.org", Role.COORDINATOR, water)
    coordinator.post(f"/roles/{coordinator.membership}/hand-over", **leave(deputy.email))

    page = words(oversight.get(f"/roles/person/{coordinator.id}").text)
    assert "May: End somebody's role Because of the role “Coordinator”: Water" in page
    missing = words(oversight.get(f"/roles/person/{officer.id}").text)
    assert "May not: End somebody's role Needs one of these roles: Administrator, Coordinator, Supervisor" in missing
    standing = words(oversight.get(f"/roles/person/{deputy.id}").text)
    assert "Because of the role “Coordinator” of Coordinator, for whom this account stands in: Water" in standing
    elsewhere = small.run(make_agency, "elsewhere")
    there = words(oversight.get(f"/roles/person/{coordinator.id}?agency={elsewhere}").text)
    assert "May not: End somebody's role" in there
    assert oversight.get("/roles/person/999999").status_code == 404
    assert oversight.get(f"/roles/person/{'9' * 40}").status_code == 404


def test_everybody_sees_for_themselves_what_they_can_do_and_nobody_for_others(small: Portal) -> None:
    citizen = someone(small, "citizen@example.org")
    officer = someone(small, "officer@example.org", Role.OFFICER, small.run(make_agency, "water"))
    page = words(citizen.get("/roles/mine").text)
    assert "You hold no role" in page
    assert "May not: End somebody's role" in page
    assert "May: See one's own page Everybody who is signed in may do this." in page
    assert officer.get(f"/roles/person/{citizen.id}").status_code == 403
    assert officer.get("/roles/who").status_code == 403


def test_a_blocked_account_can_do_nothing_that_needs_signing_in(small: Portal) -> None:
    admin = someone(small, "admin@example.org", Role.ADMINISTRATOR)
    officer = someone(small, "officer@example.org", Role.COORDINATOR, small.run(make_agency, "water"))

    async def block() -> None:
        await Person.filter(id=officer.id).update(blocked_at=clock.now())

    small.run(block)
    page = words(admin.get(f"/roles/person/{officer.id}").text)
    assert "This account is blocked" in page
    assert "May not: See one's own page" in page
    assert "Officer" not in words(admin.get("/roles/who?act=role.end").text)
