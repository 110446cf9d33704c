"""Levels of assurance, and the way up."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
