"""A scene with a pattern and a seed becomes an activity with the channels and quirks of its sensor."""

import numpy as np
import pytest

from kneedrive.recording import Activity, Array
from kneedrive.simulate import simulate_demo
from kneedrive.simulate.gait import PATTERNS, Offsets, Pattern
from kneedrive.simulate.scene import PLANS, Fault, Scene, Segment, simulate

STEADY = Scene(plan=(Segment(1200, 2.8),), dropout=0.0)
COMMON = {"speed_mps", "distance_m", "cadence_spm", "altitude_m", "heart_rate_bpm", "power_w"}
STRAP = COMMON | {
    "stance_time_s", "duty_factor", "vertical_oscillation_m", "vertical_ratio", "step_length_m", "balance_left",
}  # fmt: skip


def run(scene: Scene = STEADY, pattern: str = "neutral", seed: int = 1) -> Activity:
    return simulate(PATTERNS[pattern], seed, scene=scene)


def channel(activity: Activity, name: str) -> Array:
    values = activity.samples.channel(name)
    assert values is not None
    return values


def test_the_same_arguments_give_the_same_activity() -> None:
    first, again = run(seed=5), run(seed=5)

    assert first.id == again.id
    for name, values in first.samples.present().items():
        assert np.array_equal(values, channel(again, name), equal_nan=True)


@pytest.mark.parametrize("other", [run(seed=6), run(pattern="piston"), run(STEADY.replace(dropout=0.02))])
def test_another_seed_pattern_or_scene_is_another_activity(other: Activity) -> None:
    assert other.id != run().id


@pytest.mark.parametrize(
    ("sensor", "channels"),
    [
        ("garmin_strap", STRAP),
        ("garmin_strap_ble", STRAP | {"step_speed_loss_mps"}),
        ("garmin_pod", STRAP),
        ("garmin_wrist", STRAP - {"duty_factor", "balance_left"}),
        ("coros", STRAP - {"duty_factor", "balance_left"}),
        ("coros_pod", STRAP - {"duty_factor"}),
        ("apple", COMMON | {"stance_time_s", "vertical_oscillation_m", "step_length_m"}),
        ("model_derived", COMMON | {"stance_time_s", "vertical_oscillation_m"}),
        ("other", COMMON | {"stance_time_s", "vertical_oscillation_m"}),
        ("stryd", COMMON),
        ("none", COMMON),
    ],
)
def test_a_sensor_records_its_channels(sensor: str, channels: set[str]) -> None:
    assert set(run(STEADY.replace(sensor=sensor)).samples.present()) == channels


def test_stryd_comes_in_developer_fields() -> None:
    stryd = run(STEADY.replace(sensor="stryd")).alternatives["stryd"].present()

    assert set(stryd) == {"stance_time_s", "vertical_oscillation_m", "cadence_spm", "power_w"}


@pytest.mark.parametrize(
    ("name", "spread"), [("cadence_spm", 2.4), ("stance_time_s", 0.007), ("vertical_oscillation_m", 0.0047)]
)
def test_readings_carry_the_noise_of_real_sensors(name: str, spread: float) -> None:
    noise = channel(run(STEADY.replace(plan=(Segment(40_000, 2.8),))), name)

    assert np.std(noise) == pytest.approx(spread, rel=0.12)
    assert np.corrcoef(noise[1:], noise[:-1])[0, 1] == pytest.approx(0.9, abs=0.03)


def duty_left_over(sensor: str) -> float:
    """SD of the duty factor that a fit on speed and cadence leaves, in a run of many paces."""
    activity = run(STEADY.replace(sensor=sensor, plan=PLANS["progressive"]))
    speed, cadence = channel(activity, "speed_mps"), channel(activity, "cadence_spm")
    duty = channel(activity, "stance_time_s") * cadence / 120
    terms = np.stack([np.ones_like(speed), speed, speed**2, speed**3, cadence, cadence * speed, cadence**2], axis=1)
    return float(np.std(duty - terms @ np.linalg.lstsq(terms, duty, rcond=None)[0]))


def test_a_wrist_computes_contact_from_speed_and_cadence() -> None:
    assert duty_left_over("garmin_wrist") < 0.003


