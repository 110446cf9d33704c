"""Where Tortoise's own command finds the configuration: `tortoise -c app.migrate_config.CONFIG makemigrations`."""

from app import db
from app.main import FEATURES
from app.settings import Settings

CONFIG = db.config(Settings(), FEATURES)
