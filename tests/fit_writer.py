"""Writes FIT files for tests from raw messages, valid or deliberately odd; fit_activity.py makes them from an Activity.

Values are raw, as they stand in the file: scaled integers, None for "invalid", a tuple for an array, text or bytes.
`Message` is one message, `Table` many messages of one definition, by columns. `fit_bytes` makes a file of them:

    fit_bytes([Message(0, (Field(0, "enum", 4),)), Table(20, (Column(253, "uint32", times),))], endian=">")

Files are chained by adding bytes and cut by slicing them. Local message numbers are dealt out in order and reused after
sixteen definitions, so long lists of kinds redefine a number mid-file; `local=` chooses one to make that happen sooner.
"""

import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

EPOCH_S = 631_065_600  # 1989-12-31T00:00:00Z in Unix time
TIMESTAMP = 253


class Base(NamedTuple):
    """A FIT base type: its code in a definition, its struct letter, its invalid value."""

    code: int
    letter: str
    invalid: int | float


BASES = {
    "enum": Base(0x00, "B", 0xFF),
    "sint8": Base(0x01, "b", 0x7F),
    "uint8": Base(0x02, "B", 0xFF),
    "string": Base(0x07, "s", 0x00),
    "uint8z": Base(0x0A, "B", 0x00),
    "byte": Base(0x0D, "B", 0xFF),
    "sint16": Base(0x83, "h", 0x7FFF),
    "uint16": Base(0x84, "H", 0xFFFF),
    "sint32": Base(0x85, "i", 0x7FFF_FFFF),
    "uint32": Base(0x86, "I", 0xFFFF_FFFF),
    "float32": Base(0x88, "f", float("nan")),
    "float64": Base(0x89, "d", float("nan")),
    "uint16z": Base(0x8B, "H", 0x0000),
    "uint32z": Base(0x8C, "I", 0x0000_0000),
    "sint64": Base(0x8E, "q", 0x7FFF_FFFF_FFFF_FFFF),
    "uint64": Base(0x8F, "Q", 0xFFFF_FFFF_FFFF_FFFF),
}

Raw = int | float | str | bytes | tuple[int | float | None, ...] | None


class Field(NamedTuple):
    """One field of a message: number, base type by name, raw value."""

    number: int
    base: str
    value: Raw


class Developer(NamedTuple):
    """A developer field of a message; its description, where there is one, is a message 206 of its own."""

    number: int
    base: str
    value: Raw
    app: int = 0


class Message(NamedTuple):
    """One message. `seconds`: full FIT time of a compressed timestamp header (no field 253 then)."""

    number: int
    fields: Sequence[Field]
    developer: Sequence[Developer] = ()
    local: int | None = None
    seconds: int | None = None


class Column(NamedTuple):
    """One field of a table. `values` are raw, shape (rows,) or (rows, array length).

    `app` is the developer data index, None for a native field.
    """

    number: int
    base: str
    values: npt.NDArray[np.generic]
    app: int | None = None


class Table(NamedTuple):
    """Many messages of one definition. `seconds`: as in `Message`, one per row."""

    number: int
    columns: Sequence[Column]
    local: int | None = None
    seconds: npt.NDArray[np.int64] | None = None


def crc16(data: bytes) -> int:
    """The CRC of the FIT protocol, bit by bit as it is defined (polynomial 0xA001)."""
    table = [_crc_of_byte(byte) for byte in range(256)]
    crc = 0
    for byte in data:
        crc = (crc >> 8) ^ table[(crc ^ byte) & 0xFF]
    return crc


