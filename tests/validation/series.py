"""Part (b): false alarms and power of trends, comparisons, own baselines and fade over simulated run values.

All procedures take thousands of simulated histories at once. Generators: `tests/analysis/many_histories.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kneedrive.analysis.fade import BlockFade, block_fade
from kneedrive.histories.baseline import OF_FREE, held, personal_fit, predicted, run_means
from kneedrive.histories.compare import WeekDifference, week_difference
from kneedrive.histories.trend import TrendFit, trend_fit
from kneedrive.method import Method
from kneedrive.recording import Array
from kneedrive.stats import Mask, least_squares, t_test
from tests.analysis.many_histories import Blocks, Drawn, Runs, Weeks, draw, draw_blocks, draw_runs
from tests.validation.page import Section, paragraph, percent, several, table, wilson
from tests.validation.sizes import Crew, Size

RULES = Method().series
CHUNK = 500  # histories at once, for memory
FADE_THRESHOLD = 1.2  # SD of an epoch: the smallest of contact 6/4.4 ms, cadence 2/1.7 spm, duty factor 0.8/0.48 pp
DRIFTS = {
    "no drift": Weeks(),
    "drift 0.15, rho 0.5": Weeks(drift=0.15, rho=0.5),
    "drift half of the run SD, rho 0.5": Weeks(drift=0.5, rho=0.5, relative=True),
    "drift 0.25, rho 0.7": Weeks(drift=0.25, rho=0.7),
    "season of 0.2": Weeks(season=0.2),
    "shoe step of SD 0.3": Weeks(shoe=0.3),
}
HARDEST = "drift half of the run SD, rho 0.5"
TREND_LIMITS = {"no drift": 0.05, "drift 0.15, rho 0.5": 0.075, HARDEST: 0.075}
POWER_LIMITS = {16: 0.80, 26: 0.95, 39: 0.95}
COMPARE_LIMITS = dict.fromkeys(TREND_LIMITS, 0.075)
OWN_LIMITS = {0.0: 0.06, 0.5: 0.085}
FADE_LIMIT = 0.10
FADE_POWER = {0.0: 0.95, 0.5: 0.67}


class Rate(NamedTuple):
    """A share of simulated histories, and its standard error."""

    share: float
    of: int

    @property
    def se(self) -> float:
        return float(np.sqrt(self.share * (1.0 - self.share) / self.of))

    def __str__(self) -> str:
        return f"{100 * self.share:.1f} ({100 * self.se:.1f})"


def rate(hits: npt.NDArray[np.bool_] | np.bool_) -> Rate:
    """The share of a row of hits."""
    hits = np.atleast_1d(hits)
    return Rate(float(hits.mean()), len(hits))


def chunks(count: int, seed: int) -> Iterator[tuple[int, int]]:
    """Sizes and seeds that add up to a count."""
    for place, first in enumerate(range(0, count, CHUNK)):
        yield min(CHUNK, count - first), 1000 * seed + place


def fitted(drawn: Drawn) -> TrendFit:
    return trend_fit(drawn.at, drawn.values, drawn.se, RULES)


def found(fit: TrendFit) -> Mask:
    """Whether a planted rise of the first series is called in its direction."""
    hit: Mask = fit.called[:, 0] & (fit.change[:, 0] > 0)
    return hit


def trend_alarms(plan: Weeks, count: int, seed: int) -> Rate:
    """Share of histories with nothing planted in which any series is called."""
    parts = [fitted(draw(plan, *part)).called.any(axis=-1) for part in chunks(count, seed)]
    return rate(np.concatenate(parts))


def trend_power(plan: Weeks, count: int, seed: int) -> Rate:
    """Share of histories in which the change of the plan is called in its direction."""
    return rate(np.concatenate([found(fitted(draw(plan, *part))) for part in chunks(count, seed)]))


def plain_p(drawn: Drawn) -> tuple[Array, Array]:
    """Two-sided p and slope (histories, series) of plain least squares on weekly means, weeks taken as independent."""
    there = np.isfinite(drawn.values)
    weeks = there.any(axis=-1)
    means = np.where(weeks, np.where(there, drawn.values, 0.0).sum(axis=-1) / np.maximum(there.sum(axis=-1), 1), np.nan)
    X = np.stack([np.ones_like(means), np.broadcast_to(drawn.at - drawn.at.mean(), means.shape)], axis=-1)
    fit = least_squares(X, means, np.ones_like(means))
    left = weeks.sum(axis=-1) - 2.0
    se = np.sqrt(np.nansum(fit.residual**2, axis=-1) / left * fit.inverse[..., 1, 1])
    return t_test(fit.coefficient[..., 1], se, left), fit.coefficient[..., 1]


def plain_power(null: Weeks, planted: Weeks, alarms: float, count: int, seed: int) -> Rate:
    """Power of plain least squares whose critical p is set so that `null` raises this share of false alarms."""
    smallest = np.concatenate([plain_p(draw(null, *part))[0].min(axis=-1) for part in chunks(count, seed)])
    critical = float(np.quantile(smallest, alarms))
    hits = []
    for part in chunks(count, seed + 1):
        p, slope = plain_p(draw(planted, *part))
        hits.append((p[:, 0] <= critical) & (slope[:, 0] > 0))
    return rate(np.concatenate(hits))


def seen_where_steady(plan: Weeks, count: int, seed: int) -> Rate:
    """Share called when a change of 1.0 is added to the very histories that were said to be steady."""
    hits = []
    for part in chunks(count, seed):
        steady = fitted(draw(plan, *part)).steady[:, 0]
        hits.append(found(fitted(draw(plan._replace(change=RULES.telling), *part)))[steady])
    return rate(np.concatenate(hits))


def differences(plan: Weeks, threshold: float, count: int, seed: int) -> Iterator[WeekDifference]:
    """Comparisons of the two halves of histories in three quantities."""
    plan = plan._replace(series=3)
    after = (np.arange(plan.weeks) >= plan.weeks // 2).astype(np.float64)
    for part in chunks(count, seed):
        drawn = draw(plan, *part)
        yield week_difference(drawn.values, drawn.se, after, np.full(3, threshold), RULES)


def compare_alarms(plan: Weeks, count: int, seed: int, threshold: float = 0.0) -> Rate:
    """Share of unchanged histories in which any quantity is said to have changed."""
    return rate(np.concatenate([each.changed.any(axis=-1) for each in differences(plan, threshold, count, seed)]))


def compare_power(plan: Weeks, count: int, seed: int, threshold: float = 0.3) -> Rate:
    """Share of histories in which the step of the plan, half-way, is found."""
    plan = plan._replace(step_at=plan.weeks // 2)
    return rate(np.concatenate([each.changed[:, 0] for each in differences(plan, threshold, count, seed)]))


def words(plan: Runs, count: int, seed: int) -> np.ndarray:
    """What is said of the last run of each history, (histories, quantities)."""
    said = []
    for size, own_seed in chunks(count, seed):
        X, y = draw_runs(plan, size, own_seed)
        weight = np.ones(y.shape)
        fit = personal_fit(X[:, :, :-1], y[:, :, :-1], weight[:, :, :-1], 0.0, RULES)
        value = run_means(y[:, :, -1], weight[:, :, -1])
        expected, sd = predicted(fit, X[:, :, -1].mean(axis=-2))
        said.append(held(value - expected, sd, fit.freedom, plan.epochs, OF_FREE, RULES)[0])
    return np.concatenate(said)


def own_alarms(plan: Runs, count: int, seed: int) -> Rate:
    """Share of unchanged runs that are "clearly different" in any quantity."""
    return rate((words(plan, count, seed) == "clearly different").any(axis=-1))


def own_power(plan: Runs, count: int, seed: int) -> Rate:
    """Share of changed runs that are "clearly different" in the changed quantity."""
    return rate(words(plan, count, seed)[:, 0] == "clearly different")


def fades(plan: Blocks, count: int, seed: int, threshold: float = FADE_THRESHOLD) -> BlockFade:
    """Fade of so many runs; a change counts in either direction."""
    return block_fade(draw_blocks(plan, count, seed), np.full(3, threshold), np.zeros(3), RULES)


def fade_alarms(plan: Blocks, count: int, seed: int, threshold: float = FADE_THRESHOLD) -> Rate:
    """Share of unchanged runs in which any quantity is said to have changed."""
    return rate(fades(plan, count, seed, threshold).notable.any(axis=-1))


def fade_power(plan: Blocks, count: int, seed: int) -> Rate:
    """Share of runs in which the planted rise is found."""
    fade = fades(plan, count, seed)
    return rate(fade.notable[:, 0] & (fade.change[:, 0] > 0))


def broken(rates: dict[str, Rate], limits: dict[str, float]) -> list[str]:
    """The names of the rates that are surely beyond their limits."""
    return [
        name for name, limit in limits.items() if wilson(rates[name].share * rates[name].of, rates[name].of)[0] > limit
    ]


def told(beyond: list[str]) -> str:
    """Whether limits hold, as the page says it."""
    return f"Limits broken for: {', '.join(beyond)}." if beyond else "All limits hold."


def trends(size: Size) -> tuple[str, ...]:
    """Trends: false alarms, power, and what steady is worth."""
    rows, notes = [], []
    for weeks in (16, 26, 39, 78):
        plans = {name: plan._replace(weeks=weeks) for name, plan in DRIFTS.items()}
        alarms = {name: trend_alarms(plan, size.nulls, 1) for name, plan in plans.items()}
        power = {name: trend_power(plan._replace(change=1.0), size.histories, 2) for name, plan in plans.items()}
        rows += [(str(weeks), name, str(alarms[name]), str(power[name])) for name in DRIFTS]
        notes.append(f"{weeks} weeks: {told(broken(alarms, TREND_LIMITS))}")
        if weeks in POWER_LIMITS:
            notes.append(efficiency(weeks, alarms, power["no drift"], size))
    text = paragraph(
        "**Trends.** D and P; a fifth of the weeks missing. A false alarm is any called trend where nothing was "
        "planted, power the share in which a change of 1.0 in D is called in its direction. Promised: at most 5 % "
        "without drift, 7.5 % under drift of SD 0.15 or of half of the run SD with rho 0.5. Drift that outlasts the "
        "window, a season that is shorter than a year of weeks, and a new pair of shoes cannot be told from a trend, "
        "and the report says so; these rows are no promise.",
        *notes,
    )
    return text, table(("weeks", "by themselves", "false alarms, % (SE)", "power for 1.0, % (SE)"), rows)


def efficiency(weeks: int, alarms: dict[str, Rate], power: Rate, size: Size) -> str:
    """Power beside plain least squares, and what a verdict of steady is worth."""
    hardest, calm = DRIFTS[HARDEST]._replace(weeks=weeks), Weeks(weeks=weeks)
    planted = calm._replace(change=1.0)
    plain = plain_power(hardest, planted, alarms[HARDEST].share, size.nulls, 3)
    steady = seen_where_steady(calm, size.histories, 4)
    return (
        f"Power without drift is {power.share / max(plain.share, 0.01):.2f} of that of plain least squares on weekly "
        f"means with as many false alarms under the hardest drift (promised {POWER_LIMITS[weeks]:.2f}). Where steady "
        f"was said, a change of 1.0 in the same weeks would have been called in {percent(steady.share)}."
    )


def comparisons(size: Size) -> tuple[str, ...]:
    """Comparisons of two halves of a history."""
    rows, notes = [], []
    for weeks in (8, 12, 24):
        plans = {name: plan._replace(weeks=weeks) for name, plan in DRIFTS.items()}
        alarms = {name: compare_alarms(plan, size.nulls, 5) for name, plan in plans.items()}
        said = {name: compare_alarms(plan, size.nulls, 5, 0.3) for name, plan in plans.items()}
        power = {name: compare_power(plan._replace(step=1.0), size.histories, 6) for name, plan in plans.items()}
        rows += [(str(weeks // 2), name, str(alarms[name]), str(said[name]), str(power[name])) for name in DRIFTS]
        notes.append(f"{weeks // 2} weeks a side: {told(broken(alarms, COMPARE_LIMITS))}")
    text = paragraph(
        "**Before and after.** Three quantities, the two halves of a history; a false alarm is any of them changed. "
        "Promised: at most 7.5 % by the test alone; what is said must be worth a word besides (here 0.3).",
        *notes,
    )
    head = ("weeks a side", "by themselves", "any p, % (SE)", "said beyond 0.3, % (SE)", "power for 1.0, % (SE)")
    return text, table(head, rows)


def own_weeks(size: Size) -> tuple[str, ...]:
    """One run against its own baseline."""
    plans = {
        f"{runs} runs, drift {drift}": Runs(runs=runs, drift=drift) for runs in (8, 12, 24) for drift in OWN_LIMITS
    }
    alarms = {name: own_alarms(plan, size.nulls, 7) for name, plan in plans.items()}
    limits = {name: OWN_LIMITS[plan.drift] for name, plan in plans.items()}
    power = {name: own_power(plan._replace(change=4.0), size.histories, 8) for name, plan in plans.items()}
    rows = [(name, str(alarms[name]), percent(limits[name]), str(power[name])) for name in plans]
    head = ("baseline, weekly drift in run SD", "clearly different, % (SE)", "limit", "power for 4 run SD, % (SE)")
    text = paragraph(
        "**A run against the runner's own weeks.** Own slopes over speed and grade are drawn for each runner; the run "
        'is unchanged, and a false alarm is "clearly different" in any of the three quantities.',
        told(broken(alarms, limits)),
    )
    return text, table(head, rows)


def fading(size: Size) -> tuple[str, ...]:
    """Fade within a run."""
    plans = {
        f"{minutes} minutes, wander {wander}": Blocks(minutes=minutes, wander=wander)
        for minutes in (40, 60, 90, 120, 180)
        for wander in (0.0, 0.5, 1.0)
    }
    bare = {name: fade_alarms(plan, size.nulls, 9, 0.0) for name, plan in plans.items()}
    said = {name: fade_alarms(plan, size.nulls, 9) for name, plan in plans.items()}
    power = {name: fade_power(plan._replace(change=4.0), size.histories, 10) for name, plan in plans.items()}
    late = {name: fade_power(plan._replace(change=4.0, begins=0.5), size.histories, 10) for name, plan in plans.items()}
    rows = [(name, str(bare[name]), str(said[name]), str(power[name]), str(late[name])) for name in plans]
    beyond = f"said beyond {FADE_THRESHOLD} SD"
    head = ("run, wander in epoch SD", "any p, % (SE)", beyond, "power for 4 SD, % (SE)", "that begins half-way")
    held = told(broken(said, dict.fromkeys(plans, FADE_LIMIT)))
    text = paragraph(
        "**Fade within a run.** Three quantities; sensors wander (AR(1), 0.95 from half-minute to half-minute). "
        f"Promised: at most 10 % of unchanged runs are said to have changed. {held}",
        "A change that begins half-way looks like the wander of a sensor and is mostly missed.",
    )
    return text, table(head, rows)


MOST: tuple[Callable[[Size], tuple[str, ...]], ...] = (trends, comparisons, own_weeks, fading)


def part(size: Size, crew: Crew) -> Section:
    """The section."""
    opening = (
        "Run values over weeks, three runs a week; SD from run to run between 0.3 and 0.6 spreads between runners, "
        f"drawn for each history. {several(size.nulls, 'history')} without and {several(size.histories, 'history')} "
        "with a planted change for each row; standard errors in brackets."
    )
    found = crew.over(_blocks, [(place, size) for place in range(len(MOST))])
    return Section("b", "Many runs: false alarms and power", (opening, *(block for each in found for block in each)))


def _blocks(asked: tuple[int, Size]) -> tuple[str, ...]:
    place, size = asked
    return MOST[place](size)
