"""Notifications, as the kernel sees them."""

from app.features import Feature
from app.notices import web

FEATURE = Feature(name="notices", routes=web.ROUTES, models="app.notices.models")
