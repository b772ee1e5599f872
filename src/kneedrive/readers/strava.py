"""An activity of Strava's API, as the document that sources/strava.py writes: speed and cadence, no dynamics.

The document is one JSON object: `format` ("kneedrive-strava-1"), `activity` (Strava's summary, without names and
places) and `streams` (arrays by Strava's names, all along `time`; empty for activities entered by hand).
Positions are never in it; `activity.positioned` tells whether Strava had some.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from kneedrive.errors import Malformed
from kneedrive.method import Plausible, TrackRules
from kneedrive.readers import ON_FOOT, UNKNOWN, Kind, sport_of, sub_sport_of
from kneedrive.readers.motion import reckonable
from kneedrive.recording import Activity, Array, Note, Samples, Sensor, frozen

DOCUMENT = "kneedrive-strava-1"
STRIDES_MAX_SPM = Plausible().cadence_min_spm  # no runner makes this many strides a minute: those are steps already
MOVING_MPS = TrackRules().moving_mps
UTC_OFFSET_MAX_S = 14 * 3600  # the easternmost zone, of the Line Islands
EARLIEST, LATEST = datetime(1989, 12, 31, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_MOST = 1e9  # no number of a summary is larger, either way
HIDDEN_START = "T00:00:01"  # what Strava puts in place of a start time that its owner hides
CHANNELS = {
    "distance": "distance_m",
    "velocity_smooth": "speed_mps",
    "altitude": "altitude_m",
    "cadence": "cadence_spm",
    "heartrate": "heart_rate_bpm",
    "watts": "power_w",
}
AVERAGES = {
    "average_speed": "speed_mps",
    "average_cadence": "cadence_spm",
    "average_heartrate": "heart_rate_bpm",
    "average_watts": "power_w",
}
# Whose sport our own words tell; of the others Strava's own is kept.
SPORTS = frozenset({"Run", "TrailRun", "VirtualRun", "Walk", "Hike", "Ride", "VirtualRide"})


def read(data: bytes) -> list[Activity]:
    """The one activity in a document. Raises Malformed, which names the key that is wrong."""
    document = _document(data)
    summary, streams = document["activity"], document["streams"]
    notes: list[Note] = []
    if _text(summary, "start_date_local").removesuffix("Z").endswith(HIDDEN_START):
        notes.append(Note(code="hidden_start", text="the time of day is hidden in Strava; only the date is known"))
    if summary.get("manual") is True:
        notes.append(Note(code="manual", text="entered by hand in Strava: there are totals, but no recording"))
    sport, sub_sport = _sport(summary)
    started_at = _instant(_text(summary, "start_date"))
    if started_at is None or not EARLIEST <= started_at < LATEST:
        raise _wrong("activity.start_date is not a date and time from 1989-12-31 to 2099")
    samples = _samples(streams, sport, notes)
    averages = {channel: _number(summary, key) for key, channel in AVERAGES.items()}
    cadence = averages["cadence_spm"]
    if cadence is not None and sport in ON_FOOT and cadence < STRIDES_MAX_SPM:
        averages["cadence_spm"] = 2 * cadence
    activity = Activity(
        format=Kind.STRAVA,
        started_at=started_at,
        utc_offset_s=_utc_offset_s(summary, started_at, notes),
        sport=sport,
        sub_sport=sub_sport,
        device=Sensor(maker="", product=_text(summary, "device_name")),
        duration_s=_number(summary, "moving_time") or 0.0,
        elapsed_s=_number(summary, "elapsed_time") or 0.0,
        distance_m=_number(summary, "distance"),
        records=len(samples.time_s),
        positioned=summary.get("positioned") is True and sub_sport not in ("treadmill", "virtual_activity"),
        samples=samples,
        averages={channel: value for channel, value in averages.items() if value is not None},
        notes=tuple(notes),
    )
    return [activity]


def _text(summary: Mapping[str, Any], key: str) -> str:
    value = summary.get(key)
    return value if isinstance(value, str) else ""


def _number(summary: Mapping[str, Any], key: str, least: float = 0.0) -> float | None:
    """A number, None where there is none. Raises Malformed where it is not finite, or below what it can be."""
    value = summary.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _MOST:
        raise _wrong(f"activity.{key} is not a usable number")
    if value < least:
        raise _wrong(f"activity.{key} is negative")
    return float(value)


def _document(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except json.JSONDecodeError as error:
        raise _wrong("it is not JSON", offset=error.pos) from None
    except (ValueError, RecursionError):  # wrong encoding, numbers or nesting without end
        raise _wrong("it is not JSON that can be read") from None
    if not isinstance(document, dict) or document.get("format") != DOCUMENT:
        raise _wrong(f"its format is not {DOCUMENT}")
    for key in ("activity", "streams"):
        if not isinstance(document.get(key), dict):
            raise _wrong(f"{key} is missing or no object")
    return document


def _wrong(problem: str, offset: int | None = None) -> Malformed:
    return Malformed(f"is no Strava activity: {problem}", offset=offset)


def _sport(summary: Mapping[str, Any]) -> tuple[str, str]:
    """FIT's words. `type` is the older key; `trainer` marks a treadmill."""
    strava = _text(summary, "sport_type") or _text(summary, "type")
    sport, sub_sport = strava.lower() or UNKNOWN, "generic"
    if strava in SPORTS:
        sport, sub_sport = sport_of(strava), sub_sport_of(strava)
    indoor = summary.get("trainer") is True and sport in ON_FOOT and sub_sport == "generic"
    return sport, "treadmill" if indoor else sub_sport


