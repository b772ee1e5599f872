"""FIT messages as values: few of a kind one by one, records as columns, and columns as samples in SI units."""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from kneedrive.readers import motion
from kneedrive.readers.fit import profile
from kneedrive.readers.fit.profile import Field
from kneedrive.readers.fit.wire import BYTE, COMPRESSED, STRING, BaseType, Layout, Part, Places, Slot, base_type
from kneedrive.readers.motion import LARGEST, SMALLEST
from kneedrive.record import Record
from kneedrive.recording import Array, Note, Samples, frozen

# Few messages of one kind as values: session, lap, event, device_info. `struct`, since numpy costs more per field.

Value = float | int | str | tuple[float | int | None, ...]


class Message(Record, frozen=True, kw_only=True):
    """One message: where it starts and its valid values by field name."""

    start: int
    values: Mapping[str, Value]

    def number(self, name: str) -> float | None:
        """A numeric field; None where it is missing, text or an array."""
        value = self.values.get(name)
        return value if isinstance(value, (int, float)) else None

    def whole(self, name: str) -> int | None:
        """A numeric field that counts or names something."""
        value = self.number(name)
        return None if value is None else int(value)

    def text(self, name: str) -> str:
        """A text field; "" where it is missing."""
        value = self.values.get(name)
        return value if isinstance(value, str) else ""


def messages(part: Part, kind: int) -> list[Message]:
    """All messages of a kind in the order of the file, with the fields that the profile table names."""
    found = [message for layout in part.of(kind) for message in _messages(part.octets, layout)]
    return sorted(found, key=lambda message: message.start)


def _messages(octets: bytes, layout: Layout) -> Iterator[Message]:
    slots = layout.native()
    readers = []
    for field in profile.MESSAGE_FIELDS[layout.message]:
        if field.number in slots:
            slot = slots[field.number]
            kind, count = base_type(slot.base, slot.size)
            readers.append((field, slot, struct.Struct(f"{layout.order}{count}{kind.letter}")))
    for start in layout.starts.tolist():
        values = {}
        for field, slot, format_ in readers:
            value = _value(format_.unpack_from(octets, start + slot.place), slot)
            if isinstance(value, (int, float)) and field.scale is not None:
                value = value / field.scale - (field.offset or 0)
            is_time = isinstance(value, (int, float)) and 0 <= value < profile.TIME_END
            if value is not None and (field.name not in profile.TIMES or is_time):
                values[field.name] = value
        yield Message(start=start, values=values)


def _value(raw: tuple[Any, ...], slot: Slot) -> Value | None:
    if slot.base == STRING:
        return raw[0].split(b"\0")[0].decode("utf-8", errors="replace") or None
    kind, _ = base_type(slot.base, slot.size)
    if slot.base == BYTE and all(octet == kind.invalid for octet in raw):
        return None
    valid = tuple(_number(value, kind.invalid) for value in raw)
    return valid[0] if len(valid) == 1 else valid or None


def _number(raw: float, invalid: int | None) -> float | None:
    """The value, None where it is invalid or too large to be measured, 0 where it is too small to divide by."""
    if raw == invalid or not abs(raw) < LARGEST:
        return None
    return 0 if abs(raw) < SMALLEST else raw


# Many messages of one kind as columns: no loop over messages, one conversion per field and layout.

Raw = npt.NDArray[Any]

_TIME_BITS = 0x1F
_FEW = 8  # messages of a layout up to which one by one is quicker than arrays


class Columns(Record, frozen=True, kw_only=True):
    """The record messages of a file, in its order.

    starts: byte offset of each, shape (count,). values: float64 by field name, shape (count,) or, for array fields,
    (count, longest array up to the field's width); NaN where a message lacks the field or calls it invalid. notes: what
    had to be left out.
    """

    starts: Places
    values: Mapping[str, Array]
    notes: tuple[Note, ...] = ()


class _Piece(Record, frozen=True, kw_only=True):
    """One field of the messages of one layout."""

    layout: Layout
    rows: Raw  # the messages as rows of bytes
    first: int  # their rows of the column
    last: int
    field: Field
    slot: Slot
    kind: BaseType
    count: int  # how many values each holds


