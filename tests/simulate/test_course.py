"""A plan of segments becomes a course, second by second; noise has the size and the memory that it is asked for."""

import numpy as np
import pytest

from kneedrive.recording import Interval
from kneedrive.simulate.scene import Course, Segment, ar1, lay, stretches


def course(*plan: Segment, seed: int = 1) -> Course:
    return lay(plan, np.random.default_rng(seed))


def test_a_segment_is_run_at_its_speed() -> None:
    laid = course(Segment(600, 2.5), Segment(600, 3.5))

    assert laid.speed_mps[100:500].mean() == pytest.approx(2.5, abs=0.04)
    assert laid.speed_mps[700:1100].mean() == pytest.approx(3.5, abs=0.04)


def test_a_change_of_pace_is_no_acceleration() -> None:
    laid = course(Segment(100, 2.5), Segment(100, 3.3))

    assert (laid.speed_mps[5:] - laid.speed_mps[:-5]).max() < 0.5


def test_a_pause_is_a_hole_in_the_time_axis() -> None:
    laid = course(Segment(100, 2.5), Segment(40, kind="pause"), Segment(60, 2.5))

    assert laid.pauses == (Interval(start_s=100.0, end_s=140.0),)
    assert len(laid) == 160
    assert not ((laid.time_s >= 100) & (laid.time_s < 140)).any()
    assert laid.elapsed_s == 200.0


def test_nothing_is_covered_during_a_pause() -> None:
    laid = course(Segment(100, 2.5), Segment(40, kind="pause"), Segment(60, 2.5))

    assert laid.distance_m[100] - laid.distance_m[99] < 4.0


def test_distance_is_speed_summed_up() -> None:
    laid = course(Segment(400, 3.0))

    assert np.diff(laid.distance_m) == pytest.approx(laid.speed_mps[1:])


def test_altitude_rises_with_the_slope() -> None:
    laid = course(Segment(300, 2.5, 0.04), Segment(300, 2.5, -0.04))

    climbed = laid.altitude_m[299] - laid.altitude_m[0]
    assert climbed == pytest.approx(0.04 * laid.distance_m[299], rel=0.03)
    assert laid.altitude_m[-1] == pytest.approx(laid.altitude_m[0], abs=1.5)


def test_a_burst_rises_fast_to_its_speed_and_back() -> None:
    laid = course(Segment(100, 2.7), Segment(18, 5.4, kind="burst"), Segment(100, 2.7))

    assert laid.speed_mps[107:111].mean() == pytest.approx(5.4, abs=0.15)
    assert laid.speed_mps[105] - laid.speed_mps[100] > 1.0
    assert laid.speed_mps[125:200].mean() == pytest.approx(2.7, abs=0.15)


def test_walking_and_bursting_are_known_by_the_second() -> None:
    laid = course(Segment(50, 2.7), Segment(30, 1.5, kind="walk"), Segment(20, 5.0, kind="burst"), Segment(50, 2.7))

    assert np.flatnonzero(laid.walking).tolist() == list(range(50, 80))
    assert set(np.flatnonzero(laid.bursting)) <= set(range(80, 100))


def test_the_same_seed_gives_the_same_course() -> None:
    first, again, other = (course(Segment(60, 2.7), seed=seed) for seed in (3, 3, 4))

    assert np.array_equal(first.speed_mps, again.speed_mps)
    assert not np.array_equal(first.speed_mps, other.speed_mps)


@pytest.mark.parametrize(("sd", "rho"), [(2.4, 0.9), (0.007, 0.9), (0.04, 0.98), (1.0, 0.5)])
def test_noise_has_the_wanted_spread_and_correlation(sd: float, rho: float) -> None:
    values = ar1(np.random.default_rng(1), 400_000, sd=sd, rho=rho)

    assert np.std(values) == pytest.approx(sd, rel=0.03)
    assert np.corrcoef(values[1:], values[:-1])[0, 1] == pytest.approx(rho, abs=0.01)


def test_noise_is_stationary_from_its_first_second() -> None:
    rng = np.random.default_rng(2)

    firsts = [ar1(rng, 3, sd=1.0, rho=0.9)[0] for _ in range(4000)]

    assert np.std(firsts) == pytest.approx(1.0, rel=0.05)


@pytest.mark.parametrize("n", [1, 2, 500])
def test_noise_is_as_long_as_asked(n: int) -> None:
    assert ar1(np.random.default_rng(3), n, sd=1.0, rho=0.9).shape == (n,)


def test_stretches_cover_about_their_share_in_whole_lengths() -> None:
    hit = stretches(np.random.default_rng(4), 100_000, share=0.05, length=20)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], hit, [0]]).astype(int)))

    assert hit.mean() == pytest.approx(0.05, abs=0.005)
    assert (edges[1::2] - edges[::2]).min() >= 20


def test_no_share_means_no_stretch() -> None:
    assert not stretches(np.random.default_rng(5), 1000, share=0.0, length=20).any()
