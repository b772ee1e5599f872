"""Robust and serial statistics: on one row of values, and on whole arrays of rows or thousands of simulated ones.

Array functions work along the last axis, keep all leading axes and take NaN for missing. Student's distribution is
here because neither numpy nor the standard library has it and scipy would double the start of a command.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist

import msgspec
import numpy as np
import numpy.typing as npt

from kneedrive.recording import Array

MAD_TO_SD = 1.4826  # SD of a normal distribution by its median absolute deviation (Rousseeuw and Croux 1993)
HUBER = 1.345  # SD beyond which a residual counts less: 95 % efficiency under normal noise (Huber 1964)
MAX_ROUNDS = 60
SETTLED = 1e-4  # of the scale: no fitted value moves further
TINY = 1e-300  # stands in for a sum or an SD of 0, so that nothing is divided by 0
Mask = npt.NDArray[np.bool_]
_ln_gamma = np.frompyfunc(math.lgamma, 1, 1)
below = NormalDist().cdf  # the share of a standard normal below z
quantile = NormalDist().inv_cdf  # the z that has this share of a standard normal below it
normal_quantile = np.frompyfunc(quantile, 1, 1)


def median(values: Array) -> float:
    """The median of a 1-D array; NaN where one value is NaN, and, without numpy's warning, where there is none."""
    return float(np.median(values)) if len(values) else math.nan


