"""Many messages of one kind as columns: no loop over messages, one conversion per field and layout."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kneedrive.model import Array
from kneedrive.readers.fit_profile import TIMESTAMP, Field
from kneedrive.readers.fit_types import BYTE, STRING, base_type
from kneedrive.readers.fit_walk import Layout, Part, Slot

Places = npt.NDArray[np.int64]
Raw = npt.NDArray[Any]

_TIME_BITS = 0x1F


class Wanted(NamedTuple):
    """One field to convert: where it stands in a layout, and value = raw / scale - offset."""

    name: str
    slot: Slot
    scale: float | None = None
    offset: float | None = None


class Columns(NamedTuple):
    """Messages of one kind in the order of the file.

    starts: byte offset of each, shape (count,). values: float64 by field name, shape (count,) or, for array fields,
    (count, longest array); NaN where a message lacks the field or calls it invalid.
    """

    starts: Places
    values: Mapping[str, Array]


def columns(part: Part, message: int, wanted: Callable[[Layout], Sequence[Wanted]]) -> Columns:
    """The columns of all messages of a kind; `wanted` says per layout which fields to convert."""
    layouts = part.of(message)
    starts = [np.frombuffer(layout.starts, dtype=np.int64) for layout in layouts]
    joined = np.concatenate(starts) if starts else np.empty(0, np.int64)
    order = np.argsort(joined, kind="stable") if len(starts) > 1 else None
    pieces: dict[str, list[tuple[int, Array]]] = {}
    first = 0
    for layout, places in zip(layouts, starts, strict=True):
        rows = _rows(part.octets, layout.size, places)
        for field in wanted(layout):
            piece = _values(rows, layout, field)
            if piece is not None:
                pieces.setdefault(field.name, []).append((first, piece))
        first += len(places)
    values = {name: _join(found, len(joined), order) for name, found in pieces.items()}
    return Columns(joined if order is None else joined[order], values)


def native(fields: Sequence[Field]) -> Callable[[Layout], list[Wanted]]:
    """The native fields of a table that a layout has."""

    def wanted(layout: Layout) -> list[Wanted]:
        slots = layout.native
        return [Wanted(f.name, slots[f.number], f.scale, f.offset) for f in fields if f.number in slots]

    return wanted


def times(part: Part, found: Columns) -> Array:
    """The FIT time of each message in seconds, NaN where it has none; compressed time headers are resolved."""
    stated = found.values.get("timestamp", np.full(len(found.starts), np.nan))
    if stated.ndim > 1:
        stated = stated[:, 0]
    octets = np.frombuffer(part.octets, np.uint8)
    compressed = octets[found.starts] & 0x80 != 0
    if not compressed.any():
        return stated
    starts, seconds = _all_times(part, octets)
    resolved = stated.copy()
    resolved[compressed] = seconds[np.searchsorted(starts, found.starts[compressed])]
    return resolved


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
        places = np.frombuffer(layout.starts, dtype=np.int64)
        seconds = np.full(len(places), np.nan)
        if TIMESTAMP in layout.native and len(places):
            rows = _rows(part.octets, layout.size, places)
            values = _values(rows, layout, Wanted("timestamp", layout.native[TIMESTAMP]))
            if values is not None and values.ndim == 1:
                seconds = values
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


def _values(rows: Raw, layout: Layout, field: Wanted) -> Array | None:
    """One field of all rows as numbers; None for text and for fields without a byte."""
    slot = field.slot
    kind, count = base_type(slot.base, slot.size)
    if slot.base == STRING or count == 0:
        return None
    shape = (len(rows),) if count == 1 else (len(rows), count)
    strides = (layout.size,) if count == 1 else (layout.size, kind.size)
    raw = np.ndarray(shape, dtype=layout.order + kind.code, buffer=rows, offset=slot.place, strides=strides)
    values = raw.astype(np.float64)
    missing = None if kind.invalid is None else raw == kind.invalid
    if slot.base == BYTE and missing is not None and count > 1:
        missing = missing.all(axis=1)  # bytes are invalid as a whole or not at all
    if field.scale is not None:
        values /= field.scale
    if field.offset is not None:
        values -= field.offset
    if missing is not None:
        values[missing] = np.nan
    return values


def _join(found: list[tuple[int, Array]], count: int, order: Places | None) -> Array:
    """The pieces of one column in the order of the file; NaN where a layout lacks it."""
    if order is None:
        return found[0][1]
    width = max(values.shape[1] if values.ndim > 1 else 1 for _, values in found)
    column = np.full((count, width), np.nan)
    for first, values in found:
        piece = values.reshape(len(values), -1)
        column[first : first + len(piece), : piece.shape[1]] = piece
    return column[order, 0] if width == 1 else column[order]
