"""`sawtuna agencies`: agencies from a file and into one. The database is opened by whoever registers this."""

import getpass
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from app import clock
from app.accounts.actions import imports
from app.accounts.forms.imports import Mistake, decoded, read_sheet, write_sheet
from app.accounts.queries.sheets import sheet_rows
from app.audit import Actor
from app.forms import Invalid
from crypto.cli.console import complain, done, fact, say, stop
from crypto.cli.texts import _

Portal = Callable[[Coroutine[Any, Any, Any]], Any]
"""Runs a coroutine with the database open."""
SheetPath = Annotated[Path, typer.Argument(help=_("CSV in UTF-8, with comma or semicolon."))]
MOST_TOLD = 50


def application(portal: Portal) -> typer.Typer:
    """The group of commands."""
    group = typer.Typer(help=_("Agencies as a table."), no_args_is_help=True)

    @group.command("import", help=_("Import agencies from a file, whole or not at all. Says first what would happen."))
    def bring(
        source: SheetPath,
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help=_("Only say what would be created, changed and left."))
        ] = False,
    ) -> None:
        try:
            content = source.read_bytes()
        except OSError as error:
            stop(_("The file cannot be read: %(why)s", why=error.strerror or type(error).__name__), 2)

        async def work() -> imports.Plan:
            sheet = read_sheet(decoded(content))
            if dry_run:
                return await imports.plan(sheet)
            actor = Actor(f"command:{getpass.getuser()}")
            return await imports.apply(sheet, None, actor=actor, now=clock.now())

        try:
            plan: imports.Plan = portal(work())
        except Invalid as invalid:
            stop(" ".join(sentence for sentences in invalid.entered.errors.values() for sentence in sentences))
        except imports.Wrong as wrong:
            _refuse(wrong.plan.mistakes)
        if plan.mistakes:
            _refuse(plan.mistakes)
        fact(_("New agencies"), str(len(plan.created)))
        fact(_("Changed"), str(len(plan.changed)))
        fact(_("Left as they are"), str(plan.left))
        if dry_run:
            say(_("Nothing was changed: this was a dry run."))
        else:
            done(_("The agencies of the file are in place."))

    @group.command("export", help=_("Write all open agencies into a file, in the form that import reads."))
    def write(target: SheetPath) -> None:
        text = write_sheet(portal(sheet_rows()))
        try:
            target.write_text(text, encoding="utf-8", newline="")
        except OSError as error:
            stop(_("The file cannot be written: %(why)s", why=error.strerror or type(error).__name__), 2)
        done(_("The agencies are written to %(path)s.", path=str(target)))

    return group


def _refuse(mistakes: list[Mistake]) -> NoReturn:
    for mistake in mistakes[:MOST_TOLD]:
        where = f"{mistake.line}, {mistake.column}" if mistake.column else str(mistake.line)
        complain(_("Line %(line)s: %(says)s", line=where, says=mistake.say))
    stop(_("Nothing is imported: the file has mistakes."))
