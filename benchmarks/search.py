"""How fast a search answers among many documents, beside a plain LIKE scan over the same rows in the same run.

    python benchmarks/search.py [--documents 200000] [--each 40] [--postgres postgres://user@host:5432/postgres]

The documents are invented: words of syllables, Arabic and English, drawn as often as words of a language are (Zipf),
the same every time. Six of ten are public, three belong to a person, one to an agency. They are written by the code
that builds the index anew, and asked by the function behind the page of results, with everything it does: what may be
seen, counts by kind, ranking, the texts of the first page. Those who ask are strangers, people, officials of an agency
with others below it, and administrators, by turns.

The scan is what one would do without an index: `words LIKE '%word%'` for each word, and a count. Kinds of questions and
the scan are mixed at random, so that a machine whose speed drifts disturbs all alike.

With --postgres a database of a random name is made, filled and dropped again; that address is an administrator's.
"""

import argparse
import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from itertools import accumulate, chain
from pathlib import Path

from tortoise import connections
from tortoise.transactions import in_transaction
from web import _database  # beside this file

from app import db
from app.accounts.models import Agency
from app.features import Entry
from app.main import FEATURES
from app.policy import NOBODY, Grant, Role, Who
from app.search import actions, queries
from app.settings import Settings

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
KINDS = ("consultation", "petition", "complaint", "agency", "page", "election")
ARABIC = "ا ب ت ح خ د ر ز س ش ص ط ع ف ق ك ل م ن ه و ي با ما لا نا سا را دي في قو مو تي كي".split()  # noqa: SIM905 - syllables are read more easily so
ENGLISH = "ba ce di fo gu la me ni po ra se ti vo wa ter ment ing tion al er ity con pro".split()  # noqa: SIM905 - likewise
GOAL_MS = 200


def vocabulary(syllables: list[str], article: str, size: int) -> tuple[list[str], list[float]]:
    """Words, the frequent ones first and short, and how often each is met, added up."""
    chance = random.Random(f"words {article}")
    words: dict[str, None] = {}
    while len(words) < size:
        length = 1 + min(5, int(chance.expovariate(0.9)) + (1 if len(words) > 60 else 0) + (len(words) > 2_000))
        word = "".join(chance.choice(syllables) for _part in range(length))
        words[(article + word) if chance.random() < 0.25 and len(word) > 2 else word] = None
    return list(words), list(accumulate(1 / (rank + 2.7) for rank in range(size)))


AR = vocabulary(ARABIC, "ال", 30_000)
EN = vocabulary(ENGLISH, "", 15_000)


def text(chance: random.Random, words: tuple[list[str], list[float]], length: int) -> str:
    """Words drawn as a language draws them."""
    return " ".join(chance.choices(words[0], cum_weights=words[1], k=length))


def entry(number: int) -> Entry:
    """One document, always the same under its number."""
    chance = random.Random(number)
    kind = chance.choice(KINDS)
    lot = chance.random()
    seen_by = "public" if lot < 0.6 else f"person:{1 + number % 5_000}" if lot < 0.9 else f"agency:{1 + number % 200}"
    return Entry(
        kind,
        str(number),
        {"ar": text(chance, AR, chance.randint(3, 8)), "en": text(chance, EN, chance.randint(3, 8))},
        f"/{kind}/{number}",
        {"ar": text(chance, AR, chance.randint(8, 25)), "en": text(chance, EN, chance.randint(8, 25))},
        f"REF-{number:07d} {text(chance, AR, chance.randint(0, 30))}",
        seen_by,
    )


ASKING = (
    NOBODY,
    NOBODY,
    Who(7),
    Who(8, grants=(Grant(Role.SUPERVISOR, 1),)),
    Who(9, grants=(Grant(Role.ADMINISTRATOR),)),
)
"""Those who ask, by turns."""


def questions(kind: str, documents: int, each: int) -> Iterator[str]:
    """Questions of one kind, always the same."""
    chance = random.Random(f"questions {kind}")
    for _number in range(each):
        words = chance.choice((AR, EN))[0]
        some = entry(chance.randrange(documents))
        match kind:
            case "frequent":
                yield chance.choice([word for word in words[:80] if len(word) > 2])
            case "middling":
                yield chance.choice(words[200:2_000])
            case "rare":
                yield chance.choice(words[-5_000:])
            case "three words":
                yield " ".join(chance.sample([*some.title["ar"].split(), *some.excerpt["ar"].split()], 3))
            case "three frequent":
                yield " ".join(chance.sample([word for word in words[:80] if len(word) > 2], 3))
            case "eight words, no result":
                yield " ".join(chance.sample([word for word in words[:300] if len(word) > 2], 8))
            case "no such word":
                yield chance.choice(("قغقغقغ", "zzqxzzq", "خضخضخض", "xylqophone"))
            case "two letters":
                yield chance.choice([word for word in AR[0][:400] if len(word) == 2])
            case "reference":
                yield f"REF-{chance.randrange(documents):07d}"


