"""Proving again who one is, before a sensitive act."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
