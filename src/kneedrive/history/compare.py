"""Before and after: two periods of one runner, at matched speed and grade. The run is the unit, not the epoch.

Epochs of one run share a day, a pair of shoes and a strap position; counting them as independent would find a change
in every pair of periods. At one speed all metrics follow from three quantities, so the interval of each is widened
for three and not for nine.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from kneedrive.analysis.scores import letters, weighted_median
from kneedrive.history.baseline import allowed_metrics
from kneedrive.history.curve import QUANTITIES, Table, curves, departures, measured, own_usual, table
from kneedrive.history.result import Comparison, Difference, PastRun, Setting
from kneedrive.history.segments import Stretch, computed, split_at_jumps
from kneedrive.history.weeks import letters_of, standardised
from kneedrive.method import CompareRules
from kneedrive.record import Record
from kneedrive.recording import Array
from kneedrive.stats import student_quantile


class Side(Record, frozen=True, kw_only=True):
    """One period: the runs on its main sensor that hold scored epochs, and how many others were left out."""

    sensor: str
    firmware: str
    runs: tuple[PastRun, ...]
    left_out: int


class Matched(Record, frozen=True, kw_only=True):
    """Epochs of both periods in cells of speed and grade that both have; weight: the same mixture of cells for both.

    after: which rows belong to the later period. speed_mps: the median speed of the rows.
    """

    rows: Table
    after: Array
    speed_mps: float


def compare(
    before: Sequence[PastRun],
    after: Sequence[PastRun],
    setting: Setting,
    *,
    surface: str = "outdoor",
    across_sensors: bool = False,
) -> Comparison:
    """The later period minus the earlier one, metric by metric. A change of sensor between is refused by default."""
    rules = setting.method.compare
    sides = side(before, surface), side(after, surface)
    reason = sensor_change(*sides, setting)
    if reason and not across_sensors:
        return told("refused", sides, rules, surface=surface, reason=reason)
    found = match(table([*sides[0].runs, *sides[1].runs]), len(sides[0].runs), rules)
    if found is None:
        few = min(len(each.runs) for each in sides) < rules.min_runs
        return told("not enough weeks" if few else "no overlap", sides, rules, surface=surface, reason=reason)
    rows = differences(found, sides, setting)
    counted = run_counts(found, rules.run_epochs)
    short = rules.min_runs - min(counted)
    status = "compared" if rows else "not enough weeks"
    speeds = found.rows.speed_mps
    verdicts = {row.metric: row.verdict == "changed" and row.difference for row in rows}
    return told(status, sides, rules, surface=surface, reason=reason).replace(
        runs_before=counted[0],
        runs_after=counted[1],
        epochs_before=int((found.after == 0).sum()),
        epochs_after=int((found.after == 1).sum()),
        across_sensors=bool(reason),
        speed_mps=found.speed_mps,
        speed_low_mps=float(speeds.min()),
        speed_high_mps=float(speeds.max()),
        rows=rows,
        more_weeks=max(short, 0),
        over_exaggeration=verdicts.get("P", 0.0) > 0 and verdicts.get("cadence_spm", 0.0) < 0,
    )


def told(status: str, sides: tuple[Side, Side], rules: CompareRules, *, surface: str, reason: str) -> Comparison:
    """A comparison without numbers."""
    counts = tuple(len(each.runs) for each in sides)
    return Comparison(
        status=status,
        reason=reason,
        surface=surface,
        sensor_before=sides[0].sensor,
        sensor_after=sides[1].sensor,
        weeks_before=0,
        weeks_after=0,
        runs_before=counts[0],
        runs_after=counts[1],
        epochs_before=0,
        epochs_after=0,
        left_out=sides[0].left_out + sides[1].left_out,
        across_sensors=False,
        level=1.0 - rules.alpha / rules.quantities,
        more_weeks=max(rules.min_runs - min(counts), 0),
    )


def side(runs: Sequence[PastRun], surface: str) -> Side:
    """The runs of a period on its most used sensor and firmware class."""
    scored = [run for run in runs if run.surface == surface and run.epochs.scored.any()]
    if not scored:
        return Side(sensor="none", firmware="", runs=(), left_out=len(runs))
    sensor, firmware = Counter((run.sensor, run.firmware) for run in scored).most_common(1)[0][0]
    kept = tuple(run for run in scored if (run.sensor, run.firmware) == (sensor, firmware))
    return Side(
        sensor=sensor,
        firmware=firmware,
        runs=tuple(sorted(kept, key=lambda run: run.started_at)),
        left_out=len(runs) - len(kept),
    )


def sensor_change(before: Side, after: Side, setting: Setting) -> str:
    """Why the periods cannot be compared as one sensor's, as a key; "" where they can."""
    if not (before.runs and after.runs):
        return ""
    if before.sensor != after.sensor:
        return "another sensor"
    if before.firmware and after.firmware and before.firmware != after.firmware:
        return "another firmware"
    together = tuple(sorted((*before.runs, *after.runs), key=lambda run: run.started_at))
    _, jumps = split_at_jumps(Stretch(sensor=before.sensor, firmware=before.firmware, runs=together), setting)
    return "oscillation jumped" if jumps else ""


