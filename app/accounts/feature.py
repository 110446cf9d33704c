"""Accounts and agencies, as the kernel sees them."""

from datetime import timedelta

from app import clock
from app.accounts import actions, web
from app.features import Feature


async def _forget_old() -> None:
    await actions.forget_old(clock.now())


FEATURE = Feature(
    name="accounts",
    routes=web.ROUTES,
    models="app.accounts.models",
    jobs={"accounts.forget_old": _forget_old},
    schedules={"accounts.forget_old": timedelta(hours=6)},
)