def record_columns(part: Part, fields: Sequence[Field] = profile.RECORD_FIELDS) -> Columns:
    """The record messages of a file as columns in FIT's own units, known apps' fields as "maker:field name".

    "timestamp" is always there, in FIT seconds, with compressed time headers resolved.
    """
    layouts = part.of(profile.RECORD)
    descriptions = _Descriptions(part)
    pieces: dict[str, list[_Piece]] = {}
    last = 0
    for layout in layouts:
        first, last = last, last + len(layout.starts)
        rows = _rows(part.octets, layout)
        slots = layout.native()
        native = [(field, slots[field.number]) for field in fields if field.number in slots]
        for field, slot in (*native, *descriptions.known(layout)):
            pieces.setdefault(field.name, []).append(_piece(layout, rows, first, field, slot))
    starts = np.concatenate([np.empty(0, np.int64), *(layout.starts for layout in layouts)])
    order = np.argsort(starts, kind="stable") if len(layouts) > 1 else slice(None)
    starts = starts[order]
    values: dict[str, Array] = {}
    for name, found in pieces.items():
        column = _column(part.octets, last, found)
        if column is not None:
            values[name] = column[order]
    values["timestamp"] = _times(part, starts, values.get("timestamp"))
    return Columns(starts=starts, values=values, notes=descriptions.missing(layouts))


def _piece(layout: Layout, rows: Raw, first: int, field: Field, slot: Slot) -> _Piece:
    kind, count = base_type(slot.base, slot.size)
    last = first + len(layout.starts)
    return _Piece(layout=layout, rows=rows, first=first, last=last, field=field, slot=slot, kind=kind, count=count)


def _times(part: Part, starts: Places, stated: Array | None) -> Array:
    """The FIT time of the messages that start there in seconds, NaN where one has none."""
    times = _dated(np.full(len(starts), np.nan) if stated is None else stated)
    compressed = np.frombuffer(part.octets, np.uint8)[starts] & COMPRESSED != 0
    if compressed.any():
        every, seconds = _all_times(part)
        times[compressed] = seconds[np.searchsorted(every, starts[compressed])]
    return times


def _dated(fit_times: Array) -> Array:
    """The times, NaN where they lie before the FIT epoch or after the year 2099."""
    return np.where((fit_times >= 0) & (fit_times < profile.TIME_END), fit_times, np.nan)


def _all_times(part: Part) -> tuple[Places, Array]:
    """Start and time of every message that has a time of either kind, in the order of the file.

    A compressed header holds the lowest five bits of a time that is never earlier than the one before it, whatever
    kind of message that was in. So between two full times the steps, modulo 32 s, add up.
    """
    octets = np.frombuffer(part.octets, np.uint8)
    starts, full = _full_times(part, octets)
    low = np.where(np.isnan(full), octets[starts] & _TIME_BITS, full % (_TIME_BITS + 1))
    elapsed = np.cumsum(np.diff(low, prepend=low[:1]) % (_TIME_BITS + 1))
    anchor = motion.last_known(~np.isnan(full))
    return starts, np.where(anchor < 0, np.nan, full[anchor] + elapsed - elapsed[anchor])


def _full_times(part: Part, octets: npt.NDArray[np.uint8]) -> tuple[Places, Array]:
    """Start and full time of the messages with a valid one (NaN for those with a compressed header)."""
    starts, full = [np.empty(0, np.int64)], [np.empty(0)]
    for layout in part.layouts:
        places = layout.starts
        seconds = np.full(len(places), np.nan)
        slot = layout.native().get(profile.TIMESTAMP)
        if slot is not None and len(places):
            piece = _piece(layout, _rows(part.octets, layout), 0, Field(profile.TIMESTAMP, "timestamp"), slot)
            stated = _column(part.octets, len(places), [piece])
            if stated is not None:
                seconds = _dated(stated)
        timed = ~np.isnan(seconds) | (octets[places] & COMPRESSED != 0)
        starts.append(places[timed])
        full.append(seconds[timed])
    joined = np.concatenate(starts)
    order = np.argsort(joined)
    return joined[order], np.concatenate(full)[order]


