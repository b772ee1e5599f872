"""Fade: blocks by hand and against scipy, and whole runs with and without a change."""

import msgspec
import numpy as np
import pytest
from scipy import stats as oracle

from kneedrive.analysis import fade, features
from kneedrive.analysis.fade import BlockFade, block_fade, block_means, thirds
from kneedrive.analysis.reference import usual_quantities
from kneedrive.analysis.result import Epochs
from kneedrive.method import Method
from kneedrive.sensors import SensorClass
from tests.analysis.many_histories import Blocks, ar1, draw_blocks
from tests.analysis.runs import case

METHOD = Method()
RULES = METHOD.series
COUNT = 120


def hour(*, drop: float = 0.0, speed: float = 0.0, grade: float = 0.0, slope: float = 0.0, **late: float) -> Epochs:
    """An hour over which ln T, DF or ln k move by these amounts, straight, from the first third to the last.

    speed, grade: by how much the last half is faster and steeper. slope: d ln T / d v beyond the reference's. drop:
    share at the beginning that is not scored. A little noise, so that intervals have a width.
    """
    rng = np.random.default_rng(4)
    second = np.arange(COUNT) >= COUNT // 2
    rise = np.linspace(0.0, 1.0, COUNT) / 0.58
    at = 3.0 + 0.01 * rng.normal(size=COUNT) + speed * second
    grades = 0.001 * rng.normal(size=COUNT) + grade * second
    usual = usual_quantities(at, grades, case())
    noise = {"ln_T": 0.002, "DF": 0.0012, "ln_k": 0.004}
    now = {name: usual[name] + sd * rng.normal(size=COUNT) + late.get(name, 0.0) * rise for name, sd in noise.items()}
    now["ln_T"] = now["ln_T"] + slope * (at - 3.0)
    columns = {"speed_mps": at, "grade": grades}
    columns |= features.metrics(at, now["ln_T"], now["DF"], now["ln_k"] + np.log(features.bounce_shape(now["DF"])))
    scored = np.arange(COUNT) >= round(drop * COUNT)
    return Epochs(
        start_s=30.0 * np.arange(float(COUNT)),
        weight=np.where(scored, 1.0, 0.0),
        reason=np.where(scored, "", "hilly"),
        columns=columns,
    )


COVERED = np.full(COUNT, 30.0)


def faded(plan: Blocks, seed: int, direction: float = 0.0) -> BlockFade:
    return block_fade(draw_blocks(plan, 1, seed)[0], np.full(3, 1.2), np.array([direction, 0.0, 0.0]), RULES)


def test_blocks_are_three_minutes_after_the_warm_up() -> None:
    at = 15.0 + 30.0 * np.arange(40.0)
    weight = np.ones(40)
    weight[22:26] = 0.0  # of the second block two are left
    found = block_means(np.arange(40.0)[None], at, weight, RULES)

    assert found.shape == (1, 4)
    assert found[0, [0, 2, 3]] == pytest.approx([18.5, 30.5, 36.5])
    assert np.isnan(found[0, 1])


def test_no_scored_epochs_are_no_blocks() -> None:
    assert block_means(np.ones((2, 5)), np.arange(5.0) * 30.0, np.ones(5), RULES).shape == (2, 0)
    assert not block_fade(np.empty((2, 0)), np.ones(2), np.zeros(2), RULES).real.any()


def test_a_third_is_of_the_blocks_that_are_there() -> None:
    blocks = np.ones(12)
    blocks[[0, 5, 11]] = np.nan

    assert list(thirds(blocks)) == pytest.approx([0, -1 / 3, -1 / 3, -1 / 3, 0, 0, 0, 0, 1 / 3, 1 / 3, 1 / 3, 0])


def test_without_correlation_the_variance_is_that_of_two_means() -> None:
    rules = msgspec.structs.replace(RULES, fade_rho=0.0, fade_rho_max=0.0)
    blocks = np.random.default_rng(9).standard_normal(12)
    found = block_fade(blocks[None], np.zeros(1), np.zeros(1), rules)
    line = oracle.linregress(np.arange(12), blocks)
    left = blocks - line.intercept - line.slope * np.arange(12)
    se = np.sqrt(left @ left / 10 * (1 / 4 + 1 / 4))

    assert float(found.change[0]) == pytest.approx(blocks[8:].mean() - blocks[:4].mean())
    assert float(found.p[0]) == pytest.approx(2 * oracle.t.sf(abs(found.change[0]) / se, 10))


def test_with_the_true_correlation_the_variance_is_true() -> None:
    """Given rho, z of unchanged AR(1) blocks has the variance that a normal has, whatever the line follows."""
    rules = msgspec.structs.replace(RULES, fade_rho=0.6, rho_weight=1e12)
    blocks = ar1(np.random.default_rng(10), (2000, 1, 60), 0.6)
    found = block_fade(blocks, np.zeros(1), np.zeros(1), rules)
    se = (found.high - found.change) / oracle.t.ppf(0.975, found.freedom)

    assert float(np.mean(found.change**2) / np.mean(se**2)) == pytest.approx(1.0, abs=0.08)


def test_a_rise_is_notable_in_its_direction_only() -> None:
    plan = Blocks(change=4.0, minutes=90)

    assert list(faded(plan, 1).notable) == [True, False, False]
    assert list(faded(plan, 1, direction=1.0).notable) == [True, False, False]
    assert list(faded(plan, 1, direction=-1.0).notable) == [False, False, False]
    assert faded(plan, 1, direction=-1.0).real[0]


