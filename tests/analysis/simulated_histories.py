"""Histories of run values with known truth, and how often a trend is called in them. Not files, no epochs.

`rate` and `power_curve` are for validation too: `power_curve((0.5, 1.0, 1.5), weeks=12, histories=500, seed=1)`.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from kneedrive.history.result import Trend
from kneedrive.history.trend import RunValues, trends
from kneedrive.method import TrendRules

RUN_SD = (0.3, 0.6)
DAYS_OF_RUNS = (1.3, 3.3, 6.4)  # days into the week: Tuesday, Thursday, Sunday
FIRST_WEEK = 2900


class Plan(NamedTuple):
    """One kind of history. change: of D, in a straight line over the weeks. drift: SD of an AR(1) of the weeks."""

    change: float = 0.0
    drift_sd: float = 0.0
    rho: float = 0.0
    weeks: int = 16
    runs_a_week: int = 3
    missing_weeks: float = 0.0


NOTHING = Plan()


class Rates(NamedTuple):
    """Share of histories in which anything was called, D was called in the planted direction, D was tested."""

    called: float
    found: float
    tested: float


def drift(plan: Plan, random: np.random.Generator) -> np.ndarray:
    """A stationary AR(1) of the weeks."""
    steps = random.normal(size=plan.weeks)
    values = np.empty(plan.weeks)
    values[0] = steps[0]
    for week in range(1, plan.weeks):
        values[week] = plan.rho * values[week - 1] + math.sqrt(1.0 - plan.rho**2) * steps[week]
    return plan.drift_sd * values


def history(plan: Plan, random: np.random.Generator) -> dict[str, RunValues]:
    """D with the planted change and P without; their noise is independent, which is the harder case for Holm."""
    run_sd = random.uniform(*RUN_SD)
    week = np.repeat(np.arange(plan.weeks), plan.runs_a_week)
    at = week + np.tile(np.array(DAYS_OF_RUNS)[: plan.runs_a_week] / 7.0, plan.weeks)
    planted = {"D": plan.change * (at - at[0]) / (at[-1] - at[0]), "P": np.zeros(len(at))}
    kept = np.isin(week, np.flatnonzero(random.random(plan.weeks) >= plan.missing_weeks))
    series = {}
    for name, line in planted.items():
        value = line + drift(plan, random)[week] + run_sd * random.normal(size=len(at))
        se = random.uniform(0.05, 0.2, size=len(at))
        series[name] = RunValues(
            at_weeks=FIRST_WEEK + at[kept].astype(float), week=FIRST_WEEK + week[kept], value=value[kept], se=se[kept]
        )
    return series


def judged(plan: Plan, histories: int, seed: int, rules: TrendRules) -> Iterator[tuple[Trend, ...]]:
    """The trends of so many histories of one plan."""
    random = np.random.default_rng(seed)
    for _ in range(histories):
        yield trends(history(plan, random), rules)


def rate(plan: Plan, histories: int, seed: int, rules: TrendRules | None = None) -> Rates:
    """How often a trend is called. For a null history `called` is the rate of false alarms."""
    rules = rules or TrendRules()
    verdicts = [[trend.verdict for trend in each] for each in judged(plan, histories, seed, rules)]
    quiet = {"steady", "too early to tell"}
    called = [bool(set(each) - quiet) for each in verdicts]
    towards = "towards drive" if plan.change >= 0 else "towards shuffle"
    found = [each[0] == towards for each in verdicts]
    tested = [each[0] != "too early to tell" for each in verdicts]
    return Rates(float(np.mean(called)), float(np.mean(found)), float(np.mean(tested)))


def power_curve(changes: Sequence[float], *, histories: int, seed: int, plan: Plan = NOTHING) -> dict[float, Rates]:
    """Rates for each planted change of D; the other terms of the plan stay."""
    return {change: rate(plan._replace(change=change), histories, seed) for change in changes}