def match(rows: Table, runs_before: int, rules: CompareRules) -> Matched | None:
    """The epochs that have a counterpart in the other period; None where there are none.

    A cell is as wide as two epochs may differ. Where one period has more in a cell its epochs count less.
    """
    known = np.isfinite(rows.speed_mps) & (rows.weight > 0)
    rows = rows.rows(known)
    if not rows.epochs:
        return None
    later = (rows.run >= runs_before).astype(np.int64)
    speed_cell = np.floor(np.log(rows.speed_mps) / np.log1p(rules.speed_match))
    cells = np.column_stack([speed_cell, np.round(rows.grade / rules.grade_match)])
    _, cell = np.unique(cells, axis=0, return_inverse=True)
    held = np.zeros((int(cell.max()) + 1, 2))
    np.add.at(held, (cell.ravel(), later), rows.weight)
    shared = held.min(axis=1)
    weight = rows.weight * shared[cell.ravel()] / held[cell.ravel(), later]
    kept = weight > 0
    if not kept.any():
        return None
    matched = rows.replace(weight=weight).rows(kept)
    return Matched(rows=matched, after=later[kept].astype(np.float64), speed_mps=float(np.median(matched.speed_mps)))


def run_counts(found: Matched, run_epochs: int) -> tuple[int, int]:
    """How many runs of each period have enough matched epochs."""
    counts = [np.unique(found.rows.run[found.after == period], return_counts=True)[1] for period in (0, 1)]
    return int((counts[0] >= run_epochs).sum()), int((counts[1] >= run_epochs).sum())


def differences(found: Matched, sides: tuple[Side, Side], setting: Setting) -> tuple[Difference, ...]:
    """One row per metric that both sensors may speak of and that enough runs of both periods have."""
    rules, rows = setting.method.compare, found.rows
    at_speed = metric_values(found, sides[0].sensor, setting) | score_values(found, sides, setting)
    judged = []
    for name in allowed(sides, setting):
        values = [run_medians(rows, at_speed[name], found.after == period, rules.run_epochs) for period in (0, 1)]
        if min(map(len, values)) >= rules.min_runs:
            judged.append(difference(name, values[0], values[1], rules))
    return tuple(judged)


def allowed(sides: tuple[Side, Side], setting: Setting) -> tuple[str, ...]:
    """The metrics and scores that both periods may be held to."""
    speakable = []
    for each in sides:
        test = computed(each.runs, each.sensor, setting.method)
        speakable.append((*allowed_metrics(each.sensor, test), *letters_of(each.sensor, test)))
    return tuple(name for name in speakable[0] if name in speakable[1])


def metric_values(found: Matched, sensor: str, setting: Setting) -> dict[str, Array]:
    """Each metric of each epoch as it would be at the median matched speed on the flat."""
    rows = found.rows
    fitted = curves(rows, departures(rows, sensor, setting), setting, found.after)
    usual = own_usual(fitted, rows, sensor, setting)
    middle = rows.replace(speed_mps=np.full(rows.epochs, found.speed_mps), grade=np.zeros(rows.epochs))
    there = own_usual(fitted, middle, sensor, setting)
    return {name: values - usual[name] + there[name] for name, values in measured(rows).items()}


def score_values(found: Matched, sides: tuple[Side, Side], setting: Setting) -> dict[str, Array]:
    """D, P and zSL of each epoch at that speed, each period against the reference of its own sensor class."""
    rows, after = found.rows, found.after == 1
    both = [departures(rows, each.sensor, setting) for each in sides]
    off: Mapping[str, Array] = {name: np.where(after, both[1][name], both[0][name]) for name in QUANTITIES}
    fitted = curves(rows, off, setting, found.after)
    z = standardised(rows, off, fitted, (sides[0].sensor, found.speed_mps, setting))
    return letters(z) | z


def run_medians(rows: Table, values: Array, period: Array, run_epochs: int) -> Array:
    """The weighted median of each run of a period that has enough epochs with a value."""
    there = np.isfinite(values) & period
    medians = []
    for run in np.unique(rows.run[there]):
        chosen = there & (rows.run == run)
        if chosen.sum() >= run_epochs:
            medians.append(weighted_median(values[chosen], rows.weight[chosen]))
    return np.array(medians)


def difference(metric: str, before: Array, after: Array, rules: CompareRules) -> Difference:
    """Mean of the runs after minus mean of those before, with Welch's interval, and what it allows to be said."""
    threshold = float(getattr(rules, metric))
    off = float(after.mean() - before.mean())
    half = welch_half_width(before, after, rules.alpha / rules.quantities)
    changed = abs(off) > half and abs(off) >= threshold
    finest = rules.resolution * threshold
    few = min(len(before), len(after))
    needed = 0 if changed or half <= finest else max(1, math.ceil(few * (half / finest) ** 2) - few)
    return Difference(
        metric=metric,
        before=float(before.mean()),
        after=float(after.mean()),
        difference=off,
        low=off - half,
        high=off + half,
        threshold=threshold,
        verdict="changed" if changed else "not enough weeks" if needed else "no change",
        bound=abs(off) + half,
        more_weeks=needed,
    )


def welch_half_width(before: Array, after: Array, alpha: float) -> float:
    """Half of the interval of a difference of two means whose spreads may differ (Welch 1947)."""
    shares = [float(np.var(values, ddof=1)) / len(values) for values in (before, after)]
    total = sum(shares)
    if total == 0.0:
        return 0.0
    freedom = total**2 / sum(
        share**2 / (len(values) - 1) for share, values in zip(shares, (before, after), strict=True)
    )
    return student_quantile(1.0 - alpha / 2.0, freedom) * math.sqrt(total)
