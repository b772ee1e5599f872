"""FIT messages as values: few of a kind one by one, records as columns, and columns as samples in SI units."""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
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
            readers.append((field, slot, kind, struct.Struct(f"{layout.order}{count}{kind.letter}")))
    for start in layout.starts.tolist():
        values = {}
        for field, slot, kind, format_ in readers:
            value = _value(format_.unpack_from(octets, start + slot.place), slot.base, kind.invalid)
            if isinstance(value, (int, float)) and field.scale is not None:
                value = value / field.scale - (field.offset or 0)
            is_time = isinstance(value, (int, float)) and 0 <= value < profile.TIME_END
            if value is not None and (field.name not in profile.TIMES or is_time):
                values[field.name] = value
        yield Message(start=start, values=values)


def _value(raw: tuple[Any, ...], base: int, invalid: int | None) -> Value | None:
    if base == STRING:
        return raw[0].split(b"\0")[0].decode("utf-8", errors="replace") or None
    if base == BYTE and all(octet == invalid for octet in raw):
        return None
    valid = tuple(_number(value, invalid) for value in raw)
    return valid[0] if len(valid) == 1 else valid or None


def _number(raw: float, invalid: int | None) -> float | None:
    # Too large to be measured is no value, too small to divide by is 0.
    if raw == invalid or not abs(raw) < LARGEST:
        return None
    return 0 if abs(raw) < SMALLEST else raw


# Many messages of one kind as columns: no loop over messages, one conversion per field and layout.

Raw = npt.NDArray[Any]

_TIME_BITS = 0x1F
_FEW = 8  # messages of a layout up to which one by one is quicker than arrays


class Columns(Record, frozen=True, kw_only=True):
    """The record messages of a file, in its order."""

    starts: Places  # byte offset of each, shape (count,)
    # By field name, shape (count,) or, for array fields, (count, longest array up to the field's width); NaN where a
    # message lacks the field or calls it invalid.
    values: Mapping[str, Array]
    notes: tuple[Note, ...]  # what had to be left out


class _Piece(Record, frozen=True, kw_only=True):
    """One field of the messages of one layout."""

    layout: Layout
    rows: Raw  # the messages as rows of bytes
    first: int  # the row of the column in which they begin
    field: Field
    slot: Slot


def record_columns(part: Part, fields: Sequence[Field] = profile.RECORD_FIELDS) -> Columns:
    """The record messages of a file as columns in FIT's own units, known apps' fields as "maker:field name".

    "timestamp" is always there, in FIT seconds, with compressed time headers resolved.
    """
    layouts = part.of(profile.RECORD)
    descriptions = _descriptions(part)
    pieces: dict[str, list[_Piece]] = {}
    last, undescribed = 0, []
    for layout in layouts:
        first, last = last, last + len(layout.starts)
        rows = _rows(part.octets, layout)
        slots = layout.native()
        native = [(field, slots[field.number]) for field in fields if field.number in slots]
        told = list(_described(descriptions, layout)) if layout.app_fields else []
        if None in told:
            undescribed.append(layout.offset)
        known = [(field, slot) for field, slot in filter(None, told) if field.name in APP_FIELDS]
        for field, slot in (*native, *known):
            if slot.base != STRING and slot.size:
                piece = _Piece(layout=layout, rows=rows, first=first, field=field, slot=slot)
                pieces.setdefault(field.name, []).append(piece)
    starts = np.concatenate([np.empty(0, np.int64), *(layout.starts for layout in layouts)])
    order = np.argsort(starts, kind="stable") if len(layouts) > 1 else slice(None)
    starts = starts[order]
    values = {name: _column(part.octets, last, found)[order] for name, found in pieces.items()}
    times = _dated(values.get("timestamp", np.full(last, np.nan)))
    compressed = np.frombuffer(part.octets, np.uint8)[starts] & COMPRESSED != 0
    if compressed.any():
        every, seconds = _all_times(part)
        times[compressed] = seconds[np.searchsorted(every, starts[compressed])]
    text = "an app's fields are not described in the file and were left out"
    notes = (Note(code="undescribed_field", text=text, offset=min(undescribed)),) if undescribed else ()
    return Columns(starts=starts, values={**values, "timestamp": times}, notes=notes)


def _dated(fit_times: Array) -> Array:
    """The times, NaN where they lie before the FIT epoch or after the year 2099."""
    return np.where((fit_times >= 0) & (fit_times < profile.TIME_END), fit_times, np.nan)


