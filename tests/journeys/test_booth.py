"""A voter in the booth: every step in both languages, with everything that can go wrong on the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from tests.journeys.booth import (
    CODE,
    DONE,
    LANGUAGES,
    REVIEW,
    SEALED,
    WAITING,
    enter,
    heading,
    option,
    seal_code,
    to_seal,
)
from tests.journeys.conftest import Visit
from tests.journeys.test_every_page import check
from tests.journeys.visitor import PHONE, Visitor
from tests.journeys.voting import VOTER, Vote

pytestmark = pytest.mark.xdist_group("browser-booth")


def choose_with_mistakes(visitor: Visitor) -> None:
    """Two questions, too little in the first and too much in the second before it is right."""
    visitor.button("Next question").click()
    expect(visitor.main.get_by_role("alert")).to_be_visible()
    check(visitor)
    option(visitor, "حديقة", "A park").check()
    visitor.button("Next question").click()
    for arabic, english in (("الخميس", "Thursday"), ("الجمعة", "Friday"), ("السبت", "Saturday")):
        option(visitor, arabic, english).check()
    visitor.button("Review your choice").click()
    expect(visitor.main.get_by_role("alert")).to_be_visible()
    check(visitor)
    option(visitor, "الجمعة", "Friday").uncheck()
    visitor.button("Review your choice").click()
    heading(visitor, REVIEW)
    check(visitor)


def saved(visitor: Visitor, button: str, path: Path) -> Path:
    with visitor.page.expect_download() as waiting:
        visitor.button(button).click()
    waiting.value.save_as(path)
    return path


def check_on_another_device(other: Visitor, file: Path, seal: str) -> None:
    """Open the file on the second page; then one in which somebody has claimed another choice."""
    other.open(f"/booth/{other.language}/check")
    check(other)
    other.page.get_by_label(other.words("The audit file")).set_input_files(file)
    expect(other.page.get_by_text(other.words("The seal holds exactly these choices"))).to_be_visible()
    expect(other.main).to_contain_text("حديقة" if other.language == "ar" else "A park")
    other.page.locator("#f-seal").fill(seal)
    expect(other.page.get_by_text(other.words("It is the same code."))).to_be_visible()
    check(other)
    claimed = json.loads(file.read_text("utf-8"))
    claimed["marks"][0] = [0, 1, 0, 0]
    forged = file.with_name("forged.json")
    forged.write_text(json.dumps(claimed), "utf-8")
    other.page.get_by_label(other.words("The audit file")).set_input_files(forged)
    expect(other.page.get_by_text(other.words("This ballot is not what it claims to be"))).to_be_visible()
    check(other)


@LANGUAGES
def test_a_voter_audits_then_votes_then_votes_again(
    visit: Visit, votes: dict[str, Vote], language: str, tmp_path: Path
) -> None:
    vote, visitor = votes["two"], visit(language, PHONE)
    code = vote.codes["1" if language == "ar" else "2"]
    enter(visitor, vote, code)
    assert code not in visitor.page.url, "the code does not stay in the address bar"
    choose_with_mistakes(visitor)
    visitor.button("Seal the ballot").click()
    heading(visitor, SEALED)
    check(visitor)
    opened = seal_code(visitor)

    visitor.button("Audit this ballot").click()
    heading(visitor, "This ballot is opened and will never be counted")
    visitor.page.locator("summary:visible").first.click()
    check(visitor)
    file = saved(visitor, "Save the audit file", tmp_path / "audit.json")
    check_on_another_device(visit(language, PHONE), file, opened)

    visitor.button("Seal anew with the same choice").click()
    heading(visitor, SEALED)
    assert seal_code(visitor) != opened
    visitor.button("Cast your ballot").click()
    heading(visitor, CODE)
    listed = visitor.words("The code is on the voters’ list of this election.")
    expect(visitor.page.get_by_text(listed)).to_be_visible()
    check(visitor)
    visitor.button("Cast your ballot").click()
    heading(visitor, DONE)
    check(visitor)
    tracker = "".join(visitor.page.locator('[data-code="tracker"] span').all_text_contents())
    assert tracker in saved(visitor, "Save the receipt", tmp_path / "receipt.json").read_text("utf-8")
    with visitor.page.expect_popup() as popup:
        visitor.link("Is my ballot on the board?").click()
    expect(popup.value.get_by_role("heading", level=1)).to_have_text(visitor.words("Receipt of a ballot"))
    popup.value.close()

    visitor.button("Vote again").click()
    option(visitor, "مكتبة", "A library").check()
    visitor.button("Next question").click()
    visitor.main.get_by_role("checkbox", name=visitor.words("Blank ballot")).check()
    visitor.button("Review your choice").click()
    visitor.button("Seal the ballot").click()
    heading(visitor, SEALED)
    visitor.button("Cast your ballot").click()
    visitor.box("Voter’s code").fill(code.replace("-", " "))
    expect(visitor.page.get_by_text(visitor.words("This ballot will replace your earlier one"))).to_be_visible()
    check(visitor)
    visitor.button("Cast your ballot").click()
    heading(visitor, DONE)
    replaced = visitor.words("It replaces your earlier ballot. Only the last one is counted.")
    expect(visitor.page.get_by_text(replaced)).to_be_visible()


@LANGUAGES
def test_typing_errors_are_named_while_one_types(visit: Visit, votes: dict[str, Vote], language: str) -> None:
    visitor, code = visit(language, PHONE), votes["test"].codes["1"]
    to_seal(visitor, votes["test"])
    expect(visitor.page.get_by_text(visitor.words("This is a test"))).to_be_visible()
    visitor.button("Cast your ballot").click()
    heading(visitor, CODE)
    field = visitor.box("Voter’s code")
    field.press_sequentially("a0")
    expect(visitor.main.get_by_role("alert")).to_contain_text("0")
    check(visitor)
    field.press("Backspace")
    expect(visitor.main.get_by_role("alert")).to_have_count(0)
    field.fill("")
    field.press_sequentially(code.replace("-", ""))
    expect(field).to_have_value(code)
    listed = visitor.page.get_by_text(visitor.words("The code is on the voters’ list of this election."))
    expect(listed).to_be_visible()
    field.press("Backspace")
    field.press_sequentially("3" if code[-1] != "3" else "4")
    expect(visitor.main.get_by_role("alert")).to_be_visible()
    field.press("Enter")
    heading_still = visitor.page.get_by_role("heading", level=1, name=visitor.words(CODE))
    expect(heading_still).to_be_visible()
    for _press in range(24):
        field.press("Backspace")
    expect(field).to_have_value("")


def test_a_line_that_breaks_neither_loses_nor_doubles_a_ballot(forgiven: Visit, votes: dict[str, Vote]) -> None:
    vote, visitor = votes["test"], forgiven("en", PHONE)
    to_seal(visitor, vote, vote.codes["2"])
    arrived: list[int] = []

    def answer_is_lost(route: Route) -> None:
        if len(arrived) < 2:
            arrived.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    visitor.page.route(f"**/api/elections/{vote.uuid}/ballots", answer_is_lost)
    visitor.button("Cast your ballot").click()
    heading(visitor, CODE)
    visitor.button("Cast your ballot").click()
    expect(visitor.page.locator('[data-slot="way"]')).to_contain_text("The same ballot is sent again")
    visitor.page.reload()  # whoever loses patience loses nothing
    expect(visitor.page.get_by_role("heading", level=1, name=WAITING)).to_be_visible()
    visitor.button("It is mine: send it").click()
    expect(visitor.page.get_by_role("heading", level=1, name=DONE)).to_be_visible()
    assert arrived[0] == 201
    assert set(arrived[1:]) <= {200}
    tracker = "".join(visitor.page.locator('[data-code="tracker"] span').all_text_contents())
    board = visitor.page.request.get(f"{visitor.portal.address}/api/elections/{vote.uuid}/board").json()["items"]
    assert [item["tracker"] for item in board if item.get("tracker")].count(tracker) == 1
    assert visitor.page.evaluate("Object.keys(sessionStorage).filter(key => key.startsWith('sawtuna ballot'))") == []


@LANGUAGES
def test_one_signs_in_only_to_cast_and_comes_back_to_ones_ballot(
    forgiven: Visit, votes: dict[str, Vote], language: str
) -> None:
    vote, visitor = votes["signed"], forgiven(language, PHONE)
    to_seal(visitor, vote, vote.codes["1"])
    visitor.button("Cast your ballot").click()
    heading(visitor, CODE)
    check(visitor)
    visitor.button("Cast your ballot").click()
    heading(visitor, "Sign in, so that your ballot is accepted")
    check(visitor)
    visitor.link("Sign in").click()
    visitor.arrives("/account/sign-in")
    visitor.sign_in(VOTER, "demonstration only")
    visitor.arrives(f"/booth/{language}")
    expect(visitor.page.get_by_role("heading", level=1, name=visitor.words(WAITING))).to_be_visible()
    check(visitor)
    visitor.button("It is mine: send it").click()
    heading(visitor, DONE)


def test_nobody_hands_in_the_ballot_that_somebody_else_left_behind(forgiven: Visit, votes: dict[str, Vote]) -> None:
    vote, visitor = votes["signed"], forgiven("en", PHONE)
    sent: list[str] = []
    visitor.page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    to_seal(visitor, vote, vote.codes["1"])
    left = seal_code(visitor)
    visitor.button("Cast your ballot").click()
    heading(visitor, CODE)
    visitor.button("Cast your ballot").click()
    heading(visitor, "Sign in, so that your ballot is accepted")
    sent.clear()
    visitor.page.goto("about:blank")
    visitor.open(vote.booth("en", vote.codes["1"]))  # the next one at this device
    expect(visitor.page.get_by_role("heading", level=1, name=WAITING)).to_be_visible()
    assert "".join(visitor.page.locator('[data-code="waiting"] span').all_text_contents()) == left
    visitor.button("Throw it away and begin again").click()
    expect(visitor.main.get_by_role("group").first).to_be_visible()
    assert sent == []
    assert visitor.page.evaluate("Object.keys(sessionStorage).filter(key => key.startsWith('sawtuna ballot'))") == []


@LANGUAGES
def test_a_stranger_on_the_list_of_nobody_is_told_why(forgiven: Visit, votes: dict[str, Vote], language: str) -> None:
    vote, visitor = votes["signed"], forgiven(language, PHONE)
    visitor.open("/account/sign-in")
    visitor.sign_in("admin@demo.example", "demonstration only")
    visitor.arrives("/account")
    to_seal(visitor, vote, vote.codes["1"])
    visitor.button("Cast your ballot").click()
    heading(visitor, CODE)
    visitor.button("Cast your ballot").click()
    heading(visitor, "Your ballot was not accepted")
    why = visitor.words("Your account is not on the list of voters of this election.")
    expect(visitor.page.get_by_text(why)).to_be_visible()
    check(visitor)
    visitor.complaints[:] = [line for line in visitor.complaints if "403" not in line]


def test_what_differs_from_the_frozen_record_is_not_shown(visit: Visit, votes: dict[str, Vote]) -> None:
    vote, visitor = votes["two"], visit("en", PHONE)

    def another_answer(route: Route) -> None:
        body = route.fetch().json()
        body["questions"][0]["answers"].reverse()
        route.fulfill(json=body)

    visitor.page.route(f"**/api/elections/{vote.uuid}", another_answer)
    visitor.open(vote.booth("en"))
    heading(visitor, "This ballot is not shown")
    expect(visitor.page.get_by_text("questions[0].answers[0]")).to_be_visible()
    check(visitor)


@LANGUAGES
def test_where_there_is_nothing_to_vote_on_it_is_said_why(visit: Visit, votes: dict[str, Vote], language: str) -> None:
    visitor = visit(language, PHONE)
    visitor.open(votes["early"].booth(language))
    heading(visitor, "The vote has not begun yet")
    check(visitor)
    visitor.open(f"/booth/{language}")
    heading(visitor, "Which vote?")
    check(visitor)
    without = visit(language, PHONE, script=False)
    without.open(f"/booth/{language}")
    assert "sawtuna vote" in without.main.inner_text(), "expect() never sees what stands in <noscript>"
    expect(without.heading).to_have_count(1)


@LANGUAGES
def test_a_paused_vote_says_so_on_its_pages_and_in_the_booth(
    visit: Visit, votes: dict[str, Vote], language: str
) -> None:
    vote, visitor = votes["paused"], visit(language, PHONE)
    visitor.open(vote.booth(language))
    heading(visitor, "The vote is paused")
    check(visitor)
    visitor.link("To the election’s page").click()
    visitor.arrives(f"/elections/{vote.uuid}")
    check(visitor)
    visitor.link("Check your receipt").click()
    visitor.arrives(f"/elections/{vote.uuid}/receipts")
    check(visitor)
    visitor.button("Check it").click()
    expect(visitor.main.get_by_role("alert")).to_be_visible()
    check(visitor)
    visitor.complaints[:] = [line for line in visitor.complaints if "422" not in line]


def test_a_vote_that_is_paused_while_one_votes_leaves_the_ballot_out_of_the_box(
    visit: Visit, votes: dict[str, Vote]
) -> None:
    vote, visitor = votes["paused"], visit("en", PHONE)

    def before(route: Route) -> None:
        route.fulfill(json=route.fetch().json() | {"paused": False})

    visitor.page.route(f"**/api/elections/{vote.uuid}", before)
    to_seal(visitor, vote, vote.codes["1"])
    visitor.button("Cast your ballot").click()
    heading(visitor, CODE)
    visitor.button("Cast your ballot").click()
    heading(visitor, "Your ballot was not accepted")
    expect(visitor.page.get_by_text("The vote is paused: no ballot is accepted until it goes on.")).to_be_visible()
    expect(visitor.page.get_by_text("It is not in the box.", exact=True)).to_be_visible()
    expect(visitor.button("Seal anew and try again")).to_be_hidden()
    check(visitor)
    visitor.complaints[:] = [line for line in visitor.complaints if "409" not in line]


def test_the_keyboard_is_enough(visit: Visit, votes: dict[str, Vote]) -> None:
    vote, visitor = votes["test"], visit("ar")
    enter(visitor, vote, vote.codes["3"])
    keyboard = visitor.page.keyboard
    visitor.tab_to(option(visitor, "مكتبة", "A library"))
    keyboard.press("Space")
    visitor.tab_to(visitor.button("Review your choice"))
    keyboard.press("Enter")
    heading(visitor, REVIEW)
    visitor.tab_to(visitor.button("Seal the ballot"))
    keyboard.press("Enter")
    heading(visitor, SEALED)
    visitor.tab_to(visitor.button("Cast your ballot"))
    keyboard.press("Enter")
    heading(visitor, CODE)
    visitor.tab_to(visitor.box("Voter’s code"))
    keyboard.press("Enter")
    heading(visitor, DONE)


def test_leaving_is_warned_of_only_when_something_would_be_lost(visit: Visit, votes: dict[str, Vote]) -> None:
    visitor = visit("en")
    warned = "dispatchEvent(new Event('beforeunload', {cancelable: true})) === false"
    enter(visitor, votes["test"])
    assert not visitor.page.evaluate(warned)
    option(visitor, "مكتبة", "A library").check()
    assert visitor.page.evaluate(warned)


def test_the_browsers_own_way_back_leads_to_the_step_before(visit: Visit, votes: dict[str, Vote]) -> None:
    visitor = visit("en", PHONE)
    visitor.open("/help")
    to_seal(visitor, votes["test"])
    visitor.page.go_back()
    heading(visitor, REVIEW)
    visitor.page.go_back()
    expect(option(visitor, "حديقة", "A park")).to_be_checked()
    visitor.button("Review your choice").click()
    heading(visitor, REVIEW)
    visitor.button("Seal the ballot").click()
    heading(visitor, SEALED)


def test_twenty_questions_of_twenty_answers_are_sealed_with_progress_and_can_be_stopped(
    visit: Visit, votes: dict[str, Vote]
) -> None:
    visitor = visit("en", PHONE)
    enter(visitor, votes["large"])
    for number in range(1, 21):
        expect(visitor.heading).to_have_text(f"Question {number}")
        visitor.main.get_by_label(f"Answer {number}", exact=True).check()
        visitor.button("Next question" if number < 20 else "Review your choice").click()
    heading(visitor, REVIEW)
    session = visitor.context.new_cdp_session(visitor.page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    visitor.page.evaluate(
        """() => {
          const bar = document.querySelector("[data-progress]");
          globalThis.seen = new Set();
          new MutationObserver(() => globalThis.seen.add(bar.value)).observe(bar, { attributes: true });
        }"""
    )
    visitor.button("Seal the ballot").click()
    heading(visitor, "Your device is sealing the ballot")
    visitor.button("Stop, and change my choice").click()
    heading(visitor, REVIEW)
    visitor.button("Seal the ballot").click()
    expect(visitor.page.get_by_role("heading", level=1, name=SEALED)).to_be_visible(timeout=120_000)
    assert len(visitor.page.evaluate("[...globalThis.seen]")) > 2


@LANGUAGES
def test_the_pages_of_receipts_can_be_used_by_everyone(visit: Visit, votes: dict[str, Vote], language: str) -> None:
    visitor = visit(language, PHONE)
    board = visitor.page.request.get(f"{visitor.portal.address}/api/elections/{votes['two'].uuid}/board").json()
    trackers = [item["tracker"] for item in board["items"] if item.get("tracker")]
    visitor.open("/elections/receipt-key")
    check(visitor)
    for tracker in trackers[:2]:
        code = tracker.replace("+", "-").replace("/", "_")
        visitor.open(f"/elections/{votes['two'].uuid}/receipts/{code}")
        expect(visitor.heading).to_have_text(visitor.words("Receipt of a ballot"))
        check(visitor)
