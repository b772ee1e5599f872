"""Where a history falls apart: sensors that compute instead of measuring, new sensors, jumps. No trend crosses a
break.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from kneedrive.histories.curve import column, curves, departures, measured, own_usual, table
from kneedrive.histories.result import Break, BreakKind, Computed, Contact, PastRun, Setting, local_date
from kneedrive.method import Method, TrendRules
from kneedrive.record import Record
from kneedrive.recording import Array
from kneedrive.sensors import SensorClass
from kneedrive.stats import level_edge, median, robust_sd

# Does a sensor measure contact time, or work it out from speed and cadence? Asked of many runs, answered by a fit.
#
# A watch that computes its contact time cannot hide it: a polynomial in speed and cadence, fitted on half of the
# runs, tells the duty factor of the other half to within a fifth of a percentage point. A sensor that measures leaves
# five times as much, because form differs from day to day.


def computed(runs: Sequence[PastRun], sensor: str, method: Method) -> Computed:
    """The test for one sensor class, over its runs among these (of one runner and, if known, one device).

    Every other run in order of time is fitted, the rest is told: both halves then hold all seasons and firmwares.
    """
    rules = method.baseline
    names = ("speed_mps", "cadence_spm", "duty_factor")
    tables = []
    for run in sorted((run for run in runs if run.sensor == sensor), key=lambda run: run.started_at):
        rows = np.column_stack([column(run, name) for name in names])
        whole = rows[np.isfinite(rows).all(axis=1)]
        tables += [whole] if len(whole) else []
    found = Computed(sensor=sensor, verdict=Contact.UNTESTED, runs=len(tables), epochs=sum(map(len, tables)))
    enough = found.runs >= rules.computed_runs and found.epochs >= rules.computed_epochs
    if enough and sensor != SensorClass.NONE:
        left = residual_sd(np.concatenate(tables[::2]), np.concatenate(tables[1::2]))
        verdict = Contact.COMPUTED if left <= rules.computed_residual_DF else Contact.MEASURED
        found = found.replace(verdict=verdict, residual_DF=left)
    # Over 1,079 runs of 16 runners one function of speed, cadence and height tells what a Garmin wrist writes; a
    # history in which more is left over holds a sensor that its files do not name, and is no proof that it measures.
    if sensor == SensorClass.GARMIN_WRIST and found.verdict is not Contact.COMPUTED:
        found = found.replace(verdict=Contact.ASSUMED)
    return found


def residual_sd(fitted: Array, told: Array) -> float:
    """Robust SD of what the polynomial of the fitted rows leaves of the duty factor of the told rows.

    Columns of both: speed, cadence, duty factor. Robust, since a few odd half-minutes would hide a computed sensor.
    """
    middle, scale = fitted[:, :2].mean(axis=0), np.maximum(fitted[:, :2].std(axis=0), 1e-9)
    coefficients = np.linalg.lstsq(_terms((fitted[:, :2] - middle) / scale), fitted[:, 2], rcond=None)[0]
    left = told[:, 2] - _terms((told[:, :2] - middle) / scale) @ coefficients
    return robust_sd(left)


def _terms(speed_cadence: Array) -> Array:
    v, c = speed_cadence.T
    return np.column_stack([np.ones_like(v), v, v**2, v**3, c, c * v, c**2])


# Where a history falls apart: new sensors, new firmware, and jumps that only a sensor makes. No trend crosses them.


class Stretch(Record, frozen=True, kw_only=True):
    """Runs that may be compared: one sensor class, one firmware class, nothing that only a sensor does between.

    watch: its name where the watch itself makes the numbers, else "".
    """

    sensor: str
    firmware: str
    runs: tuple[PastRun, ...]
    watch: str = ""


def watch_of(run: PastRun) -> str:
    """The watch of a run where it matters for what was measured; "" where not, or where the file does not name it."""
    # Speed and cadence are the watch's own, and differ between watches; a sensor's dynamics are the same on each.
    return run.device if run.sensor in (SensorClass.NONE, SensorClass.GARMIN_WRIST) else ""


def stretches(runs: Sequence[PastRun], setting: Setting) -> tuple[tuple[Stretch, ...], tuple[Break, ...]]:
    """The stretches of these runs (in order of time) and the breaks between them.

    A stray run on another sensor (a strap left at home) breaks nothing and belongs to no stretch; a sensor is new
    once it has stayed for `TrendRules.spell_runs` runs.
    """
    rules = setting.method.trend
    keys = known_keys(runs)
    found: list[Stretch] = []
    breaks: list[Break] = []
    starts = spells(keys, rules.spell_runs)
    for start, end in pairwise([*starts, len(runs)]):
        same = (run for run, key in zip(runs[start:end], keys[start:end], strict=True) if key == keys[start])
        sensor, firmware, watch = keys[start]
        stretch = Stretch(sensor=sensor, firmware=firmware, watch=watch, runs=tuple(same))
        if found:
            breaks.append(change(found[-1], stretch, setting))
        parts, jumps = split_at_jumps(stretch, setting)
        found += parts
        breaks += jumps
    return tuple(found), tuple(breaks)


def known_keys(runs: Sequence[PastRun]) -> list[tuple[str, str, str]]:
    """Sensor, firmware class and watch of each run; what a run does not tell is as in the one before that does."""
    # Backwards first, so that runs before the first that tells have what that one tells.
    known: dict[tuple[str, str], str] = {}
    keys: list[tuple[str, str, str]] = []
    for run in (*reversed(runs), *runs):
        told = {(run.sensor, "firmware"): run.firmware, (run.sensor, "watch"): watch_of(run)}
        known |= {name: fact for name, fact in told.items() if fact}
        keys.append((run.sensor, known.get((run.sensor, "firmware"), ""), known.get((run.sensor, "watch"), "")))
    return keys[len(runs) :]


def spells(keys: Sequence[tuple[str, str, str]], min_runs: int) -> list[int]:
    """Index of the first run of each lasting spell of one key; all of one key count as lasting."""
    if not keys:
        return []
    changes = [0, *(place for place in range(1, len(keys)) if keys[place] != keys[place - 1])]
    lengths = np.diff([*changes, len(keys)])
    lasting = [start for start, length in zip(changes, lengths, strict=True) if length >= min_runs]
    if not lasting:  # too few, or always in turns: the sensor that was used most
        usual = Counter(keys).most_common(1)[0][0]
        return [keys.index(usual)]
    return [start for place, start in enumerate(lasting) if not place or keys[start] != keys[lasting[place - 1]]]


def change(before: Stretch, after: Stretch, setting: Setting) -> Break:
    """The break between two stretches, on the day of the later one's first run."""
    words = {
        BreakKind.SENSOR: (before.sensor, after.sensor),
        BreakKind.WATCH: (before.watch, after.watch),
        BreakKind.FIRMWARE: (before.firmware, after.firmware),
    }
    kind = next(kind for kind, (old, new) in words.items() if old != new)
    old, new = words[kind]
    day, sensors = local_date(after.runs[0], setting), (before.sensor, after.sensor)
    return Break(date=day, kind=kind, before=old, after=new, sensors=sensors)


