"""One pure function over many jobs: by this process, by others on this machine, or by the workers of a Dask cluster.

Jobs are taken from their iterator a bounded way ahead, and results come in the order of the jobs. A worker that is lost
(killed, for want of memory perhaps) loses nothing: its job is done again while no other is in hand, so that a job which
ends its worker again is known, and only that one comes back as Lost.
"""

from __future__ import annotations

import os
import re
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from functools import partial
from itertools import islice
from traceback import format_exception
from typing import TYPE_CHECKING, Self, TypeVar

from kneedrive.errors import ConfigError, Unreachable, not_installed
from kneedrive.record import Record

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

J = TypeVar("J")
R = TypeVar("R")


class Lost(Record, frozen=True, kw_only=True):
    """A job that ended the process which worked on it, twice; no result."""


class Crew:
    """Where the work is done. Use it in `with`.

    batch: jobs that are handed over at once, where handing over is slow.
    """

    batch = 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, function: Callable[[J], R], job: J) -> Future[R | Lost]:
        """Hand over a job."""
        raise NotImplementedError

    def ahead(self) -> int:
        """How many batches should be in hand."""
        return 0

    def outcome(self, future: Future[R | Lost]) -> R | Lost:
        """Wait for a result; Lost where its worker was lost."""
        return future.result()


def each(function: Callable[[J], R], jobs: Iterable[J], crew: Crew) -> Iterator[tuple[J, R | Lost]]:
    """Each job with its result, in order. The function must be importable where the crew works, and pure."""
    work = partial(_in_turn, function)
    waiting: deque[tuple[tuple[J, ...], Future[list[R] | Lost]]] = deque()
    left = iter(jobs)
    while batch := tuple(islice(left, crew.batch)):  # itertools.batched, which Python 3.11 does not have
        waiting.append((batch, crew.submit(work, batch)))
        while len(waiting) > crew.ahead():
            yield from _first(work, waiting, crew)
    while waiting:
        yield from _first(work, waiting, crew)


def _in_turn(function: Callable[[J], R], batch: tuple[J, ...]) -> list[R]:
    return [function(job) for job in batch]


def _first(
    work: Callable[[tuple[J, ...]], list[R]], waiting: deque[tuple[tuple[J, ...], Future[list[R] | Lost]]], crew: Crew
) -> Iterator[tuple[J, R | Lost]]:
    """The jobs of the batch that waits longest, with their results."""
    batch, future = waiting.popleft()
    results = crew.outcome(future)
    if not isinstance(results, Lost):
        yield from zip(batch, results, strict=True)
        return
    # Alone, so that a job whose worker ended for want of memory that another one used is not blamed.
    wait([other for _, other in waiting])
    for job in batch:
        again = crew.outcome(crew.submit(work, (job,)))
        yield job, again if isinstance(again, Lost) else again[0]


class Here(Crew):
    """No other process: the jobs are done by this one, as they come."""

    def submit(self, function: Callable[[J], R], job: J) -> Future[R | Lost]:
        """Do the job; it is done on return."""
        future: Future[R | Lost] = Future()
        future.set_result(function(job))
        return future


# The processes of this machine.


AHEAD = 4  # jobs in hand for each process: none waits for the next, and what is held in memory stays small


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Processes(Crew):
    """So many processes, started as jobs come. Use it in `with`: it ends them.

    They end when this process does, however that ends, and Ctrl-C is not for them.
    """

    # Each process has a thread here, and a pipe to it that nobody else holds: when one is killed, at whatever moment,
    # its pipe breaks, and its thread knows. The processes of a ProcessPoolExecutor share a pipe for jobs and one for
    # results: where one is killed in the middle of a message, the executor waits for the other half for ever, on every
    # Python; and before 3.11.5 it waits for a dead process to take a large job (CPython's gh-94777).

    def __init__(self, processes: int | None = None) -> None:
        self.processes = processes or cores()
        self._threads: ThreadPoolExecutor | None = None
        self._workers: dict[int, tuple[SpawnProcess, Connection]] = {}  # by thread
        self._starting = threading.Lock()
        self._ended = False

    def __exit__(self, *_: object) -> None:
        with self._starting:
            self._ended = True
            for process, _pipe in list(self._workers.values()):  # a thread may take out its own
                process.kill()
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)
        for process, pipe in self._workers.values():
            process.join()
            pipe.close()

    def submit(self, function: Callable[[J], R], job: J) -> Future[R | Lost]:
        """Hand over a job. Where a system has no more processes or threads, it is done here."""
        threads = self._threads or ThreadPoolExecutor(self.processes, initializer=_without_ctrl_c)
        try:
            future = threads.submit(self._asked, function, job)
        except RuntimeError:  # no thread can be started: an executor without any would only gather jobs in its queue
            return Here().submit(function, job)
        self._threads = threads
        return future

    def ahead(self) -> int:
        """How many jobs should be in hand."""
        return AHEAD * self.processes

    def _asked(self, function: Callable[[J], R], job: J) -> R | Lost:
        """In a thread: what its process makes of a job. Raises what the function raised there."""
        own = threading.get_ident()
        fresh = own not in self._workers
        try:
            process, pipe = self._workers.get(own) or self._started()
        except (OSError, ImportError, AssertionError):
            # An AssertionError where this process is one of a multiprocessing.Pool: those may have no others.
            return function(job)
        error: BaseException | None
        result: R
        try:
            pipe.send((function, job))
            error, result = pipe.recv()
        except (EOFError, OSError, MemoryError):
            process.kill()
            process.join()
            pipe.close()
            self._workers.pop(own)
            # One that was there before may have been killed while it waited: the job is not to blame.
            return Lost() if fresh else self._asked(function, job)
        if error is not None:
            raise error
        return result

    def _started(self) -> tuple[SpawnProcess, Connection]:
        from multiprocessing import get_context

        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs,), daemon=True)
        with self._starting:
            if self._ended:
                raise BrokenExecutor("nobody waits for this job any more")
            process.start()
            self._workers[threading.get_ident()] = process, ours
        theirs.close()  # else this end would stay open when the process is gone
        return process, ours