def _instant(text: str) -> datetime | None:
    """A time as aware UTC, taking its Z at its word."""
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _utc_offset_s(summary: Mapping[str, Any], started_at: datetime, notes: list[Note]) -> int | None:
    """Strava's utc_offset, which knows summer time; then the zone's name; then the local start.

    The offset that `timezone` shows in brackets is the winter's, and the Z of `start_date_local` is false.
    """
    told = _number(summary, "utc_offset", -_MOST)
    if told is not None and abs(told) <= UTC_OFFSET_MAX_S:
        return int(told)
    zone = _text(summary, "timezone").rpartition(" ")[2]
    if zone:
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

        with suppress(ZoneInfoNotFoundError, ValueError, OSError, OverflowError):
            offset = started_at.astimezone(ZoneInfo(zone)).utcoffset()
            if offset is not None:
                return int(offset.total_seconds())
    local = _instant(_text(summary, "start_date_local"))
    if local is not None and abs(local - started_at) <= timedelta(seconds=UTC_OFFSET_MAX_S):
        return int((local - started_at).total_seconds())
    notes.append(Note(code="no_utc_offset", text="Strava did not say how local time relates to UTC"))
    return None


def _samples(streams: Mapping[str, Any], sport: str, notes: list[Note]) -> Samples:
    """The streams as samples, along a time axis that never goes back."""
    time_s = _array(streams.get("time") or [], "time")
    forward = np.isfinite(time_s) & (time_s >= np.maximum.accumulate(np.nan_to_num(time_s, nan=-np.inf)))
    if not forward.all():
        notes.append(Note(code="time_backwards", text=f"{np.sum(~forward)} samples out of order were left out"))
    channels: dict[str, Array] = {}
    for stream, channel in CHANNELS.items():
        values = None if streams.get(stream) is None else _array(streams[stream], stream)
        if values is not None and len(values) == len(time_s):
            channels[channel] = frozen(values[forward])
        elif values is not None:
            notes.append(Note(code="stream_length", text=f"the stream {stream} does not fit the time and was left out"))
    if "cadence_spm" in channels:
        channels["cadence_spm"] = _steps(channels["cadence_spm"], channels.get("speed_mps"), sport, notes)
    return Samples(time_s=frozen(time_s[forward]), **channels)


def _array(values: Any, stream: str) -> Array:
    """One stream as float64; null is "not measured" and becomes NaN."""
    kinds = {type(value) for value in values} if isinstance(values, list) else {object}
    if not kinds <= {int, float, type(None)}:
        raise _wrong(f"streams.{stream} is not a list of numbers")
    try:
        array = np.array(values, dtype=np.float64)
    except OverflowError:
        raise _wrong(f"streams.{stream} holds a number without end") from None
    return reckonable(array)


def _steps(cadence: Array, speed_mps: Array | None, sport: str, notes: list[Note]) -> Array:
    """Steps a minute: Strava counts one leg. Doubled, unless what came can only be both; 0 on the move is no value."""
    if sport not in ON_FOOT:
        return cadence
    if speed_mps is not None:
        cadence = np.where((cadence == 0) & (speed_mps > MOVING_MPS), np.nan, cadence)
    turning = cadence[cadence > 0]
    if len(turning) and np.median(turning) >= STRIDES_MAX_SPM:
        notes.append(Note(code="cadence_in_steps", text="cadence came in steps already and was not doubled"))
        return frozen(cadence)
    return frozen(2 * cadence)
