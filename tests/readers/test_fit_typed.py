"""Fields of another type than the profile's, with values that only this type can hold. Warnings are errors here."""

import struct

import numpy as np
import pytest

from kneedrive.readers import motion
from kneedrive.readers.fit.profile import Field as Told
from kneedrive.recording import Activity, Array
from tests.fit_activity import describe
from tests.fit_writer import Developer, Field, Message, Raw, fit_bytes
from tests.readers.fit_cases import START, codes, file_id, only, records, run, session, timer
from tests.readers.fit_oracles import decode

MANY, FEW = 20, 5  # columns are read in another way where a layout has few messages
LATEST = 4_102_444_800 - 631_065_600  # 2100-01-01 in FIT seconds
# A type, and a time in it that is none: before 1989-12-31, or 2100 and later.
NO_TIME: list[tuple[str, Raw]] = [
    ("float64", 1e18),
    ("float64", 3e12),
    ("float64", -1.0),
    ("float64", float("inf")),
    ("float64", float("nan")),
    ("float64", struct.pack("<Q", 0x7FF0_0000_0000_0001)),  # a signalling NaN
    ("float32", 1e20),
    ("float32", struct.pack("<I", 0x7F80_0001)),
    ("sint64", 2**62),
    ("sint64", -(2**63)),
    ("uint64", 2**63 + 5),
    ("sint32", -5),
    ("uint32", LATEST),
    ("uint32", 0xFFFF_FFFE),
]
EXACT = ["uint32", "sint64", "uint64", "float64"]


def timed(base: str, times: list[Raw]) -> list[Message]:
    return [Message(20, (Field(253, base, time), Field(4, "uint8", 85))) for time in times]


@pytest.mark.parametrize("count", [FEW, MANY], ids=["few", "many"])
@pytest.mark.parametrize("base", EXACT)
def test_times_are_times_whatever_their_type(base: str, count: int) -> None:
    activity = only(fit_bytes((file_id(), *timed(base, [START + i for i in range(count)]))))

    assert activity.samples.time_s.tolist() == list(range(count))


@pytest.mark.parametrize("count", [FEW, MANY], ids=["few", "many"])
@pytest.mark.parametrize(("base", "wrong"), NO_TIME)
def test_what_is_no_date_of_a_recording_is_no_time(base: str, wrong: Raw, count: int) -> None:
    wrongly_timed = timed(base, [wrong] * count)

    alone = only(fit_bytes((file_id(), *wrongly_timed)))
    beside = only(fit_bytes((file_id(), records(30), session(elapsed_s=29.0), *wrongly_timed)))

    assert (alone.records, len(alone.samples.time_s)) == (count, 0)
    assert "time_invalid" in codes(alone)
    assert beside.samples.time_s.tolist() == list(range(30))
    assert [note.text for note in beside.notes] == [f"{count} records without a valid time were left out"]


def test_the_last_second_of_2099_is_a_time_and_the_first_of_2100_is_none() -> None:
    activity = only(fit_bytes((file_id(), *timed("uint32", [LATEST - 2, LATEST - 1, LATEST]))))

    assert activity.started_at.year == 2099
    assert activity.samples.time_s.tolist() == [0, 1]


def test_a_compressed_time_counts_on_from_the_last_date() -> None:
    messages = [
        Message(20, (Field(253, "uint32", START), Field(3, "uint8", 1)), local=0),
        Message(20, (Field(253, "float64", 1e18), Field(3, "uint8", 1)), local=1),
        Message(20, (Field(3, "uint8", 1),), local=2, seconds=START + 3),
    ]

    assert only(fit_bytes((file_id(), *messages))).samples.time_s.tolist() == [0, 3]


