"""Agencies entered, edited and renamed, by whom, and what two editors do to each other."""

import pytest

from app import clock
from app.accounts.calendars import DEFAULT
from app.accounts.forms.calendars import shown
from app.accounts.models import Membership, Unit
from app.policy import Role
from tests.app.agencies.tree import ABOUT, Tree
from tests.app.people import someone
from tests.app.portal import words


def test_an_administrator_enters_an_agency_with_an_address_made_of_its_name(both: Tree) -> None:
    answer = both.admin.post(
        "/manage/agencies/new",
        name_ar="مديرية الآبار",
        name_en="Directorate of Wells",
        kind="directorate",
        parent="water",
    )
    assert answer.headers["location"] == "/manage/agencies/directorate-wells?done=created"
    page = both.portal.browser(accept_language="en").get("/agencies/directorate-wells")
    assert "belongs to Ministry" not in page.text
    assert 'href="/agencies/water"' in page.text
    assert "/agencies/directorate-wells" in both.found()
    assert both.verbs() == ["created_agency"]
    assert both.steps("directorate-wells") == ["entered"]


def test_pressing_twice_enters_one_agency(tree: Tree) -> None:
    fields = {"name_ar": "مديرية الآبار", "kind": "directorate", "parent": "water"}
    assert tree.both_at_once(*[("/manage/agencies/new", fields)] * 3).count(303) == 1
    assert tree.verbs() == ["created_agency"]


def test_an_address_is_suggested_and_can_be_changed_before_anything_is_entered(tree: Tree) -> None:
    shown = tree.admin.post("/manage/agencies/new", name_ar="ماء", name_en="Water", kind="office", act="suggest")
    assert shown.status_code == 200
    assert 'value="water-2"' in shown.text
    assert tree.verbs() == []
    tree.admin.post("/manage/agencies/new", name_ar="ماء", name_en="Water", kind="office", slug="tap-water")
    assert tree.agency("tap-water").name == {"ar": "ماء", "en": "Water"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name_ar", ""),
        ("name_ar", "\u200b"),
        ("slug", "Two Words"),
        ("slug", "import"),
        ("slug", "water"),
        ("kind", "kingdom"),
        ("parent", "nobody"),
        ("email", "water@localhost"),
        ("phone", "call us"),
        ("website", "javascript:alert(1)"),
        ("website", "https://user@example.org"),
    ],
)
def test_a_mistake_stands_beside_its_field_and_the_rest_stays(tree: Tree, field: str, value: str) -> None:
    fields = {"name_ar": "آبار", "name_en": "Wells of the land", "kind": "office", field: value}
    answer = tree.admin.post("/manage/agencies/new", **fields)
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.text
    assert 'value="Wells of the land"' in answer.text
    assert tree.verbs() == []


def test_an_agency_says_of_itself_how_it_is_reached(both: Tree) -> None:
    assert both.admin.post("/manage/agencies/mains/edit", version=1, **ABOUT).status_code == 303
    row = both.agency("mains")
    assert (row.email, row.phone, row.website) == (
        "water@example.org",
        "+964 770 000 0000",
        "https://water.example.org",
    )
    assert row.address == {"ar": "شارع النهر"}
    page = words(both.portal.browser(accept_language="en").get("/agencies/mains").text)
    assert "water.example.org" in page
    assert both.verbs() == ["edited_agency"]


def test_whoever_is_slower_loses_nothing_and_overwrites_nothing_unseen(both: Tree) -> None:
    both.admin.post("/manage/agencies/mains/edit", version=1, **ABOUT)
    late = both.admin.post(
        "/manage/agencies/mains/edit", **{**ABOUT, "version": 1, "summary_en": "Mine", "phone": "104"}
    )
    assert late.status_code == 409
    assert "Somebody else has changed this meanwhile" in late.text
    assert ">Mine</textarea>" in late.text
    assert "+964 770 000 0000" in late.text, "what stands there now is shown beside what was typed"
    assert both.agency("mains").summary["en"] == "Water"
    assert 'name="version" value="2"' in late.text
    assert (
        both.admin.post("/manage/agencies/mains/edit", **{**ABOUT, "version": 2, "summary_en": "Mine"}).status_code
        == 303
    )
    assert both.agency("mains").summary["en"] == "Mine"


def test_of_two_editors_at_the_same_moment_one_is_told(both: Tree) -> None:
    path = "/manage/agencies/mains/edit"
    answers = both.both_at_once(*((path, {**ABOUT, "version": "1", "summary_en": f"Nr. {n}"}) for n in range(4)))
    assert sorted(answers) == [303, 409, 409, 409]
    assert both.verbs() == ["edited_agency"]


def test_pressing_save_twice_is_no_conflict(tree: Tree) -> None:
    answers = tree.both_at_once(*[("/manage/agencies/mains/edit", {**ABOUT, "version": "1"})] * 2)
    assert answers == [303, 303]
    assert tree.verbs() == ["edited_agency"]


