"""What a question finds among the things that whoever asks may see."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from asyncpg.exceptions import QueryCanceledError  # type: ignore[import-untyped]  # it ships no types
from tortoise import connections
from tortoise.transactions import in_transaction

from app.policy import REACHES_BELOW, Role, Who
from app.search.models import Document
from app.search.normal import LONGEST_NAME, forms, stem, words

PAGE = 20
MOST = 500
"""Things that one question finds at most; more cannot be read, and counting them would take its time."""
MOST_WORDS = 8
MOST_LETTERS = 200
PATIENCE_MS = 2_000
"""After which PostgreSQL gives a question up."""

_SEES_ALL = frozenset({Role.ADMINISTRATOR, Role.OVERSIGHT})
"""Held without an agency, they see what any agency sees."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for: its words as typed, in one spelling, and the stems by which they are found."""

    words: tuple[str, ...]
    stems: tuple[str, ...]
    whole: str
    """All of it, as it would stand as a title."""

    @classmethod
    def of(cls, text: str) -> "Question":
        """The first words of a text; single letters count only when there is nothing else."""
        found = words(text[:MOST_LETTERS])
        telling = [word for word in found if len(word) > 1 or word.isdigit()] or found
        some = tuple(dict.fromkeys(telling))[:MOST_WORDS]
        return cls(some, tuple(stem(word) for word in some), " ".join(found))

    @property
    def patterns(self) -> list[str]:
        """What must stand in a text: long words anywhere, two letters at the start of a word, one as a word."""
        return [
            word if len(word) > 2 else f" {word}" if len(word) == 2 else f" {word} "
            for word in dict.fromkeys(self.stems)
        ]

    @property
    def forms(self) -> list[list[str]]:
        """How each word may stand in a text by itself."""
        return [[f" {form} " for form in forms(word)] for word in self.words]


@dataclass(frozen=True, slots=True)
class Result:
    """One thing that was found."""

    kind: str
    title: dict[str, str]
    excerpt: dict[str, str]
    url: str
    seen_by: str


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what a question finds."""

    question: Question
    total: int = 0
    is_all: bool = True
    """False when there is more than `total`, and only the newest of it was looked at."""
    counts: dict[str, int] = field(default_factory=dict)
    """How many there are of each kind, whichever kind was asked for; most first."""
    results: tuple[Result, ...] = ()
    page: int = 1
    pages: int = 1
    gave_up: bool = False
    """It would have taken too long."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody may see: exactly these, and perhaps what any agency sees."""

    seen_by: tuple[str, ...]
    all_agencies: bool = False


async def sight(who: Who) -> Sight:
    """What somebody may see. During a visit it is what the citizen sees: no roles count then."""
    own = ["public"] + ([f"person:{who.person}"] if who.person is not None else [])
    if who.visit is not None:
        return Sight(tuple(own))
    if any(grant.agency is None and grant.role in _SEES_ALL for grant in who.grants):
        return Sight(tuple(own), all_agencies=True)
    # Who belongs to a unit does not see what belongs to the whole agency, see `app.policy.covers`.
    held = [(grant.agency, grant.role) for grant in who.grants if grant.agency is not None and grant.unit is None]
    reaching = {agency for agency, role in held if role in REACHES_BELOW}
    covered = {agency for agency, _role in held} | await _below(reaching)
    return Sight((*own, *(f"agency:{number}" for number in sorted(covered))))


async def _below(agencies: set[int]) -> set[int]:
    """The agencies below some."""
    if not agencies:
        return set()
    numbers = ", ".join(str(int(number)) for number in sorted(agencies))
    rows = await connections.get("default").execute_query_dict(
        f"WITH RECURSIVE below (id) AS (SELECT id FROM agency WHERE id IN ({numbers}) "  # noqa: S608 - whole numbers
        "UNION SELECT agency.id FROM agency JOIN below ON agency.parent_id = below.id) SELECT id FROM below"
    )
    return {row["id"] for row in rows}


async def find(text: str, *, who: Who, kind: str | None = None, page: int = 1) -> Found:
    """Everything that holds all words of `text` and that `who` may see: titles first, then the newest."""
    question = Question.of(text)
    if not question.words:
        return Found(question)
    seen = await sight(who)
    if not _is_postgres():
        return await _find(question, seen, kind, page)
    try:
        return await _on_postgres(question, seen, kind, page)
    except QueryCanceledError:
        return Found(question, gave_up=True)


async def _on_postgres(question: Question, seen: Sight, kind: str | None, page: int) -> Found:
    async with in_transaction() as connection:
        # Which way is fast depends on how frequent the words are, so each question gets a plan of its own.
        await connection.execute_query_dict(
            f"SELECT set_config('statement_timeout', '{PATIENCE_MS}', true), "
            "set_config('plan_cache_mode', 'force_custom_plan', true)"
        )
        return await _find(question, seen, kind, page)


