"""Invitations: sent to one address, held for seven days, agreed to by two where it matters, accepted once."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from httpx2 import Response

from app import audit, clock
from app.accounts.actions import invitations as actions
from app.accounts.models import Invitation, Membership, Person, Unit
from app.accounts.queries.sessions import grants_of
from app.forms import Invalid
from app.models import AuditEntry
from app.policy import Role
from tests.app.people import Someone, enter, give, make_agency, make_person, someone
from tests.app.portal import DATABASES, Portal, fresh_portal, link_in, words

NEW = "newcomer@example.org"


@pytest.fixture(params=DATABASES)
def portal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal(request.param, tmp_path) as running:
        yield running


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Portal]:
    """A portal on SQLite, where the database makes no difference."""
    with fresh_portal("sqlite", tmp_path) as running:
        yield running


def invite(by: Someone, role: Role, place: str, email: str = NEW, **more: str) -> Response:
    """Fill in and send the form."""
    return by.post("/invitations/new", email=email, role=role, place=place, **more)


def newest(portal: Portal) -> int:
    """Number of the newest invitation."""

    async def read() -> int:
        return (await Invitation.all().order_by("-id").first()).id  # type: ignore[union-attr]

    return portal.run(read)


def roles(portal: Portal, person: int) -> list[tuple[Role, int | None]]:
    """What somebody holds and where."""
    return [(grant.role, grant.agency) for grant in portal.run(grants_of, person, clock.now())]


def letters(portal: Portal) -> list[str]:
    """Links of the invitations that were sent, oldest first."""
    return [link_in(mail.body) for mail in portal.mails() if "/invitations/open" in mail.body]


def older(portal: Portal, days: float) -> None:
    """Let time pass for invitations."""

    async def age() -> None:
        for row in await Invitation.all():
            row.expires_at -= timedelta(days=days)
            await row.save()

    portal.run(age)


# Sending and accepting


def test_an_invited_person_accepts_and_holds_the_role(portal: Portal) -> None:
    water = portal.run(make_agency, "water")
    admin = someone(portal, "admin@example.org", Role.ADMINISTRATOR)
    assert invite(admin, Role.OFFICER, f"a{water}", reason="letter 12").headers["location"] == "/invitations"
    assert "Sent, no answer yet" in admin.get("/invitations").text

    newcomer = someone(portal, NEW)
    page = newcomer.get(letters(portal)[0])
    assert "You are offered a role" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert roles(portal, newcomer.id) == [], "opening the link accepts nothing"
    accepted = newcomer.post(f"/invitations/{newest(portal)}/accept")
    assert accepted.headers["location"] == "/roles/mine"
    assert roles(portal, newcomer.id) == [(Role.OFFICER, water)]
    assert "Accepted" in admin.get("/invitations?state=past").text

    async def read() -> list[tuple[str, str]]:
        assert (await audit.verify()).broken_at is None
        rows = await AuditEntry.filter(verb__in=["invited", "accepted_invitation"]).order_by("number")
        assert NEW not in " ".join(row.details + row.object + row.reason for row in rows)
        return [(row.actor, row.verb) for row in rows]

    assert portal.run(read) == [(f"person:{admin.id}", "invited"), (f"person:{newcomer.id}", "accepted_invitation")]


def test_the_letter_speaks_the_language_of_the_account_and_its_token_is_kept_nowhere(small: Portal) -> None:
    water = small.run(make_agency, "water")
    admin = someone(small, "admin@example.org", Role.ADMINISTRATOR)
    small.run(make_person, NEW, language="ar")
    invite(admin, Role.OFFICER, f"a{water}")
    letter = next(mail for mail in small.mails() if mail.recipient == NEW)
    assert letter.language == "ar"
    assert "جهة water" in letter.body
    token = link_in(letter.body).partition("token=")[2]

    async def stored() -> str | None:
        return (await Invitation.get(id=newest_id)).token_hash

    newest_id = newest(small)
    assert small.run(stored) not in {None, token}


def test_an_invitation_is_accepted_once_however_many_press_at_the_same_moment(portal: Portal) -> None:
    water = portal.run(make_agency, "water")
    admin = someone(portal, "admin@example.org", Role.ADMINISTRATOR)
    newcomer = someone(portal, NEW)
    invite(admin, Role.OFFICER, f"a{water}")
    number = newest(portal)

    async def many() -> list[Any]:
        work = [actions.accept(number, by=newcomer.id, now=clock.now()) for _time in range(8)]
        return await asyncio.gather(*work, return_exceptions=True)

    answers = portal.run(many)
    assert sum(isinstance(answer, Membership) for answer in answers) == 1
    assert all(isinstance(answer, (Membership, Invalid)) for answer in answers), answers
    assert roles(portal, newcomer.id) == [(Role.OFFICER, water)]


def test_an_invitation_that_is_withdrawn_while_it_is_accepted_is_one_or_the_other(portal: Portal) -> None:
    water = portal.run(make_agency, "water")
    admin = someone(portal, "admin@example.org", Role.ADMINISTRATOR)
    newcomer = someone(portal, NEW)
    invite(admin, Role.OFFICER, f"a{water}")
    number = newest(portal)

    async def both() -> None:
        await asyncio.gather(
            actions.accept(number, by=newcomer.id, now=clock.now()),
            actions.withdraw(number, by=admin.id, now=clock.now()),
            return_exceptions=True,
        )

    async def read() -> Invitation:
        return await Invitation.get(id=number)

    portal.run(both)
    row = portal.run(read)
    assert (row.accepted_at is None) != (row.withdrawn_at is None)
    assert bool(roles(portal, newcomer.id)) is (row.accepted_at is not None)


def test_a_double_click_invites_once(portal: Portal) -> None:
    water = portal.run(make_agency, "water")
    admin = someone(portal, "admin@example.org", Role.ADMINISTRATOR)

    async def twice() -> None:
        from app.accounts.forms.invitations import Invite  # noqa: PLC0415

        form = Invite(email=NEW, role=Role.OFFICER, place=f"a{water}")
        zone = clock.now().tzinfo
        assert zone is not None
        work = [
            actions.invite(form, by=admin.id, base_url="https://voice.example", zone=zone, now=clock.now())
            for _time in range(4)
        ]
        await asyncio.gather(*work, return_exceptions=True)

    portal.run(twice)
    assert len(letters(portal)) == 1
    again = invite(admin, Role.OFFICER, f"a{water}")
    assert again.status_code == 422
    assert "open invitation to this role already" in again.text


def test_a_foreign_address_reads_a_plain_sentence_and_accepts_nothing(small: Portal) -> None:
    water = small.run(make_agency, "water")
    admin = someone(small, "admin@example.org", Role.ADMINISTRATOR)
    invite(admin, Role.OFFICER, f"a{water}")
    stranger = someone(small, "stranger@example.org")
    page = stranger.get(letters(small)[0])
    assert "went to another mail address" in page.text
    assert "/accept" not in page.text
    refused = stranger.post(f"/invitations/{newest(small)}/accept")
    assert refused.status_code == 422
    assert "went to another mail address" in refused.text
    assert NEW not in refused.text, "nor does it say to which"
    assert roles(small, stranger.id) == []
    assert stranger.get(f"/invitations/{newest(small)}").status_code == 404


def test_an_unconfirmed_address_accepts_nothing(small: Portal) -> None:
    water = small.run(make_agency, "water")
    admin = someone(small, "admin@example.org", Role.ADMINISTRATOR)
    invite(admin, Role.OFFICER, f"a{water}")
    person = small.run(make_person, NEW, confirmed=False)
    browser = small.browser(accept_language="en")
    enter(small, browser, person)
    refused = browser.post(f"/invitations/{newest(small)}/accept")
    assert refused.status_code == 422
    assert "Confirm your mail address first" in refused.text
    assert roles(small, person) == []
    assert "Confirm your mail address first" in browser.get(letters(small)[0]).text


def test_whoever_has_no_account_finds_the_invitation_again_after_making_one(small: Portal) -> None:
    water = small.run(make_agency, "water")
    admin = someone(small, "admin@example.org", Role.ADMINISTRATOR)
    invite(admin, Role.OFFICER, f"a{water}")
    link = letters(small)[0]
    page = small.browser(accept_language="en").get(link).text
    assert "Make an account" in page
    offered = unquote(page.partition("/account/sign-up?next=")[2].partition('"')[0])
    assert offered == link


def test_an_invitation_holds_for_seven_days(small: Portal) -> None:
    water = small.run(make_agency, "water")
    admin = someone(small, "admin@example.org", Role.ADMINISTRATOR)
    newcomer = someone(small, NEW)
    invite(admin, Role.OFFICER, f"a{water}")
    older(small, 6.9)
    assert "You are offered a role" in newcomer.get(letters(small)[0]).text
    older(small, 0.2)
    assert "does not hold any more" in newcomer.get(letters(small)[0]).text
    assert newcomer.post(f"/invitations/{newest(small)}/accept").status_code == 422
    assert roles(small, newcomer.id) == []
    assert "Expired" in admin.get("/invitations?state=past").text


def test_an_invitation_sent_again_has_a_new_link_and_seven_new_days(small: Portal) -> None:
    water = small.run(make_agency, "water")
    admin = someone(small, "admin@example.org", Role.ADMINISTRATOR)
    newcomer = someone(small, NEW)
    invite(admin, Role.OFFICER, f"a{water}")
    older(small, 8)
    assert admin.post(f"/invitations/{newest(small)}/again").status_code == 303
    first, second = letters(small)
    assert first != second
    assert newcomer.get(first).status_code == 410
    assert "You are offered a role" in newcomer.get(second).text


def test_a_withdrawn_invitation_gives_nothing(small: Portal) -> None:
    water = small.run(make_agency, "water")
    admin = someone(small, "admin@example.org", Role.ADMINISTRATOR)
    newcomer = someone(small, NEW)
    invite(admin, Role.OFFICER, f"a{water}")
    number = newest(small)
    assert admin.post(f"/invitations/{number}/withdraw").status_code == 303
    assert admin.post(f"/invitations/{number}/withdraw").status_code == 303
    assert "It was withdrawn" in newcomer.get(letters(small)[0]).text
    assert newcomer.post(f"/invitations/{number}/accept").status_code == 422
    assert admin.post(f"/invitations/{number}/again").status_code == 422
    assert roles(small, newcomer.id) == []


def test_an_invitation_ends_when_whoever_sent_it_may_not_give_the_role_any_more(small: Portal) -> None:
    water = small.run(make_agency, "water")
    supervisor = someone(small, "supervisor@example.org", Role.SUPERVISOR, water)
    newcomer = someone(small, NEW)
    invite(supervisor, Role.OFFICER, f"a{water}")

    async def end() -> None:
        await Membership.filter(id=supervisor.membership).update(ended_at=clock.now())

    small.run(end)
    refused = newcomer.post(f"/invitations/{newest(small)}/accept")
    assert "may not give this role any more" in refused.text
    assert roles(small, newcomer.id) == []


def test_a_role_may_end_on_a_day_that_was_set_with_the_invitation(small: Portal) -> None:
    water = small.run(make_agency, "water")
    admin = someone(small, "admin@example.org", Role.ADMINISTRATOR)
    newcomer = someone(small, NEW)
    past = invite(admin, Role.OFFICER, f"a{water}", until="2020-01-01")
    assert past.status_code == 422
    assert "This day is over" in past.text
    day = (clock.now() + timedelta(days=10)).date().isoformat()
    assert invite(admin, Role.OFFICER, f"a{water}", until=day).status_code == 303
    newcomer.post(f"/invitations/{newest(small)}/accept")
    assert roles(small, newcomer.id) == [(Role.OFFICER, water)]
    assert small.run(grants_of, newcomer.id, clock.now() + timedelta(days=12)) == ()


def test_a_role_already_held_is_not_accepted_a_second_time(small: Portal) -> None:
    water = small.run(make_agency, "water")
    admin = someone(small, "admin@example.org", Role.ADMINISTRATOR)
    officer = someone(small, NEW, Role.OFFICER, water)
    invite(admin, Role.OFFICER, f"a{water}")
    refused = officer.post(f"/invitations/{newest(small)}/accept")
    assert "You hold this role there already" in refused.text
    assert len(roles(small, officer.id)) == 1


def test_an_invitation_waits_on_the_own_page_of_whoever_is_invited(small: Portal) -> None:
    from app.accounts.queries.invitations import waits  # noqa: PLC0415
    from app.policy import Who  # noqa: PLC0415

    water = small.run(make_agency, "water")
    admin = someone(small, "admin@example.org", Role.ADMINISTRATOR)
    newcomer = someone(small, NEW)
    invite(admin, Role.OFFICER, f"a{water}")
    parts = small.run(waits, Who(newcomer.id), clock.now())
    assert [part.url for part in parts] == [f"/invitations/{newest(small)}"]
    assert "You are offered a role" in newcomer.get(parts[0].url).text
    newcomer.post(f"/invitations/{newest(small)}/accept")
    assert small.run(waits, Who(newcomer.id), clock.now()) == []


# Who may give what, where


@pytest.mark.parametrize("by", [Role.COORDINATOR, Role.SUPERVISOR])
def test_coordinators_and_supervisors_bring_in_their_own_people_and_nobody_else(small: Portal, by: Role) -> None:
    water = small.run(make_agency, "water")
    capital = small.run(make_agency, "capital", water)
    other = small.run(make_agency, "other")
    actor = someone(small, "actor@example.org", by, water)
    page = actor.get("/invitations/new").text
    assert f'value="a{capital}"' in page
    assert f'value="a{other}"' not in page
    assert 'value="portal"' not in page
    allowed = {Role.OFFICER} | ({Role.COORDINATOR} if by is Role.SUPERVISOR else set())
    for role in Role:
        answer = invite(actor, role, f"a{capital}", f"{role}@example.org")
        assert answer.status_code == (303 if role in allowed else 422), role
        assert invite(actor, role, f"a{other}", f"{role}@example.org").status_code == 422, "not elsewhere"
        assert invite(actor, role, "portal", f"{role}@example.org").status_code == 422, "not everywhere"


def test_some_roles_are_held_at_an_agency_only(small: Portal) -> None:
    admin = someone(small, "admin@example.org", Role.ADMINISTRATOR)
    refused = invite(admin, Role.OFFICER, "portal")
    assert "held at an agency" in refused.text
    assert invite(admin, Role.OBSERVER, "portal").status_code == 303
    for nonsense in ("", "a0", "a999", "u999", "x", f"a{'9' * 30}", "a٣"):
        assert invite(admin, Role.OFFICER, nonsense).status_code == 422, nonsense
    assert admin.post("/invitations/new", email=NEW, role="king", place="portal").status_code == 422


def test_a_role_may_be_given_in_one_unit_of_an_agency(small: Portal) -> None:
    water = small.run(make_agency, "water")
    admin = someone(small, "admin@example.org", Role.ADMINISTRATOR)
    newcomer = someone(small, NEW)

    async def make() -> int:
        return (await Unit.create(agency_id=water, name={"ar": "قسم", "en": "Leaks"})).id

    unit = small.run(make)
    assert "Water › Leaks" in admin.get("/invitations/new").text
    assert invite(admin, Role.OFFICER, f"u{unit}").status_code == 303
    newcomer.post(f"/invitations/{newest(small)}/accept")
    grant = small.run(grants_of, newcomer.id, clock.now())[0]
    assert (grant.agency, grant.unit) == (water, unit)


def test_a_coordinator_does_not_see_or_touch_invitations_of_other_agencies(small: Portal) -> None:
    water, other = small.run(make_agency, "water"), small.run(make_agency, "other")
    admin = someone(small, "admin@example.org", Role.ADMINISTRATOR)
    actor = someone(small, "actor@example.org", Role.COORDINATOR, water)
    invite(admin, Role.OFFICER, f"a{other}")
    number = newest(small)
    assert NEW not in actor.get("/invitations").text
    for verb in ("withdraw", "again"):
        assert actor.post(f"/invitations/{number}/{verb}").status_code == 403


def test_one_address_is_not_flooded_with_invitations(small: Portal) -> None:
    admin = someone(small, "admin@example.org", Role.ADMINISTRATOR)
    invite(admin, Role.OBSERVER, "portal")
    answers = [admin.post(f"/invitations/{newest(small)}/again").status_code for _time in range(13)]
    assert answers[-1] == 429


# Four eyes


def test_an_administrator_is_made_by_two(portal: Portal) -> None:
    first = someone(portal, "first@example.org", Role.ADMINISTRATOR)
    second = someone(portal, "second@example.org", Role.ADMINISTRATOR)
    newcomer = someone(portal, NEW)
    assert invite(first, Role.ADMINISTRATOR, "portal").status_code == 303
    number = newest(portal)
    assert letters(portal) == [], "nothing is sent before the second has agreed"
    assert newcomer.post(f"/invitations/{number}/accept").status_code == 422
    assert newcomer.get(f"/invitations/{number}").status_code == 404
    assert "Waits for a second administrator" in second.get("/invitations").text

    own = first.post(f"/invitations/{number}/approve")
    assert own.status_code == 422
    assert "You have proposed this yourself" in own.text
    assert second.post(f"/invitations/{number}/approve").status_code == 303
    assert second.post(f"/invitations/{number}/approve").status_code == 422, "once is enough"
    assert len(letters(portal)) == 1
    assert newcomer.post(f"/invitations/{number}/accept").status_code == 303
    assert roles(portal, newcomer.id) == [(Role.ADMINISTRATOR, None)]

    async def read() -> str:
        return (await AuditEntry.get(verb="accepted_invitation")).details

    assert f'"approved_by":{second.id}' in portal.run(read)


def test_two_who_agree_at_once_send_one_letter(portal: Portal) -> None:
    admins = [someone(portal, f"admin{number}@example.org", Role.ADMINISTRATOR) for number in range(3)]
    invite(admins[0], Role.ADMINISTRATOR, "portal")
    number = newest(portal)

    async def all_three() -> list[Any]:
        work = [
            actions.approve(number, by=admin.id, base_url="https://voice.example", now=clock.now())
            for admin in [*admins, *admins]
        ]
        return await asyncio.gather(*work, return_exceptions=True)

    answers = portal.run(all_three)
    assert sum(answer is None for answer in answers) == 1
    assert len(letters(portal)) == 1


def test_what_waits_for_consent_stands_on_the_page_of_the_other_administrators(small: Portal) -> None:
    from app.accounts.queries.invitations import waits  # noqa: PLC0415
    from app.policy import Who  # noqa: PLC0415

    first = someone(small, "first@example.org", Role.ADMINISTRATOR)
    second = someone(small, "second@example.org", Role.ADMINISTRATOR)
    local = someone(small, "local@example.org", Role.ADMINISTRATOR, small.run(make_agency, "water"))
    invite(first, Role.ADMINISTRATOR, "portal")

    def waiting(admin: Someone) -> list[str]:
        grants = small.run(grants_of, admin.id, clock.now())
        return [part.url for part in small.run(waits, Who(admin.id, grants=grants), clock.now())]

    assert waiting(first) == []
    assert waiting(second) == [f"/invitations/{newest(small)}/approve"]
    assert waiting(local) == [], "an administrator of one agency does not decide for the whole portal"
    assert local.post(f"/invitations/{newest(small)}/approve").status_code == 403
    second.post(f"/invitations/{newest(small)}/withdraw")
    assert waiting(second) == []


def test_consent_is_worth_nothing_once_either_of_the_two_is_no_administrator_any_more(small: Portal) -> None:
    first = someone(small, "first@example.org", Role.ADMINISTRATOR)
    second = someone(small, "second@example.org", Role.ADMINISTRATOR)
    newcomer = someone(small, NEW)
    invite(first, Role.ADMINISTRATOR, "portal")
    second.post(f"/invitations/{newest(small)}/approve")

    async def block() -> None:
        await Person.filter(id=second.id).update(blocked_at=clock.now())

    small.run(block)
    assert newcomer.post(f"/invitations/{newest(small)}/accept").status_code == 422
    assert roles(small, newcomer.id) == []


def test_agreeing_asks_for_a_fresh_proof(small: Portal) -> None:
    first = someone(small, "first@example.org", Role.ADMINISTRATOR)
    second = someone(small, "second@example.org", Role.ADMINISTRATOR, proven=False)
    invite(first, Role.ADMINISTRATOR, "portal")
    second.post(f"/invitations/{newest(small)}/approve")
    assert letters(small) == []


def test_the_only_administrator_is_told_how_a_second_one_is_made(small: Portal) -> None:
    only = someone(small, "only@example.org", Role.ADMINISTRATOR)
    assert "sawtuna create-admin" in only.get("/invitations").text
    assert "sawtuna create-admin" in only.get("/invitations/new").text
    small.run(give, small.run(make_person, "second@example.org"), Role.ADMINISTRATOR)
    assert "sawtuna create-admin" not in only.get("/invitations").text
    assert "sawtuna create-admin" not in words(only.get("/invitations/new").text)