def _all_times(part: Part) -> tuple[Places, Array]:
    """Start and time of every message that has a time of either kind, in the order of the file.

    A compressed header holds the lowest five bits of a time that is never earlier than the one before it, whatever
    kind of message that was in. So between two full times the steps, modulo 32 s, add up.
    """
    octets = np.frombuffer(part.octets, np.uint8)
    timed_starts, times = [np.empty(0, np.int64)], [np.empty(0)]  # NaN where the time is that of the header
    for layout in part.layouts:
        starts = layout.starts
        seconds = np.full(len(starts), np.nan)
        slot = layout.native().get(profile.TIMESTAMP)
        if slot is not None and len(starts) and slot.base != STRING and slot.size:
            field, rows = Field(profile.TIMESTAMP, "timestamp"), _rows(part.octets, layout)
            piece = _Piece(layout=layout, rows=rows, first=0, field=field, slot=slot)
            seconds = _dated(_column(part.octets, len(starts), [piece]))
        timed = ~np.isnan(seconds) | (octets[starts] & COMPRESSED != 0)
        timed_starts.append(starts[timed])
        times.append(seconds[timed])
    starts = np.concatenate(timed_starts)
    order = np.argsort(starts)
    starts, full = starts[order], np.concatenate(times)[order]
    low = np.where(np.isnan(full), octets[starts] & _TIME_BITS, full % (_TIME_BITS + 1))
    elapsed = np.cumsum(np.diff(low, prepend=low[:1]) % (_TIME_BITS + 1))
    anchor = motion.last_known(~np.isnan(full))
    return starts, np.where(anchor < 0, np.nan, full[anchor] + elapsed - elapsed[anchor])


def _rows(octets: bytes, layout: Layout) -> Raw:
    # A view of the whole file in which row i starts at byte i costs nothing; picking rows by offset copies only them.
    view = np.ndarray(len(octets) - layout.size + 1, dtype=f"V{layout.size}", buffer=octets, strides=(1,))
    return view[layout.starts]


def _column(octets: bytes, count: int, pieces: Sequence[_Piece]) -> Array:
    """One field of all messages, in the order of the pieces."""
    typed = [(piece, *base_type(piece.slot.base, piece.slot.size)) for piece in pieces]
    # Without a bound, one wide record would widen those of the whole file.
    width = max(min(long, piece.field.width) for piece, _, long in typed)
    column = np.full(count if width == 1 else (count, width), np.nan)
    for piece, kind, long in typed:
        out = column[piece.first : piece.first + len(piece.rows)]
        if width > 1:
            out = out[:, : min(long, width)] if long > 1 else out[:, 0]
        if len(piece.rows) <= _FEW and long == 1:
            read = struct.Struct(piece.layout.order + kind.letter).unpack_from
            scale, offset = piece.field.scale or 1, piece.field.offset or 0
            raws = [read(octets, start + piece.slot.place)[0] for start in piece.layout.starts.tolist()]
            out[:] = [np.nan if raw == kind.invalid else raw / scale - offset for raw in raws]
        else:
            _convert(piece, kind, long, out)
        if kind.invalid is None or kind.size == 8:  # floats and such whole numbers go beyond all that is measured
            out[...] = motion.reckonable(out)
    return column


# Floats hold anything, signalling NaN included: that is no warning's matter, `motion.reckonable` sorts it out.
@np.errstate(all="ignore")
def _convert(piece: _Piece, kind: BaseType, long: int, out: Array) -> None:
    """Write one field of all rows, each `long` values, into `out`: shape (rows,) for the first, (rows, n) for n."""
    field, shape, strides = piece.field, (len(piece.rows), long), (piece.layout.size, kind.size)
    code = piece.layout.order + kind.letter
    whole = np.ndarray(shape, dtype=code, buffer=piece.rows, offset=piece.slot.place, strides=strides)
    raw = whole[:, 0] if out.ndim == 1 else whole[:, : out.shape[1]]
    if field.scale is None:
        out[...] = raw
    else:
        np.divide(raw, field.scale, out=out)
    if field.offset is not None:
        out -= field.offset
    if kind.invalid is not None:
        missing = raw == kind.invalid
        if piece.slot.base == BYTE and long > 1:  # bytes are invalid all or none
            missing = (whole == kind.invalid).all(axis=1)
            missing = missing if out.ndim == 1 else missing[:, np.newaxis]
        np.copyto(out, np.nan, where=missing)


# Developer fields: what an app on the watch added to the records, described in the file itself.
#
# A field means what the description before its definition said; a later description of the same number starts a new
# layout (wire.py). Apps are told by their id, or by the names of their fields where old versions wrote no id.

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

