"""Notifications, as the kernel sees them."""

from datetime import timedelta

from app.accounts.models import Person
from app.features import Feature, Held
from app.notices import actions, jobs, queries, web


async def _holds(person: Person) -> list[Held]:
    return await queries.held(person.id)


FEATURE = Feature(
    name="notices",
    routes=web.ROUTES,
    models="app.notices.models",
    jobs_with=jobs.jobs_with,
    schedules={jobs.PLAN: timedelta(hours=1), jobs.FORGET: timedelta(days=1)},
    holds=_holds,
    forget=actions.forget,
)
