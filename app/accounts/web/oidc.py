"""Signing in with a national identity provider (OpenID Connect)."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
