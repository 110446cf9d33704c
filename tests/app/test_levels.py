"""Levels of assurance: what an act needs, the way up on the spot, and that guessing leads nowhere."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from app.accounts.models import Draft, Person
from app.accounts.register import Claim
from app.accounts.web import levels
from app.limits import Rule
from app.models import AuditEntry
from app.policy import Role
from tests.app.people import Someone, give, make_agency, make_person, someone
from tests.app.portal import BROWSER, DATABASES, Portal, fresh_portal, words
from tests.app.test_register import BORN, NUMBER, in_register

PATH = "/account/level"


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal("sqlite", tmp_path) as running:
        yield running


@pytest.fixture(params=DATABASES)
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal(request.param, tmp_path) as running:
        yield running


def entered(number: str = NUMBER, born: date = BORN, **more: str) -> dict[str, str]:
    """The form as somebody fills it in."""
    parts = {"birth_day": str(born.day), "birth_month": str(born.month), "birth_year": str(born.year)}
    return {"national_number": number, **parts, **more}


def verbs(portal: Portal) -> list[str]:
    async def read() -> list[str]:
        return [entry.verb for entry in await AuditEntry.all().order_by("number")]

    return portal.run(read)


def test_who_is_not_signed_in_is_led_to_sign_in_and_back(portal: Portal) -> None:
    answer = portal.browser().get(f"{PATH}?level=2&next=/continue/abc")
    target = urlsplit(answer.headers["location"])
    assert target.path == "/account/sign-in"
    assert parse_qs(target.query)["next"] == [f"{PATH}?level=2&next=/continue/abc"]


def test_the_page_says_what_one_has_what_the_act_needs_and_how_to_get_there(portal: Portal) -> None:
    person = someone(portal, "zainab@example.org")
    shown = words(person.get(f"{PATH}?level=2&next=/help").text)
    assert "What you want to do needs level 2" in shown
    assert "You have level 1" in shown
    assert "Compare with the register" in shown


def test_whoever_proves_enough_goes_on_where_they_wanted_to_go(portal: Portal) -> None:
    in_register(portal)
    person = someone(portal, "zainab@example.org")
    answer = person.post(f"{PATH}?level=2", **entered(next="/continue/abc"))
    assert answer.status_code == 303
    assert answer.headers["location"] == "/continue/abc"
    again = person.get(f"{PATH}?level=2&next=/continue/abc").text
    assert "proven far enough" in words(again)
    assert 'href="/continue/abc"' in again


@pytest.mark.parametrize("onward", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"])
def test_nobody_is_led_away_from_the_portal(portal: Portal, onward: str) -> None:
    in_register(portal)
    person = someone(portal, "zainab@example.org")
    assert "evil" not in words(person.browser.get(PATH, params={"next": onward, "level": "1"}).text)
    assert person.post(PATH, **entered(next=onward)).headers["location"] == PATH


def test_arabic_digits_are_as_good(portal: Portal) -> None:
    in_register(portal)
    person = someone(portal, "zainab@example.org", language="ar")
    fields = {"national_number": "١٩٨٥٠٣٠٥١٢٣٤", "birth_day": "٥", "birth_month": "٠٣", "birth_year": "١٩٨٥"}
    assert person.post(PATH, **fields).status_code == 303


def test_a_mistake_stands_beside_its_field_and_what_was_typed_is_not_given_back(portal: Portal) -> None:
    person = someone(portal, "zainab@example.org")
    answer = person.post(PATH, **entered(number="19850305123", born=date(1985, 3, 5), birth_month="13"))
    assert answer.status_code == 422
    assert "Enter the 12 digits" in words(answer.text)
    assert "Enter day, month and year" in words(answer.text)
    assert "19850305123" not in answer.text
    assert 'value="1985"' not in answer.text


def test_the_wrong_date_and_the_wrong_number_are_refused_in_the_same_words(portal: Portal) -> None:
    in_register(portal)
    person = someone(portal, "zainab@example.org")
    answers = [
        person.post(PATH, **entered(born=date(1985, 3, 6))),
        person.post(PATH, **entered(number="198503051299")),
    ]
    assert [answer.status_code for answer in answers] == [422, 422]
    said = {words(answer.text) for answer in answers}
    assert len(said) == 1
    assert verbs(portal).count("register_not_matched") == 2


def test_the_entry_of_another_account_is_refused_and_no_name_is_told(portal: Portal) -> None:
    in_register(portal)
    first, second = someone(portal, "first@example.org"), someone(portal, "second@example.org")
    assert first.post(PATH, **entered()).status_code == 303
    answer = second.post(PATH, **entered())
    assert answer.status_code == 422
    assert "Another account is matched with this entry already" in words(answer.text)
    assert "first@example.org" not in answer.text.casefold()


# Guessing


def from_address(portal: Portal, person: Someone, address: str) -> None:
    """Let a browser come from this address."""
    cookies = person.browser.cookies
    person.browser = portal.browser(client=address, accept_language="en")
    person.browser.cookies = cookies


def test_a_person_has_five_tries_a_day_and_a_sixth_with_the_right_answer_is_one_too_many(portal: Portal) -> None:
    in_register(portal)
    person = someone(portal, "zainab@example.org")
    for day in range(10, 15):
        from_address(portal, person, f"198.18.0.{day}")
        assert person.post(PATH, **entered(born=date(1985, 3, day))).status_code == 422
    from_address(portal, person, "198.18.0.99")
    assert person.post(PATH, **entered()).status_code == 429


def test_an_address_has_so_many_tries_a_day_however_many_accounts_come_from_it(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert levels.PER_ADDRESS.times == "60/day", "neighbours behind one address do not lock each other out"
    monkeypatch.setattr(levels, "PER_ADDRESS", Rule("register-address", "5/day"))
    in_register(portal)
    answers = []
    for number in range(6):
        person = someone(portal, f"guesser{number}@example.org")
        from_address(portal, person, "198.18.0.7")
        answers.append(person.post(PATH, **entered(born=date(1985, 3, 10 + number))).status_code)
    assert answers == [422] * 5 + [429]


def test_a_number_has_ten_tries_a_day_however_many_accounts_and_addresses_take_part(portal: Portal) -> None:
    in_register(portal)
    answers = []
    for number in range(11):
        person = someone(portal, f"guesser{number}@example.org")
        from_address(portal, person, f"198.18.1.{number}")
        answers.append(person.post(PATH, **entered(born=date(1985, 3, 10 + number))).status_code)
    assert answers == [422] * 10 + [429]


def test_a_hundred_guesses_at_once_count_as_a_hundred(either: Portal) -> None:
    in_register(either)
    person = someone(either, "zainab@example.org")
    cookies = dict(person.browser.cookies)

    async def all_at_once() -> list[int]:
        transport = httpx2.ASGITransport(app=either.app)
        async with httpx2.AsyncClient(
            transport=transport, base_url=either.settings.base_url, headers=BROWSER, cookies=cookies
        ) as client:
            work = [
                client.post(PATH, data=entered(born=date(1900 + number, 3, 5))) for number in range(99)
            ]  # the right date, 1985, is among them
            return [answer.status_code for answer in await asyncio.gather(*work)]

    answers = either.run(all_at_once)
    assert answers.count(429) == 94
    assert answers.count(429) + answers.count(422) + answers.count(303) == 99
    assert verbs(either).count("register_not_matched") <= 5


# What is kept


def test_number_and_date_stand_nowhere(portal: Portal, caplog: pytest.LogCaptureFixture, capsys: Any) -> None:
    in_register(portal)
    person = someone(portal, "zainab@example.org")
    with caplog.at_level(logging.DEBUG):
        person.post(PATH, **entered(born=date(1985, 3, 6)))
        person.post(PATH, **entered(number="1985030512"))
        assert person.post(PATH, **entered()).status_code == 303
        person.get(PATH)
        # signed out while the form was open: what is kept of it for later holds neither
        portal.browser().post(PATH, data=entered(note="kept"))

    async def drafts() -> list[dict[str, list[str]]]:
        return [draft.values for draft in await Draft.all()]

    kept = portal.run(drafts)
    assert [list(values) for values in kept] == [["note"]]
    written = capsys.readouterr()
    for trace in (caplog.text, written.out, written.err):
        assert NUMBER not in trace
    stored = b"".join(path.read_bytes() for path in portal.settings.data_dir.iterdir() if path.is_file())
    assert person.email.encode() in stored, "the database was read"
    for text in (NUMBER, "1985030512", BORN.isoformat(), "1985-03-06", "5/3/1985"):
        assert text.encode() not in stored
    assert Claim(NUMBER, BORN).hashed(portal.settings.key).encode() in stored


# Where the centres are


def test_the_page_names_the_centres_where_somebody_can_be_seen(portal: Portal) -> None:
    centre, other = portal.run(make_agency, "centre"), portal.run(make_agency, "other")
    agent = portal.run(make_person, "agent@example.org")
    portal.run(give, agent, Role.CENTRE_AGENT, centre)
    portal.run(give, agent, Role.OFFICER, other)
    shown = someone(portal, "zainab@example.org").get(f"{PATH}?level=3").text
    assert "/agencies/centre" in shown
    assert "/agencies/other" not in shown


def test_a_demonstration_shows_an_invented_entry_that_is_still_free(tmp_path: Path) -> None:
    from app import clock  # noqa: PLC0415
    from app.demo import register as demo  # noqa: PLC0415

    with fresh_portal("sqlite", tmp_path, demo=True) as portal:
        portal.run(demo.seed, portal.settings.key, 12, clock.now())
        shown: set[str] = set()
        for name in ("one", "two"):
            person = someone(portal, f"{name}@example.org")
            text = person.get(PATH).text
            number = text.partition('data-example="number">')[2].partition("<")[0]
            day, month, year = text.partition('data-example="born">')[2].partition("<")[0].split("/")
            shown.add(number)
            born = date(int(year), int(month), int(day))
            assert person.post(PATH, **entered(number, born)).status_code == 303
        assert len(shown) == 2


def test_a_register_that_is_away_is_said_to_be_and_nothing_is_lost(tmp_path: Path) -> None:
    with fresh_portal("sqlite", tmp_path, register_url="http://127.0.0.1:9/match") as portal:
        person = someone(portal, "zainab@example.org")
        answer = person.post(PATH, **entered(next="/help"))
        assert answer.status_code == 503
        assert "does not answer" in words(answer.text)
        assert 'value="/help"' in answer.text

        async def unmatched() -> bool:
            return (await Person.get(id=person.id)).register_hash is None

        assert portal.run(unmatched)