def _without_ctrl_c() -> None:
    """In a thread: processes that are started here inherit that Ctrl-C is not for them, from their first moment."""
    if hasattr(signal, "pthread_sigmask"):
        from multiprocessing import resource_tracker

        with suppress(OSError):
            resource_tracker.ensure_running()  # first: where it is started it lets Ctrl-C through again
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _work(pipe: Connection) -> None:
    """In a process: do jobs, until the other side closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where a system has no masks
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # An executor of one thread, because it catches whatever a function raises.
    with suppress(EOFError, OSError), ThreadPoolExecutor(1) as hand:
        while True:
            function, job = pipe.recv()
            # A result that cannot be pickled is found out before any of it is sent: it is an error of its job's.
            done = hand.submit(lambda function, job: pipe.send((None, function(job))), function, job)
            if error := done.exception():
                error.add_note("".join(format_exception(error)))  # of which the other side gets no traceback
                pipe.send((error, None))


def _end_with_parent() -> None:
    """In a process: end when the one that started it does, in the middle of a job too."""
    from multiprocessing import parent_process

    if parent := parent_process():
        parent.join()
        os._exit(1)


# The workers of an existing Dask cluster.


_ADDRESS = re.compile(r"(tcp|tls|ws|wss|ucx)://\S+:\d+|inproc://\S+")
_LOOK_AGAIN = 256  # batches after which a cluster is asked how many workers it has now


class Cluster(Crew):
    """The workers of a Dask scheduler. Use it in `with`: it takes leave, and the cluster stays.

    The scheduler itself gives a lost worker's jobs to others; a job that ends several workers is Lost.
    """

    batch = 16

    def __init__(self, address: str, *, timeout_s: float = 20.0) -> None:
        """Connect. Raises ConfigError without the extra or for no address, Unreachable where nobody answers."""
        try:
            from distributed import Client
        except ModuleNotFoundError:
            raise not_installed("--scheduler needs distributed", extra="cluster") from None
        if not _ADDRESS.fullmatch(address):
            raise ConfigError(
                f"--scheduler {address} is no address: write tcp://HOST:PORT, as 'dask scheduler' prints it"
            )
        try:
            self._client = Client(address, timeout=timeout_s, set_as_default=False)
        except (OSError, TimeoutError) as error:
            remedy = "start one with 'dask scheduler', or leave --scheduler out"
            raise Unreachable(f"no scheduler answers at {address}: {remedy}") from error
        self._executor = self._client.get_executor(pure=False)
        self._asked = 0
        self._ahead = 0

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def submit(self, function: Callable[[J], R], job: J) -> Future[R | Lost]:
        """Hand over a job to Dask's executor, whose submit and result are those of concurrent.futures."""
        future: Future[R | Lost] = self._executor.submit(function, job)
        return future

    def ahead(self) -> int:
        """Two batches for each thread that there is now; a cluster may grow while it works."""
        if self._asked % _LOOK_AGAIN == 0:
            self._ahead = 2 * max(int(sum(self._client.nthreads().values())), 1)
        self._asked += 1
        return self._ahead

    def outcome(self, future: Future[R | Lost]) -> R | Lost:
        """Wait for a result. Raises Unreachable without the scheduler, ConfigError for workers without kneedrive."""
        from distributed.comm import CommClosedError
        from distributed.scheduler import KilledWorker

        try:
            return future.result()
        except KilledWorker:
            return Lost()
        except ModuleNotFoundError as error:
            remedy = "install this version of kneedrive there"
            raise ConfigError(f"the workers of the cluster cannot import {error.name}: {remedy}") from error
        except (CancelledError, CommClosedError, TimeoutError) as error:
            raise Unreachable(
                "the scheduler is gone: the same command goes on from there, once it runs again"
            ) from error
