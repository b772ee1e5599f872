"""What the runner does with speed and terrain, second by second: steady or not, bursts, grade."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kneedrive.analysis.prepare import Mask, sliding_mean
from kneedrive.method import SteadyRules
from kneedrive.model import Array


def steady_seconds(speed_mps: Array, rules: SteadyRules) -> Mask:
    """Where smoothed speed changes by no more than the limit; False where it is not known."""
    # Positions jitter: unsmoothed, hardly a second of a steady run would be steady.
    smooth = sliding_mean(speed_mps, rules.smoothing_s)
    if len(smooth) < 2:
        return np.zeros(len(smooth), dtype=np.bool_)
    return np.abs(np.gradient(smooth)) <= rules.max_acceleration_mps2


def runs_of(mask: Mask) -> list[tuple[int, int]]:
    """Half-open index ranges where the mask is True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def at_least(mask: Mask, length: int) -> Mask:
    """The mask without its stretches shorter than `length`."""
    kept = np.zeros_like(mask)
    for start, end in runs_of(mask):
        if end - start >= length:
            kept[start:end] = True
    return kept


def burst_seconds(speed_mps: Array, rules: SteadyRules) -> Mask:
    """Seconds of an acceleration: mean speed gains enough within a few seconds, or stays above a sprint's."""
    smooth = sliding_mean(speed_mps, rules.burst_smoothing_s)
    within_s = rules.burst_within_s
    gaining = np.zeros(len(smooth), dtype=np.bool_)
    starts = np.flatnonzero(smooth[within_s:] - smooth[:-within_s] >= rules.burst_gain_mps)
    for ahead in range(within_s + 1):
        gaining[starts + ahead] = True
    # Unsmoothed on purpose: a jump of position lasts a second or two, a sprint longer.
    sprinting = at_least(speed_mps > rules.sprint_mps, rules.sprint_s)
    return gaining | sprinting


class _Profile(NamedTuple):
    """Altitude over distance, and its integral from the start."""

    along_m: Array
    height_m: Array
    area_m2: Array

    def around(self, at_m: Array, width_m: float) -> tuple[Array, Array]:
        """Mean altitude of a window on the way, and the window's middle; windows are cut at both ends of the run."""
        low = np.clip(at_m - width_m / 2.0, self.along_m[0], self.along_m[-1])
        high = np.clip(at_m + width_m / 2.0, self.along_m[0], self.along_m[-1])
        area = np.interp(high, self.along_m, self.area_m2) - np.interp(low, self.along_m, self.area_m2)
        length, middle = high - low, (low + high) / 2.0
        # At either end of the run a window shrinks to a point.
        point = np.interp(middle, self.along_m, self.height_m)
        return np.where(length > 0, area / np.where(length > 0, length, 1.0), point), middle


def grade(altitude_m: Array, distance_m: Array, smoothing_m: float) -> Array:
    """Slope of the ground at each second, as a fraction, along the distance run; NaN where either is missing.

    Altitude is averaged over `smoothing_m` of distance behind and ahead, and the slope is taken between the middles
    of the two windows. Both means are differences of one integral, so a whole run costs a few interpolations.
    """
    slope = np.full_like(altitude_m, np.nan)
    known = np.isfinite(altitude_m) & np.isfinite(distance_m)
    if known.sum() < 2:
        return slope
    # Distance that falls back (a watch that corrected itself) would make a slope of infinite steepness.
    along, height = np.maximum.accumulate(distance_m[known]), altitude_m[known]
    area = np.concatenate(([0.0], np.cumsum(np.diff(along) * (height[1:] + height[:-1]) / 2.0)))
    way = _Profile(along, height, area)
    behind, behind_at = way.around(along - smoothing_m / 2.0, smoothing_m)
    ahead, ahead_at = way.around(along + smoothing_m / 2.0, smoothing_m)
    apart = ahead_at - behind_at
    slope[known] = (ahead - behind) / np.where(apart > 0, apart, np.nan)
    return slope


def distance_from_speed(speed_mps: Array) -> Array:
    """Metres run, from speed at 1 Hz; gaps add nothing."""
    return np.cumsum(np.where(np.isfinite(speed_mps), speed_mps, 0.0))
