"""The quantities of one step, from what a watch records. Element-wise on arrays or single numbers; NaN stays NaN.

SI units throughout. Cadence counts both feet and must be positive or NaN; stance time is that of one foot.
Sources: Morin 2005 (spring-mass model from field data), van Oeveren 2021 (definitions). Speed, mass and leg length drop
out of the modelled oscillation: timing alone fixes how far the body bounces.
"""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np

from kneedrive.quantities import GRAVITY_MPS2, SECONDS_PER_MINUTE
from kneedrive.recording import Array

Number = TypeVar("Number", float, Array)

SINE_SHAPE = 0.5 - 1.0 / math.pi  # C: what a half-sine force takes off the bounce per unit of duty factor
FLIGHT_ONLY = 0.125  # g*T^2/8: the bounce of a step that were all flight


def step_time_s(cadence_spm: Number) -> Number:
    """T, seconds from one foot's landing to the other's."""
    return SECONDS_PER_MINUTE / cadence_spm


def step_length_m(speed_mps: Number, step_time_s: Number) -> Number:
    """SL, metres travelled in one step ("stride length" to Garmin, Apple and Polar)."""
    return speed_mps * step_time_s


def flight_time_s(step_time_s: Number, stance_time_s: Number) -> Number:
    """tf, seconds in the air per step; negative where both feet are down at once."""
    return step_time_s - stance_time_s


def duty_factor(stance_time_s: Number, step_time_s: Number) -> Number:
    """DF, share of a stride that one foot is on the ground; 0.5 and more means no flight."""
    return stance_time_s / (2.0 * step_time_s)


def bounce_shape(duty_factor: Number) -> Number:
    """B = 1/8 - C*DF, the modelled oscillation in units of g*T^2."""
    return FLIGHT_ONLY - SINE_SHAPE * duty_factor


def vo_model_m(step_time_s: Number, duty_factor: Number) -> Number:
    """Oscillation in metres that the timing alone implies (Morin's sine plus ballistic flight, in closed form)."""
    return GRAVITY_MPS2 * step_time_s**2 * bounce_shape(duty_factor)


def beta(oscillation_m: Number, step_time_s: Number) -> Number:
    """VO/(g*T^2): bounce for the step time. Needs no stance time, so an error there does not enter."""
    return oscillation_m / (GRAVITY_MPS2 * step_time_s**2)


def vertical_ratio(oscillation_m: Number, step_length_m: Number) -> Number:
    """VR, oscillation per step length. Straps filter theirs on its own, so it is always computed here."""
    return oscillation_m / step_length_m


def log(ratio: Array) -> Array:
    """Natural logarithm; NaN, without a warning, where there is none."""
    return np.log(np.where(ratio > 0, ratio, np.nan))


def ln_k(oscillation_m: Array, step_time_s: Array, duty_factor: Array) -> Array:
    """Ln of measured over modelled oscillation: torso bounce that the timing does not explain."""
    return log(oscillation_m / vo_model_m(step_time_s, duty_factor))


def of_step(speed_mps: Array, T_s: Array, DF: Array, beta: Array) -> dict[str, Array]:
    """What reports speak of, by metric key, from the three things that are free at a speed."""
    length, stance, oscillation = step_length_m(speed_mps, T_s), 2.0 * DF * T_s, beta * GRAVITY_MPS2 * T_s**2
    return {
        "cadence_spm": SECONDS_PER_MINUTE / T_s,
        "step_length_m": length,
        "stance_time_s": stance,
        "flight_time_s": flight_time_s(T_s, stance),
        "vertical_oscillation_m": oscillation,
        "vertical_ratio": vertical_ratio(oscillation, length),
        "duty_factor": DF,
    }


def metrics(speed_mps: Array, ln_T: Array, DF: Array, ln_beta: Array) -> dict[str, Array]:
    """The same from logarithms, and ln k with them."""
    return of_step(speed_mps, np.exp(ln_T), DF, np.exp(ln_beta)) | {"ln_k": ln_beta - log(bounce_shape(DF))}


def ballistic_rise_m(flight_time_s: Number) -> Number:
    """Least oscillation that a flight time allows (g*tf^2/8); for flights of zero or more."""
    return GRAVITY_MPS2 * flight_time_s**2 / 8.0


def stance_angle_deg(speed_mps: Array, stance_time_s: Array, leg_length_m: float) -> Array:
    """Theta, half of the angle that the stance leg sweeps; NaN where the leg is too short for the contact length."""
    reach = speed_mps * stance_time_s / (2.0 * leg_length_m)
    return np.degrees(np.arcsin(np.where(np.abs(reach) <= 1.0, reach, np.nan)))


def leg_stiffness_n_m(
    mass_kg: float, leg_length_m: float, speed_mps: Array, stance_time_s: Array, flight_time_s: Array
) -> Array:
    """k_leg = Fmax/Delta L, N/m (Morin 2005); level running only (the method fails on slopes, Meyer 2023).

    NaN where the contact is longer than two legs, and for a mass or leg that is NaN.
    """
    air = flight_time_s / stance_time_s + 1.0
    peak_force_n = mass_kg * GRAVITY_MPS2 * (math.pi / 2.0) * air  # Fmax of the half-sine force, eq. 6
    # How far the body sinks in stance, positive: eq. 7 with its sign turned; mass drops out.
    sink_m = GRAVITY_MPS2 * stance_time_s**2 * (air / (2.0 * math.pi) - FLIGHT_ONLY)
    # Delta L, how far the leg spring shortens, eq. 9.
    chord = leg_length_m**2 - (speed_mps * stance_time_s / 2.0) ** 2
    return peak_force_n / (leg_length_m - np.sqrt(np.where(chord >= 0, chord, np.nan)) + sink_m)
