"""Real runs in random order, each held against others of the same runner: nothing changed, so nothing may be found.

`python -m tests.validation.shuffled`. The data are one row for each run and speed band; a row counts as its epochs do.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from kneedrive.histories.baseline import OF_FREE, held, personal_fit, predicted
from kneedrive.method import SeriesRules
from kneedrive.recording import Array
from kneedrive.stats import weighted_mean
from tests.conftest import DATA

TABLE = DATA / "run-values.csv"
COMPUTED = {"garmin_wrist", "stryd"}  # contact or bounce that repeats speed and cadence
FLOOR = np.array([1.5 / 168.0, 0.005, 0.02])  # ln T, duty factor, ln k
COLUMNS = ("speed_mps", "epochs", "cadence_spm", "stance_time_s", "vertical_oscillation_m", "grade_pct")


class Shuffled(NamedTuple):
    """Share of last runs that are "clearly different" in any of three quantities, by runner and sensor."""

    runs: int
    shares: Array

    def __str__(self) -> str:
        mean, se = self.shares.mean(), self.shares.std() / np.sqrt(len(self.shares))
        return f"{self.runs} runs, {len(self.shares)} runners: {100 * mean:.1f} % (SE {100 * se:.1f})"


def runners(path: Path = TABLE) -> list[list[Array]]:
    """The runs (bands, columns) of each runner on one sensor and device, of at least 20 epochs each."""
    found: dict[tuple[str, ...], dict[str, list[list[float]]]] = defaultdict(lambda: defaultdict(list))
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            key = row["runner"], row["class"], row["device"]
            if row["class"] not in COMPUTED and all(row[name] for name in COLUMNS):
                found[key][row["run"]].append([float(row[name]) for name in COLUMNS])
    return [[np.array(run) for run in runs.values() if sum(band[1] for band in run) >= 20] for runs in found.values()]


def quantities(rows: Array) -> tuple[Array, Array]:
    """Departures of ln T, DF and ln k (3, ...) from plain references, and X (..., 3): speed, its square, grade."""
    speed, _, cadence, stance, oscillation, grade = np.moveaxis(rows, -1, 0)
    T = 60.0 / cadence
    DF = stance / (2.0 * T)
    ln_k = np.log(oscillation / (9.81 * T**2 * (0.125 - 0.18169 * DF)))
    off = np.stack([np.log(T * (169.5 + 6.5 * (speed - 3.0)) / 60.0), DF - 0.237 - 0.390 / speed, ln_k])
    low, high = np.nanpercentile(speed, [25.0, 75.0])
    bend = (speed - 3.0) ** 2 * (high - low >= 0.5)
    return off, np.nan_to_num(np.stack([speed - 3.0, bend, grade], axis=-1))


def shuffled(count: int, draws: int, seed: int, every: list[list[Array]]) -> Shuffled:
    """Baselines of `count` runs in random order, and the next run held against them."""
    rng = np.random.default_rng(seed)
    shares = []
    for runs in every:
        if len(runs) <= count:
            continue
        bands = max(map(len, runs))
        padded = np.full((len(runs), bands, len(COLUMNS)), np.nan)
        for place, run in enumerate(runs):
            padded[place, : len(run)] = run
        chosen = padded[np.array([rng.permutation(len(runs))[: count + 1] for _ in range(draws)])]
        shares.append(different(chosen))
    return Shuffled(count, np.array(shares))


def different(chosen: Array) -> float:
    """Share of draws (draws, runs, bands, columns) whose last run is clearly different in any quantity."""
    off, one_X = quantities(chosen)
    y = np.moveaxis(off, 0, 1)
    X = np.broadcast_to(one_X[:, None], (*y.shape, 3))
    weight = np.broadcast_to(np.nan_to_num(chosen[:, None, :, :, 1]), y.shape)
    # A row stands for as many epochs, so fewer rows are as much to trust.
    rules = SeriesRules()
    rules = msgspec.structs.replace(rules, shrink_epochs=rules.shrink_epochs / float(weight[weight > 0].mean()))
    fit = personal_fit(X[:, :, :-1], y[:, :, :-1], weight[:, :, :-1], FLOOR, rules)
    last = weight[:, :, -1]
    at = (X[:, :, -1] * last[..., None]).sum(axis=-2) / last.sum(axis=-1)[..., None]
    expected, sd = predicted(fit, at)
    off = weighted_mean(y[:, :, -1], last) - expected
    word, _ = held(off, sd, fit.freedom, rules.different_epochs, OF_FREE, rules)
    return float((word == "clearly different").any(axis=-1).mean())


if __name__ == "__main__":
    for size in (8, 24):
        print(shuffled(size, 400, 1, runners()))
