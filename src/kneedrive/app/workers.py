"""One pure function over many jobs, by a concurrent.futures.Executor: processes here, or the workers of a Dask cluster.

Jobs are taken from their iterator a bounded way ahead, and results come in the order of the jobs. A worker that is lost
(killed, for want of memory perhaps) loses nothing: what was in hand is done again, one job at a time, so that a job
which ends its worker again is known, and only that one comes back as Lost.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Generic, Protocol, Self, TypeVar

from kneedrive.errors import ConfigError, Unreachable
from kneedrive.record import Record

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

J = TypeVar("J")
R = TypeVar("R")
AHEAD = 4  # jobs in hand for each process: none waits for the next, and what is held in memory stays small
LOOK_AGAIN = 256  # batches after which a cluster is asked how many workers it has now


class Lost(Record, frozen=True, kw_only=True):
    """A job that ended the process which worked on it, twice; no result."""


class Crew(Protocol):
    """Where the work is done. batch: jobs that are handed over at once, where handing over is slow."""

    batch: int

    def submit(self, function: Callable[[J], R], job: J) -> Future[R]:
        """Hand over a job. Raises BrokenExecutor where a worker was lost."""

    def ahead(self) -> int:
        """How many jobs should be in hand."""

    def outcome(self, future: Future[R]) -> R | Lost:
        """Wait for a result. Raises BrokenExecutor where the jobs in hand went with a worker."""

    def alone(self, function: Callable[[J], R], jobs: list[J]) -> list[R | Lost]:
        """Do jobs that were in hand when a worker was lost, one at a time."""


class _InHand(Generic[J, R]):
    def __init__(self, job: J, future: Future[R] | None) -> None:
        self.job = job
        self.future = future
        self.result: R | Lost | None = None


def each(function: Callable[[J], R], jobs: Iterable[J], crew: Crew) -> Iterator[tuple[J, R | Lost]]:
    """Each job with its result, in order. The function must be importable where the crew works, and pure."""
    for batch, results in _batches(partial(_in_turn, function), batched(jobs, crew.batch), crew):
        if isinstance(results, Lost):  # of several, only the one that ends its worker again is lost
            results = crew.alone(function, list(batch)) if len(batch) > 1 else [results]
        yield from zip(batch, results, strict=True)


def batched(jobs: Iterable[J], size: int) -> Iterator[tuple[J, ...]]:
    """The jobs in tuples of this size, the last as long as what is left."""
    left = iter(jobs)
    while batch := tuple(islice(left, size)):
        yield batch


def _in_turn(function: Callable[[J], R], batch: tuple[J, ...]) -> list[R | Lost]:
    """In a worker: what the function makes of each."""
    return [function(job) for job in batch]


def _batches(function: Callable[[J], R], jobs: Iterable[J], crew: Crew) -> Iterator[tuple[J, R | Lost]]:
    """Each batch with its result, in order."""
    waiting: deque[_InHand[J, R]] = deque()
    ahead = 0
    for number, job in enumerate(jobs):
        if number % LOOK_AGAIN == 0:
            ahead = crew.ahead()
        waiting.append(_InHand(job, _submitted(function, job, crew)))
        yield from _taken(function, waiting, crew, leave=ahead)
    yield from _taken(function, waiting, crew, leave=0)


def _taken(
    function: Callable[[J], R], waiting: deque[_InHand[J, R]], crew: Crew, leave: int
) -> Iterator[tuple[J, R | Lost]]:
    """The first jobs that wait with their results, until so many are left."""
    while len(waiting) > leave:
        done = _first(function, waiting, crew)
        yield done


def _submitted(function: Callable[[J], R], job: J, crew: Crew) -> Future[R] | None:
    """None where the crew broke before: the job then waits among those that are done again."""
    try:
        return crew.submit(function, job)
    except BrokenExecutor:
        return None


def _first(function: Callable[[J], R], waiting: deque[_InHand[J, R]], crew: Crew) -> tuple[J, R | Lost]:
    """The first that waits with its result; where its worker was lost, all that were in hand with it are done again."""
    first = waiting[0]
    if first.result is None:
        try:
            if first.future is not None:
                first.result = crew.outcome(first.future)
        except BrokenExecutor:
            pass
    if first.result is None:
        undone = [each for each in waiting if each.result is None and not _done(each.future)]
        for each, result in zip(undone, crew.alone(function, [each.job for each in undone]), strict=True):
            each.result = result
    waiting.popleft()
    if first.result is None:
        message = "a job without a result"
        raise AssertionError(message)
    return first.job, first.result


def _done(future: Future[R] | None) -> bool:
    return future is not None and future.done() and not future.cancelled() and future.exception() is None


# The processes of this machine.


class Processes:
    """So many processes, begun with the first job. Use it in `with`: it ends them.

    They end when this process does, however that ends, and Ctrl-C is not for them.
    """

    batch = 1

    def __init__(self, processes: int | None = None) -> None:
        self._processes = processes or cores()
        self._pool: ProcessPoolExecutor | None = None
        self.lost = 0  # how often jobs in hand went with a process

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def submit(self, function: Callable[[J], R], job: J) -> Future[R]:
        """Hand over a job; processes are started as they are needed. Where a system has no more, it is done here."""
        try:
            if self._pool is None:
                self._pool = started(self._processes)
            with uninterrupted():
                return self._pool.submit(function, job)
        except (OSError, ImportError, NotImplementedError):
            return Here().submit(function, job)

    def ahead(self) -> int:
        """How many jobs should be in hand."""
        return AHEAD * self._processes

    def outcome(self, future: Future[R]) -> R | Lost:
        """Wait for a result."""
        return future.result()

    def alone(self, function: Callable[[J], R], jobs: list[J]) -> list[R | Lost]:
        """Do these one at a time, after a process was lost; then there are new ones."""
        self._end()
        self.lost += 1
        found: list[R | Lost] = []
        with Processes(1) as single:
            for job in jobs:
                try:
                    found.append(single.submit(function, job).result())
                except BrokenExecutor:
                    found.append(Lost())
                    single._end()
        return found

    def _end(self) -> None:
        if self._pool is not None:
            end(self._pool)
            self._pool = None


def started(processes: int) -> ProcessPoolExecutor:
    """An executor whose processes start with its jobs, and end when this one does. Hand over `uninterrupted`."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context, resource_tracker

    resource_tracker.ensure_running()  # would let Ctrl-C through again if it were started while that is held back
    return ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_end_with_parent)


