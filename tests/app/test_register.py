"""The civil register: whom it holds, how it is brought in, and that nothing of it can be read back."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app import clock
from app.accounts import register_file
from app.accounts.actions import register
from app.accounts.models import Person, RegisterBatch, RegisterEntry
from app.accounts.queries.register import Found, RegisterAway, RemoteRegister
from app.accounts.register import Claim, Unreadable, date_of, day_of, number_of
from app.audit import SYSTEM
from app.forms import Invalid
from app.models import AuditEntry
from app.notices.models import Notification
from app.policy import Role
from tests.app.people import make_person, someone
from tests.app.portal import DATABASES, Portal, fresh_portal, settings_for, words
from tests.app.shell import ready

TODAY = date(2026, 11, 24)
NUMBER, BORN = "198503051234", date(1985, 3, 5)
HEAD = "number,birth_date,place\n"


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal("sqlite", tmp_path) as running:
        yield running


@pytest.fixture(params=DATABASES)
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Portal]:
    """A portal on either database, where the database decides."""
    with fresh_portal(request.param, tmp_path) as running:
        yield running


async def bring(portal: Portal, text: str | bytes, **more: Any) -> register.Imported:
    """Import a file."""
    data = text.encode() if isinstance(text, str) else text
    chosen = {"name": "", "replace": False, "key": portal.settings.key, "digits": 12, "today": TODAY, **more}
    return await register.bring_in(io.BytesIO(data), actor=SYSTEM, now=clock.now(), **chosen)


async def counts() -> tuple[int, int]:
    """Imports and entries."""
    return await RegisterBatch.all().count(), await RegisterEntry.all().count()


def in_register(portal: Portal, *people: tuple[str, date]) -> None:
    """A register that holds these people."""
    lines = "".join(f"{number},{born.isoformat()},basra\n" for number, born in people or [(NUMBER, BORN)])
    portal.run(bring, portal, HEAD + lines)


async def matched(portal: Portal, person: int, claim: Claim) -> None:
    """Ask for a match."""
    from app.accounts.queries.register import ImportedRegister  # noqa: PLC0415

    await register.match(
        await Person.get(id=person),
        claim,
        register=ImportedRegister(portal.settings.key),
        key=portal.settings.key,
        by=register.By(SYSTEM, {}),
        now=clock.now(),
    )


# Numbers and dates


@pytest.mark.parametrize(
    "typed", ["198503051234", "١٩٨٥٠٣٠٥١٢٣٤", "1985 0305 1234", "1985-0305-1234", "\u200f198503051234 "]
)
def test_a_number_may_be_typed_in_groups_and_in_either_digits(typed: str) -> None:
    assert number_of(typed, 12) == NUMBER


@pytest.mark.parametrize("typed", ["", "19850305123", "1985030512345", "19850305123x", "²98503051234"])
def test_what_is_no_number_is_refused_without_a_word_of_it(typed: str) -> None:
    with pytest.raises(Unreadable) as refused:
        number_of(typed, 12)
    assert str(refused.value) == "number"


@pytest.mark.parametrize(
    "typed", ["5/3/1985", "05/03/1985", "1985-03-05", "٥/٣/١٩٨٥", "1985/3/5", "5.3.1985", "5-3-1985"]
)
def test_a_date_may_be_written_either_way_round(typed: str) -> None:
    assert date_of(typed, TODAY) == BORN


@pytest.mark.parametrize("typed", ["", "5/3/85", "31/2/1985", "1985", "25/11/2026", "1/1/1879", "٥٥/٣/١٩٨٥"])
def test_what_is_no_birth_date_is_refused(typed: str) -> None:
    with pytest.raises(Unreadable):
        date_of(typed, TODAY)


@given(st.dates(date(1880, 1, 1), TODAY))
def test_every_birth_date_is_read_from_three_fields(born: date) -> None:
    assert day_of(str(born.year), str(born.month), str(born.day), TODAY) == born


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_no_text_makes_the_reader_of_dates_fall(year: str, month: str, day: str) -> None:
    with contextlib.suppress(Unreadable):
        assert day_of(year, month, day, TODAY) <= TODAY


def test_a_claim_does_not_show_what_it_holds() -> None:
    claim = Claim(NUMBER, BORN)
    assert NUMBER not in f"{claim!r} {claim}"
    assert "1985" not in f"{claim!r} {claim}"


# Files


def read(text: str | bytes) -> list[register_file.Row | register_file.Mistake]:
    data = text.encode() if isinstance(text, str) else text
    return list(register_file.read(io.BytesIO(data), digits=12, today=TODAY))


@pytest.mark.parametrize(
    "text",
    [
        "number,birth_date,place\n198503051234,1985-03-05,basra\n",
        "\ufeffnumber;birth date;place\r\n198503051234;5/3/1985;basra\r\n",
        "الرقم الوطني;تاريخ الميلاد;المحافظة\n١٩٨٥٠٣٠٥١٢٣٤;٥/٣/١٩٨٥;basra\n",
        '\n"رقم","المواليد","المكان"\n"198503051234","1985-03-05"," basra "',
        "place\tborn\tNumber\nbasra\t1985/03/05\t1985 0305 1234\n\n",
    ],
    ids=["plain", "mark and semicolons", "Arabic", "quoted", "tabs"],
)
def test_a_register_is_read_as_spreadsheets_write_it(text: str) -> None:
    assert read(text) == [register_file.Row(Claim(NUMBER, BORN), "basra")]


def test_every_line_that_cannot_be_read_is_told_by_its_number_and_not_by_what_it_said() -> None:
    text = HEAD.encode() + b"".join(
        [
            b"198503051234,1985-03-05,basra\n",
            b"1985030512349,1985-03-05,basra\n",
            b"198503051234,1985-13-05,basra\n",
            b"198503051234\n",
            b'"198503051234,1985-03-05,basra\n',
            b"198503051234,1985-03-05,\xff\xfe\n",
            b"x" * 10_000 + b"\n",
            b"198503051234,1985-03-05," + b"p" * 41 + b"\n",
            b"\n",
            b"198503051234,1985-03-05,\n",
        ]
    )
    found = read(text)
    bad = [row for row in found if isinstance(row, register_file.Mistake)]
    assert [row.line for row in bad] == [3, 4, 5, 6, 7, 8, 9]
    assert "1985" not in " ".join(row.says for row in bad).replace("1985-03-05 or 5/3/1985", "").replace(
        "1985-03-05 أو 5/3/1985", ""
    )
    assert sum(isinstance(row, register_file.Row) for row in found) == 2


@pytest.mark.parametrize("text", ["", "\n\n", "name,place\na,b\n", "198503051234,1985-03-05\n", b"\xff\xfe\x00"])
def test_a_file_that_does_not_name_its_columns_is_refused_as_a_whole(text: str | bytes) -> None:
    with pytest.raises(register_file.Unusable) as refused:
        read(text)
    assert "1985" not in str(refused.value)


@given(st.binary(max_size=400))
def test_no_file_makes_the_reader_fall(data: bytes) -> None:
    try:
        rows = read(HEAD.encode() + data)
    except register_file.Unusable:
        raise AssertionError("the head was right") from None
    assert all(isinstance(row, register_file.Row | register_file.Mistake) for row in rows)


# Imports


def test_an_import_counts_its_entries_and_those_that_repeat_others(either: Portal) -> None:
    line = f"{NUMBER},{BORN},basra\n"
    brought = either.run(bring, either, HEAD + line + line + "198503051235,5/3/1985,\n", name="November")
    assert (brought.name, brought.rows, brought.repeated) == ("November", 2, 1)
    assert either.run(counts) == (1, 2)


def test_of_a_file_with_one_bad_line_nothing_is_imported(portal: Portal) -> None:
    with pytest.raises(register.Refused) as refused:
        portal.run(bring, portal, HEAD + f"{NUMBER},{BORN},\n" + "12,5/3/1985,\n")
    assert [mistake.line for mistake in refused.value.mistakes] == [3]
    assert portal.run(counts) == (0, 0)


def test_an_import_that_is_interrupted_removes_what_it_had_entered(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register, "TOGETHER", 2)
    real, calls = register._some, []

    def failing(*given: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise OSError("the disk is gone")
        return real(*given)

    monkeypatch.setattr(register, "_some", failing)
    lines = "".join(f"19850305{n:04},1985-03-05,\n" for n in range(9))
    with pytest.raises(OSError, match="disk"):
        portal.run(bring, portal, HEAD + lines)
    assert portal.run(counts) == (0, 0)


def test_a_new_register_takes_the_place_of_the_old_only_when_it_is_complete(either: Portal) -> None:
    in_register(either, (NUMBER, BORN), ("198503051235", BORN))
    with pytest.raises(register.Refused):
        either.run(bring, either, HEAD + "1,2,3\n", name="bad", replace=True)
    assert either.run(counts) == (1, 2)
    brought = either.run(bring, either, HEAD + f"{NUMBER},{BORN},basra\n", name="new", replace=True)
    assert (brought.rows, brought.removed) == (1, 2)
    assert either.run(counts) == (1, 1)


def test_what_a_killed_import_left_counts_for_nobody_and_is_swept_out(portal: Portal) -> None:
    async def leave() -> None:
        batch = await RegisterBatch.create(name="dead", started_at=clock.now() - timedelta(days=2), made_by="x")
        await RegisterEntry.create(entry_hash=Claim(NUMBER, BORN).hashed(portal.settings.key), batch=batch)

    portal.run(leave)
    person = portal.run(make_person, "zainab@example.org")
    with pytest.raises(Invalid):
        portal.run(matched, portal, person, Claim(NUMBER, BORN))
    portal.run(bring, portal, HEAD + "198503051235,5/3/1985,\n")
    assert portal.run(counts) == (1, 1)


def test_two_imports_do_not_share_a_name(portal: Portal) -> None:
    portal.run(bring, portal, HEAD + f"{NUMBER},{BORN},\n", name="one")
    with pytest.raises(register.Refused):
        portal.run(bring, portal, HEAD + f"{NUMBER},{BORN},\n", name="one")
    assert portal.run(counts) == (1, 1)


class Endless(io.RawIOBase):
    """A file of so many lines that is never in memory as a whole."""

    def __init__(self, lines: int) -> None:
        self._lines = lines
        self._next = 0

    def seekable(self) -> bool:
        return True

    def seek(self, _offset: int, _whence: int = 0) -> int:
        self._next = 0
        return 0

    def readline(self, _size: int | None = -1) -> bytes:
        self._next += 1
        if self._next == 1:
            return HEAD.encode()
        return b"" if self._next > self._lines + 1 else b"%012d,1985-03-05,basra\n" % self._next


def test_a_long_register_is_never_in_memory_as_a_whole(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    file, real, held = Endless(3_500), register._some, []
    monkeypatch.setattr(register, "TOGETHER", 500)

    def watched(*given: Any) -> Any:
        before = file._next
        entries = real(*given)
        held.append((file._next - before, len(entries)))
        return entries

    monkeypatch.setattr(register, "_some", watched)
    chosen = {"name": "", "replace": False, "key": portal.settings.key, "digits": 12, "today": TODAY}
    brought = portal.run(register.bring_in, file, actor=SYSTEM, now=clock.now(), **chosen)
    assert brought.rows == 3_500
    assert len(held) == 8
    assert max(lines for lines, _entries in held) <= 501, "no line is read before those before it are entered"


# Matching


def test_whoever_is_in_the_register_is_matched_and_told(portal: Portal) -> None:
    in_register(portal)
    person = portal.run(make_person, "zainab@example.org")
    portal.run(matched, portal, person, Claim(NUMBER, BORN))
    portal.run(matched, portal, person, Claim(NUMBER, BORN))  # a second click

    async def look() -> tuple[Person, int, list[str]]:
        told = await Notification.filter(person_id=person).count()
        return await Person.get(id=person), told, [one.verb for one in await AuditEntry.all()]

    found, told, verbs = portal.run(look)
    assert found.register_hash == Claim(NUMBER, BORN).hashed(portal.settings.key)
    assert found.place == "basra"
    assert found.matched_at is not None
    assert told == 1
    assert verbs.count("register_matched") == 1


def test_two_accounts_that_ask_for_one_entry_at_once_get_it_once(either: Portal) -> None:
    in_register(either)
    people = [either.run(make_person, f"twin{n}@example.org") for n in range(6)]

    async def all_at_once() -> list[BaseException | None]:
        work = (matched(either, person, Claim(NUMBER, BORN)) for person in people)
        return await asyncio.gather(*work, return_exceptions=True)

    answers = either.run(all_at_once)
    assert sum(answer is None for answer in answers) == 1
    assert sum(isinstance(answer, Invalid) for answer in answers) == 5
    first = people[answers.index(None)]

    async def look() -> tuple[int, list[tuple[int, str]]]:
        told = await Notification.filter(kind="register").values_list("person_id", "url")
        return await Person.filter(register_hash__not_isnull=True).count(), list(told)

    holders, told = either.run(look)
    assert holders == 1
    assert {person for person, _url in told} == {first}, "the holder is told, whoever asked is answered"
    assert len(told) == 5


def test_an_account_is_not_matched_with_a_second_entry(portal: Portal) -> None:
    in_register(portal, (NUMBER, BORN), ("198503051235", BORN))
    person = portal.run(make_person, "zainab@example.org")
    portal.run(matched, portal, person, Claim(NUMBER, BORN))
    with pytest.raises(Invalid):
        portal.run(matched, portal, person, Claim("198503051235", BORN))


def test_an_account_that_nobody_has_confirmed_is_not_matched(portal: Portal) -> None:
    in_register(portal)
    person = portal.run(make_person, "zainab@example.org", confirmed=False)
    with pytest.raises(Invalid):
        portal.run(matched, portal, person, Claim(NUMBER, BORN))


# The authority's own service


@contextmanager
def service(
    answer: Callable[[BaseHTTPRequestHandler, dict[str, Any]], tuple[int, bytes]],
) -> Iterator[tuple[str, list]]:
    """A register that answers over the network, on this machine."""
    heard: list[tuple[dict[str, Any], str | None]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            heard.append((asked, self.headers.get("Authorization")))
            status, body = answer(self, asked)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "http://127.0.0.1:9/")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_given: Any) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/match", heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ask(url: str, patience: float = 5) -> Found | None:
    return asyncio.run(RemoteRegister(url, "a token", patience=patience).find(Claim(NUMBER, BORN)))


def test_the_authoritys_service_is_asked_with_number_and_date_and_believed() -> None:
    def answer(_handler: BaseHTTPRequestHandler, asked: dict[str, Any]) -> tuple[int, bytes]:
        return 200, json.dumps({"match": asked["number"] == NUMBER, "place": "basra", "more": 1}).encode()

    with service(answer) as (url, heard):
        assert ask(url) == Found("basra")
        assert asyncio.run(RemoteRegister(url, "").find(Claim("198503051235", BORN))) is None
    assert heard[0] == ({"number": NUMBER, "birth_date": "1985-03-05"}, "Bearer a token")
    assert heard[1][1] is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b"{}"),
        (302, b""),
        (200, b"no json"),
        (200, b'{"match": "yes"}'),
        (200, b'{"match": 1}'),
        (200, b"{}"),
        (200, b'{"match": true, "place": "' + b"x" * 41 + b'"}'),
        (200, b" " * 5000),
    ],
    ids=["fault", "elsewhere", "text", "word", "figure", "nothing", "long place", "flood"],
)
def test_a_service_that_does_not_answer_as_agreed_says_nothing(
    status: int, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.DEBUG),
        service(lambda *_given: (status, body)) as (url, heard),
        pytest.raises(RegisterAway) as away,
    ):
        ask(url)
    assert len(heard) == 1
    assert away.value.__cause__ is None
    assert NUMBER not in f"{away.value!r} {caplog.text}"


def test_a_service_that_is_slow_or_away_says_nothing() -> None:
    def slow(*_given: Any) -> tuple[int, bytes]:
        time.sleep(0.4)
        return 200, b'{"match": true}'

    with service(slow) as (url, _heard), pytest.raises(RegisterAway):
        ask(url, patience=0.1)
    with pytest.raises(RegisterAway):
        ask("http://127.0.0.1:9/match")


def test_in_production_the_service_is_asked_over_https_only(tmp_path: Path) -> None:
    safe = {
        "environment": "production",
        "base_url": "https://voice.example",
        "secret_key": "0123456789" + "abcdefgh" * 4,
    }
    settings_for(tmp_path, **safe, register_url="https://register.example/match")
    with pytest.raises(ValidationError):
        settings_for(tmp_path, **safe, register_url="http://register.example/match")


# The page of administrators


def test_an_administrator_imports_a_file_and_sees_what_is_there(portal: Portal) -> None:
    admin = someone(portal, "admin@example.org", Role.ADMINISTRATOR)
    assert admin.get("/admin/register").status_code == 200
    file = {"file": ("register.csv", HEAD + f"{NUMBER},{BORN},basra\n", "text/csv")}
    answer = admin.browser.post("/admin/register", data={"name": "November"}, files=file)
    assert answer.status_code == 303
    shown = words(admin.get("/admin/register").text)
    assert "November" in shown
    assert NUMBER not in shown


def test_an_administrator_is_told_the_lines_that_are_wrong(portal: Portal) -> None:
    admin = someone(portal, "admin@example.org", Role.ADMINISTRATOR)
    bad = "".join(f"{n},5/3/1985,\n" for n in range(70))
    answer = admin.browser.post("/admin/register", data={}, files={"file": ("r.csv", HEAD + bad, "text/csv")})
    assert answer.status_code == 422
    assert "70 lines cannot be read" in words(answer.text)
    assert "Line 2:" in words(answer.text)
    assert portal.run(counts) == (0, 0)
    assert admin.browser.post("/admin/register", data={"name": "x"}).status_code == 422


def test_a_register_larger_than_other_forms_is_taken(portal: Portal) -> None:
    admin = someone(portal, "admin@example.org", Role.ADMINISTRATOR)
    text = HEAD + "\n" * (2 << 20) + f"{NUMBER},{BORN},basra\n"
    answer = admin.browser.post("/admin/register", files={"file": ("r.csv", text, "text/csv")})
    assert answer.status_code == 303


@pytest.mark.parametrize("role", [None, Role.OFFICER, Role.SUPERVISOR, Role.CENTRE_AGENT, Role.OVERSIGHT])
def test_nobody_else_imports_a_register(portal: Portal, role: Role | None) -> None:
    other = someone(portal, "other@example.org", role)
    assert other.get("/admin/register").status_code == 403
    assert other.browser.post("/admin/register", files={"file": ("r.csv", HEAD, "text/csv")}).status_code == 403


def test_an_administrator_without_a_fresh_proof_proves_first(portal: Portal) -> None:
    admin = someone(portal, "admin@example.org", Role.ADMINISTRATOR, proven=False)
    assert admin.get("/admin/register").headers["location"].startswith("/account/again")


# The command


def test_the_command_imports_and_tells_its_mistakes_by_line(tmp_path: Path) -> None:
    shell = ready(tmp_path)
    file = tmp_path / "register.csv"
    file.write_text(HEAD + f"{NUMBER},{BORN},basra\n", encoding="utf-8")
    done = shell.run("register", "import", str(file), "--batch", "one")
    assert done.returncode == 0, done.stderr
    assert "1 entries are imported as “one”" in done.stdout + done.stderr
    again = shell.run("register", "import", str(file), "--replace")
    assert "1 entries of earlier imports are removed" in again.stdout + again.stderr
    file.write_text(HEAD + "123,1985-03-05,\n", encoding="utf-8")
    bad = shell.run("register", "import", str(file))
    assert bad.returncode == 1
    assert "Line 2" in bad.stdout + bad.stderr
    assert shell.run("register", "import", str(tmp_path / "none.csv")).returncode == 2
    data = b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir() if path.is_file())
    assert NUMBER.encode() not in data
