"""Thirty seconds at a time: medians of what was recorded, and the quantities that follow from them.

Watches record once a second at best and smooth what they record, so single steps cannot be seen. A median over half
a minute is what a watch can stand behind.
"""

from __future__ import annotations

import numpy as np

from kneedrive.analysis import features, resampling
from kneedrive.analysis.reference import leg_length_m
from kneedrive.analysis.resampling import Stream
from kneedrive.method import Method
from kneedrive.record import Record
from kneedrive.recording import Activity, Array, Runner
from kneedrive.stats import Mask, medians

MEASURED = (
    "speed_mps",
    "cadence_spm",
    "stance_time_s",
    "vertical_oscillation_m",
    "balance_left",
    "power_w",
    "heart_rate_bpm",
    "step_speed_loss_mps",
)
_SAID = {"duty_factor": "duty_factor_said", "step_length_m": "step_length_said"}
KILO = 1000.0


class Seconds(Record, frozen=True, kw_only=True):
    """Second by second: what is left out, what is steady, the slope. Masks have one entry per second of the stream."""

    start: Mask
    pause: Mask
    steady: Mask
    burst: Mask
    frozen: Mask
    walking: Mask
    grade: Array


class Table(Record, frozen=True, kw_only=True):
    """One row per epoch. columns: medians and what follows from them. shares: of the seconds used, by condition.

    covered_s and used_s: seconds recorded, and recorded outside the start and pauses. records: recorded times.
    """

    start_s: Array
    columns: dict[str, Array]
    shares: dict[str, Array]
    covered_s: Array
    used_s: Array
    records: Array


def seconds_of(stream: Stream, activity: Activity, method: Method) -> Seconds:
    """What every second of the stream is, before anything is cut into epochs."""
    seconds, rules, nothing = stream.time_s, method.steady, np.full(len(stream.time_s), np.nan)
    speed = stream.columns.get("speed_mps", nothing)
    # Counted from the first record: a watch may have been started long before its sensors woke up.
    first_s = seconds[stream.covered][0] if stream.covered.any() else 0.0
    # A gap longer than any recording step is a pause, whether or not the watch wrote an event for it.
    unsaid = (gap for gap in stream.gaps if gap.end_s - gap.start_s > method.resampling.gap_max_s)
    return Seconds(
        start=seconds < first_s + rules.start_s,
        pause=resampling.within(seconds, (*activity.pauses, *unsaid), rules.pause_margin_s),
        steady=resampling.steady_seconds(speed, rules),
        burst=resampling.burst_seconds(speed, rules),
        frozen=resampling.frozen_seconds(stream, method.plausible.flat_line_s),
        walking=stream.columns.get("cadence_spm", nothing) < method.gait.walking_spm,
        grade=_grade(stream, speed, method),
    )


def _grade(stream: Stream, speed_mps: Array, method: Method) -> Array:
    altitude = stream.columns.get("altitude_m")
    if altitude is None:
        return np.full_like(speed_mps, np.nan)
    along = stream.columns.get("distance_m")
    if along is None:
        along = np.cumsum(np.where(np.isfinite(speed_mps), speed_mps, 0.0))  # one value a second; gaps add nothing
    return resampling.grade(altitude, along, method.grade.smoothing_m)


def cut(stream: Stream, seconds: Seconds, runner: Runner, method: Method) -> Table:
    """The stream as epochs. Values need `min_covered_s` seconds and `min_records` recorded values of their own."""

    def count(mask: Mask) -> Array:
        counts: Array = mask.reshape(-1, stream.epoch_s).sum(axis=1).astype(np.float64)
        return counts

    # Steps are unusual around a standstill, and sensors take a while to settle.
    kept = stream.covered & ~seconds.start & ~seconds.pause
    covered_s, kept_s = count(stream.covered), count(kept)
    # An epoch that is left out anyway still shows what was recorded in it.
    used = np.where(np.repeat(kept_s >= method.epochs.min_covered_s, stream.epoch_s), kept, stream.covered)
    columns = _medians(stream, used, method)
    columns["grade"] = medians(stream.rows(np.where(used, seconds.grade, np.nan)))
    # Shares of nothing are 0, not NaN: an empty epoch has its own gate.
    used_s = np.maximum(count(used), 1)
    conditions = {
        "start": seconds.start & stream.covered,
        "pause": seconds.pause,
        "steady": seconds.steady & used,
        "burst": seconds.burst & used,
        "frozen": seconds.frozen & used,
        "walking": seconds.walking & used,
    }
    return Table(
        start_s=stream.time_s[:: stream.epoch_s],
        columns=derived(columns, runner, method),
        shares={name: count(mask) / used_s for name, mask in conditions.items()},
        covered_s=covered_s,
        used_s=kept_s,
        records=np.max(np.stack([*stream.recorded.values()]), axis=0) if stream.recorded else covered_s * 0,
    )


def _medians(stream: Stream, used: Mask, method: Method) -> dict[str, Array]:
    """The median of every channel in every epoch where enough of it is there; NaN columns for channels not recorded."""
    rules = method.epochs
    found = {}
    for name in (*MEASURED, *_SAID):
        key = _SAID.get(name, name)
        values = stream.columns.get(name)
        if values is None:
            found[key] = np.full(stream.epochs, np.nan)
            continue
        rows = stream.rows(np.where(used, values, np.nan))
        enough = (np.isfinite(rows).sum(axis=1) >= rules.min_covered_s) & (stream.recorded[name] >= rules.min_records)
        found[key] = np.where(enough, medians(rows), np.nan)
    return found


def derived(columns: dict[str, Array], runner: Runner, method: Method) -> dict[str, Array]:
    """The columns with everything that follows from speed, cadence, contact time and oscillation."""
    # No step lasts no time; where a device writes 0 it means that it does not know.
    moving, cadence, stance, oscillation = (
        np.where(columns[name] > 0, columns[name], np.nan)
        for name in ("speed_mps", "cadence_spm", "stance_time_s", "vertical_oscillation_m")
    )
    T = features.step_time_s(cadence)
    # Ratios of medians, not medians of ratios: a second with one odd channel then moves that channel alone.
    DF, flight = features.duty_factor(stance, T), features.flight_time_s(T, stance)
    step = features.step_length_m(moving, T)
    leg, mass, speed = leg_length_m(runner, method), runner.mass_kg, columns["speed_mps"]
    angle = stiffness = np.full_like(speed, np.nan)
    if leg is not None:
        angle = features.stance_angle_deg(speed, stance, leg)
    if leg is not None and mass is not None:
        stiffness = features.leg_stiffness_n_m(mass, leg, speed, stance, flight) / KILO
        # The method is not valid on slopes.
        stiffness = np.where(np.abs(columns["grade"]) > method.grade.flat, np.nan, stiffness)
    return columns | {
        "stance_time_s": stance,
        "vertical_oscillation_m": oscillation,
        "step_time_s": T,
        "step_length_m": step,
        "flight_time_s": flight,
        "duty_factor": DF,
        "vertical_ratio": features.vertical_ratio(oscillation, step),
        "ln_k": features.ln_k(oscillation, T, DF),
        "beta": features.beta(oscillation, T),
        "stance_angle_deg": angle,
        "k_leg_kn_m": stiffness,
    }
