"""What a reader made of an input: read, refused, or something that must not happen."""

from __future__ import annotations

import gc
import math
import signal
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NamedTuple

import numpy as np

from kneedrive.analysis import analyze
from kneedrive.archives import unwrap
from kneedrive.archives.unpack import Limits
from kneedrive.errors import ReadError
from kneedrive.readers import read, strava
from kneedrive.recording import Activity
from tests.fuzz.inputs import Input, make
from tests.growth import STEEPEST, slowness, steepness

LONGEST_S = 2.0
ANALYSED_EVERY, MOST_ANALYSED = 4, 2
MOST_READ = 1_000_000  # bytes of what an archive unfolds to; it may hold 200 times its own size
LIMITS = Limits()
SOON_S = 0.2  # processor time below which nothing is compared
TRIES = 8


class Hang(BaseException):
    """An input took longer than it may; not an Exception, so that nothing swallows it."""


class Broken(AssertionError):
    """A reader returned an activity that breaks its own promises."""


class Outcome(NamedTuple):
    """verdict: "read", "refused" or "failed"; of a failure, the kind of error and what it says."""

    number: int
    kind: str
    verdict: str
    problem: str = ""


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Raise Hang when the block takes so much processor time; a busy machine does not count against it."""

    def too_long(_signal: int, _frame: FrameType | None) -> None:
        raise Hang(f"took longer than {seconds:.0f} s")

    before = signal.signal(signal.SIGPROF, too_long)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, before)


def judge(given: Input) -> Outcome:
    """Feed one input. Every error but ReadError is a failure, warnings, MemoryError and Hang included."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            verdict = fed_in_time(given)
            if given.grown:
                linear(given)
    except (Exception, Hang) as problem:  # noqa: BLE001 - the net of the fuzz: whatever comes is a finding
        return Outcome(given.number, given.kind, "failed", f"{type(problem).__name__}: {problem}"[:200])
    return Outcome(given.number, given.kind, verdict)


def fed_in_time(given: Input) -> str:
    """`fed`, within LONGEST_S; what took longer has a second try, with the time that this core needs just now."""
    try:
        with bounded(LONGEST_S):
            return fed(given)
    except Hang:
        with bounded(LONGEST_S * slowness()):
            return fed(given)


def linear(given: Input) -> None:
    """Raise Broken where the time grows faster than the input."""

    def spent_for(times: int) -> float:
        try:
            larger = make(given.number, times=times)
        except MemoryError:
            return math.inf  # the limit is the reader's; what makes the input may want more, and is not asked
        return spent_s(larger)

    factor = steepness(spent_for, soon_s=SOON_S, tries=TRIES)
    if STEEPEST < factor < math.inf:
        raise Broken(f"twice the input takes {factor:.1f} times as long")


def spent_s(given: Input) -> float:
    """Processor time of reading an input, without what the collector of garbage spends on everything else there is."""
    gc.collect()
    gc.disable()
    try:
        begun_s = time.process_time()
        with bounded(4 * STEEPEST * LONGEST_S):
            activities_of(given)
        return time.process_time() - begun_s
    finally:
        gc.enable()


def activities_of(given: Input) -> tuple[Activity, ...]:
    """What the readers make of an input; none where they refuse it."""
    return _unfolded(given.body) if given.kind == "archive" else _read(given.kind, given.body)


def fed(given: Input) -> str:
    """Read as the program would; "read" where anything came of it."""
    activities = activities_of(given)
    for activity in activities:
        sound(activity)
    if given.number % ANALYSED_EVERY == 0:
        for activity in activities[:MOST_ANALYSED]:
            str(analyze(activity))
    return "read" if activities else "refused"


def _unfolded(archive: bytes) -> tuple[Activity, ...]:
    """The activities of an archive; all of it is unfolded, its first megabyte read."""
    found: list[Activity] = []
    left = MOST_READ
    for _, body in unwrap(archive, "given", LIMITS):
        if not isinstance(body, ReadError) and len(body) <= left:
            left -= len(body)
            found += _read("any", body)
    return tuple(found)


def _read(kind: str, body: bytes) -> tuple[Activity, ...]:
    try:
        return tuple(strava.read(body)) if kind == "strava" else read(body, "given")
    except ReadError as error:
        if not str(error).strip() or "\n" in str(error):
            raise Broken(f"the refusal is not one sentence: {error!r}") from error
        return ()


def sound(activity: Activity) -> None:
    """What every activity promises, whatever it came from."""
    time_s, samples = activity.samples.time_s, activity.samples.present()
    promises = {
        "times are finite": bool(np.all(np.isfinite(time_s))),
        "times do not fall": bool(np.all(np.diff(time_s) >= 0)),
        "channels are as long as time": all(len(values) == len(time_s) for values in samples.values()),
        "no channel is infinite": not any(np.isinf(values).any() for values in samples.values()),
        "durations are sane": 0 <= activity.duration_s < 1e9 and 0 <= activity.elapsed_s < 1e9,
        "distance is not negative": activity.distance_m is None or activity.distance_m >= 0,
        "the start has a zone": activity.started_at.tzinfo is not None,
    }
    broken = [promise for promise, held in promises.items() if not held]
    if broken:
        raise Broken("; ".join(broken))
