"""Columns: types, invalid values, scales, byte orders, arrays, definitions that change, compressed times."""

import numpy as np
import pytest

from kneedrive.readers.fit.profile import RECORD_FIELDS, Field
from tests.fit_writer import BASES, TIMESTAMP, Column, Message, Table, fit_bytes
from tests.fit_writer import Field as Raw
from tests.readers.fit_cases import START, column, records, run
from tests.readers.fit_oracles import decode

PLAIN = (Field(200, "plain", width=3),)
MANY = 20  # beyond what is read one by one


def values(octets: bytes, name: str = "plain", fields: tuple[Field, ...] = PLAIN) -> list[float]:
    (columns,) = decode(octets, fields)
    return columns.values[name].tolist()


@pytest.mark.parametrize("endian", ["<", ">"])
@pytest.mark.parametrize("count", [3, MANY], ids=["few", "many"])
@pytest.mark.parametrize("base", [base for base in BASES if base not in ("string", "byte")])
def test_a_type_gives_its_numbers_and_nan_for_its_invalid_value(base: str, count: int, endian: str) -> None:
    raws = [*range(1, count), None]
    messages = [Message(20, (Raw(9, "uint8", 0), Raw(200, base, raw))) for raw in raws]

    assert values(fit_bytes(messages, endian=endian)) == pytest.approx([*range(1, count), np.nan], nan_ok=True)


@pytest.mark.parametrize(("base", "low"), [("sint8", -128), ("sint16", -32768), ("sint32", -(2**31))])
def test_negative_numbers_stay_negative(base: str, low: int) -> None:
    messages = [Message(20, (Raw(200, base, low),))] * MANY

    assert values(fit_bytes(messages)) == [low] * MANY


@pytest.mark.parametrize("count", [3, MANY], ids=["few", "many"])
def test_scale_and_offset_are_applied_as_the_profile_says(count: int) -> None:
    octets = run(records(count, column(2, "uint16", [2501 + i for i in range(count)])))

    assert values(octets, "altitude", RECORD_FIELDS) == [(2501 + i) / 5 - 500 for i in range(count)]


def test_nothing_is_converted_that_is_not_asked_for() -> None:
    (columns,) = decode(run(records()), (Field(3, "heart_rate"),))

    assert columns.values.keys() == {"timestamp"}


def test_a_field_that_only_some_definitions_have_is_nan_elsewhere_in_file_order() -> None:
    messages = [
        Message(20, (Raw(200, "uint8", i),) if i % 3 else (Raw(9, "uint8", 0), Raw(8, "byte", 5))) for i in range(30)
    ]
    expected = [float(i) if i % 3 else np.nan for i in range(30)]

    assert values(fit_bytes(messages)) == pytest.approx(expected, nan_ok=True)


def test_a_type_may_change_between_definitions() -> None:
    messages = [Message(20, (Raw(200, ("uint8", "uint32")[i % 2], i),)) for i in range(30)]

    assert values(fit_bytes(messages)) == list(range(30))


@pytest.mark.parametrize("count", [2, MANY], ids=["few", "many"])
def test_an_array_is_as_wide_as_its_longest(count: int) -> None:
    messages = [Message(20, (Raw(200, "uint16", (1, 2, None)),))] * count
    messages += [Message(20, (Raw(200, "uint16", (7,)),))] * count
    (columns,) = decode(fit_bytes(messages), PLAIN)

    assert columns.values["plain"].shape == (2 * count, 3)
    np.testing.assert_array_equal(columns.values["plain"][0], [1, 2, np.nan])
    np.testing.assert_array_equal(columns.values["plain"][-1], [7, np.nan, np.nan])


def test_bytes_are_invalid_all_or_none() -> None:
    messages = [Message(20, (Raw(200, "byte", raw),)) for raw in [b"\xff\x01\xff", b"\xff\xff\xff"] * MANY]
    (columns,) = decode(fit_bytes(messages), PLAIN)

    np.testing.assert_array_equal(columns.values["plain"][:2], [[255, 1, 255], [np.nan] * 3])


@pytest.mark.parametrize("count", [2, MANY], ids=["few", "many"])
def test_text_where_a_number_is_wanted_is_no_column(count: int) -> None:
    (columns,) = decode(fit_bytes([Message(20, (Raw(200, "string", "fast"),))] * count), PLAIN)

    assert "plain" not in columns.values


def test_a_field_without_a_byte_is_no_column() -> None:
    (columns,) = decode(fit_bytes([Message(20, (Raw(9, "uint8", 1), Raw(200, "uint8", ())))] * MANY), PLAIN)

    assert "plain" not in columns.values


def test_the_first_of_two_fields_with_one_number_counts() -> None:
    messages = [Message(20, (Raw(200, "uint8", 5), Raw(200, "uint8", 6)))] * MANY

    assert values(fit_bytes(messages)) == [5] * MANY


def test_a_file_without_records_has_columns_of_length_zero() -> None:
    (columns,) = decode(fit_bytes(()), RECORD_FIELDS)

    assert columns.values["timestamp"].tolist() == []


class TestCompressedTimes:
    """Five bits of time in the header byte, to be completed from what came before."""

    def times(self, *items: Message | Table) -> list[float]:
        return values(fit_bytes(items), "timestamp", RECORD_FIELDS)

    def row(self, second: int, local: int = 0) -> Message:
        return Message(20, (Raw(4, "uint8", 80),), local=local, seconds=second)

    def full(self, second: int, kind: int = 21) -> Message:
        return Message(kind, (Raw(TIMESTAMP, "uint32", second),), local=3)

    def test_steps_add_up_over_many_wraps(self) -> None:
        seconds = START + np.cumsum(np.random.default_rng(1).integers(0, 32, 200))
        found = self.times(self.full(START), *(self.row(int(second)) for second in seconds))

        assert found == seconds.tolist()

    def test_a_full_time_of_any_message_starts_anew(self) -> None:
        later = START + 1000

        assert self.times(self.full(START), self.row(START + 5), self.full(later), self.row(later + 40)) == [
            START + 5,
            later + 8,  # 40 s do not fit into five bits
        ]

    def test_full_and_compressed_times_of_records_mix(self) -> None:
        found = self.times(self.full(START, 20), self.row(START + 3), self.full(START + 9, 20), self.row(START + 9))

        assert found == [START, START + 3, START + 9, START + 9]

    def test_an_invalid_full_time_starts_nothing(self) -> None:
        broken = Message(21, (Raw(TIMESTAMP, "uint32", None),), local=3)

        assert self.times(self.full(START), self.row(START + 3), broken, self.row(START + 4)) == [START + 3, START + 4]

    def test_without_any_full_time_there_is_none(self) -> None:
        assert np.isnan(self.times(self.row(START), self.row(START + 1))).all()

    def test_records_of_several_kinds_share_the_clock(self) -> None:
        rows = [
            Message(
                20, (Raw(4, "uint8", 80), *([Raw(3, "uint8", 150)] if i % 2 else [])), local=i % 2, seconds=START + i
            )
            for i in range(100)
        ]

        assert self.times(self.full(START), *rows) == [START + i for i in range(100)]


def test_a_table_of_the_writer_is_read_back() -> None:
    speeds = np.arange(1000, 1000 + 500, dtype=np.uint16)
    (columns,) = decode(run(records(500, Column(6, "uint16", speeds))))

    np.testing.assert_array_equal(columns.values["speed"], speeds / 1000)