def test_a_renamed_agency_keeps_its_old_name_and_its_old_address_leads_to_it(both: Tree) -> None:
    fields = {"name_ar": "الشبكات", "name_en": "Networks", "slug": "networks", "kind": "company", "reason": "Decree 7"}
    answer = both.admin.post("/manage/agencies/mains/rename", version=1, **fields)
    assert answer.headers["location"] == "/manage/agencies/networks?done=renamed"
    visitor = both.portal.browser(accept_language="en")
    old = visitor.get("/agencies/mains?page=2")
    assert (old.status_code, old.headers["location"]) == (301, "/agencies/networks?page=2")
    assert both.admin.get("/manage/agencies/mains/units").headers["location"] == "/manage/agencies/networks/units"
    page = words(visitor.get("/agencies/networks").text)
    assert "Renamed. Before, it was called: Mains" in page
    assert "Decree 7" in page
    assert "Networks" in words(visitor.get("/agencies?q=mains").text), "the old name finds it"
    assert both.found() == {"/agencies/networks"}
    assert both.verbs() == ["renamed_agency"]


def test_pressing_rename_twice_renames_once(both: Tree) -> None:
    fields = {"name_ar": "الشبكات", "slug": "networks", "kind": "company", "reason": "Decree 7", "version": "1"}
    assert both.both_at_once(*[("/manage/agencies/mains/rename", fields)] * 2) == [303, 303]
    assert both.steps("networks") == ["renamed"]


def test_an_address_that_was_given_up_is_taken_by_nobody_else_but_can_be_taken_back(tree: Tree) -> None:
    fields = {"name_ar": "الشبكات", "name_en": "Networks", "kind": "office", "reason": "Decree 7"}
    tree.admin.post("/manage/agencies/mains/rename", version=1, slug="networks", **fields)
    refused = tree.admin.post("/manage/agencies/new", name_ar="غير", slug="mains", kind="office")
    assert refused.status_code == 422
    assert "links still lead to it" in refused.text
    assert tree.admin.post("/manage/agencies/networks/rename", version=2, slug="mains", **fields).status_code == 303
    assert tree.admin.get("/agencies/mains").status_code == 200
    assert tree.admin.get("/agencies/networks").headers["location"] == "/agencies/mains"


def test_the_public_page_has_crumbs_through_all_above_it(tree: Tree) -> None:
    page = tree.portal.browser(accept_language="en").get("/agencies/mains").text
    assert page.index(">Agencies<") < page.index(">Water</a></li>") < page.index('aria-current="page">Mains')


# Who may


def test_a_coordinator_of_a_ministry_looks_after_its_directorates_and_nothing_else(both: Tree) -> None:
    one = someone(both.portal, "nur@example.org", Role.COORDINATOR, both.water)
    assert "/manage/agencies/water" in one.get("/manage/agencies").text
    assert "/manage/agencies/roads" not in one.get("/manage/agencies").text
    assert "/manage/agencies/mains" in one.get("/manage/agencies?q=mains").text
    assert "/manage/agencies/roads" not in one.get("/manage/agencies?q=roads").text
    assert one.post("/manage/agencies/mains/edit", version=1, **ABOUT).status_code == 303
    assert one.post("/manage/agencies/mains/units", name_ar="قسم").status_code == 303
    assert one.post("/manage/agencies/roads/edit", version=1, **ABOUT).status_code == 403
    for verb in ("rename", "move", "merge", "close", "reopen"):
        assert one.get(f"/manage/agencies/mains/{verb}").status_code == 403, verb
    for path in ("/manage/agencies/new", "/manage/agencies/import", "/manage/calendar"):
        assert one.get(path).status_code == 403, path


@pytest.mark.parametrize("role", [Role.OFFICER, Role.MODERATOR, Role.OBSERVER])
def test_other_roles_change_no_agency(tree: Tree, role: Role) -> None:
    one = someone(tree.portal, "one@example.org", role, tree.water)
    assert one.get("/manage/agencies/water").status_code == 403
    assert one.post("/manage/agencies/water/edit", version=1, **ABOUT).status_code == 403


def test_an_agencys_own_administrator_changes_no_tree(tree: Tree) -> None:
    one = someone(tree.portal, "one@example.org", Role.ADMINISTRATOR, tree.water)
    assert one.get("/manage/agencies/water/edit").status_code == 200
    assert one.get("/manage/agencies/water/rename").status_code == 403


# Units


