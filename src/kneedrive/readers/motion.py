"""Distance, speed and cadence as they must be: pure functions on arrays. Positions become distance and end here."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from kneedrive.method import TrackRules
from kneedrive.readers import UNKNOWN
from kneedrive.recording import Array, Note, NoteCode
from kneedrive.stats import median

# Cadence in steps per minute, whatever the file counted.
#
# The formats say revolutions of one leg; half of the writers count both feet. FIT's own cadence is no matter of
# guessing and is not read here.

RULES = TrackRules()
SPEED_COMPUTED = Note(code="speed_computed", text="speed was computed from distance, over 5 s")
_BEYOND_SPM = 300.0  # no one steps faster; 255 of one leg is "no value" in a byte


def steps_per_minute(raw: Array, speed_mps: Array) -> tuple[Array | None, tuple[Note, ...]]:
    """Steps per minute from a recorded cadence, and what was taken for granted.

    One leg makes at most about 110 a minute, both feet of a runner at least 120: where the 90th percentile lies above
    `one_leg_max_rpm` the file counts both. A walker's both feet come close to a runner's one leg: speed tells. Zero
    while moving means "no value", zero at rest is a measured zero. None where nothing but zeros was recorded.
    """
    raw = np.where((raw >= 0) & (raw < _BEYOND_SPM), raw, np.nan)
    turning = raw[raw > 0]
    if not len(turning):
        zeros = Note(code="cadence_empty", text="cadence was recorded as 0 throughout: taken as not measured")
        return None, (zeros,) if np.any(raw == 0) else ()
    idle = (raw == 0) & (speed_mps > RULES.moving_mps)
    raw = np.where(idle, np.nan, raw)
    # Both feet of a walker: a cadence that, of one leg, would be quick running, at the speed of a walk.
    walks = 0 < typical_mps(speed_mps) < RULES.walk_mps and median(turning) >= RULES.walk_spm
    if walks or np.percentile(turning, 90) > RULES.one_leg_max_rpm:
        text = "cadence seems to count both feet already and was not doubled (the format says it counts one leg)"
        return raw, (Note(code="cadence_both_feet", text=text),)
    spm = 2 * raw
    return np.where(spm < _BEYOND_SPM, spm, np.nan), ()


def typical_mps(speed_mps: Array) -> float:
    """The median speed on the move; 0 where nothing moved."""
    moving = speed_mps[speed_mps > RULES.moving_mps]
    return median(moving) if len(moving) else 0.0


def guessed_sport(speed_mps: Array | None, cadence_spm: Array | None, unnamed: str) -> tuple[str, tuple[Note, ...]]:
    """The sport of a file that names none: running, where speed and, if it was measured, cadence look like it.

    unnamed: that it names none, as the note which goes with it begins.
    """
    fastest_mps, stepping = RULES.run_max_blind_mps, True
    if cadence_spm is not None:
        fastest_mps = RULES.run_max_mps
        stepping = median(cadence_spm[~np.isnan(cadence_spm)]) >= RULES.run_min_spm
    if speed_mps is not None and stepping and RULES.run_min_mps <= typical_mps(speed_mps) <= fastest_mps:
        text = f"{unnamed}: taken as running by its speed and cadence"
        return "running", (Note(code=NoteCode.SPORT_ASSUMED, text=text),)
    return UNKNOWN, (Note(code=NoteCode.SPORT_UNKNOWN, text=f"{unnamed}, and it does not look like running"),)


# Distance and speed from positions, and the order of points in time.

EARTH_RADIUS_M = 6_371_008.8  # mean radius, IUGG
Flags = npt.NDArray[np.bool_]
# No quantity of a recording is as large as the one; what is smaller than the other is too small to divide by.
LARGEST, SMALLEST = 1e12, 1e-12


def reckonable(values: Array) -> Array:
    """Numbers that can be reckoned with: NaN for what is too large to be measured, 0 for what is too small."""
    size = np.abs(values)
    kept: Array = np.where(size < LARGEST, np.where(size < SMALLEST, 0.0, values), np.nan)
    return kept


def haversine_m(latitude_deg: Array, longitude_deg: Array) -> Array:
    """Great-circle distances between consecutive points, on a sphere: shape (n - 1,)."""
    latitude, longitude = np.radians(latitude_deg), np.radians(longitude_deg)
    across = np.cos(latitude[:-1]) * np.cos(latitude[1:]) * np.sin(np.diff(longitude) / 2) ** 2
    half_chord = np.sin(np.diff(latitude) / 2) ** 2 + across
    distances: Array = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(half_chord, 1.0)))
    return distances


def window_mean(time_s: Array, values: Array, window_s: float) -> Array:
    """Mean over the points within half a window either side; the window shrinks evenly towards both ends.

    time_s is non-decreasing. Points further apart than half the window keep their value, so that coarse recordings
    are left as they are. The even shrinking keeps the first and the last point in place.
    """
    half_s = np.minimum(window_s / 2, np.minimum(time_s - time_s[0], time_s[-1] - time_s))
    first = np.searchsorted(time_s, time_s - half_s, side="left")
    behind = np.searchsorted(time_s, time_s + half_s, side="right")
    total = np.concatenate(([0.0], np.cumsum(values - values[0])))
    means: Array = values[0] + (total[behind] - total[first]) / (behind - first)
    return means


def path_m(time_s: Array, latitude_deg: Array, longitude_deg: Array) -> Array:
    """Distance along one unbroken stretch, starting at 0; NaN everywhere where fewer than two points have a position.

    Why positions are smoothed first: every fix is wrong by some decimetres to metres, so the raw zigzag is longer
    than the way that was run, at 1 Hz by several per cent. A mean over 5 s takes that away and shortens the bends of
    a 400 m track by about 1 %. Times are averaged with the positions: beside a hole a mean lies off the middle of its
    window in both. Points without a position get the distance between their neighbours by time.
    """
    there = np.isfinite(latitude_deg) & np.isfinite(longitude_deg)
    if np.count_nonzero(there) < 2:
        return np.full(len(time_s), np.nan)
    time, latitude = time_s[there], latitude_deg[there]
    longitude = np.unwrap(longitude_deg[there], period=360.0)  # across the date line
    mean_time, *mean_place = (window_mean(time, of, RULES.position_window_s) for of in (time, latitude, longitude))
    along = np.concatenate(([0.0], np.cumsum(haversine_m(*mean_place))))
    return np.interp(time_s, mean_time, along)


def speed_mps(time_s: Array, distance_m: Array) -> Array:
    """Speed along one unbroken stretch, over a window around each point; NaN where it has no length or no distance."""
    there = np.isfinite(distance_m)
    if np.count_nonzero(there) < 2 or time_s[there][-1] <= time_s[there][0]:
        return np.full(len(time_s), np.nan)
    time, distance = time_s[there], distance_m[there]
    # At the ends the window is one-sided.
    early = np.maximum(time_s - RULES.speed_window_s / 2, time[0])
    late = np.minimum(time_s + RULES.speed_window_s / 2, time[-1])
    span_s = np.where(late > early, late - early, np.nan)
    speeds: Array = (np.interp(late, time, distance) - np.interp(early, time, distance)) / span_s
    return speeds


def stretches(starts: Flags) -> list[slice]:
    """The unbroken stretches between the points that start one; the first point always does."""
    edges = [0, *(np.flatnonzero(starts[1:]) + 1).tolist(), len(starts)]
    return [slice(first, behind) for first, behind in pairwise(edges)]


def in_order(time_s: Array) -> Flags:
    """The most points that can stay so that time never runs backwards (longest non-decreasing subsequence)."""
    # One wrong time, early or late, then costs one point and not all that stand on its wrong side.
    keep = np.ones(len(time_s), dtype=np.bool_)
    if np.all(np.diff(time_s) >= 0):
        return keep
    # Of all choices of n + 1 points that are in order, tails[n] is the earliest last time: the next point can follow
    # that one best. `before` leads from each point to the one that it follows.
    times = time_s.tolist()
    tails: list[float] = []
    tail_at: list[int] = []
    before: list[int] = []
    for index, time in enumerate(times):
        length = bisect_right(tails, time)
        before.append(tail_at[length - 1] if length else -1)
        tails[length : length + 1] = [time]
        tail_at[length : length + 1] = [index]
    keep[:] = False
    index = tail_at[-1]
    while index >= 0:
        keep[index] = True
        index = before[index]
    return keep


def largest_stretch(time_s: Array, max_gap_s: float) -> Flags:
    """The points of the most populous stretch without a gap longer than this: a stray date is not ten years of rest."""
    part = np.concatenate(([0], np.cumsum(np.diff(time_s) > max_gap_s)))
    return np.equal(part, np.bincount(part).argmax())


def last_known(known: Flags) -> npt.NDArray[np.int64]:
    """For each place the last one up to it that is known, -1 before the first."""
    return np.maximum.accumulate(np.where(known, np.arange(len(known)), -1))


def climbing_m(distance_m: Array) -> Array:
    """A distance that starts over (some files count from 0 in every lap) made one that never falls; NaN stays."""
    there = np.isfinite(distance_m)
    steps = np.diff(distance_m[there], prepend=distance_m[there][:1])
    whole = np.full(len(distance_m), np.nan)
    whole[there] = np.cumsum(np.where(steps > 0, steps, 0.0))
    return whole


def agrees(recorded: Array, computed: Array, factor: float) -> bool:
    """Whether two channels tell the same within a factor, in the median of the points where both are positive."""
    both = (recorded > 0) & (computed > 0)
    if not np.any(both):
        return True
    with np.errstate(over="ignore"):  # a file may write 1e-320; infinitely apart is an answer too
        ratio = median(recorded[both] / computed[both])
    return 1 / factor <= ratio <= factor
