"""One-time passwords and recovery codes."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
