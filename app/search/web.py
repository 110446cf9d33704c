"""The page of search results."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
