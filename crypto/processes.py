"""Several processes for long arithmetic, which leave Ctrl-C to the process that started them."""

import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from typing import Any, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")

IN_FLIGHT = 3
"""Pieces of work a process that are handed out and not yet taken back, so that memory stays bounded."""


def spread(
    function: Callable[[Item], Answer],
    items: Iterable[Item],
    jobs: int,
    initializer: Callable[..., object] | None = None,
    arguments: tuple[Any, ...] = (),
) -> Iterator[Answer]:
    """`function` of every item, in any order, by `jobs` processes; each first calls `initializer`."""
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (initializer, arguments))
    pending: set[Future[Answer]] = set()
    try:
        for item in items:
            pending.add(_submit(pool, function, item))
            if len(pending) >= IN_FLIGHT * jobs:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)
    finally:
        for future in pending:
            future.cancel()
        pool.shutdown(wait=True)


def _submit(pool: ProcessPoolExecutor, function: Callable[[Item], Answer], item: Item) -> Future[Answer]:
    """Hand out one piece. A process may be started by it, and inherits that SIGINT is held back."""
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return pool.submit(function, item)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)


def _begin(initializer: Callable[..., object] | None, arguments: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if initializer is not None:
        initializer(*arguments)
