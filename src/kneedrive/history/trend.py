"""Trends over weeks: run values, what a week makes of them, slopes with their tests, and the verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from kneedrive.history.local_time import day_of
from kneedrive.history.result import Trend
from kneedrive.method import TrendRules
from kneedrive.record import Record
from kneedrive.recording import Array
from kneedrive.stats import (
    MAD_TO_SD,
    MEDIAN_TO_MEAN_SE,
    Line,
    below,
    median,
    quantile,
    robust_sd,
    theil_sen,
    two_sided,
)

# Run values and what a week makes of them: the weighted median of its runs at their mean date.

LEAST_FOR_LINE = 3  # weeks: a line through two takes their scatter for a trend


class RunValues(Record, frozen=True, kw_only=True):
    """A series of run values in order of time. at_weeks: local time in weeks since 1970; week: number of the week."""

    at_weeks: Array
    week: npt.NDArray[np.int64]
    value: Array
    se: Array


class WeekPoints(Record, frozen=True, kw_only=True):
    """One row per week that has a value. se: of the weekly value, the scatter from run to run included."""

    week: npt.NDArray[np.int64]
    at_weeks: Array
    value: Array
    se: Array
    runs: npt.NDArray[np.int64]


def middle_of_weight(values: Array, weight: Array) -> float:
    """Weighted median that moves smoothly between neighbours; the median where all weights are equal.

    Over hundreds of epochs it does not matter; of a week's two runs the plain one would take the heavier, and a hair
    more weight would move the week from one run to the other.
    """
    order = np.argsort(values, kind="stable")
    share = weight[order]
    return float(np.interp(0.5 * share.sum(), np.cumsum(share) - 0.5 * share, values[order]))


def run_variance(runs: RunValues, rules: TrendRules) -> Array:
    """Variance of each run value: its own error, and how runs scatter from one to the next.

    Without the scatter one long, smooth run would outvote the rest of its week.
    """
    return runs.se**2 + run_scatter(runs, rules) ** 2


def run_scatter(runs: RunValues, rules: TrendRules) -> float:
    """SD of the runs about their line over the weeks: a trend is no scatter.

    Of few runs it is never below what runs usually differ by: one alone has none, though its day had a form of its
    own. The slope is of plain weekly medians, so that years of daily runs stay cheap.
    """
    value, slope = runs.value, 0.0
    weeks = [np.flatnonzero(runs.week == week) for week in np.unique(runs.week)]
    if len(weeks) >= LEAST_FOR_LINE:
        at = np.array([runs.at_weeks[rows].mean() for rows in weeks])
        slope = theil_sen(at, np.array([median(value[rows]) for rows in weeks])).slope
    spread = robust_sd(value - slope * runs.at_weeks)
    return max(spread, rules.run_sd) if len(value) < rules.few_runs else spread


def week_points(runs: RunValues, rules: TrendRules) -> WeekPoints:
    """The weeks of a series; a week without runs has no row."""
    variance = run_variance(runs, rules)
    weight = 1.0 / np.where(variance > 0, variance, 1.0)
    weeks = np.unique(runs.week)
    rows = [_week(runs, weight, np.flatnonzero(runs.week == week)) for week in weeks]
    table = np.array(rows, dtype=np.float64).reshape(len(rows), 4)
    return WeekPoints(
        week=weeks, at_weeks=table[:, 0], value=table[:, 1], se=table[:, 2], runs=table[:, 3].astype(np.int64)
    )


def _week(runs: RunValues, weight: Array, rows: npt.NDArray[np.intp]) -> tuple[float, float, float, int]:
    n = len(rows)
    # A median of one or two values is their mean; from three on it costs efficiency.
    factor = MEDIAN_TO_MEAN_SE if n > 2 else 1.0
    se = factor / float(np.sqrt(weight[rows].sum()))
    return float(runs.at_weeks[rows].mean()), middle_of_weight(runs.value[rows], weight[rows]), se, n


# Trends over weeks: Theil-Sen slope, Mann-Kendall test widened for correlated weeks, Holm, and the gates.
#
# Sources: Sen 1968; Hamed and Rao 1998 (the widening, here with the lag-1 term); Gilbert 1987 (ranks of the
# interval). A block bootstrap of the residuals is not used: in simulation it raised 14 to 34 % false alarms.


VISIBLE_GRID = np.linspace(0.0, 30.0, 61)  # changes over the span, in SD of the weekly values
TOO_EARLY = "too early to tell"
DIRECTIONS = {
    "D": ("towards drive", "towards shuffle"),
    "P": ("more bounce", "less bounce"),
    "zSL": ("longer steps", "shorter steps"),
}


class Tested(Record, frozen=True, kw_only=True):
    """One series on its way to a verdict. sd_S: of Kendall's S, widened by rho."""

    points: WeekPoints
    line: Line
    p: float
    rho: float
    sd_S: float
    run_sd: float
    runs: int


