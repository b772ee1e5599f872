"""FIT messages as columns, and columns as samples."""

from typing import cast

import numpy as np
import pytest

from kneedrive.readers.fit.fields import samples
from kneedrive.readers.fit.profile import COROS, GARMIN, RECORD_FIELDS, STRYD
from kneedrive.readers.fit.profile import Field as Wanted
from kneedrive.recording import Array
from tests.fit_activity import describe
from tests.fit_writer import BASES, TIMESTAMP, Column, Developer, Field, Message, Table, fit_bytes
from tests.readers.fit_cases import START, codes, column, file_id, only, records, run, session
from tests.readers.fit_oracles import decode

# Columns: types, invalid values, scales, byte orders, arrays, definitions that change, compressed times.


PLAIN = (Wanted(200, "plain", width=3),)
MANY = 20  # beyond what is read one by one


def values(octets: bytes, name: str = "plain", fields: tuple[Wanted, ...] = PLAIN) -> list[float]:
    (columns,) = decode(octets, fields)
    return columns.values[name].tolist()


@pytest.mark.parametrize("endian", ["<", ">"])
@pytest.mark.parametrize("count", [3, MANY], ids=["few", "many"])
@pytest.mark.parametrize("base", [base for base in BASES if base not in ("string", "byte")])
def test_a_type_gives_its_numbers_and_nan_for_its_invalid_value(base: str, count: int, endian: str) -> None:
    raws = [*range(1, count), None]
    messages = [Message(20, (Field(9, "uint8", 0), Field(200, base, raw))) for raw in raws]

    assert values(fit_bytes(messages, endian=endian)) == pytest.approx([*range(1, count), np.nan], nan_ok=True)


@pytest.mark.parametrize(("base", "low"), [("sint8", -128), ("sint16", -32768), ("sint32", -(2**31))])
def test_negative_numbers_stay_negative(base: str, low: int) -> None:
    messages = [Message(20, (Field(200, base, low),))] * MANY

    assert values(fit_bytes(messages)) == [low] * MANY


@pytest.mark.parametrize("count", [3, MANY], ids=["few", "many"])
def test_scale_and_offset_are_applied_as_the_profile_says(count: int) -> None:
    octets = run(records(count, column(2, "uint16", [2501 + i for i in range(count)])))

    assert values(octets, "altitude", RECORD_FIELDS) == [(2501 + i) / 5 - 500 for i in range(count)]


def test_nothing_is_converted_that_is_not_asked_for() -> None:
    (columns,) = decode(run(records()), (Wanted(3, "heart_rate"),))

    assert columns.values.keys() == {"timestamp"}


def test_a_field_that_only_some_definitions_have_is_nan_elsewhere_in_file_order() -> None:
    messages = [
        Message(20, (Field(200, "uint8", i),) if i % 3 else (Field(9, "uint8", 0), Field(8, "byte", 5)))
        for i in range(30)
    ]
    expected = [float(i) if i % 3 else np.nan for i in range(30)]

    assert values(fit_bytes(messages)) == pytest.approx(expected, nan_ok=True)


def test_a_type_may_change_between_definitions() -> None:
    messages = [Message(20, (Field(200, ("uint8", "uint32")[i % 2], i),)) for i in range(30)]

    assert values(fit_bytes(messages)) == list(range(30))


@pytest.mark.parametrize("count", [2, MANY], ids=["few", "many"])
def test_an_array_is_as_wide_as_its_longest(count: int) -> None:
    messages = [Message(20, (Field(200, "uint16", (1, 2, None)),))] * count
    messages += [Message(20, (Field(200, "uint16", (7,)),))] * count
    (columns,) = decode(fit_bytes(messages), PLAIN)

    assert columns.values["plain"].shape == (2 * count, 3)
    np.testing.assert_array_equal(columns.values["plain"][0], [1, 2, np.nan])
    np.testing.assert_array_equal(columns.values["plain"][-1], [7, np.nan, np.nan])


def test_bytes_are_invalid_all_or_none() -> None:
    messages = [Message(20, (Field(200, "byte", raw),)) for raw in [b"\xff\x01\xff", b"\xff\xff\xff"] * MANY]
    (columns,) = decode(fit_bytes(messages), PLAIN)

    np.testing.assert_array_equal(columns.values["plain"][:2], [[255, 1, 255], [np.nan] * 3])


