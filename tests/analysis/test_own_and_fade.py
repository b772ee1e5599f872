"""A run against its prediction, fade by blocks, and what many runs say: by hand and against scipy."""

import msgspec
import numpy as np
import pytest
from scipy import stats as oracle

from kneedrive.history import recurring
from kneedrive.history.block_fade import BlockFade, ar1_matrix, block_fade, block_means, thirds
from kneedrive.history.prediction import departure, personal_fit, predicted
from kneedrive.history.series_rules import SeriesRules
from tests.analysis.many_histories import Blocks, Runs, ar1, draw_blocks, draw_runs

RULES = SeriesRules()
TRUSTING = msgspec.structs.replace(RULES, shrink_epochs=0.0)


def test_without_shrinkage_a_prediction_is_that_of_least_squares() -> None:
    """One epoch a run and no outlier: the classic interval, 1 + 1/n + leverage and n - 2 degrees of freedom."""
    random = np.random.default_rng(1)
    x = random.uniform(-1, 1, 14)
    y = 0.3 * x + 0.1 * np.resize([1.0, -1.0], 14)
    fit = personal_fit(x[:, None, None], y[:, None], np.ones((14, 1)), 0.0, TRUSTING)
    theirs = oracle.linregress(x, y)
    expected, sd = predicted(fit, np.array([0.7]))
    scatter = np.sqrt(np.sum((y - theirs.intercept - theirs.slope * x) ** 2) / 12)
    lever = 1 / 14 + (0.7 - x.mean()) ** 2 / np.sum((x - x.mean()) ** 2)

    assert float(fit.freedom) == pytest.approx(12.0)
    assert float(fit.spent) == pytest.approx(1.0)
    assert float(expected) == pytest.approx(theirs.intercept + 0.7 * theirs.slope)
    assert float(sd) == pytest.approx(scatter * np.sqrt(1 + lever))


def test_few_epochs_pull_a_slope_to_the_populations_and_spend_less() -> None:
    random = np.random.default_rng(2)
    x = random.uniform(-1, 1, (10, 6))
    y = 2.0 * x + 0.1 * random.standard_normal((10, 6))
    whole = personal_fit(x[..., None], y, np.ones((10, 6)), 0.0, TRUSTING)
    shrunk = personal_fit(x[..., None], y, np.ones((10, 6)), 0.0, RULES)

    assert float(shrunk.slope[0]) == pytest.approx(0.5 * float(whole.slope[0]))
    assert float(shrunk.spent) == pytest.approx(0.5 * float(whole.spent))
    assert float(shrunk.level) == pytest.approx(float(whole.level))
    # Speed varies within runs too, so that run means lend it only a part of a degree of freedom.
    assert 0.0 < float(whole.spent) < 1.0
    assert float(whole.freedom) == pytest.approx(9.0 - float(whole.spent))


def test_a_column_of_zeros_spends_nothing() -> None:
    drawn = draw_runs(Runs(), 3, 3)
    X = drawn.X.copy()
    X[..., 1] = 0.0
    with_zeros = personal_fit(X, drawn.y, np.ones(drawn.y.shape), 0.0, RULES)
    without = personal_fit(X[..., [0, 2]], drawn.y, np.ones(drawn.y.shape), 0.0, RULES)

    assert with_zeros.spent == pytest.approx(without.spent)
    assert with_zeros.run_sd == pytest.approx(without.run_sd)


def test_padding_changes_nothing() -> None:
    drawn = draw_runs(Runs(), 2, 4)
    X = np.concatenate([drawn.X, np.full_like(drawn.X[..., :5, :], np.nan)], axis=-2)
    y = np.concatenate([drawn.y, np.full_like(drawn.y[..., :5], np.nan)], axis=-1)
    plain = personal_fit(drawn.X, drawn.y, np.ones(drawn.y.shape), 0.0, RULES)
    padded = personal_fit(X, y, np.ones(y.shape), 0.0, RULES)

    for name in ("level", "slope", "influence", "run_sd", "freedom"):
        assert getattr(padded, name) == pytest.approx(getattr(plain, name))


