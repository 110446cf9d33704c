"""Pages of administration."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
