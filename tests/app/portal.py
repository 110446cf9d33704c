"""A portal in this process, on a fresh SQLite file or a fresh PostgreSQL database, and browsers that look at it."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import re
import secrets
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from html import unescape
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest
from argon2 import PasswordHasher
from httpx2 import Response
from starlette.applications import Starlette
from starlette.testclient import TestClient
from tortoise import context

from app import db
from app.accounts import passwords
from app.accounts.models import Person
from app.main import FEATURES, create_app, worker
from app.models import Message
from app.settings import Settings

Answer = TypeVar("Answer")

# Thousands of accounts are made in these tests; the journeys and the benchmarks pay the real price of a password.
passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
passwords._nobody = passwords._hasher.hash(secrets.token_urlsafe())

SERVER = "postgres://postgres@127.0.0.1:5432"
DATABASES = ("sqlite", "postgres")
ADDRESS = "http://127.0.0.1:8000"
PASSWORD = "three words in a row"
SECRET = "0123456789abcdefghijklmnopqrstuvwxyzABCD"
BROWSER = {"sec-fetch-site": "same-origin", "accept": "text/html", "accept-language": "ar"}


def settings_for(folder: Path, **chosen: Any) -> Settings:
    """Settings of a portal that keeps everything in `folder`, whatever the environment says."""
    return Settings(**{"_env_file": None, "data_dir": folder, "worker_in_web": False, "database_pool": 5, **chosen})


@cache
def postgres_answers() -> bool:
    """Whether there is a PostgreSQL to test with."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", 5432), timeout=2):
        return True
    return False


def need_postgres() -> None:
    """Skip the test where there is no PostgreSQL."""
    if not postgres_answers():
        pytest.skip("PostgreSQL does not answer at 127.0.0.1:5432, so this was tried on SQLite only.")


async def _administer(*statements: str) -> None:
    connection = await asyncpg.connect(f"{SERVER}/postgres")
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def administer(*statements: str) -> None:
    """Say something to the PostgreSQL server itself."""
    with asyncio.Runner() as runner:
        runner.run(_administer(*statements))


def drop_database(name: str) -> None:
    """Remove a database of ours, with whoever is still connected to it."""
    administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@cache
def _sqlite_template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="sawtuna-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    chosen = settings_for(folder)
    asyncio.run(db.migrate(chosen, FEATURES))
    return chosen.sqlite_path


@cache
def _postgres_template() -> str:
    name = f"sawtuna_template_{secrets.token_hex(6)}"
    administer(f'CREATE DATABASE "{name}"')
    atexit.register(drop_database, name)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(db.migrate(settings_for(Path(folder), database_url=f"{SERVER}/{name}"), FEATURES))
    return name


def copy_tables(settings: Settings) -> None:
    """Give an empty database the tables of the whole portal."""
    if settings.is_postgres:
        name = settings.database_url.rpartition("/")[2]
        administer(f'DROP DATABASE "{name}"', f'CREATE DATABASE "{name}" TEMPLATE "{_postgres_template()}"')
    else:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(_sqlite_template(), settings.sqlite_path)


_spare: list[str] = []
"""Databases of this process that are as new: making and dropping one costs more than most tests."""

_LAYOUT = """
SELECT md5(string_agg(
  concat_ws('|', c.relname, c.relkind, a.attname, a.atttypid, a.attnotnull), ',' ORDER BY c.relname, a.attnum))
FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
WHERE c.relnamespace = 'public'::regnamespace
"""
_EMPTY = """
DO $$
DECLARE found record;
BEGIN
  SET LOCAL session_replication_role = replica;
  FOR found IN SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'tortoise_migrations'
  LOOP EXECUTE format('DELETE FROM %I', found.relname); END LOOP;
  PERFORM setval(format('%I', sequencename)::regclass, start_value, false)
    FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL;
END $$
"""
_layouts: dict[str, str] = {}


def _taken() -> str:
    if _spare:
        return _spare.pop()
    name = f"sawtuna_test_{secrets.token_hex(6)}"
    administer(f'CREATE DATABASE "{name}" TEMPLATE "{_postgres_template()}"')
    atexit.register(drop_database, name)
    with asyncio.Runner() as runner:
        _layouts[name] = runner.run(_layout(name))
    return name


async def _layout(name: str, *, empty: bool = False) -> str:
    """What tables and columns there are, after taking every row out where that is asked for."""
    connection = await asyncpg.connect(f"{SERVER}/{name}")
    try:
        if empty:
            others = (
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()"
            )
            await connection.execute(others, name)
            await connection.execute(_EMPTY)
        return str(await connection.fetchval(_LAYOUT))
    finally:
        await connection.close()


def _emptied(name: str) -> bool:
    """Make a database as new, to be used again; not one whose tables a test has changed or dropped."""
    try:
        with asyncio.Runner() as runner:
            same = runner.run(_layout(name, empty=True)) == _layouts[name]
    except asyncpg.PostgresError:
        return False
    if same:
        _spare.append(name)
    return same


