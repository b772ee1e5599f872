"""Medians and percentiles as numpy's, to the last bit, for plain arrays only.

np.median and np.percentile ask numpy.ma whether values are masked, and loading numpy.ma costs every start 15 ms; ours
never are.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from kneedrive.model import Array


def median(values: Array) -> float:
    """The median of a 1-D array; NaN where one value is NaN, and where there is none."""
    count = len(values)
    if not count:
        return math.nan
    ordered = np.sort(values)
    # Missing values sort last, and nothing else differs from itself.
    if ordered[-1] != ordered[-1]:
        return math.nan
    return 0.5 * (float(ordered.item((count - 1) // 2)) + float(ordered.item(count // 2)))


def medians(windows: Array) -> Array:
    """The median along the last axis, which must not be empty; NaN where one value of it is NaN."""
    ordered = np.sort(windows, axis=-1)
    count = ordered.shape[-1]
    middle = (ordered[..., (count - 1) // 2] + ordered[..., count // 2]) / 2
    found: Array = np.where(np.isnan(ordered[..., -1]), np.nan, middle)
    return found


def percentile(values: Array, percent: float) -> float:
    """The value of a 1-D array, at least one long and without NaN, below which this percentage lies; interpolated."""
    at = percent / 100 * (len(values) - 1)
    low = math.floor(at)
    high = min(low + 1, len(values) - 1)
    parted = np.partition(values, (low, high))
    below, above, part = float(parted[low]), float(parted[high]), at - low
    step = above - below
    return above - step * (1 - part) if part >= 0.5 else below + step * part
