"""Noise with memory: what a sensor adds to each second."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from kneedrive.model import Array

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
