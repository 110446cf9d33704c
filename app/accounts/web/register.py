"""The civil register, imported by administrators."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
