"""What is usual at a speed for the runner and sensor at hand, and what of the run decides what may be said.

The lines are those of runners in general, shifted to how one class of sensor reads. Everything is element-wise over
speeds. Below 1.7 and above 6.0 m/s the anchors do not support the lines: the gates keep such epochs out, these
functions do not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from kneedrive.analysis import features
from kneedrive.analysis.provenance import ANT_FOOT_POD, STRYD
from kneedrive.method import GradeRules, Method, Population
from kneedrive.quantities import SECONDS_PER_MINUTE
from kneedrive.record import Record
from kneedrive.recording import Activity, Array, Note, Runner
from kneedrive.sensors import Reference, SensorClass

OUTDOOR, INDOOR = "outdoor", "indoor"
OF_STEPS = ("cadence_spm", "step_length_m")
OF_DYNAMICS = ("stance_time_s", "flight_time_s", "duty_factor")
OF_BOUNCE = ("vertical_oscillation_m", "vertical_ratio")
INDOOR_SPORTS = ("treadmill", "indoor_running", "virtual_activity", "indoor_walking", "track_indoor")


class Against(Record, frozen=True, kw_only=True):
    """What epochs are held against: the sensor class, the runner's height and age, the method."""

    reference: Reference
    runner: Runner
    method: Method
    drifts: Mapping[str, float] = {}  # of the sensor within the run, by column; its errors then count for more


class Case(Against, frozen=True, kw_only=True):
    """What is known about a run before its numbers are looked at: who ran, what recorded it, which axes that allows."""

    activity: Activity
    sensor_reason: str  # why it is taken for that sensor class
    instead_of: SensorClass | None = None  # that of the watch's own dynamics, where others are judged unasked
    notes: tuple[Note, ...] = ()  # what was corrected or not found before
    surface: str  # outdoor or indoor
    speed_trusted: bool  # speed was measured and may carry a step-length axis
    slow_mps: float | None = None  # what counts as slow for this runner; None: only the run itself can say
    by_steps: bool = False  # speed and cadence alone are judged, as the gates say


def place_of(activity: Activity, *, speed_calibrated: bool) -> tuple[str, bool]:
    """Outdoor or indoor, and whether speed was measured there. Indoor: the watch says so, or recorded no position."""
    surface = INDOOR if activity.sub_sport in INDOOR_SPORTS or not activity.positioned else OUTDOOR
    # Indoors a watch guesses speed from arm swing; only a foot pod or the runner's word makes it a measurement.
    devices = (activity.device, *activity.sensors)
    pod = any(device.ant_device_type == ANT_FOOT_POD or device.maker_id == STRYD for device in devices)
    # Outdoors speed counts as measured: whether a watch blends arm swing into it, the file does not tell.
    return surface, surface == OUTDOOR or speed_calibrated or pod


class Expected(Record, frozen=True, kw_only=True):
    """Usual values and the spread between runners, one per speed. ln_k and beta are NaN without a k_ref."""

    T_s: Array
    DF: Array
    ln_k: Array
    beta: Array
    sd_ln_T: Array
    sd_DF: Array
    sd_ln_k: Array
    sd_ln_beta: Array


def usual_cadence_spm(speed_mps: Array, height_m: float | None, population: Population) -> Array:
    """Steps per minute at each speed; without a height the height term vanishes."""
    # The spread is wider without a height instead (sd_ln_T_no_height); the middle stays.
    taller = 0.0 if height_m is None else height_m - population.height_m
    faster = speed_mps - population.cadence_speed_mps
    return population.cadence_at_3_spm + population.cadence_per_mps * faster + population.cadence_per_m * taller


def usual_duty_factor(speed_mps: Array, population: Population) -> tuple[Array, Array]:
    """Duty factor at each speed, as a force plate would see it, and its SD between runners inside the anchors."""
    sd = population.sd_duty_base + population.sd_duty_per_slowness / speed_mps
    return population.duty_base + population.duty_per_slowness / speed_mps, sd


def from_middle(speed_mps: Array, population: Population) -> Array:
    """Speed against the one at which sensor classes were compared; beyond what was compared it is held."""
    within = np.clip(speed_mps, population.class_speed_low_mps, population.class_speed_high_mps)
    return within - population.class_speed_mid_mps


def hill_pct(grade: Array, rules: GradeRules) -> Array:
    """Grade in per cent where the hill terms apply, 0 on the flat and where the grade is unknown."""
    return np.where(np.abs(grade) > rules.flat, 100.0 * grade, 0.0)