@pytest.mark.parametrize("count", [2, MANY], ids=["few", "many"])
def test_text_where_a_number_is_wanted_is_no_column(count: int) -> None:
    (columns,) = decode(fit_bytes([Message(20, (Field(200, "string", "fast"),))] * count), PLAIN)

    assert "plain" not in columns.values


def test_a_field_without_a_byte_is_no_column() -> None:
    (columns,) = decode(fit_bytes([Message(20, (Field(9, "uint8", 1), Field(200, "uint8", ())))] * MANY), PLAIN)

    assert "plain" not in columns.values


def test_the_first_of_two_fields_with_one_number_counts() -> None:
    messages = [Message(20, (Field(200, "uint8", 5), Field(200, "uint8", 6)))] * MANY

    assert values(fit_bytes(messages)) == [5] * MANY


def test_a_file_without_records_has_columns_of_length_zero() -> None:
    (columns,) = decode(fit_bytes(()), RECORD_FIELDS)

    assert columns.values["timestamp"].tolist() == []


class TestCompressedTimes:
    """Five bits of time in the header byte, to be completed from what came before."""

    def times(self, *items: Message | Table) -> list[float]:
        return values(fit_bytes(items), "timestamp", RECORD_FIELDS)

    def row(self, second: int, local: int = 0) -> Message:
        return Message(20, (Field(4, "uint8", 80),), local=local, seconds=second)

    def full(self, second: int, kind: int = 21) -> Message:
        return Message(kind, (Field(TIMESTAMP, "uint32", second),), local=3)

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
        broken = Message(21, (Field(TIMESTAMP, "uint32", None),), local=3)

        assert self.times(self.full(START), self.row(START + 3), broken, self.row(START + 4)) == [START + 3, START + 4]

    def test_without_any_full_time_there_is_none(self) -> None:
        assert np.isnan(self.times(self.row(START), self.row(START + 1))).all()

    def test_records_of_several_kinds_share_the_clock(self) -> None:
        rows = [
            Message(
                20,
                (Field(4, "uint8", 80), *([Field(3, "uint8", 150)] if i % 2 else [])),
                local=i % 2,
                seconds=START + i,
            )
            for i in range(100)
        ]

        assert self.times(self.full(START), *rows) == [START + i for i in range(100)]


def test_a_table_of_the_writer_is_read_back() -> None:
    speeds = np.arange(1000, 1000 + 500, dtype=np.uint16)
    (columns,) = decode(run(records(500, Column(6, "uint16", speeds))))

    np.testing.assert_array_equal(columns.values["speed"], speeds / 1000)


# Columns to samples: units, which field wins, what zero means, what is computed.


TIME_S = np.arange(5.0)
NAN = np.nan


Columns = dict[str, list[float]]


def read(columns: Columns, sport: str = "running", maker: int | None = GARMIN) -> Columns:
    arrays = {name: np.array(values, dtype=np.float64) for name, values in columns.items()}
    found, _ = samples(TIME_S, arrays, maker_id=maker, sport=sport)
    return {name: values.tolist() for name, values in found.present().items()}


def five(value: float) -> list[float]:
    return [value] * 5


@pytest.mark.parametrize(
    ("field", "value", "channel", "expected"),
    [
        ("stance_time", 250.0, "stance_time_s", 0.25),
        ("stance_time_percent", 35.25, "duty_factor", 0.3525),
        ("stance_time_balance", 50.5, "balance_left", 0.505),
        ("vertical_oscillation", 90.7, "vertical_oscillation_m", 0.0907),
        ("vertical_ratio", 7.5, "vertical_ratio", 0.075),
        ("step_length", 1100.0, "step_length_m", 1.1),
        ("step_speed_loss", 31.81, "step_speed_loss_mps", 0.3181),
        ("heart_rate", 150.0, "heart_rate_bpm", 150.0),
        ("power", 250.0, "power_w", 250.0),
        ("altitude", 12.4, "altitude_m", 12.4),
        ("speed", 3.021, "speed_mps", 3.021),
        ("distance", 512.37, "distance_m", 512.37),
        ("cadence", 85.0, "cadence_spm", 170.0),
    ],
)
def test_a_field_becomes_its_channel_in_si_units(field: str, value: float, channel: str, expected: float) -> None:
    assert read({field: five(value)})[channel] == five(expected)


