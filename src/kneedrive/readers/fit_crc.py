"""CRC-16 of the FIT protocol over whole files at once.

The protocol defines it byte by byte. But it is the remainder of the bytes, read as a polynomial, by one of degree 16,
and modulo that polynomial x**32767 is 1: bits that stand a multiple of 32,767 places apart can be added (exclusive or)
before any division. Then 4,096 bytes remain of any file, and a table by position does the rest.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

Octets = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint16]

PERIOD = 32_767
"""Places after which a bit, or a byte, weighs the same: the order of x modulo the polynomial."""

_POLYNOMIAL = 0xA001  # x^16 + x^15 + x^2 + 1, lowest bit first
_ROW = 64
_HEADER = 14  # bytes, up to which the definition itself is quicker
_FIRST_OF_PLACE = np.arange(_ROW) * 256
_FOLDS = tuple((periods * PERIOD, (1 << periods * PERIOD) - 1) for periods in (4, 2, 1))


def crc16(octets: bytes | memoryview) -> int:
    """The CRC of these bytes; 0 for bytes that end in their own CRC (little-endian)."""
    by_position, (low, high), one = _tables()
    if len(octets) <= _HEADER:
        return _by_definition(octets, one)
    folded = _fold_bits(_fold_bytes(np.frombuffer(octets, dtype=np.uint8)))
    rows = _lengthen(folded, -len(folded) % _ROW).reshape(-1, _ROW)
    remainders = np.bitwise_xor.reduce(by_position[rows + _FIRST_OF_PLACE], axis=1)
    crc = 0
    for remainder in remainders.tolist():
        crc = low[crc & 0xFF] ^ high[crc >> 8] ^ remainder
    return crc


def _by_definition(octets: bytes | memoryview, one: list[int]) -> int:
    crc = 0
    for octet in octets:
        crc = (crc >> 8) ^ one[(crc ^ octet) & 0xFF]
    return crc


def _lengthen(octets: Octets, zeros: int) -> Octets:
    """Zeros in front do not change a CRC that starts at zero."""
    return np.concatenate([np.zeros(zeros, np.uint8), octets]) if zeros else octets


def _fold_bytes(octets: Octets) -> Octets:
    if len(octets) <= PERIOD:
        return octets
    head = len(octets) % PERIOD
    folded: Octets = np.bitwise_xor.reduce(octets[head:].reshape(-1, PERIOD), axis=0)
    if head:
        folded[-head:] ^= octets[:head]
    return folded


def _fold_bits(octets: Octets) -> Octets:
    if len(octets) <= PERIOD // 8:
        return octets
    # Eight periods of bits in one whole number; the bit of highest weight comes first, so it is the lowest.
    bits = int.from_bytes(_lengthen(octets, PERIOD - len(octets)).tobytes(), "little")
    for half, lower in _FOLDS:
        bits = (bits >> half) ^ (bits & lower)
    whole_bytes = bits << 1  # one zero bit in front makes 4,096 bytes of 32,767 bits
    return np.frombuffer(whole_bytes.to_bytes(PERIOD // 8 + 1, "little"), np.uint8)


@cache
def _tables() -> tuple[Words, tuple[list[int], list[int]], list[int]]:
    """What a byte adds to the CRC by its place in a row, at 256 * place + byte; what `_ROW` zeros make of a CRC;
    and the table of the definition, for one byte.

    A CRC after n zero bytes is the sum of what its low and its high byte become, so two small tables say it; applied
    to themselves they say it for 2n, and the tables of n places become those of 2n.
    """
    one: Words = np.arange(256, dtype=np.uint16)
    for _ in range(8):
        one = ((one >> 1) ^ np.where(one & 1, _POLYNOMIAL, 0)).astype(np.uint16)
    places, low, high = one[np.newaxis], one, np.arange(256, dtype=np.uint16)
    while len(places) < _ROW:
        places = np.concatenate([low[places & 0xFF] ^ high[places >> 8], places])
        low, high = low[low & 0xFF] ^ high[low >> 8], low[high & 0xFF] ^ high[high >> 8]
    return places.ravel(), (low.tolist(), high.tolist()), one.tolist()
