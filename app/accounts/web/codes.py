"""Signing in and up with a code by mail or short message."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
