"""Weeks as the unit: their means, and least squares on them with correlated weeks allowed for.

A week's runs share shoes, heat, fatigue and strap position; runs counted one by one would find a change in every
history. Rows are consecutive ISO weeks, so that neighbours in the array are neighbours in time; NaN for no value.
"""

from __future__ import annotations

import msgspec
import numpy as np

from kneedrive.history.series_rules import SeriesRules
from kneedrive.history.series_stats import (
    Fit,
    corrected_lag,
    huber_mean,
    lag_1,
    least_squares,
    robust_sd,
    serial_count,
    shrunk_lag,
    weighted_mean,
)
from kneedrive.recording import Array


class WeekMeans(msgspec.Struct, frozen=True, eq=False):
    """Means of the runs of each week. value (..., weeks) in the unit of the runs; variance: of it within the week.

    runs (..., weeks): how many. run_sd (...): SD from run to run within a week, 0 where no week has two runs.
    """

    value: Array
    variance: Array
    runs: Array
    run_sd: Array


class WeeklyFit(msgspec.Struct, frozen=True, eq=False):
    """Least squares on weekly means. coefficient, se (..., columns); freedom, rho, weeks (...); residual (..., weeks).

    se is widened for correlated weeks; freedom: degrees of freedom that are left.
    """

    coefficient: Array
    se: Array
    freedom: Array
    rho: Array
    weeks: Array
    residual: Array


def week_means(values: Array, se: Array) -> WeekMeans:
    """Huber means of run values (..., weeks, runs) with their standard errors; NaN pads weeks with fewer runs."""
    there = np.isfinite(values)
    runs = there.sum(axis=-1)
    noise = np.where(there, se, 0.0) ** 2
    off = values - weighted_mean(values, there.astype(np.float64))[..., None]
    freed = off * np.sqrt(runs / np.maximum(runs - 1.0, 1.0))[..., None]
    flat = np.where((runs > 1)[..., None], freed, np.nan).reshape(*values.shape[:-2], -1)
    # Both signs: the scatter of runs about their weeks has its middle at 0.
    run_sd = np.nan_to_num(robust_sd(np.concatenate([flat, -flat], axis=-1)))
    usual_noise = noise.sum(axis=(-1, -2)) / np.maximum(runs.sum(axis=-1), 1)
    variance = np.maximum(run_sd**2 - usual_noise, 0.0)[..., None, None] + noise
    variance = np.where(variance > 0, variance, 1.0)
    value = huber_mean(values, 1.0 / variance, np.sqrt(variance))
    total = np.where(there, 1.0 / variance, 0.0).sum(axis=-1)
    return WeekMeans(value, np.where(runs > 0, 1.0 / np.maximum(total, 1e-300), np.nan), runs, run_sd)


def between_variance(X: Array, means: WeekMeans) -> Array:
    """Variance (...) of weeks about the fit beyond that of their runs: the moment estimator on plain residuals."""
    there = np.isfinite(means.value)
    plain = least_squares(X, means.value, there.astype(np.float64))
    free = np.where(there, 1.0 - leverage(X, plain), 0.0)
    excess = np.nansum(plain.residual**2, axis=-1) - np.nansum(free * means.variance, axis=-1)
    variance: Array = np.maximum(excess, 0.0) / np.maximum(free.sum(axis=-1), 1e-300)
    return variance


def leverage(X: Array, fit: Fit) -> Array:
    """Diagonal (..., rows) of the hat matrix of a fit."""
    diagonal: Array = fit.weight * np.einsum("...ri,...ij,...rj->...r", X, fit.inverse, X)
    return diagonal


def weekly_fit(X: Array, means: WeekMeans, rules: SeriesRules) -> WeeklyFit:
    """Weekly means on X (..., weeks, columns); columns that are 0 throughout are no part of the model.

    Weights 1/(between + within variance); SE squared times (1 + rho)/(1 - rho), rho of neighbouring weeks' residuals.
    """
    between = between_variance(X, means)[..., None]
    variance = np.where(np.isfinite(means.variance), means.variance + between, 1.0)
    fit = least_squares(X, means.value, 1.0 / np.maximum(variance, 1e-300))
    there = np.isfinite(means.value)
    n = there.sum(axis=-1).astype(np.float64)
    columns = (np.diagonal(fit.inverse, axis1=-2, axis2=-1) > 0).sum(axis=-1)
    scatter = np.nansum(fit.weight * fit.residual**2, axis=-1) / np.maximum(n - columns, 1.0)
    r = corrected_lag(lag_1(fit.residual * np.sqrt(fit.weight)), n, columns)
    rho = shrunk_lag(r, n, prior=rules.week_rho, weight=rules.rho_weight, high=rules.week_rho_max)
    wide = scatter * (1.0 + rho) / (1.0 - rho)
    se = np.sqrt(wide[..., None] * np.maximum(np.diagonal(fit.inverse, axis1=-2, axis2=-1), 0.0))
    freedom = np.maximum(serial_count(n, rho) - columns, rules.least_freedom)
    return WeeklyFit(fit.coefficient, se, freedom, rho, n, fit.residual)