def test_the_spread_is_never_below_its_floor() -> None:
    drawn = draw_runs(Runs(), 2, 5)

    assert (personal_fit(drawn.X, drawn.y, np.ones(drawn.y.shape), 7.0, RULES).run_sd == 7.0).all()


def test_the_variance_of_runs_is_found_without_bias() -> None:
    drawn = draw_runs(Runs(noise=0.2), 600, 6)
    fit = personal_fit(drawn.X, drawn.y, np.ones(drawn.y.shape), 0.0, RULES)

    assert float(np.mean(fit.run_sd**2)) == pytest.approx(1.0, abs=0.08)


@pytest.mark.parametrize(
    ("off", "epochs", "word"),
    [
        (0.0, 30, "as always"),
        (2.5, 30, "worth noting"),
        (9.0, 30, "clearly different"),
        (-9.0, 20, "clearly different"),
        (9.0, 19, "worth noting"),
    ],
)
def test_the_words_go_by_the_family_interval_and_the_epochs(off: float, epochs: int, word: str) -> None:
    drawn = draw_runs(Runs(runs=11), 1, 7)
    fit = personal_fit(drawn.X[0], drawn.y[0], np.ones(drawn.y[0].shape), 0.0, RULES)
    x = drawn.X[0, :, 0].mean(axis=-2)
    expected, sd = predicted(fit, x)
    found = departure(fit, x, expected + np.array([off, 0.0, 0.0]) * sd, epochs, RULES)

    assert list(found.word) == [word, "as always", "as always"]
    assert float(found.p[0]) == pytest.approx(2 * oracle.t.sf(abs(off), float(fit.freedom[0])))
    assert found.p_holm[0] == pytest.approx(min(3 * found.p[0], 1.0))
    outside = abs(off) * sd[0] > found.high[0] - expected[0]
    assert outside == (found.p_holm[0] <= 0.05)


def test_seven_runs_say_nothing() -> None:
    drawn = draw_runs(Runs(runs=6), 1, 8)
    fit = personal_fit(drawn.X[0], drawn.y[0], np.ones(drawn.y[0].shape), 0.0, RULES)
    found = departure(fit, np.zeros((3, 3)), np.full(3, 99.0), 30, RULES)

    assert list(found.word) == ["", "", ""]


def fade(plan: Blocks, seed: int, direction: float = 0.0) -> BlockFade:
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


def test_the_correlations_are_those_of_an_ar1() -> None:
    assert ar1_matrix(3, np.asarray(0.5))[0] == pytest.approx([1.0, 0.5, 0.25])


def test_a_rise_is_notable_in_its_direction_only() -> None:
    plan = Blocks(change=4.0, minutes=90)

    assert list(fade(plan, 1).notable) == [True, False, False]
    assert list(fade(plan, 1, direction=1.0).notable) == [True, False, False]
    assert list(fade(plan, 1, direction=-1.0).notable) == [False, False, False]
    assert fade(plan, 1, direction=-1.0).real[0]


def test_a_real_change_below_its_threshold_is_not_notable() -> None:
    found = block_fade(draw_blocks(Blocks(change=4.0, minutes=90), 1, 1)[0], np.full(3, 9.0), np.zeros(3), RULES)

    assert found.real[0]
    assert not found.notable.any()


def test_nine_blocks_are_too_few() -> None:
    nine = draw_blocks(Blocks(minutes=35, change=20.0), 1, 2)[0]

    assert nine.shape[-1] == 9
    assert not block_fade(nine, np.zeros(3), np.zeros(3), RULES).real.any()


