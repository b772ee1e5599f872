"""What a reader made of an input: read, refused, or something that must not happen."""

from __future__ import annotations

import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NamedTuple

import numpy as np

from kneedrive.analysis import analyze
from kneedrive.archives import Limits, unwrap
from kneedrive.errors import ReadError
from kneedrive.model import Activity
from kneedrive.readers import read, strava
from tests.fuzz.inputs import Input

LONGEST_S = 2.0
ANALYSED_EVERY = 4
LIMITS = Limits(member_bytes=4_000_000, free_bytes=8_000_000, members=1000, depth=5)


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
        with bounded(LONGEST_S), warnings.catch_warnings():
            warnings.simplefilter("error")
            verdict = fed(given)
    except (Exception, Hang) as problem:  # noqa: BLE001 - the net of the fuzz: whatever comes is a finding
        return Outcome(given.number, given.kind, "failed", f"{type(problem).__name__}: {problem}"[:200])
    return Outcome(given.number, given.kind, verdict)


def fed(given: Input) -> str:
    """Read as the program would; "read" where anything came of it."""
    found: list[tuple[Activity, ...]] = []
    if given.kind == "archive":
        found += [part for part in map(_member, unwrap(given.body, "given", LIMITS)) if part]
    else:
        found.append(_read(given.kind, given.body))
    activities = [activity for part in found for activity in part]
    for activity in activities:
        sound(activity)
        if given.number % ANALYSED_EVERY == 0:
            str(analyze(activity))
    return "read" if activities else "refused"


def _member(member: tuple[str, bytes | ReadError]) -> tuple[Activity, ...]:
    body = member[1]
    return () if isinstance(body, ReadError) else _read("any", body)


def _read(kind: str, body: bytes) -> tuple[Activity, ...]:
    try:
        return strava.read(body, "given", "0" * 12) if kind == "strava" else read(body, "given")
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
