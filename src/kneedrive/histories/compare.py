"""Before and after, or one group of runs against another, at matched speed and grade. The week is the unit.

Epochs of one run share a day, and the runs of one week shoes, heat and fatigue; counting them as independent would
find a change in every pair of periods. At one speed all metrics follow from three quantities, and these are tested.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import compress

import msgspec
import numpy as np
import numpy.typing as npt

from kneedrive.analysis.posterior import letters
from kneedrive.histories import segments
from kneedrive.histories.baseline import allowed_metrics
from kneedrive.histories.result import Apart, Comparison, Difference, Outcome, PastRun, Setting, week_numbers
from kneedrive.histories.segments import Stretch, Table
from kneedrive.histories.trend import week_means, weekly_fit
from kneedrive.histories.weeks import letters_of, standardised
from kneedrive.method import CompareRules, SeriesRules
from kneedrive.quantities import FOLLOWS
from kneedrive.recording import Array
from kneedrive.sensors import SensorClass
from kneedrive.stats import Mask, family, ragged, student_quantile, t_test


class WeekDifference(msgspec.Struct, frozen=True, eq=False):
    """After minus before; all arrays (..., keys), in the unit of the values."""

    before: Array
    difference: Array
    low: Array
    high: Array
    p: Array
    p_holm: Array
    weeks_before: Array
    weeks_after: Array
    changed: Mask  # p passes Holm over the free quantities, and the difference reaches its threshold
    told: Mask  # fine enough to say "no change larger than bound"
    bound: Array  # the largest change that the interval allows
    more_weeks: Array  # of the later side until told; 0 where it is, inf where the earlier side alone is too short


def week_difference(
    values: Array, se: Array, after: Array, threshold: Array, rules: SeriesRules, keys: Sequence[str] = ()
) -> WeekDifference:
    """Difference of run values about the runner's curve (..., keys, weeks, runs) between two sides of weeks.

    se: of the run values. after (..., weeks): 1 for rows of the later side, 0 for the others. threshold (keys):
    smallest change worth a word. keys: their names where some follow from others. Where both groups ran in one week,
    it has a row for each.
    """
    means = week_means(values, se)
    after = np.broadcast_to(np.asarray(after, dtype=np.float64), means.value.shape)
    fit = weekly_fit(np.stack([np.ones_like(after), after], axis=-1), means, rules)
    there = np.isfinite(means.value)
    sides = [np.sum(there & (after == side), axis=-1) for side in (0.0, 1.0)]
    tested = np.minimum(*sides) >= rules.side_weeks
    off = np.where(tested, fit.coefficient[..., 1], np.nan)
    spread = np.where(tested, fit.se[..., 1], np.nan)
    p = t_test(off, spread, fit.freedom)
    p_holm, level = family(p, keys or [str(place) for place in range(p.shape[-1])], FOLLOWS, rules.alpha)
    half = student_quantile(1.0 - 0.5 * level, fit.freedom) * spread
    changed = tested & (p_holm <= rules.alpha) & (np.abs(off) >= threshold)
    finest = rules.resolution * threshold
    return WeekDifference(
        before=fit.coefficient[..., 0],
        difference=off,
        low=off - half,
        high=off + half,
        p=p,
        p_holm=p_holm,
        weeks_before=sides[0],
        weeks_after=sides[1],
        changed=changed,
        told=tested & ~changed & (half <= finest),
        bound=np.abs(off) + half,
        more_weeks=np.where(changed | (half <= finest), 0.0, _later_weeks(half, finest, sides)),
    )


def _later_weeks(half: Array, finest: Array, sides: list[Array]) -> Array:
    # The square of half of the interval goes with 1/before + 1/after, and it is to become `finest`.
    before, after = (np.maximum(side, 1).astype(np.float64) for side in sides)
    wanted = (finest / np.where(half > 0, half, 1.0)) ** 2 * (1.0 / before + 1.0 / after) - 1.0 / before
    return np.where(wanted > 0, np.ceil(1.0 / np.where(wanted > 0, wanted, 1.0) - after), np.inf)


# Two sides of a history: their runs, what both have in common, and the comparison of that.


class Side(Stretch, frozen=True, kw_only=True):
    """One period or group: the runs on its main sensor that hold scored epochs."""

    left_out: int  # how many others


def compare(
    before: Sequence[PastRun],
    after: Sequence[PastRun],
    setting: Setting,
    *,
    surface: str = "outdoor",
    across_sensors: bool = False,
) -> Comparison:
    """The later side minus the earlier one, metric by metric. A change of sensor between is refused by default."""
    sides = side(before, surface), side(after, surface)
    reason = sensor_change(*sides, setting)
    nothing = refused(sides, setting, surface, reason)
    if reason and not across_sensors:
        return nothing
    first, runs = len(sides[0].runs), (*sides[0].runs, *sides[1].runs)
    matched, later = match(segments.table(runs), first, setting.method.compare)
    if not matched.epochs:
        return nothing.replace(status=Outcome.NOT_ENOUGH if nothing.more_weeks else Outcome.NO_OVERLAP)
    rows = differences(matched, later, sides, setting.of(runs))
    changes = {row.metric: row.difference for row in rows if row.verdict is Outcome.CHANGED}
    # Runs and weeks are told of those that have enough matched epochs.
    many = np.bincount(matched.run, minlength=len(runs)) >= setting.method.compare.run_epochs
    usable = [tuple(compress(*part)) for part in ((runs[:first], many[:first]), (runs[first:], many[first:]))]
    kept = sides[0].replace(runs=usable[0]), sides[1].replace(runs=usable[1])
    return refused(kept, setting, surface, reason).replace(
        status=Outcome.COMPARED if rows else Outcome.NOT_ENOUGH,
        epochs_before=int((later == 0).sum()),
        epochs_after=int((later == 1).sum()),
        across_sensors=bool(reason),
        speed_mps=float(np.median(matched.speed_mps)),
        speed_low_mps=float(matched.speed_mps.min()),
        speed_high_mps=float(matched.speed_mps.max()),
        rows=rows,
        over_exaggeration=changes.get("P", 0.0) > 0 and changes.get("cadence_spm", 0.0) < 0,
    )


def side(runs: Sequence[PastRun], surface: str) -> Side:
    """The runs of a side on its most used sensor, firmware class and watch."""
    scored = segments.scored_on(runs, surface)
    if not scored:
        return Side(sensor=SensorClass.NONE, firmware="", watch="", runs=(), left_out=len(runs))
    # The most used, so that a strap left at home once does not make a whole side another sensor's.
    keys = [(run.sensor, run.firmware, segments.watch_of(run)) for run in scored]
    sensor, firmware, watch = most = Counter(keys).most_common(1)[0][0]
    kept = sorted((run for run, key in zip(scored, keys, strict=True) if key == most), key=lambda run: run.started_at)
    left_out = len(runs) - len(kept)
    return Side(sensor=sensor, firmware=firmware, watch=watch, runs=tuple(kept), left_out=left_out)


def sensor_change(before: Side, after: Side, setting: Setting) -> Apart:
    """Why the sides cannot be compared as one sensor's."""
    if not (before.runs and after.runs):
        return Apart.NOT
    facts = {
        Apart.SENSOR: (before.sensor, after.sensor),
        Apart.WATCH: (before.watch, after.watch),
        Apart.FIRMWARE: (before.firmware, after.firmware),
    }
    for reason, both in facts.items():
        # A file that does not name its watch or firmware speaks against nothing.
        if all(both) and both[0] != both[1]:
            return reason
    together = tuple(sorted((*before.runs, *after.runs), key=lambda run: run.started_at))
    _, jumps = segments.split_at_jumps(before.replace(runs=together), setting)
    return Apart.JUMPED if jumps else Apart.NOT


