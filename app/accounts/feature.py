"""Accounts and agencies, as the kernel sees them."""

from collections.abc import Mapping
from datetime import timedelta

from app import clock
from app.accounts import web
from app.accounts.actions import centre, drafts, proofs, tree, ways
from app.accounts.queries import centre as visits
from app.accounts.queries import data, invitations
from app.features import Feature, JobHandler, Part
from app.policy import Who
from app.settings import Settings


async def _forget_old() -> None:
    await ways.forget_old(clock.now())
    await drafts.forget_old(clock.now())
    await proofs.forget_old(clock.now())


def _jobs_with(settings: Settings) -> Mapping[str, JobHandler]:
    async def make_account(
        called: str, contact: str, language: str, next_path: str, wish: str, code: int | None
    ) -> None:
        await ways.make_account(called, contact, language, next_path, wish, code, settings=settings, now=clock.now())

    async def send_reset(contact: str, next_path: str, wish: str, code: int | None) -> None:
        await ways.send_reset(contact, next_path, wish, code, settings=settings, now=clock.now())

    return {ways.SIGN_UP: make_account, ways.SEND_RESET: send_reset}


async def _index_agencies(agencies: list[int]) -> None:
    await tree.publish_many(agencies, clock.now())


async def _close_visit(visit: int) -> None:
    await centre.run_out(visit, clock.now())


async def _waits(who: Who) -> list[Part]:
    return [*await invitations.waits(who, clock.now()), *await visits.waits(who)]


FEATURE = Feature(
    name="accounts",
    routes=web.ROUTES,
    models="app.accounts.models",
    jobs={"accounts.forget_old": _forget_old, centre.CLOSE: _close_visit, tree.INDEX: _index_agencies},
    jobs_with=_jobs_with,
    holds=data.held,
    waits=_waits,
    documents=tree.entries,
    schedules={"accounts.forget_old": timedelta(hours=6)},
)