def end(pool: Executor) -> None:
    """Shut an executor down and wait for its processes, also where some were killed."""
    if sys.version_info < (3, 11, 5) and getattr(pool, "_broken", False):
        # These wait for ever to hand jobs to processes that are dead (gh-94777), unless nobody can read them.
        reader = getattr(getattr(pool, "_call_queue", None), "_reader", None)
        if reader is not None:
            reader.close()
    pool.shutdown(cancel_futures=True)


def _end_with_parent() -> None:
    """In a worker: end when the other side does, however that ends; a queue does not tell."""
    from multiprocessing import parent_process

    parent = parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back for a moment; children that start in it never get one. Nothing where a system has no masks."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Here:
    """No other process: the jobs are done by this one, as they come."""

    batch = 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, function: Callable[[J], R], job: J) -> Future[R]:
        """Do the job; it is done on return."""
        future: Future[R] = Future()
        future.set_result(function(job))
        return future

    def ahead(self) -> int:
        """None waits."""
        return 0

    def outcome(self, future: Future[R]) -> R | Lost:
        """The result, which is there."""
        return future.result()

    def alone(self, function: Callable[[J], R], jobs: list[J]) -> list[R | Lost]:
        """The same."""
        return [function(job) for job in jobs]


# The workers of an existing Dask cluster.


_ADDRESS = re.compile(r"(tcp|tls|ws|wss|ucx)://\S+:\d+|inproc://\S+")


class Cluster:
    """The workers of a Dask scheduler. Use it in `with`: it takes leave, and the cluster stays.

    The scheduler itself gives a lost worker's jobs to others; a job that ends several workers is Lost.
    """

    batch = 16

    def __init__(self, address: str, *, timeout_s: float = 20.0) -> None:
        """Connect. Raises ConfigError without the extra or for no address, Unreachable where nobody answers."""
        try:
            from distributed import Client
        except ModuleNotFoundError:
            message = (
                "--scheduler needs distributed, which is not installed: pip install 'kneedrive[cluster]' brings it"
            )
            raise ConfigError(message) from None
        if not _ADDRESS.fullmatch(address):
            message = f"--scheduler {address} is no address: write tcp://HOST:PORT, as 'dask scheduler' prints it"
            raise ConfigError(message)
        try:
            self._client = Client(address, timeout=timeout_s, set_as_default=False)
        except (OSError, TimeoutError) as error:
            message = f"no scheduler answers at {address}: start one with 'dask scheduler', or leave --scheduler out"
            raise Unreachable(message) from error
        self._executor = self._client.get_executor(pure=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def submit(self, function: Callable[[J], R], job: J) -> Future[R]:
        """Hand over a job to Dask's executor, whose submit and result are those of concurrent.futures."""
        future: Future[R] = self._executor.submit(function, job)
        return future

    def ahead(self) -> int:
        """Two batches for each thread that there is now; a cluster may grow while it works."""
        threads = int(sum(self._client.nthreads().values()))
        return 2 * max(threads, 1)

    def outcome(self, future: Future[R]) -> R | Lost:
        """Wait for a result. Raises Unreachable without the scheduler, ConfigError for workers without kneedrive."""
        from distributed.comm import CommClosedError
        from distributed.scheduler import KilledWorker

        try:
            return future.result()
        except KilledWorker:
            return Lost()
        except ModuleNotFoundError as error:
            message = f"the workers of the cluster cannot import {error.name}: install this version of kneedrive there"
            raise ConfigError(message) from error
        except (CancelledError, CommClosedError, TimeoutError) as error:
            message = "the scheduler is gone: the same command goes on from there, once it runs again"
            raise Unreachable(message) from error

    def alone(self, function: Callable[[J], R], jobs: list[J]) -> list[R | Lost]:
        """Do the jobs of a batch one at a time, each in the hands of the scheduler as a batch is."""
        return [self.outcome(self.submit(function, job)) for job in jobs]
