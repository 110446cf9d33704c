"""The operator's commands, run as a shell runs them."""

import asyncio
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.models import AuditEntry
from tests.app.portal import SECRET, Portal, opened, running, settings_for, sign_in
from tests.app.shell import Shell, ready, said


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A portal that has been migrated."""
    return ready(tmp_path)


@pytest.fixture
def portal(shell: Shell) -> Iterator[Portal]:
    with running(settings_for(shell.folder / "data")) as found:
        yield found


def test_migrating_twice_is_no_mistake(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    first = shell.run("migrate")
    assert first.returncode == 0, said(first)
    again = shell.run("migrate")
    assert again.returncode == 0, said(again)
    assert (shell.folder / "data" / "sawtuna.sqlite3").exists()


def test_everything_is_written_into_the_data_folder(shell: Shell) -> None:
    assert shell.run("seed-demo").returncode == 0
    assert [path.name for path in shell.folder.iterdir()] == ["data"]


def test_the_demonstration_is_filled_in_once(shell: Shell) -> None:
    first = shell.run("seed-demo")
    assert first.returncode == 0, said(first)
    assert "citizen@demo.example" in first.stdout
    again = shell.run("seed-demo")
    assert again.returncode == 0, said(again)

    async def look() -> int:
        async with opened(settings_for(shell.folder / "data")):
            return await AuditEntry.filter(verb="seeded_demonstration").count()

    assert asyncio.run(look()) == 1
    with running(settings_for(shell.folder / "data")) as found:
        assert sign_in(found.browser(), "citizen@demo.example", "demonstration only").status_code == 303


def test_a_demonstration_is_refused_in_production(tmp_path: Path) -> None:
    official = ready(tmp_path, environment="production", secret_key=SECRET, base_url="https://voice.example")
    refused = official.run("seed-demo")
    assert refused.returncode == 1
    assert "@demo.example" not in said(refused)


@pytest.mark.parametrize(
    "password", ["three words in a row", "  spaces around it  ", "cafe\u0301 au lait", "كلمات عربية كثيرة"]
)
def test_an_administrator_can_sign_in_with_the_password_that_was_given(shell: Shell, password: str) -> None:
    made = shell.run("create-admin", "Admin@Example.org", "--name", "مازن", given=f"{password}\n")
    assert made.returncode == 0, said(made)
    assert password not in said(made)
    with running(settings_for(shell.folder / "data")) as found:
        browser = found.browser(accept_language="en")
        assert sign_in(browser, "admin@example.org", password).status_code == 303
        assert "Administrator" in browser.get("/account?lang=en").text


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("nobody", "three words in a row"),
        ("a@example.org", "short"),
        ("a@example.org", ""),
        ("a@example.org", "x" * 201),
    ],
)
def test_an_administrator_needs_an_address_and_a_password(shell: Shell, email: str, password: str) -> None:
    refused = shell.run("create-admin", email, given=f"{password}\n")
    assert refused.returncode == 2, said(refused)
    assert "Traceback" not in said(refused)


def test_an_existing_person_becomes_an_administrator_and_is_signed_out_everywhere(shell: Shell) -> None:
    assert shell.run("seed-demo").returncode == 0
    with running(settings_for(shell.folder / "data")) as found:
        browser = found.browser()
        sign_in(browser, "citizen@demo.example", "demonstration only")
        assert browser.get("/account").status_code == 200
        made = shell.run("create-admin", "citizen@demo.example", given="three words in a row\n")
        assert made.returncode == 0, said(made)
        assert browser.get("/account").status_code == 303
        assert found.people()[0].name == "زينب الخالدي", "a name that was there is kept"


def test_a_sound_trail_is_told_apart_from_a_broken_one_by_the_exit_code(shell: Shell) -> None:
    assert shell.run("seed-demo").returncode == 0
    for number in range(2):
        shell.run("create-admin", f"a{number}@example.org", given="three words in a row\n")
    sound = shell.run("audit", "verify")
    assert sound.returncode == 0, said(sound)

    async def tamper() -> str:
        async with opened(settings_for(shell.folder / "data")):
            newest = await AuditEntry.all().order_by("-number").first()
            assert newest is not None
            await AuditEntry.filter(number=2).update(actor="person:99")
            return newest.digest

    head = asyncio.run(tamper())
    assert head in "".join(sound.stdout.split())
    broken = shell.run("audit", "verify")
    assert broken.returncode == 1
    assert "2" in said(broken)


def test_serving_is_refused_with_every_mistake_in_the_settings_named(tmp_path: Path) -> None:
    wrong = Shell(tmp_path, environment="production", base_url="http://voice.example", session_days="0", demo="perhaps")
    refused = wrong.run("serve", "--port", "1")
    assert refused.returncode == 2, said(refused)
    for name in ("SAWTUNA_SESSION_DAYS", "SAWTUNA_DEMO", "SAWTUNA_SECRET_KEY", "SAWTUNA_BASE_URL"):
        assert name in said(refused)
    assert "Traceback" not in said(refused)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("trusted_proxies", "10.0.0.1"),
        ("trusted_proxies", '["nonsense"]'),
        ("time_zone", "Mars/Phobos"),
        ("database_url", "mysql://a/b"),
        ("database_url", "nonsense"),
    ],
)
@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_a_setting_that_cannot_work_is_named_without_a_trace(
    tmp_path: Path, name: str, value: str, command: str
) -> None:
    port = ["--port", "1"] if command == "serve" else []
    refused = Shell(tmp_path, **{name: value}).run(command, *port)
    assert refused.returncode == 2, said(refused)
    assert f"SAWTUNA_{name.upper()}" in said(refused)
    assert "Traceback" not in said(refused)


def test_serving_a_database_that_was_never_migrated_is_refused_or_said_to_be_unready(tmp_path: Path) -> None:
    refused = Shell(tmp_path).run("audit", "verify")
    assert refused.returncode != 0
    assert "Traceback" not in said(refused)
    assert "migrate" in said(refused)


def test_a_database_that_is_not_there_is_named_without_a_trace(tmp_path: Path) -> None:
    refused = Shell(tmp_path, database_url="postgres://postgres@127.0.0.1:1/none").run("migrate")
    assert refused.returncode != 0
    assert "Traceback" not in said(refused)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_stops_at_once_when_it_is_told_to(shell: Shell, number: signal.Signals) -> None:
    worker = shell.start("worker")
    with pytest.raises(subprocess.TimeoutExpired):
        worker.wait(4)
    worker.send_signal(number)
    _out, complained = worker.communicate(timeout=15)
    assert worker.returncode == 0, complained
    assert "Traceback" not in complained


def test_every_command_explains_itself(tmp_path: Path) -> None:
    for words in (["serve"], ["worker"], ["migrate"], ["seed-demo"], ["create-admin"], ["audit", "verify"]):
        helped = Shell(tmp_path).run(*words, "--help")
        assert helped.returncode == 0
        assert len(helped.stdout.split()) > 10
