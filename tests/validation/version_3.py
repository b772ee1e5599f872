"""The reference and the errors of method version 3, which the posterior needs and `Method` does not hold yet.

To be taken from `Method` and the sensor table once these hold them, and then deleted.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np

from kneedrive.analysis.posterior import Measurement, Part, Scale
from kneedrive.recording import Array

SD_LN_T = 0.050
SD_LN_K = 0.075
STEPS_SD = {True: 0.36, False: 0.46}  # systematic, in z; by whether the height is known


class Errors(msgspec.Struct, frozen=True, kw_only=True):
    """Systematic SDs of a sensor class: duty factor (1) and ln k; None where it does not measure them."""

    duty_factor: float | None = None
    ln_k: float | None = None


CLASSES: Mapping[str, Errors] = {
    "garmin_strap": Errors(duty_factor=0.021, ln_k=0.068),
    "coros": Errors(duty_factor=0.027, ln_k=0.09),
    "garmin_pod": Errors(duty_factor=0.027, ln_k=0.09),
    "garmin_strap_ble": Errors(duty_factor=0.030),
    "coros_pod": Errors(duty_factor=0.030),
    "apple": Errors(duty_factor=0.030),
    "other": Errors(duty_factor=0.030),
    "stryd": Errors(duty_factor=0.030),
    "model_derived": Errors(duty_factor=0.030),
    "garmin_wrist": Errors(),
    "none": Errors(),
}


def usual_step_time_s(speed_mps: Array, height_m: Array) -> Array:
    """T of the reference at each speed and height, s."""
    return np.asarray(60.0 / (169.5 + 6.5 * (speed_mps - 3.0) - 50.0 * (height_m - 1.78)))


def usual_duty_factor(speed_mps: Array) -> Array:
    """DF of the reference, as a force plate sees it."""
    return np.asarray(0.237 + 0.390 / speed_mps)


def sd_duty_factor(speed_mps: Array) -> Array:
    """SD of DF between runners."""
    return np.asarray(0.010 + 0.048 / speed_mps)


def scale_at(speed_mps: float, widening: float = 1.0) -> Scale:
    """What the parts mean at a speed; widening multiplies every SD between runners."""
    speed = np.array(speed_mps)
    return Scale(
        speed_mps=speed_mps,
        duty_factor=float(usual_duty_factor(speed)),
        sd_DF=widening * float(sd_duty_factor(speed)),
        sd_ln_k=widening * SD_LN_K,
    )


def errors_in_z(sensor: str, scale: Scale, *, height_known: bool) -> dict[str, float]:
    """Systematic SD of each part that a sensor class measures, in z at this scale, in the order of x."""
    row = CLASSES[sensor]
    parts = {
        "zSL": STEPS_SD[height_known],
        "zDF": None if row.duty_factor is None else row.duty_factor / scale.sd_DF,
        "zk": None if row.ln_k is None else row.ln_k / scale.sd_ln_k,
    }
    return {name: sd for name, sd in parts.items() if sd is not None}


def seen_by(sensor: str, z: Mapping[str, float], scale: Scale, *, height_known: bool = True) -> Measurement:
    """A measurement of these z by a sensor class, without noise of epochs; parts that it does not measure left out."""
    systematic = errors_in_z(sensor, scale, height_known=height_known)
    return Measurement(**{name: Part(z=z[name], systematic=sd) for name, sd in systematic.items() if name in z})
