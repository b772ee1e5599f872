"""Any runner at a speed: quantities and scores of runners drawn from the population, to say how many lie beyond."""

from __future__ import annotations

import numpy as np

from kneedrive.analysis.features import bounce_shape
from kneedrive.analysis.posterior import Scale, axes, prior_cov, spread
from kneedrive.analysis.reference import expected
from kneedrive.method import Method
from kneedrive.quantities import GRAVITY_MPS2, SECONDS_PER_MINUTE
from kneedrive.recording import Array, Runner
from kneedrive.sensors import Reference
from kneedrive.stats import median


def runners_at(speed_mps: float, reference: Reference, runner: Runner, method: Method) -> dict[str, Array]:
    """Quantities by metric key, and D, P and G, of many runners at a speed (m/s), as this class of sensor reads them.

    They are as tall as the runner where the height is known. Bounce is left out where the class has no usual one.
    """
    there = expected(np.array([speed_mps]), reference, runner, method)
    x = spread(np.zeros(4), prior_cov())
    T_s = there.T_s * np.exp(there.sd_ln_T * x[:, 0])
    DF = np.clip(there.DF + there.sd_DF * x[:, 1], 0.05, 0.6)  # far out the straight line leaves what is possible
    length = speed_mps * T_s
    scale = Scale(
        speed_mps=speed_mps, duty_factor=there.DF.item(), sd_DF=there.sd_DF.item(), sd_ln_k=there.sd_ln_k.item()
    )
    drawn: dict[str, Array] = {
        "cadence_spm": SECONDS_PER_MINUTE / T_s,
        "step_length_m": length,
        "stance_time_s": 2.0 * T_s * DF,
        "flight_time_s": T_s * (1.0 - 2.0 * DF),
        "duty_factor": DF,
    }
    if reference.k_ref is not None:
        k = np.exp(there.ln_k + there.sd_ln_k * x[:, 2])
        bounce = k * GRAVITY_MPS2 * T_s**2 * bounce_shape(DF)
        drawn |= {"vertical_oscillation_m": bounce, "vertical_ratio": bounce / length}
    return drawn | axes(x, scale)


def share_beyond(amount: float, among: Array) -> float:
    """Share of the runners that lie further from the middle than this value, on its side of it."""
    above = amount >= median(among)
    return float(np.mean(among > amount if above else among < amount))
