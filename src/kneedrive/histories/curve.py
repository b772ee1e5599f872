"""The epochs of many runs as one table, the means of each run, and a runner's own curves over speed and grade.

Only the departure is fitted, so slopes that are shrunk towards nothing are shrunk towards the population's.
Sources: Huber 1964 (the fit), van Oeveren 2019 (a second-order relation to speed for each runner).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from msgspec.structs import asdict

from kneedrive import stats
from kneedrive.analysis import features
from kneedrive.analysis.reference import usual_quantities
from kneedrive.histories.result import PastRun, Setting
from kneedrive.record import Record
from kneedrive.recording import Array

QUANTITIES = ("ln_T", "DF", "ln_k", "ln_beta")
PCT = 100.0  # grade is fitted in per cent, so that all columns are of one size


class Table(Record, frozen=True, kw_only=True):
    """The scored epochs of several runs, one row each; NaN where not measured. run: index into the runs.

    speed_mps is NaN where the step-length axis may not be used (no zSL: a treadmill without a calibrated speed).
    """

    run: npt.NDArray[np.int64]
    start_s: Array
    speed_mps: Array
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


def column(run: PastRun, name: str) -> Array:
    """One column of the scored epochs of a run; NaN throughout where it was never measured."""
    scored = run.epochs.scored
    values = run.epochs.columns.get(name)
    return np.full(int(scored.sum()), np.nan) if values is None else values[scored]


def joined(runs: Sequence[PastRun], name: str) -> Array:
    """One column of the scored epochs of several runs."""
    return np.concatenate([np.empty(0), *(column(run, name) for run in runs)])


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


class RunMeans(Record, frozen=True, kw_only=True):
    """Means of the epochs of each run, their SE from the epochs alone, and their number; NaN and 0 without epochs."""

    value: Array
    se: Array
    epochs: npt.NDArray[np.int64]


def run_means(rows: Table, values: Array, weight: Array, runs: int, setting: Setting) -> RunMeans:
    """Huber means over the epochs of each of so many runs. values, weight: of the rows.

    Neighbouring epochs resemble each other and do not count in full.
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
    return RunMeans(value=mean, se=sd / np.sqrt(np.maximum(stats.serial_count(n, rho), 1.0)), epochs=n)


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
    return {name: measured[name] - usual[name] for name in QUANTITIES}


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
    """How one quantity of one runner departs from the population over speed and grade; slopes are already shrunk.

    departure = level + slope * dv + bend * dv^2 + grade * grade, dv = speed - centre_mps.
    """

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


def fit(departure: Array, rows: Table, setting: Setting, shift: Array | None = None) -> Curve | None:
    """The curve of one quantity, or None where it was never measured.

    shift: a covariate of each epoch (time, or which period) whose effect must not pass for one of speed; it is
    fitted along and left out of the curve.
    """
    there = np.isfinite(departure)
    if not there.any():
        return None
    middle = centre(rows, setting)
    known = rows.rows(there)
    other = np.zeros(known.epochs) if shift is None else shift[there] - shift[there].mean()
    X = np.column_stack([np.ones(known.epochs), design(known, middle, setting), other])
    level, *slopes, _ = stats.huber_regression(X, departure[there], known.weight).coefficient
    # What is fitted is the departure from the population, so a slope drawn to 0 is drawn to the population's.
    trust = known.epochs / (known.epochs + setting.method.series.shrink_epochs)
    slope, bend, grade = (trust * float(each) for each in slopes)
    return Curve(centre_mps=middle, level=float(level), slope=slope, bend=bend, grade=PCT * grade)


def curves(
    rows: Table, measured: Mapping[str, Array], setting: Setting, shift: Array | None = None
) -> dict[str, Curve]:
    """The curves of all quantities that were measured."""
    fitted = {name: fit(departure, rows, setting, shift) for name, departure in measured.items()}
    return {name: curve for name, curve in fitted.items() if curve is not None}


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
        for name in QUANTITIES
    }
    return features.metrics(rows.speed_mps, own["ln_T"], own["DF"], own["ln_beta"]) | {"ln_k": own["ln_k"]}
