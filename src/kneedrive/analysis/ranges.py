"""What is usual along a range of speeds, with one spread between runners to each side: the ribbon behind a chart."""

from __future__ import annotations

import numpy as np

from kneedrive.analysis.reference import expected, usual_metrics
from kneedrive.method import Method, Reference
from kneedrive.model import Array, Runner


def usual_ranges(
    speed_mps: Array, reference: Reference, runner: Runner, method: Method
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Low and high by metric key, shape of `speed_mps`; metrics that the sensor class is not held against are absent.

    Step time, duty factor and bounce vary between runners independently; the spread of what is made of them is the
    root of the sum of their squares, on the scale of logarithms.
    """
    there = expected(speed_mps, reference, runner, method)
    ln_T, ln_DF = there.sd_ln_T, there.sd_DF / there.DF
    air = there.sd_DF / (0.5 - there.DF)  # flight time is T*(1-2*DF)
    spread = {
        "cadence_spm": ln_T,
        "step_length_m": ln_T,
        "stance_time_s": np.hypot(ln_T, ln_DF),
        "flight_time_s": np.hypot(ln_T, air),
        "duty_factor": ln_DF,
        "vertical_oscillation_m": np.hypot(2.0 * ln_T, there.sd_ln_beta),
        "vertical_ratio": np.hypot(ln_T, there.sd_ln_beta),
    }
    usual = usual_metrics(speed_mps, reference, runner, method)
    low = {key: usual[key] * np.exp(-off) for key, off in spread.items() if key in usual}
    return low, {key: usual[key] * np.exp(off) for key, off in spread.items() if key in usual}
