"""The service centre: an agent acts for somebody who is there, in the open, for half an hour and no longer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from httpx2 import Response

from app import clock
from app.access import Guarded
from app.accounts.actions import centre as actions
from app.accounts.models import Code, Draft, Membership, Person, Session, Visit
from app.main import create_app
from app.models import AuditEntry, Message
from app.notices.models import Notification
from app.policy import Role
from tests.app.people import Someone, give, make_agency, make_person, someone
from tests.app.portal import BROWSER, DATABASES, Portal, fresh_portal, settings_for, words
from tests.app.test_levels import entered
from tests.app.test_register import BORN, NUMBER, in_register

CITIZEN = "zainab@example.org"
PHONE = "+9647701234567"


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal("sqlite", tmp_path) as running:
        yield running


@pytest.fixture(params=DATABASES)
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal(request.param, tmp_path) as running:
        yield running


def an_agent(portal: Portal, name: str = "agent", *, proven: bool = True) -> Someone:
    """An agent at a service centre of their own."""
    return someone(
        portal, f"{name}@example.org", Role.CENTRE_AGENT, portal.run(make_agency, f"centre-{name}"), proven=proven
    )


def begin(agent: Someone, contact: str = CITIZEN, method: str = "code") -> str:
    """Say whom to act for; the path on which presence is proven."""
    answer = agent.post("/centre/begin", contact=contact, method=method)
    assert answer.status_code == 303, words(answer.text)
    path = answer.headers["location"]
    assert re.fullmatch(r"/centre/begin/[A-Za-z0-9_-]{43}", path)
    return path


def code(portal: Portal) -> str:
    """The digits of the newest message."""

    async def read() -> str:
        return (await Message.all().order_by("-id").first()).body  # type: ignore[union-attr]

    found = re.search(r"\d{6}", portal.run(read))
    assert found
    return found[0]


def visit_with_code(portal: Portal, agent: Someone, contact: str = CITIZEN) -> None:
    """Begin a visit with the code that the citizen reads out."""
    answer = agent.post(begin(agent, contact), code=code(portal))
    assert answer.headers.get("location") == "/", words(answer.text)


def visits(portal: Portal) -> list[Visit]:
    async def read() -> list[Visit]:
        return await Visit.all().order_by("id")

    return portal.run(read)


def person(portal: Portal, email: str = CITIZEN) -> Person:
    async def read() -> Person:
        return await Person.get(email=email)

    return portal.run(read)


def told(portal: Portal, someone_id: int) -> list[str]:
    """What somebody was told, in English, oldest first."""

    async def read() -> list[str]:
        rows = await Notification.filter(person_id=someone_id, kind__not="level").order_by("id")
        return [row.title["en"] for row in rows]

    return portal.run(read)


def let_pass(portal: Portal, by: timedelta) -> None:
    """Let time pass for visits."""

    async def age() -> None:
        for visit in await Visit.all():
            visit.started_at -= by
            visit.expires_at -= by
            await visit.save()

    portal.run(age)


def entries(portal: Portal) -> list[tuple[str, str, str]]:
    async def read() -> list[tuple[str, str, str]]:
        return [(entry.actor, entry.verb, entry.details) for entry in await AuditEntry.all().order_by("number")]

    return portal.run(read)


# Beginning


def test_an_agent_acts_for_somebody_who_reads_out_the_code(either: Portal) -> None:
    citizen, agent = either.run(make_person, CITIZEN), an_agent(either)
    visit_with_code(either, agent)
    (visit,) = visits(either)
    assert visit.expires_at - visit.started_at == timedelta(minutes=30)
    shown = words(agent.get("/help").text)
    assert "You act for Zainab" in shown
    assert told(either, citizen) == ["An agent acts for you in a service centre"]
    ended = agent.post("/centre/end")
    assert ended.headers["location"] == "/centre"
    assert "You act for" not in words(agent.get("/centre").text)
    assert told(either, citizen)[1:] == ["The visit to the service centre has ended"]
    agent.post("/centre/end")  # a second click
    assert len(told(either, citizen)) == 2


def test_the_banner_stands_on_every_page_also_on_that_of_an_error(portal: Portal) -> None:
    portal.run(make_person, CITIZEN)
    agent = an_agent(portal)
    visit_with_code(portal, agent)
    for route in portal.app.routes:
        if not isinstance(route, Guarded) or "GET" not in (route.methods or ()) or "{" in route.path:
            continue
        answer = agent.get(route.path)
        if answer.headers.get("content-type", "").startswith("text/html"):
            assert "You act for" in words(answer.text), route.path
            assert 'action="/centre/end"' in answer.text, route.path
    assert "You act for" in words(agent.get("/no-such-page").text)


def test_beginning_says_the_same_whether_there_is_an_account_or_not(portal: Portal) -> None:
    portal.run(make_person, CITIZEN)
    agent = an_agent(portal)
    pages, answers = set(), []
    for contact in (CITIZEN, "nobody@example.org"):
        path = begin(agent, contact)
        shown = words(agent.get(path).text).replace(contact, "")
        pages.add(shown)
        wrong = agent.post(path, code="000000" if code(portal) != "000000" else "111111")
        answers.append((wrong.status_code, words(wrong.text).replace(contact, "")))
    assert len(pages) == 1
    assert len(set(answers)) == 1

    async def sent() -> list[str]:
        return [message.recipient for message in await Message.all().order_by("id")]

    assert portal.run(sent) == [CITIZEN, "nobody@example.org"]


def test_whoever_has_no_account_gets_one_once_the_code_was_right(portal: Portal) -> None:
    agent = an_agent(portal)
    path = begin(agent, "0770 123 4567")
    assert agent.get(f"{path}/account").status_code == 303, "not before the code was right"
    answer = agent.post(path, code=code(portal))
    assert answer.headers["location"] == f"{path}/account"
    assert agent.post(f"{path}/account", name=" ").status_code == 422
    made = agent.post(f"{path}/account", name="هدى")
    assert made.headers["location"] == "/"
    assert "هدى" in words(agent.get("/help").text)
    assert agent.post(f"{path}/account", name="هدى").status_code in {303, 403}

    async def read() -> Person:
        return await Person.get(phone=PHONE)

    citizen = portal.run(read)
    assert citizen.confirmed_at is not None
    assert citizen.email is None
    assert len(visits(portal)) == 1


def test_a_code_that_was_right_makes_one_visit_however_often_it_is_sent(either: Portal) -> None:
    either.run(make_person, CITIZEN)
    agent = an_agent(either)
    path = begin(agent)
    answers = either.run(at_once, either, agent, path, [{"code": code(either)}] * 5)
    assert answers.count(303) >= 1
    assert len(visits(either)) == 1


def test_a_hundred_guesses_at_once_count_as_a_hundred(either: Portal) -> None:
    either.run(make_person, CITIZEN)
    agent = an_agent(either)
    path = begin(agent)
    right = int(code(either))
    guesses = [{"code": f"{(right + 1 + number) % 1_000_000:06}"} for number in range(99)]
    answers = either.run(at_once, either, agent, path, [*guesses, {"code": f"{right:06}"}])
    assert len([answer for answer in answers if answer == 422]) <= 5
    assert len(visits(either)) <= 1

    async def guessed() -> int:
        return (await Code.all().order_by("-id").first()).guesses  # type: ignore[union-attr]

    assert either.run(guessed) == 5
    assert agent.post(path, code=f"{right:06}").status_code in {303, 410}
    assert len(visits(either)) <= 1


async def at_once(portal: Portal, agent: Someone, path: str, forms: list[dict[str, str]]) -> list[int]:
    """Send many forms in the same moment; the statuses."""
    transport = httpx2.ASGITransport(app=portal.app)
    async with httpx2.AsyncClient(
        transport=transport,
        base_url=portal.settings.base_url,
        headers=BROWSER,
        cookies=dict(agent.browser.cookies),
    ) as client:
        answers = await asyncio.gather(*(client.post(path, data=form) for form in forms))
    return [answer.status_code for answer in answers]


def test_the_code_of_one_agent_does_not_serve_another(portal: Portal) -> None:
    portal.run(make_person, CITIZEN)
    first, second = an_agent(portal), an_agent(portal, "other")
    path = begin(first)
    answer = second.post(path, code=code(portal))
    assert answer.headers["location"] == "/centre/begin"
    assert visits(portal) == []


def test_an_agent_proves_again_who_they_are_before_they_act_for_anybody(portal: Portal) -> None:
    agent = an_agent(portal, proven=False)
    assert agent.get("/centre").status_code == 200
    assert agent.get("/centre/begin").headers["location"].startswith("/account/again")
    assert agent.post("/centre/begin", contact=CITIZEN, method="code").headers["location"].startswith("/account/again")


@pytest.mark.parametrize("role", [None, Role.OFFICER, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.OVERSIGHT])
def test_nobody_but_an_agent_acts_for_others(portal: Portal, role: Role | None) -> None:
    other = someone(portal, "other@example.org", role)
    assert other.get("/centre").status_code == 403
    assert other.post("/centre/begin", contact=CITIZEN, method="code").status_code == 403


def test_an_agent_does_not_act_for_themselves(portal: Portal) -> None:
    agent = an_agent(portal)
    path = begin(agent, "agent@example.org")
    answer = agent.post(path, code=code(portal))
    assert answer.status_code == 422
    assert "Nobody acts for themselves" in words(answer.text)
    identity = begin(agent, "agent@example.org", "identity")
    assert agent.post(identity, document="card", document_end="123").status_code == 422
    assert visits(portal) == []


def test_an_agent_who_tries_many_addresses_is_stopped(portal: Portal) -> None:
    agent = an_agent(portal)
    answers = [
        agent.post("/centre/begin", contact=f"guess{number}@example.org", method="code").status_code
        for number in range(61)
    ]
    assert answers == [303] * 60 + [429]


# By a document


def by_document(agent: Someone, contact: str = CITIZEN, **more: str) -> Response:
    """Begin a visit with a document."""
    return agent.post(begin(agent, contact, "identity"), document="card", document_end="x4v", **more)


def test_a_document_with_number_and_birth_date_proves_the_account_in_person(portal: Portal) -> None:
    in_register(portal)
    citizen, agent = portal.run(make_person, CITIZEN), an_agent(portal)
    assert by_document(agent, **entered()).headers["location"] == "/"
    found = person(portal)
    assert found.seen_at is not None
    assert found.register_hash is not None
    (visit,) = visits(portal)
    assert (visit.proof, visit.note) == ("identity", "card:X4V")

    async def titles() -> list[str]:
        return [row.title["en"] for row in await Notification.filter(person_id=citizen)]

    assert "Your account is proven in person" in portal.run(titles)


def test_a_matched_account_opens_only_with_its_own_number_and_date(portal: Portal) -> None:
    in_register(portal)
    citizen = someone(portal, CITIZEN)
    assert citizen.post("/account/level", **entered()).status_code == 303
    agent = an_agent(portal)
    assert by_document(agent).status_code == 422
    assert visits(portal) == []
    assert by_document(agent, **entered()).headers["location"] == "/"
    assert person(portal).seen_at is not None


def test_a_document_alone_begins_a_visit_and_proves_no_more(portal: Portal) -> None:
    portal.run(make_person, CITIZEN)
    assert by_document(an_agent(portal)).headers["location"] == "/"
    assert person(portal).seen_at is None


def test_what_does_not_fit_is_refused_in_the_same_words_as_an_account_that_is_not_there(portal: Portal) -> None:
    in_register(portal, (NUMBER, BORN), ("198503051235", BORN))
    citizen = someone(portal, CITIZEN)
    assert citizen.post("/account/level", **entered()).status_code == 303
    portal.run(make_person, "open@example.org")
    portal.run(make_person, "unconfirmed@example.org", confirmed=False)
    agent = an_agent(portal)
    answers = [
        by_document(agent, "nobody@example.org", **entered()),
        by_document(agent, "nobody@example.org"),
        by_document(agent, "unconfirmed@example.org"),
        by_document(agent, CITIZEN, **entered("198503051235")),
        by_document(agent, CITIZEN, **entered(born=date(1985, 3, 6))),
        by_document(agent, "open@example.org", **entered()),
        by_document(agent, "open@example.org", **entered("198503051299")),
    ]
    said = {re.sub(r"\S+@\S+", "", words(answer.text)) for answer in answers}
    assert [answer.status_code for answer in answers] == [422] * len(answers)
    assert len(said) == 1
    assert visits(portal) == []
    assert [verb for _actor, verb, _details in entries(portal)].count("visit_refused") == len(answers)


@pytest.mark.parametrize("end", ["", "12", "1234", "1 3", "198503051234"])
def test_no_more_of_a_document_than_three_characters_is_taken(portal: Portal, end: str) -> None:
    portal.run(make_person, CITIZEN)
    agent = an_agent(portal)
    answer = agent.post(begin(agent, CITIZEN, "identity"), document="card", document_end=end)
    assert answer.status_code == 422
    assert visits(portal) == []


def test_number_and_date_that_an_agent_enters_stand_nowhere(portal: Portal, capsys: Any) -> None:
    in_register(portal)
    portal.run(make_person, CITIZEN)
    agent = an_agent(portal)
    by_document(agent, **entered(born=date(1985, 3, 6)))
    by_document(agent, **entered())
    written = capsys.readouterr()
    stored = b"".join(path.read_bytes() for path in portal.settings.data_dir.iterdir() if path.is_file())
    for text in (NUMBER, BORN.isoformat(), "1985-03-06"):
        assert text not in written.out + written.err
        assert text.encode() not in stored


# During a visit


def test_what_an_agent_does_is_noted_for_the_citizen_and_audited_as_the_agents(portal: Portal) -> None:
    in_register(portal)
    citizen, agent = someone(portal, CITIZEN), an_agent(portal)
    visit_with_code(portal, agent)
    assert agent.post("/account/level", **entered()).status_code == 303
    (visit,) = visits(portal)
    assert [act["what"] for act in visit.acts] == ["level.raise"]
    matched = next(entry for entry in entries(portal) if entry[1] == "register_matched")
    assert matched[0] == f"person:{agent.id}"
    assert f'"for":"person:{citizen.id}"' in matched[2]
    assert person(portal).register_hash is not None
    assert person(portal, agent.email).register_hash is None
    shown = words(citizen.get("/account/visits").text)
    assert "See one's level and prove more" in shown
    assert "Agent" in shown


def test_two_things_done_at_once_are_both_noted(either: Portal) -> None:
    in_register(either)
    either.run(make_person, CITIZEN)
    agent = an_agent(either)
    visit_with_code(either, agent)
    answers = either.run(at_once, either, agent, "/account/level", [entered()] * 5)
    assert answers == [303] * 5
    assert len(visits(either)[0].acts) == 5


def test_a_refused_form_is_not_noted(portal: Portal) -> None:
    portal.run(make_person, CITIZEN)
    agent = an_agent(portal)
    visit_with_code(portal, agent)
    assert agent.post("/account/level", **entered()).status_code == 422
    assert visits(portal)[0].acts == []


SECURITY = re.compile(
    r"/account/(passkeys|two-step|sessions|contacts|again|data|delete|details|visits|oidc/|notices)|/organizations"
)
"""Pages that show or change how the citizen signs in, or all that is kept of them."""


def test_no_agent_reaches_the_citizens_security_or_own_data(portal: Portal) -> None:
    portal.run(make_person, CITIZEN)
    agent = an_agent(portal)
    visit_with_code(portal, agent)
    reached, tried = set(), 0
    for route in portal.app.routes:
        if not isinstance(route, Guarded) or not SECURITY.match(route.path) or not route.act.signed_in:
            continue
        path = re.sub(r"\{[^}]*\}", "1", route.path)
        for method in sorted({"GET", "POST"} & set(route.methods or ())):
            answer = agent.browser.request(method, path)
            tried += 1
            if answer.status_code not in {403, 404}:
                reached.add(f"{method} {route.path}: {answer.status_code}")
    assert reached == set()
    assert tried > 30


def test_acts_that_touch_security_are_never_done_by_an_agent(tmp_path: Path) -> None:
    for route in create_app(settings_for(tmp_path)).routes:
        if isinstance(route, Guarded) and SECURITY.match(route.path) and route.act.signed_in:
            # A role is nothing that a visit has.
            assert route.act.roles or not route.act.by_agent, f"{route.path}: {route.act.name}"


def test_no_role_of_the_agent_holds_during_a_visit(portal: Portal) -> None:
    portal.run(make_person, CITIZEN)
    agent = an_agent(portal)
    portal.run(give, agent.id, Role.ADMINISTRATOR)
    assert agent.get("/admin/register").status_code == 200
    visit_with_code(portal, agent)
    assert agent.get("/admin/register").status_code == 403
    assert agent.get("/centre").status_code == 403


def test_the_agent_reads_in_their_own_language_and_the_citizens_stays(portal: Portal) -> None:
    portal.run(make_person, CITIZEN, language="ar")
    agent = an_agent(portal)
    visit_with_code(portal, agent)
    assert 'lang="en"' in agent.get("/help").text
    agent.get("/help?lang=ar")
    agent.post("/preferences", lang="en", next="/")
    assert person(portal).language == "ar"


# The end


def test_after_half_an_hour_the_agent_is_themselves_again_and_is_told(portal: Portal) -> None:
    citizen, agent = portal.run(make_person, CITIZEN), an_agent(portal)
    visit_with_code(portal, agent)
    let_pass(portal, timedelta(minutes=29, seconds=30))
    assert "You act for" in words(agent.get("/help").text)
    let_pass(portal, timedelta(minutes=1))
    shown = words(agent.get("/centre").text)
    assert "The visit is over" in shown
    assert agent.post("/centre/end").status_code == 303
    assert "The visit is over" not in words(agent.get("/centre").text)
    assert told(portal, citizen)[-1] == "The visit to the service centre has ended"


def test_what_is_sent_too_late_is_done_for_nobody_and_waits_for_the_citizen(portal: Portal) -> None:
    in_register(portal)
    citizen, agent = portal.run(make_person, CITIZEN), an_agent(portal)
    visit_with_code(portal, agent)
    let_pass(portal, timedelta(minutes=31))
    late = agent.post("/account/level", **entered(note="for Zainab"))
    assert late.status_code == 409
    assert "waits as a draft in the account of whom you acted for" in words(late.text)
    assert person(portal, agent.email).register_hash is None
    assert person(portal).register_hash is None

    async def drafts() -> list[tuple[int | None, list[str]]]:
        return [(draft.person_id, list(draft.values)) for draft in await Draft.all()]  # type: ignore[attr-defined]

    assert portal.run(drafts) == [(citizen, ["note"])]
    let_pass(portal, timedelta(hours=1))
    assert agent.post("/account/level", **entered(note="later")).status_code == 409
    assert len(portal.run(drafts)) == 1, "an hour later nothing comes into the citizen's account any more"
    agent.post("/centre/end")
    assert agent.post("/account/level", **entered()).status_code == 303, "the agent's own, knowingly"
    assert person(portal, agent.email).register_hash is not None


def test_the_next_visit_may_begin_without_putting_the_last_one_away(portal: Portal) -> None:
    portal.run(make_person, CITIZEN)
    portal.run(make_person, "next@example.org")
    agent = an_agent(portal)
    visit_with_code(portal, agent)
    let_pass(portal, timedelta(minutes=31))
    visit_with_code(portal, agent, "next@example.org")
    assert "You act for Next" in words(agent.get("/help").text)


def test_a_visit_that_nobody_ends_is_closed_by_itself_and_the_citizen_is_told_once(portal: Portal) -> None:
    citizen, agent = portal.run(make_person, CITIZEN), an_agent(portal)
    visit_with_code(portal, agent)
    number = visits(portal)[0].id
    portal.run(actions.run_out, number, clock.now())
    assert visits(portal)[0].ended_at is None, "not before its time"
    for _twice in range(2):
        portal.run(actions.run_out, number, clock.now() + timedelta(minutes=31))
    (visit,) = visits(portal)
    assert visit.ended_at == visit.expires_at
    assert len(told(portal, citizen)) == 2


@pytest.mark.parametrize("how", ["role", "citizen", "blocked"])
def test_a_visit_is_over_when_the_role_or_the_account_is(portal: Portal, how: str) -> None:
    citizen, agent = portal.run(make_person, CITIZEN), an_agent(portal)
    visit_with_code(portal, agent)

    async def end() -> None:
        now = clock.now()
        if how == "role":
            await Membership.filter(person_id=agent.id).update(ended_at=now)
        elif how == "citizen":
            await Person.filter(id=citizen).update(deleted_at=now)
        else:
            await Person.filter(id=citizen).update(blocked_at=now)

    portal.run(end)
    assert "You act for Zainab" not in words(agent.get("/help").text)


def test_whoever_signs_out_leaves_the_visit_too(portal: Portal) -> None:
    portal.run(make_person, CITIZEN)
    agent = an_agent(portal)
    visit_with_code(portal, agent)
    agent.post("/account/sign-out")
    assert agent.get("/account").status_code == 303

    async def left() -> int:
        return await Session.filter(person_id=agent.id).count()

    assert portal.run(left) == 0


# Disputes


def ended_visit(portal: Portal, agent: Someone) -> int:
    visit_with_code(portal, agent)
    agent.post("/centre/end")
    return visits(portal)[-1].id


def test_the_citizen_disputes_oversight_decides_and_both_are_told(either: Portal) -> None:
    citizen, agent = someone(either, CITIZEN), an_agent(either)
    judge = someone(either, "judge@example.org", Role.OVERSIGHT)
    visit = ended_visit(either, agent)
    disputed = citizen.post(f"/account/visits/{visit}/dispute", text="I was at home on that day.")
    assert disputed.status_code == 303
    assert told(either, judge.id) == ["A visit to a service centre was disputed"]
    assert citizen.post(f"/account/visits/{visit}/dispute", text="Once more, with feeling.").status_code == 422
    assert f"/centre/disputes/{visit}" in judge.get("/centre/disputes").text
    assert "I was at home" in judge.get(f"/centre/disputes/{visit}").text
    decided = judge.post(f"/centre/disputes/{visit}", text="The agent was wrong and has been told so.")
    assert decided.status_code == 303
    assert judge.post(f"/centre/disputes/{visit}", text="Another decision, later.").status_code == 422
    assert "The agent was wrong" in words(citizen.get("/account/visits").text)
    assert told(either, citizen.id)[-1] == "Your dispute is decided"
    assert told(either, agent.id) == ["A dispute about a visit of yours is decided"]


def test_a_dispute_is_open_for_ninety_days(portal: Portal) -> None:
    citizen, agent = someone(portal, CITIZEN), an_agent(portal)
    visit = ended_visit(portal, agent)
    let_pass(portal, timedelta(days=90) - timedelta(minutes=1))
    assert "Dispute this visit" in words(citizen.get("/account/visits").text)
    let_pass(portal, timedelta(minutes=2))
    assert "Dispute this visit" not in words(citizen.get("/account/visits").text)
    late = citizen.post(f"/account/visits/{visit}/dispute", text="I was at home on that day.")
    assert late.status_code == 422
    assert "I was at home on that day." in late.text or "ninety days" in words(late.text)


def test_a_dispute_needs_words_and_keeps_what_was_typed(portal: Portal) -> None:
    citizen, agent = someone(portal, CITIZEN), an_agent(portal)
    visit = ended_visit(portal, agent)
    answer = citizen.post(f"/account/visits/{visit}/dispute", text="no")
    assert answer.status_code == 422
    assert "At least 10 characters" in words(answer.text)
    assert ">no</textarea>" in answer.text


@pytest.mark.parametrize("number", ["0", "999999", "abc", "9" * 30, "-1"])
def test_the_visits_of_others_are_not_there(portal: Portal, number: str) -> None:
    other = someone(portal, "other@example.org", Role.OVERSIGHT)
    assert other.post(f"/account/visits/{number}/dispute", text="I was at home on that day.").status_code == 404
    assert other.get(f"/centre/disputes/{number}").status_code == 404


def test_a_stranger_does_not_dispute_and_supervisors_decide_for_their_own_agency_only(portal: Portal) -> None:
    citizen, agent = someone(portal, CITIZEN), an_agent(portal)
    visit = ended_visit(portal, agent)
    place = visits(portal)[0].agency_id
    stranger = someone(portal, "stranger@example.org")
    assert stranger.post(f"/account/visits/{visit}/dispute", text="I was at home.").status_code == 404
    citizen.post(f"/account/visits/{visit}/dispute", text="I was at home on that day.")
    here = someone(portal, "here@example.org", Role.SUPERVISOR, place)
    there = someone(portal, "there@example.org", Role.SUPERVISOR, portal.run(make_agency, "elsewhere"))
    assert here.get(f"/centre/disputes/{visit}").status_code == 200
    assert there.get(f"/centre/disputes/{visit}").status_code == 403
    assert f"/centre/disputes/{visit}" not in there.get("/centre/disputes").text
    assert stranger.get("/centre/disputes").status_code == 403
    assert there.post(f"/centre/disputes/{visit}", text="None of my business.").status_code == 403


def test_an_agent_does_not_decide_about_their_own_visit(portal: Portal) -> None:
    citizen, agent = someone(portal, CITIZEN), an_agent(portal)
    portal.run(give, agent.id, Role.SUPERVISOR, visits_place(portal, agent))
    visit = ended_visit(portal, agent)
    citizen.post(f"/account/visits/{visit}/dispute", text="I was at home on that day.")
    assert agent.post(f"/centre/disputes/{visit}", text="I did everything right.").status_code == 403
    assert f"/centre/disputes/{visit}" not in agent.get("/centre/disputes").text
    assert told(portal, agent.id) == []


def visits_place(portal: Portal, agent: Someone) -> int:
    async def read() -> int:
        held = await Membership.get(id=agent.membership)
        return held.agency_id  # type: ignore[attr-defined,no-any-return]

    return portal.run(read)
