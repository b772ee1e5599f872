"""Writes an Activity as the FIT file its watch would have written: for tests and fixtures.

`activity_fit(activity)` gives the bytes; the smaller functions give messages, to be changed before they are written.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kneedrive.recording import Activity, Array, Interval, Samples, Sensor
from tests.fit_writer import BASES, EPOCH_S, TIMESTAMP, Column, Field, Message, Table, fit_bytes


class _Scaled(NamedTuple):
    """How a channel stands in record messages: raw = (value * factor + offset) * scale."""

    number: int
    base: str
    scale: float
    channel: str
    offset: float = 0.0


_RECORD = (
    _Scaled(78, "uint32", 5, "altitude_m", 500),
    _Scaled(3, "uint8", 1, "heart_rate_bpm"),
    _Scaled(5, "uint32", 100, "distance_m"),
    _Scaled(73, "uint32", 1000, "speed_mps"),
    _Scaled(7, "uint16", 1, "power_w"),
    _Scaled(39, "uint16", 10_000, "vertical_oscillation_m"),
    _Scaled(40, "uint16", 10_000, "duty_factor"),
    _Scaled(41, "uint16", 10_000, "stance_time_s"),
    _Scaled(83, "uint16", 10_000, "vertical_ratio"),
    _Scaled(84, "uint16", 10_000, "balance_left"),
    _Scaled(85, "uint16", 10_000, "step_length_m"),
    _Scaled(146, "uint16", 10_000, "step_speed_loss_mps"),
)
_STRYD = (
    (0, "Power", "Watts", "power_w", 1.0),
    (1, "Cadence", "RPM", "cadence_spm", 0.5),
    (2, "Ground Time", "Milliseconds", "stance_time_s", 1000.0),
    (3, "Vertical Oscillation", "Centimeters", "vertical_oscillation_m", 100.0),
)
_RUNSCRIBE = ((0, "Power", "", "power_w", 1.0), (5, "ContactTime", "", "stance_time_s", 1000.0))
_APPS = {"stryd": _STRYD, "runscribe": _RUNSCRIBE}
_SPORTS = {"running": 1, "cycling": 2, "walking": 11, "swimming": 5, "transition": 3}
_SUB_SPORTS = {"generic": 0, "treadmill": 1, "street": 2, "trail": 3, "track": 4, "indoor_running": 45}
_SOURCES = {"ant": 0, "antplus": 1, "bluetooth": 2, "bluetooth_low_energy": 3, "wifi": 4, "local": 5}


def activity_fit(activity: Activity, *, endian: str = "<", header: int = 14, compressed: bool = False) -> bytes:
    """The FIT file of an activity, as its watch would write it. compressed: timestamps in the record headers."""
    return fit_bytes(activity_messages(activity, compressed=compressed), endian=endian, header=header)


def activity_messages(activity: Activity, *, compressed: bool = False) -> list[Message | Table]:
    """The messages of an activity, summary last; positions, where it has any, are an invented line on the ocean."""
    return [*opening(activity), *session_messages(activity, compressed=compressed), closing([activity])]


def session_messages(activity: Activity, *, compressed: bool = False) -> list[Message | Table]:
    """One session's events, records, laps and summary: what a multisport file has several of."""
    start = fit_time(activity)
    messages: list[Message | Table] = [_timer(start, 0)]
    edges = [-np.inf, *(pause.start_s for pause in activity.pauses), np.inf]
    for (low, high), pause in zip(pairwise(edges), (*activity.pauses, None), strict=True):
        messages += _records(activity, (activity.samples.time_s > low) & (activity.samples.time_s <= high), compressed)
        messages += _pause(start, pause) if pause else []
    messages.append(_timer(start + round(activity.elapsed_s), 4))
    messages += [_lap(activity, index) for index in range(len(activity.laps))]
    return [*messages, session(activity)]


def fit_time(activity: Activity) -> int:
    """Start of the activity in seconds since the FIT epoch."""
    return round(activity.started_at.timestamp()) - EPOCH_S


def opening(activity: Activity, *, file_type: int = 4) -> list[Message]:
    """file_id, the devices, and the descriptions of developer fields."""
    start, device = fit_time(activity), activity.device
    file_id = Message(
        0,
        (
            Field(0, "enum", file_type),
            Field(1, "uint16", device.maker_id),
            Field(2, "uint16", device.product_id),
            Field(4, "uint32", start),
            *([Field(8, "string", device.product)] if device.product else []),
        ),
    )
    sensors = [sensor for sensor in activity.sensors if sensor != device]
    devices = [_device(start, index, sensor) for index, sensor in enumerate((device, *sensors))]
    return [
        file_id,
        *devices,
        *(field for index, app in enumerate(activity.alternatives) for field in _app(index, app)),
    ]


def closing(activities: Sequence[Activity]) -> Message:
    """The activity message: how many sessions, and what time the watch showed."""
    last = activities[-1]
    end = fit_time(last) + round(last.elapsed_s)
    local = None if last.utc_offset_s is None else end + last.utc_offset_s
    timer = round(1000 * sum(activity.duration_s for activity in activities))
    head = (Field(TIMESTAMP, "uint32", end), Field(0, "uint32", timer), Field(1, "uint16", len(activities)))
    return Message(
        34, (*head, Field(2, "enum", 0), Field(3, "enum", 26), Field(4, "enum", 1), Field(5, "uint32", local))
    )


