"""What of a history may be laid side by side: its epochs as one table, the runner's own curves, and where it breaks.

Only the departure from the population is fitted, so slopes that are shrunk towards nothing are shrunk towards the
population's. Breaks are sensors that compute instead of measuring, new sensors, and jumps; no trend crosses one.
Sources: Huber 1964 (the fit), van Oeveren 2019 (a second-order relation to speed for each runner).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from msgspec.structs import asdict

from kneedrive import stats
from kneedrive.analysis import features
from kneedrive.analysis.reference import usual_quantities
from kneedrive.histories.result import Break, BreakKind, Computed, Contact, PastRun, Setting, local_date
from kneedrive.method import Method, TrendRules
from kneedrive.record import Record
from kneedrive.recording import Array
from kneedrive.sensors import SensorClass

PCT = 100.0  # grade is fitted in per cent, so that all columns are of one size


# The epochs of many runs as one table, the means of each run, and the runner's own curves over speed and grade.


class Table(Record, frozen=True, kw_only=True):
    """The scored epochs of several runs, one row each; NaN where not measured."""

    run: npt.NDArray[np.int64]  # index into the runs
    start_s: Array
    speed_mps: Array  # NaN where the step-length axis may not be used (no zSL: a treadmill without a calibrated speed)
    grade: Array
    weight: Array
    T_s: Array
    DF: Array
    oscillation_m: Array

    @property
    def epochs(self) -> int:
        """Number of rows."""
        return len(self.run)

    @property
    def speeds(self) -> Array:
        """The speeds that may be used, in order of the rows."""
        return self.speed_mps[np.isfinite(self.speed_mps)]

    def rows(self, chosen: stats.Mask) -> Table:
        """These rows only."""
        return self.replace(**{name: values[chosen] for name, values in asdict(self).items()})


def scored_on(runs: Sequence[PastRun], surface: str) -> list[PastRun]:
    """The runs on a surface that hold scored epochs."""
    return [run for run in runs if run.surface == surface and run.epochs.scored.any()]


def column(run: PastRun, name: str) -> Array:
    """One column of the scored epochs of a run; NaN throughout where it was never measured."""
    scored = run.epochs.scored
    values = run.epochs.columns.get(name)
    return np.full(int(scored.sum()), np.nan) if values is None else values[scored]


def joined(runs: Sequence[PastRun], name: str) -> Array:
    """One column of the scored epochs of several runs."""
    return np.concatenate([np.empty(0), *(column(run, name) for run in runs)])


def speeds(runs: Sequence[PastRun]) -> Array:
    """The speeds of the scored epochs of several runs, without those that have none."""
    found = joined(runs, "speed_mps")
    return found[np.isfinite(found)]


def table(runs: Sequence[PastRun]) -> Table:
    """The scored epochs of these runs."""
    return Table(
        run=np.repeat(np.arange(len(runs)), [int(run.epochs.scored.sum()) for run in runs]),
        start_s=np.concatenate([np.empty(0), *(run.epochs.start_s[run.epochs.scored] for run in runs)]),
        speed_mps=np.where(np.isfinite(joined(runs, "zSL")), joined(runs, "speed_mps"), np.nan),
        grade=np.nan_to_num(joined(runs, "grade")),
        weight=np.concatenate([np.empty(0), *(run.epochs.weight[run.epochs.scored] for run in runs)]),
        T_s=features.step_time_s(joined(runs, "cadence_spm")),
        DF=joined(runs, "duty_factor"),
        oscillation_m=joined(runs, "vertical_oscillation_m"),
    )


def run_means(
    rows: Table, values: Array, weight: Array, runs: int, setting: Setting
) -> tuple[Array, Array, npt.NDArray[np.int64]]:
    """Huber mean of each of so many runs, its SE from the epochs alone, and their number; NaN and 0 without epochs.

    values, weight: of the rows. Neighbouring epochs resemble each other and do not count in full.
    """
    rules = setting.method.epochs
    there = np.isfinite(values) & (weight > 0)
    # Laid out by when they began, so that neighbours in the grid were neighbours in time and a gap stays one.
    place = np.round(rows.start_s[there] / rules.length_s).astype(np.int64)
    grid = np.full((2, runs, int(place.max(initial=0)) + 1), np.nan)
    grid[:, rows.run[there], place] = values[there], weight[there]
    sd = stats.robust_sds(grid[0])
    mean = stats.huber_mean(grid[0], np.nan_to_num(grid[1]), np.maximum(np.nan_to_num(sd), stats.TINY)[:, None])
    n = np.isfinite(grid[0]).sum(axis=-1)
    rho = stats.corrected_lag(stats.lag_1(grid[0] - mean[:, None]), n.astype(np.float64), 1)
    rho = np.clip(np.nan_to_num(rho), 0.0, rules.autocorrelation_max)
    return mean, sd / np.sqrt(np.maximum(stats.serial_count(n, rho), 1.0)), n


def filled(rows: Table, setting: Setting) -> Array:
    """Speed of each row; the middle one where it may not be used, as if all had been run at one speed."""
    return np.where(np.isfinite(rows.speed_mps), rows.speed_mps, centre(rows, setting))


def departures(rows: Table, sensor: str, setting: Setting) -> dict[str, Array]:
    """Measured minus usual, per epoch and quantity. Without a valid speed step time is not judged."""
    usual = usual_quantities(filled(rows, setting), rows.grade, setting.against(sensor))
    measured = {
        "ln_T": np.where(np.isfinite(rows.speed_mps), features.log(rows.T_s), np.nan),
        "DF": rows.DF,
        "ln_k": features.ln_k(rows.oscillation_m, rows.T_s, rows.DF),
        "ln_beta": features.log(features.beta(rows.oscillation_m, rows.T_s)),
    }
    return {name: values - usual[name] for name, values in measured.items()}


def centre(rows: Table, setting: Setting) -> float:
    """Median speed, or the middle of the reference where no speed is valid."""
    return stats.median(rows.speeds) if len(rows.speeds) else setting.method.population.class_speed_mid_mps


def design(rows: Table, middle: float, setting: Setting) -> Array:
    """Columns (rows, 3) of a curve: speed about the middle, its square where speeds vary enough, grade in per cent."""
    dv = np.nan_to_num(rows.speed_mps - middle)
    low, high = np.percentile(dv, (25.0, 75.0)) if len(dv) else (0.0, 0.0)
    bend = dv**2 * (high - low >= setting.method.baseline.curve_iqr_mps)
    return np.column_stack([dv, bend, PCT * rows.grade])


class Curve(Record, frozen=True, kw_only=True):
    """How one quantity of one runner departs from the population over speed and grade; slopes are already shrunk."""

    centre_mps: float
    level: float
    slope: float
    bend: float
    grade: float

    def at(self, speed_mps: Array | float, grade: Array | float) -> Array:
        """The departure at these speeds and grades; an unknown speed counts as the middle one."""
        dv = np.nan_to_num(speed_mps - self.centre_mps)
        departure: Array = self.level + self.slope * dv + self.bend * dv**2 + self.grade * grade
        return departure


def curves(rows: Table, off: Mapping[str, Array], setting: Setting, shift: Array | None = None) -> dict[str, Curve]:
    """The curves of the quantities that were measured. off: their departures from the population.

    shift: a covariate of each epoch (time, or which period) whose effect must not pass for one of speed; it is
    fitted along and left out of the curves.
    """
    middle, found = centre(rows, setting), {}
    for name, departure in off.items():
        there = np.isfinite(departure)
        if not there.any():
            continue
        known = rows.rows(there)
        other = np.zeros(known.epochs) if shift is None else shift[there] - shift[there].mean()
        X = np.column_stack([np.ones(known.epochs), design(known, middle, setting), other])
        level, *slopes, _ = stats.huber_regression(X, departure[there], known.weight).coefficient
        # What is fitted is the departure from the population, so a slope drawn to 0 is drawn to the population's.
        trust = known.epochs / (known.epochs + setting.method.series.shrink_epochs)
        slope, bend, grade = (trust * float(each) for each in slopes)
        found[name] = Curve(centre_mps=middle, level=float(level), slope=slope, bend=bend, grade=PCT * grade)
    return found


def measured(rows: Table) -> dict[str, Array]:
    """The metrics of each epoch as measured."""
    ln_beta = features.log(features.beta(rows.oscillation_m, rows.T_s))
    return features.metrics(rows.speed_mps, features.log(rows.T_s), rows.DF, ln_beta)


def own_usual(fitted: Mapping[str, Curve], rows: Table, sensor: str, setting: Setting) -> dict[str, Array]:
    """The runner's own usual metrics at the speed and grade of each row; NaN for what has no curve."""
    usual = usual_quantities(filled(rows, setting), rows.grade, setting.against(sensor))
    nothing = np.full(rows.epochs, np.nan)
    own = {
        name: usual[name] + fitted[name].at(rows.speed_mps, rows.grade) if name in fitted else nothing
        for name in ("ln_T", "DF", "ln_k", "ln_beta")
    }
    return features.metrics(rows.speed_mps, own["ln_T"], own["DF"], own["ln_beta"]) | {"ln_k": own["ln_k"]}


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
    # Standardised, so that the cube of a speed and the square of a cadence are of one size in the fit.
    middle, scale = fitted[:, :2].mean(axis=0), np.maximum(fitted[:, :2].std(axis=0), 1e-9)
    terms = []
    for rows in (fitted, told):
        v, c = ((rows[:, :2] - middle) / scale).T
        terms.append(np.column_stack([np.ones_like(v), v, v**2, v**3, c, c * v, c**2]))
    coefficients = np.linalg.lstsq(terms[0], fitted[:, 2], rcond=None)[0]
    return stats.robust_sd(told[:, 2] - terms[1] @ coefficients)