def test_a_strap_measures_contact() -> None:
    assert duty_left_over("garmin_strap") > 0.006


@pytest.mark.parametrize(("sensor", "spread"), [("model_derived", 0.001), ("other", 10.0)])
def test_only_a_modelling_sensor_says_its_timing_twice(sensor: str, spread: float) -> None:
    activity = run(STEADY.replace(sensor=sensor))
    T = 60 / channel(activity, "cadence_spm")
    model = 9.81 * T**2 * (1 / 8 - 0.18169 * channel(activity, "stance_time_s") / (2 * T))

    k = channel(activity, "vertical_oscillation_m") / model

    assert (np.std(k) < 0.03) == (spread < 1)
    assert (0.93 <= np.median(k) <= 1.04) == (spread < 1)


def test_duty_factor_is_contact_over_two_steps() -> None:
    activity = run()
    implied = channel(activity, "stance_time_s") * channel(activity, "cadence_spm") / 120

    assert np.abs(channel(activity, "duty_factor") / implied - 1).max() < 0.02


@pytest.mark.parametrize("pattern", PATTERNS)
def test_nobody_flies_higher_than_their_oscillation(pattern: str) -> None:
    """In the air alone the body rises by g*tf^2/8; the oscillation cannot be less."""
    activity = run(pattern=pattern)
    flight = 60 / channel(activity, "cadence_spm") - channel(activity, "stance_time_s")

    assert np.mean(channel(activity, "vertical_oscillation_m") >= 9.81 * flight**2 / 8) > 0.99


@pytest.mark.parametrize("missing", sorted(STRAP))
def test_a_missing_channel_is_none(missing: str) -> None:
    activity = run(STEADY.replace(missing=(missing,)))

    assert activity.samples.channel(missing) is None
    assert set(activity.samples.present()) == STRAP - {missing}


def test_walking_has_a_walking_cadence_and_no_contact_time() -> None:
    activity = run(STEADY.replace(plan=(Segment(300, 2.7), Segment(120, 1.5, kind="walk"), Segment(300, 2.7))))
    walking = slice(300, 420)

    assert channel(activity, "cadence_spm")[walking].max() < 135
    assert np.isnan(channel(activity, "stance_time_s")[walking]).all()
    assert not np.isnan(channel(activity, "stance_time_s")[:300]).any()


def test_dropouts_take_the_dynamics_and_leave_the_rest() -> None:
    activity = run(STEADY.replace(dropout=0.1))
    lost = np.isnan(channel(activity, "stance_time_s"))

    assert lost.mean() == pytest.approx(0.1, abs=0.04)
    assert np.array_equal(lost, np.isnan(channel(activity, "balance_left")))
    assert not np.isnan(channel(activity, "cadence_spm")).any()


def test_smart_recording_writes_every_few_seconds() -> None:
    activity = run(STEADY.replace(smart=True))
    steps = np.diff(activity.samples.time_s)

    assert (steps.min(), steps.max()) == (2, 9)
    assert activity.records == len(activity.samples.time_s)


def test_a_treadmill_has_neither_position_nor_altitude() -> None:
    activity = run(STEADY.replace(indoor=True))

    assert (activity.sub_sport, activity.positioned) == ("treadmill", False)
    assert activity.samples.altitude_m is None


@pytest.mark.parametrize(("foot_pod", "types"), [(True, [30, 124]), (False, [30])])
def test_a_foot_pod_stands_in_the_device_list(foot_pod: bool, types: list[int]) -> None:
    assert [sensor.ant_device_type for sensor in run(STEADY.replace(foot_pod=foot_pod)).sensors] == types


def test_faults_reach_the_recording() -> None:
    activity = run(
        STEADY.replace(
            faults=(
                Fault(kind="set", channel="cadence_spm", start_s=100, end_s=200, value=137.0),
                Fault(kind="hidden", channel="", start_s=300, end_s=400),
            )
        )
    )

    assert (channel(activity, "cadence_spm")[100:200] == 137.0).all()
    assert len(activity.samples.time_s) == 1100


