"""What everybody sees of an election, from its announcement to its archive; and what nobody sees."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app import clock
from app.accounts.actions import data
from app.accounts.models import Person
from app.audit import SYSTEM
from app.main import FEATURES
from app.policy import Who
from app.search import queries as search
from ballots import live
from ballots.actions import casting, running
from ballots.models import CastBallot, Credential, Trustee, Voter
from ballots.queries import own, public
from ballots.rules import new_uuid
from ballots.web.observer import checks
from tests.app.portal import DATABASES, Portal, fresh_portal, with_account, words
from tests.ballots.elections import Made, closed, decrypted, drafted, ready, tallied, vote

DAY = timedelta(days=1)
ROOT = Path(__file__).resolve().parents[2]
LIBRARY, PARK, BLANK = [[0, 1, 0, 0]], [[0, 0, 1, 0]], [[1, 0, 0, 0]]
ENGLISH = {"accept-language": "en"}
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}"


@pytest.fixture(params=DATABASES, scope="module")
def portal(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with fresh_portal(request.param, tmp_path_factory.mktemp("public")) as made:
        yield made


def around(now: datetime) -> dict[str, Any]:
    """Times of an election that is open at this moment."""
    return {"now": now - 3 * DAY, "opens": now - 2 * DAY, "closes": now + 5 * DAY}


def before(now: datetime) -> dict[str, Any]:
    """Times of an election that is over."""
    return {"now": now - 9 * DAY, "opens": now - 8 * DAY, "closes": now - DAY}


def an_open_one(portal: Portal, **chosen: Any) -> Made:
    now = clock.now()

    async def make() -> Made:
        made = await ready(**{**around(now), **chosen})
        await vote(made, "1", LIBRARY, now=now)
        return made

    return portal.run(make)


def a_counted_one(portal: Portal, votes: Any = (LIBRARY, LIBRARY, PARK, BLANK), **chosen: Any) -> Made:
    return portal.run(tallied, portal.settings, votes, **{**before(clock.now()), **chosen})


def tracker_of(portal: Portal, made: Made, height: int = 1) -> CastBallot:
    async def find() -> CastBallot:
        return await CastBallot.get(election_id=made.id, height=height)

    return portal.run(find)


def page(portal: Portal, path: str, **headers: str) -> str:
    answer = portal.client.get(path, headers=headers or ENGLISH)
    assert answer.status_code == 200, path
    return answer.text


# The list


def test_open_elections_come_first_then_those_that_come_then_those_that_are_over(portal: Portal) -> None:
    now = clock.now()
    over = a_counted_one(portal, title={"ar": "منتهٍ", "en": "The one that is over"})
    coming = portal.run(
        ready, now=now, opens=now + DAY, closes=now + 2 * DAY, title={"ar": "قادم", "en": "The one that comes"}
    )
    is_open = an_open_one(portal, title={"ar": "مفتوح", "en": "The one that is open"})
    trial = an_open_one(portal, is_test=True, title={"ar": "تجربة", "en": "Only a trial"})
    draft = portal.run(drafted, title={"ar": "مسودة", "en": "Only a draft"})
    text = page(portal, "/elections")
    places = [text.index(f"/elections/{made.uuid}") for made in (is_open, coming, over)]
    assert places == sorted(places)
    assert trial.uuid not in text
    assert draft.uuid not in text
    assert is_open.uuid not in page(portal, "/elections?state=coming")
    assert coming.uuid in page(portal, "/elections?state=coming")
    assert over.uuid in page(portal, "/elections?state=ended")
    assert page(portal, "/elections?state=nonsense&page=99999")
    assert "This is a trial" in page(portal, f"/elections/{trial.uuid}")
    for path in ("", "/board", "/verify", "/report", "/result.csv", f"/{draft.uuid}.bel", "/ballots/x"):
        assert portal.client.get(f"/elections/{draft.uuid}{path}").status_code == 404, path


# The page of an election


def test_the_main_act_depends_on_the_state(portal: Portal) -> None:
    now = clock.now()
    is_open = an_open_one(portal)
    text = page(portal, f"/elections/{is_open.uuid}")
    assert f"/booth/en?election={is_open.uuid}" in text
    assert "5 days left" in words(text) or "6 days left" in words(text)
    assert "Any 2 of them can open the result together" in words(text)
    coming = portal.run(ready, now=now, opens=now + DAY, closes=now + 2 * DAY)
    text = page(portal, f"/elections/{coming.uuid}")
    assert "/booth/" not in text
    assert "in 1 day" in words(text)

    async def close() -> Made:
        made = await ready(**before(now))
        await vote(made, "1", LIBRARY, now=now - 2 * DAY)
        await closed(made, portal.settings, now=now)
        await decrypted(made, 2, now=now)
        return made

    counting = portal.run(close)
    text = words(page(portal, f"/elections/{counting.uuid}"))
    assert "1 of 2 that are needed" in text
    assert "Trustee 2 has opened a part" in text
    assert "A library 1" not in text


def test_the_result_stands_in_bars_and_in_a_table_and_in_words(portal: Portal) -> None:
    made = a_counted_one(portal)
    text = page(portal, f"/elections/{made.uuid}")
    seen = words(text)
    assert "A library Most votes 66.7%" in seen
    assert "A library 2 66.7%" in seen
    assert "A park 1 33.3%" in seen
    assert "Blank ballots 1 25.0%" in seen
    assert "Percentages are of the 3 valid votes." in seen
    assert text.count('class="bar__fill') == 4
    assert "style=" not in text
    arabic = words(page(portal, f"/elections/{made.uuid}", **{"accept-language": "ar"}))
    assert "مكتبة" in arabic
    assert "٦٦٫٧٪" in arabic


def test_a_tie_is_told_as_a_tie_and_weights_are_told(portal: Portal) -> None:
    tie = a_counted_one(portal, [LIBRARY, PARK])
    assert words(page(portal, f"/elections/{tie.uuid}")).count("Equally many votes") == 2
    voters = [("1", "A", "", 5), ("2", "B", "", 2)]
    weighted = a_counted_one(portal, [LIBRARY, PARK], voters=voters)
    text = words(page(portal, f"/elections/{weighted.uuid}"))
    assert "A library 5 71.4%" in text
    assert "every number is a weight" in text


def test_a_lost_key_is_told_with_what_it_means(portal: Portal) -> None:
    made = an_open_one(portal)

    async def lose(index: int) -> None:
        await running.report_lost_key(
            await Trustee.get(election_id=made.id, index=index), actor=SYSTEM, now=clock.now()
        )

    portal.run(lose, 1)
    assert "the result is still possible" in words(page(portal, f"/elections/{made.uuid}"))
    portal.run(lose, 3)
    text = words(page(portal, f"/elections/{made.uuid}"))
    assert "no result is possible" in text
    assert "The trustee Trustee 3 reported a lost key" in text


def test_an_extension_is_told_with_its_reason_and_both_times(portal: Portal) -> None:
    made = an_open_one(portal)

    async def extend() -> None:
        row = await made.row()
        assert row.closes_at is not None
        await running.extend(row, row.closes_at + DAY, f"A storm {HOSTILE}", actor=SYSTEM, now=clock.now())

    portal.run(extend)
    text = page(portal, f"/elections/{made.uuid}")
    assert "The vote was extended" in text
    assert "A storm &lt;script&gt;" in text


def test_turnout_by_the_hour_is_told_in_large_elections_only(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    small = an_open_one(portal)
    assert "Turnout by the hour" not in page(portal, f"/elections/{small.uuid}")
    for module in (casting, public):
        monkeypatch.setattr(module, "SMALL", 2)
    large = an_open_one(portal)
    text = words(page(portal, f"/elections/{large.uuid}"))
    assert "Turnout by the hour Voters who came, by the hour" in text


def test_what_was_typed_is_shown_as_text_however_long(portal: Portal) -> None:
    questions = [
        {
            "question": {"ar": HOSTILE, "en": HOSTILE},
            "answers": [{"en": f"{letter} {HOSTILE}"} for letter in "AB"] + [{"en": "W" * 400}],
            "min": 1,
            "max": 1,
            "blank": True,
        }
    ]
    title = {"ar": HOSTILE + "ط" * 200, "en": HOSTILE + "W" * 200}
    made = a_counted_one(portal, title=title, description=title, questions=questions, contact=HOSTILE)
    code = tracker_of(portal, made).tracker.replace("+", "-").replace("/", "_")
    for path in (
        *("/elections", f"/elections/{made.uuid}", f"/elections/{made.uuid}/board", f"/elections/{made.uuid}/verify"),
        *(f"/elections/{made.uuid}/report", f"/elections/{made.uuid}/report.html"),
        *(f"/elections/{made.uuid}/ballots/{code}", f"/elections/{made.uuid}/board?code={HOSTILE}"),
    ):
        text = page(portal, path)
        assert "<script>alert" not in text, path
        assert "<img src=x" not in text, path
        assert "{{ 7*7 }}" in text, path
    assert portal.client.get(f"/elections/{made.uuid}/report.pdf").content.startswith(b"%PDF-")


# The board


def test_a_voter_finds_the_ballot_by_tracker_or_seal_however_it_was_copied(portal: Portal) -> None:
    made = an_open_one(portal)
    cast = tracker_of(portal, made)
    board = f"/elections/{made.uuid}/board"
    for code in (
        cast.tracker,
        cast.seal,
        " ".join(re.findall(".{1,4}", cast.tracker)),
        cast.tracker.replace("+", "-").replace("/", "_"),
        cast.tracker + "=",
    ):
        answer = portal.client.get(board, params={"code": code}, headers=ENGLISH)
        assert "Your ballot is on the board" in answer.text, code
    assert "No ballot with this code is on the board" in page(portal, f"{board}?code={'A' * 43}")
    assert "this one has 3" in page(portal, f"{board}?code=abc")
    portal.run(casting.spoil, portal.run(made.row), "B" * 43, now=clock.now())
    assert "opened for a check" in page(portal, f"{board}?code={'B' * 43}")


def test_a_replaced_ballot_is_marked_on_the_board_and_on_its_own_page(portal: Portal) -> None:
    made = an_open_one(portal)
    portal.run(vote, made, "1", PARK, now=clock.now())
    first, second = tracker_of(portal, made, 1), tracker_of(portal, made, 2)
    board = words(page(portal, f"/elections/{made.uuid}/board"))
    assert "replaced by number 2" in board
    assert "in place of number 1" in board
    found = portal.client.get(f"/elections/{made.uuid}/board", params={"code": first.tracker}, headers=ENGLISH)
    assert "was replaced" in found.text
    code = first.tracker.replace("+", "-").replace("/", "_")
    text = page(portal, f"/elections/{made.uuid}/ballots/{code}")
    assert "Replaced by" in text
    assert second.tracker.replace("+", "-").replace("/", "_") in text
    assert "".join(f"<span>{group}</span>" for group in re.findall(".{1,4}", first.seal)) in text
    assert portal.client.get(f"/elections/{made.uuid}/ballots/{'A' * 43}").status_code == 404


def test_the_board_is_paged_newest_first_and_a_page_beyond_the_last_is_the_last(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public, "PAGE", 2)
    made = a_counted_one(portal)
    top = portal.run(made.row).height
    heights = [
        int(number)
        for at in range(1, top // 2 + 2)
        for number in re.findall(r"Number </span>(\d+)", page(portal, f"/elections/{made.uuid}/board?page={at}"))
    ]
    assert heights == list(range(top, -1, -1))
    assert "Number </span>0<" in page(portal, f"/elections/{made.uuid}/board?page=9999")


def test_new_events_are_told_as_they_come(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    made = an_open_one(portal)
    address = f"/api/elections/{made.uuid}/events"
    monkeypatch.setattr(live, "STREAM_SECONDS", 0)
    answer = portal.client.get(address)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert 'event: state\ndata: {"state": "open", "size": 2}' in answer.text
    monkeypatch.setattr(live, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(live, "STREAM_SECONDS", 0.01)
    followed = portal.client.get(address, headers={"last-event-id": "0"}).text
    assert "id: 1\nevent: board\n" in followed
    event = json.loads(followed.split("event: board\ndata: ")[1].split("\n")[0])
    assert event["tracker"] == tracker_of(portal, made).tracker
    assert "data-live" in page(portal, f"/elections/{made.uuid}/board")
    over = a_counted_one(portal)
    assert "data-live" not in page(portal, f"/elections/{over.uuid}/board")


# Downloads


def test_the_archive_comes_whole_in_parts_and_from_where_it_broke_off(portal: Portal) -> None:
    made = a_counted_one(portal)
    address = f"/elections/{made.uuid}/{made.uuid}.bel"
    whole = portal.client.get(address, headers={"accept-encoding": "gzip"})
    assert whole.status_code == 200
    assert whole.headers["content-length"] == str(len(whole.content))
    assert whole.headers["accept-ranges"] == "bytes"
    size, joined = len(whole.content), b""
    while len(joined) < size:
        part = portal.client.get(address, headers={"range": f"bytes={len(joined)}-{len(joined) + 7776}"})
        assert part.status_code == 206
        assert part.headers["content-range"].endswith(f"/{size}")
        joined += part.content
    assert joined == whole.content
    rest = portal.client.get(address, headers={"range": f"bytes={size - 10}-"})
    assert rest.content == whole.content[-10:]
    assert portal.client.get(address, headers={"range": "bytes=-10"}).content == whole.content[-10:]
    beyond = portal.client.get(address, headers={"range": f"bytes={size}-"})
    assert beyond.status_code == 416
    assert portal.client.head(address).headers["content-length"] == str(size)
    shown = page(portal, f"/elections/{made.uuid}")
    assert f"{made.uuid}.bel" in shown
    assert f"{round(size / 1024)} KB" in shown


def test_figures_come_as_json_and_as_a_table_that_no_spreadsheet_runs(portal: Portal) -> None:
    danger = ['=HYPERLINK("http://x")', "+1+1", "-2", "@SUM(A1)", "\t=1", "plain"]
    questions = [
        {"question": {"en": "=1+1", "ar": "@x"}, "answers": [{"en": text, "ar": f"= {text}"} for text in danger],
         "min": 1, "max": 2, "blank": True}
    ]  # fmt: skip
    made = a_counted_one(portal, [[[0, 1, 1, 0, 0, 0, 0]], [[0, 1, 0, 0, 0, 0, 0]]], questions=questions)
    answer = portal.client.get(f"/elections/{made.uuid}/result.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith("\ufeff".encode())
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["votes"] for row in rows] == ["2", "1", "0", "0", "0", "0", "0"]
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t"))]
    assert rows[-1]["kind"] == "blank"
    body = portal.client.get(f"/elections/{made.uuid}/result.json").json()
    assert body["questions"][0]["answers"][0]["votes"] == 2
    assert body["questions"][0]["answers"][0]["most_votes"] is True
    assert body["questions"][0]["valid"] == body["counted"] == 2
    assert body["fingerprint"] == portal.run(made.row).fingerprint
    running_one = an_open_one(portal)
    for name in ("result.json", "result.csv", "report", "report.html", "report.pdf"):
        assert portal.client.get(f"/elections/{running_one.uuid}/{name}").status_code == 404, name


def test_the_report_is_one_file_that_needs_nothing_else(portal: Portal) -> None:
    made = a_counted_one(portal)
    answer = portal.client.get(f"/elections/{made.uuid}/report.html", headers=ENGLISH)
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "<style>" in answer.text
    assert not re.findall(r'(?:src|href)="(?!http)|<script|<link|url\(|@import', answer.text)
    row = portal.run(made.row)
    for part in (row.fingerprint, row.credentials_fingerprint, row.head, "sawtuna verify", "belenios-tool", "66.7%"):
        assert part in answer.text
    assert row.fingerprint in page(portal, f"/elections/{made.uuid}/report")


@pytest.mark.parametrize(("language", "said"), [("ar", "مكتبة"), ("en", "A library")])
def test_the_report_on_paper_says_the_same(portal: Portal, tmp_path: Path, language: str, said: str) -> None:
    made = a_counted_one(portal)
    answer = portal.client.get(f"/elections/{made.uuid}/report.pdf", headers={"accept-language": language})
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    if shutil.which("pdftotext") is None:
        pytest.skip("There is no pdftotext here; on Debian: apt-get install poppler-utils.")
    path = tmp_path / "report.pdf"
    path.write_bytes(answer.content)
    text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True).stdout.decode()
    assert said in text
    assert portal.run(made.row).fingerprint in text
    assert made.uuid in text


# What is checked


def test_every_check_of_the_record_has_its_plain_sentence() -> None:
    section = (ROOT / "docs/record.md").read_text("utf-8").partition("## 5.")[2].partition("### Verdicts")[0]
    assert [check[0] for check in checks()] == re.findall(r"^\| `([a-z.]+)` \|", section, re.MULTILINE)


def test_the_observers_page_has_the_words_for_the_script_and_the_commands_without_it(portal: Portal) -> None:
    made = a_counted_one(portal)
    text = page(portal, f"/elections/{made.uuid}/verify")
    script = (ROOT / "static/js/observer/observer.js").read_text("utf-8")
    for name in re.findall(r'tell\("([a-z -]+)"\)', script):
        assert f'data-verdict="{name}"' in text, name
    for verdict in ("verified", "different", "another", "in progress", "rejected", "unsupported", "unreadable"):
        assert f'data-verdict="{verdict}"' in text
    for note in re.findall(r'\["([a-z]+)"\]', script):
        assert f'data-words="{note}"' in text, note
    assert "<noscript>" in text
    assert f"sawtuna verify {made.uuid}.bel" in text
    assert "belenios-tool election verify --dir ." in text
    assert 'data-result="[[1, 2, 1, 0]]"' in text


# What belongs to a person


def test_nothing_public_names_a_voter(portal: Portal) -> None:
    voters = [(str(number), f"Zaynab Secret {number}", f"secret{number}@example.org", 1) for number in (1, 2)]
    made = a_counted_one(portal, [LIBRARY, PARK], voters=voters)
    code = tracker_of(portal, made).tracker.replace("+", "-").replace("/", "_")
    own_pages = ["", "/board", "/verify", "/report", "/report.html", "/result.json", "/result.csv", f"/ballots/{code}",
                 "/election.json", "/decryption-proofs.json", f"/{made.uuid}.bel", "/record.zip"]  # fmt: skip
    addresses = [f"/elections/{made.uuid}{path}" for path in own_pages]
    addresses += [f"/api/elections/{made.uuid}{path}" for path in ("", "/board", f"/ballots/{code}")]
    for address in ["/elections", "/", "/search?q=Zaynab", "/api/elections", *addresses]:
        answer = portal.client.get(address)
        assert answer.status_code == 200, address
        for secret in (b"Zaynab Secret", b"secret1@example.org"):
            assert secret not in answer.content, address


def test_a_person_sees_where_to_vote_and_where_a_vote_was_cast_and_never_how(portal: Portal) -> None:
    email = f"voter-{new_uuid().lower()}@example.org"
    browser = with_account(portal, email)

    async def person() -> Person:
        return await Person.get(email=email)

    zaynab = portal.run(person)
    voters = [("1", "Zaynab", email, 1), ("2", "Omar", "", 1)]
    title = {"ar": "انتخاب باسمي", "en": "An election of mine"}
    made = portal.run(ready, voters=voters, sign_in=True, title=title, **around(clock.now()))
    assert [part.url for part in portal.run(own.waits, Who(zaynab.id), clock.now())] == [f"/elections/{made.uuid}"]
    assert "An election of mine" in browser.get("/account?lang=en").text
    portal.run(vote, made, "1", LIBRARY, now=clock.now(), person=zaynab)
    assert portal.run(own.waits, Who(zaynab.id), clock.now()) == []
    (part,) = portal.run(own.takes_part, zaynab)
    assert part.url == f"/elections/{made.uuid}"
    told = browser.get("/account?lang=en").text
    assert "You voted." in told
    assert "library" not in told
    listed, used = portal.run(own.held, zaynab)
    assert len(listed.rows) == len(used.rows) == 1


def test_after_an_account_is_deleted_nothing_leads_from_the_election_to_it(portal: Portal) -> None:
    email = f"voter-{new_uuid().lower()}@example.org"
    with_account(portal, email)

    async def run() -> list[str]:
        zaynab = await Person.get(email=email)
        made = await ready(voters=[("1", "Z", email, 1), ("2", "O", "", 1)], sign_in=True, **around(clock.now()))
        await Voter.filter(election_id=made.id, number="1").update(person_id=zaynab.id)
        await vote(made, "1", LIBRARY, now=clock.now(), person=zaynab)
        assert await Credential.filter(used_by_id=zaynab.id).exists()
        stays = await data.delete(zaynab, FEATURES, now=clock.now())
        assert not await Credential.filter(used_by_id=zaynab.id).exists()
        assert not await Voter.filter(person_id=zaynab.id).exists()
        assert await CastBallot.filter(election_id=made.id).count() == 1
        return stays

    stays = " ".join(portal.run(run))
    assert "voters" in stays or "الناخبين" in stays
    assert "sealed" in stays or "مختومة" in stays


# Home and search


def test_the_home_page_tells_what_closes_soon_and_its_door_leads_to_the_elections(portal: Portal) -> None:
    now = clock.now()
    made = an_open_one(portal, title={"en": "Closes very soon"}, closes=now + timedelta(hours=5))
    text = page(portal, "/")
    assert 'class="door" href="/elections"' in text
    assert f'href="/elections/{made.uuid}"' in text
    assert text.index("Closes very soon") > text.index("Closing soon")


def test_an_election_is_found_by_its_questions_from_the_freeze_on(portal: Portal) -> None:
    questions = [
        {"question": {"en": "Shall the xylophone sound?"}, "answers": [{"en": "Yes"}, {"en": "No"}], "min": 1, "max": 1}
    ]
    made = portal.run(ready, questions=questions, **around(clock.now()))
    found = portal.run(search.find, "xylophone", who=Who())
    assert f"/elections/{made.uuid}" in [result.url for result in found.results]
    assert "Election" in words(page(portal, "/search?q=xylophone"))
