"""The administrator's pages: one main act, plain words in both languages, and nobody's data for whom it is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from httpx2 import Response

from app import clock
from app.policy import Role
from ballots.models import CeremonyPart, Election, Trustee, Voter
from ballots.rules import State
from tests.app.people import Someone, make_agency, someone
from tests.app.portal import DATABASES, Portal, fresh_portal, words
from tests.ballots import elections
from tests.ballots.preparing import QUESTION, administrator, begin, letters, row, steps, update

PAGES = (
    "",
    "/basics",
    "/questions",
    "/questions/new",
    "/questions/1",
    "/documents",
    "/voters",
    "/voters?q=nobody",
    "/trustees",
    "/trustees/anew",
    "/authority",
    "/authority/withdraw",
    "/preview",
    "/copy",
    "/cancel",
    "/log",
    "/freeze",
    "/extend",
)
# What stays Latin: names of programs and zones, addresses, hashes, and the account that does all this.
LATIN = re.compile(
    r"\b(Elections|English|Sawtuna|CSV|UTF|SHA|PDF|Asia|Baghdad|sawtuna|credentials|make|help|T)\b"
    r"|\S*@ ?\S*|[\w/+]{40,}"
)


@pytest.fixture(params=DATABASES)
def portal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal(request.param, tmp_path) as running:
        yield running


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal("sqlite", tmp_path) as running:
        yield running


def filled(boss: Someone) -> str:
    """A draft with a question, voters and a trustee; everything in it is Arabic."""
    uuid = begin(boss, title_en="")
    path = f"/manage/elections/{uuid}"
    asked = {**QUESTION, "question_en": "", "answers_en": "", "shuffle": "yes"}
    assert boss.post(f"{path}/questions/new", **asked, version="1").status_code == 303
    voters = "number,name,contact\n1,زينب,z@example.org\n2,عمر,o@example.org\n"
    assert boss.browser.post(f"{path}/voters/file", files={"file": ("v.csv", voters.encode())}).status_code == 303
    assert boss.post(f"{path}/trustees", name="أمين", email="t@example.org", language="ar").status_code == 303
    return uuid


def main_of(answer: Response) -> str:
    found = re.search(r'<main id="main".*?</main>', answer.text, re.DOTALL)
    assert found
    return found[0]


@pytest.mark.parametrize("state", list(State))
def test_every_page_opens_in_both_languages_in_every_state(small: Portal, state: State) -> None:
    boss = administrator(small)
    boss.browser.headers["accept-language"] = "ar"
    boss.browser.get("/account?lang=ar")
    uuid = filled(boss)
    update(small, uuid, state=state, fingerprint="f" * 43, record="{}", frozen_at=clock.now())
    for page in (*(f"/manage/elections/{uuid}{page}" for page in PAGES), "/manage/elections", "/manage/elections/new"):
        for language in ("ar", "en"):
            sign = "&" if "?" in page else "?"
            answer = boss.get(f"{page}{sign}lang={language}")
            assert answer.status_code == 200, (page, language)
            assert answer.headers["cache-control"] == "no-store"
            main = main_of(answer)
            assert main.count("button--main") <= 1, f"{page} has more than one main act"
            if language == "ar":
                left = re.findall(r"[A-Za-z]{2,}", LATIN.sub(" ", words(main)).replace(uuid, " "))
                assert not left, (page, left)


def test_the_check_list_says_what_is_missing_and_leads_there(portal: Portal) -> None:
    boss = administrator(portal)
    uuid = begin(boss, opens_at="", closes_at="")
    path = f"/manage/elections/{uuid}"
    said = words(boss.get(path).text)
    for sentence in (
        "5 steps are open",
        "Say when the vote opens and closes.",
        "Write at least one question with its answers.",
        "Say who may vote.",
        "Name the people who hold the key.",
        "Invite whoever issues the voters' codes.",
    ):
        assert sentence in said
    assert f'button--main" href="{path}/basics"' in boss.get(path).text
    uuid = filled(boss)
    path = f"/manage/elections/{uuid}"
    answer = boss.get(path)
    assert f'button--main" href="{path}/trustees"' in answer.text
    assert "The invitations are not sent yet." in words(answer.text)
    assert "0 of 1 keys made" in words(answer.text)
    assert "Something is still missing" in boss.post(f"{path}/freeze", version="4").text


def test_when_nothing_is_missing_the_main_act_is_to_freeze(portal: Portal) -> None:
    boss = administrator(portal)

    async def scene() -> str:
        now = clock.now()
        made = await elections.drafted(opens=now + timedelta(hours=1), closes=now + timedelta(days=2))
        await elections.with_keys(made, now=now)
        await elections.with_credentials(made, now=now)
        return made.uuid

    uuid = portal.run(scene)
    path = f"/manage/elections/{uuid}"
    page = boss.get(path)
    assert "Everything is there." in words(page.text)
    assert f'button--main" href="{path}/freeze"' in page.text
    version = str(row(portal, uuid).version)
    stale = boss.post(f"{path}/freeze", version="99")
    assert stale.status_code == 409
    assert "Look at it once more" in stale.text
    assert boss.post(f"{path}/freeze", version=version).status_code == 303
    assert boss.post(f"{path}/freeze", version=version).status_code == 303, "a double click"
    assert row(portal, uuid).state is State.READY
    assert steps(portal, uuid).count("election_frozen") == 1
    frozen = words(boss.get(f"{path}?done=frozen").text)
    assert "The election is frozen and published." in frozen
    assert row(portal, uuid).fingerprint in frozen


def test_a_running_election_shows_how_it_goes_and_its_trustees(portal: Portal) -> None:
    boss = administrator(portal)
    uuid = filled(boss)
    path = f"/manage/elections/{uuid}"

    async def scene() -> None:
        there = await Election.get(uuid=uuid)
        for number in (2, 3):
            await Trustee.create(
                election_id=there.id, index=number, name=f"أمين {number}", email="x@y.z", token_hash=str(number)
            )
        await Election.filter(id=there.id).update(threshold=2, voters_number=4)

    portal.run(scene)
    now = datetime.now(UTC)
    update(portal, uuid, state=State.OPEN, opens_at=now - timedelta(days=1), closes_at=now + timedelta(days=1))
    assert "0 of 4 (0%)" in words(boss.get(path).text)

    async def number(index: int) -> int:
        return (await Trustee.get(election__uuid=uuid, index=index)).id

    assert boss.post(f"{path}/trustees/{portal.run(number, 1)}/lost").status_code == 303
    assert "A key is lost, and the result is still possible" in words(boss.get(path).text)
    assert boss.post(f"{path}/trustees/{portal.run(number, 3)}/lost").status_code == 303
    assert "With the keys that are left no result is possible." in words(boss.get(path).text)
    assert boss.post(f"{path}/trustees/999999/lost").status_code == 404
    later = (now + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    assert boss.post(f"{path}/extend", closes_at=later, reason="").status_code == 422
    assert boss.post(f"{path}/extend", closes_at="", reason="storm").status_code == 422
    assert boss.post(f"{path}/extend", closes_at="2020-01-01T00:00", reason="storm").status_code == 409
    assert boss.post(f"{path}/extend", closes_at=later, reason="storm").status_code == 303
    assert "storm" in words(boss.get(f"{path}/log").text)
    assert boss.post(f"{path}/archive").status_code == 409


def test_reminders_go_out_and_the_page_does_not_say_to_whom(portal: Portal) -> None:
    boss = administrator(portal)
    uuid = filled(boss)
    path = f"/manage/elections/{uuid}"
    assert boss.post(f"{path}/remind").status_code == 409
    now = datetime.now(UTC)
    update(portal, uuid, state=State.OPEN, opens_at=now - timedelta(days=1), closes_at=now + timedelta(days=1))
    answer = boss.post(f"{path}/remind")
    assert answer.status_code == 303
    assert len(letters(portal, "z@example.org")) == 1
    for page in (path, f"{path}?done=reminded", f"{path}/log"):
        assert "z@example.org" not in boss.get(page).text
        assert "زينب" not in boss.get(page).text


def test_an_election_with_a_result_is_archived_and_its_list_is_gone(portal: Portal) -> None:
    boss = administrator(portal)
    uuid = filled(boss)
    path = f"/manage/elections/{uuid}"
    update(portal, uuid, state=State.TALLIED, result=[[1, 0, 0, 0]])
    assert boss.post(f"{path}/archive").status_code == 303
    assert boss.post(f"{path}/archive").status_code == 303, "a double click"

    async def left() -> int:
        return await Voter.filter(election__uuid=uuid).count()

    assert portal.run(left) == 0
    assert "The list is deleted" in boss.get(f"{path}/voters").text


def test_observers_look_and_change_nothing_and_see_no_voter(portal: Portal) -> None:
    uuid = filled(administrator(portal))
    path = f"/manage/elections/{uuid}"
    observer = someone(portal, "observer@example.org", Role.OBSERVER)
    page = observer.get(path)
    assert page.status_code == 200
    assert "button--main" not in main_of(page)
    for act in ("basics", "voters", "trustees", "authority", "copy", "cancel", "freeze", "extend"):
        assert f"{path}/{act}" not in page.text
        assert observer.get(f"{path}/{act}").status_code == 403, act
    for shown in ("questions", "preview", "log"):
        assert observer.get(f"{path}/{shown}").status_code == 200
    assert "زينب" not in page.text
    assert "t@example.org" not in page.text
    assert f"{path}/questions/1/remove" not in observer.get(f"{path}/questions").text
    assert observer.get("/manage/elections/new").status_code == 403
    assert "/manage/elections" in observer.get("/manage").text
    citizen = someone(portal, "citizen@example.org")
    assert citizen.get(path).status_code == 403
    assert citizen.get("/manage/elections").status_code == 403
    assert portal.browser().get(path).headers["location"].startswith("/account/sign-in")
    assert observer.get("/manage/elections/nosuchelection").status_code == 404


def test_the_list_is_divided_and_paged_and_shows_only_what_one_may_see(portal: Portal) -> None:
    boss = administrator(portal)
    agency = portal.run(make_agency, "water")

    async def many() -> None:
        for number in range(25):
            await Election.create(
                uuid=f"{number:014d}",
                title={"en": f"Vote number {number:02d}"},
                description={},
                questions=[],
                agency_id=agency if number == 7 else None,
                state=State.OPEN if number == 3 else State.DRAFT,
                created_at=clock.now(),
            )

    assert "No election is being prepared" in boss.get("/manage/elections").text
    portal.run(many)
    first, second = boss.get("/manage/elections").text, boss.get("/manage/elections?state=preparing&page=2").text
    assert "Vote number 24" in first
    assert "Vote number 00" not in first
    assert "Vote number 00" in second
    assert "Vote number 03" not in first + second
    assert "Vote number 03" in boss.get("/manage/elections?state=running").text
    assert "No election is over" in boss.get("/manage/elections?state=over").text
    own = someone(portal, "w@example.org", Role.ELECTION_ADMINISTRATOR, agency).get("/manage/elections").text
    assert re.findall(r"Vote number \d\d", own) == ["Vote number 07"]


def test_hostile_text_is_shown_as_text(small: Portal) -> None:
    boss = administrator(small)
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    uuid = begin(boss, title_ar=evil, title_en=evil, description_ar=evil)
    path = f"/manage/elections/{uuid}"
    asked = {**QUESTION, "question_ar": evil, "answers_ar": f"{evil}\nحديقة\nإنارة"}
    boss.post(f"{path}/questions/new", **asked, version="1")
    boss.post(f"{path}/trustees", name=evil, email="t@example.org", language="ar")
    boss.browser.post(f"{path}/voters/file", files={"file": ("v.csv", f"number,name\n1,{evil[:25]}\n".encode())})
    for page in PAGES:
        text = boss.get(f"{path}{page}?lang=ar").text
        assert "<script>alert" not in text, page
        assert "<img src=x" not in text, page


def test_the_trustees_page_warns_when_all_are_needed_or_one_alone(portal: Portal) -> None:
    boss = administrator(portal)
    uuid = filled(boss)
    path = f"/manage/elections/{uuid}/trustees"
    assert "One trustee alone could read every ballot" in boss.get(path).text
    assert boss.post(path, name="ثانٍ", email="s@example.org", language="ar").status_code == 303
    assert "If one key is lost, there is no result" in boss.get(path).text
    assert boss.post(path, name="ثالث", email="d@example.org", language="ar").status_code == 303
    assert "1 trustee may be missing" in words(boss.get(path).text)
    version = str(row(portal, uuid).version)
    assert boss.post(f"{path}/threshold", threshold="1", version=version).status_code == 422
    assert boss.post(f"{path}/threshold", threshold="٣", version=version).status_code == 303
    assert boss.post(f"{path}/threshold", threshold="2", version=version).status_code == 409
    assert "If one key is lost, there is no result" in boss.get(path).text

    async def begun() -> None:
        there = await Election.get(uuid=uuid)
        await CeremonyPart.create(election_id=there.id, kind="commitments", index=1, body="{}")

    portal.run(begun)
    page = boss.get(path).text
    assert "Start the ceremony anew" in page
    assert 'name="email"' not in page
