"""From the recorded time axis to one value a second, and from seconds to half-minutes with all that follows from them.

Recording can be smart (a record every 2 to 9 s), twice a second, or jump by days when the clock is set. So the grid
of seconds covers only epochs that hold a record, plus one empty epoch after a long gap, which keeps sliding means
from reaching across. Gaps stay open.

Watches record once a second at best and smooth what they record, so single steps cannot be seen. A median over half
a minute is what a watch can stand behind.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from kneedrive.analysis import features
from kneedrive.method import EpochRules, Method, Resampling, SteadyRules
from kneedrive.record import Record
from kneedrive.recording import Activity, Array, Interval, Runner, Samples
from kneedrive.stats import Mask, median, medians

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


# Seconds: a grid, and what the runner and the sensor do at each.


class Stream(Record, frozen=True, kw_only=True):
    """Samples at 1 Hz, in whole epochs; only `resample` makes one."""

    time_s: Array  # whole seconds since the start, increasing, in blocks of one epoch that may be apart
    epoch_s: int
    columns: dict[str, Array]  # one array per channel that was recorded at all, NaN in gaps
    recorded: dict[str, npt.NDArray[np.int64]]  # how many recorded values of each channel fall into each epoch
    covered: Mask  # seconds inside the recording
    gaps: tuple[Interval, ...]  # the steps of the recorded axis that are too long


def bridged(time_s: Array, seconds: Array, longest_s: float) -> Mask:
    """Which seconds lie on a recorded time or between two that are at most `longest_s` apart."""
    left = np.searchsorted(time_s, seconds, side="right") - 1
    right = np.minimum(left + 1, len(time_s) - 1)
    before = np.maximum(left, 0)
    on_it = time_s[before] == seconds
    between = (right > left) & (time_s[right] - time_s[before] <= longest_s)
    inside: Mask = (left >= 0) & (on_it | between)
    return inside


def resample(samples: Samples, resampling: Resampling, epochs: EpochRules) -> Stream:
    """The samples at 1 Hz by interpolation on the recorded axis; needs at least one record."""
    time_s = samples.time_s
    numbers = np.unique(np.floor_divide(time_s, epochs.length_s))
    empty = numbers[:-1][np.diff(numbers) > 1] + 1
    starts = np.sort(np.concatenate([numbers, empty])) * epochs.length_s
    seconds = (starts[:, None] + np.arange(epochs.length_s, dtype=np.float64)).ravel()
    # Two records of one second are common and say nothing about the interval of recording.
    steps = np.diff(time_s)
    typical = median(steps[steps > 0]) if (steps > 0).any() else 0.0
    longest_s = min(resampling.gap_max_s, max(resampling.gap_min_s, resampling.gap_median_steps * typical))
    gaps = np.flatnonzero(steps > longest_s)
    covered = bridged(time_s, seconds, longest_s)
    which = np.searchsorted(starts, time_s, side="right") - 1
    columns, recorded = {}, {}
    for name, values in samples.present().items():
        there = np.isfinite(values)
        if not there.any():
            continue
        # Most channels are whole, and indexing by a mask of nothing but True still copies them.
        whole = bool(there.all())
        times, known = (time_s, values) if whole else (time_s[there], values[there])
        # On its own times, so that a channel which starts late or drops out stays missing there.
        inside = covered if whole else bridged(times, seconds, longest_s)
        columns[name] = np.where(inside, np.interp(seconds, times, known), np.nan)
        recorded[name] = np.bincount(which if whole else which[there], minlength=len(starts))
    return Stream(
        time_s=seconds,
        epoch_s=epochs.length_s,
        columns=columns,
        recorded=recorded,
        covered=covered,
        gaps=tuple(Interval(start_s=float(time_s[i]), end_s=float(time_s[i + 1])) for i in gaps),
    )


def sliding_mean(values: Array, width: int) -> Array:
    """Centred mean over an odd number of seconds, of what is there; NaN where fewer than half of them are."""
    there = np.isfinite(values)
    half = width // 2
    sums = np.concatenate(([0.0], np.cumsum(np.where(there, values, 0.0))))
    counts = np.concatenate(([0], np.cumsum(there)))
    low = np.maximum(np.arange(len(values)) - half, 0)
    high = np.minimum(np.arange(len(values)) + half + 1, len(values))
    count = counts[high] - counts[low]
    return np.where(2 * count > width, (sums[high] - sums[low]) / np.maximum(count, 1), np.nan)


def runs_of(mask: Mask) -> list[tuple[int, int]]:
    """Half-open index ranges where the mask is True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def at_least(mask: Mask, length: int) -> Mask:
    """The mask without its stretches shorter than `length`."""
    kept = np.zeros_like(mask)
    for start, end in runs_of(mask):
        if end - start >= length:
            kept[start:end] = True
    return kept