def test_units_are_added_once_renamed_and_closed_when_nobody_works_there(both: Tree) -> None:
    path = "/manage/agencies/mains/units"
    assert both.both_at_once(*[(path, {"name_ar": "قسم العدّادات"})] * 3).count(303) == 1
    page = both.admin.get(path).text
    number = page.partition(f'href="{path}/')[2].partition('"')[0]
    assert both.admin.post(f"{path}/{number}", name_ar="قسم الفواتير", name_en="Bills").status_code == 303
    assert "Bills" in words(both.portal.browser(accept_language="en").get("/agencies/mains").text)
    assert both.admin.post(f"/manage/agencies/roads/units/{number}", name_ar="x").status_code == 404
    assert both.admin.post(f"{path}/{number}/close").status_code == 303
    assert "Bills" not in words(both.portal.browser(accept_language="en").get("/agencies/mains").text)
    assert both.verbs() == ["added_unit", "renamed_unit", "closed_unit"]


def test_a_unit_in_which_somebody_has_a_role_is_not_closed(tree: Tree) -> None:
    async def staffed() -> int:
        unit = await Unit.create(agency_id=tree.mains, name={"ar": "قسم"})
        await Membership.create(
            person_id=tree.admin.id,
            role=Role.OFFICER,
            agency_id=tree.mains,
            unit=unit,
            starts_at=clock.now(),
            granted_by="system",
        )
        return unit.id

    number = tree.portal.run(staffed)
    answer = tree.admin.post(f"/manage/agencies/mains/units/{number}/close")
    assert answer.status_code == 422
    assert "1 role is held in this unit" in answer.text


# Calendars


def hours(**more: str) -> dict[str, str]:
    return shown(DEFAULT, clock.now().astimezone(DEFAULT.zone).date(), 0) | more


def test_a_calendar_is_inherited_until_an_agency_has_its_own_and_again_when_it_gives_it_up(both: Tree) -> None:
    every_day = {f"{day}_1_{end}": time for day in ("fri", "sat") for end, time in (("from", "00:00"), ("to", "24:00"))}
    assert both.admin.post("/manage/agencies/water/calendar", act="save", **hours(**every_day)).status_code == 303
    below = words(both.admin.get("/manage/agencies/mains/calendar").text)
    assert "works by the calendar of another" in below
    assert "00:00 to 24:00" in below
    both.admin.post("/manage/agencies/mains/calendar", act="save", **hours(sun_1_from="09:15"))
    own = both.admin.get("/manage/agencies/mains/calendar")
    assert "09:15 to 15:00" in words(own.text)
    seen = own.text.partition('name="seen" value="')[2].partition('"')[0]
    assert both.admin.post("/manage/agencies/mains/calendar", act="inherit", seen=seen).status_code == 303
    assert "09:15" not in words(both.admin.get("/manage/agencies/mains/calendar").text)
    assert both.verbs() == ["set_calendar"] * 3


def test_the_portals_calendar_holds_where_nobody_has_said_otherwise(tree: Tree) -> None:
    tree.admin.post("/manage/calendar", act="save", **hours(mon_1_from="07:07"))
    assert "07:07 to 15:00" in words(tree.portal.browser(accept_language="en").get("/agencies/roads").text)


def test_two_weeks_are_shown_before_anything_is_saved(tree: Tree) -> None:
    page = tree.admin.post("/manage/agencies/mains/calendar", act="preview", **hours(tue_1_from="11:11"))
    assert page.status_code == 200
    assert "11:11 to 15:00" in words(page.text)
    assert "not saved yet" in page.text
    assert tree.verbs() == []


def test_of_two_who_set_a_calendar_the_slower_is_told(both: Tree) -> None:
    path = "/manage/agencies/mains/calendar"
    answers = both.both_at_once(*((path, {**hours(sun_1_from=f"09:{n}0"), "act": "save"}) for n in range(3)))
    assert sorted(answers) == [303, 409, 409]


def test_days_that_have_passed_keep_their_calendar(tree: Tree) -> None:
    answer = tree.admin.post("/manage/agencies/mains/calendar", act="save", **hours(valid_from="2020-01-01"))
    assert answer.status_code == 422
    assert 'href="#f-valid_from"' in answer.text


def test_days_off_come_from_a_file_into_the_form_and_are_saved_with_it(tree: Tree) -> None:
    path = "/manage/agencies/mains/calendar"
    file = ("days.csv", "date,name_ar,name_en\n2099-03-21,عيد نوروز,Nowruz\n".encode("utf-8-sig"), "text/csv")
    page = tree.admin.browser.post(path, data=hours(act="load", days_off="2099-01-01, رأس السنة"), files={"file": file})
    assert page.status_code == 200
    assert "2099-01-01, رأس السنة\n2099-03-21, عيد نوروز, Nowruz" in page.text
    assert tree.verbs() == []
    wrong = tree.admin.browser.post(path, data=hours(act="load"), files={"file": ("x.csv", b"\xff\xfe", "text/csv")})
    assert wrong.status_code == 422
    assert "UTF-8" in wrong.text
