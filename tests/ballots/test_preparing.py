"""Preparing an election: nothing half done, nothing overwritten, nothing changed once it is frozen."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app import ids
from app.accounts.models import Person
from app.audit import SYSTEM
from app.forms import Invalid, read
from app.policy import Role
from ballots.actions import Outdated, Refused, authority, preparing, running, trustees, voters
from ballots.forms.drafts import Asked, Basics
from ballots.forms.people import Authority, Invited, Population, Threshold
from ballots.models import CeremonyPart, Credential, Election, Trustee, Voter
from ballots.queries.preparation import preparation_of
from ballots.rules import Missing, Question, State
from tests.app.people import make_agency, someone
from tests.app.portal import DATABASES, Portal, fresh_database, fresh_portal, opened
from tests.ballots import elections
from tests.ballots.preparing import (
    BASICS,
    QUESTION,
    administrator,
    begin,
    letters,
    row,
    steps,
    token_in,
    update,
)

NOW = datetime(2027, 1, 1, 9, 0, tzinfo=UTC)
AUTHORITY = Authority(name="دائرة السجل", email="codes@example.org")


@pytest.fixture(params=DATABASES)
def portal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal(request.param, tmp_path) as running_portal:
        yield running_portal


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal("sqlite", tmp_path) as running_portal:
        yield running_portal


def trustee(number: int, language: str = "ar") -> Invited:
    return Invited(name=f"أمين {number}", email=f"t{number}@example.org", language=language)


async def draft(**columns: Any) -> Election:
    return await Election.create(
        **{
            "uuid": "1" * 14,
            "title": {"ar": "انتخاب", "en": "Election"},
            "description": {},
            "questions": [read(QUESTION, Asked).asked.to_json()],
            "created_at": NOW,
            **columns,
        }
    )


def mistakes(form: Any, values: dict[str, str]) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as refused:
        read(values, form)
    return dict(refused.value.entered.errors)


# Forms


def test_times_are_meant_in_the_zone_of_the_portal_and_may_be_typed_in_arabic_digits() -> None:
    form = read({**BASICS, "opens_at": "٢٠٢٧-٠٣-٠١T٠٨:٠٠"}, Basics)
    assert form.opens_at == datetime(2027, 3, 1, 5, 0, tzinfo=UTC)
    assert read({**BASICS, "opens_at": "", "closes_at": ""}, Basics).columns()["opens_at"] is None


def test_what_people_wrote_keeps_its_digits() -> None:
    assert read({**BASICS, "title_ar": "دورة ٢٠٢٧"}, Basics).title["ar"] == "دورة ٢٠٢٧"
    assert read({**QUESTION, "question_ar": "خطة ٢٠٢٧؟"}, Asked).asked.question["ar"] == "خطة ٢٠٢٧؟"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"title_ar": "", "title_en": " "}, "title_en"),
        ({"title_ar": "\u200b\u2060"}, "title_ar"),
        ({"title_ar": "ع" * 301}, "title_ar"),
        ({"closes_at": "2027-03-01T08:04"}, "closes_at"),
        ({"count_from": "2020-01-01T08:00"}, "count_from"),
        ({"opens_at": "tomorrow"}, "opens_at"),
        ({"opens_at": "9999-12-31T23:59"}, "opens_at"),
        ({"opens_at": "2027-03-01T08:00+02:00"}, "opens_at"),
        ({"contact": "nobody"}, "contact"),
    ],
)
def test_a_mistake_in_the_basics_stands_beside_its_field(changed: dict[str, str], field: str) -> None:
    assert list(mistakes(Basics, {**BASICS, **changed})) == [field]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"question_ar": "", "question_en": ""}, "question_en"),
        ({"answers_en": "A library\nA park"}, "answers_en"),
        ({"answers_ar": "", "answers_en": ""}, "answers_en"),
        ({"answers_ar": "مكتبة\n\nإنارة"}, "answers_ar"),
        ({"answers_ar": "مكتبة\nمكتبـة\nإنارة"}, "answers_ar"),
        ({"answers_en": "A park\nA pаrk\nLights"}, "answers_en"),
        ({"answers_ar": "\n".join(str(n) for n in range(101))}, "answers_ar"),
        ({"answers_en": f"A library\n{'x' * 501}\nLights"}, "answers_en"),
        ({"min": "2", "max": "1"}, "max"),
        ({"max": "4"}, "max"),
        ({"max": "0"}, "max"),
        ({"min": "-1"}, "min"),
        ({"max": "many"}, "max"),
        ({"answers_en": "Yes / No\nNo\nBoth"}, "answers_en"),
        ({"question_en": "This / that?"}, "question_en"),
    ],
)
def test_a_mistake_in_a_question_stands_beside_its_field(changed: dict[str, str], field: str) -> None:
    assert list(mistakes(Asked, {**QUESTION, **changed})) == [field]


def test_a_question_may_be_there_in_one_language_only() -> None:
    asked = read({**QUESTION, "question_en": "", "answers_en": ""}, Asked).asked
    assert asked.answers == ({"ar": "مكتبة"}, {"ar": "حديقة"}, {"ar": "إنارة"})
    assert asked.max == 1
    assert not asked.faults()
    assert Question.of(asked.to_json()) == asked


# Drafts


def test_an_election_is_begun_changed_and_written_down(portal: Portal) -> None:
    boss = administrator(portal)
    uuid = begin(boss)
    changed = boss.post(f"/manage/elections/{uuid}/basics", **{**BASICS, "title_en": "What first", "version": "1"})
    assert changed.status_code == 303
    assert boss.post(f"/manage/elections/{uuid}/questions/new", **QUESTION, version="2").status_code == 303
    there = row(portal, uuid)
    assert there.title == {"ar": "أولويات الحي", "en": "What first"}
    assert there.opens_at == datetime(2027, 3, 1, 5, 0, tzinfo=UTC)
    assert Question.of(there.questions[0]).answers[1] == {"ar": "حديقة", "en": "A park"}
    assert there.version == 3
    assert steps(portal, uuid) == ["election_created", "election_changed", "question_put"]


def test_two_administrators_do_not_overwrite_each_other_and_nothing_typed_is_lost(portal: Portal) -> None:
    first, second = administrator(portal), administrator(portal, "other@example.org")
    uuid = begin(first)
    path = f"/manage/elections/{uuid}/basics"
    assert first.post(path, **{**BASICS, "title_en": "Ours", "version": "1"}).status_code == 303
    late = second.post(path, **{**BASICS, "title_en": "Theirs", "version": "1"})
    assert late.status_code == 409
    assert "Somebody else has changed this meanwhile" in late.text
    assert 'value="Theirs"' in late.text
    assert "Ours" in late.text
    assert row(portal, uuid).title["en"] == "Ours"
    assert second.post(path, **{**BASICS, "title_en": "Theirs", "version": "2"}).status_code == 303
    assert second.post(path, **{**BASICS, "title_en": "Theirs", "version": "2"}).status_code == 303, "a double click"
    assert row(portal, uuid).title["en"] == "Theirs"
    assert steps(portal, uuid) == ["election_created", "election_changed", "election_changed"]


def test_of_two_changes_at_the_same_moment_one_is_refused(portal: Portal) -> None:
    uuid = begin(administrator(portal))

    async def race() -> list[object]:
        there = await Election.get(uuid=uuid)
        forms = [read({**BASICS, "title_en": name, "version": "1"}, Basics) for name in ("One", "Two", "Three")]
        changes = [preparing.change(there, form, actor=SYSTEM, now=NOW) for form in forms]
        return await asyncio.gather(*changes, return_exceptions=True)

    results = portal.run(race)
    assert sum(isinstance(result, Outdated) for result in results) == 2
    assert results.count(None) == 1


def test_questions_are_changed_moved_and_taken_out_only_in_the_state_that_was_seen(portal: Portal) -> None:
    boss = administrator(portal)
    uuid = begin(boss)
    path = f"/manage/elections/{uuid}/questions"
    one, two = QUESTION, {**QUESTION, "question_en": "And then?"}
    assert boss.post(f"{path}/new", **one, version="1").status_code == 303
    assert boss.post(f"{path}/new", **two, version="2").status_code == 303
    assert boss.post(f"{path}/new", **two, version="2").status_code == 303, "a double click adds nothing"
    assert len(row(portal, uuid).questions) == 2
    assert boss.post(f"{path}/2/up", version="3").status_code == 303
    assert boss.post(f"{path}/1/remove", version="3").status_code == 409, "the first was another one when it was seen"
    stale = boss.post(f"{path}/1", **{**one, "question_en": "Late"}, version="3")
    assert stale.status_code == 409
    assert 'value="Late"' in stale.text
    assert boss.post(f"{path}/1/up", version="4").status_code == 303, "it stays where it is"
    assert boss.post(f"{path}/1/remove", version="5").status_code == 303
    assert [question["question"]["en"] for question in row(portal, uuid).questions] == ["Which project first?"]
    assert boss.post(f"{path}/7", **one, version="6").status_code == 404
    assert boss.post(f"{path}/7/remove", version="6").status_code == 409
    assert boss.post(f"{path}/1/sideways", version="6").status_code == 404
    assert boss.get(f"{path}/7").status_code == 404
    assert boss.get(f"{path}/0").status_code == 404


def test_an_administrator_of_an_agency_begins_elections_there_only(portal: Portal) -> None:
    water, power = portal.run(make_agency, "water"), portal.run(make_agency, "power")
    boss = someone(portal, "w@example.org", Role.ELECTION_ADMINISTRATOR, water)
    uuid = begin(boss, agency=str(water))
    for place in ("0", "", str(power), "99999", "x"):
        answer = boss.post("/manage/elections/new", **{**BASICS, "agency": place})
        assert answer.status_code == 422, place
    assert boss.get(f"/manage/elections/{uuid}").status_code == 200
    whole = administrator(portal)
    of_all = begin(whole)
    assert boss.get(f"/manage/elections/{of_all}").status_code == 403
    assert "Priorities" in whole.get("/manage/elections").text
    other = someone(portal, "p@example.org", Role.ELECTION_ADMINISTRATOR, power)
    for path in ("", "/basics", "/voters", "/trustees", "/authority", "/log", "/preview", "/copy", "/cancel"):
        assert other.get(f"/manage/elections/{uuid}{path}").status_code == 403, path
    assert "Priorities" not in other.get("/manage/elections").text
    oversight = someone(portal, "o@example.org", Role.OVERSIGHT, water)
    assert oversight.get(f"/manage/elections/{uuid}").status_code == 200
    assert oversight.get(f"/manage/elections/{uuid}/voters").status_code == 403, "voters' data are not theirs to see"


def test_once_it_is_frozen_nothing_can_be_changed(portal: Portal) -> None:
    boss = administrator(portal)
    uuid = begin(boss)
    path = f"/manage/elections/{uuid}"
    boss.post(f"{path}/questions/new", **QUESTION, version="1")
    boss.post(f"{path}/trustees", name="أمين", email="t@example.org", language="ar")
    before = steps(portal, uuid)
    update(portal, uuid, state=State.READY)

    async def one() -> int:
        return (await Trustee.get(election__uuid=uuid)).id

    number = portal.run(one)
    version = str(row(portal, uuid).version)
    tries = [
        boss.post(f"{path}/basics", **{**BASICS, "title_en": "Other", "version": version}),
        boss.post(f"{path}/questions/new", **QUESTION, version=version),
        boss.post(f"{path}/questions/1", **{**QUESTION, "question_en": "Other"}, version=version),
        boss.post(f"{path}/questions/1/remove", version=version),
        boss.post(f"{path}/trustees", name="آخر", email="x@example.org", language="ar"),
        boss.post(f"{path}/trustees/{number}/remove"),
        boss.post(f"{path}/trustees/invite"),
        boss.post(f"{path}/trustees/threshold", threshold="1", version=version),
        boss.post(f"{path}/trustees/anew"),
        boss.post(f"{path}/authority", name="دائرة", email="c@example.org"),
        boss.post(f"{path}/authority/withdraw"),
        boss.post(f"{path}/voters/level", level="1", place="", version=version),
        boss.browser.post(f"{path}/voters/file", files={"file": ("v.csv", b"number,name\n1,A\n")}),
    ]
    assert [answer.status_code for answer in tries] == [409] * len(tries)
    assert all("frozen" in answer.text for answer in tries)
    assert steps(portal, uuid) == before


# Trustees


def test_trustees_are_added_quietly_and_invited_together_each_in_their_language(portal: Portal) -> None:
    boss = administrator(portal)
    uuid = begin(boss)
    path = f"/manage/elections/{uuid}/trustees"
    for number, language in ((1, "ar"), (2, "en"), (3, "ar")):
        fields = {"name": f"أمين {number}", "email": f"T{number}@Example.org", "language": language}
        assert boss.post(path, **fields).status_code == 303
    assert not letters(portal, "t1@example.org"), "number and threshold are fixed by the first key"
    assert row(portal, uuid).threshold == 2
    assert boss.post(f"{path}/invite").status_code == 303
    assert boss.post(f"{path}/invite").status_code == 303, "a double click"
    arabic, english = letters(portal, "t1@example.org"), letters(portal, "t2@example.org")
    assert (len(arabic), len(english)) == (1, 1)
    assert "أولويات الحي" in arabic[0].body
    assert "Priorities" in english[0].body
    assert arabic[0].subject != english[0].subject

    async def hashes() -> list[str]:
        return [one.token_hash for one in await Trustee.filter(election__uuid=uuid).order_by("index")]

    found = portal.run(hashes)
    assert found[0] == ids.token_hash(token_in(arabic[0].body, "trustee"))
    assert found[1] == ids.token_hash(token_in(english[0].body, "trustee"))
    assert steps(portal, uuid)[-1] == "trustees_invited"


def test_a_fresh_link_voids_the_one_before(portal: Portal) -> None:
    async def scene() -> tuple[str, str, str]:
        there = await draft()
        one = await trustees.add_trustee(there, trustee(1), actor=SYSTEM, now=NOW)
        await trustees.invite_trustees(there, base_url="https://voice.example", actor=SYSTEM, now=NOW)
        first = (await Trustee.get(id=one.id)).token_hash
        await trustees.send_invitation_again(there, one.id, base_url="https://voice.example", actor=SYSTEM, now=NOW)
        return there.uuid, first, (await Trustee.get(id=one.id)).token_hash

    uuid, first, second = portal.run(scene)
    sent = letters(portal, "t1@example.org")
    assert [ids.token_hash(token_in(letter.body, "trustee")) for letter in sent] == [first, second]
    assert sent[0].body.count("https://voice.example/elections/11111111111111/trustee#") == 1
    boss = administrator(portal)
    update(portal, uuid, state=State.TALLIED)

    async def number() -> int:
        return (await Trustee.get(index=1)).id

    path = f"/manage/elections/{uuid}/trustees"
    assert boss.post(f"{path}/{portal.run(number)}/again").status_code == 409
    assert boss.post(f"{path}/999999999999999999999999/again").status_code == 404
    assert len(letters(portal, "t1@example.org")) == 2


def test_numbers_of_trustees_close_up_and_the_threshold_follows(portal: Portal) -> None:
    async def scene() -> tuple[list[tuple[int, str]], list[int]]:
        there, thresholds = await draft(), []
        for number in range(1, 6):
            await trustees.add_trustee(there, trustee(number), actor=SYSTEM, now=NOW)
            thresholds.append((await Election.get(id=there.id)).threshold)
        gone = await Trustee.get(index=2)
        await trustees.remove_trustee(there, gone.id, actor=SYSTEM, now=NOW)
        await trustees.remove_trustee(there, gone.id, actor=SYSTEM, now=NOW)
        thresholds.append((await Election.get(id=there.id)).threshold)
        rows = await Trustee.all().order_by("index")
        return [(one.index, one.email) for one in rows], thresholds

    listed, thresholds = portal.run(scene)
    assert listed == [(1, "t1@example.org"), (2, "t3@example.org"), (3, "t4@example.org"), (4, "t5@example.org")]
    assert thresholds == [1, 2, 2, 3, 3, 3]


def test_a_chosen_threshold_stays_as_long_as_it_is_possible(portal: Portal) -> None:
    async def scene() -> list[int]:
        there, seen = await draft(), []
        for number in range(1, 5):
            await trustees.add_trustee(there, trustee(number), actor=SYSTEM, now=NOW)
        version = (await Election.get(id=there.id)).version
        await trustees.set_threshold(there, Threshold(threshold=4, version=version), actor=SYSTEM, now=NOW)
        seen.append((await Election.get(id=there.id)).threshold)
        await trustees.add_trustee(there, trustee(5), actor=SYSTEM, now=NOW)
        seen.append((await Election.get(id=there.id)).threshold)
        for _each in range(2):
            last = await Trustee.all().order_by("-index").first()
            assert last is not None
            await trustees.remove_trustee(there, last.id, actor=SYSTEM, now=NOW)
        seen.append((await Election.get(id=there.id)).threshold)
        version = (await Election.get(id=there.id)).version
        for wrong in (1, 4, 25):
            with pytest.raises(Invalid):
                await trustees.set_threshold(there, Threshold(threshold=wrong, version=version), actor=SYSTEM, now=NOW)
        with pytest.raises(Outdated):
            await trustees.set_threshold(there, Threshold(threshold=2, version=1), actor=SYSTEM, now=NOW)
        return seen

    assert portal.run(scene) == [4, 4, 2]


def test_no_trustee_stands_there_twice(portal: Portal) -> None:
    boss = administrator(portal)
    uuid = begin(boss)
    path = f"/manage/elections/{uuid}/trustees"
    assert boss.post(path, name="Omar", email="o@example.org", language="en").status_code == 303
    for name, email in (
        ("Other", "O@example.org"),
        ("omar", "x@example.org"),
        ("Оmar", "x@example.org"),
        ("", "x@y.z"),
    ):
        assert boss.post(path, name=name, email=email, language="en").status_code == 422, name
    assert boss.post(path, name="X", email="x@example.org", language="fr").status_code == 422


def test_trustees_added_at_the_same_moment_all_have_their_number(portal: Portal) -> None:
    async def race() -> list[int]:
        there = await draft()
        await asyncio.gather(
            *(trustees.add_trustee(there, trustee(number), actor=SYSTEM, now=NOW) for number in range(1, 6))
        )
        return [one.index for one in await Trustee.all().order_by("index")]

    assert portal.run(race) == [1, 2, 3, 4, 5]


def test_with_the_first_key_the_trustees_are_fixed_until_the_ceremony_starts_anew(portal: Portal) -> None:
    async def scene() -> None:
        there = await draft()
        for number in (1, 2, 3):
            await trustees.add_trustee(there, trustee(number, "en"), actor=SYSTEM, now=NOW)
        await trustees.invite_trustees(there, base_url="https://v.example", actor=SYSTEM, now=NOW)
        first = await Trustee.get(index=1)
        await CeremonyPart.create(election_id=there.id, kind="certificates", index=1, body="{}")
        await Trustee.filter(id=first.id).update(tested_at=NOW, test={"alpha": "1"}, test_answer="x", lost_at=NOW)
        version = (await Election.get(id=there.id)).version
        for refused in (
            trustees.add_trustee(there, trustee(4), actor=SYSTEM, now=NOW),
            trustees.remove_trustee(there, first.id, actor=SYSTEM, now=NOW),
            trustees.set_threshold(there, Threshold(threshold=3, version=version), actor=SYSTEM, now=NOW),
        ):
            with pytest.raises(Refused) as why:
                await refused
            assert why.value.code == "ceremony"
        await trustees.restart_ceremony(there, actor=SYSTEM, now=NOW)
        await trustees.restart_ceremony(there, actor=SYSTEM, now=NOW)
        assert not await CeremonyPart.all().count()
        again = await Trustee.get(id=first.id)
        assert (again.tested_at, again.test, again.test_answer, again.lost_at) == (None, None, "", None)
        assert again.token_hash == first.token_hash, "the link is the stable one"
        await trustees.add_trustee(there, trustee(4), actor=SYSTEM, now=NOW)

    portal.run(scene)
    sent = letters(portal, "t2@example.org")
    assert [letter.subject for letter in sent] == [
        "You are a trustee of an election",
        "The keys of an election are made anew",
    ]
    assert not letters(portal, "t4@example.org")
    assert steps(portal, "1" * 14).count("ceremony_restarted") == 1


# The credential authority


def test_codes_are_made_for_a_list_and_the_list_stays_until_they_are_withdrawn(portal: Portal) -> None:
    base = "https://voice.example"

    async def scene() -> None:
        there = await draft()
        with pytest.raises(Refused) as nobody:
            await authority.invite_authority(there, AUTHORITY, base_url=base, actor=SYSTEM, now=NOW)
        assert nobody.value.code == "voters"
        await Voter.create(election_id=there.id, number="1", name="زينب")
        await authority.invite_authority(there, AUTHORITY, base_url=base, actor=SYSTEM, now=NOW)
        first = (await Election.get(id=there.id)).authority_token
        await authority.invite_authority(there, AUTHORITY, base_url=base, actor=SYSTEM, now=NOW)
        second = (await Election.get(id=there.id)).authority_token
        assert first != second
        await Credential.create(election_id=there.id, digest="d", public="p")
        await Election.filter(id=there.id).update(credentials_at=NOW, credentials_fingerprint="f" * 43)
        version = (await Election.get(id=there.id)).version
        for refused in (
            authority.invite_authority(there, AUTHORITY, base_url=base, actor=SYSTEM, now=NOW),
            voters.take_voters_by_level(there, Population(level="1", version=version), actor=SYSTEM, now=NOW),
        ):
            with pytest.raises(Refused) as why:
                await refused
            assert why.value.code == "credentials"
        await authority.withdraw_credentials(there, actor=SYSTEM, now=NOW)
        await authority.withdraw_credentials(there, actor=SYSTEM, now=NOW)
        after = await Election.get(id=there.id)
        assert (after.credentials_at, after.authority_token, after.credentials_fingerprint) == (None, None, "")
        assert not await Credential.all().count()
        assert Missing.AUTHORITY in (await preparation_of(after)).missing(NOW)
        other = Authority(name="Other", email="other@example.org")
        await authority.invite_authority(after, AUTHORITY, base_url=base, actor=SYSTEM, now=NOW)
        await authority.invite_authority(after, other, base_url=base, actor=SYSTEM, now=NOW)

    portal.run(scene)
    sent = letters(portal, "codes@example.org")
    assert len(sent) == 5
    assert token_in(sent[0].body, "credentials") != token_in(sent[1].body, "credentials")
    assert "#" not in sent[2].body
    assert steps(portal, "1" * 14).count("credentials_withdrawn") == 1
    assert len(letters(portal, "other@example.org")) == 1


# Copies and ends


def test_a_copy_has_the_settings_and_neither_times_nor_voters_nor_links(portal: Portal) -> None:
    boss = administrator(portal)
    uuid = begin(boss)
    path = f"/manage/elections/{uuid}"
    boss.post(f"{path}/questions/new", **QUESTION, version="1")
    boss.post(f"{path}/trustees", name="أمين", email="t@example.org", language="ar")
    boss.post(f"{path}/trustees/invite")
    boss.browser.post(f"{path}/voters/file", files={"file": ("v.csv", b"number,name\n1,A\n")})
    update(portal, uuid, state=State.TALLIED, result=[[1, 2, 3]], fingerprint="f" * 43)
    answer = boss.post(f"{path}/copy", as_test="yes")
    assert answer.status_code == 303
    made = answer.headers["location"].split("?")[0].rpartition("/")[2]
    old, new = row(portal, uuid), row(portal, made)
    assert new.is_test
    assert new.state is State.DRAFT
    assert (new.title, new.questions, new.contact, new.threshold) == (old.title, old.questions, old.contact, 1)
    assert (new.opens_at, new.result, new.fingerprint, new.authority_token) == (None, None, "", None)

    async def others() -> tuple[int, str]:
        kept = await Trustee.get(election__uuid=made)
        return await Voter.filter(election__uuid=made).count(), kept.token_hash

    count, token = portal.run(others)
    assert count == 0
    assert token.startswith("-")
    assert len(letters(portal, "t@example.org")) == 1
    assert steps(portal, made) == ["election_copied"]


def test_an_election_is_cancelled_before_it_opens_and_not_after(portal: Portal) -> None:
    boss = administrator(portal)
    uuid = begin(boss)
    path = f"/manage/elections/{uuid}"
    boss.post(f"{path}/trustees", name="أمين", email="t@example.org", language="en")
    boss.post(f"{path}/trustees/invite")
    assert boss.post(f"{path}/cancel", reason="").status_code == 422
    past = datetime.now(UTC) - timedelta(minutes=1)
    update(portal, uuid, state=State.READY, opens_at=past)
    late = boss.post(f"{path}/cancel", reason="no money")
    assert late.status_code == 409, "it has opened, though nobody has looked yet"
    assert 'value="no money"' in late.text
    for state in (State.OPEN, State.CLOSED, State.TALLIED, State.ARCHIVED):
        update(portal, uuid, state=state)
        assert boss.post(f"{path}/cancel", reason="no money").status_code == 409, state
    update(portal, uuid, state=State.READY, opens_at=past + timedelta(days=2))
    assert boss.post(f"{path}/cancel", reason="no money").status_code == 303
    assert boss.post(f"{path}/cancel", reason="no money").status_code == 303, "a double click"
    assert row(portal, uuid).state is State.CANCELLED
    assert steps(portal, uuid).count("election_cancelled") == 1
    assert letters(portal, "t@example.org")[-1].subject == "An election is cancelled"


def test_whoever_has_not_proven_again_cannot_cancel(small: Portal) -> None:
    boss = administrator(small, proven=False)
    uuid = begin(boss)
    answer = boss.post(f"/manage/elections/{uuid}/cancel", reason="no money")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/account/again")
    assert row(small, uuid).state is State.DRAFT


@pytest.mark.parametrize("kind", DATABASES)
def test_the_check_list_is_empty_when_everything_is_there_and_freezing_is_possible(kind: str, tmp_path: Path) -> None:
    async def scene() -> None:
        made = await elections.drafted()
        lacks = {Missing.KEYS, Missing.TESTS, Missing.CREDENTIALS}
        assert set((await preparation_of(await made.row())).missing(elections.NOW)) == lacks
        await elections.with_keys(made)
        await elections.with_credentials(made)
        there = await made.row()
        assert (await preparation_of(there)).missing(elections.NOW) == []
        with pytest.raises(Refused):
            await trustees.add_trustee(there, trustee(9), actor=SYSTEM, now=elections.NOW)
        await running.freeze(there, actor=SYSTEM, now=elections.NOW)
        with pytest.raises(Refused) as why:
            await trustees.restart_ceremony(there, actor=SYSTEM, now=elections.NOW)
        assert why.value.code == "frozen"

    with fresh_database(kind, tmp_path) as settings:

        async def whole() -> None:
            async with opened(settings):
                await scene()

        asyncio.run(whole())


def test_everybody_of_a_level_and_place_is_taken_and_once_more_with_the_invitation(portal: Portal) -> None:
    async def person(email: str, **columns: Any) -> None:
        values = {"name": email, "password": "-", "created_at": NOW, "confirmed_at": NOW, **columns}
        await Person.create(email=email, **values)

    async def scene() -> list[tuple[str, str]]:
        await person("contact@example.org")
        await person("register@example.org", matched_at=NOW, place="الكرخ")
        await person("seen@example.org", seen_at=NOW, place="الكرخ")
        await person("far@example.org", matched_at=NOW, place="الرصافة")
        await person("blocked@example.org", matched_at=NOW, place="الكرخ", blocked_at=NOW)
        await person("gone@example.org", matched_at=NOW, place="الكرخ", deleted_at=NOW)
        await person("new@example.org", confirmed_at=None)
        there = await draft()
        take = voters.take_voters_by_level
        counts = []
        for version, (level, place) in enumerate((("1", ""), ("2", ""), ("3", ""), ("2", "الكرخ")), 1):
            form = Population(level=level, place=place, version=version)  # type: ignore[arg-type]
            counts.append(await take(there, form, actor=SYSTEM, now=NOW))
        assert counts == [4, 3, 1, 2]
        with pytest.raises(Outdated):
            await take(there, Population(level="1", version=1), actor=SYSTEM, now=NOW)
        await person("late@example.org", matched_at=NOW, place="الكرخ")
        await authority.invite_authority(there, AUTHORITY, base_url="https://v.example", actor=SYSTEM, now=NOW)
        rows = await Voter.all().select_related("person").order_by("id")
        assert all(one.person is not None and one.person.email == one.contact for one in rows)
        return [(one.number, one.contact) for one in rows]

    assert portal.run(scene) == [
        ("1", "register@example.org"),
        ("2", "seen@example.org"),
        ("3", "late@example.org"),
    ]