def burst_seconds(speed_mps: Array, rules: SteadyRules) -> Mask:
    """Seconds of an acceleration: mean speed gains enough within a few seconds, or stays above a sprint's."""
    smooth = sliding_mean(speed_mps, rules.burst_smoothing_s)
    within_s = rules.burst_within_s
    gaining = np.zeros(len(smooth), dtype=np.bool_)
    starts = np.flatnonzero(smooth[within_s:] - smooth[:-within_s] >= rules.burst_gain_mps)
    for ahead in range(within_s + 1):
        gaining[starts + ahead] = True
    # Unsmoothed on purpose: a jump of position lasts a second or two, a sprint longer.
    sprinting = at_least(speed_mps > rules.sprint_mps, rules.sprint_s)
    return gaining | sprinting


def grade(altitude_m: Array, distance_m: Array, smoothing_m: float) -> Array:
    """Slope of the ground at each second, as a fraction, along the distance run; NaN where either is missing.

    Altitude is averaged over `smoothing_m` of distance behind and ahead, and the slope is taken between the middles
    of the two windows. Both means are differences of one integral, so a whole run costs a few interpolations.
    """
    slope = np.full_like(altitude_m, np.nan)
    known = np.isfinite(altitude_m) & np.isfinite(distance_m)
    if known.sum() < 2:
        return slope
    # Distance that falls back (a watch that corrected itself) would make a slope of infinite steepness.
    along, height = np.maximum.accumulate(distance_m[known]), altitude_m[known]
    area = np.concatenate(([0.0], np.cumsum(np.diff(along) * (height[1:] + height[:-1]) / 2.0)))

    def mean_around(at_m: Array) -> tuple[Array, Array]:
        """Mean altitude of a window on the way, and the window's middle; windows are cut at both ends of the run."""
        low = np.clip(at_m - smoothing_m / 2.0, along[0], along[-1])
        high = np.clip(at_m + smoothing_m / 2.0, along[0], along[-1])
        length, middle = high - low, (low + high) / 2.0
        inside = np.interp(high, along, area) - np.interp(low, along, area)
        # At either end of the run a window shrinks to a point.
        point = np.interp(middle, along, height)
        return np.where(length > 0, inside / np.where(length > 0, length, 1.0), point), middle

    behind, behind_at = mean_around(along - smoothing_m / 2.0)
    ahead, ahead_at = mean_around(along + smoothing_m / 2.0)
    apart = ahead_at - behind_at
    slope[known] = (ahead - behind) / np.where(apart > 0, apart, np.nan)
    return slope


class Seconds(Record, frozen=True, kw_only=True):
    """Second by second: what is left out, what is steady, the slope. Masks have one entry per second of the stream."""

    start: Mask
    pause: Mask
    steady: Mask
    burst: Mask
    frozen: Mask
    walking: Mask
    grade: Array