def _rows(octets: bytes, layout: Layout) -> Raw:
    """The messages of a layout, as rows of its size.

    A view of the whole file in which row i starts at byte i costs nothing; picking rows by offset copies only them.
    """
    view = np.ndarray(len(octets) - layout.size + 1, dtype=f"V{layout.size}", buffer=octets, strides=(1,))
    return view[layout.starts]


def _column(octets: bytes, count: int, pieces: Sequence[_Piece]) -> Array | None:
    """One field of all messages, in the order of the pieces; None for text and for fields without a byte."""
    pieces = [piece for piece in pieces if piece.slot.base != STRING and piece.count]
    if not pieces:
        return None
    # Without a bound, one wide record would widen those of the whole file.
    width = max(min(piece.count, piece.field.width) for piece in pieces)
    column = np.full(count if width == 1 else (count, width), np.nan)
    for piece in pieces:
        out = column[piece.first : piece.last]
        if width > 1:
            out = out[:, : min(piece.count, width)] if piece.count > 1 else out[:, 0]
        if len(piece.rows) <= _FEW and piece.count == 1:
            out[:] = _one_by_one(octets, piece)
        else:
            _convert(piece, out)
    return column


def _one_by_one(octets: bytes, piece: _Piece) -> list[float]:
    read = struct.Struct(piece.layout.order + piece.kind.letter).unpack_from
    scale, offset, invalid = piece.field.scale or 1, piece.field.offset or 0, piece.kind.invalid
    raws = [read(octets, start + piece.slot.place)[0] for start in piece.layout.starts.tolist()]
    known = [np.nan if raw == invalid else raw / scale - offset for raw in raws]
    return motion.reckonable(np.array(known, np.float64)).tolist() if piece.kind.unbounded else known


# Floats hold anything, signalling NaN included: that is no warning's matter, `motion.reckonable` sorts it out.
@np.errstate(all="ignore")
def _convert(piece: _Piece, out: Array) -> None:
    """Write one field of all rows into `out`: shape (rows,) for its first value, (rows, n) for n values of an array."""
    kind, slot, field = piece.kind, piece.slot, piece.field
    shape, strides = (len(piece.rows), piece.count), (piece.layout.size, kind.size)
    code = piece.layout.order + kind.code
    whole = np.ndarray(shape, dtype=code, buffer=piece.rows, offset=slot.place, strides=strides)
    raw = whole[:, 0] if out.ndim == 1 else whole[:, : out.shape[1]]
    if field.scale is None:
        out[...] = raw
    else:
        np.divide(raw, field.scale, out=out)
    if field.offset is not None:
        out -= field.offset
    if kind.invalid is not None:
        missing = raw == kind.invalid
        if slot.base == BYTE and piece.count > 1:  # bytes are invalid all or none
            missing = (whole == kind.invalid).all(axis=1)
            missing = missing if out.ndim == 1 else missing[:, np.newaxis]
        np.copyto(out, np.nan, where=missing)
    if kind.unbounded:
        out[...] = motion.reckonable(out)


# Developer fields: what an app on the watch added to the records, described in the file itself.
#
# A field means what the description before its definition said; a later description of the same number starts a new
# layout (wire.py). Apps are told by their id, or by the names of their fields where old versions wrote no id.

_NO_OFFSET = 0x7F
_NO_SCALE = (0, 0xFF)


class AppField(Record, frozen=True):
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
    "stryd:Power": AppField("power_w"),
    "stryd:Cadence": AppField("cadence_spm", 0.5),
    "stryd:Cadence SPM": AppField("cadence_spm"),
    "stryd:Ground Time": AppField("stance_time_s", 1000),
    "stryd:Vertical Oscillation": AppField("vertical_oscillation_m", 100),
    "runscribe:Power": AppField("power_w"),
    "runscribe:RS_Power_AVG": AppField("power_w"),
    "runscribe:ContactTime": AppField("stance_time_s", 1000),
    "runscribe:RS_ContactTime_L": AppField("stance_time_s left", 1000),
    "runscribe:RS_ContactTime_R": AppField("stance_time_s right", 1000),
}


class _Described(Record, frozen=True, kw_only=True):
    """A description of an app's field: where it starts, the field as "maker:field name", and its base type."""

    start: int
    field: Field
    base: int


