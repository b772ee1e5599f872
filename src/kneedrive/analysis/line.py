"""A straight line through values over time that single outliers cannot tilt. Source: Sen 1968."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kneedrive.model import Array
from kneedrive.percentiles import median


class Line(NamedTuple):
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
    return Line(slope, intercept, slopes, left - intercept)