@pytest.mark.parametrize("field", [253, 2], ids=["end", "start"])
@pytest.mark.parametrize(("base", "wrong"), NO_TIME)
def test_a_wrong_time_of_a_session_or_lap_is_as_none(base: str, wrong: Raw, field: int) -> None:
    whole = {253: Field(253, "uint32", START + 19), 2: Field(2, "uint32", START)}
    told = [*({**whole, field: Field(field, base, wrong)}.values()), Field(7, "uint32", 19_000), Field(5, "enum", 1)]
    without = [kept for number, kept in whole.items() if number != field] + told[2:]

    def read_with(fields: list[Field]) -> Activity:
        lap = [each for each in fields if each.number != 5]
        return only(run(records(), Message(18, fields), Message(19, lap)))

    assert read_with(told).replace(id="", samples=None) == read_with(without).replace(id="", samples=None)
    assert read_with(told).samples.time_s.tolist() == list(range(20))


@pytest.mark.parametrize(("base", "wrong"), NO_TIME)
def test_a_wrong_time_of_an_event_is_no_pause(base: str, wrong: Raw) -> None:
    stop = Message(21, (Field(253, base, wrong), Field(0, "enum", 0), Field(1, "enum", 4)))

    assert only(run(records(), stop, timer(9, 0), session())).pauses == ()


@pytest.mark.parametrize("field", [253, 5], ids=["UTC", "local"])
@pytest.mark.parametrize(("base", "wrong"), NO_TIME)
def test_a_wrong_local_time_tells_no_zone(base: str, wrong: Raw, field: int) -> None:
    told = {253: Field(253, "uint32", START), 5: Field(5, "uint32", START + 7200)}

    assert only(run(records(), session(), Message(34, tuple(told.values())))).utc_offset_s == 7200
    told[field] = Field(field, base, wrong)
    assert only(run(records(), session(), Message(34, tuple(told.values())))).utc_offset_s is None


# What no sensor measures, as each type that can say it writes it.
ABSURD: list[tuple[str, Raw]] = [
    ("float64", 1e300),
    ("float64", -1e300),
    ("float64", float("inf")),
    ("float64", struct.pack("<Q", 0x7FF0_0000_0000_0001)),
    ("float32", 3e38),
    ("float32", float("-inf")),
    ("float32", struct.pack("<I", 0x7F80_0001)),
    ("sint64", -(2**63)),
    ("uint64", 2**64 - 2),
]


@pytest.mark.parametrize("count", [FEW, MANY], ids=["few", "many"])
@pytest.mark.parametrize("field", [Told(200, "plain"), Told(200, "plain", 100), Told(200, "plain", 5, 500)])
@pytest.mark.parametrize(("base", "wrong"), ABSURD)
def test_a_value_larger_than_anything_is_not_measured(base: str, wrong: Raw, field: Told, count: int) -> None:
    messages = [Message(20, (Field(200, base, value),)) for value in (wrong, 7) for _ in range(count)]
    (columns,) = decode(fit_bytes(messages), (field,))
    seven = 7 / (field.scale or 1) - (field.offset or 0)

    np.testing.assert_allclose(columns.values["plain"], [np.nan] * count + [seven] * count)


@pytest.mark.parametrize("count", [FEW, MANY], ids=["few", "many"])
def test_a_value_too_small_to_divide_by_is_zero(count: int) -> None:
    messages = [Message(20, (Field(200, "float64", 1e-320),))] * count + [Message(20, (Field(200, "float64", 1e-3),))]
    (columns,) = decode(fit_bytes(messages), (Told(200, "plain"),))

    assert columns.values["plain"].tolist() == [0] * count + [1e-3]


def test_numbers_that_can_be_reckoned_with_stay_as_they_are() -> None:
    values: Array = np.array([0.0, -3.5, 1e11, 2e-12, np.nan])

    np.testing.assert_array_equal(motion.reckonable(values), values)
    np.testing.assert_array_equal(motion.reckonable(np.array([np.inf, -1e12, 1e-13])), [np.nan, np.nan, 0])


