"""What each class of sensor records of a gait: its device entries, its channels, its ways of computing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kneedrive.quantities import GRAVITY_MPS2, SECONDS_PER_MINUTE
from kneedrive.record import Record
from kneedrive.recording import Array, Samples, Sensor, frozen
from kneedrive.sensors import SensorClass
from kneedrive.simulate.course import Course, ar1
from kneedrive.simulate.gait import SINE, Frame, Gait, oscillation_m, usual_gait

# Noise of one second, as measured on public files: it has a memory, so an epoch of 30 s averages little of it away.
_RHO = 0.9
_CADENCE_SD_SPM = 2.4
_STANCE_SD_S = 0.007
_OSCILLATION_SD_M = 0.0047
_SPEED_SD_MPS = 0.08
_ALTITUDE_SD_M = 0.1
_BALANCE_SD = 0.008
_WALKING_SPM = 112.0
_STANCE_PERCENT_STEP = 0.0025  # straps write stance time percent in quarters of a percent
_STRAP_RATIO = 0.975  # a strap's vertical ratio is filtered by itself and reads a little low
_ROTATION = 0.0008  # what a wrist adds to its duty factor per step a minute
_MODELLED_K = 0.98  # a pod that computes oscillation from timing


class Kit(Record, frozen=True, kw_only=True):
    """A watch with its sensors: device entries, dynamics channels, and the app that records them where it is one."""

    device: Sensor
    sensors: tuple[Sensor, ...]
    dynamics: tuple[str, ...]
    app: str = ""


_STANCE, _DUTY, _RATIO, _STEP, _LEFT = "stance_time_s", "duty_factor", "vertical_ratio", "step_length_m", "balance_left"
_OSCILLATION, _LOSS = "vertical_oscillation_m", "step_speed_loss_mps"
_STRAP = (_STANCE, _DUTY, _OSCILLATION, _RATIO, _STEP, _LEFT)
_COROS = (_STANCE, _OSCILLATION, _RATIO, _STEP)


def _watch(product: str, product_id: int, maker: str = "garmin", maker_id: int = 1) -> Sensor:
    return Sensor(maker=maker, maker_id=maker_id, product=product, product_id=product_id, source="local")


def _ant(product: str, product_id: int, device_type: int) -> Sensor:
    return _watch(product, product_id).replace(ant_device_type=device_type, source="antplus")


# Product numbers are those of the FIT profile; they are what a reader tells the sensor class by. The FR255 can measure
# at the wrist, so it stands for the wrist.
_FR965, _FR255 = _watch("Forerunner 965", 4315), _watch("Forerunner 255", 3992)
_HRM_600 = _watch("HRM 600", 4607).replace(source="bluetooth_low_energy")
FOOT_POD = _ant("Foot Pod", 0, 124)

KITS: Mapping[str, Kit] = {
    SensorClass.GARMIN_STRAP: Kit(device=_FR965, sensors=(_ant("HRM-Pro", 3300, 30),), dynamics=_STRAP),
    SensorClass.GARMIN_STRAP_BLE: Kit(device=_FR965, sensors=(_HRM_600,), dynamics=(*_STRAP, _LOSS)),
    SensorClass.GARMIN_POD: Kit(device=_FR965, sensors=(_ant("Running Dynamics Pod", 2593, 30),), dynamics=_STRAP),
    SensorClass.GARMIN_WRIST: Kit(device=_FR255, sensors=(), dynamics=(_STANCE, _OSCILLATION, _RATIO, _STEP)),
    SensorClass.COROS: Kit(device=_watch("COROS PACE 3", 804, "coros", 294), sensors=(), dynamics=_COROS),
    SensorClass.COROS_POD: Kit(
        device=_watch("COROS APEX Pro", 841, "coros", 294), sensors=(), dynamics=(*_COROS, _LEFT)
    ),
    SensorClass.APPLE: Kit(
        device=_watch("Watch6,14", 0, "development", 255), sensors=(), dynamics=(_STANCE, _OSCILLATION, _STEP)
    ),
    SensorClass.STRYD: Kit(device=_FR255, sensors=(), dynamics=(_STANCE, _OSCILLATION), app="stryd"),
    SensorClass.MODEL_DERIVED: Kit(
        device=_watch("FITNESS", 0, "wahoo_fitness", 32), sensors=(), dynamics=(_STANCE, _OSCILLATION)
    ),
    SensorClass.OTHER: Kit(
        device=_watch("FITNESS", 0, "wahoo_fitness", 32), sensors=(), dynamics=(_STANCE, _OSCILLATION)
    ),
    SensorClass.NONE: Kit(device=_watch("Forerunner 245", 3076), sensors=(), dynamics=()),
}


class Body(Record, frozen=True, kw_only=True):
    """What the readings need beyond gait and course."""

    frame: Frame
    balance_left: float
    indoor: bool


def read_gait(gait: Gait, course: Course, body: Body, rng: np.random.Generator) -> dict[str, Array]:
    """Every channel that the sensor class records, with its noise; each shape (n,), NaN where it has no value."""
    n, frame = len(course), body.frame
    cadence = SECONDS_PER_MINUTE / gait.step_time_s + ar1(rng, n, sd=_CADENCE_SD_SPM, rho=_RHO)
    # Half the noise is left: a walk has a steady beat, and must stay below the cadence of running.
    cadence = np.where(course.walking, _WALKING_SPM + (cadence - np.median(cadence)) / 2, cadence)
    stance = 2 * gait.step_time_s * gait.duty_factor + ar1(rng, n, sd=_STANCE_SD_S, rho=_RHO)
    oscillation = oscillation_m(gait) + ar1(rng, n, sd=_OSCILLATION_SD_M, rho=_RHO)
    speed = np.maximum(course.speed_mps + ar1(rng, n, sd=_SPEED_SD_MPS, rho=_RHO), 0.0)
    # Some sensors measure nothing of their own: whatever the runner does, they say speed and cadence again.
    if frame.sensor == SensorClass.GARMIN_WRIST:
        stance, oscillation = _computed(cadence, speed, frame)
    if frame.sensor in (SensorClass.STRYD, SensorClass.MODEL_DERIVED):
        oscillation = _modelled(cadence, stance)
    # Devices give no contact time or oscillation while walking.
    stance, oscillation = (np.where(course.walking, np.nan, values) for values in (stance, oscillation))
    recorded = {"speed_mps": speed, "distance_m": np.cumsum(speed), "cadence_spm": cadence}
    step = speed * SECONDS_PER_MINUTE / cadence
    ratio = oscillation / np.where(step > 0, step, np.nan)
    dynamics = {
        _STANCE: stance,
        _DUTY: np.round(stance * cadence / (2 * SECONDS_PER_MINUTE) / _STANCE_PERCENT_STEP) * _STANCE_PERCENT_STEP,
        _OSCILLATION: oscillation,
        _STEP: step,
        _RATIO: ratio * (_STRAP_RATIO if _DUTY in KITS[frame.sensor].dynamics else 1.0),
        _LEFT: np.where(np.isnan(stance), np.nan, body.balance_left + ar1(rng, n, sd=_BALANCE_SD, rho=_RHO)),
        _LOSS: np.where(np.isnan(stance), np.nan, 0.1 * course.speed_mps),
    }
    altitude = {} if body.indoor else {"altitude_m": course.altitude_m + ar1(rng, n, sd=_ALTITUDE_SD_M, rho=_RHO)}
    wanted = {name: dynamics[name] for name in KITS[frame.sensor].dynamics}
    return {**recorded, **altitude, **_effort(course, frame), **wanted}


def as_recorded(kit: Kit, time_s: Array, channels: dict[str, Array]) -> tuple[Samples, dict[str, Samples]]:
    """Native samples, and those of the developer app where the dynamics come from one."""
    given = {name: frozen(values) for name, values in channels.items()}
    if not kit.app:
        return Samples(time_s=frozen(time_s), **given), {}
    native = {name: values for name, values in given.items() if name not in kit.dynamics}
    theirs = {name: values for name, values in given.items() if name in (*kit.dynamics, "cadence_spm", "power_w")}
    return Samples(time_s=frozen(time_s), **native), {kit.app: Samples(time_s=frozen(time_s), **theirs)}


def _computed(cadence: Array, speed: Array, frame: Frame) -> tuple[Array, Array]:
    """Contact and oscillation as a wrist has them: functions of speed and cadence, nothing of the runner's own."""
    usual = usual_gait(np.clip(speed, 1.5, None), frame)
    step_time = SECONDS_PER_MINUTE / cadence
    duty = usual.duty_factor + _ROTATION * (cadence - SECONDS_PER_MINUTE / usual.step_time_s)
    return 2 * step_time * duty, frame.k_ref * GRAVITY_MPS2 * step_time**2 * (1 / 8 - SINE * duty)


def _modelled(cadence: Array, stance: Array) -> Array:
    step_time = SECONDS_PER_MINUTE / cadence
    return _MODELLED_K * GRAVITY_MPS2 * step_time**2 * (1 / 8 - SINE * stance / (2 * step_time))


def _effort(course: Course, frame: Frame) -> dict[str, Array]:
    """Heart rate and power that look like a run; nothing is judged by them."""
    mass_kg = frame.runner.mass_kg or 70.0
    minutes = course.time_s / SECONDS_PER_MINUTE
    heart_rate: Array = 80 + 24 * course.speed_mps + 0.15 * minutes
    power: Array = mass_kg * course.speed_mps * (1.04 + 4.0 * course.grade)
    return {"heart_rate_bpm": np.minimum(heart_rate, 188.0).round(), "power_w": np.maximum(power, 0.0).round()}