def refused(sides: tuple[Side, Side], setting: Setting, surface: str, reason: Apart) -> Comparison:
    """What is known of two sides by themselves, which is all that is said of what is refused."""
    weeks = [len(np.unique(week_numbers(each.runs, setting))) for each in sides]
    rules = setting.method.series
    return Comparison(
        status=Outcome.REFUSED,
        reason=reason,
        surface=surface,
        sensor_before=sides[0].sensor,
        sensor_after=sides[1].sensor,
        weeks_before=weeks[0],
        weeks_after=weeks[1],
        runs_before=len(sides[0].runs),
        runs_after=len(sides[1].runs),
        left_out=sides[0].left_out + sides[1].left_out,
        level=1.0 - rules.alpha,
        more_weeks=max(rules.side_weeks - min(weeks), 0),
    )


def match(rows: Table, runs_before: int, rules: CompareRules) -> tuple[Table, Array]:
    """The epochs of both sides in cells of speed and grade that both have, and 1 for the rows of the later side.

    A cell is as wide as two epochs may differ. Where one side has more in a cell its epochs count less, so that the
    mixture of cells is the same for both.
    """
    rows = rows.rows(np.isfinite(rows.speed_mps) & (rows.weight > 0))
    later = (rows.run >= runs_before).astype(np.int64)
    # Cells of equal share of speed: form goes with speed by per cent, not by m/s.
    speed_cell = np.floor(np.log(rows.speed_mps) / np.log1p(rules.speed_match))
    cells = np.column_stack([speed_cell, np.round(rows.grade / rules.grade_match)])
    _, cell = np.unique(cells, axis=0, return_inverse=True)
    held = np.zeros((int(cell.max(initial=0)) + 1, 2))
    np.add.at(held, (cell.ravel(), later), rows.weight)
    shared = held.min(axis=1)
    weight = rows.weight * shared[cell.ravel()] / held[cell.ravel(), later]
    return rows.replace(weight=weight).rows(weight > 0), later[weight > 0].astype(np.float64)


