"""Does a sensor measure contact time, or work it out from speed and cadence? Asked of many runs, answered by a fit.

A watch that computes its contact time cannot hide it: a polynomial in speed and cadence, fitted on half of the runs,
tells the duty factor of the other half to within a fifth of a percentage point. A sensor that measures leaves five
times as much, because form differs from day to day.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kneedrive.analysis.curve import column
from kneedrive.history import Computed, PastRun
from kneedrive.method import Method
from kneedrive.model import Array

# Over 1,079 runs of 16 runners one function of speed, cadence and height tells what a Garmin wrist writes; a history in
# which more is left over holds a sensor that its files do not name, and is no proof that the wrist measures.
ASSUMED = frozenset({"garmin_wrist"})
NO_DYNAMICS = frozenset({"none"})


def computed(runs: Sequence[PastRun], sensor: str, method: Method) -> Computed:
    """The test for one sensor class, over its runs among these (of one runner and, if known, one device).

    Every other run in order of time is fitted, the rest is told: both halves then hold all seasons and firmwares.
    """
    rules = method.baseline
    tables = [_table(run) for run in sorted(runs, key=lambda run: run.started_at) if run.sensor == sensor]
    tables = [rows for rows in tables if len(rows)]
    epochs = sum(map(len, tables))
    if sensor in NO_DYNAMICS or len(tables) < rules.computed_runs or epochs < rules.computed_epochs:
        verdict = "assumed" if sensor in ASSUMED else "untested"
        return Computed(sensor=sensor, verdict=verdict, runs=len(tables), epochs=epochs)
    left = residual_sd(np.concatenate(tables[::2]), np.concatenate(tables[1::2]))
    otherwise = "assumed" if sensor in ASSUMED else "measured"
    verdict = "computed" if left <= rules.computed_residual_DF else otherwise
    return Computed(sensor=sensor, verdict=verdict, runs=len(tables), epochs=epochs, residual_DF=left)


def residual_sd(fitted: Array, told: Array) -> float:
    """SD of what the polynomial of the fitted rows leaves of the duty factor of the told rows.

    Columns of both: speed, cadence, duty factor.
    """
    middle, scale = fitted[:, :2].mean(axis=0), np.maximum(fitted[:, :2].std(axis=0), 1e-9)
    coefficients = np.linalg.lstsq(_terms((fitted[:, :2] - middle) / scale), fitted[:, 2], rcond=None)[0]
    left = told[:, 2] - _terms((told[:, :2] - middle) / scale) @ coefficients
    return float(np.std(left))


def _table(run: PastRun) -> Array:
    rows = np.column_stack([column(run, name) for name in ("speed_mps", "cadence_spm", "duty_factor")])
    return rows[np.isfinite(rows).all(axis=1)]


def _terms(speed_cadence: Array) -> Array:
    v, c = speed_cadence.T
    return np.column_stack([np.ones_like(v), v, v**2, v**3, c, c * v, c**2])
