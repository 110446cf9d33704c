"""Work that follows from a change: asked for with it, done at least once, never by two at a time, tried patiently."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from app import jobs
from app.accounts.models import Agency
from app.jobs import ATTEMPTS, LEASE, Worker, pause_after
from app.models import Job, Message, Schedule
from tests.app.portal import DATABASES, fresh_database, opened

NOW = datetime(2026, 11, 5, 9, 0, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]

Run = Callable[[Callable[[], Awaitable[None]]], None]


class Clock:
    """A clock that goes only when told to."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Bench:
    """A worker with two jobs: one that works and one that fails as often as it is told to."""

    def __init__(self, *, failures: int = 0) -> None:
        self.clock = Clock()
        self.done: list[dict[str, Any]] = []
        self.failures = failures
        self.worker = Worker({"work": self.work}, {"nightly": timedelta(days=1)}, self.clock)

    async def work(self, **arguments: Any) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the mail server is away")
        self.done.append(arguments)


@pytest.fixture(params=DATABASES)
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    """Run a coroutine on a fresh database of either kind."""

    def within(work: Callable[[], Awaitable[None]]) -> None:
        async def whole() -> None:
            async with opened(settings):
                await work()

        with fresh_database(request.param, tmp_path) as settings:
            asyncio.run(whole())

    return within


def test_a_job_is_done_once_with_what_it_was_given(run: Run) -> None:
    async def story() -> None:
        bench = Bench()
        await jobs.enqueue("work", now=NOW, person="زينب", number=7, nothing=None)
        assert await bench.worker.drain() == 1
        assert bench.done == [{"person": "زينب", "number": 7, "nothing": None}]
        assert await bench.worker.drain() == 0
        job = await Job.get()
        assert job.finished_at == NOW
        assert job.attempts == 1

    run(story)


def test_a_job_is_asked_for_with_the_change_or_not_at_all(run: Run) -> None:
    async def story() -> None:
        with contextlib.suppress(ValueError):
            async with in_transaction():
                await Agency.create(slug="a", kind="office", name={}, summary={}, address={})
                await jobs.enqueue("work", now=NOW)
                raise ValueError("second thoughts")
        assert not await Job.all().count()
        assert not await Agency.all().count()

    run(story)


def test_a_job_for_later_waits_until_then(run: Run) -> None:
    async def story() -> None:
        bench = Bench()
        await jobs.enqueue("work", now=NOW, run_at=NOW + timedelta(hours=1))
        assert await bench.worker.drain() == 0
        bench.clock.now = NOW + timedelta(hours=1)
        assert await bench.worker.drain() == 1

    run(story)


def test_jobs_are_done_in_the_order_in_which_they_are_due(run: Run) -> None:
    async def story() -> None:
        bench = Bench()
        for number, minutes in ((1, 30), (2, 10), (3, 20), (4, 10)):
            await jobs.enqueue("work", now=NOW, run_at=NOW - timedelta(minutes=minutes), number=number)
        await bench.worker.drain()
        assert [given["number"] for given in bench.done] == [1, 3, 2, 4]

    run(story)


def test_what_was_asked_for_twice_under_one_name_is_done_once(run: Run) -> None:
    async def story() -> None:
        bench = Bench()
        for _times in range(3):
            await jobs.enqueue("work", now=NOW, unique="reminder-7")
        assert await bench.worker.drain() == 1

    run(story)


def test_two_who_ask_at_once_under_one_name_both_keep_their_changes(run: Run) -> None:
    async def change(slug: str) -> None:
        async with in_transaction():
            await Agency.create(slug=slug, kind="office", name={}, summary={}, address={})
            await jobs.enqueue("work", now=NOW, unique="reminder-7")
            await asyncio.sleep(0.1)

    async def story() -> None:
        await asyncio.gather(*(change(f"a{number}") for number in range(4)))
        assert await Agency.all().count() == 4, "a change that was answered with success is gone"
        assert await Job.all().count() == 1

    run(story)


def test_a_job_that_fails_is_tried_again_with_growing_patience(run: Run) -> None:
    async def story() -> None:
        bench = Bench(failures=3)
        await jobs.enqueue("work", now=NOW)
        pauses = []
        for _attempt in range(3):
            await bench.worker.drain()
            job = await Job.get()
            assert not bench.done
            assert "ConnectionError: the mail server is away" in job.error
            pauses.append(job.run_at - bench.clock.now)
            assert await bench.worker.drain() == 0, "not before its time"
            bench.clock.now = job.run_at
        assert pauses == sorted(pauses)
        assert pauses[0] < pauses[-1]
        await bench.worker.drain()
        job = await Job.get()
        assert bench.done == [{}]
        assert job.finished_at == bench.clock.now
        assert job.error == ""

    run(story)