def running_median(values: Array, width: int) -> Array:
    """The median of each `width` values that follow each other (n - width + 1); values is 1-D without NaN."""
    windows = np.lib.stride_tricks.sliding_window_view(values, width)
    # A median copies its windows: all at once they would hold a long run a thousand times.
    step = max(1, 2**17 // width)
    return np.concatenate([np.median(windows[at : at + step], axis=1) for at in range(0, len(windows), step)])


def middle(values: Array) -> float:
    """The median of what is there in a 1-D array; NaN where nothing is."""
    return median(values[np.isfinite(values)])


def robust_sd(values: Array) -> float:
    """SD of a 1-D array from the median absolute deviation; 0 for fewer than two values. No NaN."""
    if len(values) < 2:
        return 0.0
    return MAD_TO_SD * median(np.abs(values - median(values)))


def level_edge(values: Array, cuts: Sequence[int]) -> int:
    """Where values (1-D, no NaN) change their level: the cut that leaves the least scatter about two medians.

    Medians of windows forgive strangers, so by themselves they place a jump only to within half a window.
    """
    sides = {cut: (values[:cut], values[cut:]) for cut in cuts}
    return min(cuts, key=lambda cut: sum(float(np.abs(side - median(side)).sum()) for side in sides[cut]))


class Fit(msgspec.Struct, frozen=True, eq=False):
    """A linear fit. coefficient (..., columns); inverse (..., columns, columns): of X'WX; residual, weight (..., rows).

    residual is NaN where y is. weight: the final one of a Huber fit, 0 where y is missing.
    """

    coefficient: Array
    inverse: Array
    residual: Array
    weight: Array


def medians(values: Array) -> Array:
    """Median (...) of what is there in (..., n); NaN where nothing is."""
    if not values.shape[-1]:
        return np.full(values.shape[:-1], np.nan)
    ordered = np.sort(values, axis=-1)
    count = np.isfinite(values).sum(axis=-1)[..., None]
    low = np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, axis=-1)
    high = np.take_along_axis(ordered, np.minimum(count // 2, values.shape[-1] - 1), axis=-1)
    return 0.5 * (low + high)[..., 0]


def robust_sds(values: Array) -> Array:
    """SD (...) from the median absolute deviation; NaN where nothing is there."""
    return MAD_TO_SD * medians(np.abs(values - medians(values)[..., None]))


def ragged(row: npt.NDArray[np.int64], values: Array, rows: int) -> Array:
    """Values as (rows, most of one row), each in the row that `row` names, in order; NaN where a row has fewer."""
    count = np.bincount(row, minlength=rows)
    order = np.argsort(row, kind="stable")
    first = np.concatenate([[0], np.cumsum(count)])
    table = np.full((rows, int(count.max(initial=0))), np.nan)
    table[row[order], np.arange(len(values)) - first[row[order]]] = values[order]
    return table


def weighted_mean(values: Array, weight: Array) -> Array:
    """Mean (...) of (..., n); NaN where no value has a weight."""
    there = np.isfinite(values)
    weight = np.where(there, weight, 0.0)
    total = weight.sum(axis=-1)
    summed = (weight * np.where(there, values, 0.0)).sum(axis=-1)
    return np.where(total > 0, summed / np.where(total > 0, total, 1.0), np.nan)


def huber_mean(values: Array, weight: Array, scale: Array) -> Array:
    """Weighted mean (...) in which values further than HUBER*scale from it count less. scale: SD of each value."""
    middle = weighted_mean(values, weight)
    bound = HUBER * np.broadcast_to(scale, values.shape)
    for _ in range(MAX_ROUNDS):
        off = np.abs(values - middle[..., None])
        pull = np.where(off > bound, bound / np.maximum(off, TINY), 1.0)
        before, middle = middle, weighted_mean(values, weight * pull)
        if not np.any(np.abs(middle - before) > SETTLED * np.nanmax(bound, axis=-1, initial=0.0)):
            break
    return middle


def least_squares(X: Array, y: Array, weight: Array) -> Fit:
    """Weighted least squares of y (..., rows) on X (..., rows, columns); columns without content get 0."""
    weight = np.where(np.isfinite(y), weight, 0.0)
    X = np.where(weight[..., None] > 0, X, 0.0)
    weighted = np.swapaxes(X * weight[..., None], -1, -2)
    normal = weighted @ X
    # Columns are brought to one size first, so that "no content" means the same for metres and for slopes.
    size = np.sqrt(np.diagonal(normal, axis1=-2, axis2=-1))
    unit = np.where(size > 0, size, 1.0)
    outer = unit[..., :, None] * unit[..., None, :]
    inverse = np.linalg.pinv(normal / outer, rcond=1e-12, hermitian=True) / outer
    coefficient = (inverse @ (weighted @ np.nan_to_num(y)[..., None]))[..., 0]
    return Fit(coefficient, inverse, y - (X @ coefficient[..., None])[..., 0], weight)


def huber_regression(X: Array, y: Array, weight: Array) -> Fit:
    """Huber's fit of y (..., rows) on X (..., rows, columns), scale from the residuals' median absolute value."""
    fit = least_squares(X, y, weight)
    for _ in range(MAX_ROUNDS):
        size = np.abs(fit.residual)
        scale = MAD_TO_SD * medians(np.where(fit.weight > 0, size, np.nan))[..., None]
        pull = np.where(size > HUBER * scale, HUBER * scale / np.maximum(size, TINY), 1.0)
        # A weight of exactly 0 would say that the value is missing.
        before, fit = fit, least_squares(X, y, weight * np.maximum(pull, TINY))
        moved = np.abs(fit.residual - before.residual)
        if not np.any(moved > SETTLED * np.maximum(scale, TINY)):
            break
    return fit


def ar1_times(columns: Array, rho: Array) -> Array:
    """R @ columns (..., rows, columns), R being the correlations rho^|i-j| of an AR(1) process with this rho (...)."""
    earlier, later = columns.copy(), columns.copy()
    for row in range(1, columns.shape[-2]):
        earlier[..., row, :] += rho[..., None] * earlier[..., row - 1, :]
        later[..., -1 - row, :] += rho[..., None] * later[..., -row, :]
    return earlier + later - columns


def lag_1(residual: Array) -> Array:
    """Correlation (...) of neighbours in (..., n): products of neighbours over squares. NaN where there is no pair.

    A missing value has no neighbours but still counts in the squares of the others: gaps draw the correlation towards
    0. Per pair it would be unbiased, and so unsteady that a test built on it loses more power than the bias costs.
    """
    there = np.isfinite(residual)
    filled = np.where(there, residual, 0.0)
    power = (filled**2).sum(axis=-1)
    told = (there[..., 1:] & there[..., :-1]).any(axis=-1) & (power > 0)
    lagged = (filled[..., 1:] * filled[..., :-1]).sum(axis=-1)
    return np.where(told, lagged / np.where(told, power, 1.0), np.nan)


def corrected_lag(r: Array, n: Array, columns: Array | int) -> Array:
    """Lag-1 correlation freed from the bias that fitting so many columns to n values leaves; NaN for too few values.

    E r = rho - (columns + (columns + 2)*rho)/n for polynomials in time (Shaman and Stine 1988): (n r + 2)/(n - 4)
    for a line, (n r + 1)/(n - 3) for a mean.
    """
    left = n - columns - 2.0
    return np.where(left > 0, (n * r + columns) / np.where(left > 0, left, 1.0), np.nan)


def shrunk_lag(rho: Array, n: Array, *, prior: float, weight: float, high: float) -> Array:
    """The correlation drawn towards `prior`, which counts as so many values, within [0, high]. NaN becomes the prior.

    The values' own say lies within [-1, 1] before it is drawn: the correction can leave that range for few values.
    """
    own = np.clip(np.where(np.isfinite(rho), rho, prior), -1.0, 1.0)
    drawn: Array = np.clip((n * own + weight * prior) / (n + weight), 0.0, high)
    return drawn


def theil_sen(at: Array, value: Array) -> tuple[Array, Array]:
    """Slope and intercept (...): the median slope of all pairs of (..., n), the median of what it leaves (Sen 1968)."""
    first, second = np.triu_indices(value.shape[-1], 1)
    apart = at[..., second] - at[..., first]
    told = apart != 0
    rise = (value[..., second] - value[..., first]) / np.where(told, apart, 1.0)
    slope = medians(np.where(told, rise, np.nan))
    return slope, medians(value - slope[..., None] * at)


def holm(p: Array, alpha: float) -> tuple[Array, Array]:
    """Adjusted p (..., tests), and the level that each was held against; NaN are no tests (Holm 1979).

    After the first failure the level stays, as an interval of that level then leaves 0 out exactly when p passes.
    """
    order = np.argsort(p, axis=-1)
    ordered = np.take_along_axis(p, order, axis=-1)
    tests = np.isfinite(p).sum(axis=-1)[..., None]
    left = np.maximum(tests - np.arange(p.shape[-1]), 1)
    adjusted = np.maximum.accumulate(np.minimum(left * ordered, 1.0), axis=-1)
    level = alpha / left
    failed = ordered > level
    stays = np.where(failed, level, np.inf)
    held = np.minimum(level, np.minimum.accumulate(stays, axis=-1))
    back = np.argsort(order, axis=-1)
    held = np.where(np.isfinite(ordered), held, np.nan)
    return np.take_along_axis(adjusted, back, axis=-1), np.take_along_axis(held, back, axis=-1)


def family(p: Array, keys: Sequence[str], follows: Mapping[str, Sequence[str]], alpha: float) -> tuple[Array, Array]:
    """Adjusted p (..., keys) and the level of each interval, where some of the tested follow from others.

    Holm's procedure over the keys that lead: those that do not follow from others that are there. One that follows
    passes only where its own p passes the strictest level and one of those it follows from has passed: no more false
    alarms than of the leaders alone.
    """
    lead = np.array([not set(follows.get(key, ("",))) <= set(keys) for key in keys])
    adjusted, level = holm(np.where(lead, p, np.nan), alpha)
    tests = np.maximum((np.isfinite(p) & lead).sum(axis=-1), 1)
    for place, key in enumerate(keys):
        if lead[place]:
            continue
        parts = [adjusted[..., keys.index(part)] for part in follows[key]]
        least = np.fmin.reduce([*parts, np.ones_like(p[..., place])])
        adjusted[..., place] = np.maximum(np.minimum(tests * p[..., place], 1.0), least)
        level[..., place] = np.where(np.isfinite(p[..., place]), alpha / tests, np.nan)
    return adjusted, level


def incomplete_beta(a: Array, b: Array, x: Array) -> Array:
    """Regularised incomplete beta function I_x(a, b), elementwise, a, b > 0 and 0 <= x <= 1; to 1e-12.

    Continued fraction by Lentz's method (Press et al., Numerical Recipes, 6.4).
    """
    a, b, x = (np.array(each, dtype=np.float64) for each in np.broadcast_arrays(a, b, x))
    # The fraction converges fast below this x only; above, I_x(a, b) = 1 - I_(1-x)(b, a).
    swap = x > (a + 1.0) / (a + b + 2.0)
    a, b, x = np.where(swap, b, a), np.where(swap, a, b), np.where(swap, 1.0 - x, x)
    ln_beta = np.asarray(_ln_gamma(a) + _ln_gamma(b) - _ln_gamma(a + b), dtype=np.float64)
    front = np.exp(a * np.log(np.maximum(x, TINY)) + b * np.log1p(-x) - ln_beta) / a
    value = front * _beta_fraction(a, b, x)
    return np.where(np.isnan(x), np.nan, np.where(swap, 1.0 - value, value))


def _beta_fraction(a: Array, b: Array, x: Array) -> Array:
    """The continued fraction of the incomplete beta function for x <= (a + 1)/(a + b + 2)."""

    def nonzero(value: Array) -> Array:
        return np.where(np.abs(value) < 1e-30, 1e-30, value)  # Lentz: a divisor of zero is made a tiny one

    c, d = np.ones_like(x), 1.0 / nonzero(1.0 - (a + b) * x / (a + 1.0))
    value = d
    for m in range(1, 301):
        even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        step = np.ones_like(x)
        for term in (even, odd):
            d, c = 1.0 / nonzero(1.0 + term * d), nonzero(1.0 + term / c)
            step = step * d * c
        value = value * step
        if not np.any(np.abs(d * c - 1.0) > 1e-14):
            break
    return value


def student_two_sided(t: Array | float, freedom: Array | float) -> Array:
    """Probability of a larger |t|, elementwise, for degrees of freedom above 0 and up to 1e6; NaN for NaN."""
    t, freedom = np.asarray(t, dtype=np.float64), np.asarray(freedom, dtype=np.float64)
    ratio = np.abs(t) / np.sqrt(freedom)
    return incomplete_beta(0.5 * freedom, np.asarray(0.5), 1.0 / (1.0 + np.minimum(ratio, 1e150) ** 2))


def student_below(t: Array | float, freedom: Array | float) -> Array:
    """Share of Student's t below t, elementwise."""
    half = 0.5 * student_two_sided(t, freedom)
    return np.where(np.asarray(t) > 0, 1.0 - half, half)


def student_quantile(share: Array | float, freedom: Array | float) -> Array:
    """Student's t with this share (0 < share < 1) below it, elementwise; Newton's steps from an expansion.

    In the upper half the distribution is concave: a step from above lands below, and none from there overshoots.
    """
    share, freedom = np.broadcast_arrays(np.asarray(share, dtype=np.float64), np.asarray(freedom, dtype=np.float64))
    upper = np.maximum(share, 1.0 - share)
    told = np.isfinite(upper) & np.isfinite(freedom)
    upper, n = np.where(told, upper, 0.5), np.where(told, freedom, 1.0)
    z = np.asarray(normal_quantile(upper), dtype=np.float64)
    t = z + (z**3 + z) / (4.0 * n) + (5.0 * z**5 + 16.0 * z**3 + 3.0 * z) / (96.0 * n**2)  # Cornish and Fisher
    t += (3.0 * z**7 + 19.0 * z**5 + 17.0 * z**3 - 15.0 * z) / (384.0 * n**3)
    half = 0.5 * (n + 1.0)
    ln_top = np.asarray(_ln_gamma(half) - _ln_gamma(0.5 * n), dtype=np.float64) - 0.5 * np.log(n * np.pi)
    for _ in range(100):
        density = np.exp(ln_top - half * np.log1p(t * t / n))
        step = (0.5 * student_two_sided(t, n) - (1.0 - upper)) / density
        t = t + step
        if not np.any(np.abs(step) > 1e-6 * (1.0 + np.abs(t))):  # what is left is about the square of a step
            break
    return np.where(told, np.where(share < 0.5, -t, t), np.nan)


def t_test(estimate: Array, se: Array, freedom: Array) -> Array:
    """Two-sided p of an estimate, elementwise. Without scatter any difference is certain and none is none."""
    exact = se == 0
    t = np.where(exact & (np.abs(estimate) > 0), np.inf, estimate / np.where(exact, 1.0, se))
    return student_two_sided(t, freedom)


def serial_count(n: npt.ArrayLike, rho: npt.ArrayLike) -> Array:
    """How many independent values n values of an AR(1) process are worth, for their mean and for a slow change."""
    rho = np.asarray(rho, dtype=np.float64)
    return np.asarray(n, dtype=np.float64) * (1.0 - rho) / (1.0 + rho)