async def _find(question: Question, seen: Sight, kind: str | None, page: int) -> Found:
    rows = await _candidates(question, seen, None)
    counts = Counter(row["kind"] for row in rows)
    is_all = len(rows) < MOST
    if kind is not None:
        rows = [row for row in rows if row["kind"] == kind] if is_all else await _candidates(question, seen, kind)
        is_all = len(rows) < MOST
    rank = _ranking(question)
    rows.sort(key=lambda row: (rank(row), -row["id"]))
    pages = max(1, -(-len(rows) // PAGE))
    page = min(max(page, 1), pages)
    wanted = [row["id"] for row in rows[(page - 1) * PAGE : page * PAGE]]
    found = {document.id: document for document in await Document.filter(id__in=wanted)} if wanted else {}
    return Found(
        question,
        len(rows),
        is_all,
        dict(counts.most_common()),
        tuple(
            Result(one.kind, one.title, one.excerpt, one.url, one.seen_by)
            for number in wanted
            if (one := found.get(number)) is not None
        ),
        page,
        pages,
    )


def _ranking(question: Question) -> Callable[[dict[str, Any]], int]:
    """0 is best: the title itself, then its whole words, then a part of it, then whole words of the text."""
    title, forms_of_all, patterns = f"\n {question.whole} \n", question.forms, question.patterns

    def rank(row: dict[str, Any]) -> int:
        heading: str = row["heading"]
        if not all(pattern in heading for pattern in patterns):
            return 3 if row["exact"] else 4
        if title in heading:
            return 0
        return 1 if all(any(form in heading for form in some) for some in forms_of_all) else 2

    return rank


async def _candidates(question: Question, seen: Sight, kind: str | None) -> list[dict[str, Any]]:
    """At most `MOST` things, among them those that rank best: only what is frequent is asked for again."""
    rows = await _matching(question, seen, kind, where="words")
    if len(rows) == MOST:
        titled = await _matching(question, seen, kind, where="heading")
        if len(titled) == MOST:
            titled = [*await _matching(question, seen, kind, where="name"), *titled]
        rows = [*titled, *rows]
    return list({row["id"]: row for row in rows}.values())[:MOST]


async def _matching(question: Question, seen: Sight, kind: str | None, *, where: str) -> list[dict[str, Any]]:
    """The newest that match in their words, in their heading, or whose title is the question."""
    build = _postgres if _is_postgres() else _sqlite
    rows: list[dict[str, Any]] = await connections.get("default").execute_query_dict(
        *build(question, seen, kind, where)
    )
    return rows


def _postgres(question: Question, seen: Sight, kind: str | None, where: str) -> tuple[str, list[Any]]:
    """The words hold letters and digits only, so that nothing in them means something to LIKE."""
    values: list[Any] = []

    def put(value: Any) -> str:
        values.append(value)
        return f"${len(values)}"

    exact = " AND ".join(
        f"({' OR '.join(f'strpos(words, {put(form)}) > 0' for form in some)})" for some in question.forms
    )
    if where == "name":
        name = put(question.whole[:LONGEST_NAME])
        conditions = [f"(name_ar = {name} OR name_en = {name})"]
    else:
        conditions = [f"{where} LIKE {put(f'%{pattern}%')}" for pattern in question.patterns]
    visible = f"seen_by = ANY({put(list(seen.seen_by))})"
    conditions.append(f"({visible} OR seen_by LIKE 'agency:%')" if seen.all_agencies else visible)
    if kind is not None:
        conditions.append(f"kind = {put(kind)}")
    query = (
        f"SELECT id, kind, heading, ({exact}) AS exact FROM search_document "  # noqa: S608 - our own names
        f"WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT {MOST}"
    )
    return query, values


def _sqlite(question: Question, seen: Sight, kind: str | None, where: str) -> tuple[str, list[Any]]:
    """The words hold letters and digits only, and stand in quotes, so that nothing in them means something to MATCH."""
    forms_of_all = [form for some in question.forms for form in some]
    exact = " AND ".join(f"({' OR '.join('instr(d.words, ?) > 0' for _form in some)})" for some in question.forms)
    visible = f"d.seen_by IN ({', '.join('?' for _one in seen.seen_by)})"
    visible = f"({visible} OR d.seen_by LIKE 'agency:%')" if seen.all_agencies else visible
    if where == "name":
        # Said so that the indexes of the names are used, whatever order is asked for.
        arabic, english = (f"SELECT id FROM search_document WHERE {name} = ?" for name in ("name_ar", "name_en"))  # noqa: S608
        source, number, condition = f"({arabic} UNION {english}) AS named", "named.id", "1"
        wanted = [question.whole[:LONGEST_NAME]] * 2
    else:
        source, number, condition = "search_index", "search_index.rowid", "search_index MATCH ?"
        column = "heading : " if where == "heading" else ""  # the words hold those of the heading, too
        wanted = [f"{column}({' AND '.join(_quoted(pattern) for pattern in question.patterns)})"]
    query = (
        f"SELECT d.id, d.kind, d.heading, ({exact}) AS exact FROM {source} "  # noqa: S608 - our own names
        f"CROSS JOIN search_document d ON d.id = {number} "
        f"WHERE {condition} AND {visible}{' AND d.kind = ?' if kind is not None else ''} "
        f"ORDER BY {number} DESC LIMIT {MOST}"
    )
    return query, [*forms_of_all, *wanted, *seen.seen_by, *([kind] if kind is not None else [])]


def _quoted(pattern: str) -> str:
    return '"' + pattern.replace('"', '""') + '"'


def _is_postgres() -> bool:
    return bool(connections.get("default").capabilities.dialect == "postgres")