@pytest.mark.parametrize(("base", "wrong"), ABSURD)
@pytest.mark.parametrize("number", [5, 6, 7, 8, 9, 14, 18, 92], ids=str)
def test_an_absurd_value_of_a_session_is_as_none(base: str, wrong: Raw, number: int) -> None:
    fields = [field for field in session().fields if field.number != number]

    odd = only(run(records(), Message(18, (*fields, Field(number, base, wrong)))))

    plain = only(run(records(), Message(18, fields)))
    assert odd.replace(id="", samples=None) == plain.replace(id="", samples=None)


@pytest.mark.parametrize(("base", "wrong"), ABSURD)
def test_an_absurd_value_of_a_device_is_as_none(base: str, wrong: Raw) -> None:
    fields = (Field(0, "uint8", 1), Field(1, "uint8", 120), Field(2, "uint16", 1))

    odd = only(run(Message(23, (*fields, Field(4, base, wrong), Field(5, base, wrong))), records(), session()))

    assert odd.sensors == only(run(Message(23, fields), records(), session())).sensors


@pytest.mark.parametrize("elapsed_ms", [-5_000, 10**11], ids=["negative", "years"])
def test_totals_without_records_are_those_of_a_run_or_none(elapsed_ms: int) -> None:
    told = (Field(2, "uint32", START), Field(5, "enum", 1), Field(7, "sint64", elapsed_ms), Field(9, "sint64", -100))
    activity = only(run(Message(18, told)))

    assert (activity.elapsed_s, activity.duration_s, activity.distance_m) == (0, 0, None)


def test_negative_averages_and_lap_distances_are_none() -> None:
    lap = Message(19, (Field(2, "uint32", START), Field(9, "sint32", -100)))
    activity = only(run(records(), session(START, 19.0, 1, Field(14, "sint16", -3000), Field(9, "sint32", -1)), lap))

    assert (activity.averages, activity.distance_m) == ({}, None)
    assert [each.distance_m for each in activity.laps] == [None]


@pytest.mark.parametrize("count", [FEW, MANY], ids=["few", "many"])
@pytest.mark.parametrize(("base", "wrong"), ABSURD)
@pytest.mark.parametrize("told", [None, 1e-320, float("inf"), 1e300], ids=str)
def test_an_apps_field_holds_nothing_absurd(base: str, wrong: Raw, told: float | None, count: int) -> None:
    described = describe(0, 0, base, "Power", "Watts")
    if told is not None:
        described = described._replace(fields=(*described.fields, Field(6, "float64", told)))
    name = describe(0, 1, "uint16", "Ground Time", "Milliseconds")
    values = [wrong] * count + [250] * count
    rows = [
        Message(20, (Field(253, "uint32", START + i),), (Developer(0, base, value),)) for i, value in enumerate(values)
    ]

    watts = only(run(name, described, *rows)).alternatives["stryd"].power_w
    assert watts is not None
    np.testing.assert_array_equal(watts, [np.nan] * count + [250.0] * count)


def test_packed_speed_of_another_type_than_bytes_is_not_measured() -> None:
    packed = [(300.0, -1.0, 1e300), (1.0, 2.0, 3.0)]
    rows = [Message(20, (Field(253, "uint32", START + i), Field(8, "float64", raw))) for i, raw in enumerate(packed)]

    speed = only(run(*rows)).samples.speed_mps
    assert speed is not None
    np.testing.assert_array_equal(speed, [np.nan, (1 | 2 << 8) / 100])


def test_an_array_widens_no_other_field_of_the_file() -> None:
    """A record of 255 values among a million of one would need two gigabytes."""
    wide = Message(20, (Field(200, "uint8", tuple(range(1, 255))),))
    narrow = [Message(20, (Field(200, "uint8", 7),))] * MANY
    (columns,) = decode(fit_bytes([wide, *narrow]), (Told(200, "plain"),))

    assert columns.values["plain"].tolist() == [1.0] + [7.0] * MANY
