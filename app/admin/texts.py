"""Which texts of pages an administrator may replace, and how Markdown becomes a page."""

from collections.abc import Mapping
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

from app.i18n import mark as _

TEXTS: Mapping[str, str] = {
    "help": _("How Sawtuna works"),
    "transparency": _("Transparency"),
    "accessibility": _("Accessibility"),
    "privacy": _("Privacy and what we keep"),
}
"""Key -> title of the page; the text stands in place of ours under the same title."""

PAGES_CHANGED = "kernel.make_pages_findable"
"""The job that brings the search up to date."""

_TAGS = {"h2", "h3", "p", "ul", "ol", "li", "strong", "em", "a", "blockquote", "code", "br", "hr"}
_TAGS |= {"table", "thead", "tbody", "tr", "th", "td"}
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


@lru_cache(maxsize=64)
def rendered(text: str) -> Markup:
    """Markdown as HTML that can do no harm: no scripts, no pictures, no styles, links that lead where they say."""
    html = _markdown.render(text)
    html = html.replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener",
    )
    return Markup(clean)  # noqa: S704 - nh3 has let through what is listed above and nothing else
