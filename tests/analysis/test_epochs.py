import numpy as np
import pytest

from kneedrive.analysis import analyze, epochs
from kneedrive.method import EpochRules, Method, Resampling, SteadyRules
from kneedrive.recording import Array, Interval, Samples, frozen
from kneedrive.stats import medians
from tests.analysis.runs import RUNNER, activity, samples

NAN = float("nan")
RESAMPLING, EPOCH, STEADY = Resampling(), EpochRules(), SteadyRules()


def recorded(time_s: Array | list[float], **channels: Array) -> Samples:
    return Samples(time_s=frozen(time_s), **{name: frozen(values) for name, values in channels.items()})


@pytest.mark.parametrize(
    ("step_s", "longest_s"), [(1.0, 5.0), (0.5, 5.0), (2.0, 6.0), (4.0, 12.0), (9.0, 15.0), (30.0, 15.0)]
)
def test_the_longest_bridge_grows_with_the_recording_step(step_s: float, longest_s: float) -> None:
    check_bridge(np.arange(0.0, 600.0, step_s), longest_s)


def test_records_of_one_second_do_not_shorten_the_bridge() -> None:
    check_bridge(np.repeat(np.arange(0.0, 600.0, 4.0), 2), 12.0)


def check_bridge(time_s: Array, longest_s: float) -> None:
    """A further step of the longest is no gap, one of half a second more is."""
    ends = [time_s[-1] + longest_s, time_s[-1] + 2.0 * longest_s + 0.5]
    stream = epochs.resample(recorded(np.concatenate((time_s, ends))), RESAMPLING, EPOCH)
    assert [gap for gap in stream.gaps if gap.start_s >= time_s[-1]] == [Interval(start_s=ends[0], end_s=ends[1])]


def test_recorded_seconds_stay_as_they_are() -> None:
    speed = np.linspace(2.0, 4.0, 60)
    stream = epochs.resample(recorded(np.arange(60.0), speed_mps=speed), RESAMPLING, EPOCH)
    assert np.array_equal(stream.columns["speed_mps"], speed)
    assert stream.covered.all()


def test_smart_recording_is_interpolated_on_its_own_axis() -> None:
    stream = epochs.resample(recorded([0.0, 4.0, 9.0], speed_mps=np.array([2.0, 4.0, 4.0])), RESAMPLING, EPOCH)
    assert stream.columns["speed_mps"][:10].tolist() == [2.0, 2.5, 3.0, 3.5, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0]


def test_a_gap_stays_a_gap() -> None:
    time_s = np.concatenate((np.arange(0.0, 20.0), np.arange(40.0, 60.0)))
    stream = epochs.resample(recorded(time_s, speed_mps=np.full(40, 3.0)), RESAMPLING, EPOCH)
    assert np.isnan(stream.columns["speed_mps"][20:40]).all()
    assert stream.gaps == (Interval(start_s=19.0, end_s=40.0),)
    assert stream.covered.sum() == 40


def test_a_channel_that_starts_late_is_missing_before() -> None:
    stance = np.full(60, 0.25)
    stance[:25] = np.nan
    stream = epochs.resample(
        recorded(np.arange(60.0), stance_time_s=stance, speed_mps=np.full(60, 3.0)), RESAMPLING, EPOCH
    )
    assert np.isnan(stream.columns["stance_time_s"][:25]).all()
    assert np.isfinite(stream.columns["stance_time_s"][25:]).all()
    assert stream.recorded["stance_time_s"].tolist() == [5, 30]


@pytest.mark.parametrize(("missing", "bridged"), [(4, True), (5, False)])
def test_a_dropout_is_bridged_as_far_as_a_gap_would_be(missing: int, bridged: bool) -> None:
    stance = np.full(60, 0.25)
    stance[10 : 10 + missing] = np.nan
    stream = epochs.resample(recorded(np.arange(60.0), stance_time_s=stance), RESAMPLING, EPOCH)
    assert np.isfinite(stream.columns["stance_time_s"][10]) == bridged


def test_channels_never_recorded_are_not_columns() -> None:
    stream = epochs.resample(recorded(np.arange(30.0), stance_time_s=np.full(30, np.nan)), RESAMPLING, EPOCH)
    assert stream.columns == {}


