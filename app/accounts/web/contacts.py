"""Addresses and numbers of an account."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
