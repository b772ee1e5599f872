"""The CRC of whole files at once, against the definition byte by byte."""

import numpy as np
import pytest

from kneedrive.readers.fit.wire import PERIOD, crc16
from tests.fit_writer import crc16 as by_definition

LENGTHS = (0, 1, 2, 12, 63, 64, 65, 4095, 4096, PERIOD - 1, PERIOD, PERIOD + 1, 2 * PERIOD, 100_003)


def noise(length: int) -> bytes:
    return np.random.default_rng(length).bytes(length)


def test_the_published_check_value_comes_out() -> None:
    """0xBB3D is the catalogued check of CRC-16/ARC over the nine digits."""
    assert crc16(b"123456789") == 0xBB3D


@pytest.mark.parametrize("length", LENGTHS)
def test_it_equals_the_definition_at_every_kind_of_length(length: int) -> None:
    assert crc16(noise(length)) == by_definition(noise(length))


@pytest.mark.parametrize("length", LENGTHS)
def test_bytes_that_end_in_their_own_crc_give_zero(length: int) -> None:
    body = noise(length)

    assert crc16(body + crc16(body).to_bytes(2, "little")) == 0


@pytest.mark.parametrize("place", [0, 1, PERIOD - 1, PERIOD, 70_000, 99_999])
def test_one_changed_bit_is_seen_wherever_it_is(place: int) -> None:
    body = bytearray(noise(100_000))
    before = crc16(bytes(body))
    body[place] ^= 0x10

    assert crc16(bytes(body)) != before


def test_zeros_in_front_change_nothing() -> None:
    assert crc16(bytes(PERIOD) + b"knee") == crc16(b"knee")


def test_a_memoryview_is_as_good_as_bytes() -> None:
    assert crc16(memoryview(b"xx123456789")[2:]) == 0xBB3D
