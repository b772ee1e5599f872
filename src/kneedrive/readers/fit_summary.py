"""What a session says about itself as a whole: times, totals, pauses, laps, averages; checked against its records."""

from __future__ import annotations

from collections.abc import Sequence

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
    if stated_s is None or (len(time_s) and not span_s <= stated_s <= span_s + RULES.stray_gap_s):
        return span_s
    return stated_s


def duration_s(message: Message | None, elapsed_s: float, pauses: Sequence[Interval]) -> float:
    """Timer time: as stated where it fits into the elapsed time, else elapsed time without pauses."""
    stated_s = message.number("total_timer_time") if message else None
    if stated_s is not None and 0 < stated_s <= elapsed_s + 1:
        return stated_s
    return elapsed_s - sum(pause.end_s - pause.start_s for pause in pauses)


def distance_m(message: Message | None, samples: Samples) -> float | None:
    """The total as stated, else what the records add up to."""
    stated_m = message.number("total_distance") if message else None
    if stated_m is not None or samples.distance_m is None:
        return stated_m
    return float(np.nanmax(samples.distance_m) - np.nanmin(samples.distance_m))


def pauses(timer: Sequence[Message], clock: Clock, elapsed_s: float) -> tuple[Interval, ...]:
    """From each stop of the timer to its next start, inside the session. A stop that no start follows is the end."""
    found: list[Interval] = []
    stopped: float | None = None
    for event in timer:
        when = event.number("timestamp")
        if when is None:
            continue
        at_s = min(max(clock.seconds(when), 0.0), elapsed_s)
        if event.whole("event_type") in _STOPS and stopped is None:
            stopped = at_s
        elif event.whole("event_type") in _STARTS and stopped is not None:
            found += [Interval(start_s=stopped, end_s=at_s)] if at_s > stopped else []
            stopped = None
    return tuple(found)


def laps(told: Sequence[Message], clock: Clock, elapsed_s: float) -> tuple[Lap, ...]:
    """The laps that began inside the session. A lap that does not say its end lasts as long as it says."""
    found = []
    for message in told:
        begin, end = message.number("start_time"), message.number("timestamp")
        lasted_s = message.number("total_elapsed_time") or 0.0
        if begin is None or not 0 <= clock.seconds(begin) < elapsed_s:
            continue
        start_s = clock.seconds(begin)
        # Some watches stamp all laps with one moment, that of the whole recording's start or end.
        agrees = end is not None and abs(clock.seconds(end) - start_s - lasted_s) <= RULES.clock_agree_s
        end_s = clock.seconds(end) if end is not None and (agrees or not lasted_s) else start_s + lasted_s
        bounded = min(max(end_s, start_s), elapsed_s)
        found.append(Lap(start_s=start_s, end_s=bounded, distance_m=message.number("total_distance")))
    return tuple(found)


def averages(message: Message | None, sport: str) -> dict[str, float]:
    """Session averages by channel in SI units. An average of zero is no average: makers write it for "no value"."""
    if message is None:
        return {}
    found: dict[str, float] = {}
    for field in SESSION_FIELDS:
        value = message.number(field.name)
        if field.channel and value:
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
