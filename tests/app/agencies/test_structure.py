"""The tree changes: moved, merged, taken apart, closed, opened again; and nothing breaks it, however many try."""

import asyncio

import pytest

from app import clock
from app.accounts.actions.agencies import MOST_LEVELS
from app.accounts.models import Agency, AgencyDocument, Calendar, Invitation, Membership, Unit
from app.accounts.queries.agencies import lineage
from app.models import StoredFile
from app.notices.models import Notification
from app.policy import Role
from tests.app.agencies.tree import ABOUT, Tree
from tests.app.people import make_agency, someone
from tests.app.portal import words


def merging(tree: Tree, slug: str, into: str) -> dict[str, str]:
    return {
        "into": into,
        "version": str(tree.version(slug)),
        "into_version": str(tree.version(into)),
        "reason": "Decree 9",
    }


def test_an_agency_moves_with_everything_below_it_and_other_coordinators_look_after_it(both: Tree) -> None:
    one = someone(both.portal, "nur@example.org", Role.COORDINATOR, both.roads)
    assert one.get("/manage/agencies/mains").status_code == 403
    chosen = both.admin.get("/manage/agencies/mains/move?q=roads").text
    assert "/manage/agencies/mains/move?under=roads" in chosen
    answer = both.admin.post("/manage/agencies/mains/move", under="roads", version=1, reason="Decree 8")
    assert answer.headers["location"] == "/manage/agencies/mains?done=moved"
    assert both.portal.run(lineage, both.mains) == (both.mains, both.roads)
    assert one.get("/manage/agencies/mains").status_code == 200
    assert "Belongs from this day to: Roads" in words(one.get("/agencies/mains").text)
    assert both.admin.post("/manage/agencies/mains/move", under="-", version=2, reason="Decree 8").status_code == 303
    assert both.portal.run(lineage, both.mains) == (both.mains,)
    assert both.verbs() == ["moved_agency", "moved_agency"]


@pytest.mark.parametrize("under", ["water", "mains"])
def test_nothing_stands_under_itself(tree: Tree, under: str) -> None:
    answer = tree.admin.post("/manage/agencies/water/move", under=under, version=1, reason="x")
    assert answer.status_code == 422
    assert "cannot stand under itself" in answer.text
    assert tree.agency("water").parent_id is None  # type: ignore[attr-defined]  # Tortoise adds it


def test_two_that_move_under_each_other_at_the_same_moment_make_no_ring(both: Tree) -> None:
    def under(slug: str) -> dict[str, str]:
        return {"under": slug, "version": "1", "reason": "x"}

    answers = both.both_at_once(
        ("/manage/agencies/water/move", under("roads")), ("/manage/agencies/roads/move", under("water"))
    )
    assert sorted(answers) == [303, 422]


def test_the_tree_grows_only_so_deep(tree: Tree) -> None:
    async def grow() -> str:
        parent = tree.water
        for number in range(MOST_LEVELS - 1):
            parent = await make_agency(f"level-{number}", parent)
        return f"level-{MOST_LEVELS - 2}"

    deepest = tree.portal.run(grow)
    answer = tree.admin.post("/manage/agencies/roads/move", under=deepest, version=1, reason="x")
    assert "too deep" in answer.text
    assert "too deep" in tree.admin.post("/manage/agencies/new", name_ar="ع", kind="office", parent=deepest).text


async def furnish(agency: int, person: int) -> None:
    now = clock.now()
    unit = await Unit.create(agency_id=agency, name={"ar": "قسم المجاري", "en": "Sewers"})
    await Membership.create(
        person_id=person, role=Role.OFFICER, agency_id=agency, unit=unit, starts_at=now, granted_by="system"
    )
    await Membership.create(
        person_id=person,
        role=Role.SUPERVISOR,
        agency_id=agency,
        starts_at=now,
        ended_at=now,
        granted_by="system",
    )
    file = await StoredFile.create(digest="a" * 64, size=1, media_type="text/plain", stored_at=now)
    await AgencyDocument.create(agency_id=agency, file=file, title={"ar": "ميثاق"}, name="a.txt", added_at=now)
    await Invitation.create(
        email="later@example.org",
        role=Role.OFFICER,
        agency_id=agency,
        invited_by_id=person,
        invited_at=now,
        expires_at=now.replace(year=now.year + 1),
    )


