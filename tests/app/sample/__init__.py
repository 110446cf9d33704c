"""A feature with every kind of column, before and after an upgrade, for the tests of backups."""

from app.features import Feature

BEFORE = Feature(name="sample", models="tests.app.sample.before.models")
AFTER = Feature(name="sample", models="tests.app.sample.after.models")
