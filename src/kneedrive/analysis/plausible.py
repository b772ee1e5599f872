"""What cannot be a measurement of running: wrong units, frozen sensors, cadence of something else, a changed sensor."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kneedrive.analysis import features
from kneedrive.analysis.resampling import Mask, at_least
from kneedrive.method import Plausible, SensorRules
from kneedrive.recording import Array, Note, Samples, frozen
from kneedrive.stats import median, robust_sd

HALF_AND_DOUBLE = (0.5, 2.0)


def share_below_ballistic(oscillation_m: Array, stance_time_s: Array, cadence_spm: Array) -> float:
    """Share of the records in flight whose oscillation is less than the flight alone needs; 0 where none can tell."""
    T = features.step_time_s(np.where(cadence_spm > 0, cadence_spm, np.nan))
    flight = features.flight_time_s(T, stance_time_s)
    known = np.isfinite(oscillation_m) & (flight > 0)
    if not known.any():
        return 0.0
    return float(np.mean(oscillation_m[known] < features.ballistic_rise_m(flight[known])))


def corrected_unit(samples: Samples, rules: Plausible) -> tuple[Samples, tuple[Note, ...]]:
    """The samples with an oscillation that physics allows: as it is, ten times as much, or none; with a note.

    Wahoo writes oscillation in a unit ten times too large for the field it uses.
    """
    stance, oscillation, cadence = samples.stance_time_s, samples.vertical_oscillation_m, samples.cadence_spm
    if stance is None or oscillation is None or cadence is None:
        return samples, ()
    share = share_below_ballistic(oscillation, stance, cadence)
    if share <= rules.unit_share:
        return samples, ()
    impossible = f"the vertical oscillation is too small for the time in the air in {share:.0%} of the records"
    tenfold = oscillation * rules.unit_factor
    fits = rules.oscillation_min_m <= median(tenfold[~np.isnan(tenfold)]) <= rules.oscillation_max_m
    if fits and share_below_ballistic(tenfold, stance, cadence) <= rules.unit_share:
        text = f"{impossible}: its unit is wrong in this file, and it was multiplied by {rules.unit_factor:.0f}"
        note = Note(code="oscillation_unit", text=text)
        return samples.replace(vertical_oscillation_m=frozen(tenfold)), (note,)
    note = Note(code="oscillation_impossible", text=f"{impossible}, in no unit that is known: it was left out")
    return samples.replace(vertical_oscillation_m=None), (note,)


def frozen_seconds(columns: dict[str, Array], length_s: int) -> Mask | None:
    """Seconds of a stretch in which contact time and oscillation do not move at all; None where neither is there."""
    there = [columns[name] for name in ("stance_time_s", "vertical_oscillation_m") if name in columns]
    if not there:
        return None
    # Both at once: a coarse unit can hold one of them still for a minute of even running.
    still = np.ones(len(there[0]) - 1, dtype=np.bool_)
    for values in there:
        still &= np.diff(values) == 0
    # A stretch of n equal values has n - 1 steps of zero between them.
    steps = at_least(still, length_s - 1)
    return np.concatenate((steps, [False])) | np.concatenate(([False], steps))


def locked_cadence(cadence_spm: Array, speed_mps: Array, typical_spm: Array, rules: Plausible) -> Mask:
    """Epochs at running speed whose cadence is about half or double of what is typical: arm swing, music, one leg."""
    near = np.zeros(len(cadence_spm), dtype=np.bool_)
    for factor in HALF_AND_DOUBLE:
        # Relative, since half a cadence that is off by 10 % is itself off by 10 %.
        near |= np.abs(cadence_spm / (factor * typical_spm) - 1.0) <= rules.cadence_lock
    return near & (speed_mps >= rules.speed_min_mps)


def implausible_stance(columns: dict[str, Array], rules: Plausible) -> Mask:
    """Epochs whose contact time or duty factor no runner has, or that the device's own per cent contradicts."""
    stance, duty, said = columns["stance_time_s"], columns["duty_factor"], columns["duty_factor_said"]
    outside = (stance < rules.stance_min_s) | (stance > rules.stance_max_s)
    outside |= (duty < rules.duty_min) | (duty > rules.duty_max)
    mismatch: Mask = np.abs(said / duty - 1.0) > rules.duty_mismatch
    return outside | mismatch