@contextlib.contextmanager
def fresh_database(kind: str, folder: Path, *, migrated: bool = True, **chosen: Any) -> Iterator[Settings]:
    """Settings of a database nobody has used, removed afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "sqlite":
        settings = settings_for(folder, **chosen)
        if migrated:
            copy_tables(settings)
        yield settings
        return
    need_postgres()
    name = _taken() if migrated else f"sawtuna_test_{secrets.token_hex(6)}"
    if not migrated:
        administer(f'CREATE DATABASE "{name}"')
    try:
        yield settings_for(folder, **{"database_url": f"{SERVER}/{name}", **chosen})
    finally:
        if not migrated or not _emptied(name):
            drop_database(name)


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[None]:
    """The database for the length of the block, as a command opens it."""
    try:
        async with db.opened(settings, FEATURES):
            yield
    finally:
        release()


def release() -> None:
    """Let go of what one running portal leaves behind in the process for the next."""
    context._global_context = None  # what a portal that was stopped in the middle leaves behind
    passwords._slots = asyncio.Semaphore(4)  # a semaphore stays with the first loop that had to wait for it


@dataclass
class Portal:
    """A running portal. `client` is a browser that has been here before; `browser()` makes another one."""

    settings: Settings
    app: Starlette
    client: TestClient

    def run(self, work: Callable[..., Awaitable[Answer]], *arguments: Any, **named: Any) -> Answer:
        """Run a coroutine function where the portal runs."""
        portal = self.client.portal
        assert portal is not None
        return portal.call(partial(work, *arguments, **named))

    def browser(self, *, address: str = "", client: str = "testclient", **headers: str) -> TestClient:
        """Another visitor, with cookies of its own."""
        other = TestClient(
            self.app,
            base_url=address or self.settings.base_url,
            headers=BROWSER | {name.replace("_", "-"): value for name, value in headers.items()},
            follow_redirects=False,
            client=(client, 50000),
        )
        other.portal = self.client.portal
        return other

    def program(self, **headers: str) -> TestClient:
        """A client that is no browser: no cookies, no fetch metadata."""
        other = TestClient(self.app, base_url=self.settings.base_url, headers=headers, follow_redirects=False)
        other.portal = self.client.portal
        return other

    def work(self) -> int:
        """Do all jobs that are due."""
        return self.run(worker(self.settings).drain)

    def mails(self) -> list[Message]:
        """The outbox, oldest first, once everything has been done that was asked for."""
        self.work()

        async def read() -> list[Message]:
            return await Message.all().order_by("id")

        return self.run(read)

    def people(self) -> list[Person]:
        """Everybody with an account, once everything has been done that was asked for."""
        self.work()

        async def read() -> list[Person]:
            return await Person.all().order_by("id")

        return self.run(read)

    def link(self, number: int = -1) -> str:
        """Path and query of the link in a mail, by default in the newest."""
        return link_in(self.mails()[number].body)


def link_in(body: str) -> str:
    """Path and query of the link with a token in a mail."""
    found = re.search(r"https?://[^/\s]+(/\S+\?token=\S+)", body)
    assert found, f"no link in: {body}"
    return found[1]


def token_in(link: str) -> str:
    """The token at the end of a link."""
    return link.partition("token=")[2]


@contextlib.contextmanager
def running(settings: Settings) -> Iterator[Portal]:
    """A portal on a database that is up to date."""
    application = create_app(settings)
    address = settings.base_url
    try:
        with TestClient(application, base_url=address, headers=BROWSER, follow_redirects=False) as client:
            yield Portal(settings, application, client)
    finally:
        release()


@contextlib.contextmanager
def fresh_portal(kind: str, folder: Path, **chosen: Any) -> Iterator[Portal]:
    """A portal that nobody has used."""
    with fresh_database(kind, folder, **chosen) as settings, running(settings) as portal:
        yield portal


@contextlib.contextmanager
def production(kind: str, folder: Path, **chosen: Any) -> Iterator[Portal]:
    """A portal as the public meets it."""
    safe = {"environment": "production", "secret_key": SECRET, "base_url": "https://voice.example"}
    with fresh_portal(kind, folder, **{**safe, **chosen}) as portal:
        yield portal


def sign_up(browser: TestClient, contact: str, *, name: str = "زينب", **more: str) -> Response:
    """Fill in and send the form for an account."""
    return browser.post("/account/sign-up", data={"name": name, "contact": contact, **more})


def confirm(browser: TestClient, token: str, password: str = PASSWORD, *, name: str = "زينب") -> Response:
    """Fill in and send the form under the link from the mail."""
    return browser.post("/account/confirm", data={"token": token, "name": name, "password": password})


def ask_reset(browser: TestClient, contact: str, **more: str) -> Response:
    """Ask for a link or a code for a new password."""
    return browser.post("/account/reset/request", data={"contact": contact, **more})


def reset(browser: TestClient, token: str, password: str) -> Response:
    """Set a new password under a link."""
    return browser.post("/account/reset", data={"token": token, "password": password})


def sign_in(browser: TestClient, contact: str, password: str = PASSWORD, **more: str) -> Response:
    """Fill in and send the sign-in form."""
    return browser.post("/account/sign-in", data={"contact": contact, "password": password, **more})


def with_account(portal: Portal, email: str, *, browser: TestClient | None = None) -> TestClient:
    """A browser whose person has made, confirmed and opened an account."""
    chosen = browser or portal.browser()
    assert sign_up(chosen, email).status_code == 303
    assert confirm(chosen, token_in(portal.link())).status_code == 303
    return chosen


def words(html: str) -> str:
    """What a reader sees of a page: no tags, no markup."""
    without = re.sub(r"(?s)<(script|style|title)\b.*?</\1>", " ", html)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", without)).split())
