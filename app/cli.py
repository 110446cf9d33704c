"""The `sawtuna` command: the protocol's own commands and the portal's, in one program."""

from crypto.cli import application
from crypto.cli import main as run


def main() -> None:
    """Entry point of the installed command."""
    from app import commands  # noqa: PLC0415 - the portal's libraries are not needed to verify an election

    program = application()
    commands.register(program)
    run(app=program)