def test_a_jump_of_twenty_days_costs_one_empty_epoch() -> None:
    time_s = np.concatenate((np.arange(0.0, 60.0), 20 * 86400.0 + np.arange(0.0, 60.0)))
    assert len(epochs.resample(recorded(time_s), RESAMPLING, EPOCH).time_s) == 5 * 30


def test_two_records_a_second_with_alternating_channels_are_both_kept() -> None:
    time_s = np.repeat(np.arange(0.0, 30.0), 2)
    speed = np.where(np.arange(60) % 2 == 0, 3.0, np.nan)
    cadence = np.where(np.arange(60) % 2 == 1, 170.0, np.nan)
    stream = epochs.resample(recorded(time_s, speed_mps=speed, cadence_spm=cadence), RESAMPLING, EPOCH)
    assert np.all(stream.columns["speed_mps"] == 3.0)
    assert np.all(stream.columns["cadence_spm"] == 170.0)


def test_intervals_are_widened_on_both_sides() -> None:
    pauses = (Interval(start_s=20.0, end_s=25.0), Interval(start_s=24.0, end_s=30.0))
    found = seconds_of(60, pauses, speed_mps=np.full(60, 3.0))
    assert np.flatnonzero(found.pause).tolist() == list(range(10, 41))


def test_a_sliding_mean_uses_what_is_there() -> None:
    values = np.array([1.0, 2.0, np.nan, 4.0, 5.0])
    assert epochs.sliding_mean(values, 3).tolist() == pytest.approx([1.5, 1.5, 3.0, 4.5, 4.5])


def test_a_sliding_mean_of_less_than_half_is_missing() -> None:
    assert np.isnan(epochs.sliding_mean(np.array([np.nan, np.nan, 3.0, np.nan, np.nan]), 3)[1])


@pytest.mark.parametrize(
    ("slope", "steady"), [(0.0, True), (0.055, True), (-0.055, True), (0.065, False), (-0.065, False)]
)
def test_speed_may_drift_up_to_the_limit(slope: float, steady: bool) -> None:
    speed = 5.0 + slope * np.arange(60.0)
    assert seconds_of(60, speed_mps=speed).steady[10:30].all() == steady


def test_speed_that_is_missing_is_not_steady() -> None:
    assert not seconds_of(60, speed_mps=np.full(60, np.nan)).steady.any()


@pytest.mark.parametrize(("gain", "burst"), [(0.45, False), (0.60, True)])
def test_a_burst_gains_half_a_metre_per_second_in_five_seconds(gain: float, burst: bool) -> None:
    speed = np.interp(np.arange(90.0), [0, 40, 45, 90], [3.0, 3.0, 3.0 + gain, 3.0 + gain])
    speed = np.where(np.arange(90) > 42, 3.0 + gain, 3.0) if burst else speed
    assert epochs.burst_seconds(speed, STEADY).any() == burst


@pytest.mark.parametrize(("seconds", "sprint"), [(2, False), (3, True)])
def test_a_sprint_lasts_three_seconds_beyond_six(seconds: int, sprint: bool) -> None:
    speed = np.full(60, 5.95)
    speed[30 : 30 + seconds] = 6.05
    assert epochs.burst_seconds(speed, STEADY).any() == sprint


def test_steady_running_has_no_burst() -> None:
    assert not epochs.burst_seconds(np.full(100, 3.0), STEADY).any()


def test_short_stretches_are_dropped() -> None:
    mask = np.array([True, True, False, True, True, True])
    assert epochs.at_least(mask, 3).tolist() == [False, False, False, True, True, True]


def test_stretches_are_half_open() -> None:
    assert epochs.runs_of(np.array([True, False, True, True])) == [(0, 1), (2, 4)]


@pytest.mark.parametrize("slope", [-0.08, -0.01, 0.0, 0.03, 0.12])
def test_an_even_slope_comes_out_everywhere(slope: float) -> None:
    distance = 3.0 * np.arange(200.0)
    found = epochs.grade(50.0 + slope * distance, distance, 60.0)
    assert found == pytest.approx(np.full(200, slope), abs=1e-9)


