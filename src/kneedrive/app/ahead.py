"""The costly part of many recordings, worked out ahead and in order; by several processes where there are many.

Reading and analysing a recording by itself needs nothing but its bytes and what the runner says about themselves.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from kneedrive.app.boundary import boundary
from kneedrive.app.derive import BODY, Alone, alone
from kneedrive.errors import ReadError
from kneedrive.model import Activity, Recording, Samples, frozen

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from kneedrive.config import Config

T = TypeVar("T")
FEW = 24  # so many are done before other processes are asked: each costs a fifth of a second to start
MOST_PROCESSES = 4  # one process writes; it keeps about four busy
LARGE_BYTES = 4 << 20  # larger ones stay here, so that what is in hand stays small
_NOTHING = Samples(time_s=frozen([]))


class _Job:
    """A recording in hand. worker: who works on it, None where `found` is the result."""

    def __init__(self, recording: Recording | None) -> None:
        self.recording = recording
        self.worker: _Worker | None = None
        self.found: Alone | None = None


class _Worker:
    """Another process that works on one recording at a time, so that neither side ever waits for the other to read."""

    def __init__(self, settings: Config) -> None:
        from multiprocessing import get_context, resource_tracker

        resource_tracker.ensure_running()  # would let Ctrl-C through again if it were started below
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(target=_work, args=(theirs, settings), daemon=True)
        self.job: _Job | None = None
        with _uninterrupted():  # a process that starts here inherits that Ctrl-C is not for it
            self._process.start()
        theirs.close()  # theirs alone: where one side ends, the other is told

    def begin(self, job: _Job) -> None:
        """Hand over a job. Raises OSError where the process has ended."""
        self._pipe.send(job.recording)
        self.job, job.worker = job, self

    def finish(self) -> None:
        """Wait for the result of the job in hand, if there is one. Raises EOFError, OSError as above."""
        if self.job is not None:
            self.job.found = self._pipe.recv()
            self.job.worker = None
            self.job = None

    def end(self) -> None:
        """It holds nothing that could be lost."""
        self._pipe.close()
        self._process.terminate()
        self._process.join()


class Ahead:
    """Works ahead of whoever takes the results. Use it in `with`: it ends its processes.

    settings: only what the runner says about themselves leaves this process. processes: None for one a core.
    """

    def __init__(self, settings: Config, *, processes: int | None = None) -> None:
        self._settings = settings.replace(
            values={key: settings[key] for key in (*BODY, "runner.name")}, origins={}, file=Path()
        )
        self._processes = min(_cores() if processes is None else processes, MOST_PROCESSES)
        self._workers: deque[_Worker] = deque()
        self._done = 0

    def __enter__(self) -> Ahead:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()

    def each(self, jobs: Iterable[tuple[T, Recording | None]]) -> Iterator[tuple[T, Alone | None]]:
        """What each recording says by itself beside its ticket, in the order given. Jobs are taken some way ahead.

        None for a job without a recording, and for one that cannot be read: whoever reads it again will say why.
        """
        waiting: deque[tuple[T, _Job]] = deque()
        for ticket, recording in jobs:
            job = _Job(recording)
            self._begin(job)
            waiting.append((ticket, job))
            while len(waiting) > len(self._workers):
                first, begun = waiting.popleft()
                yield first, self._finished(begun)
        for last, begun in waiting:
            yield last, self._finished(begun)

    def _begin(self, job: _Job) -> None:
        if job.recording is None:
            return
        self._done += 1
        if self._done == FEW:
            self._start()
        if self._workers and len(job.recording.body) <= LARGE_BYTES:
            self._hand_over(job)
        if job.worker is None:
            job.found = _found(job.recording, self._settings)

    def _hand_over(self, job: _Job) -> None:
        """To the workers in turn. One that has ended (killed, for want of memory perhaps) is asked no more."""
        worker = self._workers.popleft()
        try:
            worker.finish()
            worker.begin(job)
        except (EOFError, OSError):
            self._lost(worker)
        else:
            self._workers.append(worker)

    def _finished(self, job: _Job) -> Alone | None:
        if job.worker is not None:
            worker = job.worker
            try:
                worker.finish()
            except (EOFError, OSError):
                self._workers.remove(worker)
                self._lost(worker)
        return job.found

    def _lost(self, worker: _Worker) -> None:
        worker.end()
        if worker.job and worker.job.recording:
            worker.job.found = _found(worker.job.recording, self._settings)
            worker.job.worker = None

    def _start(self) -> None:
        # Where signals cannot be kept from a child, one process does it all.
        if self._processes < 2 or not hasattr(signal, "pthread_sigmask"):
            return
        try:
            while len(self._workers) < self._processes:
                self._workers.append(_Worker(self._settings))
        except (OSError, ImportError):  # a system that has no more to give
            return


def _work(pipe: Connection, settings: Config) -> None:
    """The life of a worker: it ends when the other side does, however that ends."""
    try:
        while True:
            pipe.send(_told(pipe.recv(), settings))
    except (EOFError, OSError):
        return


def _found(recording: Recording, settings: Config) -> Alone | None:
    with suppress(ReadError), boundary(recording.name, quiet=True):
        return alone(recording, settings)
    return None


def _told(recording: Recording, settings: Config) -> Alone | None:
    """In another process: the same without samples, a few kilobytes to send back."""
    found = _found(recording, settings)
    if found is None:
        return None
    return Alone(
        rows=tuple(row.replace(activity=_bare(row.activity)) for row in found.rows),
        runs={
            key: run.replace(analysis=run.analysis.replace(activity=_bare(run.analysis.activity)))
            for key, run in found.runs.items()
        },
    )


def _bare(activity: Activity) -> Activity:
    return activity.replace(samples=_NOTHING, alternatives={}, laps=(), pauses=(), sensors=())


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back for a moment; children that start in it never get one."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