async def homes() -> dict[str, list[int]]:
    return {
        "units": [row.agency_id for row in await Unit.all()],  # type: ignore[attr-defined]
        "memberships": [row.agency_id for row in await Membership.filter(role=Role.OFFICER)],  # type: ignore[attr-defined]
        "ended": [row.agency_id for row in await Membership.filter(role=Role.SUPERVISOR)],  # type: ignore[attr-defined]
        "documents": [row.agency_id for row in await AgencyDocument.all()],  # type: ignore[attr-defined]
        "invitations": [row.agency_id for row in await Invitation.all()],  # type: ignore[attr-defined]
    }


def test_a_merged_agency_lives_on_in_the_other_with_all_that_hung_on_it_and_comes_back_whole(both: Tree) -> None:
    officer = someone(both.portal, "officer@example.org")
    both.portal.run(furnish, both.water, officer.id)
    page = words(both.admin.get("/manage/agencies/water/merge?into=roads").text)
    assert "Agencies under it 1 Units 1 Documents 1 Roles 1" in page
    answer = both.admin.post("/manage/agencies/water/merge", **merging(both, "water", "roads"))
    assert answer.headers["location"] == "/manage/agencies/roads?done=absorbed"
    assert both.portal.run(homes) == {
        "units": [both.roads],
        "memberships": [both.roads],
        "ended": [both.water],
        "documents": [both.roads],
        "invitations": [both.roads],
    }
    assert both.portal.run(lineage, both.mains) == (both.mains, both.roads)
    visitor = both.portal.browser(accept_language="en")
    assert visitor.get("/agencies/water").headers["location"] == "/agencies/roads"
    told = words(visitor.get("/agencies/roads").text)
    assert "Took over: Water" in told
    assert "Sewers" in told
    assert both.found() == {"/agencies/roads"}
    assert both.steps("mains") == ["moved"]
    assert both.verbs() == ["merged_agency", "moved_membership"]

    async def notified() -> list[str]:
        return [row.title["en"] for row in await Notification.filter(person_id=officer.id)]

    assert both.portal.run(notified) == ["Your role is now in another agency"]

    back = both.admin.post("/manage/agencies/water/reopen", version=both.version("water"), reason="Court ruling")
    assert back.headers["location"] == "/manage/agencies/water?done=opened"
    assert both.portal.run(homes) == {
        "units": [both.water],
        "memberships": [both.water],
        "ended": [both.water],
        "documents": [both.water],
        "invitations": [both.water],
    }
    assert both.portal.run(lineage, both.mains) == (both.mains, both.water)
    assert visitor.get("/agencies/water").status_code == 200
    assert both.steps("water") == ["merged", "separated"]
    assert both.steps("roads") == ["absorbed", "released"]


def test_an_agency_is_not_merged_into_what_belongs_to_it_nor_into_a_closed_one(tree: Tree) -> None:
    own = tree.admin.post("/manage/agencies/water/merge", **merging(tree, "water", "mains"))
    assert own.status_code == 422
    tree.admin.post("/manage/agencies/roads/close", version=1, reason="x")
    closed = tree.admin.post("/manage/agencies/mains/merge", **merging(tree, "mains", "roads"))
    assert closed.status_code == 409
    assert tree.verbs() == ["closed_agency"]


def test_a_merger_that_did_not_see_an_edit_is_refused(both: Tree) -> None:
    seen = merging(both, "mains", "roads")
    both.admin.post("/manage/agencies/roads/edit", version=1, **ABOUT)
    answer = both.admin.post("/manage/agencies/mains/merge", **seen)
    assert answer.status_code == 409
    assert "Decree 9" in answer.text
    assert both.agency("mains").closed_at is None


def test_of_an_edit_and_a_merger_at_the_same_moment_one_is_told(both: Tree) -> None:
    answers = both.both_at_once(
        ("/manage/agencies/mains/merge", merging(both, "mains", "roads")),
        ("/manage/agencies/mains/edit", {**ABOUT, "version": "1"}),
    )
    assert sorted(answers) == [303, 409]
    mains = both.agency("mains")
    assert (mains.closed_at is None) == (mains.email == "water@example.org")


