"""Thousands of histories of run values at once, with known truth; no files, no epochs. Unit: SD between runners."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kneedrive.recording import Array

DAYS = (1.3, 3.3, 6.4)  # into the week: Tuesday, Thursday, Sunday
YEAR_WEEKS = 52.178


class Weeks(NamedTuple):
    """One kind of history, with nothing planted unless `change` or `step` is.

    change: of the first series, straight over the weeks; step: at once before week `step_at`. run_sd: drawn uniformly
    for each history. drift: SD of an AR(1) of the weeks with lag-1 correlation rho, in its own unit, or in units of the
    run SD where `relative`. season: amplitude of a yearly sine of random phase. shoe: SD of a step in a random week.
    """

    change: float = 0.0
    step: float = 0.0
    step_at: int = 0
    weeks: int = 16
    runs: int = 3
    series: int = 2
    missing: float = 0.2
    run_sd: tuple[float, float] = (0.3, 0.6)
    drift: float = 0.0
    rho: float = 0.0
    relative: bool = False
    season: float = 0.0
    shoe: float = 0.0


class Drawn(NamedTuple):
    """at (weeks); values and se (histories, series, weeks, runs), NaN where the week has no runs."""

    at: Array
    values: Array
    se: Array


def ar1(rng: np.random.Generator, shape: tuple[int, ...], rho: float) -> Array:
    """Stationary AR(1) of unit variance along the last axis."""
    noise = rng.standard_normal(shape)
    for place in range(1, shape[-1]):
        noise[..., place] = rho * noise[..., place - 1] + np.sqrt(1.0 - rho**2) * noise[..., place]
    return noise


def draw(plan: Weeks, histories: int, seed: int) -> Drawn:
    """So many histories of one plan."""
    rng = np.random.default_rng(seed)
    shape = (histories, plan.series, plan.weeks)
    day = np.array(DAYS[: plan.runs]) / 7.0
    at = np.arange(plan.weeks)[:, None] + day
    run_sd = rng.uniform(*plan.run_sd, size=(histories, 1, 1))
    weekly = plan.drift * (run_sd if plan.relative else 1.0) * ar1(rng, shape, plan.rho)
    phase = rng.uniform(0.0, 2.0 * np.pi, size=(histories, plan.series, 1))
    weekly += plan.season * np.sin(2.0 * np.pi * np.arange(plan.weeks) / YEAR_WEEKS + phase)
    new_shoe = np.arange(plan.weeks) >= rng.integers(1, plan.weeks, size=(histories, 1, 1))
    weekly += plan.shoe * rng.standard_normal((histories, plan.series, 1)) * new_shoe
    values = weekly[..., None] + run_sd[..., None] * rng.standard_normal((*shape, plan.runs))
    values[:, 0] += plan.change * (at - at.min()) / (at.max() - at.min())
    values[:, 0] += plan.step * (np.arange(plan.weeks) >= plan.step_at)[:, None]
    gone = rng.random((histories, 1, plan.weeks)) < plan.missing
    values[np.broadcast_to(gone, shape)] = np.nan
    return Drawn(at.mean(axis=-1), values, rng.uniform(0.05, 0.2, size=values.shape))


class Runs(NamedTuple):
    """Runs for an own baseline, and one more to hold against it; three quantities, unit: SD from run to run.

    change: of the first quantity in the last run. drift: SD of an AR(1) of the weeks (rho 0.5, three runs a week).
    curve: SD of each runner's own slopes over speed, per m/s; noise: SD of epochs (AR(1), 0.3).
    """

    change: float = 0.0
    runs: int = 8
    epochs: int = 25
    drift: float = 0.0
    curve: float = 1.5
    noise: float = 1.0


class DrawnRuns(NamedTuple):
    """X (histories, quantities, runs + 1, epochs, columns), y (histories, quantities, runs + 1, epochs)."""

    X: Array
    y: Array


def draw_runs(plan: Runs, histories: int, seed: int) -> DrawnRuns:
    """So many baselines of one plan, each with a run to judge at the end."""
    rng = np.random.default_rng(seed)
    shape = (histories, 3, plan.runs + 1, plan.epochs)
    pace = 0.12 * ar1(rng, (histories, 1, *shape[2:]), 0.8)
    speed = pace + 0.25 * rng.standard_normal((histories, 1, plan.runs + 1, 1))
    grade = 0.6 * rng.standard_normal((histories, 1, *shape[2:]))
    weekly = np.repeat(ar1(rng, (histories, 3, -(-shape[2] // 3)), 0.5), 3, axis=-1)[..., : shape[2]]
    level = rng.standard_normal(shape[:3]) + plan.drift * weekly
    level[:, 0, -1] += plan.change
    own = plan.curve * rng.standard_normal((histories, 3, 1, 1)), 0.2 * rng.standard_normal((histories, 3, 1, 1))
    y = own[0] * speed + own[1] * grade + level[..., None] + plan.noise * ar1(rng, shape, 0.3)
    X = np.stack(np.broadcast_arrays(speed, speed**2, grade), axis=-1)
    return DrawnRuns(np.broadcast_to(X, (*shape, 3)), y)


class Blocks(NamedTuple):
    """One run of epochs in three quantities, unit: SD of an epoch. change: of the first, from first to last third.

    begins: share of the run after which it rises. wander: SD of the sensor's AR(1) (0.95 from epoch to epoch).
    """

    change: float = 0.0
    begins: float = 0.0
    minutes: int = 60
    wander: float = 0.0


def draw_blocks(plan: Blocks, runs: int, seed: int) -> Array:
    """Means (runs, quantities, blocks) of the 3-minute blocks after minute 8. The change is straight once it begins."""
    rng = np.random.default_rng(seed)
    count = (plan.minutes - 8) // 3
    epochs = rng.standard_normal((runs, 3, 6 * count)) + plan.wander * ar1(rng, (runs, 3, 6 * count), 0.95)
    blocks: Array = epochs.reshape(runs, 3, count, 6).mean(axis=-1)
    third = count // 3
    rise = np.maximum(np.arange(count) / (count - 1) - plan.begins, 0.0)
    blocks[:, 0] += plan.change * rise / (rise[-third:].mean() - rise[:third].mean())
    return blocks
