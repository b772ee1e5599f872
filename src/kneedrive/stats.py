"""Robust spread, quantiles of the normal and of Student's distribution, and a line that outliers do not tilt."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from kneedrive.record import Record
from kneedrive.recording import Array


def median(values: Array) -> float:
    """The median of a 1-D array; NaN where one value is NaN, and, without numpy's warning, where there is none."""
    return float(np.median(values)) if len(values) else math.nan


# Quantiles of the normal and of Student's distribution, without scipy: a start of kneedrive must stay light.


NORMAL = NormalDist()
MAD_TO_SD = 1.4826  # of a normal distribution
SIMPSON_AT = np.linspace(0.0, 1.0, 257)
SIMPSON_WEIGHT = np.where(np.arange(257) % 2, 4.0, 2.0) / 768.0
SIMPSON_WEIGHT[[0, -1]] /= 2.0
FAR = 8.0  # SD; beyond it a normal holds nothing that a double can show
MEDIAN_TO_MEAN_SE = 1.2533  # sqrt(pi/2): the SE of a median, in units of that of a mean


def below(z: float) -> float:
    """Phi(z): the share of a standard normal below z."""
    return NORMAL.cdf(z)


def quantile(share: float) -> float:
    """The z that has this share of a standard normal below it, 0 < share < 1."""
    return NORMAL.inv_cdf(share)


def both_above(first: float, second: float, correlation: float) -> float:
    """Share of a bivariate standard normal with both of its parts above these bounds, |correlation| < 1; to 1e-7.

    The first part is integrated over (Simpson), the second is normal given the first.
    """
    low, high = min(max(first, -FAR), FAR), FAR
    at = low + (high - low) * SIMPSON_AT
    left = math.sqrt(1.0 - correlation**2)
    given = np.array([below((correlation * x - second) / left) for x in at.tolist()])
    density = np.exp(-0.5 * at**2) / math.sqrt(2.0 * math.pi)
    return (high - low) * float(SIMPSON_WEIGHT @ (density * given))


def student_below(t: float, freedom: float) -> float:
    """Share of Student's t below t, for 1 and more degrees of freedom (whole or not); to 1e-7.

    With t = sqrt(freedom)*tan(angle) the density becomes cos(angle)**(freedom - 1), smooth enough for Simpson's rule.
    """
    angle = math.atan(abs(t) / math.sqrt(freedom))
    area = angle * float(SIMPSON_WEIGHT @ np.cos(angle * SIMPSON_AT) ** (freedom - 1.0))
    whole = math.sqrt(math.pi) * math.exp(math.lgamma(0.5 * freedom) - math.lgamma(0.5 * (freedom + 1.0)))
    return 0.5 + math.copysign(area / whole, t)


def student_quantile(share: float, freedom: float) -> float:
    """Student's t with this share below it, for 1 and more degrees of freedom; to 1e-6.

    Newton's steps from below, where they cannot overshoot, starting at the normal's quantile.
    """
    if share < 0.5:
        return -student_quantile(1.0 - share, freedom)
    t = quantile(share)
    ln_top = math.lgamma(0.5 * (freedom + 1.0)) - math.lgamma(0.5 * freedom) - 0.5 * math.log(freedom * math.pi)
    for _ in range(100):
        density = math.exp(ln_top - 0.5 * (freedom + 1.0) * math.log1p(t * t / freedom))
        step = (share - student_below(t, freedom)) / density
        t += step
        if abs(step) < 1e-7 * (1.0 + abs(t)):
            break
    return t


def two_sided(z: Array) -> Array:
    """2*Phi(z) - 1 on arrays, to 2e-4: numpy has no error function, and a loop would cost more than the test."""
    return np.tanh(math.sqrt(2.0 / math.pi) * (z + 0.044715 * z**3))


def robust_sd(values: Array) -> float:
    """SD from the median absolute deviation; 0 for fewer than two values. No NaN."""
    if len(values) < 2:
        return 0.0
    return MAD_TO_SD * median(np.abs(values - median(values)))


# A straight line through values over time that single outliers cannot tilt. Source: Sen 1968.


class Line(Record, frozen=True, kw_only=True):
    """Theil-Sen line of weekly values. slopes: all pairwise ones, sorted; residual: of each week."""

    slope: float
    intercept: float
    slopes: Array
    residual: Array


def theil_sen(at_weeks: Array, value: Array) -> Line:
    """Median of the slopes of all pairs; the intercept is the median of what the slope leaves."""
    first, second = np.triu_indices(len(value), 1)
    slopes = np.sort((value[second] - value[first]) / (at_weeks[second] - at_weeks[first]))
    slope = median(slopes)
    left = value - slope * at_weeks
    intercept = median(left)
    return Line(slope=slope, intercept=intercept, slopes=slopes, residual=left - intercept)
