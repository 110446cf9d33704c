"""Search, as the kernel sees it."""

from app.features import Feature
from app.search import web

FEATURE = Feature(name="search", routes=web.ROUTES, models="app.search.models")