# Where a history falls apart: new sensors, new firmware, and jumps that only a sensor makes. No trend crosses them.


class Stretch(Record, frozen=True, kw_only=True):
    """Runs that may be compared: one sensor class, one firmware class, nothing that only a sensor does between."""

    sensor: str
    firmware: str
    runs: tuple[PastRun, ...]
    watch: str = ""  # its name where the watch itself makes the numbers


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
    kind, old, new = next((kind, old, new) for kind, (old, new) in words.items() if old != new)
    day, sensors = local_date(after.runs[0], setting), (before.sensor, after.sensor)
    return Break(date=day, kind=kind, before=old, after=new, sensors=sensors)


def split_at_jumps(stretch: Stretch, setting: Setting) -> tuple[list[Stretch], list[Break]]:
    """The stretch cut where its oscillation jumps while step time and duty factor stay."""
    rows, names = table(stretch.runs), ("cadence_spm", "duty_factor", "vertical_oscillation_m")
    if not np.isfinite(rows.oscillation_m).any():
        return [stretch], []
    usual = own_usual(curves(rows, departures(rows, stretch.sensor, setting), setting), rows, stretch.sensor, setting)
    off = np.column_stack([measured(rows)[name] - usual[name] for name in names])
    whole = np.isfinite(off).all(axis=1)
    off, run = off[whole], rows.run[whole]
    # The level of each run about the curve of the stretch; NaN without.
    levels = np.full((len(stretch.runs), len(names)), np.nan)
    for place, (start, end) in enumerate(pairwise(np.searchsorted(run, np.arange(len(stretch.runs) + 1)))):
        if end > start:
            levels[place] = [stats.median(part) for part in off[start:end].T]
    cut = jump(levels, setting.method.trend)
    if cut is None:
        return [stretch], []
    first, second = stretch.replace(runs=stretch.runs[:cut]), stretch.replace(runs=stretch.runs[cut:])
    day, sensor = local_date(second.runs[0], setting), stretch.sensor
    here = Break(date=day, kind=BreakKind.OSCILLATION, before=sensor, after=sensor, sensors=(sensor, sensor))
    parts, jumps = split_at_jumps(first, setting)
    later, more = split_at_jumps(second, setting)
    return [*parts, *later], [*jumps, here, *more]


def jump(levels: Array, rules: TrendRules) -> int | None:
    """Index of the first run after the largest jump of oscillation that step time and duty factor do not share.

    levels (runs, 3): cadence (spm), duty factor, oscillation (m); NaN for a run without.
    """
    there = np.flatnonzero(np.isfinite(levels).all(axis=1))
    span = rules.jump_runs
    if len(there) < 2 * span:
        return None
    # Medians of a few runs, so that one odd day is no jump.
    windows = np.median(np.lib.stride_tricks.sliding_window_view(levels[there], span, axis=0), axis=-1)
    steps = np.abs(windows[span:] - windows[:-span])
    alone = (steps[:, 0] < rules.jump_cadence_spm) & (steps[:, 1] < rules.jump_DF)
    size = np.where(alone, steps[:, 2], 0.0)
    place = int(np.argmax(size))
    if size[place] <= rules.oscillation_jump_m:
        return None
    around = levels[there[place : place + 2 * span], 2]
    return int(there[place + stats.level_edge(around, range(1, len(around)))])
