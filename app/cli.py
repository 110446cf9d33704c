"""The `sawtuna` command: the protocol's own commands and the portal's, in one program."""

import sys

from crypto.cli import application, texts
from crypto.cli import main as run


def main() -> None:
    """Entry point of the installed command."""
    program = application()
    named = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    ours = {command.name for command in program.registered_commands} | {
        group.name for group in program.registered_groups
    }
    if named not in ours:  # the portal's libraries take a second to load, and an observer does not need them
        from app import commands  # noqa: PLC0415

        texts.speak_also_for("app")
        commands.register(program)
    run(app=program)