def seconds_of(stream: Stream, activity: Activity, method: Method) -> Seconds:
    """What every second of the stream is, before anything is cut into epochs."""
    seconds, rules, nothing = stream.time_s, method.steady, np.full(len(stream.time_s), np.nan)
    speed, along = stream.columns.get("speed_mps", nothing), stream.columns.get("distance_m")
    if along is None:
        along = np.cumsum(np.where(np.isfinite(speed), speed, 0.0))  # one value a second; gaps add nothing
    # Positions jitter: unsmoothed, hardly a second of a steady run would be steady.
    change = np.gradient(sliding_mean(speed, rules.smoothing_s))
    # Counted from the first record: a watch may have been started long before its sensors woke up.
    first_s = seconds[stream.covered][0] if stream.covered.any() else 0.0
    # A gap longer than any recording step is a pause, whether or not the watch wrote an event for it.
    unsaid = (gap for gap in stream.gaps if gap.end_s - gap.start_s > method.resampling.gap_max_s)
    # Ends of pauses are counted, not seconds: an ultra with a thousand pauses costs no more than one pause.
    edge = np.zeros(len(seconds) + 1)
    for pause in (*activity.pauses, *unsaid):
        edge[np.searchsorted(seconds, pause.start_s - rules.pause_margin_s, side="left")] += 1
        edge[np.searchsorted(seconds, pause.end_s + rules.pause_margin_s, side="right")] -= 1
    # Both at once: a coarse unit can hold one of them still for a minute of even running.
    there = [stream.columns[name] for name in ("stance_time_s", "vertical_oscillation_m") if name in stream.columns]
    still = np.logical_and.reduce([np.diff(values) == 0 for values in there or [nothing]])
    # A stretch of n equal values has n - 1 steps of zero between them.
    steps = at_least(still, method.plausible.flat_line_s - 1)
    return Seconds(
        start=seconds < first_s + rules.start_s,
        pause=np.cumsum(edge[:-1]) > 0,
        steady=np.abs(change) <= rules.max_acceleration_mps2,
        burst=burst_seconds(speed, rules),
        frozen=np.concatenate((steps, [False])) | np.concatenate(([False], steps)),
        walking=stream.columns.get("cadence_spm", nothing) < method.gait.walking_spm,
        grade=grade(stream.columns.get("altitude_m", nothing), along, method.grade.smoothing_m),
    )


# Half-minutes: medians, and the quantities that follow from them.


class Table(Record, frozen=True, kw_only=True):
    """One row per epoch."""

    start_s: Array
    columns: dict[str, Array]  # medians and what follows from them
    shares: dict[str, Array]  # of the seconds used, by condition
    covered_s: Array  # seconds recorded
    used_s: Array  # of those, outside the start and pauses
    records: Array  # recorded times


def cut(stream: Stream, seconds: Seconds, runner: Runner, method: Method) -> Table:
    """The stream as epochs. Values need `min_covered_s` seconds and `min_records` recorded values of their own."""

    def count(mask: Mask) -> Array:
        counts: Array = mask.reshape(-1, stream.epoch_s).sum(axis=1).astype(np.float64)
        return counts

    rules = method.epochs
    # Steps are unusual around a standstill, and sensors take a while to settle.
    kept = stream.covered & ~seconds.start & ~seconds.pause
    covered_s, kept_s = count(stream.covered), count(kept)
    # An epoch that is left out anyway still shows what was recorded in it.
    used = np.where(np.repeat(kept_s >= rules.min_covered_s, stream.epoch_s), kept, stream.covered)
    columns: dict[str, Array] = {}  # all NaN for channels that were not recorded
    for name in (*MEASURED, *_SAID):
        rows = np.where(used, stream.columns.get(name, np.nan), np.nan).reshape(-1, stream.epoch_s)
        enough = np.isfinite(rows).sum(axis=1) >= rules.min_covered_s
        enough &= stream.recorded.get(name, 0) >= rules.min_records
        columns[_SAID.get(name, name)] = np.where(enough, medians(rows), np.nan)
    columns["grade"] = medians(np.where(used, seconds.grade, np.nan).reshape(-1, stream.epoch_s))
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
    # What nobody told is NaN, and so is what follows from it.
    height, mass = (math.nan if told is None else told for told in (runner.height_m, runner.mass_kg))
    leg, speed = method.population.leg_per_height * height, columns["speed_mps"]
    stiffness = features.leg_stiffness_n_m(mass, leg, speed, stance, flight) / 1000.0
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
        "stance_angle_deg": features.stance_angle_deg(speed, stance, leg),
        # The method is not valid on slopes.
        "k_leg_kn_m": np.where(np.abs(columns["grade"]) > method.grade.flat, np.nan, stiffness),
    }