def session(activity: Activity) -> Message:
    """The summary of an activity, with its averages where it has any."""
    start = fit_time(activity)
    return Message(
        18,
        (
            Field(TIMESTAMP, "uint32", start + round(activity.elapsed_s)),
            Field(2, "uint32", start),
            Field(7, "uint32", round(1000 * activity.elapsed_s)),
            Field(8, "uint32", round(1000 * activity.duration_s)),
            Field(9, "uint32", None if activity.distance_m is None else round(100 * activity.distance_m)),
            Field(5, "enum", _SPORTS[activity.sport]),
            Field(6, "enum", _SUB_SPORTS[activity.sub_sport]),
            Field(25, "uint16", 0),
            Field(26, "uint16", len(activity.laps)),
            *_averages(activity),
        ),
    )


_AVERAGES = (
    (124, "uint32", 1000, "speed_mps"),
    (16, "uint8", 1, "heart_rate_bpm"),
    (18, "uint8", 0.5, "cadence_spm"),
    (20, "uint16", 1, "power_w"),
    (89, "uint16", 10_000, "vertical_oscillation_m"),
    (90, "uint16", 10_000, "duty_factor"),
    (91, "uint16", 10_000, "stance_time_s"),
    (132, "uint16", 10_000, "vertical_ratio"),
    (133, "uint16", 10_000, "balance_left"),
    (134, "uint16", 10_000, "step_length_m"),
)


def _averages(activity: Activity) -> list[Field]:
    rows = [row for row in _AVERAGES if row[3] in activity.averages]
    return [Field(number, base, int(activity.averages[name] * scale)) for number, base, scale, name in rows]


def _timer(second: int, kind: int) -> Message:
    return Message(21, (Field(TIMESTAMP, "uint32", second), Field(0, "enum", 0), Field(1, "enum", kind)))


def _pause(start: int, pause: Interval) -> list[Message]:
    return [_timer(start + round(pause.start_s), 4), _timer(start + round(pause.end_s), 0)]


def _lap(activity: Activity, index: int) -> Message:
    lap, start = activity.laps[index], fit_time(activity)
    timer = round(1000 * (lap.end_s - lap.start_s))
    distance = None if lap.distance_m is None else round(100 * lap.distance_m)
    times = (Field(TIMESTAMP, "uint32", start + round(lap.end_s)), Field(2, "uint32", start + round(lap.start_s)))
    spans = (Field(7, "uint32", timer), Field(8, "uint32", timer), Field(9, "uint32", distance))
    return Message(19, (Field(254, "uint16", index), *times, *spans))


def _device(start: int, index: int, sensor: Sensor) -> Message:
    firmware = round(100 * float(sensor.firmware)) if sensor.firmware else None
    fields = (
        Field(TIMESTAMP, "uint32", start),
        Field(0, "uint8", index),
        Field(1, "uint8", sensor.ant_device_type),
        Field(2, "uint16", sensor.maker_id),
        Field(4, "uint16", sensor.product_id),
        Field(5, "uint16", firmware),
        Field(25, "enum", _SOURCES.get(sensor.source)),
    )
    return Message(23, (*fields, Field(27, "string", sensor.product)) if sensor.product else fields)


def _app(index: int, app: str) -> list[Message]:
    identity = (Field(1, "byte", tuple(range(index, index + 16))), Field(3, "uint8", index))
    return [Message(207, identity), *(describe(index, row[0], "float32", row[1], row[2]) for row in _APPS[app])]


def describe(index: int, number: int, base: str, name: str, units: str = "") -> Message:
    """The description of a developer field."""
    kind = (Field(0, "uint8", index), Field(1, "uint8", number), Field(2, "uint8", BASES[base].code))
    return Message(206, (*kind, Field(3, "string", name), Field(8, "string", units)))


def _records(activity: Activity, rows: npt.NDArray[np.bool_], compressed: bool) -> list[Table]:
    if not rows.any():
        return []
    seconds = (fit_time(activity) + np.round(activity.samples.time_s[rows])).astype(np.int64)
    columns = [] if compressed else [Column(TIMESTAMP, "uint32", seconds)]
    columns += _positions(seconds) if activity.positioned else []
    columns += _native(activity.samples, rows)
    for index, (app, samples) in enumerate(activity.alternatives.items()):
        columns += _developer(index, app, samples, rows)
    return [Table(20, columns, seconds=seconds if compressed else None)]


def _positions(seconds: npt.NDArray[np.int64]) -> list[Column]:
    return [Column(0, "sint32", np.zeros_like(seconds)), Column(1, "sint32", 300 * (seconds % 100_000))]


def _native(samples: Samples, rows: npt.NDArray[np.bool_]) -> list[Column]:
    present = samples.present()
    columns = [
        Column(row.number, row.base, raw(present[row.channel][rows] + row.offset, row.scale, row.base))
        for row in _RECORD
        if row.channel in present
    ]
    if "cadence_spm" not in present:
        return columns
    # Watches count one leg, in whole strides and 128ths.
    strides_128ths = np.round(present["cadence_spm"][rows] / 2 * 128)
    whole = np.floor(strides_128ths / 128)
    return [
        *columns,
        Column(4, "uint8", raw(whole, 1, "uint8")),
        Column(53, "uint8", raw(strides_128ths - 128 * whole, 1, "uint8")),
    ]


def _developer(index: int, app: str, samples: Samples, rows: npt.NDArray[np.bool_]) -> list[Column]:
    present = samples.present()
    wanted = [row for row in _APPS[app] if row[3] in present]
    return [Column(row[0], "float32", present[row[3]][rows] * row[4], app=index) for row in wanted]


def raw(values: Array, scale: float, base: str) -> npt.NDArray[np.int64]:
    """Scaled integers as they stand in a file; not-a-number becomes the invalid value of the base type."""
    return np.where(np.isnan(values), BASES[base].invalid, np.round(np.nan_to_num(values) * scale)).astype(np.int64)
