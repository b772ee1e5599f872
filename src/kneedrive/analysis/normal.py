"""Quantiles of the normal and of Student's distribution, without scipy: a start of kneedrive must stay light."""

from __future__ import annotations

import math

import numpy as np

from kneedrive.model import Array

MAD_TO_SD = 1.4826  # of a normal distribution
MEDIAN_TO_MEAN_SE = 1.2533  # sqrt(pi/2): the SE of a median, in units of that of a mean


def below(z: float) -> float:
    """Phi(z): the share of a standard normal below z."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def quantile(share: float) -> float:
    """The z that has this share below it, 0 < share < 1; Newton's steps from a logistic start, to 1e-12."""
    z = math.log(share / (1.0 - share)) / 1.702
    for _ in range(50):
        step = (below(z) - share) * math.sqrt(2.0 * math.pi) * math.exp(0.5 * z * z)
        z -= max(-0.5, min(0.5, step))
        if abs(step) < 1e-12:
            break
    return z


def student_quantile(share: float, freedom: float) -> float:
    """Student's t with this share below it (Cornish-Fisher, Abramowitz and Stegun 26.7.5); within 1 % from 3 on."""
    z = quantile(share)
    terms = (
        (z**3 + z) / 4.0,
        (5.0 * z**5 + 16.0 * z**3 + 3.0 * z) / 96.0,
        (3.0 * z**7 + 19.0 * z**5 + 17.0 * z**3 - 15.0 * z) / 384.0,
        (79.0 * z**9 + 776.0 * z**7 + 1482.0 * z**5 - 1920.0 * z**3 - 945.0 * z) / 92160.0,
    )
    return z + sum(term / freedom ** (power + 1) for power, term in enumerate(terms))


def student_below(t: float, freedom: float) -> float:
    """Share of Student's t below t (Abramowitz and Stegun 26.7.8); within 0.01 from 2 degrees of freedom on."""
    return below(t * (1.0 - 0.25 / freedom) / math.sqrt(1.0 + t * t / (2.0 * freedom)))


def two_sided(z: Array) -> Array:
    """2*Phi(z) - 1 on arrays, to 2e-4: numpy has no error function, and a loop would cost more than the test."""
    return np.tanh(math.sqrt(2.0 / math.pi) * (z + 0.044715 * z**3))


def robust_sd(values: Array) -> float:
    """SD from the median absolute deviation; 0 for fewer than two values."""
    if len(values) < 2:
        return 0.0
    return MAD_TO_SD * float(np.median(np.abs(values - np.median(values))))
