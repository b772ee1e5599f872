"""Timed points as strangers write them, made into columns: in order, without strays, broken at pauses."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kneedrive.method import TrackRules
from kneedrive.model import Array, Interval, Note
from kneedrive.percentiles import median
from kneedrive.readers import motion

RULES = TrackRules()
_EARLIEST_UNIX_S, _LATEST_UNIX_S = 315_532_800.0, 4_102_444_800.0  # 1980 and 2100
_ALTITUDE_M = (-500.0, 9_000.0)
_HEART_RATE_BPM = (20.0, 250.0)
_POWER_W = (0.0, 3_000.0)
_SPEED_MPS = (0.0, 60.0)


class Point(NamedTuple):
    """One recorded point; NaN for what it does not say. unix_s: seconds since 1970, UTC. part: a number that changes
    where the file itself begins a new stretch. cadence: as written, of one leg or of both."""

    unix_s: float
    part: int
    latitude_deg: float
    longitude_deg: float
    altitude_m: float
    distance_m: float
    speed_mps: float
    cadence: float
    heart_rate_bpm: float
    power_w: float


EMPTY_POINT = Point(float("nan"), 0, *[float("nan")] * (len(Point._fields) - 2))


class Columns(NamedTuple):
    """The points by column, in order of time; starts: where a stretch begins that no distance is counted across."""

    time_s: Array
    starts: motion.Flags
    pauses: tuple[Interval, ...]
    latitude_deg: Array
    longitude_deg: Array
    altitude_m: Array
    distance_m: Array
    speed_mps: Array
    cadence: Array
    heart_rate_bpm: Array
    power_w: Array


def cleaned(table: Array) -> tuple[Array, tuple[Note, ...]]:
    """The rows with a time, in order, without strays; and a note for each kind that was left out."""
    notes: list[Note] = []

    def keep(flags: motion.Flags, code: str, text: str) -> None:
        nonlocal table
        lost = int(np.count_nonzero(~flags))
        if lost:
            notes.append(Note(code=code, text=f"{lost} of {len(table)} points {text} were left out"))
            table = table[flags]

    keep(dated(table[:, 0]), "untimed_points", "without a time")
    if len(table):
        table = _parts_by_time(table)
        keep(motion.in_order(table[:, 0]), "time_backwards", "whose time runs backwards")
        keep(motion.largest_stretch(table[:, 0], RULES.split_gap_s), "stray_points", "half a day or more away")
    return table, tuple(notes)


def dated(unix_s: Array) -> motion.Flags:
    """Which times can be those of a recording: between the first GPS satellites and the year 2100."""
    return (unix_s >= _EARLIEST_UNIX_S) & (unix_s < _LATEST_UNIX_S)


def _parts_by_time(table: Array) -> Array:
    """Whole parts in order of their first time; the points inside a part stay as they are."""
    parts, first = np.unique(table[:, 1], return_index=True)
    rank = np.argsort(np.argsort(table[first, 0], kind="stable"), kind="stable")
    return table[np.argsort(rank[np.searchsorted(parts, table[:, 1])], kind="stable")]


def columns_of(table: Array, started_s: float) -> Columns:
    """The columns of a cleaned table (a row per point, in the order of Point), without what cannot be measured."""
    time_s = table[:, 0] - started_s
    latitude, longitude = _within(table[:, 2], (-90.0, 90.0)), _within(table[:, 3], (-360.0, 360.0))
    distance_m = _within(table[:, 5], (0.0, np.inf))
    starts, pauses = _breaks(time_s, table[:, 1], _moved_m(latitude, longitude, distance_m))
    return Columns(
        time_s,
        starts,
        pauses,
        latitude,
        longitude,
        _within(table[:, 4], _ALTITUDE_M),
        distance_m if np.any(distance_m > 0) else np.full(len(time_s), np.nan),
        _within(table[:, 6], _SPEED_MPS),
        table[:, 7],
        _within(table[:, 8], _HEART_RATE_BPM),
        _within(table[:, 9], _POWER_W),
    )


def _moved_m(latitude: Array, longitude: Array, distance_m: Array) -> Array:
    """Metres between consecutive points, by position, else by recorded distance, else NaN."""
    straight_m = motion.haversine_m(latitude, longitude)
    return np.where(np.isfinite(straight_m), straight_m, np.diff(distance_m))


def _within(values: Array, bounds: tuple[float, float]) -> Array:
    """Values outside of the closed interval are not measurements."""
    return np.where((values >= bounds[0]) & (values <= bounds[1]), values, np.nan)


def _breaks(time_s: Array, part: Array, moved_m: Array) -> tuple[motion.Flags, tuple[Interval, ...]]:
    """Where a stretch begins that no distance is counted across, and where the recorder was paused: the same places.

    Paused: the file begins a new part after more than its usual step, or was silent while the runner stood still. A
    silence while the runner went on is a gap in the recording, not a pause: timer and distance run on. A new part
    without a silence is a lap, nothing more.
    """
    gap_s = np.diff(time_s)
    if not len(gap_s):
        return np.ones(len(time_s), dtype=np.bool_), ()
    usual_s = median(gap_s)
    silent = gap_s > max(RULES.pause_gap_s, RULES.pause_gap_steps * usual_s)
    told = (np.diff(part) != 0) & (gap_s > RULES.part_gap_steps * usual_s)
    paused = told | (silent & (moved_m < RULES.pause_speed_mps * gap_s))
    pauses = tuple(Interval(start_s=float(time_s[row]), end_s=float(time_s[row + 1])) for row in np.flatnonzero(paused))
    return np.concatenate(([True], paused)), pauses
