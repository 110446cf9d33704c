"""A person's own data: look, download, correct, delete."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
