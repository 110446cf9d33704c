"""`sawtuna audit-ballot`: check a ballot that was opened instead of cast."""

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


def audit_ballot(
    file: Annotated[Path, typer.Argument(help="The file audit-….json.")],
    election: Annotated[Path, typer.Option("--election", help="The archive UUID.bel, or the folder that holds it.")],
    tracker: Annotated[
        str, typer.Option("--tracker", help="The tracker that was shown before the choice between cast and audit.")
    ] = "",
    randomness: Annotated[bool, typer.Option("--show-randomness", help="Print the random values as well.")] = False,
) -> None:
    """Check that an audited ballot holds what the voter had chosen, and nothing else.

    Compare the tracker with the one that the voting device showed, and the choices with yours. Exit code: 0 when the
    ballot is what its randomness says, 1 when not, 2 when the file cannot be read.
    """
    parsed = read_election(election)
    try:
        audit = Audit.parse(read_json(file))
    except Malformed as error:
        stop(sentence(error.at(str(file))), 2)
    opened = audit.verify(parsed)
    if tracker and Ballot.parse(parsed, audit.ballot).tracker != tracker.strip():
        stop(_("This is another ballot: its tracker is not the one you gave."))
    show_opened(parsed, audit, opened, randomness=randomness)
    done(_("The ballot holds exactly these choices, and every proof in it is right."))


def show_opened(election: Election, audit: Audit, opened: list[list[int]], *, randomness: bool) -> None:
    """Print tracker and choices of an opened ballot, with the random values where asked."""
    fact(_("Tracker"), Ballot.parse(election, audit.ballot).tracker)
    for question, marks, row in zip(election.homomorphic or (), opened, audit.randomness, strict=True):
        say()
        out.print(f"[bold]{plain(question.question)}[/]", soft_wrap=True)
        labels = [_("Blank ballot")] * question.blank + list(question.answers)
        for label, mark, value in zip(labels, marks, row, strict=True):
            say(f"  {'[x]' if mark else '[ ]'} {label}")
            if randomness:
                out.print(f"      [dim]{plain(_('randomness'))} {value}[/]", soft_wrap=True)
    say()
