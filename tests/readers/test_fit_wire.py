"""The bytes of a FIT file: where its messages start, and its checksum."""

import struct

import numpy as np
import pytest

from kneedrive.errors import Malformed
from kneedrive.readers.fit.wire import PERIOD, Part, crc16, parts
from tests.fit_writer import Column, Field, Message, Table, fit_bytes
from tests.fit_writer import crc16 as by_definition
from tests.readers.fit_cases import file_id, records, run, session

# Headers, chains, definitions: where messages start, and what a broken file is forgiven.


def walk(octets: bytes) -> Part:
    (part,) = parts(octets)
    return part


def count(part: Part, message: int) -> int:
    return sum(len(layout.starts) for layout in part.of(message))


def problems(part: Part) -> list[str]:
    return [note.code for note in (*part.notes, part.damage) if note is not None]


def test_a_good_file_has_no_problems() -> None:
    part = walk(run())

    assert problems(part) == []
    assert (count(part, 0), count(part, 20), count(part, 18)) == (1, 20, 1)


@pytest.mark.parametrize("header", [12, 14])
@pytest.mark.parametrize("endian", ["<", ">"])
def test_both_headers_and_both_byte_orders_are_read(header: int, endian: str) -> None:
    part = walk(fit_bytes((file_id(), records()), header=header, endian=endian))

    assert (count(part, 20), problems(part)) == (20, [])


def test_starts_are_where_the_header_bytes_of_the_messages_are() -> None:
    octets = fit_bytes([Message(20, (Field(4, "uint8", value),)) for value in (80, 81, 82)])
    (layout,) = walk(octets).of(20)

    assert [octets[start + 1] for start in layout.starts] == [80, 81, 82]


@pytest.mark.parametrize("length", [12, 13])
def test_a_file_that_ends_in_its_header_is_noted_there(length: int) -> None:
    part = walk(run()[:length])

    assert part.damage is not None
    assert (part.damage.code, part.damage.offset) == ("truncated", length)


