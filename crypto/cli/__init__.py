"""The command line of the protocol: every step of an election on its own, in Arabic and English.

`main` is the whole program; `application` is the tree of commands, for whoever adds more of them.
"""

from crypto.cli.program import application, main

__all__ = ["application", "main"]
