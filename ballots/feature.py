"""Elections, as the kernel sees them."""

from app import clock
from app.features import Feature, Part
from app.policy import Who
from ballots import api, home, jobs, web
from ballots.actions import ceremony, counting, forgetting, running
from ballots.queries import finding, own


async def _waits(who: Who) -> list[Part]:
    return await own.waits(who, clock.now())


FEATURE = Feature(
    name="ballots",
    routes=[*api.ROUTES, *web.ROUTES],
    models="ballots.models",
    templates="ballots",
    jobs={running.TURN: jobs.turn, counting.PUBLISH: jobs.publish, ceremony.CALL: jobs.call_trustees},
    jobs_with=jobs.jobs_with,
    long_jobs=frozenset({running.ADD_UP, counting.PUBLISH}),
    schedules=jobs.SCHEDULES,
    home=home.home,
    takes_part=own.takes_part,
    waits=_waits,
    documents=finding.documents,
    holds=own.held,
    forget=forgetting.forget,
    restored=running.pause_restored,
)
