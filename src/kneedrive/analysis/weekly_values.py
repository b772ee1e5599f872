"""Run values and what a week makes of them: the weighted median of its runs at their mean date."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kneedrive.analysis.line import theil_sen
from kneedrive.analysis.normal import MEDIAN_TO_MEAN_SE, robust_sd
from kneedrive.method import TrendRules
from kneedrive.model import Array
from kneedrive.percentiles import median

LEAST_FOR_LINE = 3  # weeks: a line through two takes their scatter for a trend


class RunValues(NamedTuple):
    """A series of run values in order of time. at_weeks: local time in weeks since 1970; week: number of the week."""

    at_weeks: Array
    week: npt.NDArray[np.int64]
    value: Array
    se: Array


class WeekPoints(NamedTuple):
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
    return WeekPoints(weeks, table[:, 0], table[:, 1], table[:, 2], table[:, 3].astype(np.int64))


def _week(runs: RunValues, weight: Array, rows: npt.NDArray[np.intp]) -> tuple[float, float, float, int]:
    n = len(rows)
    # A median of one or two values is their mean; from three on it costs efficiency.
    factor = MEDIAN_TO_MEAN_SE if n > 2 else 1.0
    se = factor / float(np.sqrt(weight[rows].sum()))
    return float(runs.at_weeks[rows].mean()), middle_of_weight(runs.value[rows], weight[rows]), se, n
