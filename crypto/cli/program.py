"""The tree of commands, and the one place where errors become sentences and exit codes."""

import errno
import os
import re
import sqlite3
import sys
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor
from typing import Any

import typer
from rich.markup import escape
from typer import rich_utils
from typer.main import get_command

from crypto.cli import audit, credentials, demo, election, texts, trustee, verify, vote
from crypto.cli.console import BROKEN_PIPE, Stop, complain, exit_code, sentence
from crypto.cli.texts import Language, _
from crypto.errors import ProtocolError

INTRODUCTION = """Run an election whose every step anyone can check.

Each step is a command of its own, so that trustees and the credential authority can work on machines that are not
connected to anything. In order:

  election new        describe the vote              (administrator)
  trustee start, join make the key together          (trustees)
  credentials make    give every voter a code        (credential authority)
  election open       begin the vote                 (administrator)
  vote                seal a ballot, cast or audit   (voter)
  election close      end the vote                   (administrator)
  election tally      add up the sealed ballots      (administrator)
  trustee decrypt     a trustee's part of the count  (trustees)
  election add        take in a trustee's part       (administrator)
  election result     publish the result             (administrator)
  verify              check everything               (anyone)

Try it: sawtuna demo election"""


def application() -> typer.Typer:
    """All commands of this package."""
    app = typer.Typer(
        name="sawtuna",
        help=INTRODUCTION,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
    )

    @app.callback()
    def language(
        lang: str = typer.Option("", "--lang", metavar="ar|en", help="Language of all texts; else that of the locale."),
    ) -> None:
        pass  # `--lang` is taken out of the arguments before they are read: it may stand anywhere

    app.command("verify")(verify.verify)
    app.command("vote")(vote.vote)
    app.command("audit-ballot")(audit.audit_ballot)
    app.add_typer(election.app, name="election")
    app.add_typer(trustee.app, name="trustee")
    app.add_typer(credentials.app, name="credentials")
    app.add_typer(demo.app, name="demo")
    return app


INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None, app: typer.Typer | None = None) -> None:
    """Run the program and leave with its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    texts.use(_language(words))
    _localise_panels()
    command = get_command(app or application())
    localise(command)
    try:
        code = command.main(words, prog_name="sawtuna", standalone_mode=False)
    except Stop as end:
        complain(str(end))
        code = end.code
    except ProtocolError as error:
        complain(sentence(error))
        code = exit_code(error)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except BrokenPipeError:
        code = BROKEN_PIPE  # the reader of our output has gone; there is nobody to tell
    except OSError as error:
        complain(_os_error(error))
        code = 2
    except (sqlite3.Error, BrokenExecutor, MemoryError):
        complain(_("The machine has no room left, in memory or on the disk for temporary files. Nothing was changed."))
        code = 2
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        if type(error).__name__ != "NoArgsIsHelpError":  # its help has been printed
            complain(_usage(error))
        code = 2
    if code == INTERRUPTED:  # typer makes it of Ctrl-C
        complain(_("Interrupted. Nothing is half done: what was confirmed is kept, the rest was not begun."))
    sys.exit(_flushed(code if isinstance(code, int) else 0))


def _flushed(code: int) -> int:
    """Write out what is left; when that fails, let Python not try again at its end."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        code = BROKEN_PIPE
    except OSError as error:
        complain(_os_error(error))
        code = 2
    else:
        return code
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _language(words: list[str]) -> Language:
    """Take `--lang` out of the arguments, wherever it stands; else the locale decides."""
    chosen: str | None = None
    for index, word in enumerate(words):
        if word == "--":
            break
        if word == "--lang" and index + 1 < len(words):
            chosen = words[index + 1]
            del words[index : index + 2]
            break
        if word.startswith("--lang="):
            chosen = word.removeprefix("--lang=")
            del words[index]
            break
    if chosen is None:
        return texts.from_environment()
    if chosen == "ar":
        return "ar"
    if chosen == "en":
        return "en"
    complain("--lang: ar, en")
    sys.exit(2)


def localise(command: Any) -> None:
    """Translate the help of a command and of everything below it."""
    for name in ("help", "short_help", "epilog", "rich_help_panel"):
        if text := getattr(command, name, None):
            flowing = re.sub(r"(?<=\S)\n(?=\S)", " ", _(text))  # paragraphs fit the terminal; indented lines stay
            setattr(command, name, escape(flowing))
    for parameter in command.params:
        if text := getattr(parameter, "help", None):
            parameter.help = escape(_(text))
    if help_option := command.get_help_option(typer.Context(command)):
        help_option.help = _("Show this message and exit.")
    usage = command.get_usage
    command.get_usage = lambda context: usage(context).replace("Usage:", _("Usage:"), 1)
    for child in getattr(command, "commands", {}).values():
        localise(child)


def _localise_panels() -> None:
    rich_utils.ARGUMENTS_PANEL_TITLE = _("Arguments")
    rich_utils.OPTIONS_PANEL_TITLE = _("Options")
    rich_utils.COMMANDS_PANEL_TITLE = _("Commands")
    rich_utils.REQUIRED_LONG_STRING = _("[required]")
    rich_utils.DEFAULT_STRING = _("[default: {}]")


def _os_error(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return _(
            "The disk is full. Nothing was lost and nothing half written; make room and run the same command again."
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return _("%(path)s may not be read or written by you.", path=error.filename or "")
    if error.errno == errno.ENOENT:
        return _("There is no file %(path)s.", path=error.filename or "")
    return f"{error.filename or ''} {error.strerror or error}".strip()


def _usage(error: Any) -> str:
    """What was wrong with the arguments, in the reader's language."""
    kind = type(error).__name__
    name = error.param.opts[0] if getattr(error, "param", None) else getattr(error, "option_name", "")
    unknown = re.match(r"No such command '(.*?)'\.", error.message, re.DOTALL)
    hint = error.ctx.command_path + " --help" if getattr(error, "ctx", None) else "sawtuna --help"
    if kind == "NoSuchOption":
        text = _("There is no option %(name)s.", name=name)
    elif kind == "MissingParameter":
        text = _("%(name)s is missing.", name=name)
    elif kind == "BadParameter":
        text = _("The value given for %(name)s is not possible.", name=name)
    elif kind == "BadOptionUsage":
        text = _("The option %(name)s is not used as it should be.", name=name)
    elif unknown:
        text = _("There is no command %(name)s.", name=unknown[1])
    else:
        text = _("The command was not understood.")
    if kind not in {"NoSuchOption", "MissingParameter"} and texts.language() == "en":
        text += f" ({error.message})"  # the parser's own words, which are English
    return f"{text} {_('See:')} {hint}"