def test_a_job_is_given_up_after_its_attempts_and_kept_for_whoever_looks(run: Run) -> None:
    async def story() -> None:
        bench = Bench(failures=1000)
        await jobs.enqueue("work", now=NOW)
        for _attempt in range(ATTEMPTS + 3):
            await bench.worker.drain()
            bench.clock.now += timedelta(days=1)
        job = await Job.get()
        assert job.attempts == ATTEMPTS
        assert job.failed_at is not None
        assert job.finished_at is None
        assert job.error
        await jobs.clean(bench.clock.now + timedelta(days=400))
        assert await Job.all().count() == 1

    run(story)


def test_the_attempts_of_a_job_last_as_long_as_the_documentation_says() -> None:
    together = sum((pause_after(number) for number in range(1, ATTEMPTS)), timedelta())
    assert together >= timedelta(hours=1, minutes=15)


def test_one_job_that_fails_does_not_keep_the_others_waiting(run: Run) -> None:
    async def story() -> None:
        bench = Bench(failures=1)
        for number in range(3):
            await jobs.enqueue("work", now=NOW, number=number)
        await bench.worker.drain()
        assert [given["number"] for given in bench.done] == [1, 2]

    run(story)


def test_a_job_that_nobody_knows_is_kept_with_the_reason(run: Run) -> None:
    async def story() -> None:
        await jobs.enqueue("removed.feature", now=NOW)
        await Bench().worker.drain()
        assert "there is no job called removed.feature" in (await Job.get()).error

    run(story)


def test_a_job_of_a_worker_that_died_is_done_by_another_after_the_lease(run: Run) -> None:
    async def story() -> None:
        bench = Bench()
        await jobs.enqueue("work", now=NOW)
        assert await bench.worker._take() is not None, "taken by a worker that never comes back"
        assert await bench.worker.drain() == 0
        bench.clock.now = NOW + LEASE - timedelta(seconds=1)
        assert await bench.worker.drain() == 0
        bench.clock.now = NOW + LEASE + timedelta(seconds=1)
        assert await bench.worker.drain() == 1
        assert bench.done == [{}]

    run(story)


def test_a_job_that_kills_its_worker_every_time_is_given_up_too(run: Run) -> None:
    async def story() -> None:
        bench = Bench()
        await jobs.enqueue("work", now=NOW)
        for _death in range(ATTEMPTS + 2):
            await bench.worker._take()
            bench.clock.now += LEASE + timedelta(seconds=1)
        assert (await Job.get()).failed_at is not None
        assert await bench.worker.drain() == 0

    run(story)


def test_workers_in_one_process_never_do_one_job_twice(run: Run) -> None:
    async def story() -> None:
        benches = [Bench() for _worker in range(4)]
        for number in range(40):
            await jobs.enqueue("work", now=NOW, number=number)
        await asyncio.gather(*(bench.worker.drain() for bench in benches))
        for bench in benches:
            await bench.worker.drain()
        done = sorted(given["number"] for bench in benches for given in bench.done)
        assert done == list(range(40))

    run(story)


PROCESS = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from app.jobs import Worker
from app.clock import now
from tests.app.portal import opened, settings_for
done = Path(sys.argv[1])
async def work(number):
    with done.open("a") as file:
        file.write(f"{{number}}\\n")
    await asyncio.sleep(0.002)
async def main():
    async with opened(settings_for(Path({folder!r}), database_url={address!r})):
        worker, idle = Worker({{"work": work}}, {{}}, now), 0
        print("ready", flush=True)
        sys.stdin.readline()
        while idle < 3:
            idle = 0 if await worker.drain() else idle + 1
            await asyncio.sleep(0.05)
