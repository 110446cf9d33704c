"""Pages of service centres."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
