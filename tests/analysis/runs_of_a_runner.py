"""Past runs of one invented runner, epoch by epoch, with a known form. Not files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np

from kneedrive.analysis import features
from kneedrive.analysis.posterior import letters
from kneedrive.analysis.reference import expected
from kneedrive.analysis.result import Epochs
from kneedrive.analysis.scores import z_parts
from kneedrive.histories.result import PastRun
from kneedrive.method import Method
from kneedrive.quantities import GRAVITY_MPS2
from tests.seen_by import against

START = datetime(2025, 1, 6, 7, 0, tzinfo=UTC)  # a Monday
SPEEDS = (2.6, 2.8, 3.0, 3.2, 3.4)


class Form(NamedTuple):
    """Departures from what is usual on the sensor class; noise_*: SD of one epoch."""

    ln_T: float = 0.0
    DF: float = 0.0
    ln_k: float = 0.0
    noise_ln_T: float = 0.008
    noise_DF: float = 0.005
    noise_ln_k: float = 0.02


FORM, METHOD = Form(), Method()


def epochs(speed_mps: np.ndarray, form: Form, sensor: str, random: np.random.Generator, **more: np.ndarray) -> Epochs:
    """Flat epochs at these speeds; `more` replaces columns or adds some (grade is a column)."""
    n = len(speed_mps)
    grade = more.get("grade", np.zeros(n))
    there = expected(speed_mps, against(sensor, None), grade)
    T = there.T_s * np.exp(form.ln_T + form.noise_ln_T * random.normal(size=n))
    DF = there.DF + form.DF + form.noise_DF * random.normal(size=n)
    ln_k = np.nan_to_num(there.ln_k) + form.ln_k + form.noise_ln_k * random.normal(size=n)
    oscillation = GRAVITY_MPS2 * T**2 * np.exp(ln_k) * features.bounce_shape(DF)
    columns = {
        "speed_mps": speed_mps,
        "cadence_spm": 60.0 / T,
        "step_time_s": T,
        "stance_time_s": 2.0 * DF * T,
        "duty_factor": DF,
        "vertical_oscillation_m": oscillation,
        "ln_k": ln_k,
        "beta": features.beta(oscillation, T),
        "grade": grade,
    }
    z = z_parts(columns, there)
    columns |= z | letters(z) | more
    return Epochs(
        start_s=60.0 + 30.0 * np.arange(n, dtype=np.float64),
        weight=np.where(np.abs(columns["grade"]) > METHOD.grade.flat, METHOD.grade.hilly_weight, 1.0),
        reason=np.full(n, ""),
        columns=columns,
    )


def past_run(
    day: float,
    form: Form = FORM,
    *,
    sensor: str = "garmin_strap",
    seed: int = 0,
    n: int = 30,
    speeds: tuple[float, ...] = SPEEDS,
    surface: str = "outdoor",
    **more: np.ndarray,
) -> PastRun:
    """A run so many days after START, at these speeds in turns."""
    random = np.random.default_rng([seed, round(1000 * day) + 10_000_000])
    speed = np.resize(np.array(speeds), n) + 0.05 * random.normal(size=n)
    return PastRun(
        id=f"{sensor}-{day}-{seed}",
        started_at=START + timedelta(days=day),
        utc_offset_s=0,
        sensor=sensor,
        device="a watch",
        surface=surface,
        distance_m=30.0 * float(speed.sum()),
        duration_s=30.0 * n,
        epochs=epochs(speed, form, sensor, random, **more),
    )


def days(weeks: int, first: int = 0) -> list[float]:
    """Three days in each of so many weeks."""
    return [7.0 * week + day for week in range(first, first + weeks) for day in (1, 3, 6)]
