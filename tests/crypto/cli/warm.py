"""A process that has the program loaded and forks for every command: what users wait for once, tests would wait for
three hundred times.

Each command still is a process of its own with its own files for input and output, folder, environment and exit code;
nothing of the program is replaced. One JSON object a line comes in, one exit code a line goes out.
"""

import gc
import io
import json
import os
import sys
import traceback
from contextlib import redirect_stdout, suppress
from typing import Any, NoReturn

from app.cli import main
from crypto.cli import main as main_with


def _become(order: dict[str, Any]) -> NoReturn:
    """Be the command, from here to its end."""
    code = 70
    try:
        for descriptor, path, flags in (
            (0, order["stdin"], os.O_RDONLY),
            (1, order["stdout"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
            (2, order["stderr"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        ):
            opened = os.open(path, flags, 0o600)
            os.dup2(opened, descriptor)
            os.close(opened)
        os.chdir(order["folder"])
        os.umask(0o022)
        os.environ.clear()
        os.environ.update(order["environment"])
        sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False), "utf-8")  # not what our parent has read ahead
        sys.argv = ["sawtuna", *order["words"]]
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    except BaseException:  # noqa: BLE001 - what Python itself does with an error that nobody caught
        traceback.print_exc()
        code = 1
    finally:
        for stream in (sys.stdout, sys.stderr):
            if not stream.closed:
                stream.flush()
        os._exit(code)


def _serve() -> None:
    for words in (["--help"], ["verify", "--help"]):  # so that what is imported only when needed is there as well
        with suppress(SystemExit), redirect_stdout(io.StringIO()):
            main_with(words)
    gc.freeze()
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(order)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve()
