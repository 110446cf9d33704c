"""`sawtuna audit-ballot`: check a ballot that was opened instead of cast."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from crypto.audits import Audit
from crypto.ballot import Ballot
from crypto.cli.console import done, fact, out, plain, say, sentence, stop
from crypto.cli.files import read_election, read_json
from crypto.cli.texts import _
from crypto.election import Election
from crypto.errors import Malformed
from crypto.seals import SealAudit, is_seal_audit


def audit_ballot(
    file: Annotated[Path, typer.Argument(help="The file audit-….json.")],
    election: Annotated[Path, typer.Option("--election", help="The archive UUID.bel, or the folder that holds it.")],
    tracker: Annotated[
        str, typer.Option("--tracker", help="The tracker that was shown before the choice between cast and audit.")
    ] = "",
    seal: Annotated[
        str,
        typer.Option("--seal", help="The seal code that the booth showed before the choice between cast and audit."),
    ] = "",
    randomness: Annotated[bool, typer.Option("--show-randomness", help="Print the random values as well.")] = False,
) -> None:
    """Check that an audited ballot holds what the voter had chosen, and nothing else.

    Takes the files of `sawtuna vote` and of the booth in the browser. Compare the tracker or the seal code with the one
    that the voting device showed, and the choices with yours. Exit code: 0 when the ballot is what its randomness says,
    1 when not, 2 when the file cannot be read.
    """
    parsed = read_election(election)
    value = read_json(file)
    try:
        audit = SealAudit.parse(parsed, value) if is_seal_audit(value) else Audit.parse(value)
    except Malformed as error:
        stop(sentence(error.at(str(file))), 2)
    if isinstance(audit, SealAudit):
        _check_seal(parsed, audit, seal.strip(), tracker, randomness=randomness)
        return
    if seal:
        stop(_("This file was not made by the booth in the browser: compare its tracker, with --tracker."))
    opened = audit.verify(parsed)
    if tracker and Ballot.parse(parsed, audit.ballot).tracker != tracker.strip():
        stop(_("This is another ballot: its tracker is not the one you gave."))
    show_opened(parsed, audit, opened, randomness=randomness)
    done(_("The ballot holds exactly these choices, and every proof in it is right."))


def _check_seal(election: Election, audit: SealAudit, code: str, tracker: str, *, randomness: bool) -> None:
    """Check and print an audit of the booth, whose ballot was never signed and so has no tracker."""
    opened = audit.verify(election)
    if tracker:
        stop(_("A ballot that was audited in the booth has no tracker: compare its seal code, with --seal."))
    if code and audit.code != code:
        stop(_("This is another ballot: its seal code is not the one you gave."))
    fact(_("Seal code"), audit.code)
    _show_choices(election, opened, [[str(value) for value in row] for row in audit.randomness], randomness=randomness)
    done(_("The seal holds exactly these choices."))


def show_opened(election: Election, audit: Audit, opened: list[list[int]], *, randomness: bool) -> None:
    """Print tracker and choices of an opened ballot, with the random values where asked."""
    fact(_("Tracker"), Ballot.parse(election, audit.ballot).tracker)
    _show_choices(election, opened, audit.randomness, randomness=randomness)


def _show_choices(
    election: Election, opened: list[list[int]], values: Sequence[Sequence[str]], *, randomness: bool
) -> None:
    for question, marks, row in zip(election.homomorphic or (), opened, values, strict=True):
        say()
        out.print(f"[bold]{plain(question.question)}[/]", soft_wrap=True)
        labels = [_("Blank ballot")] * question.blank + list(question.answers)
        for label, mark, value in zip(labels, marks, row, strict=True):
            say(f"  {'[x]' if mark else '[ ]'} {label}")
            if randomness:
                out.print(f"      [dim]{plain(_('randomness'))} {value}[/]", soft_wrap=True)
    say()
