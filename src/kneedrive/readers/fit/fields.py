"""FIT record fields as samples in SI units: developer fields by their own description, native ones by the profile."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from kneedrive.readers import motion
from kneedrive.readers.fit.columns import Message, Wanted, messages
from kneedrive.readers.fit.profile import (
    COROS,
    DEVELOPER_DATA_ID,
    FIELD_DESCRIPTION,
    ON_FOOT,
    RECORD,
    RECORD_FIELDS,
    STRYD,
)
from kneedrive.readers.fit.wire import BYTE, Layout, Part
from kneedrive.record import Record
from kneedrive.recording import Array, Note, Samples, frozen

# Developer fields: what an app on the watch added to the records, described in the file itself.
#
# A field means what the description before its definition said; a later description of the same number starts a new
# layout (fit_walk). Apps are told by their id, or by the names of their fields where old versions wrote no id.

_NO_OFFSET = 0x7F
_NO_SCALE = (0, 0xFF)


class Described(Record, frozen=True, kw_only=True):
    """One developer field of an app: its maker where known ("" otherwise), its name, and how to read it."""

    maker: str
    name: str
    units: str
    base: int
    scale: float | None
    offset: float | None


class AppField(Record, frozen=True, kw_only=True):
    """What a known app's field means: `divisor` turns its unit into the SI unit of `channel`."""

    channel: str
    divisor: float = 1.0


_MAKERS_BY_APP = {
    "18fb2cf01a4b430dad66988c847421f4": "stryd",
    "660a581e5301460c8f2f034c8b6dc90f": "stryd",
    "c1f5c80a5a054e8a97b3fda34e957035": "runscribe",
    "502092b3b0dd45ad89b3472ab2060ab6": "runscribe",
}
_MAKERS_BY_NAME = {
    "Ground Time": "stryd",
    "Leg Spring Stiffness": "stryd",
    "FlightRatio": "runscribe",
    "RS_ContactTime_L": "runscribe",
}

# By maker and field name. Sides are averaged; where both are there, the left one's share is the balance.
APP_FIELDS = {
    ("stryd", "Power"): AppField(channel="power_w"),
    ("stryd", "Cadence"): AppField(channel="cadence_spm", divisor=0.5),
    ("stryd", "Cadence SPM"): AppField(channel="cadence_spm"),
    ("stryd", "Ground Time"): AppField(channel="stance_time_s", divisor=1000),
    ("stryd", "Vertical Oscillation"): AppField(channel="vertical_oscillation_m", divisor=100),
    ("runscribe", "Power"): AppField(channel="power_w"),
    ("runscribe", "RS_Power_AVG"): AppField(channel="power_w"),
    ("runscribe", "ContactTime"): AppField(channel="stance_time_s", divisor=1000),
    ("runscribe", "RS_ContactTime_L"): AppField(channel="stance_time_s left", divisor=1000),
    ("runscribe", "RS_ContactTime_R"): AppField(channel="stance_time_s right", divisor=1000),
}


class Descriptions:
    """The field descriptions of one file, to be asked by developer index, field number and place."""

    def __init__(self, part: Part) -> None:
        self._found: dict[tuple[int | None, int | None], tuple[list[int], list[Described]]] = {}
        described = messages(part, FIELD_DESCRIPTION)
        makers = _makers(messages(part, DEVELOPER_DATA_ID), described)
        for message in described:
            key = (message.whole("developer_data_index"), message.whole("field_definition_number"))
            starts, fields = self._found.setdefault(key, ([], []))
            starts.append(message.start)
            fields.append(_described(message, makers.get(key[0], "")))

    def of(self, app: int | None, number: int, before: int) -> Described | None:
        """The last description of a field that stands before an offset, None where there is none."""
        starts, fields = self._found.get((app, number), ([], []))
        index = bisect_left(starts, before)
        return fields[index - 1] if index else None


def developer(descriptions: Descriptions) -> Callable[[Layout], list[Wanted]]:
    """The developer fields of a layout that belong to a known app, named "maker:field name"."""

    def wanted(layout: Layout) -> list[Wanted]:
        found = []
        for slot in layout.developer():
            field = descriptions.of(slot.developer, slot.number, layout.offset)
            if field is not None and (field.maker, field.name) in APP_FIELDS:
                name = f"{field.maker}:{field.name}"
                found.append(
                    Wanted(name=name, slot=slot.replace(base=field.base), scale=field.scale, offset=field.offset)
                )
        return found

    return wanted


def undescribed(part: Part, descriptions: Descriptions) -> tuple[Note, ...]:
    """A note where records hold developer fields that nothing before them describes."""
    missing = {
        (slot.developer, slot.number, layout.offset)
        for layout in part.of(RECORD)
        for slot in layout.developer()
        if descriptions.of(slot.developer, slot.number, layout.offset) is None
    }
    if not missing:
        return ()
    first = min(offset for _, _, offset in missing)
    text = "an app's fields are not described in the file and were left out"
    return (Note(code="undescribed_field", text=text, offset=first),)


def _makers(apps: Sequence[Message], described: Sequence[Message]) -> dict[int | None, str]:
    """The maker of each app of the file, by its developer index; the id goes before the names of the fields."""
    makers = {}
    for message in described:
        if message.text("field_name") in _MAKERS_BY_NAME:
            makers[message.whole("developer_data_index")] = _MAKERS_BY_NAME[message.text("field_name")]
    for message in apps:
        maker = _MAKERS_BY_APP.get(_hex(message))
        if maker:
            makers[message.whole("developer_data_index")] = maker
    return makers


def _hex(app: Message) -> str:
    octets = app.values.get("application_id")
    return bytes(int(octet or 0) & 0xFF for octet in octets).hex() if isinstance(octets, tuple) else ""


def _described(message: Message, maker: str) -> Described:
    base = message.whole("fit_base_type_id")
    scale, offset = message.number("scale"), message.number("offset")
    units = message.text("units")
    # Stryd's first app counted both feet and said so in its unit alone.
    both_feet = " SPM" if units.upper() == "SPM" else ""
    return Described(
        maker=maker,
        name=message.text("field_name") + both_feet,
        units=units,
        base=BYTE if base is None else base,
        # Writers fill in 0, 1 or the invalid value where they mean "as it stands".
        scale=None if scale in (None, 1, *_NO_SCALE) else scale,
        offset=None if offset in (None, 0, _NO_OFFSET) else offset,
    )


# Columns of record messages to samples in SI units: which field wins, what zero means, what an app adds.

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


class Source(Record, frozen=True, kw_only=True):
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