MIX = (
    "frequent",
    "middling",
    "rare",
    "three words",
    "three frequent",
    "eight words, no result",
    "no such word",
    "two letters",
    "reference",
)


async def scan(question: str, who: Who) -> None:
    """The same without an index."""
    seen, asked = await queries.sight(who), queries.Question.of(question)
    conditions = " AND ".join(f"words LIKE '%{pattern}%'" for pattern in asked.patterns)
    visible = ", ".join(f"'{one}'" for one in seen.seen_by)
    everything = " OR seen_by LIKE 'agency:%'" if seen.all_agencies else ""
    statement = (
        f"SELECT kind, COUNT(*) AS n FROM search_document WHERE {conditions} "
        f"AND (seen_by IN ({visible}){everything}) GROUP BY kind"
    )
    if connections.get("default").capabilities.dialect == "sqlite":
        await connections.get("default").execute_query_dict(statement)
        return
    async with in_transaction() as connection:
        await connection.execute_query("SET LOCAL enable_bitmapscan = off")
        await connection.execute_query_dict(statement)


async def measure(name: str, settings: Settings, arguments: argparse.Namespace) -> bool:
    """Fill one database and ask it; whether the goal was reached."""
    await db.migrate(settings, FEATURES)

    async def documents() -> AsyncIterator[Entry]:
        for number in range(arguments.documents):
            yield entry(number)

    async with db.opened(settings, FEATURES):
        for number in range(1, 201):
            parent = 1 if 1 < number <= 40 else None
            await Agency.create(slug=f"a{number}", kind="office", name={}, summary={}, address={}, parent_id=parent)
        began = time.perf_counter()
        await actions.rebuild([documents], NOW)
        print(f"{name}: {arguments.documents} documents written in {time.perf_counter() - began:.0f} s", flush=True)
        asked = [(kind, one) for kind in MIX for one in questions(kind, arguments.documents, arguments.each)]
        random.Random(1).shuffle(asked)
        ours: dict[str, list[float]] = {}
        bare: dict[str, list[float]] = {}
        given_up = 0
        for turn, (kind, question) in enumerate(asked):
            who = ASKING[turn % len(ASKING)]
            began = time.perf_counter()
            found = await queries.find(question, who=who)
            ours.setdefault(kind, []).append((time.perf_counter() - began) * 1_000)
            given_up += found.gave_up
            if turn % 4 == 0:
                began = time.perf_counter()
                await scan(question, who)
                bare.setdefault(kind, []).append((time.perf_counter() - began) * 1_000)
    print(f"{'':24}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'scan p50':>10}{'scan p95':>10}  ours/scan at p95")
    for kind in MIX:
        line(kind, ours[kind], bare.get(kind, []))
    all_ours, all_bare = (list(chain.from_iterable(found.values())) for found in (ours, bare))
    line("all", all_ours, all_bare)
    worst = quantile(all_ours, 95)
    if given_up:
        print(f"{given_up} questions were given up")
    print(f"goal of p95 < {GOAL_MS} ms: {'reached' if worst < GOAL_MS and not given_up else 'MISSED'}\n", flush=True)
    return worst < GOAL_MS and not given_up


def quantile(times: list[float], percent: int) -> float:
    """Times in milliseconds."""
    return statistics.quantiles(times, n=100, method="inclusive")[percent - 1]


def line(kind: str, ours: list[float], bare: list[float]) -> None:
    """One row of the table."""
    figures = "".join(f"{quantile(ours, percent):>9.1f}" for percent in (50, 95, 99))
    if len(bare) < 2:
        print(f"{kind:24}{figures}")
        return
    ratio = quantile(ours, 95) / quantile(bare, 95)
    print(f"{kind:24}{figures}{quantile(bare, 50):>10.1f}{quantile(bare, 95):>10.1f}  {ratio:.3f}")


def main() -> None:
    """Measure every database; the exit code says whether the goal was reached."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--documents", type=int, default=200_000)
    options.add_argument("--each", type=int, default=40, help="questions of each kind")
    options.add_argument("--postgres", default="", help="an administrator's address; without it SQLite only")
    arguments = options.parse_args()
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f} at the start: figures of a busy machine are too high\n", flush=True)
    reached = True
    for name in ("SQLite", "PostgreSQL") if arguments.postgres else ("SQLite",):
        with tempfile.TemporaryDirectory() as folder, _database(name, arguments.postgres) as url:
            settings = Settings(_env_file=None, data_dir=Path(folder), database_url=url)  # type: ignore[call-arg]
            reached = asyncio.run(measure(name, settings, arguments)) and reached
    if not arguments.postgres:
        print("PostgreSQL was not measured: no --postgres was given.")
    raise SystemExit(0 if reached else 1)


if __name__ == "__main__":
    main()
