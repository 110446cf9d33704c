"""Companies and associations."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
