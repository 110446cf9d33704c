"""`sawtuna verify`: check a record, for a person or for a program."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from crypto.cli import console
from crypto.cli.console import out, plain
from crypto.cli.files import archive_path
from crypto.cli.texts import _, count, language, ngettext, percent
from crypto.election import Homomorphic
from crypto.verification import CHECKS, Failure, Outcome, Report, Status, Verdict, verify_record

SHOWN = 10
"""Failures of one check printed for a person; `--json` has them all."""

_SIGNS = {Status.PASSED: "[green]✔[/]", Status.FAILED: "[bold red]✘[/]", Status.SKIPPED: "[dim]–[/]"}


def verify(
    path: Annotated[Path, typer.Argument(help="The archive UUID.bel, or the folder that holds it.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON, for programs.")] = False,
    previous: Annotated[
        Path | None,
        typer.Option("--previous", help="An older copy of the archive: prove that nothing in it has vanished since."),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=0, help="Processes to use; 0 means as many as pay off.")] = 0,
    strong: Annotated[
        bool, typer.Option("--require-strong", help="Reject a record whose decryptions lack the strong proofs.")
    ] = False,
) -> None:
    """Check an election record, from the first key to the last number.

    Nothing is believed but the file itself and, where they are there, decryption-proofs.json and audited-seals.json in
    UUID.record beside it. A record of an election that still runs is checked as far as it goes.

    Exit code: 0 verified (or in progress and sound so far), 1 rejected, 2 unreadable or of an unsupported kind.

      sawtuna verify 9T7KpVLHfgryFv.bel
      sawtuna verify today.bel --previous yesterday.bel
      sawtuna verify 9T7KpVLHfgryFv.bel --json
    """
    try:
        archive = archive_path(path)
        older = archive_path(previous) if previous is not None else None
    except console.Stop as missing:
        if as_json:
            typer.echo(
                json.dumps(
                    Report(unreadable=Failure("", "the file cannot be read: %(why)s", {"why": str(missing)})).to_json(),
                    ensure_ascii=False,
                    indent=1,
                )
            )
        raise
    names = {"reading": _("Reading"), "ballots": _("Ballots")}
    with console.progress(quiet=as_json) as bars:
        report = verify_record(
            archive,
            previous=older,
            jobs=jobs or None,
            progress=lambda stage, finished, total: bars.show(names[stage], finished, total),
        )
    if strong:
        report.require_strong()
    if as_json:
        typer.echo(json.dumps(report.to_json(), ensure_ascii=False, indent=1))
    else:
        show(report, archive)
    raise typer.Exit(report.verdict.exit_code)


def show(report: Report, archive: Path) -> None:
    """Print a report for a person: what was checked, the result, the verdict."""
    out.print()
    out.print(f"[bold]{plain(_('Election record'))}[/]  {plain(report.name or archive.name)}", soft_wrap=True)
    if report.uuid:
        console.fact(_("Identifier"), report.uuid)
    if report.fingerprint:
        console.fact(_("Fingerprint of the election"), report.fingerprint)
    if report.credentials_fingerprint:
        console.fact(_("Fingerprint of the voters' credentials"), report.credentials_fingerprint)
    out.print()
    for outcome in report.outcomes.values():
        if outcome.id != "previous.kept" or outcome.status is not Status.SKIPPED:
            _show_outcome(outcome)
    out.print()
    if report.result is not None:
        show_result(report)
    _show_verdict(report)


def _show_outcome(outcome: Outcome) -> None:
    title = plain(_(CHECKS[outcome.id]))
    reached = outcome.status is not Status.SKIPPED
    name, number = f"[dim]{outcome.id:<20}[/]", f"[bold]{outcome.count if reached else '–':>8}[/]"
    title += "" if reached else f" [dim]({plain(_('not reached'))})[/]"
    out.print(f" {_SIGNS[outcome.status]} {name} {number}  {title}", soft_wrap=True)
    for failure in outcome.failures[:SHOWN]:
        text = _(failure.message, **failure.params)
        out.print(f"     [red]{plain(failure.place)}[/] {plain(text)}", soft_wrap=True)
    if outcome.failed > SHOWN:
        more = ngettext("… and %(n)s more", "… and %(n)s more", outcome.failed - SHOWN)
        out.print(f"     [red]{plain(more)}[/]", soft_wrap=True)
    for warning in outcome.warnings[:SHOWN]:
        text = _(warning.message, **warning.params)
        out.print(f"     [yellow]! {plain(warning.place)}[/] {plain(text)}", soft_wrap=True)


def show_result(report: Report) -> None:
    """Print the result as a table a question: answer, count, share of the ballots' weight."""
    for question, row in zip(report.questions, report.result or [], strict=True):
        if not isinstance(question, Homomorphic):
            continue
        table = Table(title=plain(question.question), title_justify="left", title_style="bold", expand=False)
        arabic = language() == "ar"
        table.add_column(_("Answer"), overflow="fold", justify="right" if arabic else "left")
        table.add_column(_("Votes"), justify="right")
        table.add_column(_("Share"), justify="right")
        labels = [_("Blank ballot")] * question.blank + list(question.answers)
        for label, votes in zip(labels, row, strict=True):
            table.add_row(plain(label), count(votes), percent(votes, report.weight))
        out.print(table)
        out.print()
    cast = ngettext("%(n)s ballot counted", "%(n)s ballots counted", report.counted)
    eligible = ngettext("%(n)s voter on the list", "%(n)s voters on the list", report.voters)
    parts = [cast, eligible, _("turnout %(share)s", share=percent(report.counted, report.voters))]
    if report.recorded > report.counted:
        replaced = report.recorded - report.counted
        parts.append(ngettext("%(n)s ballot replaced by a later one", "%(n)s ballots replaced by later ones", replaced))
    console.say(" · ".join(parts))
    out.print()