@pytest.mark.parametrize("octets", [b"", b"\x0e", b"GIF89a" * 9, b"\x0e\x20\0\0\0\0\0\0.FIR" + bytes(9)])
def test_bytes_without_the_mark_of_fit_are_refused(octets: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        list(parts(octets))

    assert caught.value.offset == 0


def test_an_impossible_header_size_is_refused() -> None:
    with pytest.raises(Malformed):
        list(parts(b"\x04" + run()[1:]))


def test_chained_files_are_parts_of_their_own() -> None:
    found = list(parts(run() + fit_bytes((file_id(2),)) + run()))

    assert [count(part, 20) for part in found] == [20, 0, 20]
    assert [problems(part) for part in found] == [[], [], []]


def test_definitions_do_not_outlive_their_file() -> None:
    """The second file sends a message whose definition only the first one has."""
    first = fit_bytes((Message(20, (Field(4, "uint8", 80),), local=3),))
    body = bytes([3, 90])
    head = struct.pack("<BBHI4s", 12, 0x20, 2140, len(body), b".FIT")
    second = head + body + struct.pack("<H", by_definition(head + body))

    assert problems(list(parts(first + second))[1]) == ["damaged"]


def test_bytes_after_the_end_are_noted_with_their_place() -> None:
    octets = run()
    (note,) = walk(octets + b"junk").notes

    assert (note.code, note.offset) == ("trailing_bytes", len(octets))


def test_a_wrong_checksum_is_a_note() -> None:
    octets = fit_bytes((file_id(), records()), crc=False)
    (note,) = walk(octets).notes

    assert (note.code, note.offset) == ("crc", len(octets) - 2)


@pytest.mark.parametrize("missing", [1, 2])
def test_a_missing_checksum_is_a_note(missing: int) -> None:
    assert problems(walk(run()[:-missing])) == ["crc_missing"]


def test_a_wrong_header_checksum_is_a_note() -> None:
    octets = bytearray(run())
    octets[12] ^= 1
    whole = bytes(octets[:-2]) + struct.pack("<H", by_definition(bytes(octets[:-2])))

    assert problems(walk(whole)) == ["header_crc"]


def test_a_header_checksum_of_zero_was_never_computed() -> None:
    octets = bytearray(run())
    octets[12:14] = b"\0\0"
    whole = bytes(octets[:-2]) + struct.pack("<H", by_definition(bytes(octets[:-2])))

    assert problems(walk(whole)) == []


def test_a_recording_that_was_never_closed_is_read_to_its_end() -> None:
    part = walk(fit_bytes((file_id(), records(30)), size=0)[:-2])

    assert (count(part, 20), problems(part)) == (30, ["unterminated"])


def test_a_cut_message_is_left_out_and_its_place_noted() -> None:
    octets = fit_bytes((file_id(), records(30)))[:-4]
    part = walk(octets)

    assert count(part, 20) == 29
    assert part.damage is not None
    assert (part.damage.code, part.damage.offset) == ("truncated", len(octets) - 4)


def test_a_cut_between_messages_is_noted() -> None:
    octets = fit_bytes((file_id(), records(30)))[:-2]

    assert count(walk(octets[:-6]), 20) == 29
    assert problems(walk(octets[:-6])) == ["truncated"]


def test_a_cut_definition_is_noted_at_its_start() -> None:
    octets = fit_bytes((file_id(),))[:-2]
    cut = octets + b"\x41\x00\x00\x14\x00\x05\xfd"
    part = walk(cut)

    assert part.damage is None  # the header ends before it
    part = walk(cut[:4] + struct.pack("<I", len(cut)) + cut[8:])
    assert part.damage is not None
    assert (part.damage.code, part.damage.offset) == ("truncated", len(octets))


def test_a_message_of_an_undefined_kind_stops_the_walk_there() -> None:
    good = fit_bytes((file_id(), records(5)))[:-2]
    octets = good[:4] + struct.pack("<I", len(good) - 14 + 3) + good[8:] + b"\x0b\x01\x02"
    part = walk(octets)

    assert count(part, 20) == 5
    assert part.damage is not None
    assert (part.damage.code, part.damage.offset) == ("damaged", len(good))


def test_a_definition_that_comes_again_shares_its_layout() -> None:
    short, long = (Field(4, "uint8", 80),), (Field(4, "uint8", 80), Field(3, "uint8", 150))
    part = walk(fit_bytes([Message(20, fields, local=0) for fields in (short, long, short, long)]))

    assert [len(layout.starts) for layout in part.of(20)] == [2, 2]


def test_a_local_number_may_change_its_meaning_mid_file() -> None:
    messages = [
        Message(20, (Field(4, "uint8", 80),), local=2),
        session(),
        Message(20, (Field(3, "uint8", 1),), local=2),
    ]
    part = walk(fit_bytes(messages))

    assert [sorted(layout.native()) for layout in part.of(20)] == [[4], [3]]


def test_reserved_bits_in_a_header_byte_are_ignored() -> None:
    octets = bytearray(fit_bytes([Message(20, (Field(4, "uint8", value),), local=1) for value in range(80, 90)]))
    (layout,) = walk(bytes(octets)).of(20)
    for start in layout.starts[3:6]:
        octets[start] |= 0x20

    assert count(walk(bytes(octets)), 20) == 10


def test_a_compressed_header_names_one_of_four_kinds() -> None:
    """After local message 1 was redefined, its compressed headers follow too."""
    rows = [
        Message(20, (Field(4, "uint8", 80),), local=1, seconds=7),
        Message(20, (Field(4, "uint8", 80), Field(3, "uint8", 150)), local=1, seconds=8),
        Message(20, (Field(4, "uint8", 80), Field(3, "uint8", 150)), local=1, seconds=9),
    ]
    part = walk(fit_bytes(rows))

    assert [len(layout.starts) for layout in part.of(20)] == [1, 2]


def test_a_message_of_nothing_but_its_header_is_counted() -> None:
    part = walk(fit_bytes([Message(20, (), local=0, seconds=second) for second in range(5)]))

    assert count(part, 20) == 5


def test_unknown_messages_are_stepped_over() -> None:
    odd = Table(65_280, (Column(0, "uint32", np.arange(7, dtype=np.uint32)),))
    part = walk(fit_bytes((file_id(), odd, records(), odd)))

    assert (count(part, 65_280), count(part, 20)) == (14, 20)


# The CRC of whole files at once, against the definition byte by byte.


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
