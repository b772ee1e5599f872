"""What a session says about itself as a whole: times, totals, pauses, laps, averages; checked against its records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from kneedrive.method import FitRules, TrackRules
from kneedrive.model import Array, Interval, Lap, Note, Samples
from kneedrive.percentiles import median
from kneedrive.readers.fit_clock import Clock
from kneedrive.readers.fit_messages import Message
from kneedrive.readers.fit_profile import ON_FOOT, SESSION_FIELDS, UNKNOWN

RULES = FitRules()
RUNNING = TrackRules()

_STARTS = frozenset({0})
_STOPS = frozenset({1, 4, 8, 9})


def utc_offset_s(told: Sequence[Message]) -> int | None:
    """Local time minus UTC from the activity message, to the quarter of an hour; None where it cannot be one."""
    for message in told:
        local, utc = message.number("local_timestamp"), message.number("timestamp")
        if local is not None and utc is not None:
            offset_s = round((local - utc) / RULES.offset_step_s) * RULES.offset_step_s
            return offset_s if abs(offset_s) <= RULES.offset_max_s else None
    return None


def elapsed_s(time_s: Array, stated_s: float | None) -> float:
    """From the start to the end with pauses: as stated, where that is not shorter than the records nor absurd."""
    span_s = float(time_s[-1]) if len(time_s) else 0.0
    most_s = span_s + RULES.stray_gap_s if len(time_s) else RUNNING.max_timer_s
    return stated_s if stated_s is not None and span_s <= stated_s <= most_s else span_s


def duration_s(message: Message | None, elapsed_s: float, pauses: Sequence[Interval]) -> float:
    """Timer time: as stated where it fits into the elapsed time, else elapsed time without pauses."""
    stated_s = message.number("total_timer_time") if message else None
    if stated_s is not None and 0 < stated_s <= elapsed_s + 1:
        return stated_s
    return elapsed_s - sum(pause.end_s - pause.start_s for pause in pauses)


def distance_m(message: Message | None, samples: Samples) -> float | None:
    """The total as stated, else what the records add up to."""
    stated_m = message.number("total_distance") if message else None
    if stated_m is not None and stated_m >= 0:
        return stated_m
    if samples.distance_m is None:
        return None
    return float(np.nanmax(samples.distance_m) - np.nanmin(samples.distance_m))


def stops(timer: Sequence[Message]) -> Array:
    """FIT times of each stop of the timer and of the start after it, shape (stops, 2).

    A stop that no start follows is the end, and not among them.
    """
    found: list[tuple[float, float]] = []
    stopped: float | None = None
    for event in timer:
        when = event.number("timestamp")
        if when is None:
            continue
        if event.whole("event_type") in _STOPS and stopped is None:
            stopped = when
        elif event.whole("event_type") in _STARTS and stopped is not None:
            found.append((stopped, when))
            stopped = None
    return np.array(found, dtype=np.float64).reshape(-1, 2)


def pauses(stops: Array, clock: Clock, end_s: float) -> tuple[Interval, ...]:
    """The part of each stop that lies between the start of the session and `end_s`, seconds after it."""
    inside = np.clip(clock.seconds(stops), 0.0, end_s)
    paused = inside[inside[:, 1] > inside[:, 0]].tolist()
    return tuple(Interval(start_s=start_s, end_s=until_s) for start_s, until_s in paused)


class LapColumns(NamedTuple):
    """All laps of a file, NaN for what they do not say. starts, ends: FIT times. lasted_s: 0 where not said."""

    starts: Array
    ends: Array
    lasted_s: Array
    distance_m: Array


def lap_columns(told: Sequence[Message]) -> LapColumns:
    """The lap messages of a file as columns, in their order."""
    starts, ends = _column(told, "start_time"), _column(told, "timestamp")
    return LapColumns(starts, ends, np.nan_to_num(_column(told, "total_elapsed_time")), _column(told, "total_distance"))


def _column(told: Sequence[Message], name: str) -> Array:
    values = (message.number(name) for message in told)
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def laps(told: LapColumns, clock: Clock, elapsed_s: float, end_s: float) -> tuple[Lap, ...]:
    """The laps that began between the start of the session and `end_s`, seconds after it.

    A lap that does not say its end lasts as long as it says, and none beyond `elapsed_s`.
    """
    start_s, stated_s = clock.seconds(told.starts), clock.seconds(told.ends)
    # Some watches stamp all laps with one moment, that of the whole recording's start or end.
    agrees = np.abs(stated_s - start_s - told.lasted_s) <= RULES.clock_agree_s
    known = ~np.isnan(stated_s) & (agrees | (told.lasted_s == 0))
    until_s = np.clip(np.where(known, stated_s, start_s + told.lasted_s), start_s, elapsed_s)
    began = (start_s >= 0) & (start_s < end_s)
    rows = zip(*(column[began].tolist() for column in (start_s, until_s, told.distance_m)), strict=True)
    return tuple(
        Lap(start_s=start, end_s=until, distance_m=distance if distance >= 0 else None)
        for start, until, distance in rows
    )


def averages(message: Message | None, sport: str) -> dict[str, float]:
    """Session averages by channel in SI units. An average of zero is no average: makers write it for "no value"."""
    if message is None:
        return {}
    found: dict[str, float] = {}
    for field in SESSION_FIELDS:
        value = message.number(field.name)
        if field.channel and value is not None and value > 0:
            found[field.channel] = value / field.divisor
    if "cadence_spm" in found:
        found["cadence_spm"] += 2 * (message.number("avg_fractional_cadence") or 0.0)
    return {name: value for name, value in found.items() if name != "cadence_spm" or sport in ON_FOOT}


def sport_of(told: str, samples: Samples) -> tuple[str, tuple[Note, ...]]:
    """The sport as told; where nothing tells it, what speed and cadence look like, with a note."""
    if told != UNKNOWN:
        return told, ()
    if _looks_like_running(samples):
        text = "the file does not name a sport: taken as running by its speed and cadence"
        return "running", (Note(code="sport_assumed", text=text),)
    text = "the file does not name a sport, and it does not look like running"
    return UNKNOWN, (Note(code="sport_unknown", text=text),)


def _looks_like_running(samples: Samples) -> bool:
    moving = np.empty(0) if samples.speed_mps is None else samples.speed_mps[samples.speed_mps > RUNNING.moving_mps]
    if not len(moving):
        return False
    typical_mps = median(moving)
    if samples.cadence_spm is None:
        return RUNNING.run_min_mps <= typical_mps <= RUNNING.run_max_blind_mps
    steps_spm = median(samples.cadence_spm[~np.isnan(samples.cadence_spm)])
    return RUNNING.run_min_mps <= typical_mps <= RUNNING.run_max_mps and steps_spm >= RUNNING.run_min_spm
