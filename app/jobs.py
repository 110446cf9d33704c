"""Work that follows from a change: written in the same transaction, done at least once, tried again with patience.

Handlers must bear being called twice. A worker takes a job for `LEASE`; one that dies leaves it to the others. A job
that is known to be long is taken again and again while it goes on, and others are done beside it.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from tortoise.exceptions import IntegrityError
from tortoise.expressions import Q
from tortoise.queryset import QuerySet
from tortoise.transactions import in_transaction

from app.features import JobHandler
from app.models import Job, Message, Schedule

LEASE = timedelta(minutes=5)
ATTEMPTS = 8
IDLE_SECONDS = 1.0

log = structlog.get_logger("jobs")


async def enqueue(
    name: str, *, now: datetime, run_at: datetime | None = None, unique: str | None = None, **arguments: object
) -> None:
    """Ask for a job, inside the caller's transaction. With `unique` a second request for the same does nothing."""
    if unique is None:
        await Job.create(name=name, arguments=arguments, run_at=run_at or now)
        return
    with contextlib.suppress(IntegrityError):
        # A savepoint of its own: on PostgreSQL a failed statement would end the caller's transaction.
        async with in_transaction():
            await Job.create(name=name, arguments=arguments, run_at=run_at or now, unique_key=unique)


def pause_after(attempts: int) -> timedelta:
    """How long to wait after the n-th failure: 20 s, 80 s, 3 minutes, …; about an hour and a half in all."""
    return timedelta(seconds=20 * attempts * attempts * (1 + attempts // 4))


class Worker:
    """Does jobs, one after another. Several may run, in one process or in many."""

    def __init__(
        self,
        handlers: Mapping[str, JobHandler],
        schedules: Mapping[str, timedelta],
        clock: Callable[[], datetime],
        long: frozenset[str] = frozenset(),
    ) -> None:
        self._handlers = handlers
        self._schedules = schedules
        self._clock = clock
        self._long = long

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping` is set. A long job that is under way then is broken off, and taken up again by another."""
        beside = asyncio.create_task(self._lane(stopping, long=True))
        try:
            await self._lane(stopping, long=False)
        finally:
            beside.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beside

    async def _lane(self, stopping: asyncio.Event, *, long: bool) -> None:
        while not stopping.is_set():
            try:
                if not long:
                    await self.plan()
                busy = await self.step(long=long)
            except Exception:  # the database may be away for a while; the worker outlives it
                log.exception("worker_fault")
                busy = False
            if not busy:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), IDLE_SECONDS)

    async def plan(self) -> None:
        """Put repeated jobs into the queue when their time has come; once, however many workers there are."""
        now = self._clock()
        for name, every in self._schedules.items():
            row = await Schedule.get_or_none(name=name)
            if row is None:
                with contextlib.suppress(IntegrityError):
                    await Schedule.create(name=name, last_at=now)
                continue
            if row.last_at + every > now:
                continue
            async with in_transaction():
                if await Schedule.filter(name=name, last_at=row.last_at).update(last_at=now):
                    await enqueue(name, now=now)

    async def step(self, *, long: bool | None = None) -> bool:
        """Do one job that is due, of either kind or only of one; whether there was one."""
        job = await self._take(long)
        if job is None:
            return False
        handler = self._handlers.get(job.name)
        try:
            if handler is None:
                raise LookupError(f"there is no job called {job.name}")
            if job.name in self._long:
                await self._kept(job, handler)
            else:
                async with asyncio.timeout(LEASE.total_seconds() * 0.9):
                    await handler(**job.arguments)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong is kept with the job and tried again
            await self._failed(job, error)
        else:
            await self._mine(job).update(finished_at=self._clock(), taken_until=None, error="")
        return True

    async def drain(self, limit: int = 1000) -> int:
        """Do everything that is due now; how many jobs that were. For tests and commands."""
        done = 0
        while done < limit and await self.step():
            done += 1
        return done

    async def _kept(self, job: Job, handler: JobHandler) -> None:
        """Do a long job, and say from time to time that it is still being done."""

        async def renew() -> None:
            while True:
                await asyncio.sleep(LEASE.total_seconds() / 4)
                try:
                    await self._mine(job).update(taken_until=self._clock() + LEASE)
                except Exception:  # the database may be away for a moment; the job itself goes on
                    log.exception("lease_fault", job=job.name)

        beat = asyncio.create_task(renew())
        try:
            await handler(**job.arguments)
        finally:
            beat.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beat

    async def _take(self, long: bool | None = None) -> Job | None:
        now = self._clock()
        due = Job.filter(
            Q(taken_until=None) | Q(taken_until__lt=now), finished_at=None, failed_at=None, run_at__lte=now
        )
        if long is not None:
            due = due.filter(name__in=list(self._long)) if long else due.exclude(name__in=list(self._long))
        if not await due.exists():
            return None  # most of the time; a transaction would take SQLite's write lock every second for nothing
        async with in_transaction():
            query = due.order_by("run_at", "id")
            job = await query.select_for_update(skip_locked=True).first()
            if job is None:
                return None
            if job.attempts >= ATTEMPTS:  # its workers died of it, without a word
                await Job.filter(id=job.id).update(
                    failed_at=now, taken_until=None, error=job.error or "no worker survived it"
                )
                return None
            job.taken_until = now + LEASE
            job.attempts += 1
            await job.save(update_fields=["taken_until", "attempts"])
            return job

    @staticmethod
    def _mine(job: Job) -> QuerySet[Job]:
        """The job as long as nobody else has taken it after our lease."""
        return Job.filter(id=job.id, attempts=job.attempts, finished_at=None)

    async def _failed(self, job: Job, error: Exception) -> None:
        now = self._clock()
        text = f"{type(error).__name__}: {error}"[:2000]
        log.warning("job_failed", job=job.name, id=job.id, attempt=job.attempts, error=type(error).__name__)
        if job.attempts >= ATTEMPTS:
            await self._mine(job).update(failed_at=now, taken_until=None, error=text)
        else:
            await self._mine(job).update(run_at=now + pause_after(job.attempts), taken_until=None, error=text)


async def clean(now: datetime, *, jobs_days: int = 7, mails_days: int = 30) -> None:
    """Forget jobs that were done and mails of some time ago; failed jobs stay until somebody looks."""
    await Job.filter(finished_at__lt=now - timedelta(days=jobs_days)).delete()
    await Message.filter(created_at__lt=now - timedelta(days=mails_days)).delete()


def described(job: Job) -> dict[str, Any]:
    """A job for an administrator, without its arguments, which may be personal."""
    return {"id": job.id, "name": job.name, "attempts": job.attempts, "error": job.error}
