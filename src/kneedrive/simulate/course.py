"""Where and how fast a simulated run goes: a plan of segments laid out second by second."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kneedrive.model import Array, Interval
from kneedrive.simulate.noise import ar1
from kneedrive.value import Value

# A change of pace or slope takes this long: slow enough that it is not taken for an acceleration.
_CHANGE_S = 20
_BURST_RAMP_S = 6.0  # fast enough to be found as an acceleration
_WANDER_MPS = 0.04  # nobody holds a pace exactly
_WANDER_RHO = 0.98
_START_ALTITUDE_M = 110.0


class Segment(NamedTuple):
    """A stretch of the plan. kind: "run", "walk", "burst" (an acceleration up to the speed) or "pause"."""

    seconds: int
    speed_mps: float = 0.0
    grade: float = 0.0
    kind: str = "run"


class Course(Value):
    """The true course of a run at each recorded second; arrays of one length."""

    time_s: Array
    speed_mps: Array
    grade: Array
    distance_m: Array
    altitude_m: Array
    walking: npt.NDArray[np.bool_]
    bursting: npt.NDArray[np.bool_]
    pauses: tuple[Interval, ...]
    elapsed_s: float

    def __len__(self) -> int:
        return len(self.time_s)


def lay(plan: tuple[Segment, ...], rng: np.random.Generator) -> Course:
    """The course of a plan. Pauses leave a hole in the time axis, as automatic pause does."""
    seconds = [segment.seconds for segment in plan]
    ends = np.cumsum(seconds)
    kinds = np.repeat([segment.kind for segment in plan], seconds)
    moving = kinds != "pause"
    base = _smooth(np.repeat(_base_speeds(plan), seconds)[moving])
    # Bursts ride on top of the smoothed pace, or smoothing would take away what makes them bursts.
    bumps = np.concatenate([_bump(segment, low) for segment, low in zip(plan, _base_speeds(plan), strict=True)])
    speed = base + bumps[moving] + ar1(rng, int(moving.sum()), sd=_WANDER_MPS, rho=_WANDER_RHO)
    grade = _smooth(np.repeat([segment.grade for segment in plan], seconds)[moving])
    pauses = [(end - segment.seconds, end) for segment, end in zip(plan, ends, strict=True) if segment.kind == "pause"]
    return Course(
        time_s=np.flatnonzero(moving).astype(np.float64),
        speed_mps=speed,
        grade=grade,
        distance_m=np.cumsum(speed),  # a second each
        altitude_m=_START_ALTITUDE_M + np.cumsum(speed * grade),
        walking=kinds[moving] == "walk",
        bursting=bumps[moving] > 0,
        pauses=tuple(Interval(start_s=float(start), end_s=float(end)) for start, end in pauses),
        elapsed_s=float(ends[-1]),
    )


def _base_speeds(plan: tuple[Segment, ...]) -> list[float]:
    """The speed that each segment rests on: its own, or for bursts and pauses that of the segment before."""
    speeds: list[float] = []
    for segment in plan:
        own = segment.kind in ("run", "walk") or not speeds
        speeds.append(segment.speed_mps if own else speeds[-1])
    return speeds


def _bump(segment: Segment, low_mps: float) -> Array:
    if segment.kind != "burst":
        return np.zeros(segment.seconds)
    second = np.arange(segment.seconds, dtype=np.float64)
    ramp = np.clip(np.minimum(second, segment.seconds - second) / _BURST_RAMP_S, 0.0, 1.0)
    return ramp * (segment.speed_mps - low_mps)


def _smooth(values: npt.NDArray[np.float64]) -> Array:
    padded = np.pad(values, (_CHANGE_S // 2, _CHANGE_S - _CHANGE_S // 2 - 1), mode="edge")
    return np.convolve(padded, np.full(_CHANGE_S, 1 / _CHANGE_S), mode="valid")
