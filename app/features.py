"""What a feature brings to the portal; `app.main` lists the features explicitly."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.routing import BaseRoute

from app.policy import Who
from app.settings import Settings

JobHandler = Callable[..., Awaitable[None]]
"""Called with the job's arguments; raises to be tried again."""


@dataclass(frozen=True, slots=True)
class Part:
    """One line of “what I take part in” on a person's own page."""

    title: str
    url: str
    state: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A thing that can be found. `seen_by` is `public`, `person:N` or `agency:N`."""

    kind: str
    key: str
    title: Mapping[str, str]
    url: str
    excerpt: Mapping[str, str] = field(default_factory=dict)
    more: str = ""
    """Words that are searched and not shown."""
    seen_by: str = "public"


@dataclass(frozen=True, slots=True)
class Held:
    """One kind of data that is kept about a person: its heading and its rows, as they are told to that person."""

    title: str
    why: str
    rows: Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature's rooms, as far as the kernel needs to know them."""

    name: str
    routes: Sequence[BaseRoute] = ()
    models: str | None = None
    """Module of its Tortoise models; its migrations lie in `migrations` beside it."""
    jobs: Mapping[str, JobHandler] = field(default_factory=dict)
    long_jobs: frozenset[str] = frozenset()
    """Jobs that may take hours. They have a lane of their own, so that mails need not wait for them."""
    schedules: Mapping[str, timedelta] = field(default_factory=dict)
    """Job name -> how often it is to run."""
    templates: str | None = None
    """Package whose `templates` folder belongs to it."""
    jobs_with: Callable[[Settings], Mapping[str, JobHandler]] | None = None
    """Jobs that need the settings."""
    takes_part: Callable[[Any], Awaitable[list[Part]]] | None = None
    """What a person (`Person`) takes part in, for the own page."""
    waits: Callable[[Who], Awaitable[list[Part]]] | None = None
    """What waits for whoever asks, for the own page."""
    documents: Callable[[], AsyncIterator[Entry]] | None = None
    """Everything of it that can be found, to build the search index anew."""
    holds: Callable[[Any], Awaitable[list[Held]]] | None = None
    """What it keeps about a person (`Person`), for the download of one's own data."""
    forget: Callable[[Any, datetime], Awaitable[list[str]]] | None = None
    """Remove or pseudonymise what it keeps about a person, in the caller's transaction; sentences on what stays."""
    restored: Callable[[datetime], Awaitable[list[str]]] | None = None
    """What it changes after a restore from a copy, in the caller's transaction; sentences for whoever restored it."""
    home: Callable[[Request], Awaitable[dict[str, Any]]] | None = None
    """What it adds to the home page's context."""

    @property
    def migrations(self) -> str | None:
        """Module of its migrations."""
        return f"{self.models.rpartition('.')[0]}.migrations" if self.models else None