# By maker and field name: the channel, and the divisor that turns the app's unit into the SI unit of it. Sides are
# averaged; where both are there, the left one's share is the balance.
APP_FIELDS = {
    "stryd:Power": ("power_w", 1),
    "stryd:Cadence": ("cadence_spm", 0.5),
    "stryd:Cadence SPM": ("cadence_spm", 1),
    "stryd:Ground Time": ("stance_time_s", 1000),
    "stryd:Vertical Oscillation": ("vertical_oscillation_m", 100),
    "runscribe:Power": ("power_w", 1),
    "runscribe:RS_Power_AVG": ("power_w", 1),
    "runscribe:ContactTime": ("stance_time_s", 1000),
    "runscribe:RS_ContactTime_L": ("stance_time_s left", 1000),
    "runscribe:RS_ContactTime_R": ("stance_time_s right", 1000),
}


# Of each field by developer index and number: where a description starts, and the field and base type in it.
_Descriptions = dict[tuple[int | None, int | None], list[tuple[int, Field, int]]]


def _descriptions(part: Part) -> _Descriptions:
    found: _Descriptions = {}
    described = messages(part, profile.FIELD_DESCRIPTION)
    told = [(message, _MAKERS_BY_NAME.get(message.text("field_name"))) for message in described]
    for message in messages(part, profile.DEVELOPER_DATA_ID):  # the id goes before the names of the fields
        octets = message.values.get("application_id")
        if isinstance(octets, tuple):
            told.append((message, _MAKERS_BY_APP.get(bytes(int(octet or 0) & 0xFF for octet in octets).hex())))
    makers = {message.whole("developer_data_index"): maker for message, maker in told if maker}
    for message in described:
        app, number = message.whole("developer_data_index"), message.whole("field_definition_number")
        base, scale, offset = message.whole("fit_base_type_id"), message.number("scale"), message.number("offset")
        # Stryd's first app counted both feet and said so in its unit alone.
        both_feet = " SPM" if message.text("units").upper() == "SPM" else ""
        field = Field(
            number or 0,
            f"{makers.get(app, '')}:{message.text('field_name')}{both_feet}",
            # Writers fill in 0, 1 or the invalid value where they mean "as it stands".
            scale=None if scale in (None, 0, 1, 0xFF) else scale,
            offset=None if offset in (None, 0, 0x7F) else offset,
        )
        found.setdefault((app, number), []).append((message.start, field, BYTE if base is None else base))
    return found


def _described(descriptions: _Descriptions, layout: Layout) -> Iterator[tuple[Field, Slot] | None]:
    """The developer fields of a layout, each by the last description before its definition; None where none is."""
    for slot in layout.developer():
        found = descriptions.get((slot.developer, slot.number), [])
        index = bisect_left(found, layout.offset, key=itemgetter(0))
        yield (found[index - 1][1], slot.replace(base=found[index - 1][2])) if index else None


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
_CHANNELS = (
    ("distance_m", ("distance",)),
    ("speed_mps", ("speed", "enhanced_speed")),
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
    """Samples of one session from its record columns, all of the length of `time_s`, and notes on what was computed."""
    packed = columns.get("compressed_speed_distance")
    if packed is not None and packed.shape[1:] == (3,):
        columns = {**_unpacked(packed), **columns}
    channels = {channel: _first_known(columns, *names) for channel, names in _CHANNELS}
    if sport in profile.ON_FOOT:
        # Steps per minute: FIT counts one leg, in whole turns and a fraction, or in 256ths of a turn.
        whole, fraction = _first_known(columns, "cadence256", "cadence"), _first_known(columns, "fractional_cadence")
        channels["cadence_spm"] = whole if whole is None or fraction is None else whole + np.nan_to_num(fraction)
    notes: tuple[Note, ...] = ()
    speed, distance = channels["speed_mps"], channels["distance_m"]
    if (speed is None or np.isnan(speed).all()) and distance is not None and not np.isnan(distance).all():
        channels["speed_mps"], notes = motion.speed_mps(time_s, distance), (motion.SPEED_COMPUTED,)
    known = {channel: values for channel, values in channels.items() if values is not None}
    return _samples(time_s, known, ZERO_IS_MISSING.get(maker_id or 0, frozenset())), notes


def alternatives(time_s: Array, columns: Mapping[str, Array]) -> dict[str, Samples]:
    """The channels that apps recorded, by the maker of the app, on the same time axis."""
    found: dict[str, dict[str, Array]] = {}
    for name, (channel, divisor) in APP_FIELDS.items():
        if name in columns:
            found.setdefault(name.partition(":")[0], {})[channel] = columns[name] / divisor
    for channels in found.values():
        left, right = channels.pop("stance_time_s left", None), channels.pop("stance_time_s right", None)
        if left is not None and right is not None:
            both = np.where((left > 0) & (right > 0), left + right, np.nan)
            channels |= {"stance_time_s": both / 2, "balance_left": left / both}
        elif (one := right if left is None else left) is not None:
            channels["stance_time_s"] = one
    named = {maker: _samples(time_s, channels, ZERO_IS_MISSING[maker]) for maker, channels in found.items()}
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
