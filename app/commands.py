"""The operator's commands: serve, work, migrate, fill with a demonstration, administer, back up, check."""

import asyncio
import getpass
import signal
import sys
from collections.abc import Coroutine
from typing import Annotated, Any, TypeVar

import typer
import uvicorn
from pydantic import ValidationError

from app import audit, clock, db, demo, logs
from app.accounts import actions
from app.accounts.forms import email_address, new_password
from app.audit import Actor
from app.main import FEATURES, worker
from app.settings import Settings

app = typer.Typer(help="The portal: serve it, fill it, look after it.", no_args_is_help=True)
audit_app = typer.Typer(help="The audit trail.", no_args_is_help=True)

Answer = TypeVar("Answer")


def settings() -> Settings:
    """The settings of the environment; every mistake in them is named."""
    try:
        return Settings()
    except ValidationError as error:
        for item in error.errors(include_url=False, include_input=False):
            name = f"SAWTUNA_{item['loc'][0]}".upper() if item["loc"] else "SAWTUNA_…"
            typer.echo(f"{name}: {item['msg'].removeprefix('Value error, ')}", err=True)
        raise typer.Exit(2) from None


def run(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Run a coroutine to its end."""
    return asyncio.run(work)


def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen on.")] = 8000,
    processes: Annotated[int, typer.Option("--processes", min=1, max=64, help="Web processes.")] = 1,
) -> None:
    """Serve the portal. The database must be up to date: run `sawtuna migrate` first.

    Several processes share PostgreSQL well, and SQLite as long as writes are few; then run `sawtuna worker` beside them
    with SAWTUNA_WORKER_IN_WEB=false.
    """
    chosen = settings()
    logs.configure(chosen)
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=host,
        port=port,
        workers=processes,
        access_log=False,
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )


def work() -> None:
    """Do jobs (mails, clean-up, schedules) until stopped; as many workers as you like."""
    chosen = settings()
    logs.configure(chosen)

    async def forever() -> None:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopping.set)
        async with db.opened(chosen, FEATURES):
            await worker(chosen).run(stopping)

    run(forever())


def migrate() -> None:
    """Bring the database up to date. Safe to run again; back up first."""
    chosen = settings()
    run(db.migrate(chosen, FEATURES))
    typer.echo("The database is up to date.")


def seed_demo() -> None:
    """Fill an empty portal with invented agencies and people. Refused in production."""
    chosen = settings()
    if chosen.environment == "production":
        typer.echo("A demonstration is not mixed with real data: this is a production portal.", err=True)
        raise typer.Exit(1)

    async def fill() -> bool:
        async with db.opened(chosen, FEATURES):
            return await demo.seed(clock.now())

    filled = run(fill())
    typer.echo(
        "The demonstration is in place." if filled else "The demonstration was there already; nothing was changed."
    )
    for line in demo.accounts_text():
        typer.echo(line)


def create_admin(
    email: Annotated[str, typer.Argument(help="Mail address of the administrator.")],
    name: Annotated[str, typer.Option("--name", help="Name as others see it.")] = "",
) -> None:
    """Make an administrator, or give one a new password. The password is asked for, or read from the input."""
    try:
        address = email_address(email)
        typed = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        password = new_password(typed, address)
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    chosen = settings()

    async def make() -> int:
        async with db.opened(chosen, FEATURES):
            actor = Actor(f"command:{getpass.getuser()}")
            person = await actions.create_admin(address, name or address, password, actor=actor, now=clock.now())
            return int(person.id)

    typer.echo(f"Administrator {address} (person {run(make())}).")


@audit_app.command("verify")
def audit_verify() -> None:
    """Walk the audit trail and say whether anything in it was changed or removed."""
    chosen = settings()

    async def walk() -> audit.Checked:
        async with db.opened(chosen, FEATURES):
            return await audit.verify()

    found = run(walk())
    if found.broken_at is not None:
        typer.echo(
            f"The trail is broken at entry {found.broken_at}; {found.entries} entries before it are sound.", err=True
        )
        raise typer.Exit(1)
    typer.echo(f"{found.entries} entries, all sound. Head: {found.head}")


def register(target: typer.Typer) -> None:
    """Add the operator's commands to the program."""
    for name, command in (
        ("serve", serve),
        ("worker", work),
        ("migrate", migrate),
        ("seed-demo", seed_demo),
        ("create-admin", create_admin),
    ):
        target.command(name, rich_help_panel="The portal")(command)
    target.add_typer(audit_app, name="audit", rich_help_panel="The portal")
