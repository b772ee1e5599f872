"""Whether form moved over weeks: a line through weekly means, its test over all series, and what would have shown.

Sources: weighted least squares with lag-1 inflation (Shaman and Stine 1988 for the bias of the correlation), Holm
1979, Sen 1968 for the check of the sign.
"""

from __future__ import annotations

import msgspec
import numpy as np

from kneedrive.history.series_rules import SeriesRules
from kneedrive.history.series_stats import Mask, holm, robust_sd, student_quantile, t_test, theil_sen
from kneedrive.history.weekly_fit import WeeklyFit, week_means, weekly_fit
from kneedrive.recording import Array


class TrendFit(msgspec.Struct, frozen=True, eq=False):
    """One verdict for each series; all arrays (..., series), changes over the span in the unit of the values.

    called: a change is said, in the direction of `change`. steady: none is, and one of `rules.telling` would have been
    seen. Neither: too early to tell. low, high: interval of the change at `level`, which Holm's procedure held p
    against. detectable: the change that would be called with probability `rules.power`; NaN where untested.
    """

    change: Array
    low: Array
    high: Array
    slope_per_week: Array
    p: Array
    p_holm: Array
    level: Array
    rho: Array
    freedom: Array
    weeks: Array
    runs: Array
    run_sd: Array
    worthwhile: Array
    detectable: Array
    called: Mask
    steady: Mask
    seasonal: Mask


def trend_columns(at_weeks: Array, span: Array, rules: SeriesRules) -> Array:
    """Columns (..., weeks, 4): one, time about its middle, and the season; the season is 0 where the span is short."""
    turn = 2.0 * np.pi * at_weeks / rules.year_weeks
    season = (span >= rules.season_weeks)[..., None]
    one = np.ones_like(at_weeks)
    middle = 0.5 * (np.nanmin(at_weeks, axis=-1) + np.nanmax(at_weeks, axis=-1))[..., None]
    return np.stack([one, at_weeks - middle, season * np.cos(turn), season * np.sin(turn)], axis=-1)


def trend_fit(at_weeks: Array, values: Array, se: Array, rules: SeriesRules) -> TrendFit:
    """The trends of run values (..., series, weeks, runs) and their errors se, all series tested together.

    at_weeks (..., series, weeks): time of each week's mean in weeks; any finite time for a week without a value.
    """
    means = week_means(values, se)
    there = np.isfinite(means.value)
    at_weeks = np.broadcast_to(at_weeks, means.value.shape)
    first = np.where(there, at_weeks, np.inf).min(axis=-1)
    last = np.where(there, at_weeks, -np.inf).max(axis=-1)
    span = np.where(there.any(axis=-1), last - first, 0.0)
    X = trend_columns(at_weeks, span, rules)
    fit = weekly_fit(X, means, rules)
    fitted = (X @ fit.coefficient[..., None])[..., 0]
    about = (values - fitted[..., None]).reshape(*fitted.shape[:-1], -1)
    sen = theil_sen(at_weeks, means.value - season_part(X, fit))[0]
    return verdicts(fit, span, sen, (robust_sd(about), means.runs.sum(axis=-1)), rules)


def season_part(X: Array, fit: WeeklyFit) -> Array:
    """What the fitted season adds to each week (..., weeks); 0 where it is no part of the model."""
    season: Array = np.einsum("...wc,...c->...w", X[..., 2:], fit.coefficient[..., 2:])
    return season


def verdicts(fit: WeeklyFit, span: Array, sen: Array, runs: tuple[Array, Array], rules: SeriesRules) -> TrendFit:
    """Called: p passes Holm, Theil-Sen has the same sign, and the change is worthwhile and beyond the runs' scatter.

    runs: SD of the runs about the line, and their number.
    """
    run_sd, count = runs
    change, se = fit.coefficient[..., 1] * span, fit.se[..., 1] * span
    tested = fit.weeks >= rules.trend_weeks
    p = np.where(tested, t_test(change, se, fit.freedom), np.nan)
    p_holm, level = holm(p, rules.alpha)
    worthwhile = np.maximum(rules.min_change, rules.detectable * run_sd / np.sqrt(np.maximum(count, 1) / 2.0))
    same_sign = np.sign(sen) == np.sign(change)
    called = tested & (p_holm <= rules.alpha) & (np.abs(change) >= worthwhile) & same_sign
    half = student_quantile(1.0 - 0.5 * level, fit.freedom) * se
    detectable = np.maximum(half, worthwhile) + student_quantile(rules.power, fit.freedom) * se
    return TrendFit(
        change=change,
        low=change - half,
        high=change + half,
        slope_per_week=fit.coefficient[..., 1],
        p=p,
        p_holm=p_holm,
        level=level,
        rho=fit.rho,
        freedom=fit.freedom,
        weeks=fit.weeks,
        runs=count,
        run_sd=run_sd,
        worthwhile=worthwhile,
        detectable=np.where(tested, detectable, np.nan),
        called=called,
        steady=tested & ~called & (detectable <= rules.telling),
        seasonal=span >= rules.season_weeks,
    )
