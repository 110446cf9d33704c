"""Pages of notifications."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