def test_a_channel_that_was_never_measured_is_none() -> None:
    assert read({"heart_rate": five(150), "power": five(NAN)}).keys() == {"heart_rate_bpm"}


def test_fractions_of_a_turn_are_counted_before_doubling() -> None:
    found = read({"cadence": [85, 85, 85, NAN, 0], "fractional_cadence": [0.5, 0, NAN, 0.5, 0]})

    assert found["cadence_spm"] == pytest.approx([171, 170, 170, NAN, 0], nan_ok=True)


def test_cadence_in_256ths_is_used_where_there_is_no_other() -> None:
    found = read({"cadence": [85, NAN, NAN, NAN, NAN], "cadence256": five(84.5)})

    assert found["cadence_spm"] == [170, 169, 169, 169, 169]


@pytest.mark.parametrize("field", ["speed", "altitude"])
def test_the_enhanced_field_is_preferred_and_filled_up(field: str) -> None:
    channel = {"speed": "speed_mps", "altitude": "altitude_m"}[field]
    found = read({field: [1, 2, 3, 4, 5], f"enhanced_{field}": [11, NAN, 13, NAN, 15]})

    assert found[channel] == [11, 2, 13, 4, 15]


@pytest.mark.parametrize("sport", ["cycling", "swimming", "rowing"])
def test_turns_of_a_crank_are_no_steps(sport: str) -> None:
    assert "cadence_spm" not in read({"cadence": five(90)}, sport)


@pytest.mark.parametrize("maker", [COROS, STRYD])
@pytest.mark.parametrize(
    "field", ["stance_time", "vertical_oscillation", "vertical_ratio", "step_length", "stance_time_balance"]
)
def test_zero_is_no_value_where_the_maker_means_that(field: str, maker: int) -> None:
    (found,) = read({field: [0, 10, 0, 10, 10]}, maker=maker).values()

    assert [np.isnan(value) for value in found] == [True, False, True, False, False]


@pytest.mark.parametrize("maker", [GARMIN, None])
def test_zero_is_measured_elsewhere(maker: int | None) -> None:
    assert read({"stance_time": five(0)}, maker=maker) == {"stance_time_s": five(0)}


@pytest.mark.parametrize("field", ["cadence", "power", "speed"])
def test_standing_still_is_measured_by_coros_too(field: str) -> None:
    (found,) = read({field: five(0)}, maker=COROS).values()

    assert found == five(0)


class TestSpeed:
    """Speed as recorded, or from distance, or from three packed bytes."""

    def computed(self, **columns: list[float]) -> tuple[list[float], list[str]]:
        arrays = {name: np.array(values, dtype=np.float64) for name, values in columns.items()}
        found, notes = samples(TIME_S, arrays, maker_id=GARMIN, sport="running")
        return cast(Array, found.speed_mps).tolist(), [note.code for note in notes]

    def test_it_is_computed_from_distance_where_it_was_not_recorded(self) -> None:
        speeds, codes = self.computed(distance=[0, 3, 6, 9, 12])

        assert speeds == pytest.approx(five(3))
        assert codes == ["speed_computed"]

    def test_holes_in_a_recorded_speed_stay_holes(self) -> None:
        speeds, codes = self.computed(distance=[0, 3, 6, 9, 12], speed=[3, NAN, 3, 3, 3])

        assert (np.isnan(speeds[1]), codes) == (True, [])

    def packed(self, speed: int, counter: int) -> list[float]:
        return [speed & 0xFF, speed >> 8 | (counter & 0x0F) << 4, counter >> 4]

    def test_three_bytes_hold_speed_and_a_counter_of_distance(self) -> None:
        rows = [self.packed(300 + i, (4090 + 50 * i) % 4096) for i in range(4)] + [[NAN] * 3]
        found, _ = samples(TIME_S, {"compressed_speed_distance": np.array(rows)}, maker_id=GARMIN, sport="running")

        assert cast(Array, found.speed_mps).tolist() == pytest.approx([3, 3.01, 3.02, 3.03, NAN], nan_ok=True)
        assert np.diff(cast(Array, found.distance_m)).tolist() == pytest.approx([50 / 16] * 3 + [NAN], nan_ok=True)