def expected_ln_k(speed_mps: Array, against: Against) -> Array:
    """Ln of the usual VO/VO_model on a sensor class, on the flat; NaN where the class has none."""
    reference = against.reference
    if reference.k_ref is None:
        return np.full_like(speed_mps, np.nan)
    return math.log(reference.k_ref) + reference.s_k * from_middle(speed_mps, against.method.population)


def expected(speed_mps: Array, against: Against, grade: Array | None = None) -> Expected:
    """Usual step time, duty factor, k and beta at these speeds and slopes (fractions), with spreads between runners."""
    reference, runner = against.reference, against.runner
    population, hills = against.method.population, against.method.grade
    # Hill terms count where it is steeper than the flat; NaN counts as flat.
    pct = np.zeros_like(speed_mps) if grade is None else hill_pct(grade, hills)
    # Spreads are wider where the anchors hold few people or none; once, however many reasons there are, since they are
    # guesses of one kind.
    short = runner.height_m is not None and runner.height_m < population.short_m
    old = runner.age is not None and runner.age > population.old_years
    outside = (speed_mps < population.slow_mps) | (speed_mps > population.fast_mps) | short | old
    wide = np.where(outside, population.widening, 1.0)
    wide = np.where(speed_mps < population.slowest_mps, population.widening_slowest, wide)
    T_s = SECONDS_PER_MINUTE / usual_cadence_spm(speed_mps, runner.height_m, population)
    tilt = reference.tilt_DF * from_middle(speed_mps, population)
    plain_DF, plain_sd_DF = usual_duty_factor(speed_mps, population)
    DF, sd_DF = plain_DF + reference.shift_DF + tilt + hills.DF_per_pct * pct, wide * plain_sd_DF
    ln_k = expected_ln_k(speed_mps, against) + hills.ln_k_per_pct * pct
    shape = features.bounce_shape(DF)
    # Bounce varies because timing varies (through B) and because torsos do (k); the model takes both as independent.
    timing_sd = sd_DF * features.SINE_SHAPE / shape
    sd_ln_T = population.sd_ln_T_no_height if runner.height_m is None else population.sd_ln_T
    return Expected(
        T_s=T_s * np.exp(hills.ln_T_per_pct * pct),
        DF=DF,
        ln_k=ln_k,
        beta=np.exp(ln_k) * shape,
        sd_ln_T=wide * sd_ln_T,
        sd_DF=sd_DF,
        sd_ln_k=wide * population.sd_ln_k,
        sd_ln_beta=np.hypot(timing_sd, wide * population.sd_ln_k),
    )


def usual_quantities(speed_mps: Array, grade: Array, against: Against) -> dict[str, Array]:
    """Ln T, DF, ln k and ln beta as usual on a sensor class; k counts as 1 where the class has no k_ref."""
    there = expected(speed_mps, against, grade)
    ln_k = np.nan_to_num(there.ln_k)
    shape = np.log(features.bounce_shape(there.DF))
    return {"ln_T": np.log(there.T_s), "DF": there.DF, "ln_k": ln_k, "ln_beta": ln_k + shape}


def usual_metrics(speed_mps: Array, against: Against) -> dict[str, Array]:
    """What is usual at these speeds on the flat, by metric key, for what the sensor class may be held against."""
    there = expected(speed_mps, against)
    found = features.of_step(speed_mps, there.T_s, there.DF, there.beta)
    usual = {key: found[key] for key in OF_STEPS}
    if not against.reference.measures_contact:
        return usual
    usual |= {key: found[key] for key in OF_DYNAMICS}
    if against.runner.height_m is not None:
        leg = against.method.population.leg_per_height * against.runner.height_m
        usual["stance_angle_deg"] = features.stance_angle_deg(speed_mps, usual["stance_time_s"], leg)
    if against.reference.measures_bounce:
        usual |= {key: found[key] for key in OF_BOUNCE}
    return usual


def usual_ranges(speed_mps: Array, against: Against) -> tuple[dict[str, Array], dict[str, Array]]:
    """One spread between runners to each side of usual: low and high by metric key, where the class is held to it."""
    # Step time, duty factor and bounce vary between runners independently, on the scale of logarithms.
    there = expected(speed_mps, against)
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
    usual = usual_metrics(speed_mps, against)
    low = {key: usual[key] * np.exp(-off) for key, off in spread.items() if key in usual}
    return low, {key: usual[key] * np.exp(off) for key, off in spread.items() if key in usual}
