"""One run against the runner's own curve: a prediction interval that knows how few runs the curve stands on.

Epochs of a run share a day, so that the run is the unit: the curve is fitted to epochs, and every error is carried as
if each run had one of its own. Metrics that follow from step time, duty factor and bounce take their words from these.
"""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt

from kneedrive.history.series_rules import SeriesRules
from kneedrive.history.series_stats import (
    holm,
    huber_mean,
    huber_regression,
    robust_sd,
    student_quantile,
    t_test,
    weighted_mean,
)
from kneedrive.recording import Array

Words = npt.NDArray[np.str_]


class PersonalFit(msgspec.Struct, frozen=True, eq=False):
    """A runner's curve of one quantity with what is needed to predict a run.

    centre, slope (..., columns): value = level + slope*(x - centre), slopes shrunk. influence (..., 1 + columns, runs):
    by how much level and slopes rise if one run does. run_sd (...): SD of runs about the curve, not below its floor.
    freedom (...): runs - 1 - spent; spent: slopes that the shrunk fit effectively uses.
    """

    centre: Array
    level: Array
    slope: Array
    influence: Array
    run_sd: Array
    freedom: Array
    spent: Array
    runs: Array


class Departure(msgspec.Struct, frozen=True, eq=False):
    """A run against its prediction; arrays (..., quantities). word: "as always", "worth noting", "clearly different".

    expected: by the curve at the run's own speed and slope; sd: of a new run about it, so that difference/sd is
    Student's t with `freedom`; p_holm over the quantities. low, high: interval at `level` that leaves the difference
    out exactly where the run is outside the family interval of `rules.different`. word is "" where nothing is known.
    """

    expected: Array
    difference: Array
    sd: Array
    freedom: Array
    p: Array
    p_holm: Array
    low: Array
    high: Array
    word: Words


def shrinkage(X: Array, epochs: Array, rules: SeriesRules) -> Array:
    """Trust (..., columns) in the own slopes, n/(n + 60) of the epochs; 0 for a column without content."""
    trust = epochs / (epochs + rules.shrink_epochs)
    content = np.any(X != 0, axis=(-2, -3))
    return np.where(content, trust[..., None], 0.0)


def personal_fit(X: Array, y: Array, weight: Array, floor: Array | float, rules: SeriesRules) -> PersonalFit:
    """The curve of departures y (..., runs, epochs) from the population on X (..., runs, epochs, columns).

    weight (..., runs, epochs); NaN in y pads runs with fewer epochs. X has no intercept; a column
    of zeros is left out. floor: smallest SD of runs, in the unit of y.
    """
    there = np.isfinite(y) & (weight > 0)
    weight = np.where(there, weight, 0.0)
    X = np.where(there[..., None], X, 0.0)
    shape, columns = y.shape[:-2], X.shape[-1]
    total = np.maximum(weight.sum(axis=(-1, -2)), 1e-300)
    centre = (X * weight[..., None]).sum(axis=(-2, -3)) / total[..., None]
    off = np.where(there[..., None], X - centre[..., None, None, :], 0.0)
    full = np.concatenate([there[..., None].astype(np.float64), off], axis=-1)
    fit = huber_regression(full.reshape(*shape, -1, columns + 1), y.reshape(*shape, -1), weight.reshape(*shape, -1))
    keep = shrinkage(X, there.sum(axis=(-1, -2)).astype(np.float64), rules)
    shrink = np.concatenate([np.ones((*shape, 1)), keep], axis=-1)
    pulled = fit.weight.reshape(y.shape)
    by_run = np.einsum("...rec,...re->...rc", full, pulled)
    influence = shrink[..., None] * (fit.inverse @ np.swapaxes(by_run, -1, -2))
    coefficient = shrink * fit.coefficient
    variance, spent, runs = _scatter(full, y, weight, (centre, coefficient, influence))
    return PersonalFit(
        centre=centre,
        level=coefficient[..., 0],
        slope=coefficient[..., 1:],
        influence=influence,
        run_sd=np.maximum(np.sqrt(variance), floor),
        freedom=np.maximum(runs - 1.0 - spent, 1.0),
        spent=spent,
        runs=runs,
    )


def _scatter(full: Array, y: Array, weight: Array, fitted: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
    """Variance of runs about the curve, slopes spent, and runs, from the means of each run's residuals.

    With H the hat matrix of run means, their residuals hold trace((I - H)(I - H)') of the variance of runs. That is
    runs - 1 - spent where H projects, and less where slopes are shrunk or drawn from within runs too.
    """
    _, coefficient, influence = fitted
    middle = weighted_mean(np.moveaxis(full, -1, 0), weight)
    middle = np.nan_to_num(np.moveaxis(middle, 0, -1))
    off = run_means(y - np.einsum("...rec,...c->...re", full, coefficient), weight)
    there = np.isfinite(off)
    left = np.eye(off.shape[-1]) * there[..., None] - middle @ influence
    spent = np.einsum("...rc,...cr->...", middle[..., 1:], influence[..., 1:, :])
    held = np.maximum((left**2).sum(axis=(-1, -2)), 1e-300)
    return np.nansum(off**2, axis=-1) / held, spent, there.sum(axis=-1)


def run_means(values: Array, weight: Array) -> Array:
    """Huber mean (..., runs) of the epochs (..., runs, epochs) of each run, by their scatter about its median."""
    scale = robust_sd(np.where(weight > 0, values, np.nan))[..., None]
    return huber_mean(values, weight, np.maximum(np.nan_to_num(scale), 1e-300))


def predicted(fit: PersonalFit, x: Array) -> tuple[Array, Array]:
    """Expected value (...) of a new run at x (..., columns), and the SD of such a run about it.

    Variance of runs times 1 + 1/n + leverage; the sum of the squared influences of the runs is the last two.
    """
    off = x - fit.centre
    expected = fit.level + (fit.slope * off).sum(axis=-1)
    row = np.concatenate([np.ones((*off.shape[:-1], 1)), off], axis=-1)
    pulls = np.einsum("...c,...cr->...r", row, fit.influence)
    return expected, fit.run_sd * np.sqrt(1.0 + (pulls**2).sum(axis=-1))


def departure(fit: PersonalFit, x: Array, value: Array, epochs: Array | int, rules: SeriesRules) -> Departure:
    """A run of these values (..., quantities) and epochs at x (..., quantities, columns), held against its curves."""
    expected, sd = predicted(fit, x)
    off = value - expected
    p = np.where(fit.runs >= rules.baseline_runs, t_test(off, sd, fit.freedom), np.nan)
    p_holm, level = holm(p, rules.different)
    half = student_quantile(1.0 - 0.5 * level, fit.freedom) * sd
    different = (p_holm <= rules.different) & (np.asarray(epochs) >= rules.different_epochs)
    word = np.where(different, "clearly different", np.where(p_holm <= rules.noting, "worth noting", "as always"))
    return Departure(
        expected=expected,
        difference=off,
        sd=sd,
        freedom=np.broadcast_to(fit.freedom, off.shape),
        p=p,
        p_holm=p_holm,
        low=expected - half,
        high=expected + half,
        word=np.where(np.isfinite(p), word, ""),
    )
