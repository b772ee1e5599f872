"""Weeks as the unit: their means, least squares on them with correlated weeks allowed for, and the verdict of a trend.

A week's runs share shoes, heat, fatigue and strap position; runs counted one by one would find a change in every
history. Rows are consecutive ISO weeks, so that neighbours in the array are neighbours in time; NaN for no value.
Sources: weighted least squares with lag-1 inflation (Shaman and Stine 1988 for the bias of the correlation), Holm
1979, Sen 1968 for the check of the sign.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import msgspec
import numpy as np
import numpy.typing as npt

from kneedrive import stats
from kneedrive.histories.result import DAYS_TO_MONDAY, WEEK_S, Trend, Verdict, WeekValue, day_of
from kneedrive.method import Method, SeriesRules, TrendRules
from kneedrive.record import Record
from kneedrive.recording import Array

HEART_RATE = "heart_rate_bpm"
DIRECTIONS = {
    "D": (Verdict.TOWARDS_DRIVE, Verdict.TOWARDS_SHUFFLE),
    "P": (Verdict.MORE_BOUNCE, Verdict.LESS_BOUNCE),
    "zSL": (Verdict.LONGER_STEPS, Verdict.SHORTER_STEPS),
    HEART_RATE: (Verdict.HIGHER, Verdict.LOWER),
}


class WeekMeans(msgspec.Struct, frozen=True, eq=False):
    """Means of the runs of each week; arrays (..., weeks) but for run_sd (...)."""

    value: Array  # in the unit of the runs
    variance: Array  # of it within the week
    runs: Array  # how many
    run_sd: Array  # SD from run to run within a week, 0 where no week has two runs


class WeeklyFit(msgspec.Struct, frozen=True, eq=False):
    """Least squares on weekly means. coefficient, se (..., columns); freedom, rho, weeks (...)."""

    coefficient: Array
    se: Array  # widened for correlated weeks
    freedom: Array  # degrees of freedom that are left
    rho: Array
    weeks: Array


def week_means(values: Array, se: Array) -> WeekMeans:
    """Huber means of run values (..., weeks, runs) with their standard errors; NaN pads weeks with fewer runs."""
    there = np.isfinite(values)
    runs = there.sum(axis=-1)
    noise = np.where(there, se, 0.0) ** 2
    off = values - stats.weighted_mean(values, there.astype(np.float64))[..., None]
    # A mean is nearer to its few runs than the truth is: residuals of n runs are too small by (n - 1)/n in squares.
    freed = off * np.sqrt(runs / np.maximum(runs - 1.0, 1.0))[..., None]
    flat = np.where((runs > 1)[..., None], freed, np.nan).reshape(*values.shape[:-2], -1)
    # Both signs: the scatter of runs about their weeks has its middle at 0.
    run_sd = np.nan_to_num(stats.robust_sds(np.concatenate([flat, -flat], axis=-1)))
    usual_noise = noise.sum(axis=(-1, -2)) / np.maximum(runs.sum(axis=-1), 1)
    variance = np.maximum(run_sd**2 - usual_noise, 0.0)[..., None, None] + noise
    variance = np.where(variance > 0, variance, 1.0)  # runs that agree exactly and are without error count alike
    value = stats.huber_mean(values, 1.0 / variance, np.sqrt(variance))
    total = np.where(there, 1.0 / variance, 0.0).sum(axis=-1)
    return WeekMeans(value, np.where(runs > 0, 1.0 / np.maximum(total, stats.TINY), np.nan), runs, run_sd)


def between_variance(X: Array, means: WeekMeans) -> Array:
    """Variance (...) of weeks about the fit beyond that of their runs: the moment estimator on plain residuals."""
    there = np.isfinite(means.value)
    plain = stats.least_squares(X, means.value, there.astype(np.float64))
    leverage = plain.weight * np.einsum("...ri,...ij,...rj->...r", X, plain.inverse, X)
    free = np.where(there, 1.0 - leverage, 0.0)
    excess = np.nansum(plain.residual**2, axis=-1) - np.nansum(free * means.variance, axis=-1)
    variance: Array = np.maximum(excess, 0.0) / np.maximum(free.sum(axis=-1), stats.TINY)
    return variance


def weekly_fit(X: Array, means: WeekMeans, rules: SeriesRules) -> WeeklyFit:
    """Weekly means on X (..., weeks, columns); columns that are 0 throughout are no part of the model.

    Weights 1/(between + within variance); SE squared times (1 + rho)/(1 - rho), rho of neighbouring weeks' residuals.
    """
    between = between_variance(X, means)[..., None]
    variance = np.where(np.isfinite(means.variance), means.variance + between, 1.0)
    fit = stats.least_squares(X, means.value, 1.0 / np.maximum(variance, stats.TINY))
    there = np.isfinite(means.value)
    n = there.sum(axis=-1).astype(np.float64)
    columns = (np.diagonal(fit.inverse, axis1=-2, axis2=-1) > 0).sum(axis=-1)
    scatter = np.nansum(fit.weight * fit.residual**2, axis=-1) / np.maximum(n - columns, 1.0)
    r = stats.corrected_lag(stats.lag_1(fit.residual * np.sqrt(fit.weight)), n, columns)
    rho = stats.shrunk_lag(r, n, prior=rules.week_rho, weight=rules.rho_weight, high=rules.week_rho_max)
    wide = scatter * (1.0 + rho) / (1.0 - rho)
    se = np.sqrt(wide[..., None] * np.maximum(np.diagonal(fit.inverse, axis1=-2, axis2=-1), 0.0))
    freedom = np.maximum(stats.serial_count(n, rho) - columns, rules.least_freedom)
    return WeeklyFit(fit.coefficient, se, freedom, rho, n)


class TrendFit(msgspec.Struct, frozen=True, eq=False):
    """One verdict for each series; all arrays (..., series), changes over the span in the unit of the values."""

    change: Array
    low: Array  # interval of the change at `level`
    high: Array
    slope_per_week: Array
    p: Array
    p_holm: Array
    level: Array  # that Holm's procedure held p against
    rho: Array
    freedom: Array
    run_sd: Array
    worthwhile: Array
    detectable: Array  # would be called with probability `rules.power`; NaN where untested
    called: stats.Mask  # a change is said, in the direction of `change`
    steady: stats.Mask  # none is, and one of `rules.telling` would have been seen; else it is too early to tell
    seasonal: stats.Mask


def trend_columns(at_weeks: Array, span: Array, rules: SeriesRules) -> Array:
    """Columns (..., weeks, 4): one, time about its middle, and the season; the season is 0 where the span is short."""
    turn = 2.0 * np.pi * at_weeks / rules.year_weeks
    # Over less than a good year a season would take a part of the trend for its own.
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
    season = np.einsum("...wc,...c->...w", X[..., 2:], fit.coefficient[..., 2:])  # 0 where it is no part of the model
    sen = stats.theil_sen(at_weeks, means.value - season)[0]
    return verdicts(fit, span, sen, (stats.robust_sds(about), means.runs.sum(axis=-1)), rules)


def verdicts(fit: WeeklyFit, span: Array, sen: Array, runs: tuple[Array, Array], rules: SeriesRules) -> TrendFit:
    """Called: p passes Holm, Theil-Sen has the same sign, and the change is worthwhile and beyond the runs' scatter.

    runs: SD of the runs about the line, and their number.
    """
    run_sd, count = runs
    change, se = fit.coefficient[..., 1] * span, fit.se[..., 1] * span
    tested = fit.weeks >= rules.trend_weeks
    p = np.where(tested, stats.t_test(change, se, fit.freedom), np.nan)
    p_holm, level = stats.holm(p, rules.alpha)
    worthwhile = np.maximum(rules.min_change, rules.detectable * run_sd / np.sqrt(np.maximum(count, 1) / 2.0))
    same_sign = np.sign(sen) == np.sign(change)
    called = tested & (p_holm <= rules.alpha) & (np.abs(change) >= worthwhile) & same_sign
    half = stats.student_quantile(1.0 - 0.5 * level, fit.freedom) * se
    # A true change shows up larger than this with `power`, and is then both beyond chance and worth a word.
    detectable = np.maximum(half, worthwhile) + stats.student_quantile(rules.power, fit.freedom) * se
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
        run_sd=run_sd,
        worthwhile=worthwhile,
        detectable=np.where(tested, detectable, np.nan),
        called=called,
        steady=tested & ~called & (detectable <= rules.telling),
        seasonal=span >= rules.season_weeks,
    )


# From the runs of a history to verdicts.


class RunValues(Record, frozen=True, kw_only=True):
    """A series of run values in order of time; laid out in weeks, value and se are (weeks, runs), the rest (weeks)."""

    at_weeks: Array  # local time in weeks since 1970
    week: npt.NDArray[np.int64]  # number of the week
    value: Array
    se: Array


def laid_out(runs: RunValues, first: int, last: int) -> RunValues:
    """The runs in the weeks from the first to the last, those without a run included."""
    week, row = np.arange(first, last + 1), runs.week - first
    at, value, se = (stats.ragged(row, values, len(week)) for values in (runs.at_weeks, runs.value, runs.se))
    usual = week + 0.5 - DAYS_TO_MONDAY / 7.0  # the middle of the week, for one without a run
    at_weeks = stats.weighted_mean(at, np.ones_like(at))
    return RunValues(week=week, at_weeks=np.where(np.isfinite(at_weeks), at_weeks, usual), value=value, se=se)


def trends(series: Mapping[str, RunValues], method: Method, sensor: str = "") -> tuple[Trend, ...]:
    """A verdict for each series (D, P or zSL), tested together; times are weeks since 1970, values in SD."""
    known = [name for name, runs in series.items() if len(runs.value)]
    fit = together([series[name] for name in known], method.series) if known else None
    found = []
    for name, runs in series.items():
        weeks = len(np.unique(runs.week))
        trend = Trend(
            series=name,
            verdict=Verdict.TOO_EARLY,
            weeks=weeks,
            runs=len(runs.value),
            weeks_missing=max(method.series.trend_weeks - weeks, 0),
            weeks_advised=max(method.trend.advised_weeks - weeks, 0),
            first=day_of(runs.at_weeks[0]) if weeks else None,
            last=day_of(runs.at_weeks[-1]) if weeks else None,
            sensor=sensor,
        )
        found.append(trend if fit is None or trend.weeks_missing else told(trend, fit, known.index(name)))
    return tuple(found)


def together(series: Sequence[RunValues], rules: SeriesRules) -> TrendFit:
    """The trends of series that all have values, over the weeks from the first to the last of any of them."""
    first, last = min(int(runs.week[0]) for runs in series), max(int(runs.week[-1]) for runs in series)
    grids = [laid_out(runs, first, last) for runs in series]
    most = max(grid.value.shape[1] for grid in grids)
    # Series differ in their runs a week; what is missing is padded, so that all are tested as one family.
    pads = [((0, 0), (0, most - grid.value.shape[1])) for grid in grids]
    values, se = (
        np.stack([np.pad(each, pad, constant_values=np.nan) for each, pad in zip(tables, pads, strict=True)])
        for tables in ([grid.value for grid in grids], [grid.se for grid in grids])
    )
    return trend_fit(np.stack([grid.at_weeks for grid in grids]), values, se, rules)


def told(waiting: Trend, fit: TrendFit, place: int) -> Trend:
    """The verdict of one fitted series, by its place in the fit."""
    rising, falling = DIRECTIONS[waiting.series]
    quiet = Verdict.STEADY if fit.steady[place] else Verdict.TOO_EARLY
    called = falling if fit.change[place] < 0 else rising
    detectable = float(fit.detectable[place])
    copied = ("slope_per_week", "change", "low", "high", "level", "p", "p_holm", "rho", "run_sd", "worthwhile")
    return waiting.replace(
        verdict=called if fit.called[place] else quiet,
        **{name: float(getattr(fit, name)[place]) for name in copied},
        detectable=detectable if np.isfinite(detectable) else None,
        seasonal=bool(fit.seasonal[place]),
    )


def week_values(runs: RunValues, rules: TrendRules) -> Iterator[tuple[int, WeekValue]]:
    """Each week that has a value, by its number, with a 95 % interval.

    Few runs do not know how much they scatter; then they are taken to as those of others do.
    """
    if not len(runs.value):
        return
    grid = laid_out(runs, int(runs.week[0]), int(runs.week[-1]))
    means = week_means(grid.value, grid.se)
    unknown = len(runs.value) < rules.few_runs or means.run_sd == 0
    least = rules.run_sd**2 / np.maximum(means.runs, 1) if unknown else 0.0
    reach = stats.quantile(0.975) * np.sqrt(np.maximum(np.nan_to_num(means.variance), least))
    for place in np.flatnonzero(means.runs):
        middle, off = float(means.value[place]), float(reach[place])
        at = datetime.fromtimestamp(float(grid.at_weeks[place]) * WEEK_S, UTC)
        yield (
            int(grid.week[place]),
            WeekValue(value=middle, low=middle - off, high=middle + off, runs=int(means.runs[place]), at=at),
        )