def test_a_real_change_below_its_threshold_is_not_notable() -> None:
    found = block_fade(draw_blocks(Blocks(change=4.0, minutes=90), 1, 1)[0], np.full(3, 9.0), np.zeros(3), RULES)

    assert found.real[0]
    assert not found.notable.any()


def test_nine_blocks_are_too_few() -> None:
    nine = draw_blocks(Blocks(minutes=35, change=20.0), 1, 2)[0]

    assert nine.shape[-1] == 9
    assert not block_fade(nine, np.zeros(3), np.zeros(3), RULES).real.any()


def test_an_even_hour_shows_no_change() -> None:
    found = fade.fade(hour(), COVERED, case())
    assert found.verdict == "no change"
    assert set(found.changes) == set(fade.DIRECTIONS)
    assert found.blocks == 17  # whole ones in the 52 minutes after the warm-up
    assert found.level == 0.95


@pytest.mark.parametrize(
    ("quantity", "by", "key", "notable"),
    [
        ("ln_T", 0.020, "cadence_spm", True),
        ("ln_T", 0.008, "cadence_spm", False),
        ("ln_T", -0.020, "cadence_spm", False),
        ("DF", 0.012, "duty_factor", True),
        ("DF", 0.012, "stance_time_s", True),
        ("DF", 0.005, "duty_factor", False),
        ("DF", -0.012, "duty_factor", False),
        ("ln_k", 0.060, "ln_k", True),
        ("ln_k", -0.060, "ln_k", True),
        ("ln_k", 0.060, "vertical_oscillation_m", True),
        ("ln_k", 0.060, "duty_factor", False),
        ("ln_k", 0.015, "ln_k", False),
    ],
)
def test_a_change_counts_beyond_its_threshold_and_in_its_direction(
    quantity: str, by: float, key: str, notable: bool
) -> None:
    found = fade.fade(hour(**{quantity: by}), COVERED, case())
    assert found.changes[key].notable == notable
    named = {"ln_T": "cadence_spm", "DF": "duty_factor", "ln_k": "ln_k"}[quantity]
    size = -168.0 * by if quantity == "ln_T" else by
    change = found.changes[named]
    assert change.difference == pytest.approx(size, abs=0.2 * abs(size))
    assert change.low < change.difference < change.high


def test_a_faster_end_is_no_change_of_form() -> None:
    """What the reference explains is taken out; of what a runner's own slope may differ from it, the interval knows."""
    even, own, still = (
        fade.fade(hour(speed=speed, slope=slope), COVERED, case())
        for speed, slope in ((0.4, 0.0), (0.4, 0.025), (0.0, 0.0))
    )

    assert even.verdict == own.verdict == "no change"
    for key in ("cadence_spm", "duty_factor", "ln_k"):
        wide, narrow = (found.changes[key].high - found.changes[key].low for found in (even, still))
        assert wide > narrow


def test_a_steeper_end_is_taken_out_by_the_terms_of_the_reference() -> None:
    assert fade.fade(hour(grade=0.03), COVERED, case()).verdict == "no change"


@pytest.mark.filterwarnings("error")
def test_a_slope_that_was_left_out_may_be_anything() -> None:
    run = hour(drop=0.05)
    run["grade"][run.weight == 0.0] = -1e6

    assert fade.fade(run, COVERED, case()) == fade.fade(hour(drop=0.05), COVERED, case())


def test_a_guessed_speed_cannot_be_matched() -> None:
    found = fade.fade(hour(), COVERED, case(trusted=False))
    assert (found.verdict, found.reason[:5]) == ("not enough", "speed")


@pytest.mark.parametrize(
    ("word", "by_steps", "keys"),
    [
        (SensorClass.GARMIN_WRIST, True, {"cadence_spm"}),
        (SensorClass.STRYD, False, {"cadence_spm", "stance_time_s", "duty_factor"}),
        (SensorClass.APPLE, False, set(fade.DIRECTIONS)),
    ],
)
def test_only_measured_metrics_can_fade(word: SensorClass, by_steps: bool, keys: set[str]) -> None:
    assert set(fade.fade(hour(), COVERED, case(word, by_steps=by_steps)).changes) == keys


@pytest.mark.parametrize(("drop", "blocks"), [(0.0, 17), (0.5, 10), (0.55, 9)])
def test_ten_blocks_are_needed(drop: float, blocks: int) -> None:
    found = fade.fade(hour(drop=drop), COVERED, case())
    assert found.blocks == blocks
    assert (found.verdict == "not enough") == (blocks < 10)
    assert (str(blocks) in found.reason) == (blocks < 10)


def test_pauses_do_not_count_as_moving_time() -> None:
    epochs = hour()
    paused = np.isin(np.arange(COUNT), np.arange(8, 20))
    changes = {"reason": np.where(paused, "pause", epochs.reason), "weight": np.where(paused, 0.0, epochs.weight)}
    assert fade.fade(epochs, COVERED, case()).blocks == 17
    assert fade.fade(epochs.replace(**changes), COVERED, case()).blocks == 15  # of the 46 minutes after the warm-up


@pytest.mark.parametrize(
    ("drifts", "left"),
    [
        ({"ln_k": 0.2}, {"cadence_spm", "stance_time_s", "duty_factor"}),
        ({"duty_factor": 0.03}, {"cadence_spm"}),
        ({}, set(fade.DIRECTIONS)),
    ],
)
def test_what_a_drifting_sensor_says_cannot_fade(drifts: dict[str, float], left: set[str]) -> None:
    found = fade.fade(hour(ln_k=0.2), COVERED, case().replace(drifts=drifts))
    assert set(found.changes) == left
    assert set(found.suppressed) == set(fade.DIRECTIONS) - left
    assert all("drifted" in reason for reason in found.suppressed.values())