def fit_bytes(
    messages: Iterable[Message | Table],
    *,
    endian: str = "<",
    header: int = 14,
    crc: bool = True,
    size: int | None = None,
) -> bytes:
    """A FIT file of these messages.

    endian: "<" or ">" for all definitions. header: 12 or 14 bytes. crc: False writes a wrong file CRC. size: what the
    header says about the data, where that should not be the truth.
    """
    body = _Body(endian)
    data = b"".join(body.message(message) for message in messages)
    head = struct.pack("<BBHI4s", header, 0x20, 2140, len(data) if size is None else size, b".FIT")
    head += struct.pack("<H", crc16(head)) if header == 14 else b""
    return head + data + struct.pack("<H", crc16(head + data) ^ (0 if crc else 0x5A5A))


def _crc_of_byte(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ (0xA001 if byte & 1 else 0)
    return byte


class _Body:
    """Turns messages into bytes and remembers which definition each local number holds."""

    def __init__(self, endian: str) -> None:
        self.endian = endian
        self.defined: dict[int, bytes] = {}
        self.following = 0

    def message(self, message: Message | Table) -> bytes:
        """A message with the definition before it, where that is not yet in force."""
        if isinstance(message, Table):
            return self._table(message)
        native = [_encode(self.endian, field.base, field.value) for field in message.fields]
        developer = [_encode(self.endian, field.base, field.value) for field in message.developer]
        kind = self._kind(
            message.number,
            [(f.number, len(value), BASES[f.base].code) for f, value in zip(message.fields, native, strict=True)],
            [(f.number, len(value), f.app) for f, value in zip(message.developer, developer, strict=True)],
        )
        local, definition = self._define(kind, message.local, compressed=message.seconds is not None)
        first = local if message.seconds is None else 0x80 | local << 5 | message.seconds & 0x1F
        return definition + bytes([first]) + b"".join(native + developer)

    def _table(self, table: Table) -> bytes:
        dtype = np.dtype([("head", "u1")] + [(f"f{i}", *self._cell(column)) for i, column in enumerate(table.columns)])
        sized = [(column, dtype[f"f{i}"].itemsize) for i, column in enumerate(table.columns)]
        kind = self._kind(
            table.number,
            [(column.number, size, BASES[column.base].code) for column, size in sized if column.app is None],
            [(column.number, size, column.app) for column, size in sized if column.app is not None],
        )
        local, definition = self._define(kind, table.local, compressed=table.seconds is not None)
        rows = np.zeros(len(table.columns[0].values), dtype)
        rows["head"] = local if table.seconds is None else 0x80 | local << 5 | table.seconds & 0x1F
        for i, column in enumerate(table.columns):
            rows[f"f{i}"] = column.values
        return definition + rows.tobytes()

    def _cell(self, column: Column) -> tuple[str, tuple[int, ...]]:
        return self.endian + BASES[column.base].letter, column.values.shape[1:]

    def _kind(self, number: int, native: list[tuple[int, int, int]], developer: list[tuple[int, int, int]]) -> bytes:
        parts = [struct.pack(self.endian + "BBHB", 0, self.endian == ">", number, len(native))]
        parts += [bytes(triple) for triple in native]
        parts += [bytes([len(developer)]), *(bytes(triple) for triple in developer)] if developer else []
        return (b"\x60" if developer else b"\x40") + b"".join(parts)

    def _define(self, kind: bytes, wanted: int | None, *, compressed: bool) -> tuple[int, bytes]:
        for local, defined in self.defined.items():
            # A compressed timestamp header has two bits for the local number.
            if defined == kind and wanted in (None, local) and not (compressed and local > 3):
                return local, b""
        local = self.following % (4 if compressed else 16) if wanted is None else wanted
        self.following += wanted is None
        self.defined[local] = kind
        return local, bytes([kind[0] | local]) + kind[1:]


def _encode(endian: str, base: str, value: Raw) -> bytes:
    if isinstance(value, str):
        return value.encode() + b"\0"
    if isinstance(value, bytes):
        return value
    kind = BASES[base]
    values = value if isinstance(value, tuple) else (value,)
    return struct.pack(f"{endian}{len(values)}{kind.letter}", *(kind.invalid if v is None else v for v in values))
