"""The page of search results."""

import re
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from app.access import Guarded
from app.accounts.policy.ways import PUBLIC
from app.html import path_of
from app.i18n import latin_digits, said
from app.limits import Rule, address
from app.search import queries
from app.search.marking import around, marked
from app.web import render, spend, who

ASKED = Rule("search", "300/minute")
"""More than anybody types, and far less than what keeps the database busy."""
_KIND = re.compile(r"[a-z_]{1,24}")
_PAGE = re.compile(r"[0-9]{1,4}")


async def show(request: Request) -> Response:
    """What a question finds, a page at a time."""
    given = request.query_params
    text = given.get("q", "")[: queries.MOST_LETTERS]
    kind = given.get("kind", "")
    number = latin_digits(given.get("page", ""))
    if text.strip():
        await spend(request, (ASKED, address(request)))
    found = await queries.find(
        text,
        who=who(request),
        kind=kind if _KIND.fullmatch(kind) else None,
        page=int(number) if _PAGE.fullmatch(number) else 1,
    )
    own = path_of(request, "search:show")
    if not found.results:
        kind = ""
    context = {
        "search": text,
        "found": found,
        "kind": kind,
        "results": [_shown(result, found.question) for result in found.results],
        "of_kind": {one: f"{own}?{urlencode({'q': text, 'kind': one})}" for one in found.counts},
        "of_all": f"{own}?{urlencode({'q': text})}",
        "of_page": f"{own}?{urlencode({'q': text} | ({'kind': kind} if kind else {}))}&page={{page}}",
    }
    return render(request, "search/show.html", context, block="results")


def _shown(result: queries.Result, question: queries.Question) -> dict[str, Any]:
    """A result as its reader sees it; the title in the other language, too, when that is where the words stand."""
    title, excerpt = _told(result.title, question), _told(result.excerpt, question, short=True)
    own = said(result.title).language
    others = [(language, marked(text, question)) for language, text in result.title.items() if language != own]
    return {
        "kind": result.kind,
        "title": title or result.url,
        "excerpt": excerpt,
        "elsewhere": [] if "<mark>" in title + excerpt else [pair for pair in others if "<mark>" in pair[1]],
        "url": result.url,
        "seen_by": result.seen_by.partition(":")[0],
    }


def _told(text: dict[str, str], question: queries.Question, *, short: bool = False) -> Markup:
    """A text in the reader's language, or in the one there is, with the found words marked."""
    told = said(text)
    words = marked(around(told.text, question) if short else told.text, question)
    if not told.is_other:
        return words
    return Markup('<span lang="{}" dir="{}">{}</span>').format(told.language, told.direction, words)


ROUTES = [Guarded("/search", show, name="search:show", act=PUBLIC)]
