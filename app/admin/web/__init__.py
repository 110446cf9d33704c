"""Pages of administration: the routes of every resource, explicitly."""

from app.admin.web import announcements, audit, hub, jobs, letters, people, settings, texts

ROUTES = [
    *hub.ROUTES,
    *people.ROUTES,
    *texts.ROUTES,
    *letters.ROUTES,
    *announcements.ROUTES,
    *settings.ROUTES,
    *jobs.ROUTES,
    *audit.ROUTES,
]
