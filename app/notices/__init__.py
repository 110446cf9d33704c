"""Notifications: what a person is told, where, when, and how to have it stop."""
