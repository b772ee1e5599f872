"""The costly part of many recordings, worked out ahead and in order; by several processes where there are many.

Reading and analysing a recording by itself needs nothing but its bytes and what the runner says about themselves.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from kneedrive.app.derive import BODY, Alone, alone
from kneedrive.errors import ReadError
from kneedrive.model import Activity, Recording, Samples, frozen
from kneedrive.value import Value

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

    from kneedrive.config import Config

T = TypeVar("T")
FEW = 24  # so many are done before other processes are asked: each costs a fifth of a second to start
MOST_PROCESSES = 4  # one process writes; it keeps about four busy
IN_HAND = 3  # recordings that wait for each process, so that none is idle
LARGE_BYTES = 4 << 20  # larger ones stay here, so that what waits stays small
_NOTHING = Samples(time_s=frozen([]))


class _Waiting(Value):
    """A recording in hand: what came of it, or who will say."""

    recording: Recording | None
    found: Alone | None = None
    promise: Future[Alone | None] | None = None


class Ahead:
    """Works ahead of whoever takes the results. Use it in `with`: it ends its processes.

    settings: only what the runner says about themselves leaves this process. processes: None for one a core.
    """

    def __init__(self, settings: Config, *, processes: int | None = None) -> None:
        self._settings = settings.replace(
            values={key: settings[key] for key in (*BODY, "runner.name")}, origins={}, file=Path()
        )
        self._processes = min(_cores() if processes is None else processes, MOST_PROCESSES)
        self._pool: ProcessPoolExecutor | None = None
        self._done = 0

    def __enter__(self) -> Ahead:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def each(self, jobs: Iterable[tuple[T, Recording | None]]) -> Iterator[tuple[T, Alone | None]]:
        """What each recording says by itself beside its ticket, in the order given. Jobs are taken some way ahead.

        None for a job without a recording, and for one that cannot be read: whoever reads it again will say why.
        """
        waiting: deque[tuple[T, _Waiting]] = deque()
        for ticket, recording in jobs:
            waiting.append((ticket, self._begin(recording)))
            while len(waiting) > (IN_HAND * self._processes if self._pool else 0):
                first, begun = waiting.popleft()
                yield first, self._finish(begun)
        for last, begun in waiting:
            yield last, self._finish(begun)

    def _begin(self, recording: Recording | None) -> _Waiting:
        if recording is None:
            return _Waiting(recording=None)
        self._done += 1
        if self._done == FEW:
            self._start()
        if self._pool is None or len(recording.body) > LARGE_BYTES:
            return _Waiting(recording=recording, found=_found(recording, self._settings))
        from concurrent.futures import BrokenExecutor

        try:
            with _uninterrupted():  # processes start here, and inherit that Ctrl-C is not for them
                return _Waiting(recording=recording, promise=self._pool.submit(_told, recording, self._settings))
        except (BrokenExecutor, OSError):
            self._end()
            return _Waiting(recording=recording, found=_found(recording, self._settings))

    def _finish(self, begun: _Waiting) -> Alone | None:
        if begun.recording is None or begun.promise is None:
            return begun.found
        from concurrent.futures import BrokenExecutor, CancelledError

        try:
            return begun.promise.result()
        except (BrokenExecutor, CancelledError):  # killed from outside, for want of memory perhaps: go on alone
            self._end()
            return _found(begun.recording, self._settings)

    def _start(self) -> None:
        # Where signals cannot be kept from a child, one process does it all.
        if self._processes < 2 or not hasattr(signal, "pthread_sigmask"):
            return
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        try:
            self._pool = ProcessPoolExecutor(self._processes, mp_context=get_context("spawn"), initializer=_stay_near)
        except (OSError, ImportError, NotImplementedError):  # a system without semaphores
            self._pool = None

    def _end(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None


def _found(recording: Recording, settings: Config) -> Alone | None:
    try:
        return alone(recording, settings)
    except ReadError:
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


def _stay_near() -> None:
    """End with the process that asked, however it ends: waiting for work, a child would not notice a kill."""
    from multiprocessing import parent_process
    from threading import Thread

    parent = parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
        os._exit(1)

    Thread(target=watch, daemon=True).start()


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
