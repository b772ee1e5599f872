"""Do the population constants fit the real recordings? Bias and spread by class and speed, and what to change."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from kneedrive.analysis.reference import expected
from kneedrive.analysis.scores import z_parts
from kneedrive.histories.result import PastRun
from kneedrive.histories.segments import column
from kneedrive.method import Method
from kneedrive.recording import Array
from kneedrive.sensors import REFERENCES
from kneedrive.stats import robust_sd
from tests.seen_by import against
from tests.validation.page import listing, paragraph, signed, table, two
from tests.validation.runs import Looked

METHOD = Method()
BANDS = (2.0, 2.5, 3.0, 3.5, 6.0)
PARTS = ("zSL", "zDF", "zB", "zk")
BAND_EPOCHS = 4
NAMES = ("speed_mps", "step_time_s", "duty_factor", "beta", "ln_k", "grade")
FEW = 5  # runners below which a constant is not changed, whatever the numbers say
BIASED = 0.5  # SD between runners: beyond it a class stands apart from the population
K_CLASSES = ("garmin_strap", "garmin_pod", "garmin_strap_ble", "coros", "coros_pod", "apple", "other", "garmin_wrist")


class Level(NamedTuple):
    """One run in one band: its medians of the four parts."""

    word: str
    runner: str
    band: int
    parts: tuple[float, ...]


def levels(seen: list[Looked]) -> list[Level]:
    """Every outdoor run and band with enough epochs; steps are judged without height, like all else here."""
    found = []
    for each in seen:
        if each.status != "assessed" or each.past.surface != "outdoor" or each.past.sensor == "none":
            continue
        z, speed = parts_of(each.past)
        for band, (low, high) in enumerate(pairwise(BANDS)):
            inside = (speed >= low) & (speed < high)
            if inside.sum() >= BAND_EPOCHS:
                medians = tuple(_median(z[name][inside]) for name in PARTS)
                found.append(Level(each.past.sensor, each.runner, band, medians))
    return found


def parts_of(past: PastRun) -> tuple[dict[str, Array], Array]:
    """The parts of each scored epoch, also of classes that are not judged by them."""
    columns = {name: column(past, name) for name in NAMES}
    speed = columns["speed_mps"]
    grade = np.nan_to_num(columns["grade"])
    return z_parts(columns, expected(speed, against(past.sensor, None), grade)), speed


def _median(values: Array) -> float:
    there = values[np.isfinite(values)]
    return float(np.median(there)) if len(there) >= BAND_EPOCHS else math.nan


def biases(seen: list[Looked]) -> tuple[str, ...]:
    """Median and spread of each part by class and speed."""
    found, rows = levels(seen), []
    apart: dict[str, list[str]] = {name: [] for name in PARTS}
    for word in REFERENCES:
        for band in range(len(BANDS) - 1):
            mine = [each for each in found if (each.word, each.band) == (word, band)]
            if mine:
                name = f"{BANDS[band]:.1f} to {BANDS[band + 1]:.1f}"
                runners = len({each.runner for each in mine})
                rows.append((f"`{word}`", name, str(runners), str(len(mine)), *_cells(mine)))
        for place, part in enumerate(PARTS):
            middle = between([each for each in found if each.word == word], place)
            if abs(middle.median) > BIASED:
                apart[part].append(
                    f"`{word}` ({signed(middle.median)}, {middle.runners} runner{'s' * (middle.runners != 1)})"
                )
    text = paragraph(
        "**Do the population constants fit?** Median of the runs in each band of speed, ± their robust SD. One runner "
        "alone may stand 2 away from the population without anything being wrong, so a row with one runner says how "
        "that runner reads on that sensor, and no more.",
        "Classes whose runners stand more than 0.5 away in the middle: "
        + "; ".join(f"{part}: {', '.join(words) or 'none'}" for part, words in apart.items())
        + ".",
    )
    head = ("class", "m/s", "runners", "runs", *(f"{part}" for part in PARTS))
    return text, table(head, rows)


def _cells(mine: list[Level]) -> list[str]:
    cells = []
    for place in range(len(PARTS)):
        values = np.array([each.parts[place] for each in mine])
        values = values[np.isfinite(values)]
        spread = f" ± {two(robust_sd(values))}" if len(values) > 1 else ""
        cells.append(f"{signed(float(np.median(values)))}{spread}" if len(values) else "–")
    return cells


class Middle(NamedTuple):
    """Over runners: median of their medians, and SD between them (NaN for one)."""

    runners: int
    median: float
    sd: float


def between(mine: list[Level], place: int) -> Middle:
    """The middle of a part over runners, so that a history counts as one."""
    by_runner = {
        runner: np.array([each.parts[place] for each in mine if each.runner == runner])
        for runner in sorted({each.runner for each in mine})
    }
    medians = [float(np.nanmedian(values)) for values in by_runner.values() if np.isfinite(values).any()]
    if not medians:
        return Middle(0, math.nan, math.nan)
    return Middle(
        len(medians), float(np.median(medians)), float(np.std(medians, ddof=1)) if len(medians) > 1 else math.nan
    )


class Bounce(NamedTuple):
    """ln k of one runner on one class: median over runs, SD from run to run, slope over speed."""

    runs: int
    ln_k: float
    run_sd: float
    slope: float


def bounces(seen: list[Looked], word: str) -> list[Bounce]:
    """One row per runner with a measured oscillation."""
    found = []
    for runner in sorted({each.runner for each in seen}):
        past = [
            each.past
            for each in seen
            if (each.runner, each.past.sensor) == (runner, word) and each.status == "assessed"
        ]
        runs = [np.column_stack([column(one, "speed_mps"), column(one, "ln_k")]) for one in past]
        runs = [rows[np.isfinite(rows).all(axis=1)] for rows in runs]
        runs = [rows for rows in runs if len(rows) >= BAND_EPOCHS]
        if runs:
            medians = np.array([float(np.median(rows[:, 1])) for rows in runs])
            rows = np.concatenate(runs)
            slope = float(np.polyfit(rows[:, 0], rows[:, 1], 1)[0]) if np.ptp(rows[:, 0]) > 0.5 else math.nan
            found.append(
                Bounce(len(runs), float(np.median(medians)), robust_sd(medians) if len(runs) > 1 else math.nan, slope)
            )
    return found


def proposals(seen: list[Looked]) -> tuple[str, ...]:
    """What k_ref these files would suggest for each class, and whether that is enough to change it."""
    rows, change = [], []
    for word in K_CLASSES:
        found = bounces(seen, word)
        if not found:
            continue
        ln_k = np.array([each.ln_k for each in found])
        middle, now = float(np.median(ln_k)), REFERENCES[word].k_ref
        sd = float(np.std(ln_k, ddof=1)) if len(found) > 1 else math.nan
        enough = len(found) >= FEW and now is not None and abs(middle - math.log(now)) > 2 * sd / math.sqrt(len(found))
        if enough:
            change.append(word)
        runs = sum(each.runs for each in found)
        steadiest = [each.run_sd for each in found if each.runs > 1]
        slopes = [each.slope for each in found if math.isfinite(each.slope)]
        rows.append(
            (
                f"`{word}`",
                two(now),
                two(math.exp(middle)),
                two(sd),
                two(float(np.median(steadiest)) if steadiest else None),
                signed(float(np.median(slopes)) if slopes else None),
                signed(REFERENCES[word].s_k) if now else "–",
                str(len(found)),
                str(runs),
            )
        )
    text = paragraph(
        "**k_ref from these files.** Median over runners of their median k = oscillation / modelled oscillation; SD of "
        "ln k between runners and from run to run; slope of ln k per m/s beside the s_k in use.",
        f"A constant is to be changed only where {FEW} runners and more agree that it is off by more than two standard "
        f"errors; here that is so for: {listing(change)}.",
        "Every other row is a proposal with its number of runners beside it: with one or two, sensor and runner cannot "
        "be told apart, and the stated systematic SD is meant to cover it.",
    )
    head = (
        "class",
        "k_ref in use",
        "k_ref of these files",
        "SD ln k between runners",
        "from run to run",
        "slope",
        "s_k",
        "runners",
        "runs",
    )
    return text, table(head, rows)
