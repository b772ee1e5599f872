"""What many runs say together: how cadence goes with pace, slow against usual pace, and the feet's balance."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from kneedrive.history.series_rules import SeriesRules
from kneedrive.history.series_stats import (
    Mask,
    corrected_lag,
    lag_1,
    serial_count,
    student_below,
    weighted_mean,
)
from kneedrive.recording import Array

ROOT_2 = math.sqrt(2.0)


class PaceChange(msgspec.Struct, frozen=True, eq=False):
    """b = d ln cadence / d ln speed within runs (...), its SE over runs, and how many runs tell; NaN with too few."""

    b: Array
    se: Array
    runs: Array


class Contrast(msgspec.Struct, frozen=True, eq=False):
    """Mean of D(slow) - D(usual) over runs (...), its SE with the sensor's tilt, and the probability of being real.

    probability: that the true contrast is at or below `rules.contrast_max`. said: it is, surely enough.
    """

    mean: Array
    se: Array
    freedom: Array
    probability: Array
    runs: Array
    said: Mask


class Balance(msgspec.Struct, frozen=True, eq=False):
    """Share of the left foot (...) with SE, and the probability that it is beyond the bound on its own side."""

    left: Array
    se: Array
    probability: Array
    count: Array
    said: Mask


def pace_change(speed_mps: Array, cadence_spm: Array, weight: Array, rules: SeriesRules) -> PaceChange:
    """From scored flat epochs (..., runs, epochs) of one watch; NaN pads runs with fewer epochs.

    The slope within runs, so that a slow and a fast day do not count as a change of pace; only runs in which the
    speed varies tell it. SE from the spread of runs (a sandwich by run), as the epochs of one run are no trials.
    """
    x, y = np.log(speed_mps), np.log(cadence_spm)
    weight = np.where(np.isfinite(x) & np.isfinite(y), weight, 0.0)
    x, y = x - weighted_mean(x, weight)[..., None], y - weighted_mean(y, weight)[..., None]
    power = np.where(weight > 0, weight * x**2, 0.0).sum(axis=-1)
    total = weight.sum(axis=-1)
    tells = power >= rules.pace_sd_ln_v**2 * np.maximum(total, 1e-300)
    power = np.where(tells, power, 0.0)
    shared = np.where(tells, np.where(weight > 0, weight * x * y, 0.0).sum(axis=-1), 0.0)
    n, whole = tells.sum(axis=-1), power.sum(axis=-1)
    known = n >= rules.pace_runs
    whole = np.where(known, whole, np.nan)
    b = shared.sum(axis=-1) / whole
    off = ((shared - b[..., None] * power) ** 2).sum(axis=-1)
    return PaceChange(b, np.sqrt(off * n / np.maximum(n - 1, 1)) / whole, n)


def faster(b: float, by: float = 0.10) -> tuple[float, float]:
    """How much the step lengthens and quickens, as shares, when the runner goes faster by a share at this b."""
    return (1.0 + by) ** (1.0 - b) - 1.0, (1.0 + by) ** b - 1.0


def slow_contrast(contrast: Array, lever: Array, tilt: float, rules: SeriesRules) -> Contrast:
    """From D(slow) - D(usual) of each run (..., runs), NaN where a run has none.

    lever (..., runs): by how much zDF of the slow part moves against the usual one per unit of tilt, so
    (v - 2.8)/sDF(v) of the one minus that of the other. tilt: SD of the class's tilt error, in duty factor per m/s
    (0.010, COROS 0.015). It is the same in all runs, so more runs do not help it; the degrees of freedom are
    Satterthwaite's (1946).
    """
    there = np.isfinite(contrast)
    n = there.sum(axis=-1)
    one = there.astype(np.float64)
    mean = weighted_mean(contrast, one)
    left = np.maximum(n - 1.0, 1.0)
    noise = np.nansum((contrast - mean[..., None]) ** 2, axis=-1) / left / np.maximum(n, 1)
    systematic = (tilt * weighted_mean(np.where(there, lever, np.nan), one) / ROOT_2) ** 2
    se = np.sqrt(noise + systematic)
    freedom = np.where(noise > 0, (noise + systematic) ** 2 * left / np.where(noise > 0, noise, 1.0) ** 2, 1e6)
    freedom = np.minimum(freedom, 1e6)
    beyond = (rules.contrast_max - mean) / np.maximum(se, 1e-300)
    told = n >= rules.contrast_runs
    probability = np.where(told, student_below(beyond, freedom), np.nan)
    said = told & (mean <= rules.contrast_max) & (probability >= rules.contrast_sure)
    return Contrast(mean, se, freedom, probability, n, said)


def beyond_side(mean: Array, se: Array, freedom: Array, bound: float) -> Array:
    """Probability (...) that the true share is beyond `bound` from one half, on the side of the mean."""
    return student_below((np.abs(mean - 0.5) - bound) / np.maximum(se, 1e-300), freedom)


def run_balance(left: Array, rules: SeriesRules) -> Balance:
    """One run: share of the left foot in its scored epochs (..., epochs) in order of time, NaN where missing.

    Said where it is beyond 2 pp as surely as asked. Neighbouring epochs are alike: n(1 - rho)/(1 + rho) of them count.
    """
    there = np.isfinite(left)
    n = there.sum(axis=-1).astype(np.float64)
    mean = weighted_mean(left, there.astype(np.float64))
    off = left - mean[..., None]
    rho = corrected_lag(lag_1(off), n, 1)
    rho = np.clip(np.where(np.isfinite(rho), rho, rules.balance_rho_max), 0.0, rules.balance_rho_max)
    worth = np.maximum(serial_count(n, rho), 2.0)
    # Alike values vary less about their own mean than about the truth, as fewer of them would.
    se = np.sqrt(np.nansum(off**2, axis=-1) / np.maximum(n, 1.0) / (worth - 1.0))
    probability = np.where(n >= 2, beyond_side(mean, se, worth - 1.0, rules.balance_run), np.nan)
    return Balance(mean, se, probability, n, probability >= rules.balance_sure)


def balance_habit(left: Array, rules: SeriesRules) -> Balance:
    """Many runs: mean left share of each (..., runs). Said where the runs lie on one side, 1.5 pp and more off, surely.

    "On one side": as many runs as are asked for are that far off on the side of the mean.
    """
    there = np.isfinite(left)
    n = there.sum(axis=-1).astype(np.float64)
    mean = weighted_mean(left, there.astype(np.float64))
    off = np.nansum((left - mean[..., None]) ** 2, axis=-1) / np.maximum(n - 1.0, 1.0)
    se = np.sqrt(off / np.maximum(n, 1.0))
    probability = np.where(n >= 2, beyond_side(mean, se, np.maximum(n - 1.0, 1.0), rules.balance_habit), np.nan)
    side = np.sign(mean - 0.5)[..., None]
    far = (side * (left - 0.5) >= rules.balance_habit - 1e-9).sum(axis=-1)
    enough = (n >= rules.balance_runs) & (far >= rules.balance_runs)
    return Balance(mean, se, probability, n, enough & (probability >= rules.balance_sure))
