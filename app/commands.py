"""The operator's commands: serve, work, migrate, fill with a demonstration, administer, back up, check."""

import asyncio
import fcntl
import getpass
import os
import re
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

import typer
import uvicorn
from pydantic import ValidationError
from pydantic_settings import SettingsError
from tortoise.exceptions import OperationalError

from app import audit, backup, check, clock, db, demo, i18n, logs
from app.accounts import commands as agency_commands
from app.accounts.actions import register as civil
from app.accounts.actions import ways
from app.accounts.forms.fields import email_address, new_password
from app.accounts.forms.ways import SignIn, SignUp
from app.accounts.register import invented
from app.accounts.roles import WORDS
from app.audit import Actor
from app.demo import agencies as demo_agencies
from app.demo import centre
from app.demo import register as invented_register
from app.demo import roles as demo_roles
from app.limits import is_local
from app.main import FEATURES, worker
from app.search.actions import rebuild
from app.search.models import Document
from app.settings import Settings
from ballots import commands as ballot_commands
from ballots import demo as elections
from crypto.cli import texts
from crypto.cli.console import complain, done, fact, say, stop, warn
from crypto.cli.texts import _

Answer = TypeVar("Answer")
ArchivePath = Annotated[Path, typer.Argument(help=_("The backup, one file."))]


def settings() -> Settings:
    """The settings of the environment; every mistake in them is named."""
    try:
        return Settings()
    except ValidationError as error:
        for finding in run(check.check(error, FEATURES)):
            if finding.level == "problem":
                complain(f"{finding.title} {finding.advice}".strip())
        stop(_("The settings are not right; docs/settings.md explains each."), 2)
    except SettingsError as error:  # a list that is not written as JSON, say
        named = re.search(r'field "(\w+)"', str(error))
        complain(f"SAWTUNA_{named[1].upper()}" if named else str(error))
        stop(_("The settings are not right; docs/settings.md explains each."), 2)


