"""Columns of record messages to samples in SI units: which field wins, what zero means, what an app adds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kneedrive.model import Array, Note, Samples, frozen
from kneedrive.readers import motion
from kneedrive.readers.fit_developer import APP_FIELDS
from kneedrive.readers.fit_profile import COROS, ON_FOOT, RECORD_FIELDS, STRYD

_DYNAMICS = frozenset(
    {"stance_time_s", "duty_factor", "vertical_oscillation_m", "vertical_ratio", "step_length_m", "balance_left"}
)

ZERO_IS_MISSING: Mapping[int | str, frozenset[str]] = {
    COROS: _DYNAMICS,
    STRYD: _DYNAMICS,
    "stryd": _DYNAMICS,
    "runscribe": _DYNAMICS | {"power_w"},
}
"""Channels whose zero means "no value", by maker (number) or app (name). Elsewhere zero is what was measured: Garmin
writes zeros while the runner stands."""

_DIVISORS = {field.name: field.divisor for field in RECORD_FIELDS}
# The later field of a pair has more bits and is preferred, record by record.
_PLAIN = (
    ("altitude_m", ("altitude", "enhanced_altitude")),
    ("heart_rate_bpm", ("heart_rate",)),
    ("power_w", ("power",)),
    ("stance_time_s", ("stance_time",)),
    ("duty_factor", ("stance_time_percent",)),
    ("vertical_oscillation_m", ("vertical_oscillation",)),
    ("vertical_ratio", ("vertical_ratio",)),
    ("step_length_m", ("step_length",)),
    ("balance_left", ("stance_time_balance",)),
    ("step_speed_loss_mps", ("step_speed_loss",)),
)
_COUNTER = 1 << 12


class Source(NamedTuple):
    """What the columns come from: the watch's maker number and the sport."""

    maker_id: int | None
    sport: str


def samples(time_s: Array, columns: Mapping[str, Array], source: Source) -> tuple[Samples, tuple[Note, ...]]:
    """Samples of one session from its record columns, all of the length of `time_s`, and notes on what was computed."""
    channels = {channel: _first_known(columns, names) for channel, names in _PLAIN}
    channels["cadence_spm"] = _cadence(columns) if source.sport in ON_FOOT else None
    notes = _motion(channels, time_s, columns)
    zeros = ZERO_IS_MISSING.get(source.maker_id or 0, frozenset())
    return _samples(time_s, channels, zeros), notes


def alternatives(time_s: Array, columns: Mapping[str, Array]) -> dict[str, Samples]:
    """The channels that apps recorded, by the maker of the app, on the same time axis."""
    found: dict[str, dict[str, Array]] = {}
    for (maker, name), field in APP_FIELDS.items():
        values = columns.get(f"{maker}:{name}")
        if values is not None:
            found.setdefault(maker, {})[field.channel] = values / field.divisor
    named = {maker: _samples(time_s, _sides(channels), ZERO_IS_MISSING[maker]) for maker, channels in found.items()}
    return {maker: values for maker, values in named.items() if values.present()}


def _samples(time_s: Array, channels: Mapping[str, Array | None], zeros: frozenset[str]) -> Samples:
    ready = {
        name: frozen(np.where(values == 0, np.nan, values) if name in zeros else values)
        for name, values in channels.items()
        if values is not None
    }
    return Samples(time_s=frozen(time_s), **{name: values for name, values in ready.items() if _measured(values)})


def _measured(values: Array) -> bool:
    return not bool(np.isnan(values).all())


def _field(columns: Mapping[str, Array], name: str) -> Array | None:
    values = columns.get(name)
    return None if values is None else values / _DIVISORS[name]


def _first_known(columns: Mapping[str, Array], names: tuple[str, ...]) -> Array | None:
    """The best field, filled up from the plainer one where it is missing."""
    best: Array | None = None
    for name in names:
        values = _field(columns, name)
        if values is not None:
            best = values if best is None else np.where(np.isnan(values), best, values)
    return best


def _cadence(columns: Mapping[str, Array]) -> Array | None:
    """Steps per minute: FIT counts one leg, in whole turns and a fraction, or in 256ths of a turn."""
    whole = _first_known(columns, ("cadence256", "cadence"))
    fraction = _field(columns, "fractional_cadence")
    return whole if whole is None or fraction is None else whole + np.nan_to_num(fraction)


def _motion(channels: dict[str, Array | None], time_s: Array, columns: Mapping[str, Array]) -> tuple[Note, ...]:
    """Put speed and distance into the channels; a note where speed had to be computed."""
    packed = columns.get("compressed_speed_distance")
    unpacked = _unpacked(packed) if packed is not None and packed.shape[1:] == (3,) else {}
    columns = {**unpacked, **columns}
    speed, distance = _first_known(columns, ("speed", "enhanced_speed")), _field(columns, "distance")
    channels["distance_m"] = distance
    channels["speed_mps"] = speed
    if distance is None or (speed is not None and _measured(speed)) or not _measured(distance):
        return ()
    channels["speed_mps"] = motion.speed_mps(time_s, distance)
    return (Note(code="speed_computed", text="speed was computed from distance, over 5 s"),)


def _unpacked(packed: Array) -> dict[str, Array]:
    """Speed (12 bits, 1/100 m/s) and distance (a 12-bit counter, 1/16 m) from three bytes per record."""
    known: npt.NDArray[np.bool_] = np.all((packed >= 0) & (packed <= 0xFF), axis=1)
    octets = np.where(known[:, np.newaxis], packed, 0).astype(np.int64)
    counter = _kept(octets[:, 1] >> 4 | octets[:, 2] << 4, known)
    distance = np.cumsum(np.diff(counter, prepend=0) % _COUNTER) / 16
    speed = (octets[:, 0] | (octets[:, 1] & 0x0F) << 8) / 100
    return {"speed": np.where(known, speed, np.nan), "distance": np.where(known, distance, np.nan)}


def _kept(counter: npt.NDArray[np.int64], known: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """The counter with its last known value where it is unknown, 0 before the first."""
    last = np.maximum.accumulate(np.where(known, np.arange(len(counter)), -1))
    return np.where(last < 0, 0, counter[last])


def _sides(channels: dict[str, Array]) -> dict[str, Array]:
    """Left and right contact time made their mean and the left one's share."""
    left, right = channels.pop("stance_time_s left", None), channels.pop("stance_time_s right", None)
    if left is None or right is None:
        one = left if right is None else right
        return channels if one is None else {**channels, "stance_time_s": one}
    both = np.where((left > 0) & (right > 0), left + right, np.nan)
    return {**channels, "stance_time_s": both / 2, "balance_left": left / both}