def test_two_that_merge_into_each_other_end_as_one(both: Tree) -> None:
    answers = both.both_at_once(
        ("/manage/agencies/mains/merge", merging(both, "mains", "roads")),
        ("/manage/agencies/roads/merge", merging(both, "roads", "mains")),
    )
    assert sorted(answers) == [303, 409]


def test_pressing_merge_twice_merges_once(both: Tree) -> None:
    request = ("/manage/agencies/mains/merge", merging(both, "mains", "roads"))
    assert both.both_at_once(request, request) == [303, 303]
    assert both.verbs() == ["merged_agency"]


def test_mergers_in_a_row_lead_to_the_last_of_them(tree: Tree) -> None:
    tree.portal.run(make_agency, "bridges")
    tree.admin.post("/manage/agencies/mains/merge", **merging(tree, "mains", "roads"))
    tree.admin.post("/manage/agencies/roads/merge", **merging(tree, "roads", "bridges"))
    assert tree.admin.get("/agencies/mains").headers["location"] == "/agencies/bridges"
    refused = tree.admin.post("/manage/agencies/mains/reopen", version=tree.version("mains"), reason="x")
    assert refused.status_code == 422
    assert "Open that one first" in refused.text


def test_an_agency_is_closed_when_nothing_open_stands_under_it_and_opened_again(both: Tree) -> None:
    refused = both.admin.post("/manage/agencies/water/close", version=1, reason="x")
    assert refused.status_code == 422
    assert both.admin.post("/manage/agencies/mains/close", version=1, reason="Law 3").status_code == 303
    assert both.admin.post("/manage/agencies/water/close", version=1, reason="Law 3").status_code == 303
    page = both.portal.browser(accept_language="en").get("/agencies/mains")
    assert page.status_code == 200
    assert "This agency is closed" in page.text
    assert "/agencies/mains" not in both.portal.browser().get("/agencies").text
    assert "/agencies/mains" not in both.found()
    first = both.admin.post("/manage/agencies/mains/reopen", version=2, reason="Law 4")
    assert "agency above it is closed" in first.text
    both.admin.post("/manage/agencies/water/reopen", version=2, reason="Law 4")
    assert both.admin.post("/manage/agencies/mains/reopen", version=2, reason="Law 4").status_code == 303
    assert both.steps("mains") == ["closed", "opened"]


@pytest.mark.parametrize("verb", ["merge", "close", "reopen"])
def test_what_is_hard_to_undo_asks_for_a_fresh_proof(tree: Tree, verb: str) -> None:
    stale = someone(tree.portal, "stale@example.org", Role.ADMINISTRATOR, proven=False)
    answer = stale.get(f"/manage/agencies/mains/{verb}")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/account/again")


def test_many_changes_at_once_leave_a_tree(both: Tree) -> None:
    async def grow() -> None:
        for number in range(5):
            await make_agency(f"office-{number}", both.water)

    both.portal.run(grow)
    requests = [
        (f"/manage/agencies/office-{n}/move", {"under": f"office-{(n + 1) % 5}", "version": "1", "reason": "x"})
        for n in range(5)
    ]
    answers = both.both_at_once(*requests)
    assert set(answers) == {303, 422}, "one of the ring is refused"
    assert answers.count(422) == 1

    async def roots() -> set[int]:
        lines = await asyncio.gather(*[lineage(row.id) for row in await Agency.all()])
        return {line[-1] for line in lines}

    assert both.portal.run(roots) == {both.water, both.roads}


def test_a_calendar_stays_with_the_agency_that_was_merged(tree: Tree) -> None:
    async def own() -> None:
        await Calendar.create(
            agency_id=tree.mains,
            valid_from=clock.now().date(),
            zone="UTC",
            hours={"sun": [["08:00", "09:00"]]},
            days_off={},
            made_at=clock.now(),
            made_by="system",
        )

    tree.portal.run(own)
    tree.admin.post("/manage/agencies/mains/merge", **merging(tree, "mains", "roads"))

    async def whose() -> list[int]:
        return [row.agency_id for row in await Calendar.all()]  # type: ignore[attr-defined]

    assert tree.portal.run(whose) == [tree.mains]