def test_a_bump_shorter_than_the_window_is_smoothed() -> None:
    distance = 3.0 * np.arange(200.0)
    bump = np.where(np.abs(distance - 300.0) < 3.0, 1.0, 0.0)
    assert np.abs(epochs.grade(bump, distance, 60.0)).max() < 0.005


def test_standing_still_does_not_divide_by_nothing() -> None:
    assert np.isnan(epochs.grade(np.full(10, 5.0), np.zeros(10), 60.0)).all()


def test_grade_is_missing_where_altitude_is() -> None:
    altitude = np.full(100, 10.0)
    altitude[40:50] = np.nan
    found = epochs.grade(altitude, 3.0 * np.arange(100.0), 60.0)
    assert np.isnan(found[40:50]).all()
    assert np.isfinite(found[:40]).all()


def seconds_of(seconds: int, pauses: tuple[Interval, ...] = (), **channels: Array) -> epochs.Seconds:
    """What each of so many seconds is that were recorded one by one."""
    stream = epochs.resample(recorded(np.arange(float(seconds)), **channels), RESAMPLING, EPOCH)
    return epochs.seconds_of(stream, activity(pauses=pauses), Method())


@pytest.mark.parametrize(("length", "stuck"), [(59, 0), (60, 60), (100, 100)])
def test_a_sensor_is_stuck_when_nothing_moves_for_a_minute(length: int, stuck: int) -> None:
    moving = np.arange(200.0)
    held = np.where((moving >= 50) & (moving < 50 + length), 50.0, moving)
    assert seconds_of(200, stance_time_s=held, vertical_oscillation_m=held).frozen.sum() == stuck


def test_a_sensor_with_one_moving_channel_is_not_stuck() -> None:
    still, moving = np.full(200, 0.25), np.arange(200.0)
    assert not seconds_of(200, stance_time_s=still, vertical_oscillation_m=moving).frozen.any()


def test_a_sensor_without_dynamics_cannot_be_stuck() -> None:
    assert not seconds_of(99, speed_mps=np.full(99, 3.0)).frozen.any()


@pytest.mark.parametrize(
    ("row", "median"),
    [
        ([3.0, 1.0, 2.0], 2.0),
        ([4.0, 1.0, 2.0, 9.0], 3.0),
        ([NAN, 5.0, NAN], 5.0),
        ([NAN, 1.0, 2.0, NAN], 1.5),
        ([NAN, NAN], NAN),
    ],
)
def test_the_median_of_a_row_is_that_of_what_is_there(row: list[float], median: float) -> None:
    assert medians(np.array([row])).tolist() == pytest.approx([median], nan_ok=True)


def test_rows_agree_with_numpy() -> None:
    rows = np.random.default_rng(1).normal(size=(50, 30))
    rows[rows > 1.0] = np.nan
    assert medians(rows) == pytest.approx(np.nanmedian(rows, axis=1))


@pytest.mark.parametrize(("every", "known"), [(1, True), (2, True), (3, False)])
def test_a_metric_needs_three_recorded_values_of_its_own(every: int, known: bool) -> None:
    sparse = np.where(np.arange(225) % every == 0, 0.26, np.nan)
    found = analyze(activity(samples(900, step_s=4.0, stance_time_s=sparse)), runner=RUNNER)
    assert bool(np.isfinite(found.epochs["stance_time_s"][10:20]).all()) == known


@pytest.mark.parametrize(("seconds", "known"), [(20, True), (19, False)])
def test_a_metric_needs_twenty_seconds_of_its_own(seconds: int, known: bool) -> None:
    second = np.arange(900.0)
    heart = np.where((second >= 300) & (second < 330 - seconds), np.nan, 150.0)
    found = analyze(activity(samples(heart_rate_bpm=heart)), runner=RUNNER)
    assert bool(np.isfinite(found.epochs["heart_rate_bpm"][10])) == known


def test_an_epoch_that_is_left_out_still_shows_what_was_recorded() -> None:
    found = analyze(activity(), runner=RUNNER)
    assert found.epochs.reason[0] == "start"
    assert found.epochs["cadence_spm"][0] == pytest.approx(168.0, abs=0.5)
    assert np.isnan(found.epochs["D"][0])