def paced(b: float, runs: int, spread: float = 0.08, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Speed and cadence of runs whose days differ in cadence by what their pace does not explain."""
    random = np.random.default_rng(seed)
    ln_v = np.log(3.0) + 0.1 * random.standard_normal((runs, 1)) + spread * random.standard_normal((runs, 30))
    off = (
        b * (ln_v - np.log(3.0)) + 0.03 * random.standard_normal((runs, 1)) + 0.01 * random.standard_normal((runs, 30))
    )
    return np.exp(ln_v), 168.0 * np.exp(off)


def test_how_pace_is_changed_is_the_slope_within_runs() -> None:
    speed, cadence = paced(0.2, 30)
    found = recurring.pace_change(speed, cadence, np.ones(speed.shape), RULES)

    assert float(found.b) == pytest.approx(0.2, abs=4 * float(found.se))
    assert 0.001 < float(found.se) < 0.01
    step, quicker = recurring.faster(float(found.b))
    assert (1 + step) * (1 + quicker) == pytest.approx(1.1)
    assert quicker == pytest.approx(0.019, abs=0.003)


def test_seven_telling_runs_are_too_few_and_even_runs_do_not_tell() -> None:
    speed, cadence = paced(0.2, 8)
    seven = recurring.pace_change(speed[:7], cadence[:7], np.ones((7, 30)), RULES)
    even = recurring.pace_change(*paced(0.2, 12, spread=0.02), np.ones((12, 30)), RULES)

    assert np.isfinite(recurring.pace_change(speed, cadence, np.ones((8, 30)), RULES).b)
    assert np.isnan(seven.b)
    assert np.isnan(even.b)
    assert (int(seven.runs), int(even.runs)) == (7, 0)


def test_an_even_run_changes_nothing() -> None:
    speed, cadence = paced(0.2, 10)
    speed[0], cadence[0] = 3.0, np.linspace(150, 190, 30)

    assert float(recurring.pace_change(speed, cadence, np.ones(speed.shape), RULES).b) == pytest.approx(
        float(recurring.pace_change(speed[1:], cadence[1:], np.ones((9, 30)), RULES).b)
    )


def test_the_contrast_without_tilt_is_students() -> None:
    found = recurring.slow_contrast(np.array([-1.0, -1.4, -0.9, np.nan]), np.full(4, 20.0), 0.0, RULES)
    values = np.array([-1.0, -1.4, -0.9])
    t = (-0.7 - values.mean()) / (values.std(ddof=1) / np.sqrt(3))

    assert float(found.probability) == pytest.approx(oracle.t.cdf(t, 2))
    assert bool(found.said) == (oracle.t.cdf(t, 2) >= 0.8)
    assert int(found.runs) == 3


def test_the_tilt_of_a_sensor_makes_a_contrast_less_sure_and_more_runs_do_not_help() -> None:
    lever = np.full(40, -0.5 / 0.026)
    contrast = np.full(40, -0.85) + 0.05 * np.random.default_rng(3).standard_normal(40)
    found = {tilt: recurring.slow_contrast(contrast, lever, tilt, RULES) for tilt in (0.0, 0.010, 0.015)}

    assert [bool(each.said) for each in found.values()] == [True, True, False]
    assert float(found[0.015].se) == pytest.approx(np.hypot(0.015 * 0.5 / 0.026 / np.sqrt(2), float(found[0.0].se)))


def test_two_contrasts_are_not_enough() -> None:
    assert np.isnan(recurring.slow_contrast(np.array([-3.0, -3.1]), np.ones(2), 0.01, RULES).probability)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_balance_beyond_two_points_is_said_and_one_inside_is_not(side: float) -> None:
    noise = 0.01 * np.random.default_rng(4).standard_normal(60)

    far, near = (recurring.run_balance(0.5 + side * off + noise, RULES) for off in (0.03, 0.018))
    assert bool(far.said)
    assert float(far.left) == pytest.approx(0.5 + side * 0.03, abs=0.004)
    assert not bool(near.said)


def test_epochs_that_hang_together_say_less() -> None:
    loose = recurring.run_balance(0.53 + 0.01 * ar1(np.random.default_rng(5), (60,), 0.0), RULES)
    tight = recurring.run_balance(0.53 + 0.01 * ar1(np.random.default_rng(5), (60,), 0.9), RULES)

    assert float(tight.se) > 2.0 * float(loose.se)


def test_a_constant_difference_needs_three_runs_on_one_side() -> None:
    def said(*left: float) -> bool:
        return bool(recurring.balance_habit(np.array(left), RULES).said)

    assert said(0.521, 0.522, 0.520)
    assert said(0.479, 0.478, 0.480, np.nan)
    assert not said(0.521, 0.522)
    assert not said(0.521, 0.479, 0.522)
    assert not said(0.514, 0.5141, 0.5142)
    assert not said(0.52, 0.50, 0.53)
