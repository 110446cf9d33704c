"""The `sawtuna` command: the protocol's own commands now, the portal's beside them as it is built."""

from crypto.cli import application
from crypto.cli import main as run


def main() -> None:
    """Entry point of the installed command."""
    run(app=application())
