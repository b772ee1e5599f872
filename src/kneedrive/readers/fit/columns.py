"""FIT messages as values: few of a kind one by one (struct), many of a kind as columns (numpy)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from kneedrive.readers import motion
from kneedrive.readers.fit.profile import MESSAGE_FIELDS, TIME_END, TIMES, TIMESTAMP, Field
from kneedrive.readers.fit.wire import BYTE, STRING, BaseType, Layout, Part, Slot, base_type
from kneedrive.readers.motion import LARGEST, SMALLEST
from kneedrive.record import Record
from kneedrive.recording import Array

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
    fields = [field for field in MESSAGE_FIELDS[layout.message] if field.number in slots]
    readers = [(field, slots[field.number], _format(layout.order, slots[field.number])) for field in fields]
    for start in layout.starts.tolist():
        values = {}
        for field, slot, format_ in readers:
            value = _value(octets, start, slot, format_)
            if isinstance(value, (int, float)) and field.scale is not None:
                value = value / field.scale - (field.offset or 0)
            if value is not None and (field.name not in TIMES or _is_time(value)):
                values[field.name] = value
        yield Message(start=start, values=values)


def _format(order: str, slot: Slot) -> struct.Struct:
    kind, count = base_type(slot.base, slot.size)
    return struct.Struct(f"{order}{count}{kind.letter}")


def _value(octets: bytes, start: int, slot: Slot, format_: struct.Struct) -> Value | None:
    raw = format_.unpack_from(octets, start + slot.place)
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


def _is_time(value: Value) -> bool:
    return isinstance(value, (int, float)) and 0 <= value < TIME_END


# Many messages of one kind as columns: no loop over messages, one conversion per field and layout.


Places = npt.NDArray[np.int64]
Raw = npt.NDArray[Any]

_TIME_BITS = 0x1F
_FEW = 8  # messages of a layout up to which one by one is quicker than arrays


class Wanted(Record, frozen=True, kw_only=True):
    """One field to convert: where it stands in a layout, and value = raw / scale - offset.

    width: how many values of an array are read. Without a bound, one wide record would widen those of the whole file.
    """

    name: str
    slot: Slot
    scale: float | None = None
    offset: float | None = None
    width: int = 1


class Columns(Record, frozen=True, kw_only=True):
    """Messages of one kind in the order of the file.

    starts: byte offset of each, shape (count,). values: float64 by field name, shape (count,) or, for array fields,
    (count, longest array up to the field's width); NaN where a message lacks the field or calls it invalid.
    """

    starts: Places
    values: Mapping[str, Array]


class _Block(Record, frozen=True, kw_only=True):
    """The messages of one layout: as rows, or None where they are too few for that; rows first to last of a column."""

    layout: Layout
    rows: Raw | None
    first: int
    last: int


def columns(part: Part, message: int, wanted: Callable[[Layout], Sequence[Wanted]]) -> Columns:
    """The columns of all messages of a kind; `wanted` says per layout which fields to convert."""
    layouts = part.of(message)
    starts = [layout.starts for layout in layouts]
    joined = np.concatenate(starts) if starts else np.empty(0, np.int64)
    order = np.argsort(joined, kind="stable") if len(starts) > 1 else None
    pieces: dict[str, list[tuple[_Block, Wanted]]] = {}
    last = 0
    for layout, places in zip(layouts, starts, strict=True):
        first, last = last, last + len(places)
        rows = _rows(part.octets, layout.size, places) if len(places) > _FEW else None
        block = _Block(layout=layout, rows=rows, first=first, last=last)
        for field in wanted(layout):
            pieces.setdefault(field.name, []).append((block, field))
    values = {name: _column(part.octets, len(joined), found) for name, found in pieces.items()}
    known = {name: column for name, column in values.items() if column is not None}
    if order is None:
        return Columns(starts=joined, values=known)
    return Columns(starts=joined[order], values={name: column[order] for name, column in known.items()})


def native(fields: Sequence[Field]) -> Callable[[Layout], list[Wanted]]:
    """The native fields of a table that a layout has."""

    def wanted(layout: Layout) -> list[Wanted]:
        slots = layout.native()
        return [
            Wanted(name=f.name, slot=slots[f.number], scale=f.scale, offset=f.offset, width=f.width)
            for f in fields
            if f.number in slots
        ]

    return wanted


def times(part: Part, found: Columns) -> Array:
    """The FIT time of each message in seconds, NaN where it has none; compressed time headers are resolved."""
    stated = _dated(found.values.get("timestamp", np.full(len(found.starts), np.nan)))
    octets = np.frombuffer(part.octets, np.uint8)
    compressed = octets[found.starts] & 0x80 != 0
    if not compressed.any():
        return stated
    starts, seconds = _all_times(part, octets)
    resolved = stated.copy()
    resolved[compressed] = seconds[np.searchsorted(starts, found.starts[compressed])]
    return resolved


def _dated(fit_times: Array) -> Array:
    """The times, NaN where they lie before the FIT epoch or after the year 2099."""
    return np.where((fit_times >= 0) & (fit_times < TIME_END), fit_times, np.nan)


def _all_times(part: Part, octets: npt.NDArray[np.uint8]) -> tuple[Places, Array]:
    """Start and time of every message that has a time of either kind, in the order of the file.

    A compressed header holds the lowest five bits of a time that is never earlier than the one before it, whatever
    kind of message that was in. So between two full times the steps, modulo 32 s, add up.
    """
    starts, full = _full_times(part)
    low = np.where(np.isnan(full), octets[starts] & _TIME_BITS, full % (_TIME_BITS + 1))
    steps = np.diff(low, prepend=low[:1]) % (_TIME_BITS + 1)
    elapsed = np.cumsum(steps)
    index = np.arange(len(starts))
    anchor = np.maximum.accumulate(np.where(np.isnan(full), -1, index))
    since = elapsed - elapsed[anchor]
    return starts, np.where(anchor < 0, np.nan, full[anchor] + since)


def _full_times(part: Part) -> tuple[Places, Array]:
    """Start and full time of the messages with a valid one (NaN for those with a compressed header)."""
    octets = np.frombuffer(part.octets, np.uint8)
    starts, full = [np.empty(0, np.int64)], [np.empty(0)]
    for layout in part.layouts:
        places = layout.starts
        seconds = np.full(len(places), np.nan)
        slot = layout.native().get(TIMESTAMP)
        if slot is not None and len(places):
            block = _Block(layout=layout, rows=_rows(part.octets, layout.size, places), first=0, last=len(places))
            stated = _column(part.octets, len(places), [(block, Wanted(name="timestamp", slot=slot))])
            if stated is not None:
                seconds = _dated(stated)
        timed = ~np.isnan(seconds) | (octets[places] & 0x80 != 0)
        starts.append(places[timed])
        full.append(seconds[timed])
    joined = np.concatenate(starts)
    order = np.argsort(joined)
    return joined[order], np.concatenate(full)[order]


def _rows(octets: bytes, size: int, places: Places) -> Raw:
    """The messages that start at `places`, as rows of `size` bytes.

    A view of the whole file in which row i starts at byte i costs nothing; picking rows by offset copies only them.
    """
    view = np.ndarray(len(octets) - size + 1, dtype=f"V{size}", buffer=octets, strides=(1,))
    return view[places]


def _column(octets: bytes, count: int, pieces: Sequence[tuple[_Block, Wanted]]) -> Array | None:
    """One field of all messages, in the order of the blocks; None for text and for fields without a byte."""
    read = [(block, field, *base_type(field.slot.base, field.slot.size)) for block, field in pieces]
    read = [piece for piece in read if piece[1].slot.base != STRING and piece[3]]
    if not read:
        return None
    width = max(min(values, field.width) for _, field, _, values in read)
    column = np.full(count if width == 1 else (count, width), np.nan)
    for block, field, kind, values in read:
        out = column[block.first : block.last]
        if width > 1:
            out = out[:, : min(values, width)] if values > 1 else out[:, 0]
        if block.rows is None and values == 1:
            out[:] = _one_by_one(octets, block.layout, field, kind)
        else:
            rows = _rows(octets, block.layout.size, block.layout.starts) if block.rows is None else block.rows
            _convert(rows, block.layout, field, out)
    return column


def _one_by_one(octets: bytes, layout: Layout, field: Wanted, kind: BaseType) -> list[float]:
    read = _struct(layout.order + kind.letter).unpack_from
    scale, offset, place = field.scale or 1, field.offset or 0, field.slot.place
    raws = [read(octets, start + place)[0] for start in layout.starts.tolist()]
    known = [np.nan if raw == kind.invalid else raw / scale - offset for raw in raws]
    return motion.reckonable(np.array(known, np.float64)).tolist() if kind.unbounded else known


# Floats hold anything, signalling NaN included: that is no warning's matter, `motion.reckonable` sorts it out.
@np.errstate(all="ignore")
def _convert(rows: Raw, layout: Layout, field: Wanted, out: Array) -> None:
    """Write one field of all rows into `out`: shape (rows,) for its first value, (rows, n) for n values of an array."""
    slot = field.slot
    kind, count = base_type(slot.base, slot.size)
    shape, strides = (len(rows), count), (layout.size, kind.size)
    whole = np.ndarray(shape, dtype=layout.order + kind.code, buffer=rows, offset=slot.place, strides=strides)
    raw = whole[:, 0] if out.ndim == 1 else whole[:, : out.shape[1]]
    if field.scale is None:
        out[...] = raw
    else:
        np.divide(raw, field.scale, out=out)
    if field.offset is not None:
        out -= field.offset
    if kind.invalid is not None:
        missing = raw == kind.invalid
        if slot.base == BYTE and count > 1:  # bytes are invalid all or none
            missing = np.broadcast_to((whole == kind.invalid).all(axis=1, keepdims=True), (len(rows), count))
            missing = missing[:, 0] if out.ndim == 1 else missing[:, : out.shape[1]]
        np.copyto(out, np.nan, where=missing)
    if kind.unbounded:
        out[...] = motion.reckonable(out)


@cache
def _struct(letters: str) -> struct.Struct:
    return struct.Struct(letters)