def test_the_first_of_an_array_counts_where_a_single_value_belongs() -> None:
    pairs = Column(3, "uint8", np.array([[150, 99]] * 5, np.uint8))
    found = only(run(records(5, pairs), session())).samples

    assert cast(Array, found.heart_rate_bpm).tolist() == five(150)


def test_arrays_cannot_be_written() -> None:
    found, _ = samples(TIME_S, {"heart_rate": np.full(5, 150.0)}, maker_id=GARMIN, sport="running")

    assert not found.time_s.flags.writeable
    assert not cast(Array, found.heart_rate_bpm).flags.writeable


# Developer fields: whose they are, what they mean, and what is left out.


STRYD_ID = bytes.fromhex("18fb2cf01a4b430dad66988c847421f4")
RUNSCRIBE_ID = bytes.fromhex("c1f5c80a5a054e8a97b3fda34e957035")


def app(index: int, identity: bytes = STRYD_ID) -> Message:
    return Message(207, (Field(1, "byte", identity), Field(3, "uint8", index)))


def record(second: int, *fields: Developer) -> Message:
    return Message(20, (Field(253, "uint32", 1_000_000_000 + second), Field(4, "uint8", 80)), fields)


def rows(*fields: Developer) -> list[Message]:
    return [record(second, *fields) for second in range(20)]


def app_column(octets: bytes, name: str) -> list[float]:
    (columns,) = decode(octets)
    return columns.values[name].tolist()


def stryd(*fields: tuple[int, str, str, int]) -> bytes:
    described = [describe(0, number, base, name) for number, base, name, _ in fields]
    values = [Developer(number, base, value) for number, base, _, value in fields]
    return fit_bytes((file_id(), app(0), *described, *rows(*values), session()))


def test_stryd_becomes_an_alternative_in_si_units() -> None:
    octets = stryd(
        (0, "uint16", "Power", 250),
        (2, "uint8", "Cadence", 84),
        (3, "uint16", "Ground Time", 240),
        (4, "float32", "Vertical Oscillation", 7),
    )
    found = only(octets).alternatives["stryd"]

    assert {name: values[0] for name, values in found.present().items()} == {
        "power_w": 250,
        "cadence_spm": 168,
        "stance_time_s": 0.240,
        "vertical_oscillation_m": 0.07,
    }


def test_a_cadence_in_steps_a_minute_is_not_doubled() -> None:
    described = describe(0, 2, "uint8", "Cadence", "SPM"), describe(0, 3, "uint16", "Ground Time")
    values = rows(Developer(2, "uint8", 157), Developer(3, "uint16", 240))

    found = only(fit_bytes((file_id(), app(0), *described, *values, session()))).alternatives["stryd"]

    assert found.present()["cadence_spm"][0] == 157


def test_an_alternative_is_never_mixed_into_the_native_channels() -> None:
    activity = only(stryd((3, "uint16", "Ground Time", 240)))

    assert activity.samples.stance_time_s is None


def test_an_alternative_shares_the_time_axis() -> None:
    activity = only(stryd((3, "uint16", "Ground Time", 240)))

    np.testing.assert_array_equal(activity.alternatives["stryd"].time_s, activity.samples.time_s)


@pytest.mark.parametrize("name", ["Ground Time", "Leg Spring Stiffness"])
def test_an_app_without_an_id_is_told_by_its_field_names(name: str) -> None:
    described = [app(0, bytes(16)), describe(0, 0, "uint16", "Power"), describe(0, 1, "uint16", name)]
    octets = fit_bytes(
        (file_id(), *described, *rows(Developer(0, "uint16", 250), Developer(1, "uint16", 240)), session())
    )

    assert "power_w" in only(octets).alternatives["stryd"].present()


def test_power_of_an_unknown_app_is_left_out_silently() -> None:
    described = [app(0, bytes(range(16))), describe(0, 0, "uint16", "Power")]
    activity = only(fit_bytes((file_id(), *described, *rows(Developer(0, "uint16", 250)), session())))

    assert (dict(activity.alternatives), codes(activity)) == ({}, [])


def test_zero_contact_time_of_an_app_is_no_value() -> None:
    assert dict(only(stryd((3, "uint16", "Ground Time", 0))).alternatives) == {}


