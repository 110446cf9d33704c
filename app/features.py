"""What a feature brings to the portal; `app.main` lists the features explicitly."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.routing import BaseRoute

JobHandler = Callable[..., Awaitable[None]]
"""Called with the job's arguments; raises to be tried again."""


@dataclass(frozen=True, slots=True)
class Part:
    """One line of “what I take part in” on a person's own page."""

    title: str
    url: str
    state: str


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature's rooms, as far as the kernel needs to know them."""

    name: str
    routes: Sequence[BaseRoute] = ()
    models: str | None = None
    """Module of its Tortoise models; its migrations lie in `migrations` beside it."""
    jobs: Mapping[str, JobHandler] = field(default_factory=dict)
    schedules: Mapping[str, timedelta] = field(default_factory=dict)
    """Job name -> how often it is to run."""
    templates: str | None = None
    """Package whose `templates` folder belongs to it."""
    takes_part: Callable[[Any], Awaitable[list[Part]]] | None = None
    home: Callable[[Request], Awaitable[dict[str, Any]]] | None = None
    """What it adds to the home page's context."""

    @property
    def migrations(self) -> str | None:
        """Module of its migrations."""
        return f"{self.models.rpartition('.')[0]}.migrations" if self.models else None