def neighbour_correlation(residual: Array, week: npt.NDArray[np.int64], rho_max: float) -> float:
    """Lag-1 correlation of the residuals of adjacent weeks plus 1/n (its small-sample bias), within [0, rho_max]."""
    adjacent = np.diff(week) == 1
    power = float(np.mean(residual**2))
    if not adjacent.any() or power == 0.0:
        return 0.0
    lagged = float(np.mean((residual[1:] * residual[:-1])[adjacent]))
    return min(max(lagged / power + 1.0 / len(residual), 0.0), rho_max)


def kendall(value: Array) -> tuple[float, float]:
    """Kendall's S of values in order of time, and its variance for independent values, ties allowed for."""
    n = len(value)
    first, second = np.triu_indices(n, 1)
    S = float(np.sign(value[second] - value[first]).sum())
    _, ties = np.unique(value, return_counts=True)
    tied = float(np.sum(ties * (ties - 1) * (2 * ties + 5)))
    return S, (n * (n - 1) * (2 * n + 5) - tied) / 18.0


def kendall_p(S: float, sd_S: float) -> float:
    """Two-sided p with continuity correction; 1 where all values are equal."""
    if sd_S == 0.0:
        return 1.0
    return min(1.0, 2.0 * below(-max(abs(S) - 1.0, 0.0) / sd_S))


def slope_interval(slopes: Array, sd_S: float, alpha: float) -> tuple[float, float] | None:
    """Interval of the slope by ranks; it leaves 0 out exactly when the test rejects. None: a rank lies outside."""
    rank = int(np.floor((len(slopes) - quantile(1.0 - alpha / 2.0) * sd_S - 1.0) / 2.0))
    if rank < 0:
        return None
    return float(slopes[rank]), float(slopes[len(slopes) - 1 - rank])


def holm(p: Mapping[str, float], alpha: float) -> tuple[dict[str, float], dict[str, float]]:
    """Adjusted p by name, and the level that each was held against (after the first failure it stays)."""
    adjusted: dict[str, float] = {}
    levels: dict[str, float] = {}
    highest, level, failed = 0.0, alpha, False
    for rank, name in enumerate(sorted(p, key=lambda name: p[name])):
        left = len(p) - rank
        highest = max(highest, min(1.0, left * p[name]))
        level = level if failed else alpha / left
        failed = failed or p[name] > level
        adjusted[name], levels[name] = highest, level
    return adjusted, levels


def visible_change(at_weeks: Array, week_sd: float, sd_S: float, rules: TrendRules, alpha: float) -> float | None:
    """Change over the span that the test would find with probability `rules.power`, for weeks of this scatter.

    Expected S of a line in normal noise, set against its critical value. Spread of S as under no change: cautious.
    None: no change is large enough, the weeks are too few or hang together too much.
    """
    first, second = np.triu_indices(len(at_weeks), 1)
    apart = (at_weeks[second] - at_weeks[first]) / (at_weeks[-1] - at_weeks[0])
    needed = 1.0 + (quantile(1.0 - alpha / 2.0) + quantile(rules.power)) * sd_S
    found = two_sided(np.outer(VISIBLE_GRID, apart) / np.sqrt(2.0)).sum(axis=1)
    if needed >= found[-1]:
        return None
    return week_sd * float(np.interp(needed, found, VISIBLE_GRID))


