"""Thirty seconds at a time: medians of what was recorded, and the quantities that follow from them.

Watches record once a second at best and smooth what they record, so single steps cannot be seen. A median over half
a minute is what a watch can stand behind.
"""

from __future__ import annotations

import numpy as np

from kneedrive.analysis import features, plausible, reference, resampling
from kneedrive.analysis.resampling import Mask, Stream, within
from kneedrive.method import Method
from kneedrive.record import Record
from kneedrive.recording import Activity, Array, Interval, Runner

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
    cadence = stream.columns.get("cadence_spm", nothing)
    frozen = plausible.frozen_seconds(stream.columns, method.plausible.flat_line_s)
    return Seconds(
        # Counted from the first record: a watch may have been started long before its sensors woke up.
        start=seconds < _first(stream) + rules.start_s,
        pause=within(seconds, (*activity.pauses, *_unsaid_pauses(stream, method)), rules.pause_margin_s),
        steady=resampling.steady_seconds(speed, rules),
        burst=resampling.burst_seconds(speed, rules),
        frozen=np.zeros(len(seconds), dtype=np.bool_) if frozen is None else frozen,
        walking=cadence < method.gait.walking_spm,
        grade=_grade(stream, speed, method),
    )


def _first(stream: Stream) -> float:
    covered = np.flatnonzero(stream.covered)
    return float(stream.time_s[covered[0]]) if len(covered) else 0.0


def _unsaid_pauses(stream: Stream, method: Method) -> tuple[Interval, ...]:
    """Gaps longer than any recording step: a pause, whether or not the watch wrote an event for it."""
    longest_s = method.resampling.gap_max_s
    return tuple(gap for gap in stream.gaps if gap.end_s - gap.start_s > longest_s)


def _grade(stream: Stream, speed_mps: Array, method: Method) -> Array:
    altitude = stream.columns.get("altitude_m")
    if altitude is None:
        return np.full_like(speed_mps, np.nan)
    distance = stream.columns.get("distance_m")
    along = resampling.distance_from_speed(speed_mps) if distance is None else distance
    return resampling.grade(altitude, along, method.grade.smoothing_m)


def cut(stream: Stream, seconds: Seconds, runner: Runner, method: Method) -> Table:
    """The stream as epochs. Values need `min_covered_s` seconds and `min_records` recorded values of their own."""
    rules = method.epochs
    # Steps are unusual around a standstill, and sensors take a while to settle.
    kept = stream.covered & ~seconds.start & ~seconds.pause
    covered_s, kept_s = _count(stream, stream.covered), _count(stream, kept)
    # An epoch that is left out anyway still shows what was recorded in it.
    used = np.where(np.repeat(kept_s >= rules.min_covered_s, stream.epoch_s), kept, stream.covered)
    medians = _medians(stream, used, method)
    medians["grade"] = row_medians(stream.rows(np.where(used, seconds.grade, np.nan)))
    # Shares of nothing are 0, not NaN: an empty epoch has its own gate.
    used_s = np.maximum(_count(stream, used), 1)
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
        columns=derived(medians, runner, method),
        shares={name: _count(stream, mask) / used_s for name, mask in conditions.items()},
        covered_s=covered_s,
        used_s=kept_s,
        records=np.max(np.stack([*stream.recorded.values()]), axis=0) if stream.recorded else covered_s * 0,
    )


def _count(stream: Stream, mask: Mask) -> Array:
    counts: Array = mask.reshape(-1, stream.epoch_s).sum(axis=1).astype(np.float64)
    return counts


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
        found[key] = np.where(enough, row_medians(rows), np.nan)
    return found


def row_medians(rows: Array) -> Array:
    """Median of each row over what is there; NaN for an empty row. Faster than numpy's own, and silent."""
    ordered = np.sort(rows, axis=1)  # NaN sorts last
    count = np.isfinite(rows).sum(axis=1)
    row = np.arange(len(rows))
    middle: Array = (ordered[row, (count - 1) // 2] + ordered[row, count // 2]) / 2.0
    return middle


def derived(columns: dict[str, Array], runner: Runner, method: Method) -> dict[str, Array]:
    """The columns with everything that follows from speed, cadence, contact time and oscillation."""
    speed = columns["speed_mps"]
    moving, cadence = _positive(speed), _positive(columns["cadence_spm"])
    stance, oscillation = _positive(columns["stance_time_s"]), _positive(columns["vertical_oscillation_m"])
    T = features.step_time_s(cadence)
    # Ratios of medians, not medians of ratios: a second with one odd channel then moves that channel alone.
    DF, flight = features.duty_factor(stance, T), features.flight_time_s(T, stance)
    step = features.step_length_m(moving, T)
    leg = reference.leg_length_m(runner, method)
    missing = np.full_like(speed, np.nan)
    columns = columns | {"stance_time_s": stance, "vertical_oscillation_m": oscillation}
    return columns | {
        "step_time_s": T,
        "step_length_m": step,
        "flight_time_s": flight,
        "duty_factor": DF,
        "vertical_ratio": features.vertical_ratio(oscillation, step),
        "ln_k": features.ln_k(oscillation, T, DF),
        "beta": features.beta(oscillation, T),
        "stance_angle_deg": missing if leg is None else features.stance_angle_deg(speed, stance, leg),
        "k_leg_kn_m": missing if leg is None else _stiffness(columns | {"flight_time_s": flight}, runner, leg, method),
    }


def _positive(values: Array) -> Array:
    # No step lasts no time; where a device writes 0 it means that it does not know.
    return np.where(values > 0, values, np.nan)


def _stiffness(columns: dict[str, Array], runner: Runner, leg_length_m: float, method: Method) -> Array:
    """Leg stiffness on the flat; the method is not valid on slopes."""
    if runner.mass_kg is None:
        return np.full_like(columns["speed_mps"], np.nan)
    stiffness = features.leg_stiffness_n_m(
        runner.mass_kg, leg_length_m, columns["speed_mps"], columns["stance_time_s"], columns["flight_time_s"]
    )
    return np.where(np.abs(columns["grade"]) > method.grade.flat, np.nan, stiffness / KILO)