asyncio.run(main())
"""


@pytest.mark.parametrize("database", DATABASES)
def test_workers_in_two_processes_never_do_one_job_twice(tmp_path: Path, database: str) -> None:
    async def ask() -> None:
        async with opened(settings):
            for number in range(100):
                await jobs.enqueue("work", now=NOW, number=number)

    with fresh_database(database, tmp_path) as settings:
        asyncio.run(ask())
        program = PROCESS.format(root=str(ROOT), folder=str(tmp_path), address=settings.database_url)
        files = [tmp_path / "one", tmp_path / "two"]
        workers = [
            subprocess.Popen(
                [sys.executable, "-c", program, str(file)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for file in files
        ]
        for worker in workers:
            assert worker.stdout
            assert worker.stdout.readline() == "ready\n"
        for worker in workers:
            assert worker.stdin
            worker.stdin.write("\n")
            worker.stdin.flush()
        for worker in workers:
            _said, complained = worker.communicate(timeout=60)
            assert worker.returncode == 0, complained
    shares = [[int(line) for line in file.read_text().split()] if file.exists() else [] for file in files]
    assert sorted(shares[0] + shares[1]) == list(range(100))
    assert all(shares), "both had something to do"


def test_what_repeats_is_put_into_the_queue_once_a_time_however_many_workers_there_are(run: Run) -> None:
    async def story() -> None:
        benches = [Bench() for _worker in range(3)]
        for day in range(4):
            for bench in benches:
                bench.clock.now = NOW + timedelta(days=day, minutes=1)
            await asyncio.gather(*(bench.worker.plan() for bench in benches))
            assert await Job.filter(name="nightly").count() == day
        assert await Schedule.all().count() == 1

    run(story)


def test_a_machine_that_was_off_for_a_week_does_what_repeats_once(run: Run) -> None:
    async def story() -> None:
        bench = Bench()
        await bench.worker.plan()
        bench.clock.now = NOW + timedelta(days=7)
        for _times in range(3):
            await bench.worker.plan()
        assert await Job.filter(name="nightly").count() == 1

    run(story)


def test_what_was_done_is_forgotten_after_a_week_and_mails_after_a_month(run: Run) -> None:
    async def story() -> None:
        bench = Bench()
        await jobs.enqueue("work", now=NOW)
        await bench.worker.drain()
        await Message.create(recipient="z@example.org", subject="s", body="b", created_at=NOW)
        await jobs.clean(NOW + timedelta(days=6))
        assert await Job.all().count() == 1
        await jobs.clean(NOW + timedelta(days=8))
        assert await Job.all().count() == 0
        assert await Message.all().count() == 1
        await jobs.clean(NOW + timedelta(days=31))
        assert await Message.all().count() == 0

    run(story)


def test_a_worker_stops_when_it_is_told_to_and_outlives_a_fault_of_its_own(run: Run) -> None:
    async def story() -> None:
        bench, stopping = Bench(), asyncio.Event()

        def broken() -> datetime:
            bench.clock.now += timedelta(seconds=1)
            if bench.clock.now < NOW + timedelta(seconds=2):
                raise OSError("the database is away")
            return bench.clock.now

        worker = Worker({"work": bench.work}, {}, broken)
        await jobs.enqueue("work", now=NOW)
        task = asyncio.create_task(worker.run(stopping))
        for _wait in range(60):
            await asyncio.sleep(0.1)
            if bench.done:
                break
        stopping.set()
        await asyncio.wait_for(task, 5)
        assert bench.done == [{}]

    run(story)


def test_an_administrator_sees_a_job_without_what_it_was_given(run: Run) -> None:
    async def story() -> None:
        await jobs.enqueue("work", now=NOW, email="z@example.org")
        assert "z@example.org" not in str(jobs.described(await Job.get()))

    run(story)


def test_a_long_job_keeps_its_lease_and_others_are_done_beside_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "LEASE", timedelta(seconds=0.2))
    monkeypatch.setattr(jobs, "IDLE_SECONDS", 0.01)

    async def work() -> None:
        done: list[str] = []
        go_on, stopping = asyncio.Event(), asyncio.Event()

        async def count() -> None:
            await go_on.wait()
            done.append("counted")

        async def mail() -> None:
            done.append("mailed")

        def worker() -> Worker:
            return Worker({"count": count, "mail": mail}, {}, lambda: datetime.now(UTC), frozenset({"count"}))

        now = datetime.now(UTC)
        await jobs.enqueue("count", now=now)
        await jobs.enqueue("mail", now=now)
        living = asyncio.create_task(worker().run(stopping))
        await asyncio.sleep(0.6)  # three leases
        assert done == ["mailed"]
        assert not await worker().step(long=True), "it is still being done, so nobody else takes it"
        go_on.set()
        await asyncio.sleep(0.2)
        stopping.set()
        await living
        assert done == ["mailed", "counted"]
        assert await Job.filter(finished_at=None).count() == 0

    run(work)


def test_a_long_job_that_is_broken_off_is_taken_up_again(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "LEASE", timedelta(seconds=0.1))
    monkeypatch.setattr(jobs, "IDLE_SECONDS", 0.01)

    async def work() -> None:
        stopping, calls = asyncio.Event(), 0

        async def count() -> None:
            nonlocal calls
            calls += 1
            if calls == 1:
                await asyncio.sleep(60)

        def worker() -> Worker:
            return Worker({"count": count}, {}, lambda: datetime.now(UTC), frozenset({"count"}))

        await jobs.enqueue("count", now=datetime.now(UTC))
        living = asyncio.create_task(worker().run(stopping))
        await asyncio.sleep(0.1)
        stopping.set()
        await living
        await asyncio.sleep(0.15)
        assert await worker().step()
        assert calls == 2

    run(work)
