"""Who holds which role, and who can do what."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