class _Descriptions:
    """The field descriptions of one file, to be asked by developer index, field number and place."""

    def __init__(self, part: Part) -> None:
        self._found: dict[tuple[int | None, int | None], list[_Described]] = {}
        described = messages(part, profile.FIELD_DESCRIPTION)
        makers = _makers(messages(part, profile.DEVELOPER_DATA_ID), described)
        for message in described:
            app = message.whole("developer_data_index")
            key = (app, message.whole("field_definition_number"))
            self._found.setdefault(key, []).append(_described(message, makers.get(app, "")))

    def _of(self, slot: Slot, layout: Layout) -> _Described | None:
        """The last description of a field that stands before the definition of a layout, None where there is none."""
        found = self._found.get((slot.developer, slot.number), [])
        index = bisect_left(found, layout.offset, key=lambda described: described.start)
        return found[index - 1] if index else None

    def known(self, layout: Layout) -> Iterator[tuple[Field, Slot]]:
        """The developer fields of a layout that belong to a known app."""
        for slot in layout.developer() if layout.app_fields else ():
            described = self._of(slot, layout)
            if described is not None and described.field.name in APP_FIELDS:
                yield described.field, slot.replace(base=described.base)

    def missing(self, layouts: Sequence[Layout]) -> tuple[Note, ...]:
        """A note where layouts hold developer fields that nothing before them describes."""
        offsets = [layout.offset for layout in layouts for slot in layout.developer() if self._of(slot, layout) is None]
        if not offsets:
            return ()
        text = "an app's fields are not described in the file and were left out"
        return (Note(code="undescribed_field", text=text, offset=min(offsets)),)


def _makers(apps: Sequence[Message], described: Sequence[Message]) -> dict[int | None, str]:
    """The maker of each app of the file, by its developer index; the id goes before the names of the fields."""
    told = [(message, _MAKERS_BY_NAME.get(message.text("field_name"))) for message in described]
    for message in apps:
        octets = message.values.get("application_id")
        if isinstance(octets, tuple):
            told.append((message, _MAKERS_BY_APP.get(bytes(int(octet or 0) & 0xFF for octet in octets).hex())))
    return {message.whole("developer_data_index"): maker for message, maker in told if maker}


def _described(message: Message, maker: str) -> _Described:
    base = message.whole("fit_base_type_id")
    scale, offset = message.number("scale"), message.number("offset")
    # Stryd's first app counted both feet and said so in its unit alone.
    both_feet = " SPM" if message.text("units").upper() == "SPM" else ""
    field = Field(
        message.whole("field_definition_number") or 0,
        f"{maker}:{message.text('field_name')}{both_feet}",
        # Writers fill in 0, 1 or the invalid value where they mean "as it stands".
        scale=None if scale in (None, 1, *_NO_SCALE) else scale,
        offset=None if offset in (None, 0, _NO_OFFSET) else offset,
    )
    return _Described(start=message.start, field=field, base=BYTE if base is None else base)


# Columns of record messages to samples in SI units: which field wins, what zero means, what an app adds.

_DYNAMICS = frozenset(
    {"stance_time_s", "duty_factor", "vertical_oscillation_m", "vertical_ratio", "step_length_m", "balance_left"}
)

# Channels whose zero means "no value", by maker (number) or app (name). Elsewhere zero is what was measured: Garmin
# writes zeros while the runner stands.
ZERO_IS_MISSING: Mapping[int | str, frozenset[str]] = {
    profile.COROS: _DYNAMICS,
    profile.STRYD: _DYNAMICS,
    "stryd": _DYNAMICS,
    "runscribe": _DYNAMICS | {"power_w"},
}
_DIVISORS = {field.name: field.divisor for field in profile.RECORD_FIELDS}
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