def run(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Run a coroutine to its end, in the language of the command line."""

    async def speaking() -> Answer:
        language = texts.language()
        with i18n.reading(i18n.Reader(language, "arab" if language == "ar" else "latn")):
            return await work

    try:
        return asyncio.run(speaking())
    except OperationalError as error:
        stop(
            _(
                "The database did not do what was asked. Run sawtuna migrate; sawtuna check says more. (%(why)s)",
                why=str(error),
            ),
            2,
        )


def serve(
    host: Annotated[str, typer.Option("--host", help=_("Address to listen on."))] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help=_("Port to listen on."))] = 8000,
    processes: Annotated[int, typer.Option("--processes", min=1, max=64, help=_("Web processes."))] = 1,
) -> None:
    """`sawtuna serve`."""
    chosen = settings()
    if chosen.environment == "development" and not (is_local(host) and is_local(chosen.host)):
        stop(
            _("A development portal shows everybody its mails; it listens on this machine only. See docs/operating.md"),
            2,
        )
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
    """`sawtuna worker`."""
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
    """`sawtuna migrate`."""
    chosen = settings()
    run(db.migrate(chosen, FEATURES))
    run(_index_first(chosen))
    done(_("The database is up to date."))


def reindex() -> None:
    """`sawtuna reindex`."""
    chosen = settings()
    chosen.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (chosen.data_dir / "reindex.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stop(_("The search index is being built already, by another command on this machine."))
        number = run(_reindex(chosen))
    done(_("The search index is built anew."))
    fact(_("Things that can be found"), str(number))


async def _index_first(chosen: Settings) -> None:
    """Make findable what was there before there was a search."""
    async with db.opened(chosen, FEATURES):
        if not await Document.exists():
            await rebuild([feature.documents for feature in FEATURES if feature.documents], clock.now())


async def _reindex(chosen: Settings) -> int:
    async with db.opened(chosen, FEATURES):
        return await rebuild([feature.documents for feature in FEATURES if feature.documents], clock.now())


def seed_demo() -> None:
    """`sawtuna seed-demo`."""
    chosen = settings()
    if chosen.environment == "production":
        stop(_("A demonstration is not mixed with real data: this is a production portal."))

    async def fill() -> bool:
        async with db.opened(chosen, FEATURES):
            filled = await demo.seed(clock.now())
            if filled:
                await demo_agencies.give_document(chosen, clock.now())
                await invented_register.seed(chosen.key, chosen.national_number_digits, clock.now())
                await elections.seed(chosen, clock.now())
            return filled

    filled = run(fill())
    if filled:
        run(_reindex(chosen))
    done(_("The demonstration is in place.") if filled else _("There is data already; nothing was changed."))
    say(_("Accounts to sign in with:"))
    for email, _name, is_admin in demo.ACCOUNTS:
        role = _("an administrator") if is_admin else _("a citizen")
        say(f"  {email:24} {demo.PASSWORD}   {role}")
    with i18n.reading(i18n.Reader(texts.language())):
        for email, held in [*((email, held) for email, _name, held, _slug in demo_roles.PEOPLE), *centre.ROLES]:
            say(f"  {email:24} {demo.PASSWORD}   {i18n.gettext(WORDS[held])}")
    say(_("In the civil register, each for one account: number and birth date"))
    for claim in invented(chosen.national_number_digits)[:3]:
        say(f"  {claim.number}   {claim.born.isoformat()}")


def create_admin(
    email: Annotated[str, typer.Argument(help=_("Mail address of the administrator."))],
    name: Annotated[str, typer.Option("--name", help=_("Name as others see it."))] = "",
) -> None:
    """`sawtuna create-admin`."""
    try:
        address = email_address(email)
        name = SignUp.model_validate({"name": name or address, "contact": address}).name
        typed = getpass.getpass(_("Password: ")) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        password = new_password(SignIn(contact=address, password=typed).password, address)
    except ValueError as error:
        stop(str(error), 2)
    chosen = settings()

    async def make() -> None:
        async with db.opened(chosen, FEATURES):
            actor = Actor(f"command:{getpass.getuser()}")
            await ways.create_admin(address, name, password, actor=actor, now=clock.now())

    run(make())
    done(_("%(email)s is an administrator.", email=address))


def audit_verify() -> None:
    """`sawtuna audit verify`."""
    chosen = settings()

    async def walk() -> audit.Checked:
        async with db.opened(chosen, FEATURES):
            return await audit.verify()

    found = run(walk())
    if found.broken_at is not None:
        stop(
            _(
                "The trail is broken at entry %(number)s; the %(sound)s entries before it are sound.",
                number=found.broken_at,
                sound=found.entries,
            )
        )
    done(_("The audit trail is whole: %(number)s entries.", number=found.entries))
    fact(_("Head"), found.head)


def register_import(
    source: Annotated[
        Path, typer.Argument(help=_("CSV in UTF-8 with the columns number, birth_date and perhaps place."))
    ],
    batch: Annotated[str, typer.Option("--batch", help=_("Name of this import; without one it is the time."))] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help=_("Remove all earlier imports when this one is complete."))
    ] = False,
) -> None:
    """`sawtuna register import`."""
    chosen = settings()

    async def bring() -> civil.Imported:
        async with db.opened(chosen, FEATURES):
            with source.open("rb") as file:
                now = clock.now()
                return await civil.bring_in(
                    file,
                    name=batch,
                    replace=replace,
                    key=chosen.key,
                    digits=chosen.national_number_digits,
                    today=now.astimezone(ZoneInfo(chosen.time_zone)).date(),
                    actor=Actor(f"command:{getpass.getuser()}"),
                    now=now,
                )

    try:
        brought = run(bring())
    except OSError as error:
        stop(_("The file cannot be read: %(why)s", why=error.strerror or type(error).__name__), 2)
    except civil.Refused as refused:
        for mistake in refused.mistakes:
            complain(_("Line %(line)s: %(says)s", line=mistake.line, says=mistake.says))
        if refused.total > len(refused.mistakes):
            warn(_("%(total)s lines in all cannot be read.", total=refused.total))
        stop(refused.says)
    done(_("%(rows)s entries are imported as “%(name)s”.", rows=brought.rows, name=brought.name))
    if brought.repeated:
        warn(_("%(lines)s lines say what another line says; they count once.", lines=brought.repeated))
    if brought.removed:
        say(_("%(rows)s entries of earlier imports are removed.", rows=brought.removed))


def save(
    target: ArchivePath,
    include_secret: Annotated[
        bool,
        typer.Option(
            "--include-secret", help=_("Also the secret key of the data folder; keep such a file locked away.")
        ),
    ] = False,
) -> None:
    """`sawtuna backup`."""
    try:
        summary = run(backup.backup(settings(), FEATURES, target, clock.now(), include_secret=include_secret))
    except backup.Failed as error:
        stop(str(error))
    done(_("The backup is written and was read back: %(path)s", path=summary.path))
    _describe(summary)


def bring_back(source: ArchivePath) -> None:
    """`sawtuna restore`."""
    try:
        summary = run(backup.restore(settings(), FEATURES, source, clock.now()))
    except backup.Failed as error:
        stop(str(error))
    done(_("The backup is restored, and its audit trail is whole."))
    _describe(summary)
    for sentence in summary.told:
        warn(sentence)


def _with_portal(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine with the database open."""
    chosen = settings()

    async def opened() -> Any:
        async with db.opened(chosen, FEATURES):
            return await work

    return run(opened())


def _describe(summary: backup.Summary) -> None:
    rows = sum(summary.rows.values())
    say("  " + _("%(rows)s rows, %(files)s files, %(size)s bytes", rows=rows, files=summary.files, size=summary.size))
    fact(_("Head of the audit trail"), summary.audit_head)
    if summary.files_in_bucket:
        warn(_("The attachments lie in the S3 store, which needs a backup of its own."))
    if summary.audit_broken_at is not None:
        warn(_("The audit trail is broken at entry %(number)s.", number=summary.audit_broken_at))


def check_all() -> None:
    """`sawtuna check`."""
    chosen: Settings | ValidationError
    try:
        chosen = Settings()
    except ValidationError as error:
        chosen = error
    findings = run(check.check(chosen, FEATURES))
    problems = 0
    for finding in findings:
        if finding.level == "ok":
            done(finding.title)
        elif finding.level == "warning":
            warn(f"{finding.title} {finding.advice}".strip())
        else:
            problems += 1
            complain(f"{finding.title} {finding.advice}".strip())
    raise typer.Exit(1 if problems else 0)


def register(target: typer.Typer) -> None:
    """Add the operator's commands to the program. What they write is for its owner only."""
    os.umask(0o077)
    panel = _("The portal")
    audit_app = typer.Typer(help=_("The audit trail."), no_args_is_help=True)
    audit_app.command("verify", help=_("Walk the audit trail and say whether anything in it was changed or removed."))(
        audit_verify
    )
    register_app = typer.Typer(help=_("The civil register."), no_args_is_help=True)
    register_app.command("import", help=_("Import a file of the civil register, whole or not at all."))(register_import)
    target.command(
        "serve",
        rich_help_panel=panel,
        help=_(
            "Serve the portal. Run sawtuna migrate first.\n\n"
            "Several processes share PostgreSQL well. Run sawtuna worker beside them, with SAWTUNA_WORKER_IN_WEB=false."
        ),
    )(serve)
    target.command(
        "worker",
        rich_help_panel=panel,
        help=_("Do jobs (mails, clean-up, schedules) until stopped; any number may run."),
    )(work)
    target.command("migrate", rich_help_panel=panel, help=_("Bring the database up to date; back up first."))(migrate)
    target.command(
        "reindex",
        rich_help_panel=panel,
        help=_(
            "Build the search index anew from what the portal holds; after an upgrade, or when something is not found."
        ),
    )(reindex)
    target.command(
        "seed-demo", rich_help_panel=panel, help=_("Fill an empty portal with invented agencies and people.")
    )(seed_demo)
    target.command(
        "create-admin",
        rich_help_panel=panel,
        help=_("Make an administrator, or give one a new password, which is asked for or read from the input."),
    )(create_admin)
    target.command(
        "backup",
        rich_help_panel=panel,
        help=_("Write database and files into one archive, and read it back. It restores onto SQLite and PostgreSQL."),
    )(save)
    target.command("restore", rich_help_panel=panel, help=_("Bring a backup into an empty portal."))(bring_back)
    target.command("check", rich_help_panel=panel, help=_("Explain everything that is not set up as it should be."))(
        check_all
    )
    target.add_typer(audit_app, name="audit", rich_help_panel=panel)
    target.add_typer(agency_commands.application(_with_portal), name="agencies", rich_help_panel=panel)
    target.add_typer(register_app, name="register", rich_help_panel=panel)
    for name, group in ballot_commands.applications(settings).items():
        target.add_typer(group, name=name, rich_help_panel=panel)
