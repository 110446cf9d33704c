"""Work of notifications: shallow, each calls an action."""

from collections.abc import Mapping

from app import clock
from app.features import JobHandler
from app.notices import actions, telling
from app.settings import Settings

PLAN = "notices.plan_digests"
FORGET = "notices.forget_old"


def jobs_with(settings: Settings) -> Mapping[str, JobHandler]:
    """The jobs of a portal."""

    async def tell(notification: int, *, urgent: bool) -> None:
        await telling.tell(notification, urgent=urgent, settings=settings, now=clock.now())

    async def plan_digests() -> None:
        await telling.plan_digests(settings, clock.now())

    async def send_digest(person: int) -> None:
        await telling.send_digest(person, settings=settings, now=clock.now())

    async def forget_old() -> None:
        await actions.forget_old(clock.now())

    return {actions.TELL: tell, PLAN: plan_digests, telling.DIGEST: send_digest, FORGET: forget_old}