def implausible_oscillation(columns: dict[str, Array], rules: Plausible) -> Mask:
    """Epochs whose oscillation no runner has, or that is less than the flight needs."""
    oscillation = columns["vertical_oscillation_m"]
    rise = features.ballistic_rise_m(np.maximum(columns["flight_time_s"], 0.0))
    outside: Mask = (oscillation < rules.oscillation_min_m) | (oscillation > rules.oscillation_max_m)
    return outside | (oscillation < rise)


def sensor_jump(ln_k_above: Array, rules: Plausible) -> Mask:
    """Epochs on the shorter side of a sudden shift of ln k (against what is usual at the speed), if there is one.

    A shift is a change of level between neighbouring stretches that are calm in themselves, and that the whole of
    either side confirms: a strap that slipped or another sensor that took over, not a runner who got tired.
    """
    jumped = np.zeros(len(ln_k_above), dtype=np.bool_)
    at = np.flatnonzero(np.isfinite(ln_k_above))
    values, width = ln_k_above[at], rules.k_jump_epochs
    if len(values) < 2 * width:
        return jumped
    windows = np.median(np.lib.stride_tricks.sliding_window_view(values, width), axis=-1)
    steps = np.abs(windows[width:] - windows[:-width])
    rough = int(np.argmax(steps))
    # Medians do not see which of the few epochs around the shift belong to which side.
    near = range(rough + width - width // 2, rough + width + width // 2 + 1)
    split = min(near, key=lambda cut: _scatter(values[:cut]) + _scatter(values[cut:]))
    before, after = values[:split], values[split:]
    # A burst of bad epochs shifts the windows beside it, but not the medians of both whole sides.
    shift = min(float(steps[rough]), abs(median(before) - median(after)))
    if min(len(before), len(after)) < width:
        return jumped
    if shift > rules.k_jump and max(robust_sd(before), robust_sd(after)) <= rules.k_jump_calm:
        jumped[at[split:] if len(after) < len(before) else at[:split]] = True
    return jumped


def _scatter(values: Array) -> float:
    return float(np.sum(np.abs(values - median(values))))


def drifts(columns: Mapping[str, Array], scored: Mask, rules: SensorRules) -> dict[str, float]:
    """How far duty factor and ln k wander within a run at the same speed and cadence, where only a sensor does."""
    limits = {"duty_factor": rules.drift_DF, "ln_k": rules.drift_ln_k}
    found = {name: wander(columns, name, scored, rules) for name in limits}
    return {name: by for name, by in found.items() if by > limits[name]}


def wander(columns: Mapping[str, Array], name: str, scored: Mask, rules: SensorRules) -> float:
    """Range of the running median of a column over a run, without what goes with speed, cadence and slope.

    0 where there are fewer than two windows. A trend in time is fitted along, so that a runner who speeds up while the
    sensor drifts does not hide it.
    """
    speed, cadence, values = columns["speed_mps"], columns["cadence_spm"], columns[name]
    there = scored & np.isfinite(speed) & np.isfinite(cadence) & np.isfinite(values)
    n = int(there.sum())
    width = max(rules.drift_epochs, int(rules.drift_share * n))
    if n < 2 * width:
        return 0.0
    time = np.linspace(-0.5, 0.5, n)
    by = np.column_stack([speed[there], 1.0 / speed[there], cadence[there], np.nan_to_num(columns["grade"][there])])
    by -= by.mean(axis=0)
    slopes = np.linalg.lstsq(np.column_stack([by, np.ones(n), time, time**2]), values[there], rcond=None)[0]
    left = values[there] - by @ slopes[: by.shape[1]]
    return float(np.ptp(np.median(np.lib.stride_tricks.sliding_window_view(left, width), axis=1)))


def step_length_disagrees(columns: dict[str, Array], rules: Plausible) -> bool:
    """Whether the device's own step length is off speed and cadence in most epochs: worth a note, never a gate."""
    ratio = columns["step_length_said"] / columns["step_length_m"]
    ratio = ratio[np.isfinite(ratio)]
    return bool(len(ratio) and np.mean(np.abs(ratio - 1.0) > rules.step_mismatch) > 0.5)
