import numpy as np
import pytest

from kneedrive.analysis.resampling import grid, longest_step_s, resample, sliding_mean, within
from kneedrive.method import EpochRules, Resampling
from kneedrive.recording import Array, Interval, Samples, frozen

RULES, EPOCHS = Resampling(), EpochRules()


def recorded(time_s: Array | list[float], **channels: Array) -> Samples:
    return Samples(time_s=frozen(time_s), **{name: frozen(values) for name, values in channels.items()})


@pytest.mark.parametrize(
    ("step_s", "longest_s"), [(1.0, 5.0), (0.5, 5.0), (2.0, 6.0), (4.0, 12.0), (9.0, 15.0), (30.0, 15.0)]
)
def test_the_longest_bridge_grows_with_the_recording_step(step_s: float, longest_s: float) -> None:
    assert longest_step_s(np.arange(0, 600, step_s), RULES) == longest_s


def test_records_of_one_second_do_not_shorten_the_bridge() -> None:
    assert longest_step_s(np.array([0.0, 0.0, 4.0, 4.0, 8.0]), RULES) == 12.0


def test_recorded_seconds_stay_as_they_are() -> None:
    speed = np.linspace(2.0, 4.0, 60)
    stream = resample(recorded(np.arange(60.0), speed_mps=speed), RULES, EPOCHS)
    assert np.array_equal(stream.columns["speed_mps"], speed)
    assert stream.covered.all()


def test_smart_recording_is_interpolated_on_its_own_axis() -> None:
    stream = resample(recorded([0.0, 4.0, 9.0], speed_mps=np.array([2.0, 4.0, 4.0])), RULES, EPOCHS)
    assert stream.columns["speed_mps"][:10].tolist() == [2.0, 2.5, 3.0, 3.5, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0]


def test_a_gap_stays_a_gap() -> None:
    time_s = np.concatenate((np.arange(0.0, 20.0), np.arange(40.0, 60.0)))
    stream = resample(recorded(time_s, speed_mps=np.full(40, 3.0)), RULES, EPOCHS)
    assert np.isnan(stream.columns["speed_mps"][20:40]).all()
    assert stream.gaps == (Interval(start_s=19.0, end_s=40.0),)
    assert stream.covered.sum() == 40


def test_a_channel_that_starts_late_is_missing_before() -> None:
    stance = np.full(60, 0.25)
    stance[:25] = np.nan
    stream = resample(recorded(np.arange(60.0), stance_time_s=stance, speed_mps=np.full(60, 3.0)), RULES, EPOCHS)
    assert np.isnan(stream.columns["stance_time_s"][:25]).all()
    assert np.isfinite(stream.columns["stance_time_s"][25:]).all()
    assert stream.recorded["stance_time_s"].tolist() == [5, 30]


@pytest.mark.parametrize(("missing", "bridged"), [(4, True), (5, False)])
def test_a_dropout_is_bridged_as_far_as_a_gap_would_be(missing: int, bridged: bool) -> None:
    stance = np.full(60, 0.25)
    stance[10 : 10 + missing] = np.nan
    stream = resample(recorded(np.arange(60.0), stance_time_s=stance), RULES, EPOCHS)
    assert np.isfinite(stream.columns["stance_time_s"][10]) == bridged


def test_channels_never_recorded_are_not_columns() -> None:
    stream = resample(recorded(np.arange(30.0), stance_time_s=np.full(30, np.nan)), RULES, EPOCHS)
    assert stream.columns == {}


def test_a_jump_of_twenty_days_costs_one_empty_epoch() -> None:
    time_s = np.concatenate((np.arange(0.0, 60.0), 20 * 86400.0 + np.arange(0.0, 60.0)))
    assert len(grid(time_s, 30)) == 5 * 30


def test_two_records_a_second_with_alternating_channels_are_both_kept() -> None:
    time_s = np.repeat(np.arange(0.0, 30.0), 2)
    speed = np.where(np.arange(60) % 2 == 0, 3.0, np.nan)
    cadence = np.where(np.arange(60) % 2 == 1, 170.0, np.nan)
    stream = resample(recorded(time_s, speed_mps=speed, cadence_spm=cadence), RULES, EPOCHS)
    assert np.all(stream.columns["speed_mps"] == 3.0)
    assert np.all(stream.columns["cadence_spm"] == 170.0)


def test_intervals_are_widened_on_both_sides() -> None:
    found = within(np.arange(60.0), [Interval(start_s=20.0, end_s=25.0), Interval(start_s=24.0, end_s=30.0)], 10.0)
    assert np.flatnonzero(found).tolist() == list(range(10, 41))


def test_a_sliding_mean_uses_what_is_there() -> None:
    values = np.array([1.0, 2.0, np.nan, 4.0, 5.0])
    assert sliding_mean(values, 3).tolist() == pytest.approx([1.5, 1.5, 3.0, 4.5, 4.5])


def test_a_sliding_mean_of_less_than_half_is_missing() -> None:
    assert np.isnan(sliding_mean(np.array([np.nan, np.nan, 3.0, np.nan, np.nan]), 3)[1])
