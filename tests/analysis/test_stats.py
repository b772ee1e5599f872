"""Robust and serial statistics and quantiles against scipy, and their batches against one row at a time."""

import numpy as np
import pytest
from scipy import special
from scipy import stats as oracle

from kneedrive import stats


def rows(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("n", [1, 2, 5, 6])
def test_median_and_deviation_pass_over_what_is_missing(n: int) -> None:
    values = rows(1, 3, n + 2)
    values[:, [0, -1]] = np.nan

    assert stats.medians(values) == pytest.approx(np.median(values[:, 1:-1], axis=-1))
    assert stats.robust_sds(values) == pytest.approx(
        1.4826 * oracle.median_abs_deviation(values[:, 1:-1], axis=-1), rel=1e-12
    )


def test_nothing_has_no_middle() -> None:
    nothing = np.full((2, 3), np.nan)

    assert np.isnan(stats.medians(nothing)).all()
    assert np.isnan(stats.medians(nothing[:, :0])).all()
    assert np.isnan(stats.weighted_mean(nothing, np.ones((2, 3)))).all()
    assert np.isnan(stats.huber_mean(nothing, np.ones((2, 3)), np.ones((2, 3)))).all()


@pytest.mark.parametrize("freedom", [1.0, 2.0, 2.7, 5.5, 11.0, 60.0, 1000.0, 1e6])
@pytest.mark.parametrize("t", [-30.0, -2.0, -0.1, 0.0, 0.5, 3.0, 80.0])
def test_student_is_that_of_scipy(t: float, freedom: float) -> None:
    assert float(stats.student_below(t, freedom)) == pytest.approx(oracle.t.cdf(t, freedom), rel=1e-7, abs=1e-12)
    assert float(stats.student_two_sided(t, freedom)) == pytest.approx(2 * oracle.t.sf(abs(t), freedom), rel=1e-6)


@pytest.mark.parametrize("freedom", [1.0, 2.0, 3.3, 8.0, 40.0, 1e6])
@pytest.mark.parametrize("share", [0.001, 0.2, 0.5, 0.8, 0.975, 0.9917, 0.9999])
def test_students_quantile_is_that_of_scipy(share: float, freedom: float) -> None:
    found = float(stats.student_quantile(share, freedom))

    assert found == pytest.approx(oracle.t.ppf(share, freedom), rel=1e-7, abs=1e-9)


def test_students_quantile_of_nothing_is_nothing() -> None:
    found = stats.student_quantile(np.array([np.nan, 0.9]), np.array([5.0, 5.0]))

    assert np.isnan(found[0])
    assert found[1] == pytest.approx(oracle.t.ppf(0.9, 5))


def test_incomplete_beta_is_that_of_scipy() -> None:
    random = np.random.default_rng(2)
    a, b, x = random.uniform(0.1, 50, 500), random.uniform(0.1, 50, 500), random.uniform(0, 1, 500)

    assert stats.incomplete_beta(a, b, x) == pytest.approx(special.betainc(a, b, x), rel=1e-9, abs=1e-12)
    ends = stats.incomplete_beta(np.ones(2), np.ones(2), np.array([0.0, 1.0]))
    assert ends == pytest.approx([0.0, 1.0], abs=1e-15)


def test_the_weighted_line_is_numpys() -> None:
    y, weight = rows(3, 4, 9), np.abs(rows(4, 4, 9))
    x = np.arange(9.0)
    X = np.broadcast_to(np.stack([np.ones(9), x], axis=-1), (4, 9, 2))
    y[1, 3] = np.nan
    fit = stats.least_squares(X, y, weight)

    for row in range(4):
        there = np.isfinite(y[row])
        high, low = np.polyfit(x[there], y[row, there], 1, w=np.sqrt(weight[row, there]))
        assert fit.coefficient[row] == pytest.approx([low, high], rel=1e-9)


def test_a_column_without_content_gets_nothing_and_disturbs_nothing() -> None:
    y, x = rows(5, 20), np.arange(20.0)
    full = stats.least_squares(np.stack([np.ones(20), x, np.zeros(20)], axis=-1), y, np.ones(20))
    plain = stats.least_squares(np.stack([np.ones(20), x], axis=-1), y, np.ones(20))

    assert full.coefficient == pytest.approx([*plain.coefficient, 0.0])
    assert full.inverse[2, 2] == 0.0


def test_a_huber_fit_minimises_hubers_loss() -> None:
    """At the solution the residuals, clipped at 1.345 scales, are orthogonal to every column (Huber 1964)."""
    X = np.stack([np.ones(60), np.linspace(-1, 1, 60)], axis=-1)
    y = X @ [2.0, -1.0] + 0.1 * rows(6, 60)
    y[::9] += 5.0
    fit = stats.huber_regression(X, y, np.ones(60))
    scale = stats.MAD_TO_SD * np.median(np.abs(fit.residual))
    clipped = np.clip(fit.residual, -stats.HUBER * scale, stats.HUBER * scale)

    assert X.T @ clipped == pytest.approx([0.0, 0.0], abs=0.02 * scale * 60)
    assert fit.coefficient == pytest.approx([2.0, -1.0], abs=0.15)
    assert np.abs(stats.least_squares(X, y, np.ones(60)).coefficient[0] - 2.0) > 0.4


def test_a_wild_run_moves_a_huber_mean_by_no_more_than_its_bound() -> None:
    values = np.array([[0.0, 0.1, -0.1, 0.05, 100.0]])
    found = stats.huber_mean(values, np.ones((1, 5)), np.full((1, 5), 0.1))

    assert abs(float(found[0])) < 0.1 * stats.HUBER
    assert float(stats.huber_mean(values[:, :4], np.ones((1, 4)), np.ones((1, 4)))[0]) == pytest.approx(0.0125)


def test_the_correction_takes_the_bias_of_a_fitted_line_out_of_the_correlation() -> None:
    from tests.analysis.many_histories import ar1

    n = 40
    for rho in (0.0, 0.3, 0.5):
        y = ar1(np.random.default_rng(7), (4000, n), rho)
        X = np.broadcast_to(np.stack([np.ones(n), np.arange(float(n))], axis=-1), (4000, n, 2))
        r = stats.lag_1(stats.least_squares(X, y, np.ones_like(y)).residual)
        assert float(r.mean()) < rho - 0.03
        assert float(stats.corrected_lag(r, np.asarray(n), 2).mean()) == pytest.approx(rho, abs=0.02)


def test_the_corrections_are_those_of_the_norm() -> None:
    r, n = np.asarray(0.2), np.asarray(16.0)

    assert float(stats.corrected_lag(r, n, 2)) == pytest.approx((16 * 0.2 + 2) / 12)
    assert float(stats.corrected_lag(r, n, 1)) == pytest.approx((16 * 0.2 + 1) / 13)
    assert np.isnan(stats.corrected_lag(r, np.asarray(4.0), 2))


def test_the_correlation_is_shrunk_and_kept_in_bounds() -> None:
    n = np.asarray(10.0)

    def shrunk(rho: float) -> float:
        return float(stats.shrunk_lag(np.asarray(rho), n, prior=0.4, weight=10.0, high=0.6))

    assert [shrunk(0.0), shrunk(0.4), shrunk(np.nan)] == [pytest.approx(0.2), pytest.approx(0.4), pytest.approx(0.4)]
    assert [shrunk(5.0), shrunk(-5.0)] == [0.6, 0.0]


def test_gaps_are_no_neighbours() -> None:
    residual = np.array([1.0, np.nan, 1.0, 1.0, np.nan])

    assert float(stats.lag_1(residual)) == pytest.approx(1 / 3)
    assert np.isnan(stats.lag_1(np.array([1.0, np.nan, -1.0])))
    assert np.isnan(stats.lag_1(np.zeros(4)))


@pytest.mark.parametrize("seed", range(3))
def test_theil_sen_is_scipys(seed: int) -> None:
    at, value = np.arange(14.0) + 0.3 * rows(seed, 14), rows(seed + 9, 2, 16)
    value[:, 14:] = np.nan
    padded = np.broadcast_to(np.concatenate([at, [50.0, 50.0]]), (2, 16))
    slope, intercept = stats.theil_sen(padded, value)

    for row in range(2):
        theirs = oracle.theilslopes(value[row, :14], at)
        assert float(slope[row]) == pytest.approx(theirs[0])
        assert float(intercept[row]) == pytest.approx(np.median(value[row, :14] - theirs[0] * at))


def test_holm_by_hand_and_with_what_was_not_tested() -> None:
    adjusted, level = stats.holm(np.array([[0.04, 0.01, np.nan, 0.03], [0.04, 0.01, 0.015, 0.6]]), 0.05)

    assert adjusted[0, [0, 1, 3]] == pytest.approx([0.06, 0.03, 0.06])
    assert np.isnan(adjusted[0, 2])
    assert np.isnan(level[0, 2])
    assert level[0, [0, 1, 3]] == pytest.approx([0.025, 0.05 / 3, 0.025])
    assert adjusted[1] == pytest.approx([0.08, 0.04, 0.045, 0.6])
    assert level[1] == pytest.approx([0.025, 0.0125, 0.05 / 3, 0.025])


@pytest.mark.parametrize("seed", range(20))
def test_a_level_is_passed_exactly_where_the_adjusted_p_is(seed: int) -> None:
    p = np.random.default_rng(seed).uniform(0, 0.08, (50, 4))
    adjusted, level = stats.holm(p, 0.05)

    assert ((p <= level) == (adjusted <= 0.05)).all()


def test_without_scatter_a_difference_is_certain() -> None:
    p = stats.t_test(np.array([0.0, 0.1, 0.1]), np.array([0.0, 0.0, 0.1]), np.array([5.0, 5.0, 5.0]))

    assert p == pytest.approx([1.0, 0.0, 2 * oracle.t.sf(1.0, 5)])


FOLLOWS = {"length": ("cadence",), "contact": ("cadence", "duty")}


def test_what_follows_passes_only_with_one_that_it_follows_from() -> None:
    keys = ("cadence", "length", "duty", "contact")
    calm = np.array([0.9, 1e-9, 0.9, 1e-9])
    moved = np.array([0.001, 0.001, 0.9, 0.03])
    (no, _), (adjusted, level) = (stats.family(p, keys, FOLLOWS, 0.05) for p in (calm, moved))

    assert (no > 0.05).all()
    assert adjusted == pytest.approx([0.002, 0.002, 0.9, 0.06])
    assert level == pytest.approx([0.025, 0.025, 0.05, 0.025])


def test_what_has_nothing_to_follow_from_leads() -> None:
    adjusted, level = stats.family(np.array([0.04, 0.02]), ("duty", "contact"), FOLLOWS, 0.05)

    assert adjusted == pytest.approx([0.04, 0.04])
    assert level == pytest.approx([0.05, 0.025])


def test_a_family_raises_no_more_false_alarms_than_its_leaders() -> None:
    random = np.random.default_rng(3)
    z = random.standard_normal((4000, 2))
    every = np.stack([z[:, 0], z[:, 0], z[:, 1], z.sum(axis=-1) / np.sqrt(2.0)], axis=-1)
    p = 2.0 * oracle.norm.sf(np.abs(every))
    adjusted, _ = stats.family(p, ("cadence", "length", "duty", "contact"), FOLLOWS, 0.05)

    assert np.mean((adjusted <= 0.05).any(axis=-1)) == np.mean((adjusted[:, [0, 2]] <= 0.05).any(axis=-1))


def test_a_ragged_table_keeps_the_order_within_each_row() -> None:
    found = stats.ragged(np.array([2, 0, 2, 0, 2]), np.arange(5.0), 3)

    np.testing.assert_array_equal(found, [[1, 3, np.nan], [np.nan] * 3, [0, 2, 4]])


@pytest.mark.parametrize("share", [0.0001, 0.025, 0.3, 0.5, 0.975, 0.9999])
def test_the_normal_quantile_is_that_of_scipy(share: float) -> None:
    assert stats.quantile(share) == pytest.approx(oracle.norm.ppf(share), abs=1e-9)
    assert stats.below(stats.quantile(share)) == pytest.approx(share, abs=1e-12)


def test_the_spread_of_one_row_is_that_of_scipy_and_of_one_value_none() -> None:
    values = rows(3, 50)

    assert stats.robust_sd(values) == pytest.approx(oracle.median_abs_deviation(values, scale="normal"), rel=1e-4)
    assert [stats.robust_sd(np.array(few)) for few in ([], [4.0])] == [0.0, 0.0]


@pytest.mark.parametrize("n", [5, 40_000])
def test_a_running_median_is_the_median_of_each_window_however_many_there_are(n: int) -> None:
    values = np.random.default_rng(7).standard_normal(n)
    found = stats.running_median(values, 5)

    assert len(found) == n - 4
    for at in {0, (n - 4) // 2, n - 5}:
        assert found[at] == np.median(values[at : at + 5])


def test_an_ar1_process_is_multiplied_without_its_matrix() -> None:
    columns = np.random.default_rng(8).standard_normal((2, 30, 3))
    rho = np.array([0.7, -0.2])
    R = rho[:, None, None] ** np.abs(np.subtract.outer(np.arange(30), np.arange(30)))

    assert stats.ar1_times(columns, rho) == pytest.approx(R @ columns, rel=1e-12)
