"""The base types of FIT: how wide, read how, and which value says "nothing measured"."""

from __future__ import annotations

from typing import NamedTuple


class BaseType(NamedTuple):
    """letter: of struct; code: of numpy, without byte order; invalid: None where NaN says it already."""

    letter: str
    code: str
    size: int
    invalid: int | None

    @property
    def unbounded(self) -> bool:
        """Whether it holds values beyond all that is measured: floats, and whole numbers of 64 bits."""
        return self.invalid is None or self.size == 8


STRING = 0x07
BYTE = 0x0D

BASE_TYPES = {
    0x00: BaseType("B", "u1", 1, 0xFF),
    0x01: BaseType("b", "i1", 1, 0x7F),
    0x02: BaseType("B", "u1", 1, 0xFF),
    0x83: BaseType("h", "i2", 2, 0x7FFF),
    0x84: BaseType("H", "u2", 2, 0xFFFF),
    0x85: BaseType("i", "i4", 4, 0x7FFF_FFFF),
    0x86: BaseType("I", "u4", 4, 0xFFFF_FFFF),
    STRING: BaseType("s", "S", 1, None),
    0x88: BaseType("f", "f4", 4, None),
    0x89: BaseType("d", "f8", 8, None),
    0x0A: BaseType("B", "u1", 1, 0),
    0x8B: BaseType("H", "u2", 2, 0),
    0x8C: BaseType("I", "u4", 4, 0),
    BYTE: BaseType("B", "u1", 1, 0xFF),
    0x8E: BaseType("q", "i8", 8, 0x7FFF_FFFF_FFFF_FFFF),
    0x8F: BaseType("Q", "u8", 8, 0xFFFF_FFFF_FFFF_FFFF),
    0x90: BaseType("Q", "u8", 8, 0),
}


def base_type(number: int, size: int) -> tuple[BaseType, int]:
    """The type of a field of `size` bytes and how many values it holds.

    An unknown type, or a size that its type does not divide, is read as plain bytes: there is nothing better to say.
    """
    kind = BASE_TYPES.get(number, BASE_TYPES[BYTE])
    if size % kind.size:
        kind = BASE_TYPES[BYTE]
    return kind, size // kind.size