def differences(matched: Table, later: Array, sides: tuple[Side, Side], setting: Setting) -> tuple[Difference, ...]:
    """One row per metric that both sensors may speak of and that enough weeks of both sides have."""
    at_speed = at_one_speed(matched, later, sides, setting)
    tests = (segments.computed(each.runs, each.sensor, setting.method) for each in sides)
    before, after = ((*allowed_metrics(test), *letters_of(test)) for test in tests)
    keys = [name for name in before if name in after and np.isfinite(at_speed[name]).any()]
    if not keys:
        return ()
    runs, rules = [*sides[0].runs, *sides[1].runs], setting.method.compare
    row, is_later = week_rows(week_numbers(runs, setting), np.arange(len(runs)) >= len(sides[0].runs))
    values, errors = [], []
    for name in keys:
        value, se, epochs = segments.run_means(matched, at_speed[name], matched.weight, len(runs), setting)
        # A run with few matched epochs gives no value; its week may have others.
        values.append(ragged(row, np.where(epochs >= rules.run_epochs, value, np.nan), len(is_later)))
        errors.append(ragged(row, se, len(is_later)))
    threshold = np.array([getattr(rules, name) for name in keys])
    told = week_difference(np.stack(values), np.stack(errors), is_later, threshold, setting.method.series, keys)
    return tuple(
        difference(name, place, told, float(threshold[place]))
        for place, name in enumerate(keys)
        if np.isfinite(told.difference[place])
    )


def week_rows(week: npt.NDArray[np.int64], later: Mask) -> tuple[npt.NDArray[np.int64], Array]:
    """The row of each run in a table of consecutive weeks, and the side of each row; a week with both sides has two."""
    slot = week - week.min()
    held = np.zeros((int(slot.max()) + 1, 2), dtype=np.bool_)
    held[slot, later.astype(np.int64)] = True
    twice: Mask = held[:, 0] & held[:, 1]
    start = np.arange(len(twice)) + np.cumsum(twice) - twice
    row = start[slot] + (later & twice[slot])
    after = np.zeros(len(twice) + int(twice.sum()))
    after[row] = later
    return row, after


def at_one_speed(rows: Table, later: Array, sides: tuple[Side, Side], setting: Setting) -> dict[str, Array]:
    """Each metric, D, P and zSL of each epoch as it would be at the median matched speed on the flat."""
    sensor, speed_mps = sides[0].sensor, float(np.median(rows.speed_mps))
    before, after = (segments.departures(rows, each.sensor, setting) for each in sides)
    # Which side an epoch is of is fitted along: the change that is looked for must not pass for one of speed.
    fitted = segments.curves(rows, before, setting, later)
    usual = segments.own_usual(fitted, rows, sensor, setting)
    middle = rows.replace(speed_mps=np.full(rows.epochs, speed_mps), grade=np.zeros(rows.epochs))
    there = segments.own_usual(fitted, middle, sensor, setting)
    metrics = {name: values - usual[name] + there[name] for name, values in segments.measured(rows).items()}
    # A score is against the reference of the sensor class that its side was measured by.
    off = {name: np.where(later == 1, after[name], values) for name, values in before.items()}
    z = standardised(rows, off, segments.curves(rows, off, setting, later), speed_mps, setting.against(sensor))
    return metrics | letters(z) | z


def difference(metric: str, place: int, found: WeekDifference, threshold: float) -> Difference:
    """What one row of the comparison says."""
    before, off, more = (float(each[place]) for each in (found.before, found.difference, found.more_weeks))
    quiet = Outcome.NO_CHANGE if found.told[place] else Outcome.NOT_ENOUGH
    verdict = Outcome.CHANGED if found.changed[place] else quiet
    return Difference(
        metric=metric,
        before=before,
        after=before + off,
        difference=off,
        low=float(found.low[place]),
        high=float(found.high[place]),
        threshold=threshold,
        verdict=verdict,
        bound=float(found.bound[place]),
        more_weeks=max(int(more), int(verdict is Outcome.NOT_ENOUGH)) if np.isfinite(more) else None,
    )