def tested(runs: RunValues, rules: TrendRules) -> Tested | None:
    """The test of one series, or None with too few weeks."""
    points = week_points(runs, rules)
    if len(points.value) < max(rules.min_weeks, 3):
        return None
    line = theil_sen(points.at_weeks, points.value)
    rho = neighbour_correlation(line.residual, points.week, rules.rho_max)
    S, variance = kendall(points.value)
    sd_S = math.sqrt(variance * (1.0 + rho) / (1.0 - rho))
    about_line = robust_sd(runs.value - line.slope * runs.at_weeks)
    return Tested(
        points=points, line=line, p=kendall_p(S, sd_S), rho=rho, sd_S=sd_S, run_sd=about_line, runs=len(runs.value)
    )


def trends(series: Mapping[str, RunValues], rules: TrendRules) -> tuple[Trend, ...]:
    """A verdict for each series (D, P or zSL), tested together; times are weeks since 1970, values in SD."""
    judged = {name: tested(runs, rules) for name, runs in series.items()}
    at_hand = {name: each for name, each in judged.items() if each is not None}
    adjusted, levels = holm({name: each.p for name, each in at_hand.items()}, rules.alpha)
    return tuple(
        too_early(name, series[name], rules)
        if (each := at_hand.get(name)) is None
        else verdict(name, each, (adjusted[name], levels[name]), rules)
        for name in series
    )


def too_early(name: str, runs: RunValues, rules: TrendRules) -> Trend:
    """What is said before there are enough weeks."""
    weeks = len(np.unique(runs.week))
    return Trend(
        series=name,
        verdict=TOO_EARLY,
        weeks=weeks,
        runs=len(runs.value),
        weeks_missing=rules.min_weeks - weeks,
        weeks_advised=max(rules.advised_weeks - weeks, 0),
    )


def verdict(name: str, each: Tested, held: tuple[float, float], rules: TrendRules) -> Trend:
    """Called only if p passes Holm and the change is both worthwhile and beyond the runner's own scatter.

    Steady only where a change of some size would have been seen; else the weeks are too early to tell.
    """
    p_holm, level = held
    at, slope = each.points.at_weeks, each.line.slope
    span = float(at[-1] - at[0])
    worthwhile = max(rules.min_change, rules.detectable * each.run_sd / math.sqrt(each.runs / 2.0))
    called = each.p <= level and p_holm <= rules.alpha and abs(slope * span) >= worthwhile
    interval = slope_interval(each.line.slopes, each.sd_S, level)
    week_sd = MAD_TO_SD * median(np.abs(each.line.residual)) * math.sqrt(len(at) / (len(at) - 2.0))
    seen = visible_change(at, week_sd, each.sd_S, rules, level)
    detectable = max(worthwhile, seen) if seen is not None else None
    quiet = TOO_EARLY if detectable is None or detectable > rules.telling else "steady"
    return Trend(
        series=name,
        verdict=DIRECTIONS[name][slope < 0] if called else quiet,
        weeks=len(at),
        runs=each.runs,
        weeks_missing=0,
        weeks_advised=max(rules.advised_weeks - len(at), 0),
        first=day_of(at[0]),
        last=day_of(at[-1]),
        slope_per_week=slope,
        change=slope * span,
        low=interval[0] * span if interval else None,
        high=interval[1] * span if interval else None,
        level=level,
        p=each.p,
        p_holm=p_holm,
        rho=each.rho,
        run_sd=each.run_sd,
        worthwhile=worthwhile,
        detectable=detectable,
    )
