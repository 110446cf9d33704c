from importlib import import_module

Migration = import_module("tests.app.sample.before.migrations.0001_initial").Migration
