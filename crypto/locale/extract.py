"""Keep `ar.po` in step with the source.

    python -m crypto.locale.extract            rewrite the catalogue: add what is new, drop what has gone
    python -m crypto.locale.extract --check    change nothing; exit 1 and say what is missing or wrong

What is translated: the texts given to `_` and `ngettext`, the templates of errors and failures, the titles of checks,
and the help of every command and parameter as `crypto.cli.program.localise` will look it up.
"""

import ast
import inspect
import io
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from babel.messages import Catalog, Message
from babel.messages.pofile import read_po, write_po
from typer.main import get_command

from crypto.cli import application
from crypto.verification import CHECKS

PACKAGE = Path(__file__).parent.parent
ARABIC = Path(__file__).with_name("ar.po")

_TEMPLATE = {"_": 0, "Failure": 1}
"""Callable -> which argument is the text; errors of the library (0) are found by their classes."""

_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_SHORT_FORMS = 3
"""In the Arabic forms for none, one and two the noun may say the number."""

Found = tuple[str | tuple[str, str], Path, int]


def gather() -> Catalog:
    """Every message of the package, where it stands, without translations."""
    trees = {path: ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
    errors = _error_classes(trees.values())
    catalogue = Catalog(locale="ar")
    constants: dict[str, tuple[Path, int]] = {}
    found: list[Found] = []
    for path, tree in trees.items():
        found += _calls(path, tree, dict.fromkeys(errors, 0) | _TEMPLATE)
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                constants.setdefault(inspect.cleandoc(node.value), (path, node.lineno))
    for text in (*CHECKS.values(), *_help(get_command(application()))):
        path, line = constants[inspect.cleandoc(text)]
        found.append((text, path, line))
    for message, path, line in found:
        catalogue.add(message, locations=[(path.relative_to(PACKAGE.parent).as_posix(), line)])
    return catalogue


def _error_classes(trees: Iterable[ast.Module]) -> set[str]:
    """The names of `ProtocolError` and everything derived from it."""
    bases = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    names = {"ProtocolError"}
    while derived := {name for name, parents in bases.items() if parents & names} - names:
        names |= derived
    return names


def _calls(path: Path, tree: ast.Module, places: dict[str, int]) -> Iterator[Found]:
    """The texts in the calls of a file. A text that cannot be seen is a fault, lest it stay English unnoticed."""
    for scope, call in _scoped_calls(tree):
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        if name == "ngettext":
            (singular,), (plural,) = (_texts(argument, scope) for argument in call.args[:2])
            yield (singular, plural), path, call.lineno
        elif name in places and len(call.args) > places[name]:
            argument = call.args[places[name]]
            texts = _texts(argument, scope)
            if not texts and name != "_" and not (isinstance(argument, ast.Attribute) and argument.attr == "message"):
                raise ValueError(f"{path}:{call.lineno}: the text of {name} cannot be seen")
            for text in texts:
                yield text, path, call.lineno


def _scoped_calls(tree: ast.Module) -> Iterator[tuple[ast.AST, ast.Call]]:
    """Every call with the function it stands in, in the order of the source."""

    def walk(node: ast.AST, scope: ast.AST) -> Iterator[tuple[ast.AST, ast.Call]]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            scope = node
        if isinstance(node, ast.Call):
            yield scope, node
        for child in ast.iter_child_nodes(node):
            yield from walk(child, scope)

    return walk(tree, tree)


def _texts(node: ast.expr, scope: ast.AST) -> list[str]:
    """The strings that an expression can be: itself, either branch, or what is assigned to the name in `scope`."""
    match node:
        case ast.Constant(value=str(text)):
            return [text] if text else []
        case ast.IfExp():
            return _texts(node.body, scope) + _texts(node.orelse, scope)
        case ast.Name():
            return [
                text
                for assignment in ast.walk(scope)
                if isinstance(assignment, ast.Assign)
                and any(isinstance(target, ast.Name) and target.id == node.id for target in assignment.targets)
                for text in _texts(assignment.value, scope)
            ]
    return []


def _help(command: Any) -> Iterator[str]:
    """The texts that `localise` translates, of a command and of everything below it."""
    for name in ("help", "short_help", "epilog"):
        if text := getattr(command, name, None):
            yield text
    for parameter in command.params:
        if text := getattr(parameter, "help", None):
            yield text
    for child in getattr(command, "commands", {}).values():
        yield from _help(child)


def read(path: Path = ARABIC) -> Catalog:
    """The catalogue as it stands."""
    with path.open("rb") as file:
        return read_po(file, locale=path.stem)


def complaints(source: Catalog, translated: Catalog) -> list[str]:
    """What is wrong with a translation, a line each; empty when it is complete."""
    found = []
    for message in _messages(source):
        answer = translated.get(message.id)
        if answer is None or not answer.string:
            found.append(f"missing: {_name(message)}")
        elif answer.fuzzy:
            found.append(f"fuzzy: {_name(message)}")
        else:
            found += _wrong_forms(message, answer, translated.num_plurals)
    known = {_name(message) for message in _messages(source)}
    found += [f"obsolete: {_name(message)}" for message in _messages(translated) if _name(message) not in known]
    found += [f"obsolete: {_name(message)}" for message in translated.obsolete.values()]
    return found


def _wrong_forms(message: Message, answer: Message, number: int) -> Iterator[str]:
    expected = {name for text in _forms(message.id) for name in _PLACEHOLDER.findall(text)}
    forms = _forms(answer.string)
    plural = isinstance(message.id, tuple | list)
    if plural != isinstance(answer.id, tuple | list) or (plural and tuple(answer.id) != tuple(message.id)):
        yield f"other forms in the source: {_name(message)}"
        return
    if len(forms) != (number if plural else 1) or not all(forms):
        yield f"missing: {_name(message)} (has {sum(map(bool, forms))} forms)"
        return
    for index, form in enumerate(forms):
        given = set(_PLACEHOLDER.findall(form))
        optional = expected if plural and index < _SHORT_FORMS else set[str]()  # “one”, “two” need no number
        if form.replace("%%", "").count("%(") != len(_PLACEHOLDER.findall(form)) or not (
            expected - optional <= given <= expected
        ):
            yield f"placeholders: {_name(message)}: {', '.join(sorted(expected))} became {', '.join(sorted(given))}"


def _forms(text: Any) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def _messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def _name(message: Message) -> str:
    return _forms(message.id)[0]


def rewritten(source: Catalog, translated: Catalog, header: str) -> str:
    """The catalogue file: the old header, then the source's messages with the translations that are still right."""
    for message in _messages(source):
        answer = translated.get(message.id)
        if answer is not None and len(_forms(answer.id)) == len(_forms(message.id)):
            message.string = answer.string
            message.user_comments = answer.user_comments
            if answer.fuzzy:
                message.flags.add("fuzzy")
        elif len(_forms(message.id)) > 1:
            message.string = ("",) * translated.num_plurals
    body = io.BytesIO()
    write_po(body, source, width=110, omit_header=True, include_lineno=False, sort_by_file=True)
    return f"{header.strip()}\n\n{body.getvalue().decode().strip()}\n"


def main(arguments: Sequence[str]) -> int:
    """Run as a program; the exit code."""
    source, translated = gather(), read()
    if "--check" not in arguments:
        header = ARABIC.read_text("utf-8").partition("\n\n")[0]
        ARABIC.write_text(rewritten(source, translated, header), "utf-8")
        return 0
    found = complaints(source, translated)
    for line in found:
        print(line)  # noqa: T201 - a program for people who change texts
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