def samples(
    time_s: Array, columns: Mapping[str, Array], *, maker_id: int | None, sport: str
) -> tuple[Samples, tuple[Note, ...]]:
    """Samples of one session from its record columns, all of the length of `time_s`, and notes on what was computed.

    maker_id: the watch's, None where unknown.
    """
    channels = {channel: _first_known(columns, *names) for channel, names in _PLAIN}
    if sport in profile.ON_FOOT:
        # Steps per minute: FIT counts one leg, in whole turns and a fraction, or in 256ths of a turn.
        whole, fraction = _first_known(columns, "cadence256", "cadence"), _first_known(columns, "fractional_cadence")
        channels["cadence_spm"] = whole if whole is None or fraction is None else whole + np.nan_to_num(fraction)
    notes = _motion(channels, time_s, columns)
    known = {channel: values for channel, values in channels.items() if values is not None}
    return _samples(time_s, known, ZERO_IS_MISSING.get(maker_id or 0, frozenset())), notes


def alternatives(time_s: Array, columns: Mapping[str, Array]) -> dict[str, Samples]:
    """The channels that apps recorded, by the maker of the app, on the same time axis."""
    found: dict[str, dict[str, Array]] = {}
    for name, field in APP_FIELDS.items():
        if name in columns:
            channels = found.setdefault(name.partition(":")[0], {})
            channels[field.channel] = columns[name] / field.divisor
    named = {maker: _samples(time_s, _sides(channels), ZERO_IS_MISSING[maker]) for maker, channels in found.items()}
    return {maker: values for maker, values in named.items() if values.present()}


def _samples(time_s: Array, channels: Mapping[str, Array], zeros: frozenset[str]) -> Samples:
    ready = {
        name: np.where(values == 0, np.nan, values) if name in zeros else values for name, values in channels.items()
    }
    measured = {name: frozen(values) for name, values in ready.items() if not np.isnan(values).all()}
    return Samples(time_s=frozen(time_s), **measured)


def _first_known(columns: Mapping[str, Array], *names: str) -> Array | None:
    """The last of these fields in SI units, filled up from the one before where it is missing."""
    best: Array | None = None
    for name in names:
        if name in columns:
            values = columns[name] / _DIVISORS[name]
            best = values if best is None else np.where(np.isnan(values), best, values)
    return best


def _motion(channels: dict[str, Array | None], time_s: Array, columns: Mapping[str, Array]) -> tuple[Note, ...]:
    """Put speed and distance into the channels; a note where speed had to be computed."""
    packed = columns.get("compressed_speed_distance")
    unpacked = _unpacked(packed) if packed is not None and packed.shape[1:] == (3,) else {}
    columns = {**unpacked, **columns}
    speed, distance = _first_known(columns, "speed", "enhanced_speed"), _first_known(columns, "distance")
    channels["distance_m"], channels["speed_mps"] = distance, speed
    told = speed is not None and not np.isnan(speed).all()
    if told or distance is None or np.isnan(distance).all():
        return ()
    channels["speed_mps"] = motion.speed_mps(time_s, distance)
    return (motion.SPEED_COMPUTED,)


def _unpacked(packed: Array) -> dict[str, Array]:
    """Speed (12 bits, 1/100 m/s) and distance (a 12-bit counter, 1/16 m) from three bytes per record."""
    # The counter starts over every 256 m. A record without it leaves it where it was, and counts nothing.
    known: npt.NDArray[np.bool_] = np.all((packed >= 0) & (packed <= 0xFF), axis=1)
    octets = np.where(known[:, np.newaxis], packed, 0).astype(np.int64)
    counter = octets[:, 1] >> 4 | octets[:, 2] << 4
    last = motion.last_known(known)
    counter = np.where(last < 0, 0, counter[last])
    distance = np.cumsum(np.diff(counter, prepend=0) % (1 << 12)) / 16
    speed = (octets[:, 0] | (octets[:, 1] & 0x0F) << 8) / 100
    return {"speed": np.where(known, speed, np.nan), "distance": np.where(known, distance, np.nan)}


def _sides(channels: dict[str, Array]) -> dict[str, Array]:
    """Left and right contact time made their mean and the left one's share."""
    left, right = channels.pop("stance_time_s left", None), channels.pop("stance_time_s right", None)
    if left is None or right is None:
        one = left if right is None else right
        return channels if one is None else {**channels, "stance_time_s": one}
    both = np.where((left > 0) & (right > 0), left + right, np.nan)
    return {**channels, "stance_time_s": both / 2, "balance_left": left / both}