def _show_verdict(report: Report) -> None:
    style, text = _verdict(report)
    out.print(f"[{style}]{plain(text)}[/]", soft_wrap=True)
    if report.decryption_proofs == "weak" and report.verdict in (Verdict.VERIFIED, Verdict.IN_PROGRESS):
        message = _(
            "The decryption proofs are weak: this record has only those of Belenios version 1, with which a dishonest "
            "trustee and the last voter together could shift a count unseen. Records made with Sawtuna have strong "
            "ones in UUID.record beside the archive; if this is one, ask for them."
        )
        out.print(f"[yellow]! {plain(message)}[/]", soft_wrap=True)
    elif report.decryption_proofs == "strong":
        out.print(f"[green]{plain(_('The decryption proofs are strong.'))}[/]", soft_wrap=True)


def _verdict(report: Report) -> tuple[str, str]:
    """Style and sentence of the verdict."""
    failure = report.unreadable or report.unsupported
    why = ""
    if failure is not None:
        why = f"{failure.place}: " * bool(failure.place) + _(failure.message, **failure.params)
    match report.verdict:
        case Verdict.VERIFIED if report.decryption_proofs == "weak":
            return "bold yellow", _("VERIFIED, with weak decryption proofs.")
        case Verdict.VERIFIED:
            return "bold green", _("VERIFIED: this result follows from these ballots.")
        case Verdict.IN_PROGRESS:
            return "bold green", _("IN PROGRESS: the election is not finished; what is recorded is sound.")
        case Verdict.REJECTED:
            failed = sum(outcome.status is Status.FAILED for outcome in report.outcomes.values())
            return "bold red", ngettext("REJECTED: %(n)s check failed.", "REJECTED: %(n)s checks failed.", failed)
        case Verdict.UNSUPPORTED:
            return "bold yellow", _("NO VERDICT: %(why)s.", why=why)
        case Verdict.UNREADABLE:
            return "bold yellow", _("UNREADABLE: %(why)s.", why=why)
