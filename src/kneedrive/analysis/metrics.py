"""What was measured, in numbers: spreads over epochs, channels as recorded, accelerations."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kneedrive.analysis.case import Case
from kneedrive.analysis.epochs import Seconds
from kneedrive.analysis.motion import runs_of
from kneedrive.analysis.prepare import Mask, Stream, sliding_mean
from kneedrive.channels import METRICS
from kneedrive.findings import Acceleration, ChannelSummary, Spread
from kneedrive.model import Activity, Array
from kneedrive.percentiles import median

FROM_SPEED = ("step_length_m", "vertical_ratio", "stance_angle_deg", "k_leg_kn_m")
NOT_OF_STEPS = ("speed_mps", "power_w", "heart_rate_bpm")


def spread(values: Array) -> Spread | None:
    """Median, 10th and 90th percentile of what is there; None where nothing is."""
    there = values[np.isfinite(values)]
    if not len(there):
        return None
    there.sort()
    # What np.percentile gives, at a tenth of its cost: linear between the two values around each rank.
    at = np.array((0.1, 0.5, 0.9)) * (len(there) - 1)
    p10, median, p90 = np.interp(at, np.arange(len(there)), there).tolist()
    return Spread(median=median, p10=p10, p90=p90, n=len(there))


def spreads(columns: Mapping[str, Array], where: Mask, case: Case) -> dict[str, Spread]:
    """The metrics over some epochs (or seconds). Without a measured speed nothing that is computed from it is shown."""
    keys = METRICS if case.speed_trusted else tuple(key for key in METRICS if key not in FROM_SPEED)
    found = {key: spread(columns[key][where]) for key in keys if key in columns}
    return {key: value for key, value in found.items() if value is not None}


def averages(activity: Activity) -> dict[str, Spread]:
    """The session averages of a file without samples, as far as they are metrics; n is 0: they come from no epoch."""
    values = {key: value for key, value in activity.averages.items() if key in METRICS and np.isfinite(value)}
    return {key: Spread(median=value, p10=value, p90=value, n=0) for key, value in values.items()}


def channels(activity: Activity) -> dict[str, ChannelSummary]:
    """Every channel as recorded, unfiltered and uncorrected: share of the records that have it, and its median."""
    # Records without a usable time count as well: coverage is of what was recorded.
    records = max(activity.records, len(activity.samples.time_s), 1)
    found = {}
    for name, values in activity.samples.present().items():
        there = values[np.isfinite(values)]
        middle = median(there) if len(there) else None
        found[name] = ChannelSummary(coverage=len(there) / records, median=middle)
    return found


def accelerations(stream: Stream, seconds: Seconds, case: Case) -> tuple[Acceleration, ...]:
    """The bursts out of running, with their own numbers. Setting off from a walk or a stand is not one of them."""
    speed = stream.columns.get("speed_mps")
    if speed is None or not case.speed_trusted:
        return ()
    rules = case.method.steady
    smooth = sliding_mean(speed, rules.burst_smoothing_s)
    # Whoever sets off after a traffic light accelerates too, from standing.
    unsettled = seconds.start | seconds.pause
    # A burst that touches a pause is setting off again; cutting it there would leave a piece that gains nothing.
    whole = ((start, end) for start, end in runs_of(seconds.burst) if not unsettled[start:end].any())
    found = (_acceleration(stream, smooth, start, end) for start, end in whole)
    slowest = case.method.plausible.speed_min_mps
    return tuple(
        one for one in found if one is not None and one.from_mps >= slowest and one.to_mps <= rules.fastest_mps
    )


def _acceleration(stream: Stream, smooth: Array, start: int, end: int) -> Acceleration | None:
    within = smooth[start:end]
    within = within[np.isfinite(within)]
    if not len(within):
        return None
    return Acceleration(
        start_s=float(stream.time_s[start]),
        end_s=float(stream.time_s[end - 1] + 1.0),
        from_mps=float(within[0]),
        to_mps=float(np.max(within)),
        cadence_spm=_median_of(stream, "cadence_spm", start, end),
        stance_time_s=_median_of(stream, "stance_time_s", start, end),
    )


def _median_of(stream: Stream, name: str, start: int, end: int) -> float | None:
    values = stream.columns.get(name)
    found = None if values is None else spread(values[start:end])
    return None if found is None else found.median
