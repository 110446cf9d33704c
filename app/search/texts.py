"""Pages of text as things that can be found: each page, and each chapter of it.

They are read from their templates, so that nobody has to keep a second list of what stands there.
"""

import io
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources

from jinja2.ext import babel_extract

from app.features import Entry
from app.i18n import in_both, raw_gettext

_OPTIONS = {"extensions": "jinja2.ext.i18n", "silent": "false", "trimmed": "false", "encoding": "utf-8"}
SENTENCE = 40
"""Letters from which on a text is taken for a sentence and not for a heading or the words of a button."""
SHOWN = 600
"""Letters of a text that are kept to be shown."""
_CHAPTER = re.compile(r'<h2 id="([a-z-]+)"')


def chapters(template: str, path: str) -> Iterator[Entry]:
    """The page of a template, under its title and description, and its chapters: what stands under an h2 with an id."""
    lines, messages = _read(template)
    starts = [(number, found[1]) for number, line in enumerate(lines, 1) if (found := _CHAPTER.search(line))]
    preamble = [text for number, _is_paragraph, text in messages if not starts or number < starts[0][0]]
    if not preamble:
        return
    yield _entry(path, preamble[0], preamble[1:2], preamble[2:])
    for (start, anchor), (end, _next) in zip(starts, [*starts[1:], (len(lines) + 1, "")], strict=True):
        inside = [(is_paragraph, text) for number, is_paragraph, text in messages if start <= number < end]
        if not inside:
            continue
        whole = [(is_paragraph, text) for is_paragraph, text in inside[1:] if "%(" not in text]
        excerpt = [text for is_paragraph, text in whole if is_paragraph]
        excerpt += [text for _is_paragraph, text in whole if len(text) >= SENTENCE]
        yield _entry(f"{path}#{anchor}", inside[0][1], excerpt[:1], [text for _is_paragraph, text in inside[1:]])


def replaced(path: str, title: str, text: Mapping[str, str]) -> Entry:
    """A page whose text an administrator has put in place of ours."""
    excerpt = {
        language: f"{said[:SHOWN].rpartition(' ')[0]}…" if len(said) > SHOWN else said
        for language, said in text.items()
    }
    return Entry("page", path.lstrip("/"), in_both(lambda: raw_gettext(title)), path, excerpt, " ".join(text.values()))


@cache
def _read(template: str) -> tuple[list[str], list[tuple[int, bool, str]]]:
    """Lines of a template, and its texts: line, whether it is a paragraph, the text in the source's language."""
    source = resources.files("app").joinpath("templates", template).read_bytes()
    found = babel_extract(io.BytesIO(source), ("_", "gettext", "ngettext"), (), _OPTIONS)
    messages = [
        (number, function == "gettext", " ".join(text.split()))
        for number, function, texts, _comments in found
        for text in (texts if isinstance(texts, tuple) else (texts,))
        if isinstance(text, str)
    ]
    return source.decode().splitlines(), messages


def _entry(url: str, title: str, excerpt: list[str], more: list[str]) -> Entry:
    def both(*texts: str) -> dict[str, str]:
        return in_both(lambda: " ".join(raw_gettext(text) for text in texts))

    return Entry("page", url.lstrip("/"), both(title), url, both(*excerpt), " ".join(both(*more).values()))
