"""What was written and could not be sent yet."""

from starlette.routing import BaseRoute

ROUTES: list[BaseRoute] = []
