"""Columns to samples: units, which field wins, what zero means, what is computed."""

from typing import cast

import numpy as np
import pytest

from kneedrive.readers.fit.fields import samples
from kneedrive.readers.fit.profile import COROS, GARMIN, STRYD
from kneedrive.recording import Array
from tests.fit_writer import Column
from tests.readers.fit_cases import only, records, run, session

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
