"""Speed, distance and cadence as they must be, on arrays."""

import numpy as np
import pytest

from kneedrive.method import TrackRules
from kneedrive.readers import motion
from kneedrive.readers.motion import steps_per_minute

# Distance and speed from positions: known distances, noise, gaps, and the order of times.


DEGREE_M = np.pi / 180 * motion.EARTH_RADIUS_M


def straight(metres_per_s: float, seconds: int, latitude_deg: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, latitudes and longitudes of a run due east at one speed."""
    time_s = np.arange(seconds + 1.0)
    degrees = metres_per_s * time_s / (DEGREE_M * np.cos(np.radians(latitude_deg)))
    return time_s, np.full(seconds + 1, latitude_deg), degrees


@pytest.mark.parametrize(
    ("latitudes", "longitudes", "metres"),
    [
        ([0, 0], [0, 1], DEGREE_M),
        ([0, 1], [0, 0], DEGREE_M),
        ([60, 60], [0, 0.001], DEGREE_M * 0.0005),
        ([0, 0], [0, 180], np.pi * motion.EARTH_RADIUS_M),
        ([0, 0], [179.5, -179.5], DEGREE_M),
        ([47.0, 47.0], [8.0, 8.0], 0.0),
        ([-90, 90], [0, 0], np.pi * motion.EARTH_RADIUS_M),
    ],
    ids=["equator", "meridian", "sixty-north", "half-way-round", "date-line", "standing", "pole-to-pole"],
)
def test_great_circle_distances_are_those_of_geometry(
    latitudes: list[float], longitudes: list[float], metres: float
) -> None:
    found = motion.haversine_m(np.array(latitudes, float), np.array(longitudes, float))

    assert found == pytest.approx([metres], rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("latitude_deg", [0.0, 47.0, -60.0])
def test_smoothing_keeps_the_length_of_a_straight_run(latitude_deg: float) -> None:
    assert motion.path_m(*straight(3.0, 600, latitude_deg))[-1] == pytest.approx(1800, rel=1e-4)


def test_a_run_across_the_date_line_has_its_length() -> None:
    time_s, latitude, longitude = straight(3.0, 600)
    wrapped = np.where(longitude + 179.99 > 180, longitude - 180.01, longitude + 179.99)

    assert motion.path_m(time_s, latitude, wrapped)[-1] == pytest.approx(1800, rel=1e-4)


def test_noise_of_half_a_metre_does_not_lengthen_the_run_by_more_than_one_per_cent() -> None:
    rng = np.random.default_rng(7)
    time_s, latitude, longitude = straight(3.0, 1200)
    noisy = [track + rng.normal(0, 0.5 / DEGREE_M, len(time_s)) for track in (latitude, longitude)]

    raw_m = float(np.sum(motion.haversine_m(*noisy)))
    assert raw_m > 1.02 * 3600
    assert motion.path_m(time_s, *noisy)[-1] == pytest.approx(3600, rel=0.01)


def test_smoothing_shortens_a_bend_of_a_track_by_about_one_per_cent() -> None:
    time_s = np.arange(0.0, 61.0)
    angle = time_s * 4.0 / 36.5
    east, north = 36.5 * np.cos(angle) / DEGREE_M, 36.5 * np.sin(angle) / DEGREE_M

    assert motion.path_m(time_s, north, east)[-1] == pytest.approx(0.99 * 240, rel=0.005)


def test_coarse_recordings_are_left_as_they_are() -> None:
    time_s = np.arange(0, 100, 7.0)
    zigzag = np.where(np.arange(len(time_s)) % 2 == 0, 0.0, 1.0)

    assert motion.window_mean(time_s, zigzag, 5.0) == pytest.approx(zigzag)


def test_the_window_takes_in_both_of_its_ends_and_shrinks_towards_the_ends_of_the_run() -> None:
    values = np.array([0.0, 1.0, 8.0, 27.0, 64.0])

    assert motion.window_mean(np.arange(5.0), values, 2.0) == pytest.approx([0, 3, 12, 33, 64])


def test_points_without_a_position_lie_between_their_neighbours_by_time() -> None:
    time_s, latitude, longitude = straight(3.0, 60, 10.0)
    latitude[20:40] = np.nan

    assert motion.path_m(time_s, latitude, longitude) == pytest.approx(3.0 * time_s, rel=1e-3)


def test_uneven_steps_do_not_make_an_even_run_uneven() -> None:
    time_s = np.cumsum([0.0, 1, 1, 1, 4, 1, 2, 2, 7, 1, 1, 1, 3, 2, 1, 1, 5, 1, 1, 1])
    longitude = 3.0 * time_s / DEGREE_M

    distance_m = motion.path_m(time_s, np.zeros(len(time_s)), longitude)

    assert motion.speed_mps(time_s, distance_m) == pytest.approx(np.full(len(time_s), 3.0), rel=1e-3)


@pytest.mark.parametrize("there", [0, 1])
def test_fewer_than_two_positions_give_no_distance(there: int) -> None:
    latitude = np.where(np.arange(5) < there, 10.0, np.nan)

    assert np.all(np.isnan(motion.path_m(np.arange(5.0), latitude, latitude)))


def test_speed_of_an_even_run_is_even_up_to_its_ends() -> None:
    time_s = np.array([0.0, 1, 2, 3, 7, 8, 15, 16])

    assert motion.speed_mps(time_s, 3.0 * time_s) == pytest.approx(np.full(8, 3.0))


def test_speed_is_taken_over_the_window_around_a_point() -> None:
    time_s = np.arange(0.0, 21.0)
    distance_m = np.where(time_s < 10, 0.0, (time_s - 10) * 4.0)

    speed = motion.speed_mps(time_s, distance_m)

    assert speed[10] == pytest.approx(4.0 * 2.5 / 5.0)
    assert speed[[7, 13]] == pytest.approx([0.0, 4.0])


@pytest.mark.parametrize(
    ("time_s", "distance_m"),
    [([0.0, 1.0], [np.nan, np.nan]), ([0.0], [0.0]), ([5.0, 5.0], [0.0, 3.0])],
    ids=["no distance", "one point", "no time passes"],
)
def test_speed_is_missing_where_it_cannot_be_computed(time_s: list[float], distance_m: list[float]) -> None:
    assert np.all(np.isnan(motion.speed_mps(np.array(time_s), np.array(distance_m))))


@pytest.mark.parametrize(
    ("times", "kept"),
    [
        ([1, 2, 3], [1, 2, 3]),
        ([1, 1, 2], [1, 1, 2]),
        ([9, 1, 2, 3], [1, 2, 3]),
        ([1, 2, 0, 3], [1, 2, 3]),
        ([1, 2, 99, 3, 4], [1, 2, 3, 4]),
        ([5, 4, 3], [3]),
        ([7], [7]),
        ([1, 5, 2, 6, 3, 4], [1, 2, 3, 4]),
    ],
)
def test_the_most_points_stay_so_that_time_never_runs_backwards(times: list[float], kept: list[float]) -> None:
    array = np.array(times, float)

    assert array[motion.in_order(array)].tolist() == kept


@pytest.mark.parametrize(
    ("times", "kept"),
    [
        ([0, 1, 2], [0, 1, 2]),
        ([0, 500, 501, 502], [500, 501, 502]),
        ([0, 1, 2, 900], [0, 1, 2]),
        ([0, 100, 200], [0, 100, 200]),
        ([0, 500], [0]),
    ],
)
def test_the_most_populous_stretch_stays(times: list[float], kept: list[float]) -> None:
    array = np.array(times, float)

    assert array[motion.largest_stretch(array, 100.0)].tolist() == kept


@pytest.mark.parametrize(
    ("written", "whole"),
    [
        ([0, 5, 9], [0, 5, 9]),
        ([40, 45, 49], [0, 5, 9]),
        ([0, 5, 0, 4], [0, 5, 5, 9]),
        ([0, np.nan, 6], [0, np.nan, 6]),
        ([np.nan, np.nan], [np.nan, np.nan]),
    ],
    ids=["as it is", "begins late", "starts over", "has a hole", "is missing"],
)
def test_a_distance_never_falls(written: list[float], whole: list[float]) -> None:
    assert motion.climbing_m(np.array(written, float)) == pytest.approx(whole, nan_ok=True)


@pytest.mark.parametrize(
    ("starts", "parts"),
    [
        ([1, 0, 0], [(0, 3)]),
        ([1, 0, 1, 0], [(0, 2), (2, 4)]),
        ([0, 0, 1], [(0, 2), (2, 3)]),
        ([1], [(0, 1)]),
    ],
)
def test_stretches_cover_every_point_once(starts: list[int], parts: list[tuple[int, int]]) -> None:
    found = motion.stretches(np.array(starts, dtype=bool))

    assert [(part.start, part.stop) for part in found] == parts


@pytest.mark.parametrize(
    ("recorded", "computed", "agree"),
    [
        ([3.0, 3.0], [3.0, 3.0], True),
        ([3.7, 3.7], [3.0, 3.0], True),
        ([3.8, 3.8], [3.0, 3.0], False),
        ([2.5, 2.5], [3.0, 3.0], True),
        ([2.3, 2.3], [3.0, 3.0], False),
        ([10.8, 10.8], [3.0, 3.0], False),
        ([3.0, 3.0], [1e-320, 1e-320], False),
        ([0.0, np.nan], [3.0, 3.0], True),
        ([3.0, 3.0], [np.nan, np.nan], True),
    ],
)
def test_channels_agree_within_the_factor_and_where_nothing_speaks_against(
    recorded: list[float], computed: list[float], agree: bool
) -> None:
    factor = TrackRules().agreement

    assert motion.agrees(np.array(recorded), np.array(computed), factor) is agree


# Cadence in steps per minute, whatever the file counted.


def even(value: float, n: int = 50) -> np.ndarray:
    return np.full(n, float(value))


@pytest.mark.parametrize(
    ("raw", "speed_mps", "spm", "guessed"),
    [
        (60, 3.0, 120, False),
        (82, 2.2, 164, False),
        (88, 3.0, 176, False),
        (110, 6.0, 220, False),
        (120, 2.0, 120, True),
        (165, 3.0, 165, True),
        (210, 6.0, 210, True),
        (57, 1.4, 114, False),
        (105, 1.4, 105, True),
        (76, 1.6, 152, False),
        (82, np.nan, 164, False),
        (165, np.nan, 165, True),
    ],
)
def test_cadence_counts_both_feet(raw: float, speed_mps: float, spm: float, guessed: bool) -> None:
    """One leg doubled, both feet kept and noted; a walker's both feet told by the speed."""
    found, notes = steps_per_minute(even(raw), even(speed_mps))

    assert found == pytest.approx(even(spm))
    assert [note.code for note in notes] == (["cadence_both_feet"] if guessed else [])


def test_walking_breaks_do_not_hide_that_both_feet_are_counted() -> None:
    raw = np.concatenate([even(118, 30), even(176, 20)])

    assert steps_per_minute(raw, even(1.7))[0] == pytest.approx(raw)


def test_walking_breaks_of_one_leg_are_doubled_with_the_rest() -> None:
    raw = np.concatenate([even(57, 30), even(80, 20)])

    assert steps_per_minute(raw, even(1.5))[0] == pytest.approx(2 * raw)


def test_zero_throughout_is_no_channel_and_says_so() -> None:
    found, notes = steps_per_minute(even(0), even(3))

    assert found is None
    assert [note.code for note in notes] == ["cadence_empty"]


def test_nothing_recorded_is_no_channel_without_a_word() -> None:
    assert steps_per_minute(even(np.nan), even(3)) == (None, ())


def test_zero_while_moving_is_missing_and_zero_at_rest_is_zero() -> None:
    raw, speed = np.array([85.0, 0, 0, 85]), np.array([3.0, 3.0, 0.0, 3.0])

    assert steps_per_minute(raw, speed)[0] == pytest.approx([170, np.nan, 0, 170], nan_ok=True)


@pytest.mark.parametrize("raw", [-5.0, 255.0, 1e9], ids=["negative", "the byte for no value", "absurd"])
def test_values_that_no_leg_makes_are_missing(raw: float) -> None:
    found, _ = steps_per_minute(np.array([85.0, 86.0, raw, *even(85)]), even(3, 53))

    assert found is not None
    assert np.isnan(found[2])