def split_at_jumps(stretch: Stretch, setting: Setting) -> tuple[list[Stretch], list[Break]]:
    """The stretch cut where its oscillation jumps while step time and duty factor stay."""
    place = jump(run_levels(stretch, setting), setting.method.trend)
    if place is None:
        return [stretch], []
    first, second = stretch.replace(runs=stretch.runs[:place]), stretch.replace(runs=stretch.runs[place:])
    day, sensor = local_date(second.runs[0], setting), stretch.sensor
    here = Break(date=day, kind=BreakKind.OSCILLATION, before=sensor, after=sensor, sensors=(sensor, sensor))
    parts, jumps = split_at_jumps(first, setting)
    later, more = split_at_jumps(second, setting)
    return [*parts, *later], [*jumps, here, *more]


def run_levels(stretch: Stretch, setting: Setting) -> Array:
    """One row per run: cadence (spm), duty factor and oscillation (m) about the curve of the stretch; NaN without."""
    rows = table(stretch.runs)
    names = ("cadence_spm", "duty_factor", "vertical_oscillation_m")
    levels = np.full((len(stretch.runs), len(names)), np.nan)
    if not np.isfinite(rows.oscillation_m).any():
        return levels
    usual = own_usual(curves(rows, departures(rows, stretch.sensor, setting), setting), rows, stretch.sensor, setting)
    off = np.column_stack([measured(rows)[name] - usual[name] for name in names])
    whole = np.isfinite(off).all(axis=1)
    off, run = off[whole], rows.run[whole]
    ends = np.searchsorted(run, np.arange(len(stretch.runs) + 1))
    for place, (start, end) in enumerate(pairwise(ends)):
        if end > start:
            levels[place] = [median(part) for part in off[start:end].T]
    return levels


def jump(levels: Array, rules: TrendRules) -> int | None:
    """Index of the first run after the largest jump of oscillation that step time and duty factor do not share."""
    there = np.flatnonzero(np.isfinite(levels).all(axis=1))
    span = rules.jump_runs
    if len(there) < 2 * span:
        return None
    windows = np.median(np.lib.stride_tricks.sliding_window_view(levels[there], span, axis=0), axis=-1)
    steps = np.abs(windows[span:] - windows[:-span])
    alone = (steps[:, 0] < rules.jump_cadence_spm) & (steps[:, 1] < rules.jump_DF)
    size = np.where(alone, steps[:, 2], 0.0)
    place = int(np.argmax(size))
    if size[place] <= rules.oscillation_jump_m:
        return None
    around = levels[there[place : place + 2 * span], 2]
    return int(there[place + level_edge(around, range(1, len(around)))])
