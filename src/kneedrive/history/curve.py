"""A runner's own curves over speed and grade: how step time, duty factor and bounce depart from the population's.

Only the departure is fitted, so slopes that are shrunk towards nothing are shrunk towards the population's.
Sources: Huber 1964 (the fit), van Oeveren 2019 (a second-order relation to speed for each runner).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from kneedrive.analysis import features
from kneedrive.analysis.reference import expected
from kneedrive.history.result import Curve, PastRun, Setting
from kneedrive.quantities import GRAVITY_MPS2, SECONDS_PER_MINUTE
from kneedrive.record import Record
from kneedrive.recording import Array
from kneedrive.sensors import REFERENCES
from kneedrive.stats import MAD_TO_SD, median

QUANTITIES = ("ln_T", "DF", "ln_k", "ln_beta")
HUBER = 1.345  # SD beyond which a residual counts less: 95 % efficiency where the noise is normal
MAX_ROUNDS = 50
SETTLED = 1e-4  # SD of the noise by which no epoch's fitted value moves any more
PCT = 100.0  # grade is fitted in per cent, so that all columns are of one size


class Table(Record, frozen=True, kw_only=True):
    """The scored epochs of several runs, one row each; NaN where not measured. run: index into the runs.

    speed_mps is NaN where the step-length axis may not be used (no zSL: a treadmill without a calibrated speed).
    """

    run: npt.NDArray[np.int64]
    speed_mps: Array
    grade: Array
    weight: Array
    T_s: Array
    DF: Array
    oscillation_m: Array

    @property
    def epochs(self) -> int:
        """Number of rows. (`len` of a named tuple is its number of columns.)"""
        return len(self.run)

    def rows(self, chosen: npt.NDArray[np.bool_]) -> Table:
        """These rows only."""
        return Table(
            run=self.run[chosen],
            speed_mps=self.speed_mps[chosen],
            grade=self.grade[chosen],
            weight=self.weight[chosen],
            T_s=self.T_s[chosen],
            DF=self.DF[chosen],
            oscillation_m=self.oscillation_m[chosen],
        )


def column(run: PastRun, name: str) -> Array:
    """One column of the scored epochs of a run; NaN throughout where it was never measured."""
    scored = run.epochs.scored
    values = run.epochs.columns.get(name)
    return np.full(int(scored.sum()), np.nan) if values is None else values[scored]


def table(runs: Sequence[PastRun]) -> Table:
    """The scored epochs of these runs."""
    if not runs:
        empty = np.empty(0)
        return Table(
            run=np.empty(0, dtype=np.int64),
            speed_mps=empty,
            grade=empty,
            weight=empty,
            T_s=empty,
            DF=empty,
            oscillation_m=empty,
        )
    scored = [run.epochs.scored for run in runs]

    def joined(name: str) -> Array:
        parts = [run.epochs.columns.get(name) for run in runs]
        return np.concatenate(
            [
                np.full(int(mask.sum()), np.nan) if part is None else part[mask]
                for part, mask in zip(parts, scored, strict=True)
            ]
        )

    return Table(
        run=np.repeat(np.arange(len(runs)), [int(mask.sum()) for mask in scored]),
        speed_mps=np.where(np.isfinite(joined("zSL")), joined("speed_mps"), np.nan),
        grade=np.nan_to_num(joined("grade")),
        weight=np.concatenate([run.epochs.weight[mask] for run, mask in zip(runs, scored, strict=True)]),
        T_s=features.step_time_s(joined("cadence_spm")),
        DF=joined("duty_factor"),
        oscillation_m=joined("vertical_oscillation_m"),
    )


def population(sensor: str, speed_mps: Array, grade: Array, setting: Setting) -> dict[str, Array]:
    """The four quantities as usual on a sensor class; k counts as 1 where the class has no k_ref."""
    there = expected(speed_mps, REFERENCES[sensor], setting.runner, setting.method, grade)
    ln_k = np.nan_to_num(there.ln_k)
    shape = np.log(features.bounce_shape(there.DF))
    return {"ln_T": np.log(there.T_s), "DF": there.DF, "ln_k": ln_k, "ln_beta": ln_k + shape}


def departures(rows: Table, sensor: str, setting: Setting) -> dict[str, Array]:
    """Measured minus usual, per epoch and quantity. Without a valid speed step time is not judged, and the other
    three are taken as if all epochs had been run at one speed.
    """
    speed = np.where(np.isfinite(rows.speed_mps), rows.speed_mps, centre(rows, setting))
    usual = population(sensor, speed, rows.grade, setting)
    measured = {
        "ln_T": np.where(np.isfinite(rows.speed_mps), features.log(rows.T_s), np.nan),
        "DF": rows.DF,
        "ln_k": features.ln_k(rows.oscillation_m, rows.T_s, rows.DF),
        "ln_beta": features.log(features.beta(rows.oscillation_m, rows.T_s)),
    }
    return {name: measured[name] - usual[name] for name in QUANTITIES}


def centre(rows: Table, setting: Setting) -> float:
    """Median speed, or the middle of the reference where no speed is valid."""
    known = rows.speed_mps[np.isfinite(rows.speed_mps)]
    return median(known) if len(known) else setting.method.population.class_speed_mid_mps


def huber(X: Array, y: Array, weight: Array) -> Array:
    """Coefficients of a Huber fit, scale from the median absolute residual; columns without content get 0."""
    pull = weight
    fitted = np.zeros_like(y)
    for _ in range(MAX_ROUNDS):
        weighted = X * pull[:, None]
        coefficients = np.asarray(np.linalg.lstsq(weighted.T @ X, weighted.T @ y, rcond=None)[0], dtype=np.float64)
        before, fitted = fitted, X @ coefficients
        residual = np.abs(y - fitted)
        scale = MAD_TO_SD * median(residual)
        if scale == 0.0 or float(np.abs(fitted - before).max()) < SETTLED * scale:
            break
        pull = weight * np.minimum(1.0, HUBER * scale / np.maximum(residual, 1e-300))
    return coefficients


def fit(departure: Array, rows: Table, setting: Setting, shift: Array | None = None) -> Curve | None:
    """The curve of one quantity, or None where it was never measured.

    shift: a covariate of each epoch (time, or which period) whose effect must not pass for one of speed; it is
    fitted along and left out of the curve.
    """
    rules, middle = setting.method.baseline, centre(rows, setting)
    there = np.isfinite(departure)
    if not there.any():
        return None
    dv = np.nan_to_num(rows.speed_mps - middle)[there]
    low, high = float(np.percentile(dv, 25.0)), float(np.percentile(dv, 75.0))
    bend = dv**2 if high - low >= rules.curve_iqr_mps else np.zeros_like(dv)
    other = np.zeros_like(dv) if shift is None else shift[there] - shift[there].mean()
    X = np.column_stack([np.ones_like(dv), dv, bend, PCT * rows.grade[there], other])
    level, *slopes, _ = huber(X, departure[there], rows.weight[there])
    trust = len(dv) / (len(dv) + rules.shrink_epochs)
    slope, bent, grade = (trust * float(each) for each in slopes)
    return Curve(centre_mps=middle, level=float(level), slope=slope, bend=bent, grade=PCT * grade)


def curves(
    rows: Table, measured: Mapping[str, Array], setting: Setting, shift: Array | None = None
) -> dict[str, Curve]:
    """The curves of all quantities that were measured."""
    fitted = {name: fit(departure, rows, setting, shift) for name, departure in measured.items()}
    return {name: curve for name, curve in fitted.items() if curve is not None}


def departure_at(curve: Curve, speed_mps: Array, grade: Array) -> Array:
    """The curve at these speeds and grades."""
    dv = np.nan_to_num(speed_mps - curve.centre_mps)
    return curve.level + curve.slope * dv + curve.bend * dv**2 + curve.grade * grade


def metrics(speed_mps: Array, T_s: Array, DF: Array, oscillation_m: Array) -> dict[str, Array]:
    """What reports speak of, by metric key, from the three things that are measured at a speed."""
    length = features.step_length_m(speed_mps, T_s)
    return {
        "cadence_spm": SECONDS_PER_MINUTE / T_s,
        "step_length_m": length,
        "stance_time_s": 2.0 * DF * T_s,
        "vertical_oscillation_m": oscillation_m,
        "vertical_ratio": features.vertical_ratio(oscillation_m, length),
        "duty_factor": DF,
        "ln_k": features.ln_k(oscillation_m, T_s, DF),
    }


def measured(rows: Table) -> dict[str, Array]:
    """The metrics of each epoch as measured."""
    return metrics(rows.speed_mps, rows.T_s, rows.DF, rows.oscillation_m)


def own_usual(fitted: Mapping[str, Curve], rows: Table, sensor: str, setting: Setting) -> dict[str, Array]:
    """The runner's own usual metrics at the speed and grade of each row; NaN for what has no curve."""
    speed = np.where(np.isfinite(rows.speed_mps), rows.speed_mps, centre(rows, setting))
    usual = population(sensor, speed, rows.grade, setting)
    nothing = np.full(rows.epochs, np.nan)
    own = {
        name: usual[name] + departure_at(fitted[name], rows.speed_mps, rows.grade) if name in fitted else nothing
        for name in QUANTITIES
    }
    T_s = np.exp(own["ln_T"])
    oscillation = np.exp(own["ln_beta"]) * GRAVITY_MPS2 * T_s**2
    return metrics(rows.speed_mps, T_s, own["DF"], oscillation) | {"ln_k": own["ln_k"]}