def test_a_fade_lengthens_contact_towards_the_end() -> None:
    stance = channel(run(STEADY.replace(fade=Offsets(0.0, 2.0, 0.0))), "stance_time_s")

    assert stance[-100:].mean() - stance[:100].mean() == pytest.approx(2 * 0.36 * 0.06 * 11 / 12, abs=0.01)


@pytest.mark.parametrize(
    ("name", "factor"), [("cadence_spm", 0.8 * 0.050), ("vertical_oscillation_m", 0.8 * (0.075 - 0.10))]
)
def test_accelerating_is_more_piston_like(name: str, factor: float) -> None:
    """Steps get shorter by 0.8 spreads and the bounce for the step grows by 0.8; oscillation goes with T^2 and k."""
    burst = run(STEADY.replace(plan=(Segment(100, 4.5), Segment(600, 4.6, kind="burst"), Segment(100, 4.5))))
    plain = run(STEADY.replace(plan=(Segment(100, 4.5), Segment(600, 4.6), Segment(100, 4.5))))

    ratio = channel(burst, name)[120:680].mean() / channel(plain, name)[120:680].mean()

    assert np.log(ratio) == pytest.approx(factor, abs=0.004)


@pytest.mark.parametrize(("sensor", "ratio"), [("garmin_strap", 0.975), ("garmin_wrist", 1.0), ("coros", 1.0)])
def test_a_strap_filters_its_vertical_ratio(sensor: str, ratio: float) -> None:
    activity = run(STEADY.replace(sensor=sensor))
    quotient = channel(activity, "vertical_oscillation_m") / channel(activity, "step_length_m")

    assert channel(activity, "vertical_ratio") / quotient == pytest.approx(ratio)


def test_a_wrist_adds_duty_factor_with_cadence() -> None:
    activity = run(STEADY.replace(sensor="garmin_wrist"), pattern="shuffle")
    speed, cadence = channel(activity, "speed_mps"), channel(activity, "cadence_spm")
    duty = channel(activity, "stance_time_s") * cadence / 120

    usual_spm = 169.5 + 6.5 * (speed - 3)
    assert duty - 0.237 - 0.390 / speed == pytest.approx(0.0008 * (cadence - usual_spm))


def test_balance_is_where_it_was_planted() -> None:
    assert channel(run(STEADY.replace(balance_left=0.47)), "balance_left").mean() == pytest.approx(0.47, abs=0.002)


def test_laps_are_kilometres_and_cover_the_run() -> None:
    activity = run()
    laps = activity.laps

    assert [lap.distance_m for lap in laps[:-1]] == [1000.0] * 3
    assert sum(lap.distance_m or 0.0 for lap in laps) == pytest.approx(activity.distance_m)
    assert [lap.start_s for lap in laps[1:]] == [lap.end_s for lap in laps[:-1]]
    assert laps[-1].end_s == activity.elapsed_s


def test_a_pause_is_no_moving_time() -> None:
    activity = run(STEADY.replace(plan=PLANS["interrupted"]))

    assert activity.elapsed_s - activity.duration_s == 4 * 45


def test_averages_are_those_of_the_samples() -> None:
    activity = run()

    assert activity.averages["cadence_spm"] == pytest.approx(channel(activity, "cadence_spm").mean())


def test_a_systematic_error_is_read_as_another_runner() -> None:
    shifted = run(STEADY.replace(shift=Offsets(0.0, 1.0, 0.0)))
    other = simulate(Pattern(name="", usual=Offsets(0.1, 0.9, 0.1)), 1, scene=STEADY)

    assert channel(shifted, "stance_time_s").mean() == pytest.approx(channel(other, "stance_time_s").mean())


def test_the_demo_shows_what_a_report_can_say() -> None:
    demo = simulate_demo()
    speed = channel(demo, "speed_mps")

    assert np.percentile(speed, 3) < 1000 / 400  # slower than 6:40 /km, walking included
    assert np.percentile(speed, 95) > 1000 / 300  # faster than 5:00 /km
    assert np.mean(speed > 4.2) * len(speed) == pytest.approx(3 * 13, abs=9)  # three accelerations
    assert len(demo.pauses) == 1
    assert np.ptp(channel(demo, "altitude_m")) > 10
    assert np.mean(channel(demo, "cadence_spm") < 135) * len(speed) == pytest.approx(100, abs=5)  # the walk
