"""Passkeys (WebAuthn)."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
