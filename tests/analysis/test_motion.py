import numpy as np
import pytest

from kneedrive.analysis import resampling
from kneedrive.method import EpochRules, Plausible, Resampling, SteadyRules
from kneedrive.recording import Array, Samples, frozen
from kneedrive.stats import Mask

RULES = SteadyRules()


@pytest.mark.parametrize(
    ("slope", "steady"), [(0.0, True), (0.055, True), (-0.055, True), (0.065, False), (-0.065, False)]
)
def test_speed_may_drift_up_to_the_limit(slope: float, steady: bool) -> None:
    speed = 3.0 + slope * np.arange(40.0)
    assert resampling.steady_seconds(speed, RULES)[10:30].all() == steady


def test_speed_that_is_missing_is_not_steady() -> None:
    assert not resampling.steady_seconds(np.full(40, np.nan), RULES).any()


@pytest.mark.parametrize(("gain", "burst"), [(0.45, False), (0.60, True)])
def test_a_burst_gains_half_a_metre_per_second_in_five_seconds(gain: float, burst: bool) -> None:
    speed = np.interp(np.arange(90.0), [0, 40, 45, 90], [3.0, 3.0, 3.0 + gain, 3.0 + gain])
    speed = np.where(np.arange(90) > 42, 3.0 + gain, 3.0) if burst else speed
    assert resampling.burst_seconds(speed, RULES).any() == burst


@pytest.mark.parametrize(("seconds", "sprint"), [(2, False), (3, True)])
def test_a_sprint_lasts_three_seconds_beyond_six(seconds: int, sprint: bool) -> None:
    speed = np.full(60, 5.95)
    speed[30 : 30 + seconds] = 6.05
    assert resampling.burst_seconds(speed, RULES).any() == sprint


def test_steady_running_has_no_burst() -> None:
    assert not resampling.burst_seconds(np.full(100, 3.0), RULES).any()


def test_short_stretches_are_dropped() -> None:
    mask = np.array([True, True, False, True, True, True])
    assert resampling.at_least(mask, 3).tolist() == [False, False, False, True, True, True]


def test_stretches_are_half_open() -> None:
    assert resampling.runs_of(np.array([True, False, True, True])) == [(0, 1), (2, 4)]


@pytest.mark.parametrize("slope", [-0.08, -0.01, 0.0, 0.03, 0.12])
def test_an_even_slope_comes_out_everywhere(slope: float) -> None:
    distance = 3.0 * np.arange(200.0)
    found = resampling.grade(50.0 + slope * distance, distance, 60.0)
    assert found == pytest.approx(np.full(200, slope), abs=1e-9)


def test_a_bump_shorter_than_the_window_is_smoothed() -> None:
    distance = 3.0 * np.arange(200.0)
    bump = np.where(np.abs(distance - 300.0) < 3.0, 1.0, 0.0)
    assert np.abs(resampling.grade(bump, distance, 60.0)).max() < 0.005


def test_standing_still_does_not_divide_by_nothing() -> None:
    assert np.isnan(resampling.grade(np.full(10, 5.0), np.zeros(10), 60.0)).all()


def test_grade_is_missing_where_altitude_is() -> None:
    altitude = np.full(100, 10.0)
    altitude[40:50] = np.nan
    found = resampling.grade(altitude, 3.0 * np.arange(100.0), 60.0)
    assert np.isnan(found[40:50]).all()
    assert np.isfinite(found[:40]).all()


def stuck_seconds(seconds: int, **channels: Array) -> Mask:
    """Where a sensor is stuck, of this many seconds recorded one by one."""
    recorded = Samples(
        time_s=frozen(np.arange(float(seconds))), **{name: frozen(values) for name, values in channels.items()}
    )
    stream = resampling.resample(recorded, Resampling(), EpochRules())
    return resampling.frozen_seconds(stream, Plausible().flat_line_s)


@pytest.mark.parametrize(("length", "stuck"), [(59, 0), (60, 60), (100, 100)])
def test_a_sensor_is_stuck_when_nothing_moves_for_a_minute(length: int, stuck: int) -> None:
    moving = np.arange(200.0)
    held = np.where((moving >= 50) & (moving < 50 + length), 50.0, moving)
    assert stuck_seconds(200, stance_time_s=held, vertical_oscillation_m=held).sum() == stuck


def test_a_sensor_with_one_moving_channel_is_not_stuck() -> None:
    still, moving = np.full(200, 0.25), np.arange(200.0)
    assert not stuck_seconds(200, stance_time_s=still, vertical_oscillation_m=moving).any()


def test_a_sensor_without_dynamics_cannot_be_stuck() -> None:
    assert not stuck_seconds(99, speed_mps=np.full(99, 3.0)).any()
