"""Where and how fast a simulated run goes: plans of segments laid out second by second, with noise that remembers."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from kneedrive.record import Record
from kneedrive.recording import Array, Interval

# Noise with memory: what a sensor adds to each second.

_FORGOTTEN = 1e-3  # a weight this small is left out of the impulse response


def ar1(rng: np.random.Generator, n: int, *, sd: float, rho: float) -> Array:
    """First-order autoregressive noise, shape (n,): standard deviation `sd`, correlation `rho` from second to second.

    White noise is convolved with the cut-off impulse response: stationary from the first second, and without a loop.
    """
    reach = math.ceil(math.log(_FORGOTTEN) / math.log(rho))
    response = rho ** np.arange(reach, dtype=np.float64)
    white = rng.standard_normal(n + reach - 1)
    return np.convolve(white, sd * response / np.linalg.norm(response), mode="valid")


def stretches(rng: np.random.Generator, n: int, *, share: float, length: int) -> npt.NDArray[np.bool_]:
    """Which of `n` seconds fall into random stretches of `length` seconds that cover about `share` of them."""
    hit = np.zeros(n, dtype=bool)
    for start in rng.integers(0, max(n - length, 1), size=round(share * n / length)):
        hit[start : start + length] = True
    return hit


# The course: a plan of segments laid out second by second.

# A change of pace or slope takes this long: slow enough that it is not taken for an acceleration.
_CHANGE_S = 20
_BURST_RAMP_S = 6.0  # fast enough to be found as an acceleration
_WANDER_MPS = 0.04  # nobody holds a pace exactly
_WANDER_RHO = 0.98
_START_ALTITUDE_M = 110.0


class Segment(Record, frozen=True):
    """A stretch of the plan. kind: "run", "walk", "burst" (an acceleration up to the speed) or "pause"."""

    seconds: int
    speed_mps: float = 0.0
    grade: float = 0.0
    kind: str = "run"  # text and no enum: ids of simulated runs are hashes of how plans print


class Course(Record, frozen=True, kw_only=True):
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


# Plans of runs: which paces, slopes and interruptions, in seconds and m/s.


def _bursts(count: int, rest_mps: float) -> tuple[Segment, ...]:
    """Accelerations of 18 s, each after 80 s of easy running."""
    return (Segment(80, rest_mps), Segment(18, 5.4, kind="burst")) * count


# A town run with everything: 6:20 to 5:30 /km, a traffic light, a tempo part at 4:50, a walk, strides, a hill, and slow
# running at 7:00 near both ends.
DEMO_PLAN = (
    Segment(300, 2.62),
    Segment(480, 2.38),
    Segment(480, 2.78),
    Segment(420, 3.03),
    Segment(75, kind="pause"),
    Segment(420, 3.45),
    Segment(100, 1.5, kind="walk"),
    *_bursts(3, 2.78),
    Segment(150, 2.62, 0.04),
    Segment(60, 2.40, 0.085),
    Segment(150, 2.95, -0.04),
    Segment(480, 2.78),
    Segment(540, 2.38),
    Segment(120, 2.62),
)

PLANS = {
    "easy": (Segment(480, 2.75), Segment(420, 2.6), Segment(420, 2.9), Segment(480, 2.75)),
    "short": (Segment(300, 2.7),),
    "steady": (Segment(1200, 2.7),),
    "fast": (Segment(300, 3.2), Segment(900, 3.5), Segment(300, 3.2)),
    "long": (Segment(900, 2.75), Segment(900, 2.65), Segment(900, 2.75), Segment(900, 2.65)),
    "progressive": (Segment(420, 2.4), Segment(420, 2.7), Segment(420, 3.0), Segment(420, 3.35)),
    "hilly": (*(Segment(150, 2.6, 0.045), Segment(150, 2.8, -0.045), Segment(240, 2.7)) * 2, Segment(90, 2.4, 0.08)),
    "varied": (
        Segment(300, 2.65),
        Segment(120, 2.6, 0.04),
        Segment(120, 2.75, -0.04),
        Segment(60, kind="pause"),
        Segment(300, 2.7),
        Segment(90, 1.5, kind="walk"),
        *_bursts(2, 2.7),
        Segment(300, 2.55),
    ),
    "walk": (Segment(1200, 1.5, kind="walk"),),
    # From here on each plan is made for one gate.
    "sauntering": (Segment(120, 2.7), *(Segment(150, 1.5, kind="walk"), Segment(150, 2.5)) * 4),
    "crawl": (Segment(420, 2.6), Segment(480, 1.8), Segment(420, 2.6)),
    "sprints": (Segment(600, 2.7), *_bursts(6, 2.7), Segment(120, 2.7)),
    "surges": (Segment(400, 2.7), *(Segment(24, 2.2), Segment(24, 3.8)) * 10, Segment(300, 2.7)),
    "track": (Segment(420, 2.7), Segment(240, 6.4), Segment(480, 2.7)),
    "interrupted": (*(Segment(240, 2.7), Segment(45, kind="pause")) * 4, Segment(240, 2.7)),
    "demo": DEMO_PLAN,
}