def test_runscribe_sides_give_mean_and_balance() -> None:
    described = [
        app(0, RUNSCRIBE_ID),
        *(describe(0, 5 + i, "uint16", f"RS_ContactTime_{side}") for i, side in enumerate("LR")),
    ]
    sides = (Developer(5, "uint16", 306), Developer(6, "uint16", 294))
    found = only(fit_bytes((file_id(), *described, *rows(*sides), session()))).alternatives["runscribe"]

    assert {name: values[0] for name, values in found.present().items()} == {"stance_time_s": 0.3, "balance_left": 0.51}


@pytest.mark.parametrize("side", ["L", "R"])
def test_one_runscribe_gives_contact_time_alone(side: str) -> None:
    described = [app(0, RUNSCRIBE_ID), describe(0, 5, "uint16", f"RS_ContactTime_{side}")]
    octets = fit_bytes((file_id(), *described, *rows(Developer(5, "uint16", 300)), session()))

    assert list(only(octets).alternatives["runscribe"].present()) == ["stance_time_s"]


def test_two_apps_are_kept_apart() -> None:
    described = [
        app(0, RUNSCRIBE_ID),
        app(1, STRYD_ID),
        describe(0, 0, "uint16", "Power"),
        describe(1, 0, "uint16", "Power"),
    ]
    fields = (Developer(0, "uint16", 300, app=0), Developer(0, "uint16", 250, app=1))
    found = only(fit_bytes((file_id(), *described, *rows(*fields), session()))).alternatives

    assert {maker: values.present()["power_w"][0] for maker, values in found.items()} == {
        "runscribe": 300,
        "stryd": 250,
    }


def test_a_field_means_what_the_description_before_it_said() -> None:
    """The same number is described anew in between, as another type of the same width."""
    power = Developer(0, "uint16", 0xFFF0)
    messages = [
        app(0),
        describe(0, 0, "uint16", "Power"),
        *(Message(20, (Field(4, "uint8", 80),), (power,), local=1) for _ in range(15)),
        Message(20, (Field(3, "uint8", 80),), local=1),
        describe(0, 0, "sint16", "Power"),
        *(Message(20, (Field(4, "uint8", 80),), (power,), local=1) for _ in range(15)),
    ]
    found = app_column(fit_bytes((file_id(), *messages)), "stryd:Power")

    assert (found[:15], found[16:]) == ([0xFFF0] * 15, [-16] * 15)


def test_a_field_without_a_description_is_left_out_with_a_note() -> None:
    activity = only(fit_bytes((file_id(), *rows(Developer(7, "uint16", 1)), session())))

    assert (codes(activity), dict(activity.alternatives)) == (["undescribed_field"], {})


def test_a_description_that_comes_too_late_describes_nothing_before_it() -> None:
    late = (*rows(Developer(0, "uint16", 250)), app(0), describe(0, 0, "uint16", "Power"), session())

    assert codes(only(fit_bytes((file_id(), *late)))) == ["undescribed_field"]


def test_native_fields_after_an_undescribed_one_are_still_read() -> None:
    activity = only(fit_bytes((file_id(), *rows(Developer(7, "uint32", 1)), session())))

    assert activity.samples.cadence_spm is not None
    assert activity.samples.cadence_spm.tolist() == [160.0] * 20


@pytest.mark.parametrize("base", ["sint8", "uint8"])
@pytest.mark.parametrize(("scale", "offset", "expected"), [(10, 5, 20.0), (None, None, 250.0), (0, 0x7F, 250.0)])
def test_scale_and_offset_of_a_description_count_when_they_are_valid(
    scale: int | None, offset: int | None, expected: float, base: str
) -> None:
    described = describe(0, 0, "uint16", "Power")
    described = described._replace(fields=(*described.fields, Field(6, "uint8", scale), Field(7, base, offset)))
    octets = fit_bytes((file_id(), app(0), described, *rows(Developer(0, "uint16", 250)), session()))

    assert app_column(octets, "stryd:Power")[0] == expected


def test_descriptions_without_name_or_type_do_no_harm() -> None:
    bare = Message(206, (Field(0, "uint8", 0), Field(1, "uint8", 0)))
    activity = only(fit_bytes((file_id(), app(0), bare, *rows(Developer(0, "uint16", 250)), session())))

    assert (activity.records, dict(activity.alternatives)) == (20, {})
