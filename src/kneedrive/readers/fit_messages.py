"""Few messages of one kind as values: session, lap, event, device_info. `struct`, since numpy costs more per field."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from kneedrive.readers.fit_layouts import Layout, Slot
from kneedrive.readers.fit_profile import MESSAGE_FIELDS, TIME_END, TIMES
from kneedrive.readers.fit_types import BYTE, STRING, base_type
from kneedrive.readers.fit_walk import Part
from kneedrive.readers.motion import LARGEST, SMALLEST

Value = float | int | str | tuple[float | int | None, ...]


class Message(NamedTuple):
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
        yield Message(start, values)


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
