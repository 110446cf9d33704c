"""Accounts and agencies, as the kernel sees them."""

from datetime import timedelta

from app import clock
from app.accounts import web
from app.accounts.actions import ways
from app.features import Feature


async def _forget_old() -> None:
    await ways.forget_old(clock.now())


async def _send_reset(email: str, base_url: str) -> None:
    await ways.send_reset(email, base_url=base_url, now=clock.now())


FEATURE = Feature(
    name="accounts",
    routes=web.ROUTES,
    models="app.accounts.models",
    jobs={"accounts.forget_old": _forget_old, ways.SEND_RESET: _send_reset},
    schedules={"accounts.forget_old": timedelta(hours=6)},
)
