"""Signed-in devices."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
