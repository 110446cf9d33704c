"""Administration, as the kernel sees it."""

from app.admin import web
from app.features import Feature

FEATURE = Feature(name="admin", routes=web.ROUTES, models="app.admin.models")
