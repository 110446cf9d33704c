"""Journeys of people through the running portal, in a real browser."""
